// What a pickle builds. Values live in one list and containers name them by index: no nesting or cycle of a hostile
// pickle costs stack, or memory beyond its opcodes.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace hepatica::pickle {

using ValueId = size_t;

struct None {};
struct List {
  std::vector<ValueId> items;
};
struct Tuple {
  std::vector<ValueId> items;
};
// An OrderedDict's attributes (torch keeps version numbers there) are dropped.
struct Dict {
  std::vector<std::pair<ValueId, ValueId>> items;
};
enum class Callable { kOrderedDict, kRebuildTensor, kRebuildParameter };
// torch.FloatStorage and its kin: they only name an element type.
struct StorageType {
  at::ScalarType dtype = at::kFloat;
};
// One-dimensional.
struct Storage {
  at::Tensor elements;
};

using Value = std::variant<None, bool, int64_t, double, std::string, List, Tuple, Dict, Callable, StorageType, Storage,
                           at::Tensor>;

}  // namespace hepatica::pickle
