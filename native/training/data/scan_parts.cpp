#include "training/data/scan_parts.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/sha1.h"

namespace hepatica {
namespace {

constexpr const char* kNumbers = "numbers";
constexpr const char* kChecksum = "numbers_sha1";

std::string checksum_of(const std::vector<double>& numbers) {
  return sha1_hex(numbers.data(), numbers.size() * sizeof(double));
}

// Of no element type that arithmetic is done with: what decides is that alignment comes with it.
at::ScalarType type_of(size_t element_bytes) {
  switch (element_bytes) {
    case 1:
      return at::kByte;
    case 2:
      return at::kShort;
    case 4:
      return at::kInt;
    default:
      return at::kLong;
  }
}

}  // namespace

void PartsWriter::add(const std::string& name, const void* data, size_t count, size_t element_bytes) {
  arrays_[name] = at::from_blob(const_cast<void*>(data), {static_cast<int64_t>(count)}, type_of(element_bytes));
}

void PartsWriter::index_lists(const std::string& name, const std::vector<SharedArray<uint32_t>>& lists,
                              int64_t /*limit*/) {
  number(lists.size());
  int64_t total = 0;
  for (const SharedArray<uint32_t>& list : lists) {
    number(list.size());
    total += static_cast<int64_t>(list.size());
  }
  const at::Tensor all = at::empty({total}, type_of(sizeof(uint32_t)));
  auto* next = static_cast<uint32_t*>(all.mutable_data_ptr());
  for (const SharedArray<uint32_t>& list : lists) next = std::copy(list.begin(), list.end(), next);
  arrays_[name] = all;
}

StateDict PartsWriter::tensors() const {
  StateDict all = arrays_;
  const at::Tensor numbers = at::empty({static_cast<int64_t>(numbers_.size())}, at::kDouble);
  std::copy(numbers_.begin(), numbers_.end(), numbers.data_ptr<double>());
  all[kNumbers] = numbers;
  return all;
}

Metadata PartsWriter::metadata() const { return {{kChecksum, checksum_of(numbers_)}}; }

PartsReader::PartsReader(std::shared_ptr<const SafetensorsFile> file, std::string path)
    : file_(std::move(file)), path_(std::move(path)) {
  const SharedArray<double> numbers = mapped<double>(kNumbers);
  numbers_.assign(numbers.begin(), numbers.end());
  const auto checksum = file_->metadata().find(kChecksum);
  require(checksum != file_->metadata().end() && checksum->second == checksum_of(numbers_));
}

double PartsReader::next() {
  require(next_ < numbers_.size());
  return numbers_[next_++];
}

void PartsReader::indices(const std::string& name, SharedArray<uint32_t>& values, int64_t limit) {
  int64_t count = 0;
  number(count);
  array(name, values, count);
  require(std::all_of(values.begin(), values.end(), [limit](uint32_t index) { return index < limit; }));
}

void PartsReader::index_lists(const std::string& name, std::vector<SharedArray<uint32_t>>& lists, int64_t limit) {
  int64_t many = 0;
  count(many);
  const SharedArray<uint32_t> all = mapped<uint32_t>(name);
  lists.clear();
  size_t begin = 0;
  for (int64_t i = 0; i < many; ++i) {
    size_t length = 0;
    number(length);
    require(length <= all.size() - begin);
    lists.push_back(all.part(begin, length));
    begin += length;
  }
  require(begin == all.size());
  require(std::all_of(all.begin(), all.end(), [limit](uint32_t index) { return index < limit; }));
}

void PartsReader::refuse() const {
  throw Error("CORRUPT_FILE", path_ + " is no prepared scan of this kind, or damaged", path_, "cache",
              "Delete it: it is made anew");
}

}  // namespace hepatica
