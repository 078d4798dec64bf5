// Each kind of fault is found, and the nearest correct kernel passes.
#include <doctest/doctest.h>

#include "snippet.h"

using namespace ptxsim;

namespace {

const SnippetOptions kTwoWarps = {.grid = {1, 1, 1}, .block = {64, 1, 1}};
const char* const kShared = ".shared .align 4 .b8 array[256];\n";
// %r2: the address of this thread's word in `array`; %r3: that of its mirror image's.
const std::string kOwnAndMirrored =
    "mov.u32 %r4, array;\nshl.b32 %r2, %r1, 2;\nadd.s32 %r2, %r2, %r4;\n"
    "mov.u32 %r5, 63;\nsub.s32 %r5, %r5, %r1;\nshl.b32 %r3, %r5, 2;\nadd.s32 %r3, %r3, %r4;\n";
// %rd3: the address of this thread's word in the global array.
const std::string kOwnWord = "mul.wide.u32 %rd2, %r1, 4;\nadd.s64 %rd3, %rd1, %rd2;\n";

}  // namespace

TEST_CASE("global accesses stay within their allocation") {
  const std::string text = kernel_text(kOwnWord + "st.global.u32 [%rd3], 1;\n");
  CHECK_FALSE(fault_of(text, 64, kTwoWarps));
  CHECK(fault_of(text, 63, kTwoWarps) == Fault::kOutOfBounds);
  CHECK(fault_of(kernel_text("mov.u64 %rd2, 16;\nld.global.u32 %r2, [%rd2];\n"), 1) == Fault::kOutOfBounds);
}

TEST_CASE("shared accesses stay within their variable and the dynamic part") {
  const auto store = [](int offset) {
    return kernel_text("mov.u32 %r2, array;\nst.shared.u32 [%r2+" + std::to_string(offset) + "], 1;\n", kShared);
  };
  CHECK_FALSE(fault_of(store(252), 1));
  CHECK(fault_of(store(256), 1) == Fault::kOutOfBounds);
  const std::string dynamic = kernel_text("mov.u32 %r2, dynamic;\nst.shared.u32 [%r2+12], 1;\n");
  CHECK_FALSE(fault_of(dynamic, 1, {.dynamic_shared_bytes = 16}));
  CHECK(fault_of(dynamic, 1, {.dynamic_shared_bytes = 12}) == Fault::kOutOfBounds);
}

TEST_CASE("addresses are multiples of the access's size, vectors included") {
  CHECK(fault_of(kernel_text("ld.global.u32 %r2, [%rd1+2];\n"), 8) == Fault::kMisaligned);
  CHECK_FALSE(fault_of(kernel_text("ld.global.v2.u32 {%r2, %r3}, [%rd1+8];\n"), 8));
  CHECK(fault_of(kernel_text("ld.global.v4.u32 {%r2, %r3, %r4, %r5}, [%rd1+8];\n"), 8) == Fault::kMisaligned);
}

TEST_CASE("memory is written before it is read") {
  const std::string read = kernel_text("mov.u32 %r2, array;\nld.shared.u32 %r3, [%r2];\n", kShared);
  CHECK(fault_of(read, 1) == Fault::kUninitialized);
  SnippetOptions unchecked;
  unchecked.schedule.checks = false;
  CHECK_FALSE(fault_of(read, 1, unchecked));
  const std::string counted = kernel_text("mov.u32 %r2, array;\natom.shared.add.u32 %r3, [%r2], 1;\n", kShared);
  CHECK(fault_of(counted, 1) == Fault::kUninitialized);
}

TEST_CASE("the host does not copy what nobody wrote, nor past an allocation's end") {
  GlobalMemory memory;
  auto* const data = static_cast<uint8_t*>(memory.allocate(16));
  CHECK_THROWS_AS(memory.host_read(data, 16), Violation);
  CHECK(memory.host_write(data, 16));
  CHECK(memory.host_read(data, 16));
  CHECK_THROWS_AS(memory.host_write(data + 8, 16), Violation);
  int elsewhere = 0;
  CHECK_FALSE(memory.host_write(&elsewhere, sizeof(elsewhere)));
  CHECK(memory.release(data));
  CHECK_FALSE(memory.release(data));
}

