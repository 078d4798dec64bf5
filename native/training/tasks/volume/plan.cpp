#include "training/tasks/volume/plan.h"

#include <set>

#include "training/loop/plan_fields.h"

namespace hepatica {

template <class Visitor>
void visit_fields(Visitor& v, LabelledStructure& s) {
  v.field("name", s.name);
  v.field("values", s.values);
}

template <class Visitor>
void visit_fields(Visitor& v, VolumeAugmentation& a) {
  v.field("enabled", a.enabled);
  v.field("scale", a.scale);
  v.field("stretch", a.stretch);
  v.field("rotation_deg", a.rotation_deg);
  v.field("tilt_deg", a.tilt_deg);
  v.field("contrast", a.contrast);
  v.field("offset_hu", a.offset_hu);
  v.field("noise_hu", a.noise_hu);
  v.field("thick_slices", a.thick_slices);
  v.field("body_box_mm", a.body_box_mm);
}

template <class Visitor>
void visit_fields(Visitor& v, VolumeTrainingOptions& o) {
  visit_run_fields(v, o);
  visit_pretrained_fields(v, o);
  v.field("structures", o.structures);
  v.field("augmentation", o.augmentation);
  v.field("crops_per_epoch", o.crops_per_epoch);
  v.field("crop_cells", o.crop_cells);
  v.field("structure_fraction", o.structure_fraction);
  v.field("gradient_limit", o.gradient_limit);
  v.field("cross_entropy_weight", o.cross_entropy_weight);
  v.field("dice_weight", o.dice_weight);
  v.field("validation_margin_mm", o.validation_margin_mm);
}

namespace {

void check_structures(const std::vector<LabelledStructure>& structures) {
  if (structures.empty()) refuse_field("options.structures", "at least one structure", "[]");
  std::set<int> seen;
  for (const LabelledStructure& structure : structures) {
    if (structure.values.empty() && structures.size() > 1) {
      refuse_field("options.structures", "given values of the label each, where they are several", structure.name);
    }
    for (const int value : structure.values) {
      const bool fits = value > 0 && value <= 255 && seen.insert(value).second;
      if (!fits) refuse_field("options.structures", "of values 1 to 255, each once", std::to_string(value));
    }
  }
}

void check_augmentation(const VolumeAugmentation& a) {
  require_option_in("augmentation.scale", a.scale, 0.0, 1.0);
  require_option_in("augmentation.stretch", a.stretch, 0.0, 1.0);
  require_option_in("augmentation.rotation_deg", a.rotation_deg, 0.0, 180.0);
  require_option_in("augmentation.tilt_deg", a.tilt_deg, 0.0, 45.0);
  require_option_in("augmentation.contrast", a.contrast, 0.0, 2.0);
  require_option_in("augmentation.offset_hu", a.offset_hu, 0.0, 200.0);
  require_option_in("augmentation.noise_hu", a.noise_hu, 0.0, 200.0);
  require_option_in("augmentation.thick_slices", a.thick_slices, 0.0, 1.0);
  require_option_in("augmentation.body_box_mm", a.body_box_mm, 0.0, 100.0);
}

void check_options(const VolumeTrainingOptions& o) {
  check_run_options(o);
  check_pretrained_options(o);
  check_structures(o.structures);
  check_augmentation(o.augmentation);
  require_option_in<int64_t>("crops_per_epoch", o.crops_per_epoch, 1, 100'000'000);
  require_option_in("structure_fraction", o.structure_fraction, 0.0, 1.0);
  require_option_in("gradient_limit", o.gradient_limit, 0.0, 1e6);
  require_option_in("cross_entropy_weight", o.cross_entropy_weight, 0.0, 1e3);
  require_option_in("dice_weight", o.dice_weight, 0.0, 1e3);
  require_option_in("validation_margin_mm", o.validation_margin_mm, 0.0, 1000.0);
  if (o.crop_cells.size() != 3) refuse_field("options.crop_cells", "[z, y, x]", nlohmann::json(o.crop_cells).dump());
  for (const int64_t side : o.crop_cells) require_option_in<int64_t>("crop_cells", side, 8, 1024);
}

}  // namespace

VolumeTrainingPlan parse_volume_plan(const std::string& text) {
  const auto plan = read_plan_fields<VolumeTrainingPlan>(text);
  check_options(plan.options);
  return plan;
}

std::string options_json(const VolumeTrainingOptions& options) { return fields_json(options); }

}  // namespace hepatica
