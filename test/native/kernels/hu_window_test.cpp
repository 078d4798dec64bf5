// nvcc's PTX, interpreted on the CPU, against the CPU's operation: every byte must be the same.
#include "ops/hu_window.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "cuda/hu_window.cuh"
#include "cuda/launch.cuh"
#include "kernels/device_array.h"

using namespace hepatica;
using namespace hepatica::cuda;

namespace {

constexpr HuWindow kWindows[] = {{-100, 400}, {-160, 240}, {0, 1}, {-32768, 32767}, {40, 47}};

std::vector<int16_t> random_hu(size_t count) {
  std::mt19937 random(3);
  std::vector<int16_t> hu(count);
  for (int16_t& value : hu) {
    const bool is_extreme = random() % 8 == 0;
    value = static_cast<int16_t>(is_extreme ? random() : random() % 700 - 200);
  }
  return hu;
}

// Halves, infinities and NaN among them.
std::vector<float> random_float_hu(size_t count) {
  constexpr float kOdd[] = {std::numeric_limits<float>::quiet_NaN(),
                            -std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(),
                            -100.5f,
                            -99.5f,
                            -0.0f,
                            0.5f,
                            1.5f,
                            399.5f,
                            400.5f,
                            3e38f,
                            -3e38f};
  std::mt19937 random(4);
  std::vector<float> hu(count);
  for (float& value : hu) {
    const bool is_odd = random() % 4 == 0;
    value = is_odd ? kOdd[random() % std::size(kOdd)] : static_cast<float>(random() % 14000) / 16.0f - 300.0f;
  }
  return hu;
}

template <class Hu>
void compare(const std::vector<Hu>& hu, const Shape& shape, const HuWindow& window, size_t hu_shift,
             size_t target_shift) {
  const DeviceArray<Hu> device_hu(hu, hu_shift);
  const DeviceArray<uint8_t> quantized(hu.size(), target_shift);
  REQUIRE(launch_hu_window(nullptr, device_hu.data(), shape.pixels(), shape.slices, window.hu_min, window.hu_max,
                           quantized.data()) == cudaSuccess);
  std::vector<uint8_t> expected(hu.size());
  quantize_slice(hu.data(), static_cast<int64_t>(hu.size()), window, expected.data());
  CHECK(quantized.to_host() == expected);
}

}  // namespace

TEST_CASE("hu_window equals the CPU for every shape, window and interleaving") {
  for (const auto& [order, preempt] : kInterleavings) {
    const Interleaving interleaving(order, preempt);
    for (const Shape& shape : kShapes) {
      for (const HuWindow& window : kWindows) {
        CAPTURE(order);
        CAPTURE(shape.width);
        CAPTURE(window.hu_min);
        compare(random_hu(shape.voxels()), shape, window, 0, 0);
        compare(random_float_hu(shape.voxels()), shape, window, 0, 0);
      }
    }
  }
}

TEST_CASE("hu_window starts at any element") {
  const Shape shape = {33, 17, 2};
  for (size_t hu_shift = 0; hu_shift < 8; ++hu_shift) {
    for (const size_t target_shift : {size_t{0}, hu_shift, size_t{3}}) {
      CAPTURE(hu_shift);
      CAPTURE(target_shift);
      compare(random_hu(shape.voxels()), shape, {}, hu_shift, target_shift);
      compare(random_float_hu(shape.voxels()), shape, {}, hu_shift, target_shift);
    }
  }
}

TEST_CASE("hu_window equals the CPU on slices of 512 x 512") {
  const Shape shape = {512, 512, 1};
  compare(random_hu(shape.voxels()), shape, {}, 0, 0);
  compare(random_float_hu(shape.voxels()), shape, {}, 0, 0);
}

TEST_CASE("hu_window refuses what its indices cannot hold, and never waits") {
  const DeviceArray<int16_t> hu(std::vector<int16_t>(64, 50), 0);
  const DeviceArray<uint8_t> quantized(64);
  const auto launch = [&](int64_t pixels, int64_t slices, int hu_min, int hu_max) {
    return launch_hu_window(nullptr, hu.data(), pixels, slices, hu_min, hu_max, quantized.data());
  };
  CHECK(launch(kMaxSlicePixels + 1, 1, -100, 400) == cudaErrorInvalidValue);
  CHECK(launch(1, kMaxLaunchSlices + 1, -100, 400) == cudaErrorInvalidValue);
  CHECK(launch(0, 1, -100, 400) == cudaErrorInvalidValue);
  CHECK(launch(64, 0, -100, 400) == cudaErrorInvalidValue);
  CHECK(launch(64, 1, 400, 400) == cudaErrorInvalidValue);
  CHECK(cudaGetLastError() == cudaSuccess);

  // The interpreter's streams run when the host waits for them: until then the target is as it was.
  const uint8_t before = quantized.data()[0];
  CHECK(launch(64, 1, -100, 400) == cudaSuccess);
  CHECK(quantized.data()[0] == before);
  CHECK(cudaStreamSynchronize(nullptr) == cudaSuccess);
  CHECK(quantized.data()[0] == 77);  // (150 * 255 + 250) div 500
}
