#include "training/tasks/structure/plan.h"

#include "training/loop/plan_fields.h"

namespace hepatica {

template <class Visitor>
void visit_fields(Visitor& v, SliceAugmentation& a) {
  v.field("enabled", a.enabled);
  v.field("scale", a.scale);
  v.field("aspect", a.aspect);
  v.field("rotation_deg", a.rotation_deg);
  v.field("shift_mm", a.shift_mm);
  v.field("gamma", a.gamma);
  v.field("noise", a.noise);
  v.field("body_box_jitter", a.body_box_jitter);
}

template <class Visitor>
void visit_fields(Visitor& v, StructureTrainingOptions& o) {
  visit_run_fields(v, o);
  v.field("structure", o.structure);
  v.field("augmentation", o.augmentation);
  v.field("postprocessing", o.postprocessing);
  v.field("positive_weight", o.positive_weight);
  v.field("dice_weight", o.dice_weight);
  v.field("slices_per_epoch", o.slices_per_epoch);
  v.field("balance_patients", o.balance_patients);
  v.field("structure_fraction", o.structure_fraction);
  v.field("slice_stride_mm", o.slice_stride_mm);
  v.field("canvas_px", o.canvas_px);
  v.field("validation_stride_mm", o.validation_stride_mm);
}

namespace {

void check_options(const StructureTrainingOptions& o) {
  check_run_options(o);
  const SliceAugmentation& a = o.augmentation;
  require_option_in("augmentation.scale", a.scale, 0.0, 1.0);
  require_option_in("augmentation.aspect", a.aspect, 0.0, 1.0);
  require_option_in("augmentation.rotation_deg", a.rotation_deg, 0.0, 180.0);
  require_option_in("augmentation.shift_mm", a.shift_mm, 0.0, 500.0);
  require_option_in("augmentation.gamma", a.gamma, 0.0, 2.0);
  require_option_in("augmentation.noise", a.noise, 0.0, 1.0);
  require_option_in("augmentation.body_box_jitter", a.body_box_jitter, 0.0, 0.5);
  require_option_in("positive_weight", o.positive_weight, 1e-3, 1e3);
  require_option_in("dice_weight", o.dice_weight, 0.0, 1e3);
  require_option_in<int64_t>("slices_per_epoch", o.slices_per_epoch, 0, 100'000'000);
  require_option_in("structure_fraction", o.structure_fraction, 0.0, 1.0);
  require_option_in("slice_stride_mm", o.slice_stride_mm, 0.0, 100.0);
  require_option_in("validation_stride_mm", o.validation_stride_mm, 0.0, 100.0);
  if (!o.canvas_px.empty()) check_canvas(o.canvas_px);
  if ((o.balance_patients || o.structure_fraction > 0) && o.slices_per_epoch == 0) {
    refuse_field("options.slices_per_epoch", "positive where slices are drawn in a balance", "0");
  }
}

}  // namespace

StructureTrainingPlan parse_structure_plan(const std::string& text) {
  const auto plan = read_plan_fields<StructureTrainingPlan>(text);
  check_options(plan.options);
  return plan;
}

std::string options_json(const StructureTrainingOptions& options) { return fields_json(options); }

}  // namespace hepatica
