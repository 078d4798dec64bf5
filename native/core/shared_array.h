// Numbers that are read and never changed, shared by whoever holds them: of this process' memory, or of a mapped file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace hepatica {

template <class T>
class SharedArray {
 public:
  using value_type = T;

  SharedArray() = default;
  SharedArray(std::vector<T> own) : SharedArray(std::make_shared<const std::vector<T>>(std::move(own))) {}
  // `data` keeps what it points to.
  SharedArray(std::shared_ptr<const T> data, size_t size) : data_(std::move(data)), size_(size) {}

  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  const T& operator[](size_t i) const { return data()[i]; }

  SharedArray part(size_t begin, size_t size) const { return {{data_, data() + begin}, size}; }

  friend bool operator==(const SharedArray& a, const SharedArray& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  explicit SharedArray(const std::shared_ptr<const std::vector<T>>& own)
      : data_(own, own->data()), size_(own->size()) {}

  std::shared_ptr<const T> data_;
  size_t size_ = 0;
};

using Bytes = SharedArray<uint8_t>;

}  // namespace hepatica
