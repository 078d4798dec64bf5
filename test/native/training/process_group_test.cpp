// libtorch's own c10d, seen through its header and declarations of Gloo without members. Its headers define another
// CHECK.
#define USE_C10D_GLOO
#include <doctest/doctest.h>
#include <malloc.h>

#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

namespace hepatica {
namespace {

TEST_CASE("libtorch makes process groups of the size that is compiled here") {
  using Gloo = c10d::ProcessGroupGloo;
  const auto store = c10::make_intrusive<c10d::HashStore>();
  const auto options = Gloo::Options::create_default();
  DOCTEST_CHECK(options->threads == 2);
  DOCTEST_CHECK(options->devices.size() == 1);
  const auto compiled_here =
      c10::make_intrusive<Gloo>(c10::make_intrusive<c10d::PrefixStore>("a", store), 0, 1, options);
  DOCTEST_CHECK(compiled_here->getNumThreads() == 2);
  DOCTEST_CHECK(compiled_here->getSize() == 1);
  // merge() makes a new group inside of libtorch.
  const auto made_by_libtorch = compiled_here->merge(c10::make_intrusive<c10d::PrefixStore>("b", store), options, 0, 1);
  DOCTEST_CHECK(malloc_usable_size(made_by_libtorch.get()) == malloc_usable_size(compiled_here.get()));
  DOCTEST_CHECK(malloc_usable_size(compiled_here.get()) - sizeof(Gloo) < 16);
}

}  // namespace
}  // namespace hepatica
