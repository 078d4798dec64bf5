#include "synthesis/ground.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "core/error.h"
#include "core/parallel.h"
#include "synthesis/blur.h"

namespace hepatica {
namespace {

// Wide enough to leave out vessels, narrow enough to follow a slowly varying liver (fat, shading).
constexpr double kParenchymaSigmaMm = 8;
// About the scanner's own point spread: noise falls, vessels of 2 mm and more stay.
constexpr double kStructureSigmaMm = 1.2;
// Beyond this many deviations of the smoothed noise it is a structure; between the two it fades in.
constexpr float kStructureFrom = 1.5F;
constexpr float kStructureFull = 3;
constexpr float kVesselFrom = 3;
constexpr float kVesselFull = 4.5F;
// The least weight of the liver's median in the parenchyma's local mean: decides where hardly any parenchyma is near.
constexpr float kMedianWeight = 0.02F;
// What is farther from the parenchyma is no noise.
constexpr double kNoiseDeviations = 3;

float smooth_step(float from, float to, float x) {
  const float t = std::clamp((x - from) / (to - from), 0.0F, 1.0F);
  return t * t * (3 - 2 * t);
}

double quantile(std::vector<float>& values, double fraction) {
  const auto position = static_cast<size_t>(fraction * static_cast<double>(values.size() - 1));
  const auto nth = values.begin() + static_cast<int64_t>(position);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

double deviation(std::vector<float>& values, double median) {
  for (float& value : values) value = std::abs(value - static_cast<float>(median));
  return 1.4826 * quantile(values, 0.5);
}

// The values of `voxels` where `chosen` says so.
template <class Chosen>
std::vector<float> collect(const std::vector<float>& voxels, Chosen&& chosen) {
  std::vector<float> values;
  for (size_t i = 0; i < voxels.size(); ++i) {
    if (chosen(i)) values.push_back(voxels[i]);
  }
  return values;
}

class Survey {
 public:
  Survey(const Volume& volume, const Mask& liver, const Mask* real_lesions, Run& run)
      : volume_(volume), liver_(liver), real_lesions_(real_lesions), run_(run) {}

  Ground make(double margin_mm) {
    copy_box();
    measure_liver();
    find_parenchyma();
    find_structures();
    measure_blood();
    if (real_lesions_ != nullptr) keep_free(margin_mm);
    return std::move(ground_);
  }

 private:
  int64_t pixels() const { return ground_.size[0] * ground_.size[1]; }

  void copy_box();
  void copy_row(int64_t y, int64_t z);
  void measure_liver();
  void find_parenchyma();
  void find_structures();
  void mark_structures(const std::vector<float>& smoothed, const std::vector<float>& surely_liver, double sigma_hu);
  void measure_blood();
  void keep_free(double margin_mm);
  bool at_border(int64_t x, int64_t y, int64_t z) const;

  const Volume& volume_;
  const Mask& liver_;
  const Mask* real_lesions_;
  Run& run_;
  Ground ground_;
  // 1 where the liver is neither a real lesion nor far from the median.
  std::vector<uint8_t> plain_;
  std::vector<uint8_t> real_;
};

void Survey::copy_box() {
  const auto box = bounding_box(liver_);
  const auto refuse = [] {
    throw Error("EMPTY_MASK", "The liver's mask marks no voxel with a finite HU", {}, "liver",
                "Give the mask of the liver in this scan");
  };
  if (!box) refuse();
  ground_.box = *box;
  for (int axis = 0; axis < 3; ++axis) ground_.size[axis] = box->max[axis] - box->min[axis] + 1;
  ground_.spacing_mm = volume_.geometry.spacing_mm;
  const auto voxels = static_cast<size_t>(pixels() * ground_.size[2]);
  ground_.hu.assign(voxels, 0);
  ground_.liver.assign(voxels, 0);
  ground_.taken.assign(voxels, 0);
  ground_.slice_area.assign(static_cast<size_t>(ground_.size[2]), 0);
  real_.assign(voxels, 0);
  parallel_for(ground_.size[2], run_, [&](int64_t z) {
    for (int64_t y = 0; y < ground_.size[1]; ++y) copy_row(y, z);
  });
  if (std::all_of(ground_.slice_area.begin(), ground_.slice_area.end(), [](int64_t n) { return n == 0; })) refuse();
}

void Survey::copy_row(int64_t y, int64_t z) {
  const int64_t full = ground_.full_index(0, y, z, volume_.geometry.size);
  const int64_t own = ground_.index(0, y, z);
  std::visit(
      [&](const auto& hu) {
        for (int64_t x = 0; x < ground_.size[0]; ++x) {
          const auto value = static_cast<float>(hu[full + x]);
          if (!std::isfinite(value)) continue;
          ground_.hu[own + x] = value;
          ground_.liver[own + x] = liver_.voxels[full + x] != 0;
          ground_.slice_area[z] += ground_.liver[own + x];
          real_[own + x] = real_lesions_ != nullptr && real_lesions_->voxels[full + x] != 0;
        }
      },
      volume_.hu);
}

void Survey::measure_liver() {
  const auto in_liver = [&](size_t i) { return ground_.liver[i] && !real_[i]; };
  std::vector<float> values = collect(ground_.hu, in_liver);
  // A liver that is lesion altogether: there is no room, but its numbers are still asked for.
  if (values.empty()) values = collect(ground_.hu, [&](size_t i) { return ground_.liver[i] != 0; });
  ground_.liver_hu = quantile(values, 0.5);
  const double spread = std::max(1.0, deviation(values, ground_.liver_hu));
  plain_.resize(ground_.hu.size());
  for (size_t i = 0; i < plain_.size(); ++i) {
    plain_[i] = in_liver(i) && std::abs(ground_.hu[i] - ground_.liver_hu) <= 3 * spread;
  }
}

void Survey::find_parenchyma() {
  ground_.parenchyma.resize(ground_.hu.size());
  const PlaneBlur blur(ground_.size, ground_.spacing_mm, kParenchymaSigmaMm);
  const auto median = static_cast<float>(ground_.liver_hu);
  parallel_for(ground_.size[2], run_, [&](int64_t z) {
    const int64_t begin = z * pixels();
    std::vector<float> weight(static_cast<size_t>(pixels()));
    std::vector<float> excess(static_cast<size_t>(pixels()));
    for (int64_t i = 0; i < pixels(); ++i) {
      weight[i] = plain_[begin + i];
      excess[i] = weight[i] * (ground_.hu[begin + i] - median);
    }
    blur.apply(weight);
    blur.apply(excess);
    for (int64_t i = 0; i < pixels(); ++i) {
      ground_.parenchyma[begin + i] = median + excess[i] / (weight[i] + kMedianWeight);
    }
  });
}

// The smoothed difference to the parenchyma, taken over the liver alone.
void Survey::find_structures() {
  std::vector<float> smoothed(ground_.hu.size());
  std::vector<float> surely_liver(ground_.hu.size());
  const PlaneBlur blur(ground_.size, ground_.spacing_mm, kStructureSigmaMm);
  parallel_for(ground_.size[2], run_, [&](int64_t z) {
    const int64_t begin = z * pixels();
    std::vector<float> weight(static_cast<size_t>(pixels()));
    std::vector<float> excess(static_cast<size_t>(pixels()));
    for (int64_t i = 0; i < pixels(); ++i) {
      weight[i] = ground_.liver[begin + i];
      excess[i] = weight[i] * (ground_.hu[begin + i] - ground_.parenchyma[begin + i]);
    }
    blur.apply(weight);
    blur.apply(excess);
    for (int64_t i = 0; i < pixels(); ++i) {
      smoothed[begin + i] = weight[i] > 0 ? excess[i] / weight[i] : 0;
      surely_liver[begin + i] = smooth_step(0.97F, 0.999F, weight[i]);
    }
  });
  std::vector<float> residual(ground_.hu.size());
  for (size_t i = 0; i < residual.size(); ++i) residual[i] = ground_.hu[i] - ground_.parenchyma[i];
  const auto plain = [&](size_t i) { return plain_[i] != 0; };
  std::vector<float> noise = collect(residual, plain);
  ground_.noise_hu = noise.empty() ? 0 : deviation(noise, 0);
  std::vector<float> smooth_noise = collect(smoothed, plain);
  mark_structures(smoothed, surely_liver, smooth_noise.empty() ? 1 : std::max(1.0, deviation(smooth_noise, 0)));
}

void Survey::mark_structures(const std::vector<float>& smoothed, const std::vector<float>& surely_liver,
                             double sigma_hu) {
  ground_.structure.resize(smoothed.size());
  ground_.vessel.resize(smoothed.size());
  const auto sigma = static_cast<float>(sigma_hu);
  for (size_t i = 0; i < smoothed.size(); ++i) {
    const float structure = smoothed[i] * smooth_step(kStructureFrom, kStructureFull, std::abs(smoothed[i]) / sigma);
    // What is darker near the border is fat in part, and stays.
    ground_.structure[i] = structure > 0 ? structure : structure * surely_liver[i];
    ground_.vessel[i] = static_cast<uint8_t>(255 * smooth_step(kVesselFrom, kVesselFull, smoothed[i] / sigma));
  }
}

// The brightest hundredth of the smoothed liver is portal and hepatic veins.
void Survey::measure_blood() {
  std::vector<float> values;
  for (size_t i = 0; i < ground_.hu.size(); ++i) {
    if (ground_.liver[i] && !real_[i]) values.push_back(ground_.parenchyma[i] + ground_.structure[i]);
  }
  const double brightest = values.empty() ? ground_.liver_hu : quantile(values, 0.99);
  ground_.blood_hu = std::clamp(brightest, ground_.liver_hu + 15, ground_.liver_hu + 120);
}

// Marks what lies within the margin of each voxel at a real lesion's border, and the lesions themselves.
void Survey::keep_free(double margin_mm) {
  const auto squared_mm = [&](int axis, int64_t steps) {
    const double mm = static_cast<double>(steps) * ground_.spacing_mm[axis];
    return mm * mm;
  };
  const Size3& size = ground_.size;
  Size3 reach;
  for (int axis = 0; axis < 3; ++axis) {
    reach[axis] = std::min(size[axis], static_cast<int64_t>(margin_mm / ground_.spacing_mm[axis]));
  }
  // Each slice gathers from those within reach: no two threads write the same voxel.
  parallel_for(size[2], run_, [&](int64_t z) {
    for (int64_t dz = std::max(-z, -reach[2]); dz <= std::min(size[2] - 1 - z, reach[2]); ++dz) {
      for (int64_t y = 0; y < size[1]; ++y) {
        for (int64_t x = 0; x < size[0]; ++x) {
          if (!real_[ground_.index(x, y, z + dz)]) continue;
          if (dz == 0) ground_.taken[ground_.index(x, y, z)] = 1;
          if (!at_border(x, y, z + dz)) continue;
          for (int64_t v = std::max<int64_t>(0, y - reach[1]); v <= std::min(size[1] - 1, y + reach[1]); ++v) {
            for (int64_t u = std::max<int64_t>(0, x - reach[0]); u <= std::min(size[0] - 1, x + reach[0]); ++u) {
              const double distance = squared_mm(0, u - x) + squared_mm(1, v - y) + squared_mm(2, dz);
              if (distance <= margin_mm * margin_mm) ground_.taken[ground_.index(u, v, z)] = 1;
            }
          }
        }
      }
    }
  });
}

// Of a real lesion; the box's faces count as its border.
bool Survey::at_border(int64_t x, int64_t y, int64_t z) const {
  const Size3& size = ground_.size;
  if (x == 0 || y == 0 || z == 0 || x == size[0] - 1 || y == size[1] - 1 || z == size[2] - 1) return true;
  return !(real_[ground_.index(x - 1, y, z)] && real_[ground_.index(x + 1, y, z)] &&
           real_[ground_.index(x, y - 1, z)] && real_[ground_.index(x, y + 1, z)] &&
           real_[ground_.index(x, y, z - 1)] && real_[ground_.index(x, y, z + 1)]);
}

}  // namespace

double measure_lost_noise(const Ground& ground) {
  double lost = 0;
  int64_t count = 0;
  const auto most = static_cast<float>(kNoiseDeviations * ground.noise_hu);
  for (size_t i = 0; i < ground.hu.size(); ++i) {
    const float residual = ground.hu[i] - ground.parenchyma[i];
    if (!ground.liver[i] || ground.taken[i] || std::abs(residual) > most) continue;
    const float left = residual - ground.structure[i];
    lost += static_cast<double>(residual * residual - left * left);
    ++count;
  }
  return count > 0 ? std::sqrt(std::max(0.0, lost / static_cast<double>(count))) : 0;
}

Ground survey_ground(const Volume& volume, const Mask& liver, const Mask* real_lesions, double margin_mm, Run& run) {
  return Survey(volume, liver, real_lesions, run).make(margin_mm);
}

}  // namespace hepatica
