#include "check/kernels.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "check/cases.h"
#include "check/kernel_timings.h"
#include "cuda/loader.h"
#include "cuda/preprocess.h"

namespace hepatica::check {
namespace {

constexpr const char* kPart = "kernels";

Geometry geometry_of(const Size3& size) {
  Geometry geometry;
  geometry.size = size;
  return geometry;
}

// Body, air, and the extremes; slice 1 is constant.
Volume integer_volume(const Size3& size) {
  Volume volume{geometry_of(size), {}};
  std::mt19937 random(1);
  std::vector<int16_t> hu(static_cast<size_t>(volume.geometry.voxel_count()));
  const auto pixels = static_cast<size_t>(volume.geometry.slice_pixels());
  for (size_t i = 0; i < hu.size(); ++i) {
    const auto draw = random();
    hu[i] = static_cast<int16_t>(draw % 3 == 0 ? -1024 : static_cast<int>(draw % 700) - 200);
    if (draw % 997 == 0) hu[i] = draw % 2 ? std::numeric_limits<int16_t>::max() : std::numeric_limits<int16_t>::min();
    if (i / pixels == 1) hu[i] = 57;
  }
  volume.hu = std::move(hu);
  return volume;
}

Volume float_volume(const Size3& size) {
  const Volume integers = integer_volume(size);
  std::vector<float> hu;
  for (const int16_t value : std::get<std::vector<int16_t>>(integers.hu)) {
    hu.push_back(static_cast<float>(value) + 0.5F * static_cast<float>(value % 3));
  }
  constexpr std::array kSpecial = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                                   -std::numeric_limits<float>::infinity(), -0.0F, 3e38F};
  for (size_t i = 0; i < kSpecial.size() && i * 3 < hu.size(); ++i) hu[i * 3] = kSpecial[i];
  return {integers.geometry, std::move(hu)};
}

// One voxel less by one step of grey: what a planted error does to what the device sees.
void change_one_voxel(Volume& volume) {
  std::visit([](auto& hu) { hu[hu.size() / 2] = hu[hu.size() / 2] > 100 ? 0 : 200; }, volume.hu);
}

struct Picture {
  std::vector<uint8_t> clipped;
  std::vector<uint8_t> equalized;
};

Picture on_cpu(const Volume& volume, const PreprocessOptions& options) {
  Preprocessed stages = preprocess_on_cpu(volume, options);
  return {std::move(stages.clipped.voxels), std::move(stages.equalized.voxels)};
}

Picture on_device(const CudaDevice& device, const Volume& volume, const PreprocessOptions& options) {
  Run run;
  const auto voxels = static_cast<size_t>(volume.geometry.voxel_count());
  Picture picture{std::vector<uint8_t>(voxels), std::vector<uint8_t>(voxels)};
  const bool equalize = options.equalization == Equalization::kGlobal;
  preprocess_cuda(device, volume, {options.hu_min, options.hu_max, equalize}, picture.equalized.data(),
                  picture.clipped.data(), run);
  return picture;
}

int64_t different_bytes(const Picture& a, const Picture& b) {
  int64_t different = 0;
  for (size_t i = 0; i < a.clipped.size(); ++i) {
    different += a.clipped[i] != b.clipped[i] || a.equalized[i] != b.equalized[i];
  }
  return different;
}

std::string text_of(const Size3& size) {
  return std::to_string(size[0]) + "×" + std::to_string(size[1]) + "×" + std::to_string(size[2]);
}

void check_size(const CudaDevice& device, const Target& target, const Size3& size, Report& report) {
  constexpr std::array<std::pair<int, int>, 3> kWindows = {{{-100, 400}, {-1024, 3071}, {0, 1}}};
  int64_t different = 0;
  for (const bool floats : {false, true}) {
    for (const auto& [low, high] : kWindows) {
      for (const Equalization equalization : {Equalization::kGlobal, Equalization::kNone}) {
        Volume volume = floats ? float_volume(size) : integer_volume(size);
        const PreprocessOptions options{low, high, equalization};
        const Picture expected = on_cpu(volume, options);
        if (target.plants(kPart)) change_one_voxel(volume);
        different += different_bytes(on_device(device, volume, options), expected);
      }
    }
  }
  report.verdict("window and equalization, " + text_of(size) + ", 16-bit and float, three windows",
                 std::to_string(different) + " bytes differ", "0", different == 0);
}

}  // namespace

void check_kernels(const Target& target, Report& report) {
  report.heading("Kernels against the CPU");
  CudaLibrary library(target.kernels);
  if (!library.available()) {
    if (target.on_gpu()) {
      report.verdict("kernel library", library.reason(), "a device", false);
    } else {
      report.figure("kernels", "not checked: " + library.reason());
    }
    return;
  }
  report.figure("kernels run on", library.devices()[0].label());
  constexpr std::array<Size3, 7> kSizes = {
      {{1, 1, 1}, {3, 5, 2}, {17, 31, 3}, {127, 129, 2}, {64, 64, 4}, {511, 513, 3}, {512, 512, 20}}};
  // The interpreter takes a second for a small picture.
  const size_t count = target.on_gpu() ? kSizes.size() : target.quick ? 3 : 4;
  for (size_t i = 0; i < count; ++i) {
    report.attempt("kernels, " + text_of(kSizes[i]),
                   [&] { check_size(library.devices()[0], target, kSizes[i], report); });
  }
}

void time_kernels(const Target& target, Report& report) {
  if (!target.on_gpu() || target.kernel_timings.empty()) return;
  report.heading("Kernels alone, 400 slices of 512×512");
  void* const handle = dlopen(target.kernel_timings.c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto time =
      handle ? reinterpret_cast<HepaticaTimeKernels>(dlsym(handle, HEPATICA_KERNEL_TIMINGS_ENTRY)) : nullptr;
  if (!time) {
    const char* const why = dlerror();
    return report.verdict("library that times kernels", why ? why : "not there", "opens", false);
  }
  constexpr int64_t kPixels = 512 * 512;
  constexpr int64_t kSlices = 400;
  HepaticaKernelTimings timings = {};
  time(kPixels, kSlices, &timings);
  if (timings.failure[0]) return report.verdict("kernel times", timings.failure, "no error", false);
  report.figure("copy on the device, read + written", with_unit(timings.copy_bytes_per_second / 1e9, "GB/s"));
  // Bytes that a kernel must read and write a voxel.
  const auto line = [&](const std::string& name, double ms, double bytes_per_voxel) {
    const double bytes_per_second = bytes_per_voxel * kPixels * kSlices / (ms / 1e3);
    report.figure(name, with_unit(ms, "ms, ") + with_unit(bytes_per_second / 1e9, "GB/s, ") +
                            with_unit(100 * bytes_per_second / timings.copy_bytes_per_second, "% of the copy"));
  };
  line("window, 16-bit", timings.window_int16_ms, 3);
  line("window, float", timings.window_float_ms, 5);
  line("equalization (values read twice, written once)", timings.equalize_ms, 3);
}

}  // namespace hepatica::check
