#include "pipelines/classify_lesions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "core/error.h"
#include "ops/bounding_box.h"
#include "ops/components.h"
#include "ops/lesion_matching.h"
#include "ops/orient.h"
#include "pipelines/arterial_types.h"
#include "pipelines/check_volume.h"
#include "pipelines/lesion_candidates.h"
#include "pipelines/measure_lesion.h"
#include "pipelines/place_lesions.h"
#include "pipelines/predict_lesions.h"
#include "runtime/on_device.h"

namespace hepatica {
namespace {

// Share of the pipeline's progress.
constexpr double kPredicted = 0.85;
constexpr double kRegistered = 0.97;
// Ids are bytes, and 0 is no lesion.
constexpr size_t kMaxLesions = 255;
// The paper's filter: "lesions under 40 % of the liver's area in the image".
constexpr double kLargePart = 0.4;

void check_liver(const Volume& source, const Mask& liver) {
  check_volume(source);
  const bool fits = liver.geometry.size == source.geometry.size &&
                    liver.voxels.size() == static_cast<size_t>(source.geometry.voxel_count());
  if (fits) return;
  throw Error("INVALID_ARGUMENT", "Expected the liver's mask to have the size of its volume", {}, "liver",
              "Pass the result of segmentLiver for this volume");
}

// What the network said, on the canonical grid.
struct Found {
  Mask ids;
  std::vector<LesionScores> scores;
};

// Largest first: those that are detected, and as many as there are ids.
int paint_ids(const Mask& levels, double minimum_ml, Mask& ids, Run& run) {
  const ComponentMap map(levels, kFoundLesions);
  std::vector<size_t> lesions = hysteresis(map, levels, minimum_ml);
  if (lesions.size() > kMaxLesions) {
    run.warn("TOO_MANY_LESIONS", "Of " + std::to_string(lesions.size()) + " lesions the " +
                                     std::to_string(kMaxLesions) + " largest are kept");
    lesions.resize(kMaxLesions);
  }
  for (size_t i = 0; i < lesions.size(); ++i) map.paint(lesions[i], static_cast<uint8_t>(i + 1), ids);
  return static_cast<int>(lesions.size());
}

// `volume` and `liver` lie in canonical orientation.
Found find_lesions(const Volume& volume, const Mask& liver, const LesionModel& model, const ComputeDevice& device,
                   const LesionClassification& wanted, EncodedCrop* crop, Run& run) {
  const LesionPrediction prediction = predict_lesions(
      volume, liver, model, device, {wanted.precision, {wanted.threshold, wanted.extent_threshold}, crop}, run);
  Found found{{liver.geometry, std::vector<uint8_t>(liver.voxels.size())}, {}};
  if (prediction.region.slices == 0) return found;
  run.begin_stage("measuring", kPredicted, 1);
  const StageTimer timer(run, "lesions");
  const LocatedLesions& located = prediction.located;
  const int count = paint_ids(located.levels, wanted.minimum_ml, found.ids, run);
  found.scores = score_lesions(found.ids, count, located.probability, prediction.maps, prediction.region);
  return found;
}

Found find_in_canonical(const Volume& source, const Mask& liver, const LesionModel& model, const ComputeDevice& device,
                        const LesionClassification& wanted, EncodedCrop* crop, Run& run) {
  const AxisOrder order = canonical_order(source.geometry);
  if (order.is_identity()) return find_lesions(source, liver, model, device, wanted, crop, run);
  Mask oriented{source.geometry, liver.voxels};
  Found found = find_lesions(to_canonical(source, order), to_canonical(std::move(oriented), order), model, device,
                             wanted, crop, run);
  found.ids = from_canonical(std::move(found.ids), order, source.geometry);
  return found;
}

std::vector<BoundingBox> boxes_of(const Mask& ids, size_t count) {
  const Size3& size = ids.geometry.size;
  std::vector<BoundingBox> boxes(count, {size, {-1, -1, -1}});
  const uint8_t* id = ids.voxels.data();
  for (int64_t z = 0; z < size[2]; ++z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      for (int64_t x = 0; x < size[0]; ++x, ++id) {
        if (*id == 0) continue;
        BoundingBox& box = boxes[*id - 1];
        box.min = {std::min(box.min[0], x), std::min(box.min[1], y), std::min(box.min[2], z)};
        box.max = {std::max(box.max[0], x), std::max(box.max[1], y), std::max(box.max[2], z)};
      }
    }
  }
  return boxes;
}

using TypeProbabilities = std::array<double, kLesionTypes>;

TypeProbabilities at_temperature(const TypeProbabilities& means, double temperature) {
  if (temperature == 1) return means;
  TypeProbabilities result;
  double sum = 0;
  for (size_t i = 0; i < means.size(); ++i) sum += result[i] = std::pow(means[i], 1 / temperature);
  for (double& probability : result) probability /= sum;
  return result;
}

void set_types(std::vector<Lesion>& lesions, const MdlCnnConfig& config) {
  for (Lesion& lesion : lesions) {
    const auto& probabilities = lesion.probabilities;
    const auto likeliest = std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin();
    lesion.type = lesion_type(static_cast<int>(likeliest));
    lesion.indeterminate = probabilities[static_cast<size_t>(likeliest)] < config.indeterminate_below;
  }
}

std::vector<Lesion> describe(const Volume& source, const Found& found, const MdlCnnConfig& config, Run& run) {
  const std::vector<BoundingBox> boxes = boxes_of(found.ids, found.scores.size());
  std::vector<Lesion> lesions(found.scores.size());
  for (size_t i = 0; i < lesions.size(); ++i) {
    run.check_cancelled();
    Lesion& lesion = lesions[i];
    lesion.id = static_cast<int>(i + 1);
    lesion.probabilities = at_temperature(found.scores[i].probabilities, config.type_temperature);
    lesion.detection_probability = found.scores[i].detection_probability;
    lesion.box = boxes[i];
    measure_lesion(source, found.ids, lesion);
  }
  return lesions;
}

bool is_large(const Lesion& lesion, const Mask& liver) {
  return std::any_of(lesion.slices.begin(), lesion.slices.end(), [&](const LesionSlice& part) {
    const uint8_t* slice = liver.slice(part.slice);
    const int64_t outside = std::count(slice, slice + liver.geometry.slice_pixels(), uint8_t{0});
    return static_cast<double>(part.pixels) > kLargePart * static_cast<double>(liver.geometry.slice_pixels() - outside);
  });
}

void warn_of_lesions(const std::vector<Lesion>& lesions, const Mask& liver, Run& run) {
  std::string large;
  std::set<LesionType> types;
  for (const Lesion& lesion : lesions) {
    if (!lesion.indeterminate) types.insert(lesion.type);
    if (is_large(lesion, liver)) large += (large.empty() ? "" : ", ") + std::to_string(lesion.id);
  }
  if (!large.empty()) {
    run.warn("LARGE_LESION",
             "Lesion " + large + " fills over 40 % of the liver in a slice: the method was made for smaller ones");
  }
  if (types.size() > 1) {
    run.warn("SEVERAL_TYPES", "Lesions of " + std::to_string(types.size()) +
                                  " types were found in one liver, which is rare: look at their probabilities");
  }
}

void check_thresholds(const LesionClassification& wanted) {
  if (wanted.extent_threshold <= wanted.threshold) return;
  std::ostringstream message;
  message << "Expected extentThreshold to be at most threshold, " << wanted.threshold << ", received "
          << wanted.extent_threshold;
  throw Error("INVALID_ARGUMENT", message.str(), {}, "extentThreshold", "Lower it, or raise threshold");
}

// Fills the progress from where the lesions are found.
ArterialPhase add_arterial(const Volume& source, const Mask& liver, const Mask& ids, const Volume& arterial,
                           const LesionModel& model, std::vector<Lesion>& lesions, Run& run) {
  run.begin_stage("registering", kPredicted, kRegistered);
  ArterialPhase phase = register_arterial(source, liver, arterial, run);
  run.begin_stage("measuring", kRegistered, 1);
  tell_by_both_phases({source, liver, arterial, phase.motion}, ids, ArterialReadout::of(model), lesions, run);
  return phase;
}

LesionClassification classify_on(const ComputeDevice& device, const Volume& source, const Mask& liver,
                                 const LesionModel& model, const ClassifyOptions& options, Run& run) {
  LesionClassification result;
  result.threshold = options.threshold.value_or(model.config().threshold);
  result.extent_threshold =
      options.extent_threshold.value_or(std::min(model.config().extent_threshold, result.threshold));
  check_thresholds(result);
  result.minimum_ml = options.minimum_ml.value_or(model.config().minimum_ml);
  result.precision = choose_precision(options.precision, device);
  Found found = find_in_canonical(source, liver, model, device, result, options.crop, run);
  result.indeterminate_below = model.config().indeterminate_below;
  result.lesions = describe(source, found, model.config(), run);
  result.mask = std::move(found.ids);
  const bool has_liver =
      std::any_of(liver.voxels.begin(), liver.voxels.end(), [](uint8_t voxel) { return voxel != 0; });
  if (options.arterial != nullptr && has_liver) {
    result.arterial = add_arterial(source, liver, result.mask, *options.arterial, model, result.lesions, run);
  }
  set_types(result.lesions, model.config());
  place_lesions(liver, result.mask, result.lesions, run);
  look_at_lesions(source, liver, result.mask, result.lesions, run);
  warn_of_lesions(result.lesions, liver, run);
  result.liver_ml = volume_ml(liver);
  result.judgement = judge_liver(source, liver, run);
  warn_of(result.judgement, run);
  run.progress(1);
  return result;
}

}  // namespace

LesionClassification classify_lesions(const Volume& source, const Mask& liver, const LesionModel& model,
                                      const ClassifyOptions& options, Run& run) {
  check_liver(source, liver);
  if (options.arterial != nullptr) {
    check_volume(*options.arterial);
    // What cannot be done is said before any work.
    canonical_order(options.arterial->geometry, "arterial");
    ArterialReadout::of(model);
  }
  warn_of_few_slices(source.geometry, model.config().context_mm, run);
  return on_device(options.device, DeviceUse::kNetworks, run, [&](const ComputeDevice& device) {
    return classify_on(device, source, liver, model, options, run);
  });
}

}  // namespace hepatica
