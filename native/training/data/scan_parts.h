// How a scan that was prepared for training is written to a file and read from it. Its type says once what it consists
// of, in one order, sizes before the arrays that have them:
//
//   template <class Parts> void visit_parts(Parts& parts, SCAN& scan);
//
// The file may be damaged, or another's: what is read is checked by its sizes, so that nothing beyond them is looked
// at.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "core/geometry.h"
#include "core/shared_array.h"
#include "models/weights/safetensors.h"

namespace hepatica {

// A scan whose arrays may lie in a mapped file.
struct MappedScan {
  std::shared_ptr<const SafetensorsFile> file;  // null: in memory

  // Takes no memory until it is looked at again.
  void release() const {
    if (file) file->release_memory();
  }
};

// What PartsWriter and PartsReader have in common, by `number`, `array` and `require` of theirs.
template <class Parts>
class PartsVisitor {
 public:
  // Of voxels along an axis.
  void size(int64_t& value) {
    self().number(value);
    self().require(value >= 1 && value <= kMost);
  }
  // Of things in a list.
  void count(int64_t& value) {
    self().number(value);
    self().require(value >= 0 && value <= kMost);
  }

  void positive(double& value) {
    self().number(value);
    self().require(std::isfinite(value) && value > 0);
  }

  template <class Numbers>
  void numbers(Numbers& values) {
    for (auto& value : values) self().number(value);
  }

  void sizes(Size3& values) {
    for (int64_t& value : values) size(value);
  }

  void geometry(Geometry& geometry) {
    sizes(geometry.size);
    for (double& spacing : geometry.spacing_mm) positive(spacing);
    numbers(geometry.origin_mm);
    numbers(geometry.direction);
  }

 private:
  // Of three of them, the product has room.
  static constexpr int64_t kMost = int64_t{1} << 20;

  Parts& self() { return static_cast<Parts&>(*this); }
};

class PartsWriter : public PartsVisitor<PartsWriter> {
 public:
  template <class N>
  void number(const N& value) {
    numbers_.push_back(static_cast<double>(value));
  }

  void require(bool /*holds*/) const {}

  template <class Array>
  void array(const std::string& name, const Array& values, int64_t /*size*/) {
    using T = typename Array::value_type;
    add(name, values.data(), values.size(), sizeof(T));
  }
  // Either of that size, or nothing.
  template <class Array>
  void optional_array(const std::string& name, const Array& values, int64_t size) {
    array(name, values, size);
  }

  // Places in an array of `limit` elements.
  void indices(const std::string& name, const SharedArray<uint32_t>& values, int64_t /*limit*/) {
    number(values.size());
    array(name, values, 0);
  }
  void index_lists(const std::string& name, const std::vector<SharedArray<uint32_t>>& lists, int64_t limit);

  // In the order of the calls, as one tensor: "numbers". The others are the caller's memory.
  StateDict tensors() const;
  // What the numbers are checked by.
  Metadata metadata() const;

 private:
  void add(const std::string& name, const void* data, size_t count, size_t element_bytes);

  std::vector<double> numbers_;
  StateDict arrays_;
};

// All members throw CORRUPT_FILE where the file is not of the scan's type.
class PartsReader : public PartsVisitor<PartsReader> {
 public:
  PartsReader(std::shared_ptr<const SafetensorsFile> file, std::string path);

  template <class N>
  void number(N& value) {
    const double stored = next();
    if constexpr (std::is_integral_v<N>) require(std::abs(stored) <= 9007199254740992.0);
    value = static_cast<N>(stored);
  }

  void require(bool holds) const {
    if (!holds) refuse();
  }

  template <class T>
  void array(const std::string& name, SharedArray<T>& values, int64_t size) {
    values = mapped<T>(name);
    require(static_cast<int64_t>(values.size()) == size);
  }
  // A copy.
  template <class T>
  void array(const std::string& name, std::vector<T>& values, int64_t size) {
    SharedArray<T> there;
    array(name, there, size);
    values.assign(there.begin(), there.end());
  }
  template <class Array>
  void optional_array(const std::string& name, Array& values, int64_t size) {
    array(name, values, mapped<typename Array::value_type>(name).empty() ? 0 : size);
  }

  void indices(const std::string& name, SharedArray<uint32_t>& values, int64_t limit);
  void index_lists(const std::string& name, std::vector<SharedArray<uint32_t>>& lists, int64_t limit);

  // Nothing is left over.
  void finish() const { require(next_ == numbers_.size()); }

 private:
  template <class T>
  SharedArray<T> mapped(const std::string& name) const {
    auto [data, bytes] = file_->mapped(name);
    require(reinterpret_cast<uintptr_t>(data.get()) % alignof(T) == 0 && bytes % sizeof(T) == 0);
    return {{data, reinterpret_cast<const T*>(data.get())}, bytes / sizeof(T)};
  }
  double next();
  [[noreturn]] void refuse() const;

  std::shared_ptr<const SafetensorsFile> file_;
  std::string path_;
  std::vector<double> numbers_;
  size_t next_ = 0;
};

}  // namespace hepatica
