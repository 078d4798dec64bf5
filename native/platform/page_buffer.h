// Memory that goes back to the system where it is let go of, piece by piece: malloc keeps what lies between pieces that
// are still in use.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hepatica {

class PageBuffer {
 public:
  PageBuffer() = default;
  // Zeros, mapped where they are touched. Throws std::bad_alloc.
  explicit PageBuffer(size_t bytes);
  PageBuffer(const PageBuffer&) = delete;
  PageBuffer& operator=(const PageBuffer&) = delete;
  PageBuffer(PageBuffer&& other) noexcept;
  PageBuffer& operator=(PageBuffer&& other) noexcept;
  ~PageBuffer();

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

  // Gives the pages back that lie wholly inside; what they held is lost.
  void let_go(size_t begin, size_t bytes);

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace hepatica