TEST_CASE("a barrier orders the threads of a block") {
  const std::string store = kOwnAndMirrored + "st.shared.u32 [%r2], %r1;\n";
  const std::string load = "ld.shared.u32 %r6, [%r3];\n";
  CHECK_FALSE(fault_of(kernel_text(store + "bar.sync 0;\n" + load, kShared), 1, kTwoWarps));
  for (const auto order : {Schedule::Order::kForward, Schedule::Order::kReverse, Schedule::Order::kRandom}) {
    SnippetOptions options = kTwoWarps;
    options.schedule.order = order;
    const auto fault = fault_of(kernel_text(store + load, kShared), 1, options);
    // Whichever thread comes first reads what nobody has written yet, or what another writes later.
    CHECK((fault == Fault::kDataRace || fault == Fault::kUninitialized));
  }
}

TEST_CASE("a write after another thread's read is a race, too") {
  const std::string initialize = kOwnAndMirrored + "st.shared.u32 [%r2], %r1;\nbar.sync 0;\n";
  const std::string swap = "ld.shared.u32 %r6, [%r3];\nst.shared.u32 [%r2], %r6;\n";
  CHECK(fault_of(kernel_text(initialize + swap, kShared), 1, kTwoWarps) == Fault::kDataRace);
  const std::string ordered = "ld.shared.u32 %r6, [%r3];\nbar.sync 0;\nst.shared.u32 [%r2], %r6;\n";
  CHECK_FALSE(fault_of(kernel_text(initialize + ordered, kShared), 1, kTwoWarps));
}

TEST_CASE("__syncwarp orders the lanes of a warp, but not two warps") {
  const std::string body =
      "mov.u32 %r4, array;\nshl.b32 %r2, %r1, 2;\nadd.s32 %r2, %r2, %r4;\n"
      "st.shared.u32 [%r2], %r1;\nbar.warp.sync -1;\nxor.b32 %r5, %r1, MASK;\n"
      "shl.b32 %r3, %r5, 2;\nadd.s32 %r3, %r3, %r4;\nld.shared.u32 %r6, [%r3];\n";
  std::string within = body;
  within.replace(within.find("MASK"), 4, "1");
  std::string across = body;
  across.replace(across.find("MASK"), 4, "32");
  CHECK_FALSE(fault_of(kernel_text(within, kShared), 1, kTwoWarps));
  CHECK(fault_of(kernel_text(across, kShared), 1, {.block = {64, 1, 1}}).has_value());
}

TEST_CASE("blocks are never ordered; atomic operations of all may meet") {
  const SnippetOptions two_blocks = {.grid = {2, 1, 1}};
  CHECK(fault_of(kernel_text("st.global.u32 [%rd1], 1;\n"), 1, two_blocks) == Fault::kDataRace);
  CHECK(fault_of(kernel_text("mov.u32 %r2, %ctaid.x;\nsetp.eq.s32 %p1, %r2, 0;\n@%p1 st.global.u32 [%rd1], 1;\n"
                             "@!%p1 ld.global.u32 %r3, [%rd1];\n"),
                 1, two_blocks) == Fault::kDataRace);
  CHECK(interpret(kernel_text("atom.global.add.u32 %r2, [%rd1], 5;\n"), {1}, {.grid = {3, 1, 1}})[0] == 16);
  CHECK(interpret(kernel_text("red.global.max.u32 [%rd1], 5;\n"), {1}, {.grid = {3, 1, 1}})[0] == 5);
}

TEST_CASE("two blocks that read do not hide a third that writes") {
  const std::string body =
      "mov.u32 %r2, %ctaid.x;\nsetp.eq.s32 %p1, %r2, 1;\n@%p1 st.global.u32 [%rd1], 1;\n"
      "@!%p1 ld.global.u32 %r3, [%rd1];\n";
  SnippetOptions options = {.grid = {3, 1, 1}};
  options.schedule.order = Schedule::Order::kReverse;
  CHECK(fault_of(kernel_text(body), 1, options) == Fault::kDataRace);
}

