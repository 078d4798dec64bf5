#include "models/weights/torch_archive.h"

#include <ATen/ops/empty.h>
#include <caffe2/serialize/in_memory_adapter.h>
#include <caffe2/serialize/inline_container.h>

#include <filesystem>
#include <memory>
#include <string_view>

#include "core/error.h"
#include "models/weights/pickle.h"

namespace hepatica {
namespace {

size_t size_of(const InputFile& input) {
  return input.memory ? input.memory->bytes.size() : std::filesystem::file_size(input.name);
}

using Reader = caffe2::serialize::PyTorchStreamReader;

std::unique_ptr<Reader> reader_of(const InputFile& input) {
  if (!input.memory) return std::make_unique<Reader>(input.name);
  const auto& bytes = input.memory->bytes;
  return std::make_unique<Reader>(
      std::make_shared<caffe2::serialize::MemoryReadAdapter>(bytes.data(), static_cast<off_t>(bytes.size())));
}

// libtorch's own reader of these archives, with the bounds that it does not have.
class Archive {
 public:
  explicit Archive(const InputFile& input)
      : path_(input.name), bytes_left_(size_of(input)), reader_(reader_of(input)) {}

  // The whole record in `out`, which has `bytes`.
  void read(const std::string& name, void* out, size_t bytes) { reader_->getRecord(name, out, bytes); }

  // A compressed record, or one that overlaps others, could ask for more memory than the file has bytes.
  size_t size(const std::string& name) {
    if (!reader_->hasRecord(name)) corrupt("lacks " + name);
    const size_t bytes = reader_->getRecordSize(name);
    if (bytes > bytes_left_) corrupt("gives " + name + " more bytes than the file has");
    bytes_left_ -= bytes;
    return bytes;
  }

  [[noreturn]] void corrupt(const std::string& why) const {
    throw Error("CORRUPT_WEIGHTS", path_ + " is not a usable torch archive: it " + why, path_, {},
                "Copy or download the weights again");
  }

 private:
  const std::string& path_;
  size_t bytes_left_;
  std::unique_ptr<Reader> reader_;
};

std::string read_text(Archive& archive, const std::string& name) {
  std::string text(archive.size(name), '\0');
  archive.read(name, text.data(), text.size());
  return text;
}

at::Tensor read_storage(Archive& archive, const std::string& key, at::ScalarType dtype, int64_t elements) {
  const std::string name = "data/" + key;
  if (archive.size(name) != static_cast<uint64_t>(elements) * c10::elementSize(dtype)) {
    archive.corrupt("gives " + name + " another size than its pickle does");
  }
  at::Tensor storage = at::empty({elements}, dtype);
  if (elements > 0) archive.read(name, storage.mutable_data_ptr(), storage.nbytes());
  return storage;
}

}  // namespace

StateDict read_torch_archive(const InputFile& input) {
  const std::string& path = input.name;
  try {
    Archive archive(input);
    const std::string pickle = read_text(archive, "data.pkl");
    const auto reader = [&](const std::string& key, at::ScalarType dtype, int64_t elements) {
      return read_storage(archive, key, dtype, elements);
    };
    return unpickle_state_dict(pickle, reader, path);
  } catch (const c10::Error& failure) {
    const std::string why = failure.what_without_backtrace();
    throw Error("CORRUPT_WEIGHTS", path + " is not a usable torch archive: " + why.substr(0, why.find('\n')), path, {},
                "Copy or download the weights again");
  }
}

}  // namespace hepatica
