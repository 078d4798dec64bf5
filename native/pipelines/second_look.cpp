#include "pipelines/second_look.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "core/error.h"
#include "models/json_fields.h"
#include "ops/components.h"
#include "ops/lesion_look.h"
#include "ops/lesion_matching.h"

namespace hepatica {
namespace {

constexpr double kLargest = 1e4;

// A candidate, and whether of what lies about it something is of another.
class Candidate {
 public:
  Candidate(const ComponentMap& map, size_t index, const LocatedLesions& located)
      : map_(map), index_(index), located_(located) {
    map.visit_runs(index, [&](int64_t begin, int64_t end) {
      voxels_ += end - begin;
      for (int64_t i = begin; i < end; ++i) {
        probability_ += located.probability.voxels[i];
        above_both_ += located.levels.voxels[i] == kAboveBoth ? 1 : 0;
      }
    });
  }

  double ml() const { return static_cast<double>(voxels_) * located_.levels.geometry.voxel_volume_ml(); }
  double above_both_ml() const { return static_cast<double>(above_both_) * located_.levels.geometry.voxel_volume_ml(); }

  LookFeatures features(const Volume& volume, const Mask& liver, const SecondLook& look, Run& run) const {
    const LesionLook seen = look_of(crop(volume, liver), run);
    LookFeatures features;
    const auto set = [&](LookFeature feature, double value) { features[static_cast<size_t>(feature)] = value; };
    set(LookFeature::kDetectionProbability, static_cast<double>(probability_) / (255.0 * static_cast<double>(voxels_)));
    set(LookFeature::kLogMl, std::log(ml()));
    set(LookFeature::kSphericity, seen.sphericity);
    const double sharpness = seen.sharpness_per_mm.value_or(0);
    set(LookFeature::kLogSharpness, sharpness > 0 ? std::log(sharpness) : look.log_sharpness_otherwise);
    return features;
  }

 private:
  LesionCrop crop(const Volume& volume, const Mask& liver) const {
    const BoundingBox box = surroundings_of(map_.components()[index_].box, volume.geometry);
    LesionCrop crop = crop_about(volume, box, [&](int64_t i) {
      return liver.voxels[i] != 0 && located_.levels.voxels[i] == 0 ? Tissue::kOrgan : Tissue::kOther;
    });
    const auto [width, height, slices] = volume.geometry.size;
    map_.visit_runs(index_, [&](int64_t begin, int64_t end) {
      const int64_t x = begin % width - box.min[0];
      const int64_t y = begin / width % height - box.min[1];
      const int64_t z = begin / (width * height) - box.min[2];
      std::fill_n(crop.tissue.begin() + (z * crop.size[1] + y) * crop.size[0] + x, end - begin, Tissue::kLesion);
    });
    return crop;
  }

  const ComponentMap& map_;
  size_t index_;
  const LocatedLesions& located_;
  int64_t voxels_ = 0;
  int64_t probability_ = 0;
  int64_t above_both_ = 0;
};

}  // namespace

std::optional<SecondLook> SecondLook::of(const LesionModel& model) {
  const auto found = model.metadata().find(LesionModel::kSecondLook);
  if (found == model.metadata().end()) return std::nullopt;
  const auto object = nlohmann::json::parse(found->second, nullptr, false);
  JsonFields numbers(object, "the second look at lesions", model.path());
  if (!object.is_object())
    numbers.refuse(LesionModel::kSecondLook, "an object of coefficients", found->second.substr(0, 100));
  SecondLook look;
  look.candidate_above = numbers.number("candidate_above", 0.01, 0.99);
  look.keep_above = numbers.number("keep_above", 0, 1);
  look.intercept = numbers.number("intercept", -kLargest, kLargest);
  for (size_t i = 0; i < kLookFeatures.size(); ++i) {
    look.coefficients[i] = numbers.number(kLookFeatures[i], -kLargest, kLargest);
  }
  look.log_sharpness_otherwise = numbers.number("log_sharpness_otherwise", -kLargest, kLargest);
  numbers.refuse_unknown();
  return look;
}

double SecondLook::probability(const LookFeatures& features) const {
  const double score = std::inner_product(features.begin(), features.end(), coefficients.begin(), intercept);
  return 1 / (1 + std::exp(-score));
}

void look_again(const Volume& volume, const Mask& liver, const SecondLook& look, double minimum_ml,
                LocatedLesions& located, Run& run) {
  const ComponentMap map(located.levels, kFoundLesions);
  // Painted at the end: candidates are looked at in the company of all others.
  std::vector<uint8_t> kept(located.levels.voxels.size());
  for (size_t i = 0; i < map.components().size(); ++i) {
    run.check_cancelled();
    const Candidate candidate(map, i, located);
    // Largest first.
    if (candidate.ml() < minimum_ml) break;
    const double probability = look.probability(candidate.features(volume, liver, look, run));
    const bool has_own_extent = candidate.above_both_ml() >= minimum_ml;
    map.visit_runs(i, [&](int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; ++at) {
        located.probability.voxels[at] = static_cast<uint8_t>(std::lround(255 * probability));
        const bool is_drawn = !has_own_extent || located.levels.voxels[at] == kAboveBoth;
        kept[at] = probability > look.keep_above && is_drawn ? kAboveBoth : 0;
      }
    });
  }
  located.levels.voxels = std::move(kept);
}

}  // namespace hepatica
