#include "cuda/loader.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <string>

#include "core/error.h"
#include "ops/preprocess.h"

using namespace hepatica;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool has_driver() { return dlopen("libcuda.so.1", RTLD_LAZY) != nullptr; }

Volume make_volume() {
  Volume volume;
  volume.geometry.size = {5, 4, 1};
  volume.hu = std::vector<int16_t>{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 0, 0, 0, 0, 0, 400, 400, -100, -200, 700};
  return volume;
}

}  // namespace

TEST_CASE("a library that is not there is a reason, not an exception") {
  const CudaLibrary library("/nonexistent/libhepatica_cuda.so");
  CHECK_FALSE(library.available());
  CHECK(library.devices().empty());
  CHECK(contains(library.reason(), "cannot be opened"));
  CHECK(contains(library.reason(), "/nonexistent/libhepatica_cuda.so"));
}

TEST_CASE("a library of another version is refused before its table is used") {
  const CudaLibrary library(HEPATICA_STALE_CUDA_LIBRARY);
  CHECK_FALSE(library.available());
  CHECK(contains(library.reason(), "version 4711"));
}

TEST_CASE("a library that is not hepatica's is refused") {
  const CudaLibrary library("libm.so.6");
  CHECK_FALSE(library.available());
  CHECK(contains(library.reason(), "not hepatica's kernel library"));
}

TEST_CASE("without a device, auto is the CPU and cuda is refused with the reason and a remedy") {
  CudaLibrary library("/nonexistent/libhepatica_cuda.so");
  CHECK(choose_cuda(Device::kAuto, library) == nullptr);
  CHECK(choose_cuda(Device::kCpu, library) == nullptr);
  try {
    choose_cuda(Device::kCuda, library);
    FAIL("expected NO_CUDA_DEVICE");
  } catch (const Error& error) {
    CHECK(error.code == "NO_CUDA_DEVICE");
    CHECK(contains(error.what(), library.reason()));
    CHECK(contains(error.remedy, "device 'auto'"));
  }
}

TEST_CASE("the process's library tells either devices or a reason") {
  const CudaLibrary& library = CudaLibrary::instance();
  CHECK(library.available() == library.reason().empty());
  CHECK(library.available() == !library.devices().empty());
}

TEST_CASE("without a driver the library's own runtime says so" * doctest::skip(!HEPATICA_HAS_NVCC || has_driver())) {
  const CudaLibrary library(HEPATICA_RELEASED_CUDA_LIBRARY);
  CHECK_FALSE(library.available());
  CHECK(library.reason() == "no NVIDIA driver answers");
}

TEST_CASE("without a driver the library is not even looked for" * doctest::skip(has_driver())) {
  const CudaLibrary library;
  CHECK_FALSE(library.available());
  CHECK(contains(library.reason(), "libcuda.so.1 was not found"));
}

TEST_CASE("without a driver preprocess falls back to the CPU, unless cuda was asked for" *
          doctest::skip(has_driver())) {
  Run on_cpu;
  on_cpu.requested_device = Device::kCpu;
  Run automatic;
  const ByteVolume expected = preprocess(make_volume(), {}, on_cpu);
  CHECK(preprocess(make_volume(), {}, automatic).voxels == expected.voxels);
  CHECK(automatic.device_used() == "cpu");
  CHECK(automatic.warnings().empty());
  Run on_cuda;
  on_cuda.requested_device = Device::kCuda;
  CHECK_THROWS_AS(preprocess(make_volume(), {}, on_cuda), Error);
}
