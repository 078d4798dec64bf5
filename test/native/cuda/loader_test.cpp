#include "cuda/loader.h"

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <string>

using namespace hepatica;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool has_driver() { return dlopen("libcuda.so.1", RTLD_LAZY) != nullptr; }

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
  CHECK_FALSE(library.looked_for());
}
