#include "models/weights/torch_archive.h"

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>
#include <doctest/doctest.h>
#include <torch/utils.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "../source_folder.h"
#include "core/error.h"
#include "models/resnet101/base_weights.h"
#include "models/resnet101/initial_weights.h"
#include "models/weights/pickle.h"
#include "models/weights/read_state_dict.h"
#include "models/weights/safetensors.h"

using namespace hepatica;
using namespace std::string_literals;
namespace fs = std::filesystem;

namespace {

const std::string kFixtures = test::in_source_folder("test/fixtures/models/");

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "hepatica-archive-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string bytes_of(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

// Storages of any name, as many elements as asked for: 0, 1, 2, ...
at::Tensor counting_storage(const std::string&, at::ScalarType dtype, int64_t elements) {
  return at::arange(elements, dtype);
}

struct Refusal {
  std::string code = "accepted";
  std::string field;
};

template <typename Call>
Refusal refusal(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK_FALSE(error.file.empty());
    CHECK_FALSE(error.remedy.empty());
    return {error.code, error.field};
  }
  return {};
}

Refusal unpickled(const std::string& pickle) {
  return refusal([&] { unpickle_state_dict(pickle, counting_storage, "x.pth"); });
}

std::string text(const std::string& value) {
  return std::string{'X', static_cast<char>(value.size()), '\0', '\0', '\0'} + value;
}

std::string global(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }

// {"w": a tensor of `shape`, `strides` and `offset` (pickled) on a storage of six floats}
std::string pickled_tensor(const std::string& offset, const std::string& shape, const std::string& strides,
                           const std::string& elements = "K\x06") {
  return "\x80\x02}(" + text("w") + global("torch._utils", "_rebuild_tensor_v2") + "((" + text("storage") +
         global("torch", "FloatStorage") + text("0") + text("cpu") + elements + "tQ" + offset + shape + strides +
         "\x89" + global("collections", "OrderedDict") + ")RtRu.";
}

}  // namespace

TEST_CASE("state dicts of torch.save are read, views and parameters too") {
  for (const std::string name : {"tiny.pth", "tiny_dict.pth"}) {
    const StateDict state = read_state_dict(kFixtures + name);
    CHECK(state.size() == 6);
    CHECK((state.at("half").scalar_type() == at::kHalf));
    CHECK((state.at("rounded").scalar_type() == at::kBFloat16));
    CHECK((state.at("bn1.num_batches_tracked").scalar_type() == at::kLong));
    CHECK(state.at("bn1.num_batches_tracked").dim() == 0);
    CHECK(state.at("conv1.weight").sizes() == at::IntArrayRef({2, 3, 3, 3}));
    CHECK(state.at("whole").sizes() == at::IntArrayRef({4, 3}));
    CHECK(at::equal(state.at("view"), state.at("whole").slice(0, 1, 3).t()));
    const StateDict expected = SafetensorsFile(kFixtures + "tiny.safetensors").tensors();
    REQUIRE(expected.size() == state.size());
    for (const auto& [key, tensor] : expected) CHECK_MESSAGE(at::equal(state.at(key), tensor), key);
  }
}

TEST_CASE("no callable but those of state dicts is accepted") {
  for (const auto& [module, name] : {std::pair{"os", "system"},
                                     {"builtins", "eval"},
                                     {"torch", "load"},
                                     {"collections", "defaultdict"},
                                     {"torch._utils", "_rebuild_tensor"}}) {
    const Refusal refused = unpickled("\x80\x02" + global(module, name) + text("true") + "\x85R.");
    CHECK(refused.code == "UNSAFE_PICKLE");
    CHECK(refused.field == std::string(module) + "." + name);
  }
  CHECK(unpickled("\x80\x02" + global("torch", "FloatStorage") + ")R.").code == "CORRUPT_WEIGHTS");
  // INST, OBJ, NEWOBJ, STACK_GLOBAL and EXT1 are other ways to call something.
  for (const char opcode : {'i', 'o', '\x81', '\x93', '\x82'}) {
    CHECK(unpickled("\x80\x02("s + opcode + "os\nsystem\n.").code == "CORRUPT_WEIGHTS");
  }
}

