#include <doctest/doctest.h>

#include <numeric>

#include "snippet.h"

using namespace ptxsim;

namespace {

// Each lane starts with words[lane] in %r2 and ends with %r3 there.
std::vector<uint32_t> of_lanes(const std::string& operation, std::vector<uint32_t> words) {
  const std::string address = "mul.wide.u32 %rd2, %r1, 4;\nadd.s64 %rd3, %rd1, %rd2;\n";
  const std::string text =
      kernel_text(address + "ld.global.u32 %r2, [%rd3];\n" + operation + "st.global.u32 [%rd3], %r3;\n");
  const auto lanes = static_cast<uint32_t>(words.size());
  const SnippetOptions options = {.block = {lanes, 1, 1}};
  const std::vector<uint32_t> forward = interpret(text, words, options);
  SnippetOptions shuffled = options;
  shuffled.schedule = {.order = Schedule::Order::kRandom, .seed = 3, .preempt_permille = 300};
  CHECK(interpret(text, words, shuffled) == forward);
  return forward;
}

std::vector<uint32_t> counted() {
  std::vector<uint32_t> words(32);
  std::iota(words.begin(), words.end(), 100u);
  return words;
}

}  // namespace

TEST_CASE("shuffles read the lane that they name, or their own beyond the clamp") {
  const std::vector<uint32_t> up = of_lanes("shfl.sync.up.b32 %r3, %r2, 4, 0, -1;\n", counted());
  CHECK(up[3] == 103);
  CHECK(up[4] == 100);
  CHECK(up[31] == 127);
  const std::vector<uint32_t> down = of_lanes("shfl.sync.down.b32 %r3, %r2, 4, 31, -1;\n", counted());
  CHECK(down[0] == 104);
  CHECK(down[30] == 130);
  const std::vector<uint32_t> butterfly = of_lanes("shfl.sync.bfly.b32 %r3, %r2, 16, 31, -1;\n", counted());
  CHECK(butterfly[0] == 116);
  CHECK(butterfly[16] == 100);
  const std::vector<uint32_t> index = of_lanes("shfl.sync.idx.b32 %r3, %r2, 7, 31, -1;\n", counted());
  CHECK(index[0] == 107);
  CHECK(index[31] == 107);
}

TEST_CASE("the predicate of a shuffle tells whether the lane was in range") {
  const std::vector<uint32_t> in_range =
      of_lanes("shfl.sync.up.b32 %r4|%p1, %r2, 4, 0, -1;\nselp.b32 %r3, 1, 0, %p1;\n", counted());
  CHECK(in_range[3] == 0);
  CHECK(in_range[4] == 1);
}

TEST_CASE("votes and reductions see every lane of the mask") {
  const std::string odd = "and.b32 %r4, %r2, 1;\nsetp.eq.s32 %p1, %r4, 1;\n";
  CHECK(of_lanes(odd + "vote.sync.ballot.b32 %r3, %p1, -1;\n", counted())[9] == 0xaaaaaaaau);
  const std::string as_word = "selp.b32 %r3, 1, 0, %p2;\n";
  CHECK(of_lanes(odd + "vote.sync.any.pred %p2, %p1, -1;\n" + as_word, counted())[0] == 1);
  CHECK(of_lanes(odd + "vote.sync.all.pred %p2, %p1, -1;\n" + as_word, counted())[1] == 0);
  CHECK(of_lanes("redux.sync.add.u32 %r3, %r2, -1;\n", counted())[5] == 32 * 100 + 31 * 16);
  CHECK(of_lanes("redux.sync.max.s32 %r3, %r2, 3;\n", {7, 0xffffffffu})[0] == 7);
}
