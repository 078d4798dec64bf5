#include "runtime/caching_allocator.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <unordered_map>

#include "platform/memory_pages.h"

namespace hepatica {
namespace {

// Smaller allocations are the C library's, which keeps them itself.
constexpr size_t kSmallestKept = size_t{1} << 20U;
// Above this much idle memory, what is freed goes back to the system at once.
constexpr size_t kMaxIdle = size_t{256} << 20U;

class CachingAllocator final : public c10::Allocator {
 public:
  CachingAllocator() : base_(c10::GetDefaultCPUAllocator()) {}

  c10::DataPtr allocate(size_t bytes) override {
    if (bytes < kSmallestKept) return base_->allocate(bytes);
    void* block = take((bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes);
    return {block, block, &free_any, c10::Device(c10::kCPU)};
  }

  // Serves raw_deallocate(), whose pointer may come from either allocator.
  c10::DeleterFnPtr raw_deleter() const override { return &free_any; }

  void copy_data(void* target, const void* source, size_t bytes) const override {
    default_copy_data(target, source, bytes);
  }

  void release_idle() {
    const std::lock_guard lock(mutex_);
    for (const auto& [bytes, block] : idle_) forget(block);
    idle_.clear();
    memory_.idle_bytes = 0;
  }

  CachedMemory memory() {
    const std::lock_guard lock(mutex_);
    return memory_;
  }

 private:
  static void free_any(void* block);

  void* take(size_t bytes) {
    const std::lock_guard lock(mutex_);
    // A block up to a quarter too large is better than a new one.
    const auto found = idle_.lower_bound(bytes);
    if (found != idle_.end() && found->first <= bytes + bytes / 4) {
      void* block = found->second;
      memory_.idle_bytes -= found->first;
      memory_.in_use_bytes += found->first;
      idle_.erase(found);
      return block;
    }
    void* block = nullptr;
    if (posix_memalign(&block, kHugePageBytes, bytes) != 0) throw std::bad_alloc();
    prefer_huge_pages(block, bytes);
    sizes_[block] = bytes;
    memory_.in_use_bytes += bytes;
    memory_.peak_bytes = std::max(memory_.peak_bytes, memory_.in_use_bytes + memory_.idle_bytes);
    return block;
  }

  // False for a pointer that is not one of this allocator's blocks.
  bool give_back(void* block) {
    const std::lock_guard lock(mutex_);
    const auto found = sizes_.find(block);
    if (found == sizes_.end()) return false;
    const size_t bytes = found->second;
    memory_.in_use_bytes -= bytes;
    if (memory_.idle_bytes + bytes > kMaxIdle) {
      forget(block);
    } else {
      idle_.emplace(bytes, block);
      memory_.idle_bytes += bytes;
    }
    return true;
  }

  void forget(void* block) {
    sizes_.erase(block);
    std::free(block);
  }

  c10::Allocator* base_;
  std::mutex mutex_;
  std::multimap<size_t, void*> idle_;
  std::unordered_map<void*, size_t> sizes_;
  CachedMemory memory_;
};

// libtorch keeps the allocator for ever and frees through it while the process ends: it is never destroyed.
CachingAllocator& caching_allocator() {
  static auto* const allocator = new CachingAllocator();
  return *allocator;
}

std::atomic<bool>& installed() {
  static std::atomic<bool> flag{false};
  return flag;
}

void CachingAllocator::free_any(void* block) {
  if (block && !caching_allocator().give_back(block)) c10::GetDefaultCPUAllocator()->raw_deleter()(block);
}

}  // namespace

void install_caching_allocator() {
  static std::once_flag once;
  std::call_once(once, [] {
    c10::SetCPUAllocator(&caching_allocator(), 1);
    installed() = true;
  });
}

void release_cached_memory() {
  if (installed()) caching_allocator().release_idle();
}

CachedMemory cached_memory() { return installed() ? caching_allocator().memory() : CachedMemory{}; }

}  // namespace hepatica
