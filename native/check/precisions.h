// The arithmetic that a network is checked in, and how far it may lie from float.
#pragma once

#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>

namespace hepatica::check {

// torch::autocast for any device, while it lives; float leaves everything as it is.
class DeviceAutocast {
 public:
  DeviceAutocast(const at::Device& device, at::ScalarType dtype)
      : device_(device.type()),
        enabled_before_(at::autocast::is_autocast_enabled(device_)),
        dtype_before_(at::autocast::get_autocast_dtype(device_)) {
    at::autocast::set_autocast_enabled(device_, dtype != at::kFloat);
    if (dtype != at::kFloat) at::autocast::set_autocast_dtype(device_, dtype);
    at::autocast::increment_nesting();
  }
  ~DeviceAutocast() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, enabled_before_);
    at::autocast::set_autocast_dtype(device_, dtype_before_);
  }
  DeviceAutocast(const DeviceAutocast&) = delete;
  DeviceAutocast& operator=(const DeviceAutocast&) = delete;

 private:
  at::DeviceType device_;
  bool enabled_before_;
  at::ScalarType dtype_before_;
};

}  // namespace hepatica::check
