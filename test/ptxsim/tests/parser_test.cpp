#include <doctest/doctest.h>

#include <cstdlib>

#include "snippet.h"

using namespace ptxsim;

namespace {

std::optional<Fault> parse_fault(const std::string& text) {
  try {
    parse_module(text);
    return {};
  } catch (const Violation& violation) {
    return violation.fault;
  }
}

std::optional<Fault> body_fault(const std::string& body) { return parse_fault(kernel_text(body)); }

}  // namespace

TEST_CASE("parameters have the offsets of C, structures and pointers included") {
  const Module module = parse_module(
      ".entry k(\n.param .u32 a,\n.param .u64 .ptr .global .align 1 b,\n.param .align 4 .b8 c[12],\n.param .u16 d\n)\n"
      ".maxntid 64, 2, 1\n{\nret;\n}\n");
  const Kernel& kernel = module.at("k");
  REQUIRE(kernel.parameters.size() == 4);
  CHECK(kernel.parameters[0].offset == 0);
  CHECK(kernel.parameters[1].offset == 8);
  CHECK(kernel.parameters[2].offset == 16);
  CHECK(kernel.parameters[2].bytes == 12);
  CHECK(kernel.parameters[3].offset == 28);
  CHECK(kernel.max_threads == 128);
}

TEST_CASE("comments, debug sections and line directives are no statements") {
  const Module module = parse_module(
      "// a comment; with a semicolon\n.version 9.0\n.target sm_75\n.entry k()\n{\n.loc 1 5 0\nret; // {\n}\n"
      ".file 1 \"/a/b.cu\"\n.section .debug_str\n{\n$L__info_string0:\n.b8 1,2;\n}\n");
  CHECK(module.at("k").code.front().source_line == 5);
  CHECK(module.at("k").code.front().ptx_line == 7);
}

TEST_CASE("inlined code is reported at the line that called it") {
  const Module module =
      parse_module(".entry k()\n{\n.loc 2 18 3, function_name $L__info_string0, inlined_at 1 58 3\nret;\n}\n");
  CHECK(module.at("k").code.front().source_line == 58);
}

TEST_CASE("what is not modelled is refused when it is read, not when it is run") {
  CHECK(body_fault("ld.local.u32 %r2, [%rd1];\n") == Fault::kUnsupported);
  CHECK(body_fault("ld.u32 %r2, [%rd1];\n") == Fault::kUnsupported);
  CHECK(body_fault("ld.const.u32 %r2, [%rd1];\n") == Fault::kUnsupported);
  CHECK(body_fault("add.f64 %rd2, %rd2, %rd3;\n") == Fault::kUnsupported);
  CHECK(body_fault("div.approx.f32 %f1, %f2, %f3;\n") == Fault::kUnsupported);
  CHECK(body_fault("add.ftz.f32 %f1, %f2, %f3;\n") == Fault::kUnsupported);
  CHECK(body_fault("cvt.sat.u8.s32 %r2, %r3;\n") == Fault::kUnsupported);
  CHECK(body_fault("setp.eq.and.s32 %p1, %r2, 0, %p2;\n") == Fault::kUnsupported);
  CHECK(body_fault("bar.sync 1;\n") == Fault::kUnsupported);
  CHECK(body_fault("bar.sync 0, 64;\n") == Fault::kUnsupported);
  CHECK(body_fault("call.uni (%r2), f, (%r3);\n") == Fault::kUnsupported);
  CHECK(body_fault("tex.2d.v4.f32.f32 {%f1, %f2, %f3, %f4}, [t, {%f5, %f6}];\n") == Fault::kUnsupported);
  CHECK(body_fault("match.any.sync.b32 %r2, %r3, -1;\n") == Fault::kUnsupported);
  CHECK(body_fault("mov.u32 %r2, %clock;\n") == Fault::kUnsupported);
  CHECK(body_fault("prmt.b32.f4e %r2, %r3, %r4, 1;\n") == Fault::kUnsupported);
  CHECK(body_fault(".local .align 4 .b8 stack[16];\n") == Fault::kUnsupported);
  CHECK(parse_fault(".global .align 4 .b8 table[4];\n") == Fault::kUnsupported);
  CHECK(parse_fault(".func f()\n{\nret;\n}\n") == Fault::kUnsupported);
}

TEST_CASE("text that is no PTX is refused") {
  CHECK(parse_fault(".entry k()\n{\nret;\n") == Fault::kMalformedPtx);
  CHECK(body_fault("bra $nowhere;\n") == Fault::kMalformedPtx);
  CHECK(body_fault("ld.global.u32 %r2;\n") == Fault::kMalformedPtx);
}

TEST_CASE("launches beyond a GPU's limits are refused") {
  const Module module = parse_module(kernel_text(""));
  const auto is_valid = [&](Dimensions grid, Dimensions block, size_t shared_bytes) {
    return is_valid_configuration({.kernel = module.at("snippet"),
                                   .grid = grid,
                                   .block = block,
                                   .parameters = {},
                                   .dynamic_shared_bytes = shared_bytes,
                                   .schedule = {}});
  };
  CHECK(is_valid({2147483647, 1, 1}, {1024, 1, 1}, 48 << 10));
  CHECK_FALSE(is_valid({1, 65536, 1}, {1, 1, 1}, 0));
  CHECK_FALSE(is_valid({0, 1, 1}, {1, 1, 1}, 0));
  CHECK_FALSE(is_valid({1, 1, 1}, {1024, 2, 1}, 0));
  CHECK_FALSE(is_valid({1, 1, 1}, {1, 1, 1}, (48 << 10) + 1));
}

TEST_CASE("the schedule comes from the environment, and nonsense there is refused") {
  setenv("PTXSIM_ORDER", "rand:17", 1);
  setenv("PTXSIM_PREEMPT", "250", 1);
  setenv("PTXSIM_CHECK", "0", 1);
  const Schedule schedule = schedule_from_environment();
  CHECK(schedule.order == Schedule::Order::kRandom);
  CHECK(schedule.seed == 17);
  CHECK(schedule.preempt_permille == 250);
  CHECK_FALSE(schedule.checks);
  setenv("PTXSIM_ORDER", "sideways", 1);
  CHECK_THROWS_AS(schedule_from_environment(), Violation);
  for (const char* name : {"PTXSIM_ORDER", "PTXSIM_PREEMPT", "PTXSIM_CHECK"}) unsetenv(name);
}