TEST_CASE("a tensor never reaches out of its storage, nor has more elements") {
  CHECK(unpickled(pickled_tensor("K\x00"s, "K\x02K\x03\x86", "K\x03K\x01\x86")).code == "accepted");
  const std::string huge = "\x8a\x06\xff\xff\xff\xff\xff\x00"s;
  for (const std::string& pickle : {
           pickled_tensor("K\x01", "K\x02K\x03\x86", "K\x03K\x01\x86"),
           pickled_tensor("J\xff\xff\xff\xff", "K\x02\x85", "K\x01\x85"),
           pickled_tensor("K\x00"s, "K\x07\x85", "K\x01\x85"),
           pickled_tensor("K\x00"s, "K\x02\x85", "K\x06\x85"),
           pickled_tensor("K\x00"s, huge + "\x85", "K\x00\x85"s),
           pickled_tensor("K\x00"s, huge + huge + "\x86", "K\x00K\x00\x86"s),
           pickled_tensor("K\x00"s, "K\x02\x85", huge + "\x85"),
           pickled_tensor("K\x00"s, "J\xff\xff\xff\xff\x85", "K\x01\x85"),
           pickled_tensor("K\x00"s, "K\x02\x85", "J\xff\xff\xff\xff\x85"),
           pickled_tensor("K\x00"s, "K\x02\x85", "K\x01K\x01\x86"),
           pickled_tensor("K\x00"s, "K\x02\x85", "K\x01\x85", "J\xff\xff\xff\xff"),
           pickled_tensor("K\x00"s, "K\x02\x85", "K\x01\x85", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"),
           pickled_tensor("K\x00"s, "(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01t",
                          "(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01t"),
       }) {
    CHECK(unpickled(pickle).code == "CORRUPT_WEIGHTS");
  }
}

TEST_CASE("broken pickles are refused, whatever they hold") {
  for (const std::string& pickle : {""s,
                                    "."s,
                                    "\x80\x02"s,
                                    "\x80\x04}."s,
                                    "\x80\x02t."s,
                                    "\x80\x02(a."s,
                                    "\x80\x02]s."s,
                                    "\x80\x02}(Nu."s,
                                    "\x80\x02h\x01."s,
                                    "\x80\x02q\x01."s,
                                    "\x80\x02X\xff\xff\xff\xff."s,
                                    "\x80\x02U\x09."s,
                                    "\x80\x02\x8a\x09."s,
                                    "\x80\x02NNR."s,
                                    "\x80\x02NQ."s,
                                    "\x80\x02)Q."s,
                                    "\x80\x02Nb."s,
                                    "\x80\x02(N)b."s,
                                    "\x80\x02cos"s,
                                    "\x80\x02(((("s,
                                    "\x80\x02N(u."s,
                                    "\x80\x02r\xff\xff\xff\xff."s}) {
    CHECK(unpickled(pickle).code == "CORRUPT_WEIGHTS");
  }
  // A list in itself a million times over, and one that holds itself: neither stack nor leak.
  std::string nested = "\x80\x02";
  for (int i = 0; i < 1000000; ++i) nested += "]";
  for (int i = 1; i < 1000000; ++i) nested += "a";
  CHECK(unpickled(nested + ".").code == "WRONG_MODEL");
  CHECK(unpickled("\x80\x02]q\x01h\x01"s + "a.").code == "WRONG_MODEL");
  CHECK(unpickled("\x80\x02" + std::string(5U << 20U, 'N') + ".").code == "CORRUPT_WEIGHTS");
  // Every beginning, and every byte changed: refused or read, never worse.
  const std::string whole = pickled_tensor("K\x00"s, "K\x02K\x03\x86", "K\x03K\x01\x86");
  for (size_t i = 0; i < whole.size(); ++i) {
    CHECK(unpickled(whole.substr(0, i)).code == "CORRUPT_WEIGHTS");
    for (const char change : {'\x01', '\x20', '\x80'}) {
      std::string broken = whole;
      broken[i] = static_cast<char>(broken[i] ^ change);
      const std::string code = unpickled(broken).code;
      const bool known =
          code == "accepted" || code == "CORRUPT_WEIGHTS" || code == "UNSAFE_PICKLE" || code == "WRONG_MODEL";
      CHECK_MESSAGE(known, code);
    }
  }
}

TEST_CASE("what is no state dict is refused as such") {
  CHECK(unpickled("\x80\x02K\x01.").code == "WRONG_MODEL");
  CHECK(unpickled("\x80\x02}K\x01K\x02s.").code == "WRONG_MODEL");
  const Refusal refused = unpickled("\x80\x02}" + text("epoch") + "K\x02s.");
  CHECK(refused.code == "WRONG_MODEL");
  CHECK(refused.field == "epoch");
  CHECK(unpickled("\x80\x02}.").code == "accepted");
}

TEST_CASE("broken archives are refused") {
  const Folder folder;
  const auto code = [&](const std::string& bytes) {
    std::ofstream(folder.file("x.pth"), std::ios::binary) << bytes;
    return refusal([&] { read_state_dict(folder.file("x.pth")); }).code;
  };
  const std::string whole = bytes_of(kFixtures + "tiny.pth");
  CHECK(code(whole) == "accepted");
  for (size_t bytes = 4; bytes < whole.size(); bytes += 97) CHECK(code(whole.substr(0, bytes)) == "CORRUPT_WEIGHTS");
  CHECK(code("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.") == "OLD_TORCH_FORMAT");
  CHECK(code("neither of them") == "NOT_SAFETENSORS");
  CHECK(refusal([&] { read_state_dict(folder.file("missing.pth")); }).code == "FILE_NOT_FOUND");
  // Every byte of the directory at the end changed: sizes, offsets, names and counts that do not fit.
  for (size_t i = whole.find("PK\x01\x02"); i < whole.size(); ++i) {
    std::string broken = whole;
    broken[i] = static_cast<char>(broken[i] ^ 0x55);
    const std::string found = code(broken);
    const bool known = found == "accepted" || found == "CORRUPT_WEIGHTS" || found == "WRONG_MODEL";
    CHECK_MESSAGE(known, found << " at " << i);
  }
}

TEST_CASE("a small archive cannot ask for much memory") {
  const Folder folder;
  const std::string pickle = "\x80\x02}.";
  {
    caffe2::serialize::PyTorchStreamWriter writer(folder.file("bomb.pth"));
    const std::string zeros(64U << 20U, '\0');
    writer.writeRecord("data.pkl", zeros.data(), zeros.size(), true);
    writer.writeEndOfFile();
  }
  CHECK(fs::file_size(folder.file("bomb.pth")) < 1U << 20U);
  CHECK(refusal([&] { read_state_dict(folder.file("bomb.pth")); }).code == "CORRUPT_WEIGHTS");
  {
    caffe2::serialize::PyTorchStreamWriter writer(folder.file("empty.pth"));
    writer.writeRecord("data.pkl", pickle.data(), pickle.size());
    writer.writeEndOfFile();
  }
  CHECK(read_state_dict(folder.file("empty.pth")).empty());
}

TEST_CASE("a base takes what it needs of a published file, and lists what does not fit") {
  const Folder folder;
  torch::manual_seed(5);
  TrainedLayers published(resnet101_layers(4, true));
  draw_weights(ResNet101{}, published);
  StateDict whole = published.state_dict();
  const std::string path = folder.file("base.safetensors");
  const auto write = [&] { write_safetensors(path, whole, {}); };
  write();
  torch::manual_seed(6);
  const at::Tensor next = at::rand({3});
  torch::manual_seed(6);
  const BaseWeights base = load_base(path, 1);
  CHECK(at::equal(at::rand({3}), next));
  TrainedLayers net(resnet101_layers(1));
  load_state(net, base.state, "ResNet101");
  CHECK(at::equal(net.state_dict().at("layer1.2.conv3.weight"), whole.at("layer1.2.conv3.weight")));
  CHECK(base.state.size() + base.left_out.size() == whole.size());
  CHECK(base.left_out.front() == "fc.bias");
  CHECK(load_base(path, 4, true).left_out.empty());

  // Another head is left out; another ResNet's deeper blocks are surplus; a name less is missing.
  whole["fc.weight"] = at::zeros({4, 2048});
  whole["fc.bias"] = at::zeros({4});
  write();
  CHECK(load_base(path, 2).left_out.size() > 2);
  CHECK(refusal([&] { load_base(path, 4, true); }).field == "fc.bias");
  whole["layer3.23.conv1.weight"] = at::zeros({1});
  write();
  CHECK(refusal([&] { load_base(path, 2); }).field == "layer3.23.conv1.weight");
  whole.erase("layer3.23.conv1.weight");
  whole.erase("bn1.num_batches_tracked");
  whole["conv1.weight"] = at::full({64, 3, 7, 7}, NAN);
  write();
  CHECK(refusal([&] { load_base(path, 2); }).field == "conv1.weight");
  whole.erase("conv1.weight");
  write();
  try {
    load_base(path, 2);
    FAIL("loaded");
  } catch (const Error& error) {
    CHECK(error.code == "WRONG_MODEL");
    CHECK(std::string(error.what()).find("1 tensors missing: conv1.weight") != std::string::npos);
  }
}
