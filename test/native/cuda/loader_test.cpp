#include "cuda/loader.h"

#include <doctest/doctest.h>

#include <string>

#include "core/error.h"

using namespace hepatica;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

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
