// Tensors of a pickle: storages by their persistent ids, and the calls that rebuild tensors on them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/weights/pickle.h"
#include "models/weights/pickle_values.h"

namespace hepatica::pickle {

// collections.OrderedDict, torch._utils._rebuild_tensor_v2, torch._utils._rebuild_parameter or a storage type; throws
// UNSAFE_PICKLE for every other name.
Value known_global(const std::string& module, const std::string& name, const std::string& file);

class TensorBuilder {
 public:
  // `values` is the list that ids point into; it may grow while the builder lives.
  TensorBuilder(const std::vector<Value>& values, const StorageReader& read_storage, const std::string& file)
      : values_(values), read_storage_(read_storage), file_(file) {}

  // Of the persistent id ("storage", storage type, key, device, element count); each key is read once.
  Value storage(ValueId persistent_id);
  Value call(ValueId callable, ValueId arguments);

 private:
  [[noreturn]] void corrupt(const std::string& why) const;
  template <typename T>
  const T& get(ValueId id, const char* what) const;
  const std::vector<ValueId>& arguments_of(ValueId arguments, size_t at_least) const;
  std::vector<int64_t> sizes(ValueId tuple, const char* what) const;
  at::Tensor rebuild_tensor(const std::vector<ValueId>& arguments) const;

  const std::vector<Value>& values_;
  const StorageReader& read_storage_;
  const std::string& file_;
  std::map<std::string, at::Tensor> storages_;
};

}  // namespace hepatica::pickle
