// nvcc's PTX, interpreted on the CPU, against the CPU's operation: every byte must be the same.
#include "ops/equalize.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "cuda/equalize.cuh"
#include "cuda/launch.cuh"
#include "kernels/device_array.h"

using namespace hepatica;
using namespace hepatica::cuda;

namespace {

enum class Content { kNoise, kRunsOfAir, kConstant, kTwoValues };

std::vector<uint8_t> make_slices(const Shape& shape, Content content) {
  std::mt19937 random(5);
  std::vector<uint8_t> values(shape.voxels());
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t noise = random() % 256;
    switch (content) {
      case Content::kNoise:
        values[i] = static_cast<uint8_t>(noise);
        break;
      case Content::kRunsOfAir:
        values[i] = static_cast<uint8_t>(i / 40 % 3 == 0 ? 60 + noise % 90 : 0);
        break;
      case Content::kConstant:
        values[i] = 80;
        break;
      case Content::kTwoValues:
        values[i] = i % 97 == 0 ? 255 : 3;
        break;
    }
  }
  return values;
}

std::vector<uint8_t> equalized_on_cpu(std::vector<uint8_t> values, const Shape& shape) {
  for (int64_t z = 0; z < shape.slices; ++z) {
    uint8_t* const slice = values.data() + z * shape.pixels();
    equalize_slice(slice, shape.pixels(), slice);
  }
  return values;
}

std::vector<uint8_t> equalized_by_kernels(const std::vector<uint8_t>& values, const Shape& shape, size_t source_shift,
                                          size_t target_shift, bool in_place) {
  const auto bins = static_cast<size_t>(shape.slices * kBins);
  const DeviceArray<uint8_t> source(values, source_shift);
  const DeviceArray<uint8_t> target(in_place ? 1 : values.size(), target_shift);
  const DeviceArray<uint32_t> histograms(bins);
  const DeviceArray<uint8_t> tables(bins);
  const DeviceArray<uint8_t>& result = in_place ? source : target;
  REQUIRE(launch_equalize(nullptr, source.data(), shape.pixels(), shape.slices, {histograms.data(), tables.data()},
                          result.data()) == cudaSuccess);
  return result.to_host();
}

}  // namespace

TEST_CASE("equalize equals the CPU for every shape, content and interleaving") {
  for (const auto& [order, preempt] : kInterleavings) {
    const Interleaving interleaving(order, preempt);
    for (const Shape& shape : kShapes) {
      for (const Content content : {Content::kNoise, Content::kRunsOfAir, Content::kConstant, Content::kTwoValues}) {
        CAPTURE(order);
        CAPTURE(shape.width);
        CAPTURE(static_cast<int>(content));
        const std::vector<uint8_t> values = make_slices(shape, content);
        const std::vector<uint8_t> expected = equalized_on_cpu(values, shape);
        CHECK(equalized_by_kernels(values, shape, 0, 0, false) == expected);
        CHECK(equalized_by_kernels(values, shape, 0, 0, true) == expected);
      }
    }
  }
}

TEST_CASE("a constant slice is left as it is, beside slices that are not") {
  const Shape shape = {33, 17, 3};
  std::vector<uint8_t> values = make_slices(shape, Content::kNoise);
  std::fill_n(values.begin() + shape.pixels(), shape.pixels(), uint8_t{80});
  const std::vector<uint8_t> equalized = equalized_by_kernels(values, shape, 0, 0, true);
  CHECK(equalized == equalized_on_cpu(values, shape));
  CHECK(std::count(equalized.begin() + shape.pixels(), equalized.begin() + 2 * shape.pixels(), 80) == shape.pixels());
}

TEST_CASE("equalize starts at any byte") {
  const Shape shape = {33, 17, 2};
  const std::vector<uint8_t> values = make_slices(shape, Content::kRunsOfAir);
  const std::vector<uint8_t> expected = equalized_on_cpu(values, shape);
  for (size_t shift = 0; shift < 16; ++shift) {
    CAPTURE(shift);
    CHECK(equalized_by_kernels(values, shape, shift, shift, false) == expected);
    CHECK(equalized_by_kernels(values, shape, shift, 5, false) == expected);
    CHECK(equalized_by_kernels(values, shape, shift, 0, true) == expected);
  }
}

TEST_CASE("equalize equals the CPU on slices of 512 x 512") {
  const Shape shape = {512, 512, 1};
  for (const Content content : {Content::kNoise, Content::kRunsOfAir}) {
    const std::vector<uint8_t> values = make_slices(shape, content);
    CHECK(equalized_by_kernels(values, shape, 0, 0, true) == equalized_on_cpu(values, shape));
  }
}

TEST_CASE("equalize refuses what its indices cannot hold") {
  const DeviceArray<uint8_t> values(std::vector<uint8_t>(64), 0);
  const DeviceArray<uint32_t> histograms(kBins);
  const DeviceArray<uint8_t> tables(kBins);
  const auto launch = [&](int64_t pixels, int64_t slices) {
    return launch_equalize(nullptr, values.data(), pixels, slices, {histograms.data(), tables.data()}, values.data());
  };
  CHECK(launch(kMaxSlicePixels + 1, 1) == cudaErrorInvalidValue);
  CHECK(launch(1, kMaxLaunchSlices + 1) == cudaErrorInvalidValue);
  CHECK(launch(0, 1) == cudaErrorInvalidValue);
  CHECK(cudaGetLastError() == cudaSuccess);
}
