// The whole way of a program with a GPU, the GPU being the interpreter: the add-on's loader opens a kernel library made
// of the released objects, and preprocess() runs through it.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "cuda/preprocess.h"
#include "ops/preprocess.h"

using namespace hepatica;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Volume make_volume() {
  Volume volume;
  volume.geometry.size = {33, 17, 3};
  std::mt19937 random(8);
  std::vector<int16_t> hu(static_cast<size_t>(volume.geometry.voxel_count()));
  for (int16_t& value : hu) value = static_cast<int16_t>(random() % 700 - 200);
  volume.hu = std::move(hu);
  return volume;
}

// A driver as the interpreter pretends it, for one library.
class PretendedDriver {
 public:
  PretendedDriver(const char* variable, const char* value) : variable_(variable) { setenv(variable, value, 1); }
  ~PretendedDriver() { unsetenv(variable_); }

 private:
  const char* variable_;
};

}  // namespace

TEST_CASE("the library tells its device, and the CUDA runtime's refusals become reasons") {
  const CudaLibrary library(HEPATICA_INTERPRETED_CUDA_LIBRARY);
  REQUIRE(library.available());
  CHECK(library.reason().empty());
  CHECK(contains(library.devices()[0].label(), "cuda:0 ptxsim"));
  {
    const PretendedDriver driver("PTXSIM_DEVICES", "0");
    const CudaLibrary without_device(HEPATICA_INTERPRETED_CUDA_LIBRARY);
    CHECK_FALSE(without_device.available());
    CHECK(contains(without_device.reason(), "no CUDA-capable device"));
  }
  const PretendedDriver driver("PTXSIM_COMPUTE", "6.1");
  const CudaLibrary too_old(HEPATICA_INTERPRETED_CUDA_LIBRARY);
  CHECK_FALSE(too_old.available());
  CHECK(contains(too_old.reason(), "compute capability 6.1"));
}

TEST_CASE("the kernels give the CPU's bytes, equalized and clipped") {
  CudaLibrary library(HEPATICA_INTERPRETED_CUDA_LIBRARY);
  const Volume volume = make_volume();
  const auto voxels = static_cast<size_t>(volume.geometry.voxel_count());
  for (const Equalization equalization : {Equalization::kGlobal, Equalization::kNone}) {
    const PreprocessOptions options = {.hu_min = -100, .hu_max = 400, .equalization = equalization};
    const bool equalize = equalization == Equalization::kGlobal;
    Run run;
    const Preprocessed expected = preprocess_stages(volume, options, run);
    std::vector<uint8_t> equalized(voxels);
    std::vector<uint8_t> clipped(voxels);
    preprocess_cuda(library.devices()[0], volume, {options.hu_min, options.hu_max, equalize}, equalized.data(),
                    clipped.data(), run);
    CHECK(equalized == expected.equalized.voxels);
    CHECK(clipped == expected.clipped.voxels);
  }
}

TEST_CASE("a picture can stay on the device for the network") {
  CudaLibrary library(HEPATICA_INTERPRETED_CUDA_LIBRARY);
  const Volume volume = make_volume();
  Run run;
  const auto picture = preprocess_to_device(library.devices()[0], volume, {}, {0, 3}, run);
  CHECK(picture->device_index() == 0);
  CHECK(picture->geometry() == volume.geometry);
  const std::vector<uint8_t> expected = preprocess(volume, {}, run).voxels;
  CHECK(picture->copy_to_host().voxels == expected);
  const auto part = preprocess_to_device(library.devices()[0], volume, {}, {1, 2}, run);
  CHECK(part->copy_to_host().voxels == std::vector<uint8_t>(expected.begin() + 33 * 17, expected.end()));
}

TEST_CASE("a cancelled run throws Cancelled, and an exception of the progress callback comes through") {
  CudaLibrary library(HEPATICA_INTERPRETED_CUDA_LIBRARY);
  const Volume volume = make_volume();
  std::vector<uint8_t> picture(static_cast<size_t>(volume.geometry.voxel_count()));
  Run cancelled;
  cancelled.cancel();
  CHECK_THROWS_AS(preprocess_cuda(library.devices()[0], volume, {}, picture.data(), nullptr, cancelled), Cancelled);
  Run failing([](const std::string&, double) { throw Error("SOME_CODE", "the callback failed"); });
  CHECK_THROWS_WITH_AS(preprocess_cuda(library.devices()[0], volume, {}, picture.data(), nullptr, failing),
                       "the callback failed", Error);
}

TEST_CASE("a job that is out of bounds is refused by the library") {
  CudaLibrary library(HEPATICA_INTERPRETED_CUDA_LIBRARY);
  const Volume volume = make_volume();
  std::vector<uint8_t> picture(static_cast<size_t>(volume.geometry.voxel_count()));
  Run run;
  try {
    preprocess_cuda(library.devices()[0], volume, {.hu_min = 400, .hu_max = 400}, picture.data(), nullptr, run);
    FAIL("expected CUDA_FAILED");
  } catch (const Error& error) {
    CHECK(error.code == "CUDA_FAILED");
    CHECK(contains(error.what(), "out of bounds"));
  }
}
