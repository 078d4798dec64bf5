#include "memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "violation.h"

namespace ptxsim {
namespace {

// Memory starts with this, so that what is read uninitialized is wrong even where checks are off.
constexpr int kGarbage = 0xA5;
constexpr size_t kAllocationAlignment = 256;

}  // namespace

void ShadowedBytes::check(size_t begin, size_t count, const AccessContext& context, const char* what) {
  for (size_t i = begin; i < begin + count; ++i) {
    if (context.access != Access::kWrite && !initialized_[i]) {
      throw Violation(Fault::kUninitialized, std::string("read of uninitialized ") + what + " memory");
    }
    initialized_[i] = 1;
    check_race(shadows_[i], context.moment, context.access);
    if (context.read_only && shadows_[i].is_written) {
      throw Violation(Fault::kReadOnlyWritten, "read-only load of memory that the same launch writes");
    }
  }
}

void ShadowedBytes::set_initialized(size_t begin, size_t count) {
  std::fill_n(initialized_.begin() + static_cast<std::ptrdiff_t>(begin), count, uint8_t{1});
}

bool ShadowedBytes::is_initialized(size_t begin, size_t count) const {
  const auto first = initialized_.begin() + static_cast<std::ptrdiff_t>(begin);
  return std::find(first, first + static_cast<std::ptrdiff_t>(count), 0) == first + static_cast<std::ptrdiff_t>(count);
}

GlobalMemory::~GlobalMemory() {
  for (const auto& [address, allocation] : allocations_) std::free(reinterpret_cast<void*>(address));
}

void* GlobalMemory::allocate(size_t bytes) {
  const size_t rounded = (bytes / kAllocationAlignment + 1) * kAllocationAlignment;
  void* const address = std::aligned_alloc(kAllocationAlignment, rounded);
  if (!address) return nullptr;
  std::memset(address, kGarbage, rounded);
  const auto key = reinterpret_cast<uint64_t>(address);
  allocations_[key] = {key, ShadowedBytes(bytes)};
  return address;
}

bool GlobalMemory::release(void* address) {
  if (!address) return true;
  last_ = nullptr;
  if (allocations_.erase(reinterpret_cast<uint64_t>(address)) == 0) return false;
  std::free(address);
  return true;
}

GlobalMemory::Allocation* GlobalMemory::find(uint64_t address) {
  if (last_ && address >= last_->begin && address - last_->begin < last_->bytes.size()) return last_;
  auto next = allocations_.upper_bound(address);
  if (next == allocations_.begin()) return nullptr;
  Allocation& allocation = std::prev(next)->second;
  // The padding after an allocation belongs to it: an access there is past its end, not astray.
  if (address - allocation.begin >= allocation.bytes.size() + kAllocationAlignment) return nullptr;
  return last_ = &allocation;
}

uint8_t* GlobalMemory::access(uint64_t address, size_t count, const AccessContext& context) {
  Allocation* const allocation = find(address);
  if (!allocation) throw Violation(Fault::kOutOfBounds, "global access where nothing is allocated");
  const size_t begin = address - allocation->begin;
  if (begin + count > allocation->bytes.size()) {
    throw Violation(Fault::kOutOfBounds, "global access out of bounds: byte " + std::to_string(begin) +
                                             " of an allocation of " + std::to_string(allocation->bytes.size()));
  }
  if (context.checked) allocation->bytes.check(begin, count, context, "global");
  return reinterpret_cast<uint8_t*>(address);
}

bool GlobalMemory::host_write(const void* address, size_t count) {
  Allocation* const allocation = find(reinterpret_cast<uint64_t>(address));
  if (!allocation) return false;
  const size_t begin = reinterpret_cast<uint64_t>(address) - allocation->begin;
  if (begin + count > allocation->bytes.size()) {
    throw Violation(Fault::kOutOfBounds, "the host writes past the end of a device allocation");
  }
  allocation->bytes.set_initialized(begin, count);
  return true;
}

bool GlobalMemory::host_read(const void* address, size_t count) {
  Allocation* const allocation = find(reinterpret_cast<uint64_t>(address));
  if (!allocation) return false;
  const size_t begin = reinterpret_cast<uint64_t>(address) - allocation->begin;
  if (begin + count > allocation->bytes.size()) {
    throw Violation(Fault::kOutOfBounds, "the host reads past the end of a device allocation");
  }
  if (!allocation->bytes.is_initialized(begin, count)) {
    throw Violation(Fault::kUninitialized, "the host copies device memory that nobody wrote");
  }
  return true;
}

SharedMemory::SharedMemory(const Kernel& kernel, size_t dynamic_bytes)
    : kernel_(kernel),
      static_bytes_(kernel.static_shared_bytes, uint8_t{kGarbage}),
      dynamic_bytes_(dynamic_bytes, uint8_t{kGarbage}),
      static_shadow_(kernel.static_shared_bytes),
      dynamic_shadow_(dynamic_bytes) {}

bool SharedMemory::is_in_variable(uint64_t begin, uint64_t end) const {
  return std::any_of(kernel_.shared_variables.begin(), kernel_.shared_variables.end(),
                     [&](const SharedVariable& variable) { return begin >= variable.begin && end <= variable.end; });
}

uint8_t* SharedMemory::access(uint64_t address, size_t count, const AccessContext& context) {
  const bool is_dynamic = address >= kDynamicSharedBase;
  const uint64_t begin = is_dynamic ? address - kDynamicSharedBase : address;
  const bool is_inside = is_dynamic ? begin + count <= dynamic_bytes_.size() : is_in_variable(begin, begin + count);
  if (!is_inside) {
    throw Violation(Fault::kOutOfBounds, std::string(is_dynamic ? "dynamic" : "static") +
                                             " shared access out of bounds at offset " + std::to_string(begin));
  }
  if (context.checked) (is_dynamic ? dynamic_shadow_ : static_shadow_).check(begin, count, context, "shared");
  return (is_dynamic ? dynamic_bytes_ : static_bytes_).data() + begin;
}

}  // namespace ptxsim
