#include "training/plan.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <type_traits>

#include "core/error.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& field, const std::string& expected, const std::string& received) {
  throw Error("INVALID_ARGUMENT", "Expected " + field + " to be " + expected + ", received " + received, {}, field);
}

// Reads an object's fields into members that keep their defaults where a key is absent.
class FieldReader {
 public:
  FieldReader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) refuse(path_, "an object", object.type_name());
  }

  template <class T>
  void field(const char* key, T& member) {
    known_.insert(key);
    const auto found = object_.find(key);
    if (found == object_.end()) return;
    try {
      read(*found, path_ + "." + key, member);
    } catch (const Json::exception&) {
      refuse(path_ + "." + key, "of another type", found->dump());
    }
  }

  void refuse_unknown() const {
    for (const auto& [key, value] : object_.items()) {
      if (!known_.contains(key)) refuse(path_, "without the unknown field " + key, value.dump());
    }
  }

 private:
  template <class T>
  static void read(const Json& value, const std::string& path, T& member) {
    if constexpr (std::is_same_v<T, bool>) {
      if (!value.is_boolean()) refuse(path, "true or false", value.dump());
    } else if constexpr (std::is_integral_v<T>) {
      if (!value.is_number_integer()) refuse(path, "an integer", value.dump());
    } else if constexpr (std::is_floating_point_v<T>) {
      if (!value.is_number() || !std::isfinite(value.get<double>())) refuse(path, "a finite number", value.dump());
    }
    member = value.get<T>();
  }

  template <class E>
  static void read_name(const Json& value, const std::string& path, E& member,
                        std::initializer_list<std::pair<const char*, E>> names) {
    std::string expected;
    for (const auto& [name, entry] : names) {
      if (value == name) {
        member = entry;
        return;
      }
      expected += expected.empty() ? name : std::string(" or ") + name;
    }
    refuse(path, expected, value.dump());
  }

  static void read(const Json& value, const std::string& path, LearningRateSchedule& member) {
    using enum LearningRateSchedule;
    read_name(value, path, member, {{"constant", kConstant}, {"cosine", kCosine}});
  }
  static void read(const Json& value, const std::string& path, TrainingPrecision& member) {
    using enum TrainingPrecision;
    read_name(value, path, member, {{"auto", kAuto}, {"fp32", kFp32}, {"bf16", kBf16}});
  }
  static void read(const Json& value, const std::string& path, Equalization& member) {
    using enum Equalization;
    read_name(value, path, member, {{"global", kGlobal}, {"clahe", kClahe}, {"none", kNone}});
  }
  template <class T>
  static void read_object(const Json& value, const std::string& path, T& member) {
    FieldReader nested(value, path);
    visit_fields(nested, member);
    nested.refuse_unknown();
  }
  static void read(const Json& value, const std::string& path, Augmentation& m) { read_object(value, path, m); }
  static void read(const Json& value, const std::string& path, AutoContext& m) { read_object(value, path, m); }
  static void read(const Json& value, const std::string& path, PreprocessOptions& m) { read_object(value, path, m); }
  static void read(const Json& value, const std::string& path, LabelPolygon& m) { read_object(value, path, m); }
  static void read(const Json& value, const std::string& path, TrainingCase& m) { read_object(value, path, m); }
  static void read(const Json& value, const std::string& path, TrainingOptions& m) { read_object(value, path, m); }
  template <class T>
  static void read(const Json& value, const std::string& path, std::vector<T>& member) {
    if (!value.is_array()) refuse(path, "an array", value.type_name());
    member.resize(value.size());
    for (size_t i = 0; i < value.size(); ++i) read(value[i], path + "[" + std::to_string(i) + "]", member[i]);
  }

  const Json& object_;
  std::string path_;
  std::set<std::string> known_;
};

class FieldWriter {
 public:
  template <class T>
  void field(const char* key, T& member) {
    object[key] = write(member);
  }
  Json object = Json::object();

 private:
  template <class T>
  static Json write(T& value) {
    if constexpr (std::is_same_v<T, Augmentation> || std::is_same_v<T, AutoContext> ||
                  std::is_same_v<T, PreprocessOptions>) {
      FieldWriter nested;
      visit_fields(nested, value);
      return nested.object;
    } else if constexpr (std::is_same_v<T, LearningRateSchedule>) {
      return value == LearningRateSchedule::kCosine ? "cosine" : "constant";
    } else if constexpr (std::is_same_v<T, TrainingPrecision>) {
      return value == TrainingPrecision::kAuto ? "auto" : value == TrainingPrecision::kBf16 ? "bf16" : "fp32";
    } else if constexpr (std::is_same_v<T, Equalization>) {
      return value == Equalization::kGlobal ? "global" : value == Equalization::kClahe ? "clahe" : "none";
    } else {
      return value;
    }
  }
};

template <class Visitor>
void visit_fields(Visitor& v, PreprocessOptions& p) {
  v.field("hu_min", p.hu_min);
  v.field("hu_max", p.hu_max);
  v.field("equalization", p.equalization);
}

