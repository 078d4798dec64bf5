#include "models/weights/safetensors.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.h"

using namespace hepatica;
namespace fs = std::filesystem;

namespace {

// A folder of its own for each test case, removed with everything in it.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "hepatica-safetensors-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  size_t entries() const { return static_cast<size_t>(std::distance(fs::directory_iterator(path_), {})); }

 private:
  fs::path path_;
};

std::string length_prefix(uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i));
  return bytes;
}

std::string with_header(const std::string& header, size_t data_bytes) {
  std::string bytes = length_prefix(header.size());
  bytes.append(header).append(data_bytes, '\1');
  return bytes;
}

// {"a":[[[…]]]} of the given depth, or cut off before the brackets close.
std::string nested_header(size_t depth, bool closed) {
  std::string header = "{\"a\":";
  header.append(depth, '[');
  if (closed) header.append(depth, ']').append("}");
  return header;
}

std::string code_of_file(const std::string& path, std::string* tensor = nullptr) {
  try {
    const SafetensorsFile file(path);
  } catch (const Error& error) {
    CHECK(error.file == path);
    CHECK_FALSE(error.remedy.empty());
    if (tensor) *tensor = error.field;
    return error.code;
  }
  return "accepted";
}

std::string code_of_bytes(const std::string& bytes, std::string* tensor = nullptr) {
  const Folder folder;
  std::ofstream(folder.file("x.safetensors"), std::ios::binary) << bytes;
  return code_of_file(folder.file("x.safetensors"), tensor);
}

std::string read_bytes(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

}  // namespace

TEST_CASE("tensors and metadata survive a file") {
  const Folder folder;
  const StateDict tensors = {
      {"a.weight", at::rand({3, 5})}, {"b", at::arange(7, at::kLong)}, {"c", at::rand({2, 2}).to(at::kBFloat16)},
      {"scalar", at::full({}, 4.5)},  {"empty", at::empty({0, 3})},    {"flags", at::ones({3}, at::kBool)}};
  write_safetensors(folder.file("x.safetensors"), tensors, {{"structure", "liver"}, {"note", "größe \"1\"\n"}});
  const SafetensorsFile file(folder.file("x.safetensors"));
  CHECK(file.metadata() == Metadata{{"structure", "liver"}, {"note", "größe \"1\"\n"}});
  const StateDict read = file.tensors();
  REQUIRE(read.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    CHECK((read.at(name).scalar_type() == tensor.scalar_type()));
    CHECK(at::equal(read.at(name), tensor));
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("the same tensors give the same bytes, laid out aligned") {
  const Folder folder;
  const StateDict tensors = {{"a", at::ones({3}, at::kByte)}, {"b", at::ones({2}, at::kDouble)}, {"c", at::ones({5})}};
  write_safetensors(folder.file("1"), tensors, {{"k", "v"}});
  write_safetensors(folder.file("2"), tensors, {{"k", "v"}});
  const std::string bytes = read_bytes(folder.file("1"));
  CHECK(bytes == read_bytes(folder.file("2")));
  const size_t header_bytes = static_cast<unsigned char>(bytes[0]);
  CHECK(header_bytes % 8 == 0);
  const auto header = nlohmann::json::parse(bytes.substr(8, header_bytes));
  CHECK(header["b"]["data_offsets"].dump() == "[0,16]");
  CHECK(header["c"]["data_offsets"].dump() == "[16,36]");
  CHECK(header["a"]["data_offsets"].dump() == "[36,39]");
}

TEST_CASE("what is not a safetensors file is refused as such") {
  CHECK(code_of_bytes("") == "NOT_SAFETENSORS");
  CHECK(code_of_bytes("short") == "NOT_SAFETENSORS");
  CHECK(code_of_bytes("This is a text file, renamed by somebody who hoped.") == "NOT_SAFETENSORS");
  CHECK(code_of_bytes(length_prefix(uint64_t{1} << 40U) + "{}") == "NOT_SAFETENSORS");
  CHECK(code_of_bytes(length_prefix(~uint64_t{0}) + "{}") == "NOT_SAFETENSORS");
  CHECK(code_of_bytes(length_prefix(100) + "{}") == "NOT_SAFETENSORS");
  CHECK(code_of_bytes(with_header("[]", 0)) == "NOT_SAFETENSORS");
  CHECK(code_of_bytes(with_header("{\"a\":", 0)) == "NOT_SAFETENSORS");
  CHECK(code_of_bytes(with_header(nested_header(1000000, false), 0)) == "NOT_SAFETENSORS");
  CHECK(code_of_bytes(with_header(nested_header(100000, true), 0)) == "NOT_SAFETENSORS");
  CHECK(code_of_bytes(with_header(R"({"__metadata__":{"a":1}})", 0)) == "NOT_SAFETENSORS");
  CHECK(code_of_file("/nonexistent/x.safetensors") == "FILE_NOT_FOUND");
  CHECK(code_of_file("/tmp") == "UNREADABLE_FILE");
}

TEST_CASE("a header that contradicts the file is refused with the tensor's name") {
  const std::pair<std::string, size_t> bad[] = {
      {R"({"t":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}})", 4},
      {R"({"t":{"dtype":"F32","shape":[1]}})", 4},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":1}})", 4},
      {R"({"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4},
      {R"({"t":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4},
      {R"({"t":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,4]}})", 4},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 8},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 3},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       8},
      {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       4},
      {R"({"t":[]})", 0},
  };
  for (const auto& [header, data_bytes] : bad) {
    std::string tensor;
    CHECK_MESSAGE(code_of_bytes(with_header(header, data_bytes), &tensor) == "CORRUPT_WEIGHTS", header);
    CHECK_MESSAGE(tensor == "t", header);
  }
  CHECK(code_of_bytes(with_header(R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 9)) ==
        "CORRUPT_WEIGHTS");
}

TEST_CASE("a file that cannot be written leaves nothing behind") {
  const Folder folder;
  const StateDict tensors = {{"a", at::ones({3})}};
  fs::create_directory(folder.file("taken"));
  for (const std::string& path : {folder.file("missing/x.safetensors"), folder.file("taken")}) {
    try {
      write_safetensors(path, tensors, {});
      FAIL("written: " << path);
    } catch (const Error& error) {
      CHECK(error.code == "OUTPUT_UNWRITABLE");
      CHECK(error.file == path);
    }
  }
  CHECK(folder.entries() == 1);
}
