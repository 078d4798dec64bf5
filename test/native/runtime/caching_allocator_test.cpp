#include "runtime/caching_allocator.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

using namespace hepatica;

TEST_CASE("large blocks are kept, reused and given back on request") {
  const at::Tensor before = at::ones({1000});  // from libtorch's own allocator, freed after the change
  install_caching_allocator();
  install_caching_allocator();
  release_cached_memory();
  const size_t in_use = cached_memory().in_use_bytes;
  const void* address = nullptr;
  {
    const at::Tensor large = at::ones({8 << 20}, at::kByte);
    address = large.const_data_ptr();
    CHECK(cached_memory().in_use_bytes >= in_use + (size_t{8} << 20U));
  }
  CHECK(cached_memory().in_use_bytes == in_use);
  CHECK(cached_memory().idle_bytes >= size_t{8} << 20U);
  {
    const at::Tensor again = at::empty({(8 << 20) - 5}, at::kByte);
    CHECK(again.const_data_ptr() == address);
  }
  release_cached_memory();
  CHECK(cached_memory().idle_bytes == 0);
}

TEST_CASE("idle memory is bounded") {
  install_caching_allocator();
  {
    std::vector<at::Tensor> tensors;
    for (int i = 0; i < 20; ++i) tensors.push_back(at::empty({32 << 20}, at::kByte));
  }
  CHECK(cached_memory().idle_bytes <= size_t{256} << 20U);
  release_cached_memory();
}
