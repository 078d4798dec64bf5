// Global and shared memory with a shadow for each byte: bounds, initialization, races.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "program.h"
#include "race_detector.h"

namespace ptxsim {

// One access of one thread, as the checks see it.
struct AccessContext {
  Moment moment;
  Access access = Access::kRead;
  bool read_only = false;  // ld.global.nc
  bool checked = true;     // initialization and races, too
};

// Bytes and their shadows.
class ShadowedBytes {
 public:
  ShadowedBytes() = default;
  explicit ShadowedBytes(size_t size) : initialized_(size), shadows_(size) {}

  size_t size() const { return initialized_.size(); }
  // Throws kUninitialized, kDataRace, kReadOnlyWritten.
  void check(size_t begin, size_t count, const AccessContext& context, const char* what);
  void set_initialized(size_t begin, size_t count);
  bool is_initialized(size_t begin, size_t count) const;

 private:
  std::vector<uint8_t> initialized_;
  std::vector<ByteShadow> shadows_;
};

// What cudaMalloc gave. Device addresses are addresses of this process, so that hosts' pointers need no translation.
class GlobalMemory {
 public:
  ~GlobalMemory();

  void* allocate(size_t bytes);
  bool release(void* address);

  // The bytes of a kernel's access. Throws kOutOfBounds and what ShadowedBytes::check throws.
  uint8_t* access(uint64_t address, size_t count, const AccessContext& context);

  // For copies and memset by the host: false where `address` lies in no allocation; throws kOutOfBounds where the range
  // leaves it, kUninitialized where bytes are copied out that nobody wrote.
  bool host_write(const void* address, size_t count);
  bool host_read(const void* address, size_t count);

 private:
  struct Allocation {
    uint64_t begin;
    ShadowedBytes bytes;
  };
  Allocation* find(uint64_t address);

  std::map<uint64_t, Allocation> allocations_;
  Allocation* last_ = nullptr;  // kernels stay in one allocation for long
};

// One block's: the kernel's static variables, and the dynamic part of the launch.
class SharedMemory {
 public:
  SharedMemory(const Kernel& kernel, size_t dynamic_bytes);

  uint8_t* access(uint64_t address, size_t count, const AccessContext& context);

 private:
  bool is_in_variable(uint64_t begin, uint64_t end) const;

  const Kernel& kernel_;
  std::vector<uint8_t> static_bytes_;
  std::vector<uint8_t> dynamic_bytes_;
  ShadowedBytes static_shadow_;
  ShadowedBytes dynamic_shadow_;
};

}  // namespace ptxsim
