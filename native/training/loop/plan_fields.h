// A plan's JSON to structs and back. A struct takes part by `visit_fields(visitor, struct)`, an enum by EnumNames.
#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "ops/equalization_names.h"
#include "training/data/structure_case.h"
#include "training/loop/run_options.h"

namespace hepatica {

[[noreturn]] inline void refuse_field(const std::string& field, const std::string& expected,
                                      const std::string& received) {
  throw Error("INVALID_ARGUMENT", "Expected " + field + " to be " + expected + ", received " + received, {}, field);
}

template <class T>
void require_option_in(const char* field, T value, T low, T high) {
  if (value >= low && value <= high) return;
  refuse_field(std::string("options.") + field, nlohmann::json(low).dump() + " to " + nlohmann::json(high).dump(),
               nlohmann::json(value).dump());
}

// `kNames`: the values and how JSON names them.
template <class E>
struct EnumNames;

template <>
struct EnumNames<LearningRateSchedule> {
  static constexpr std::pair<const char*, LearningRateSchedule> kNames[] = {
      {"constant", LearningRateSchedule::kConstant}, {"cosine", LearningRateSchedule::kCosine}};
};
template <>
struct EnumNames<TrainingPrecision> {
  static constexpr std::pair<const char*, TrainingPrecision> kNames[] = {
      {"auto", TrainingPrecision::kAuto}, {"fp32", TrainingPrecision::kFp32}, {"bf16", TrainingPrecision::kBf16}};
};
template <>
struct EnumNames<Equalization> {
  static constexpr const auto& kNames = kEqualizationNames;
};
template <>
struct EnumNames<KeptWeights> {
  static constexpr std::pair<const char*, KeptWeights> kNames[] = {{"best", KeptWeights::kBest},
                                                                   {"last", KeptWeights::kLast}};
};

// Reads an object's fields into members that keep their defaults where a key is absent.
class FieldReader {
 public:
  using Json = nlohmann::json;

  FieldReader(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) refuse_field(path_, "an object", object.type_name());
  }

  template <class T>
  void field(const char* key, T& member) {
    known_.insert(key);
    const auto found = object_.find(key);
    if (found == object_.end()) return;
    try {
      read(*found, path_ + "." + key, member);
    } catch (const Json::exception&) {
      refuse_field(path_ + "." + key, "of another type", found->dump());
    }
  }

  void refuse_unknown() const {
    for (const auto& [key, value] : object_.items()) {
      if (!known_.contains(key)) refuse_field(path_, "without the unknown field " + key, value.dump());
    }
  }

 private:
  template <class T>
  static void read(const Json& value, const std::string& path, T& member) {
    if constexpr (std::is_enum_v<T>) {
      read_name(value, path, member);
    } else if constexpr (requires(FieldReader & nested) { visit_fields(nested, member); }) {
      FieldReader nested(value, path);
      visit_fields(nested, member);
      nested.refuse_unknown();
    } else {
      if constexpr (std::is_same_v<T, bool>) {
        if (!value.is_boolean()) refuse_field(path, "true or false", value.dump());
      } else if constexpr (std::is_integral_v<T>) {
        if (!value.is_number_integer()) refuse_field(path, "an integer", value.dump());
        // nlohmann's conversion would wrap what does not fit.
        const bool fits = value.is_number_unsigned() ? std::in_range<T>(value.get<uint64_t>())
                                                     : std::in_range<T>(value.get<int64_t>());
        if (!fits) refuse_field(path, "an integer that fits " + std::to_string(8 * sizeof(T)) + " bits", value.dump());
      } else if constexpr (std::is_floating_point_v<T>) {
        if (!value.is_number() || !std::isfinite(value.get<double>())) {
          refuse_field(path, "a finite number", value.dump());
        }
      }
      member = value.get<T>();
    }
  }

  template <class T>
  static void read(const Json& value, const std::string& path, std::vector<T>& member) {
    if (!value.is_array()) refuse_field(path, "an array", value.type_name());
    member.resize(value.size());
    for (size_t i = 0; i < value.size(); ++i) read(value[i], path + "[" + std::to_string(i) + "]", member[i]);
  }

