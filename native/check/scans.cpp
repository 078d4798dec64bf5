#include "check/scans.h"

#include <array>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "check/cases.h"
#include "check/measure.h"
#include "check/network_list.h"
#include "models/lesion_model.h"
#include "pipelines/classify_lesions.h"
#include "pipelines/segment_structure.h"

namespace hepatica::check {
namespace {

// Of the phantom's liver with what the network finds; a mask on a GPU may differ where a probability is at the
// threshold.
constexpr double kLeastDice = 0.85;
constexpr double kMostDifferent = 1e-3;

struct Scan {
  Volume volume;
  Mask liver;
};

// The phantom on a finer grid, each voxel that of the nearest.
Scan enlarged(const Size3& size) {
  const phantom::Scan& source = phantom_scan();
  const auto& hu = std::get<std::vector<int16_t>>(source.volume.hu);
  const Geometry& coarse = source.volume.geometry;
  Geometry geometry = coarse;
  geometry.size = size;
  for (size_t axis = 0; axis < 3; ++axis) {
    geometry.spacing_mm[axis] *= static_cast<double>(coarse.size[axis]) / static_cast<double>(size[axis]);
  }
  std::vector<int16_t> fine(static_cast<size_t>(geometry.voxel_count()));
  Mask liver{geometry, std::vector<uint8_t>(fine.size())};
  size_t voxel = 0;
  for (int64_t z = 0; z < size[2]; ++z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      const int64_t row =
          (z * coarse.size[2] / size[2] * coarse.size[1] + y * coarse.size[1] / size[1]) * coarse.size[0];
      for (int64_t x = 0; x < size[0]; ++x, ++voxel) {
        const int64_t nearest = row + x * coarse.size[0] / size[0];
        fine[voxel] = hu[nearest];
        liver.voxels[voxel] = source.liver.voxels[nearest];
      }
    }
  }
  return {{geometry, std::move(fine)}, std::move(liver)};
}

struct Found {
  Mask liver;
  Mask lesions;
  double liver_seconds = 0;
  double lesion_seconds = 0;
  std::string device;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Models {
  std::shared_ptr<const SegmenterModel> liver;
  LesionModel lesions;
};

// Lesions are looked for in the phantom's liver, so that both devices look at the same.
Found compute(const Scan& scan, const Models& models, const DeviceChoice& device, PrecisionChoice precision) {
  Run run;
  auto start = std::chrono::steady_clock::now();
  SegmentOptions segment;
  segment.device = device;
  segment.precision = precision;
  Segmentation liver = segment_structure(scan.volume, *models.liver, segment, run);
  Found found;
  found.device = run.device_used();
  found.liver_seconds = seconds_since(start);
  found.liver = std::move(liver.mask);
  start = std::chrono::steady_clock::now();
  ClassifyOptions classify;
  classify.device = device;
  classify.precision = precision;
  found.lesions = classify_lesions(scan.volume, scan.liver, models.lesions, classify, run).mask;
  found.lesion_seconds = seconds_since(start);
  return found;
}

double dice(const Mask& a, const Mask& b) {
  int64_t both = 0;
  int64_t sum = 0;
  for (size_t i = 0; i < a.voxels.size(); ++i) {
    both += a.voxels[i] && b.voxels[i];
    sum += (a.voxels[i] != 0) + (b.voxels[i] != 0);
  }
  return 2 * static_cast<double>(both) / static_cast<double>(sum);
}

void compare(const std::string& what, const Mask& found, const Mask& expected, Report& report) {
  int64_t different = 0;
  int64_t inside = 0;
  for (size_t i = 0; i < found.voxels.size(); ++i) {
    different += found.voxels[i] != expected.voxels[i];
    inside += expected.voxels[i] != 0;
  }
  const bool good = static_cast<double>(different) <= kMostDifferent * static_cast<double>(inside);
  report.verdict(what, std::to_string(different) + " of " + std::to_string(inside) + " voxels differ",
                 "at most " + number(100 * kMostDifferent) + " %", good);
}

void check_scan(const Size3& size, bool against_cpu, const Models& models, const Target& target, Report& report) {
  const std::string name =
      std::to_string(size[2]) + " slices of " + std::to_string(size[0]) + "×" + std::to_string(size[1]);
  const Scan scan = enlarged(size);
  const DeviceChoice device = target.on_gpu() ? DeviceChoice::kCuda : DeviceChoice::kCpu;
  for (const auto& [precision, arithmetic] :
       {std::pair{PrecisionChoice::kFp32, ", fp32"}, std::pair{PrecisionChoice::kBf16, ", bf16"}}) {
    if (precision == PrecisionChoice::kBf16 && !target.on_gpu()) continue;
    forget_peak_memory(target);
    // The first time, memory is taken and weights are copied.
    if (target.on_gpu()) compute(scan, models, device, precision);
    const Found found = compute(scan, models, device, precision);
    report.figure(name + arithmetic + " on " + found.device,
                  with_unit(found.liver_seconds, "s for the liver, ") +
                      with_unit(found.lesion_seconds, "s for lesions, ") +
                      with_unit(peak_gigabytes(target), "GB of tensors at most"));
    const double overlap = dice(found.liver, scan.liver);
    report.verdict(name + arithmetic + ": Dice with the phantom's liver", number(overlap),
                   "at least " + number(kLeastDice), overlap >= kLeastDice);
    if (!against_cpu || precision != PrecisionChoice::kFp32) continue;
    const Found expected = compute(scan, models, DeviceChoice::kCpu, precision);
    report.figure(
        name + arithmetic + " on " + expected.device,
        with_unit(expected.liver_seconds, "s for the liver, ") + with_unit(expected.lesion_seconds, "s for lesions"));
    compare(name + arithmetic + ": liver", found.liver, expected.liver, report);
    compare(name + arithmetic + ": lesions", found.lesions, expected.lesions, report);
  }
}

}  // namespace

void check_scans(const Target& target, Report& report) {
  report.heading("Whole scans, preprocessing to masks");
  const MdlCnnConfig config;
  const Models models{SegmenterModel::load(target.weights), LesionModel(config, {}, "liver", lesion_weights())};
  const Size3 native = phantom_scan().volume.geometry.size;
  using Job = std::pair<Size3, bool>;
  const std::vector<Job> jobs = target.quick ? std::vector<Job>{{native, true}}
                                             : std::vector<Job>{{{512, 512, 60}, true}, {{512, 512, 400}, false}};
  for (const auto& [size, against_cpu] : jobs) {
    report.attempt(std::to_string(size[2]) + " slices", [&, size = size, against_cpu = against_cpu] {
      check_scan(size, against_cpu, models, target, report);
    });
  }
}

}  // namespace hepatica::check