TEST_CASE("read-only loads name memory that nobody writes") {
  CHECK_FALSE(fault_of(kernel_text("ld.global.nc.u32 %r2, [%rd1];\n"), 1));
  CHECK(fault_of(kernel_text("st.global.u32 [%rd1], 1;\nld.global.nc.u32 %r2, [%rd1];\n"), 1) ==
        Fault::kReadOnlyWritten);
}

TEST_CASE("all threads of a block come to the same barrier") {
  const std::string half = "setp.lt.u32 %p1, %r1, 32;\n";
  CHECK(fault_of(kernel_text(half + "@%p1 bar.sync 0;\n"), 1, kTwoWarps) == Fault::kDivergentBarrier);
  CHECK(fault_of(kernel_text(half + "@%p1 bra $other;\nbar.sync 0;\nbra $end;\n$other:\nbar.sync 0;\n$end:\n"), 1,
                 kTwoWarps) == Fault::kDivergentBarrier);
  CHECK_FALSE(fault_of(kernel_text("bar.sync 0;\n"), 1, kTwoWarps));
}

TEST_CASE("the lanes of a mask exist, take part, and take part in the same operation") {
  const SnippetOptions warp = {.block = {32, 1, 1}};
  const std::string shuffle = "shfl.sync.up.b32 %r2|%p2, %r1, 1, 0, -1;\n";
  CHECK_FALSE(fault_of(kernel_text(shuffle), 1, warp));
  CHECK(fault_of(kernel_text(shuffle), 1, {.block = {20, 1, 1}}) == Fault::kWarpMask);
  CHECK(fault_of(kernel_text("setp.lt.u32 %p1, %r1, 5;\n@%p1 ret;\n" + shuffle), 1, warp) == Fault::kWarpMask);
  CHECK(fault_of(kernel_text("bar.warp.sync 1;\n"), 1, warp) == Fault::kWarpMask);
  CHECK(fault_of(kernel_text("shfl.sync.idx.b32 %r2, %r1, 9, 31, 15;\n"), 1, {.block = {4, 1, 1}}) == Fault::kWarpMask);
  CHECK(fault_of(kernel_text("setp.lt.u32 %p1, %r1, 5;\n@%p1 bra $other;\nbar.warp.sync -1;\nbra $end;\n$other:\n"
                             "vote.sync.any.pred %p2, %p1, -1;\n$end:\n"),
                 1, warp) == Fault::kWarpDeadlock);
  CHECK(fault_of(kernel_text("setp.lt.u32 %p1, %r1, 5;\n@%p1 bra $other;\nbar.warp.sync -1;\nbra $end;\n$other:\n"
                             "bar.sync 0;\n$end:\n"),
                 1, warp) == Fault::kWarpDeadlock);
}

TEST_CASE("integers are not divided by zero") {
  CHECK(fault_of(kernel_text("mov.u32 %r2, 0;\ndiv.u32 %r3, %r1, %r2;\n"), 1) == Fault::kDivisionByZero);
  CHECK(fault_of(kernel_text("mov.u32 %r2, 0;\nrem.s32 %r3, %r1, %r2;\n"), 1) == Fault::kDivisionByZero);
}

TEST_CASE("a message names the kernel, the thread and the line") {
  try {
    interpret(kernel_text(".loc\t1 42 7\n" + kOwnWord + "st.global.u32 [%rd3], 1;\n"), {0}, {.block = {2, 1, 1}});
    FAIL("expected a violation");
  } catch (const Violation& violation) {
    const std::string message = violation.what();
    for (const char* part : {"out of bounds", "snippet", "thread 1", "source line 42", "st.global.u32"}) {
      CAPTURE(part);
      CHECK(message.find(part) != std::string::npos);
    }
  }
}
