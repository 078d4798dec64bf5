#include "pipelines/second_look.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "ops/components.h"
#include "ops/lesion_look.h"
#include "ops/lesion_matching.h"

namespace hepatica {
namespace {

// Gives the components that are no lesions by their size another level; how many are left, largest first.
size_t without_small(const ComponentMap& map, double minimum_ml, uint8_t level, Mask& levels) {
  const auto& components = map.components();
  const double voxel_ml = levels.geometry.voxel_volume_ml();
  const auto small = std::find_if(components.begin(), components.end(), [&](const Component& component) {
    return static_cast<double>(component.voxels) * voxel_ml < minimum_ml;
  });
  const auto left = static_cast<size_t>(small - components.begin());
  for (size_t i = left; i < components.size(); ++i) {
    map.visit_runs(i, [&](int64_t begin, int64_t end) {
      std::fill(levels.voxels.begin() + begin, levels.voxels.begin() + end, level);
    });
  }
  return left;
}

// Of what is above both thresholds.
ComponentMap drawn_parts(const Mask& levels) {
  Mask drawn = levels;
  for (uint8_t& voxel : drawn.voxels) voxel = voxel == kAboveBoth ? 1 : 0;
  return {drawn, kFoundLesions};
}

// The candidates of a scan, without those that are too small.
class Candidates {
 public:
  Candidates(const Volume& volume, const Mask& liver, double minimum_ml, LocatedLesions& located)
      : volume_(volume), liver_(liver), located_(located), map_(located.levels, kFoundLesions) {
    without_small(drawn_parts(located.levels), minimum_ml, 1, located.levels);
    count_ = without_small(map_, minimum_ml, 0, located.levels);
  }

  size_t count() const { return count_; }

  LookFeatures features(size_t index, double sharpness_otherwise, Run& run) const {
    int64_t voxels = 0;
    int64_t probability = 0;
    map_.visit_runs(index, [&](int64_t begin, int64_t end) {
      voxels += end - begin;
      for (int64_t i = begin; i < end; ++i) probability += located_.probability.voxels[i];
    });
    const LesionLook seen = look_of(crop(index), run);
    LookFeatures features{};
    const auto set = [&](LookFeature feature, double value) { features[static_cast<size_t>(feature)] = value; };
    set(LookFeature::kDetectionProbability, static_cast<double>(probability) / (255 * static_cast<double>(voxels)));
    set(LookFeature::kSphericity, seen.sphericity);
    set(LookFeature::kSharpness, seen.sharpness_per_mm.value_or(sharpness_otherwise));
    return features;
  }

  // `probability`: of 255.
  void judge(size_t index, uint8_t probability, bool is_kept) {
    std::vector<uint8_t>& levels = located_.levels.voxels;
    bool has_parts = false;
    map_.visit_runs(index, [&](int64_t begin, int64_t end) {
      std::fill(located_.probability.voxels.begin() + begin, located_.probability.voxels.begin() + end, probability);
      has_parts = has_parts || std::count(levels.begin() + begin, levels.begin() + end, kAboveBoth) > 0;
    });
    map_.visit_runs(index, [&](int64_t begin, int64_t end) {
      std::transform(levels.begin() + begin, levels.begin() + end, levels.begin() + begin, [&](uint8_t level) {
        return is_kept && (!has_parts || level == kAboveBoth) ? kAboveBoth : uint8_t{0};
      });
    });
  }

 private:
  LesionCrop crop(size_t index) const {
    const BoundingBox box = surroundings_of(map_.components()[index].box, volume_.geometry);
    LesionCrop crop = crop_about(volume_, box, [&](int64_t i) {
      return liver_.voxels[i] != 0 && located_.levels.voxels[i] == 0 ? Tissue::kOrgan : Tissue::kOther;
    });
    const auto [width, height, slices] = volume_.geometry.size;
    map_.visit_runs(index, [&](int64_t begin, int64_t end) {
      const int64_t x = begin % width - box.min[0];
      const int64_t y = begin / width % height - box.min[1];
      const int64_t z = begin / (width * height) - box.min[2];
      std::fill_n(crop.tissue.begin() + (z * crop.size[1] + y) * crop.size[0] + x, end - begin, Tissue::kLesion);
    });
    return crop;
  }

  const Volume& volume_;
  const Mask& liver_;
  LocatedLesions& located_;
  const ComponentMap map_;
  size_t count_ = 0;
};

}  // namespace

void look_again(const Volume& volume, const Mask& liver, const SecondLook& look, double minimum_ml,
                LocatedLesions& located, Run& run) {
  Candidates candidates(volume, liver, minimum_ml, located);
  // Judged at the end: each is looked at in the company of all others.
  std::vector<uint8_t> probabilities;
  for (size_t i = 0; i < candidates.count(); ++i) {
    run.check_cancelled();
    const double probability = look.probability(candidates.features(i, look.sharpness_otherwise, run));
    probabilities.push_back(static_cast<uint8_t>(std::lround(255 * probability)));
  }
  for (size_t i = 0; i < candidates.count(); ++i) {
    candidates.judge(i, probabilities[i], probabilities[i] > 255 * look.keep_above);
  }
}

}  // namespace hepatica
