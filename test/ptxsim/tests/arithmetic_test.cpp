#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "snippet.h"

using namespace ptxsim;

namespace {

uint32_t bits(float value) { return std::bit_cast<uint32_t>(value); }

constexpr uint32_t kMinusOne = 0xffffffffu;

}  // namespace

TEST_CASE("integers wrap, and are signed where the type says so") {
  CHECK(result_of("add.s32 %r4, %r2, %r3;", kMinusOne, 2) == 1);
  CHECK(result_of("sub.u32 %r4, %r2, 3;", 1) == 0xfffffffeu);
  CHECK(result_of("div.s32 %r4, %r2, %r3;", static_cast<uint32_t>(-7), 2) == static_cast<uint32_t>(-3));
  CHECK(result_of("div.u32 %r4, %r2, %r3;", static_cast<uint32_t>(-7), 2) == 0x7ffffffcu);
  CHECK(result_of("rem.s32 %r4, %r2, %r3;", static_cast<uint32_t>(-7), 4) == static_cast<uint32_t>(-3));
  CHECK(result_of("min.s32 %r4, %r2, %r3;", kMinusOne, 1) == kMinusOne);
  CHECK(result_of("min.u32 %r4, %r2, %r3;", kMinusOne, 1) == 1);
  CHECK(result_of("mul.hi.u32 %r4, %r2, %r3;", 0x80000000u, 6) == 3);
  CHECK(result_of("mul.hi.s32 %r4, %r2, %r3;", kMinusOne, 6) == kMinusOne);
  CHECK(result_of("mad.lo.s32 %r4, %r2, %r3, 5;", 3, 4) == 17);
}

TEST_CASE("wide products keep every bit") {
  const char* const body =
      "ld.global.u32 %r2, [%rd1];\nmul.wide.u32 %rd2, %r2, 16;\nshr.u64 %rd2, %rd2, 32;\ncvt.u32.u64 %r3, %rd2;\n"
      "st.global.u32 [%rd1], %r3;\n";
  CHECK(interpret(kernel_text(body), {0xf0000000u})[0] == 0xf);
}

TEST_CASE("shifts beyond the width empty the register") {
  CHECK(result_of("shl.b32 %r4, %r2, %r3;", 1, 31) == 0x80000000u);
  CHECK(result_of("shl.b32 %r4, %r2, %r3;", 1, 32) == 0);
  CHECK(result_of("shr.u32 %r4, %r2, %r3;", kMinusOne, 40) == 0);
  CHECK(result_of("shr.s32 %r4, %r2, %r3;", 0x80000000u, 40) == kMinusOne);
}

TEST_CASE("bits are counted, found, reversed and permuted") {
  CHECK(result_of("popc.b32 %r4, %r2;", 0xf0f0) == 8);
  CHECK(result_of("clz.b32 %r4, %r2;", 1) == 31);
  CHECK(result_of("clz.b32 %r4, %r2;", 0) == 32);
  CHECK(result_of("brev.b32 %r4, %r2;", 1) == 0x80000000u);
  CHECK(result_of("bfind.u32 %r4, %r2;", 0x10) == 4);
  CHECK(result_of("bfind.shiftamt.u32 %r4, %r2;", 0x10) == 27);
  CHECK(result_of("bfind.u32 %r4, %r2;", 0) == kMinusOne);
  CHECK(result_of("prmt.b32 %r4, %r2, %r3, 30212;", 0x44332211u, 0x88776655u) == 0x88771155u);  // selector 0x7604
}

TEST_CASE("halves of a register are packed and unpacked") {
  CHECK(result_of("mov.b32 {%rs1, %rs2}, %r2;\nmov.b32 %r4, {%rs2, %rs1};", 0x11112222u) == 0x22221111u);
}

TEST_CASE("floats are single precision, and fma rounds once") {
  const float a = 1.0f + std::ldexp(1.0f, -12);
  const uint32_t product = result_of("mul.rn.f32 %r4, %r2, %r3;", bits(a), bits(a));
  CHECK(product == bits(a * a));
  const uint32_t fused = result_of("fma.rn.f32 %r4, %r2, %r3, 0fBF800000;", bits(a), bits(a));
  CHECK(fused == bits(std::fma(a, a, -1.0f)));
  CHECK(fused != bits(a * a - 1.0f));
  CHECK(result_of("div.rn.f32 %r4, %r2, %r3;", bits(255.0f), bits(7.0f)) == bits(255.0f / 7.0f));
}

TEST_CASE("min and max prefer a number to NaN") {
  const uint32_t nan = bits(std::numeric_limits<float>::quiet_NaN());
  CHECK(result_of("max.f32 %r4, %r2, %r3;", nan, bits(-100.0f)) == bits(-100.0f));
  CHECK(result_of("min.f32 %r4, %r2, %r3;", bits(3.0f), nan) == bits(3.0f));
}

TEST_CASE("conversions round as they say and stop at the bounds") {
  CHECK(result_of("cvt.rni.s32.f32 %r4, %r2;", bits(2.5f)) == 2);
  CHECK(result_of("cvt.rni.s32.f32 %r4, %r2;", bits(3.5f)) == 4);
  CHECK(result_of("cvt.rzi.s32.f32 %r4, %r2;", bits(-2.9f)) == static_cast<uint32_t>(-2));
  CHECK(result_of("cvt.rni.u32.f32 %r4, %r2;", bits(-1.0f)) == 0);
  CHECK(result_of("cvt.rni.s32.f32 %r4, %r2;", bits(1e20f)) == 0x7fffffffu);
  CHECK(result_of("cvt.rni.s32.f32 %r4, %r2;", bits(std::numeric_limits<float>::quiet_NaN())) == 0);
  CHECK(result_of("cvt.rn.f32.u32 %r4, %r2;", 16777217) == bits(16777216.0f));
  CHECK(result_of("cvt.s32.s16 %r4, %r2;", 0x8000) == 0xffff8000u);
  CHECK(result_of("cvt.u32.u8 %r4, %r2;", 0x1ff) == 0xff);
}

TEST_CASE("comparisons with NaN are false unless they are unordered") {
  const uint32_t nan = bits(std::numeric_limits<float>::quiet_NaN());
  const auto compared = [&](const std::string& comparison, uint32_t a, uint32_t b) {
    return result_of("setp." + comparison + " %p1, %r2, %r3;\nselp.b32 %r4, 1, 0, %p1;", a, b);
  };
  CHECK(compared("lt.f32", nan, 0) == 0);
  CHECK(compared("ne.f32", nan, 0) == 0);
  CHECK(compared("ltu.f32", nan, 0) == 1);
  CHECK(compared("neu.f32", nan, 0) == 1);
  CHECK(compared("lt.s32", kMinusOne, 0) == 1);
  CHECK(compared("lt.u32", kMinusOne, 0) == 0);
}

TEST_CASE("guards and branches choose the instructions") {
  const char* const body =
      "mov.u32 %r2, 0;\n$loop:\nadd.s32 %r2, %r2, 3;\nsetp.lt.u32 %p1, %r2, 10;\n@%p1 bra $loop;\n"
      "@!%p1 st.global.u32 [%rd1], %r2;\n@%p1 st.global.u32 [%rd1], 99;\n";
  CHECK(interpret(kernel_text(body), {0})[0] == 12);
}
