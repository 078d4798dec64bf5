// A model's inferences, one a device and precision: each is made at its first use and kept.
#pragma once

#include <c10/core/Device.h>

#include <map>
#include <mutex>
#include <tuple>

#include "runtime/precision.h"

namespace hepatica {

// Thread-safe; what it gives is for one thread at a time.
template <class Inference>
class InferenceCache {
 public:
  template <class Make>
  const Inference& get(const c10::Device& device, Precision precision, const Make& make) {
    const std::lock_guard lock(mutex_);
    const Key key{device.type(), device.index(), precision};
    const auto found = inferences_.find(key);
    return found != inferences_.end() ? found->second : inferences_.emplace(key, make()).first->second;
  }

 private:
  using Key = std::tuple<c10::DeviceType, c10::DeviceIndex, Precision>;

  std::mutex mutex_;
  std::map<Key, Inference> inferences_;
};

}  // namespace hepatica