template <class Visitor>
void visit_fields(Visitor& v, Augmentation& a) {
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
void visit_fields(Visitor& v, AutoContext& a) {
  v.field("prior_fraction", a.prior_fraction);
  v.field("first_steps", a.first_steps);
  v.field("levels", a.levels);
  v.field("corruption", a.corruption);
}

template <class Visitor>
void visit_fields(Visitor& v, LabelPolygon& p) {
  v.field("slice", p.slice);
  v.field("sop_instance_uid", p.sop_instance_uid);
  v.field("hole", p.hole);
  v.field("points", p.points);
}

template <class Visitor>
void visit_fields(Visitor& v, TrainingCase& c) {
  v.field("patient", c.patient);
  v.field("image", c.image);
  v.field("label", c.label);
  v.field("label_values", c.label_values);
  v.field("polygons", c.polygons);
  v.field("validation", c.validation);
}

template <class Visitor>
void visit_fields(Visitor& v, TrainingOptions& o) {
  v.field("structure", o.structure);
  v.field("architecture", o.architecture);
  v.field("preprocess", o.preprocess);
  v.field("seed", o.seed);
  v.field("epochs", o.epochs);
  v.field("batch_size", o.batch_size);
  v.field("accumulation", o.accumulation);
  v.field("learning_rate", o.learning_rate);
  v.field("schedule", o.schedule);
  v.field("warmup_steps", o.warmup_steps);
  v.field("minimum_rate", o.minimum_rate);
  v.field("ema_decay", o.ema_decay);
  v.field("positive_weight", o.positive_weight);
  v.field("dice_weight", o.dice_weight);
  v.field("early_stopping_epochs", o.early_stopping_epochs);
  v.field("slices_per_epoch", o.slices_per_epoch);
  v.field("balance_patients", o.balance_patients);
  v.field("structure_fraction", o.structure_fraction);
  v.field("slice_stride_mm", o.slice_stride_mm);
  v.field("canvas_px", o.canvas_px);
  v.field("augmentation", o.augmentation);
  v.field("auto_context", o.auto_context);
  v.field("precision", o.precision);
  v.field("validation_every", o.validation_every);
  v.field("validation_stride_mm", o.validation_stride_mm);
  v.field("time_limit_minutes", o.time_limit_minutes);
  v.field("checkpoint_folder", o.checkpoint_folder);
  v.field("resume", o.resume);
  v.field("output", o.output);
  v.field("allow_shared_patients", o.allow_shared_patients);
  v.field("licence", o.licence);
  v.field("dataset", o.dataset);
  v.field("dataset_sha256", o.dataset_sha256);
  v.field("hepatica_version", o.hepatica_version);
}

template <class T>
void require_in(const char* field, T value, T low, T high) {
  if (value >= low && value <= high) return;
  refuse(std::string("options.") + field, Json(low).dump() + " to " + Json(high).dump(), Json(value).dump());
}

void check_options(const TrainingOptions& o) {
  require_in<int64_t>("epochs", o.epochs, 1, 100'000);
  require_in<int64_t>("batch_size", o.batch_size, 1, 4096);
  require_in<int64_t>("accumulation", o.accumulation, 1, o.batch_size);
  require_in("learning_rate", o.learning_rate, 1e-9, 10.0);
  require_in<int64_t>("warmup_steps", o.warmup_steps, 0, 1'000'000);
  require_in("minimum_rate", o.minimum_rate, 0.0, 1.0);
  require_in("ema_decay", o.ema_decay, 0.0, 0.999999);
  require_in("positive_weight", o.positive_weight, 1e-3, 1e3);
  require_in("dice_weight", o.dice_weight, 0.0, 1e3);
  require_in<int64_t>("early_stopping_epochs", o.early_stopping_epochs, 0, 100'000);
  require_in<int64_t>("slices_per_epoch", o.slices_per_epoch, 0, 100'000'000);
  require_in("structure_fraction", o.structure_fraction, 0.0, 1.0);
  require_in("slice_stride_mm", o.slice_stride_mm, 0.0, 100.0);
  require_in("auto_context.prior_fraction", o.auto_context.prior_fraction, 0.0, 1.0);
  require_in("auto_context.levels", o.auto_context.levels, 1, 2);
  require_in("auto_context.corruption", o.auto_context.corruption, 0.0, 20.0);
  require_in<int64_t>("validation_every", o.validation_every, 1, 100'000);
  require_in("validation_stride_mm", o.validation_stride_mm, 0.0, 100.0);
  require_in("time_limit_minutes", o.time_limit_minutes, 0.0, 1e6);
  if (!o.canvas_px.empty()) {
    if (o.canvas_px.size() != 2) refuse("options.canvas_px", "[height, width]", Json(o.canvas_px).dump());
    for (const int64_t side : o.canvas_px) require_in<int64_t>("canvas_px", side, 8, 1024);
  }
  if ((o.balance_patients || o.structure_fraction > 0) && o.slices_per_epoch == 0) {
    refuse("options.slices_per_epoch", "positive where slices are drawn in a balance", "0");
  }
  if (o.output.empty()) refuse("options.output", "a file name", "\"\"");
}

}  // namespace

TrainingPlan parse_training_plan(const std::string& text) {
  const Json root = Json::parse(text, nullptr, false);
  if (root.is_discarded()) refuse("plan", "JSON", "text that is not");
  TrainingPlan plan;
  FieldReader reader(root, "plan");
  reader.field("cases", plan.cases);
  reader.field("options", plan.options);
  reader.refuse_unknown();
  if (plan.cases.empty()) refuse("cases", "at least one labelled scan", "[]");
  check_options(plan.options);
  return plan;
}

std::string options_json(const TrainingOptions& options) {
  TrainingOptions copy = options;
  FieldWriter writer;
  visit_fields(writer, copy);
  return writer.object.dump();
}

}  // namespace hepatica
