#include "scanner.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/parallel.h"
#include "noise.h"

namespace hepatica::phantom {
namespace {

constexpr int64_t kSide = 256, kSlices = 24;
constexpr double kPixelMm = 1.5, kSliceMm = 6;
// Height of the first slice's centre in the body's frame, and of the body's centre in the picture.
constexpr double kFirstSliceMm = -6, kCentreRow = 120;
// Sub-slices whose mean is a slice: the partial volume effect of thick slices.
constexpr std::array<double, 3> kSubSlicesMm = {-2, 0, 2};
constexpr double kNoiseHu = 11;
constexpr double kLowestHu = -1024, kHighestHu = 3071;

using Plane = std::vector<double>;

Point body_point(int64_t i, int64_t j, double z_mm) {
  return {(static_cast<double>(i) - (kSide - 1) / 2.0) * kPixelMm, (static_cast<double>(j) - kCentreRow) * kPixelMm,
          z_mm};
}

// Convolution with a symmetric kernel (centre first) along rows and columns; borders are repeated.
Plane filter(const Plane& plane, const std::vector<double>& kernel) {
  const auto pass = [&](const Plane& source, int64_t step_i, int64_t step_j) {
    Plane target(source.size());
    for (int64_t j = 0; j < kSide; ++j) {
      for (int64_t i = 0; i < kSide; ++i) {
        const auto at = [&](int64_t offset) {
          const int64_t x = std::clamp<int64_t>(i + offset * step_i, 0, kSide - 1);
          const int64_t y = std::clamp<int64_t>(j + offset * step_j, 0, kSide - 1);
          return source[y * kSide + x];
        };
        double sum = kernel[0] * at(0);
        for (size_t tap = 1; tap < kernel.size(); ++tap) {
          sum += kernel[tap] * (at(static_cast<int64_t>(tap)) + at(-static_cast<int64_t>(tap)));
        }
        target[j * kSide + i] = sum;
      }
    }
    return target;
  };
  return pass(pass(plane, 1, 0), 0, 1);
}

// White noise without its lowest and highest frequencies, as filtered back-projection leaves it; deviation 1.
Plane noise_plane(uint64_t seed, int64_t slice) {
  Plane white(kSide * kSide);
  for (int64_t j = 0; j < kSide; ++j) {
    for (int64_t i = 0; i < kSide; ++i) white[j * kSide + i] = hash_normal(seed, i, j, slice);
  }
  const Plane fine = filter(white, {0.5, 0.25});
  const Plane coarse = filter(white, {0.22, 0.18, 0.12, 0.06, 0.03});
  double square = 0;
  Plane noise(white.size());
  for (size_t i = 0; i < noise.size(); ++i) {
    noise[i] = fine[i] - 0.8 * coarse[i];
    square += noise[i] * noise[i];
  }
  const double deviation = std::sqrt(square / static_cast<double>(noise.size()));
  for (double& value : noise) value /= deviation;
  return noise;
}

// More noise behind much tissue: in the middle of the body, less outside.
double noise_hu(const Point& p) {
  const double radius = std::hypot(p.x / 164, p.y / 112);
  return kNoiseHu * (radius < 1.05 ? 1.15 - 0.4 * radius * radius : 0.55);
}

void scan_slice(int64_t slice, uint64_t seed, Scan& scan, std::vector<int16_t>& hu) {
  const double z_mm = kFirstSliceMm + kSliceMm * static_cast<double>(slice);
  const int64_t first = slice * kSide * kSide;
  Plane exact(kSide * kSide);
  for (int64_t j = 0; j < kSide; ++j) {
    for (int64_t i = 0; i < kSide; ++i) {
      const int64_t pixel = j * kSide + i;
      for (const double offset : kSubSlicesMm) {
        const Tissue tissue = tissue_at(body_point(i, j, z_mm + offset));
        exact[pixel] += tissue.hu / static_cast<double>(kSubSlicesMm.size());
        if (offset != 0) continue;
        scan.liver.voxels[first + pixel] = tissue.liver;
        scan.lesions.voxels[first + pixel] = static_cast<uint8_t>(tissue.liver ? tissue.lesion : 0);
        scan.organs.voxels[first + pixel] = static_cast<uint8_t>(tissue.organ);
      }
    }
  }
  const Plane blurred = filter(exact, {0.6, 0.2});
  const Plane noise = noise_plane(seed, slice);
  for (int64_t pixel = 0; pixel < kSide * kSide; ++pixel) {
    const Point p = body_point(pixel % kSide, pixel / kSide, z_mm);
    const double value = std::clamp(blurred[pixel] + noise_hu(p) * noise[pixel], kLowestHu, kHighestHu);
    hu[first + pixel] = static_cast<int16_t>(std::lround(value));
  }
}

}  // namespace

Scan scan_phantom(uint64_t seed, Run& run) {
  Geometry geometry;
  geometry.size = {kSide, kSide, kSlices};
  geometry.spacing_mm = {kPixelMm, kPixelMm, kSliceMm};
  const Point corner = body_point(0, 0, kFirstSliceMm);
  geometry.origin_mm = {corner.x, corner.y, corner.z - 400};
  std::vector<int16_t> hu(geometry.voxel_count());
  Scan scan;
  scan.liver = {geometry, std::vector<uint8_t>(hu.size())};
  scan.lesions = {geometry, std::vector<uint8_t>(hu.size())};
  scan.organs = {geometry, std::vector<uint8_t>(hu.size())};
  parallel_for(kSlices, run, [&](int64_t slice) { scan_slice(slice, seed, scan, hu); });
  scan.volume = {geometry, std::move(hu)};
  return scan;
}

}  // namespace hepatica::phantom
