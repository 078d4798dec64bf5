#include "models/weights/pickle_tensors.h"

#include <ATen/ops/as_strided.h>

#include <array>
#include <utility>

#include "core/error.h"

namespace hepatica::pickle {
namespace {

constexpr std::array<std::pair<const char*, at::ScalarType>, 9> kStorageTypes = {{
    {"FloatStorage", at::kFloat},
    {"HalfStorage", at::kHalf},
    {"BFloat16Storage", at::kBFloat16},
    {"DoubleStorage", at::kDouble},
    {"LongStorage", at::kLong},
    {"IntStorage", at::kInt},
    {"ShortStorage", at::kShort},
    {"CharStorage", at::kChar},
    {"ByteStorage", at::kByte},
}};

constexpr size_t kMaxDimensions = 8;
constexpr int64_t kMaxElements = int64_t{1} << 40U;

}  // namespace

Value known_global(const std::string& module, const std::string& name, const std::string& file) {
  if (module == "collections" && name == "OrderedDict") return Callable::kOrderedDict;
  if (module == "torch._utils" && name == "_rebuild_tensor_v2") return Callable::kRebuildTensor;
  if (module == "torch._utils" && name == "_rebuild_parameter") return Callable::kRebuildParameter;
  for (const auto& [known, dtype] : kStorageTypes) {
    if (module == "torch" && name == known) return StorageType{dtype};
  }
  const std::string full = (module + "." + name).substr(0, 200);
  throw Error("UNSAFE_PICKLE", file + " asks Python to call " + full + ": such a file can run any program", file, full,
              "Use the published .safetensors file, or save nothing but the state_dict() of the network");
}

void TensorBuilder::corrupt(const std::string& why) const {
  throw Error("CORRUPT_WEIGHTS", file_ + ": its pickle " + why, file_, {}, "Copy or download the weights again");
}

template <typename T>
const T& TensorBuilder::get(ValueId id, const char* what) const {
  const T* value = std::get_if<T>(&values_[id]);
  if (!value) corrupt(std::string("does not give ") + what + " as torch.save does");
  return *value;
}

const std::vector<ValueId>& TensorBuilder::arguments_of(ValueId arguments, size_t at_least) const {
  const auto& items = get<Tuple>(arguments, "arguments").items;
  if (items.size() < at_least) corrupt("does not give arguments as torch.save does");
  return items;
}

Value TensorBuilder::storage(ValueId persistent_id) {
  const auto& parts = arguments_of(persistent_id, 5);
  if (get<std::string>(parts[0], "a storage") != "storage") corrupt("refers to something else than a storage");
  const at::ScalarType dtype = get<StorageType>(parts[1], "a storage's type").dtype;
  const std::string& key = get<std::string>(parts[2], "a storage's key");
  const int64_t elements = get<int64_t>(parts[4], "a storage's size");
  if (elements < 0 || elements > kMaxElements) corrupt("gives a storage an impossible size");
  const auto known = storages_.find(key);
  if (known == storages_.end()) return Storage{storages_[key] = read_storage_(key, dtype, elements)};
  if (known->second.scalar_type() != dtype || known->second.numel() != elements) {
    corrupt("describes the storage " + key + " in two ways");
  }
  return Storage{known->second};
}

Value TensorBuilder::call(ValueId callable, ValueId arguments) {
  switch (get<Callable>(callable, "a callable")) {
    case Callable::kOrderedDict:
      if (!arguments_of(arguments, 0).empty()) corrupt("fills a dictionary in another way than torch.save does");
      return Dict{};
    case Callable::kRebuildTensor:
      return rebuild_tensor(arguments_of(arguments, 4));
    case Callable::kRebuildParameter:
      return get<at::Tensor>(arguments_of(arguments, 1)[0], "a parameter");
  }
  corrupt("calls something unknown");
}

std::vector<int64_t> TensorBuilder::sizes(ValueId tuple, const char* what) const {
  std::vector<int64_t> values;
  for (const ValueId item : get<Tuple>(tuple, what).items) {
    const int64_t value = get<int64_t>(item, what);
    if (value < 0 || value > kMaxElements) corrupt(std::string("gives an impossible value in ") + what);
    values.push_back(value);
  }
  if (values.size() > kMaxDimensions) corrupt("gives a tensor more than 8 dimensions");
  return values;
}

// Arguments: storage, offset, size, stride, requires_grad, hooks. Nothing may lie outside the storage, nor may a view
// have more elements than it (a stride of zero would let a small file ask for any amount of memory later).
at::Tensor TensorBuilder::rebuild_tensor(const std::vector<ValueId>& arguments) const {
  const at::Tensor& elements = get<Storage>(arguments[0], "a storage").elements;
  const int64_t offset = get<int64_t>(arguments[1], "an offset");
  const std::vector<int64_t> shape = sizes(arguments[2], "a shape");
  const std::vector<int64_t> strides = sizes(arguments[3], "strides");
  if (shape.size() != strides.size()) corrupt("gives a tensor another number of strides than dimensions");
  int64_t count = 1;
  int64_t last = offset;
  bool outside = offset < 0 || offset > elements.numel();
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t reach = 0;
    outside = outside || __builtin_mul_overflow(count, shape[i], &count) ||
              __builtin_mul_overflow(shape[i] > 0 ? shape[i] - 1 : 0, strides[i], &reach) ||
              __builtin_add_overflow(last, reach, &last);
  }
  if (outside || count > elements.numel() || (count > 0 && last >= elements.numel())) {
    corrupt("gives a tensor that does not lie inside its storage");
  }
  return at::as_strided(elements, shape, strides, offset);
}

}  // namespace hepatica::pickle