  template <class E>
  static void read_name(const Json& value, const std::string& path, E& member) {
    std::string expected;
    for (const auto& [name, entry] : EnumNames<E>::kNames) {
      if (value == name) {
        member = entry;
        return;
      }
      expected += expected.empty() ? name : std::string(" or ") + name;
    }
    refuse_field(path, expected, value.dump());
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
  nlohmann::json object = nlohmann::json::object();

 private:
  template <class T>
  static nlohmann::json write(T& value) {
    if constexpr (std::is_enum_v<T>) {
      for (const auto& [name, entry] : EnumNames<T>::kNames) {
        if (entry == value) return name;
      }
      return nullptr;
    } else if constexpr (requires(FieldWriter & nested) { visit_fields(nested, value); }) {
      FieldWriter nested;
      visit_fields(nested, value);
      return nested.object;
    } else {
      return value;
    }
  }

  template <class T>
  static nlohmann::json write(std::vector<T>& values) {
    nlohmann::json list = nlohmann::json::array();
    for (T& value : values) list.push_back(write(value));
    return list;
  }
};

template <class Visitor>
void visit_fields(Visitor& v, PreprocessOptions& p) {
  v.field("hu_min", p.hu_min);
  v.field("hu_max", p.hu_max);
  v.field("equalization", p.equalization);
}

template <class Visitor>
void visit_fields(Visitor& v, LabelPolygon& p) {
  v.field("slice", p.slice);
  v.field("sop_instance_uid", p.sop_instance_uid);
  v.field("hole", p.hole);
  v.field("points", p.points);
}

// The fields of every kind of training.
template <class Visitor>
void visit_run_fields(Visitor& v, TrainingRunOptions& o) {
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
  v.field("early_stopping_epochs", o.early_stopping_epochs);
  v.field("precision", o.precision);
  v.field("validation_every", o.validation_every);
  v.field("time_limit_minutes", o.time_limit_minutes);
  v.field("checkpoint_folder", o.checkpoint_folder);
  v.field("cache_folder", o.cache_folder);
  v.field("resume", o.resume);
  v.field("output", o.output);
  v.field("allow_shared_patients", o.allow_shared_patients);
  v.field("published_patients", o.published_patients);
  v.field("licence", o.licence);
  v.field("dataset", o.dataset);
  v.field("dataset_sha256", o.dataset_sha256);
  v.field("hepatica_version", o.hepatica_version);
  v.field("keep", o.keep);
}

template <class Visitor>
void visit_pretrained_fields(Visitor& v, PretrainedOptions& o) {
  v.field("initial", o.initial);
  v.field("initial_sha256", o.initial_sha256);
  v.field("base", o.base);
  v.field("base_sha256", o.base_sha256);
  v.field("frozen_epochs", o.frozen_epochs);
  v.field("base_learning_rate_factor", o.base_learning_rate_factor);
}

void check_run_options(const TrainingRunOptions& options);
void check_pretrained_options(const PretrainedOptions& options);
void check_canvas(const std::vector<int64_t>& canvas_px);

// The options as JSON, defaults filled in.
template <class Options>
std::string fields_json(const Options& options) {
  Options copy = options;
  FieldWriter writer;
  visit_fields(writer, copy);
  return writer.object.dump();
}

template <class Visitor>
void visit_fields(Visitor& v, StructureCase& c) {
  v.field("patient", c.patient);
  v.field("image", c.image);
  v.field("label", c.label);
  v.field("label_values", c.label_values);
  v.field("label_segments", c.label_segments);
  v.field("polygons", c.polygons);
  v.field("validation", c.validation);
  v.field("content_sha256", c.content_sha256);
}

template <class Visitor>
void visit_fields(Visitor& v, ProcessPlace& p) {
  v.field("rank", p.rank);
  v.field("size", p.size);
  v.field("address", p.address);
  v.field("port", p.port);
  v.field("agent_prefix", p.agent_prefix);
  v.field("interface", p.interface);
}

// {"cases": […], "options": {…}, "process": {…}} into a plan. Throws INVALID_ARGUMENT.
template <class Plan>
Plan read_plan_fields(const std::string& text) {
  const nlohmann::json root = nlohmann::json::parse(text, nullptr, false);
  if (root.is_discarded()) refuse_field("plan", "JSON", "text that is not");
  Plan plan;
  FieldReader reader(root, "plan");
  reader.field("cases", plan.cases);
  reader.field("options", plan.options);
  reader.field("process", plan.options.process);
  reader.refuse_unknown();
  const ProcessPlace& process = plan.options.process;
  if (process.size < 1) refuse_field("process.size", "positive", std::to_string(process.size));
  if (process.rank < 0 || process.rank >= process.size) {
    refuse_field("process.rank", "0 to " + std::to_string(process.size - 1), std::to_string(process.rank));
  }
  if (plan.cases.empty()) refuse_field("cases", "at least one labelled scan", "[]");
  return plan;
}

}  // namespace hepatica
