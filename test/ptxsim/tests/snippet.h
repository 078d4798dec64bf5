// Runs a few lines of PTX as a kernel over an array of 32-bit words.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "launch.h"
#include "parser.h"
#include "violation.h"

namespace ptxsim {

struct SnippetOptions {
  Dimensions grid = {1, 1, 1};
  Dimensions block = {1, 1, 1};
  size_t dynamic_shared_bytes = 0;
  Schedule schedule = {};
};

// The body finds the array's address in %rd1, its thread's number in %r1, and registers %r2-9, %rd2-9, %f1-9, %p1-9 of
// its own; what it declares goes in front.
inline std::string kernel_text(const std::string& body, const std::string& declarations = "") {
  return ".version 9.0\n.target sm_80\n.address_size 64\n.extern .shared .align 16 .b8 dynamic[];\n"
         ".visible .entry snippet(\n\t.param .u64 snippet_param_0\n)\n{\n"
         ".reg .pred %p<10>;\n.reg .b16 %rs<10>;\n.reg .b32 %r<10>;\n.reg .f32 %f<10>;\n.reg .b64 %rd<10>;\n" +
         declarations + "ld.param.u64 %rd1, [snippet_param_0];\nmov.u32 %r1, %tid.x;\n" + body + "ret;\n}\n";
}

// The array after the run. Throws Violation.
inline std::vector<uint32_t> interpret(const std::string& text, std::vector<uint32_t> words,
                                       const SnippetOptions& options = {}) {
  const Module module = parse_module(text);
  GlobalMemory memory;
  const size_t bytes = words.size() * sizeof(uint32_t);
  void* const data = memory.allocate(bytes);
  memory.host_write(data, bytes);
  std::memcpy(data, words.data(), bytes);
  Launch launch = {.kernel = module.at("snippet"),
                   .grid = options.grid,
                   .block = options.block,
                   .parameters = std::vector<uint8_t>(sizeof(data)),
                   .dynamic_shared_bytes = options.dynamic_shared_bytes,
                   .number = 1,
                   .schedule = options.schedule};
  std::memcpy(launch.parameters.data(), &data, sizeof(data));
  run_launch(launch, memory);
  std::memcpy(words.data(), data, bytes);
  return words;
}

// What is wrong with the kernel; nothing where it runs through.
inline std::optional<Fault> fault_of(const std::string& text, size_t words, const SnippetOptions& options = {}) {
  try {
    interpret(text, std::vector<uint32_t>(words), options);
    return {};
  } catch (const Violation& violation) {
    return violation.fault;
  }
}

// One instruction on %r2 (and %r3) into %r4, from and to the array: what words[2] becomes.
inline uint32_t result_of(const std::string& instruction, uint32_t a, uint32_t b = 0) {
  return interpret(kernel_text("ld.global.u32 %r2, [%rd1];\nld.global.u32 %r3, [%rd1+4];\n" + instruction +
                               "\nst.global.u32 [%rd1+8], %r4;\n"),
                   {a, b, 0})[2];
}

}  // namespace ptxsim
