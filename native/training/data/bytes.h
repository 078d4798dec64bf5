// Bytes that are read and never changed: of this process' memory, or of a mapped file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace hepatica {

class Bytes {
 public:
  Bytes() = default;
  Bytes(std::vector<uint8_t> own) : Bytes(std::make_shared<const std::vector<uint8_t>>(std::move(own))) {}
  // `data` keeps what it points to.
  Bytes(std::shared_ptr<const uint8_t> data, size_t size) : data_(std::move(data)), size_(size) {}

  const uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const uint8_t* begin() const { return data(); }
  const uint8_t* end() const { return data() + size_; }

  friend bool operator==(const Bytes& a, const Bytes& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

 private:
  explicit Bytes(const std::shared_ptr<const std::vector<uint8_t>>& own)
      : data_(own, own->data()), size_(own->size()) {}

  std::shared_ptr<const uint8_t> data_;
  size_t size_ = 0;
};

}  // namespace hepatica
