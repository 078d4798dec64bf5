// Runs a few small volumes through the kernels and compares with the CPU's operations, byte for byte. Exit code 0: all
// equal; 1: a wrong result or an error; the interpreter ends the process with 70 at a violation.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

#include "cuda/api.h"
#include "ops/equalize.h"
#include "ops/hu_window.h"

extern "C" const HepaticaCudaApi* hepatica_cuda_api();

namespace {

struct Shape {
  int64_t width;
  int64_t height;
  int64_t slices;
};

// Odd sizes, whole vectors, one pixel, and one that takes two blocks a slice.
constexpr Shape kShapes[] = {{37, 29, 3}, {40, 32, 2}, {1, 1, 2}, {160, 128, 2}};

// Tissue and noise with air around it; the second slice is constant.
std::vector<int16_t> make_slices(const Shape& shape) {
  std::mt19937 random(7);
  const int64_t pixels = shape.width * shape.height;
  std::vector<int16_t> hu(static_cast<size_t>(pixels * shape.slices));
  for (int64_t i = 0; i < pixels * shape.slices; ++i) {
    const int noise = static_cast<int>(random() % 700) - 150;
    const bool is_air = i % shape.width < shape.width / 4;
    hu[static_cast<size_t>(i)] = static_cast<int16_t>(i / pixels == 1 ? 57 : is_air ? -1000 : noise);
  }
  return hu;
}

std::vector<uint8_t> expected(const std::vector<int16_t>& hu, const Shape& shape) {
  const int64_t pixels = shape.width * shape.height;
  std::vector<uint8_t> picture(hu.size());
  for (int64_t z = 0; z < shape.slices; ++z) {
    uint8_t* const slice = picture.data() + z * pixels;
    hepatica::quantize_slice(hu.data() + z * pixels, pixels, hepatica::HuWindow{}, slice);
    hepatica::equalize_slice(slice, pixels, slice);
  }
  return picture;
}

bool is_equal(const char* what, const Shape& shape, const std::vector<uint8_t>& picture,
              const std::vector<uint8_t>& reference) {
  const auto wrong = std::mismatch(picture.begin(), picture.end(), reference.begin()).first;
  if (wrong == picture.end()) return true;
  std::printf("%s, %dx%dx%d: byte %d is wrong\n", what, static_cast<int>(shape.width), static_cast<int>(shape.height),
              static_cast<int>(shape.slices), static_cast<int>(wrong - picture.begin()));
  return false;
}

bool is_done(int32_t status, const HepaticaCudaFailure& failure) {
  if (status != HEPATICA_CUDA_OK) std::printf("%s\n", failure.reason);
  return status == HEPATICA_CUDA_OK;
}

bool compare(const HepaticaCudaApi& api, HepaticaCudaContext* context, const Shape& shape) {
  const std::vector<int16_t> hu = make_slices(shape);
  const std::vector<uint8_t> reference = expected(hu, shape);
  HepaticaCudaPreprocess job = {};
  job.hu = hu.data();
  job.hu_min = -100;
  job.hu_max = 400;
  job.equalize = 1;
  job.slice_pixels = shape.width * shape.height;
  job.slices = shape.slices;
  HepaticaCudaFailure failure = {};
  std::vector<uint8_t> picture(hu.size());
  if (!is_done(api.preprocess(context, &job, picture.data(), nullptr, &failure), failure)) return false;
  if (!is_equal("to the host", shape, picture, reference)) return false;

  uint8_t* on_device = nullptr;
  if (!is_done(api.preprocess_to_device(context, &job, &on_device, &failure), failure)) return false;
  picture.assign(picture.size(), 0);
  const int32_t status = api.picture_copy_to_host(0, on_device, picture.size(), picture.data(), &failure);
  api.picture_free(0, on_device);
  return is_done(status, failure) && is_equal("on the device", shape, picture, reference);
}

}  // namespace

int main() {
  const HepaticaCudaApi& api = *hepatica_cuda_api();
  HepaticaCudaContext* context = nullptr;
  HepaticaCudaFailure failure = {};
  if (!is_done(api.context_create(0, &context, &failure), failure)) return 1;
  const bool all_equal = std::all_of(std::begin(kShapes), std::end(kShapes),
                                     [&](const Shape& shape) { return compare(api, context, shape); });
  api.context_destroy(context);
  return all_equal ? 0 : 1;
}
