#include "training/tasks/lesions/plan.h"

#include <set>

#include "training/loop/plan_fields.h"

namespace hepatica {

static constexpr std::pair<const char*, LesionType> coded(LesionType type) {
  return {kLesionCodes[class_channel(type)].data(), type};
}

template <>
struct EnumNames<LesionType> {
  static constexpr std::pair<const char*, LesionType> kNames[] = {coded(LesionType::kCyst),
                                                                  coded(LesionType::kHaemangioma),
                                                                  coded(LesionType::kHcc),
                                                                  coded(LesionType::kMetastasis),
                                                                  {"unknown", LesionType::kUnknown}};
};
template <>
struct EnumNames<FrozenPart> {
  static constexpr std::pair<const char*, FrozenPart> kNames[] = {{"none", FrozenPart::kNone},
                                                                  {"location", FrozenPart::kLocation}};
};
template <>
struct EnumNames<LesionScore> {
  static constexpr std::pair<const char*, LesionScore> kNames[] = {{"dice", LesionScore::kDice},
                                                                   {"accuracy", LesionScore::kAccuracy},
                                                                   {"mean", LesionScore::kMean},
                                                                   {"loss", LesionScore::kLoss}};
};

template <class Visitor>
void visit_fields(Visitor& v, LesionLabelValue& l) {
  v.field("value", l.value);
  v.field("type", l.type);
}

template <class Visitor>
void visit_fields(Visitor& v, LesionLabelSegment& l) {
  v.field("segment", l.segment);
  v.field("type", l.type);
}

template <class Visitor>
void visit_fields(Visitor& v, LesionPolygon& p) {
  visit_fields(v, static_cast<LabelPolygon&>(p));
  v.field("type", p.type);
}

template <class Visitor>
void visit_fields(Visitor& v, LesionCase& c) {
  v.field("patient", c.patient);
  v.field("image", c.image);
  v.field("liver", c.liver);
  v.field("liver_values", c.liver_values);
  v.field("liver_segments", c.liver_segments);
  v.field("liver_polygons", c.liver_polygons);
  v.field("label", c.label);
  v.field("lesion_values", c.lesion_values);
  v.field("lesion_segments", c.lesion_segments);
  v.field("lesion_polygons", c.lesion_polygons);
  v.field("marked", c.marked);
  v.field("ground", c.ground);
  v.field("validation", c.validation);
  v.field("content_sha256", c.content_sha256);
}

template <class Visitor>
void visit_fields(Visitor& v, RegionAugmentation& a) {
  v.field("enabled", a.enabled);
  v.field("scale", a.scale);
  v.field("rotation_deg", a.rotation_deg);
  v.field("gain", a.gain);
  v.field("offset_hu", a.offset_hu);
  v.field("noise", a.noise);
  v.field("liver_errors", a.liver_errors);
}

template <class Visitor>
void visit_fields(Visitor& v, LesionTrainingOptions& o) {
  visit_run_fields(v, o);
  visit_pretrained_fields(v, o);
  v.field("augmentation", o.augmentation);
  v.field("freeze", o.freeze);
  v.field("synthetic_per_scan", o.synthetic_per_scan);
  v.field("synthetic_refresh_epochs", o.synthetic_refresh_epochs);
  v.field("synthetic_min_lesions", o.synthetic_min_lesions);
  v.field("synthetic_max_lesions", o.synthetic_max_lesions);
  v.field("validation_synthetic_per_scan", o.validation_synthetic_per_scan);
  v.field("real_fraction", o.real_fraction);
  v.field("slices_per_epoch", o.slices_per_epoch);
  v.field("lesion_fraction", o.lesion_fraction);
  v.field("max_lesion_share", o.max_lesion_share);
  v.field("canvas_px", o.canvas_px);
  v.field("positive_weight", o.positive_weight);
  v.field("dice_weight", o.dice_weight);
  v.field("class_weight", o.class_weight);
  v.field("balance_classes", o.balance_classes);
  v.field("best_by", o.best_by);
}

namespace {

void check_options(const LesionTrainingOptions& o) {
  check_run_options(o);
  check_pretrained_options(o);
  require_option_in<int64_t>("synthetic_per_scan", o.synthetic_per_scan, 0, 1000);
  require_option_in<int64_t>("synthetic_refresh_epochs", o.synthetic_refresh_epochs, 1, 100'000);
  require_option_in<int64_t>("synthetic_min_lesions", o.synthetic_min_lesions, 1, 255);
  require_option_in<int64_t>("synthetic_max_lesions", o.synthetic_max_lesions, o.synthetic_min_lesions, 255);
  require_option_in<int64_t>("validation_synthetic_per_scan", o.validation_synthetic_per_scan, 0, 1000);
  require_option_in("real_fraction", o.real_fraction, 0.0, 1.0);
  require_option_in<int64_t>("slices_per_epoch", o.slices_per_epoch, 0, 100'000'000);
  require_option_in("lesion_fraction", o.lesion_fraction, 0.0, 1.0);
  require_option_in("max_lesion_share", o.max_lesion_share, 0.01, 1.0);
  require_option_in("positive_weight", o.positive_weight, 1e-3, 1e3);
  require_option_in("dice_weight", o.dice_weight, 0.0, 1e3);
  require_option_in("class_weight", o.class_weight, 0.0, 1e3);
  check_canvas(o.canvas_px);
  const RegionAugmentation& a = o.augmentation;
  require_option_in("augmentation.scale", a.scale, 0.0, 1.0);
  require_option_in("augmentation.rotation_deg", a.rotation_deg, 0.0, 180.0);
  require_option_in("augmentation.gain", a.gain, 0.0, 2.0);
  require_option_in("augmentation.offset_hu", a.offset_hu, 0.0, 200.0);
  require_option_in("augmentation.noise", a.noise, 0.0, 1.0);
  require_option_in("augmentation.liver_errors", a.liver_errors, 0.0, 1.0);
  if (!o.base.empty() && !o.initial.empty()) {
    refuse_field("options.base", "left out where an initial network is given", o.base);
  }
  if (o.freeze == FrozenPart::kLocation && o.initial.empty()) {
    refuse_field("options.freeze", "\"none\" where no initial network is given", "\"location\"");
  }
  if (o.freeze == FrozenPart::kLocation && o.class_weight <= 0) {
    refuse_field("options.class_weight", "positive where nothing else is trained", "0");
  }
  if (o.frozen_epochs > 0 && o.base.empty()) {
    refuse_field("options.frozen_epochs", "0 where no base is loaded", std::to_string(o.frozen_epochs));
  }
}

void check_case(const LesionCase& c, const std::string& field) {
  const bool in_label = !c.label.empty() && !(c.liver_values.empty() && c.liver_segments.empty());
  if (c.liver.empty() && c.liver_polygons.empty() && !in_label) {
    refuse_field(field + ".liver", "a mask, polygons, or values or segments of the label", "nothing");
  }
  if (!c.marked && !c.ground) {
    refuse_field(field + ".marked", "true where it is no ground for synthetic lesions", "false");
  }
  std::set<int> seen;
  for (const LesionLabelValue& l : c.lesion_values) {
    const bool fits = l.value >= 0 && l.value <= 255 && seen.insert(l.value).second;
    if (!fits) refuse_field(field + ".lesion_values", "0 to 255, each once", std::to_string(l.value));
  }
}

}  // namespace

LesionTrainingPlan parse_lesion_plan(const std::string& text) {
  auto plan = read_plan_fields<LesionTrainingPlan>(text);
  check_options(plan.options);
  for (size_t i = 0; i < plan.cases.size(); ++i) check_case(plan.cases[i], "cases." + std::to_string(i));
  return plan;
}

std::string options_json(const LesionTrainingOptions& options) { return fields_json(options); }

std::string cases_json(const std::vector<LesionCase>& cases) {
  auto list = nlohmann::json::array();
  for (const LesionCase& c : cases) {
    auto values = nlohmann::json::array();
    for (const LesionLabelValue& l : c.lesion_values) values.push_back({l.value, static_cast<int>(l.type)});
    nlohmann::json one = {c.patient, c.validation, c.liver_values, std::move(values), c.marked, c.ground};
    // Runs without segments are those that they were before there were any.
    if (!c.liver_segments.empty() || !c.lesion_segments.empty()) {
      auto segments = nlohmann::json::array();
      for (const LesionLabelSegment& l : c.lesion_segments) segments.push_back({l.segment, static_cast<int>(l.type)});
      one.push_back(c.liver_segments);
      one.push_back(std::move(segments));
    }
    list.push_back(std::move(one));
  }
  return list.dump();
}

}  // namespace hepatica
