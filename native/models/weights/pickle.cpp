#include "models/weights/pickle.h"

#include <unordered_map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "models/weights/pickle_bytes.h"
#include "models/weights/pickle_tensors.h"
#include "models/weights/pickle_values.h"

namespace hepatica {
namespace pickle {
namespace {

// ResNet101's state dict takes 0.1 MiB of pickle; a value of one byte takes about 50 here.
constexpr size_t kMaxBytes = 4U << 20U;

class Machine {
 public:
  Machine(std::string_view bytes, const StorageReader& read_storage, const std::string& file)
      : bytes_(bytes, file), tensors_(values_, read_storage, file), file_(file) {}

  StateDict run() {
    while (true) {
      const uint8_t opcode = bytes_.byte();
      if (opcode == '.') return state_dict(pop());
      if (!build_scalar(opcode) && !build_container(opcode) && !remember(opcode) && !build_object(opcode)) {
        bytes_.corrupt("holds an operation that torch.save does not write");
      }
    }
  }

 private:
  bool build_scalar(uint8_t opcode) {
    switch (opcode) {
      case 'N':
        return push(None{});
      case 0x88:
        return push(true);
      case 0x89:
        return push(false);
      case 'J':
        return push(int64_t{static_cast<int32_t>(bytes_.little_endian(4))});
      case 'K':
        return push(static_cast<int64_t>(bytes_.little_endian(1)));
      case 'M':
        return push(static_cast<int64_t>(bytes_.little_endian(2)));
      case 0x8a:
        return push(bytes_.long_integer());
      case 'G':
        return push(bytes_.big_endian_double());
      case 'X':
        return push(bytes_.text(bytes_.little_endian(4)));
      case 'U':
        return push(bytes_.text(bytes_.little_endian(1)));
      default:
        return false;
    }
  }

  bool build_container(uint8_t opcode) {
    switch (opcode) {
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case ')':
        return push(Tuple{});
      case 't':
        return push(Tuple{pop_to_mark()});
      case 0x85:
      case 0x86:
      case 0x87:
        return push(Tuple{pop_last(opcode - 0x84)});
      case ']':
        return push(List{});
      case 'a':
        return append(pop_last(1));
      case 'e':
        return append(pop_to_mark());
      case '}':
        return push(Dict{});
      case 's':
        return set_items(pop_last(2));
      case 'u':
        return set_items(pop_to_mark());
      default:
        return false;
    }
  }

  bool remember(uint8_t opcode) {
    switch (opcode) {
      case 'q':
        memo_[bytes_.little_endian(1)] = top();
        return true;
      case 'r':
        memo_[bytes_.little_endian(4)] = top();
        return true;
      case 'h':
        return recall(bytes_.little_endian(1));
      case 'j':
        return recall(bytes_.little_endian(4));
      default:
        return false;
    }
  }

  bool build_object(uint8_t opcode) {
    switch (opcode) {
      case 0x80:
        if (bytes_.byte() != 2) bytes_.corrupt("has another protocol than 2, torch.save's own");
        return true;
      case 'c': {
        const std::string module = bytes_.line();
        return push(known_global(module, bytes_.line(), file_));
      }
      case 'Q':
        return push(tensors_.storage(pop()));
      case 'R': {
        const ValueId arguments = pop();
        return push(tensors_.call(pop(), arguments));
      }
      case 'b':
        pop();
        get<Dict>(top());
        return true;
      default:
        return false;
    }
  }

  template <typename T>
  T& get(ValueId id) {
    T* value = std::get_if<T>(&values_[id]);
    if (!value) bytes_.corrupt("applies an operation to a value of another kind");
    return *value;
  }

  bool push(Value value) {
    values_.push_back(std::move(value));
    stack_.push_back(values_.size() - 1);
    return true;
  }

  // The lowest position that the operations since the last mark may touch.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  ValueId top() const {
    if (stack_.size() <= floor()) bytes_.corrupt("takes a value from an empty stack");
    return stack_.back();
  }

  ValueId pop() { return pop_last(1)[0]; }

  std::vector<ValueId> pop_last(size_t count) {
    if (stack_.size() < floor() + count) bytes_.corrupt("takes a value from an empty stack");
    std::vector<ValueId> taken(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return taken;
  }

  std::vector<ValueId> pop_to_mark() {
    if (marks_.empty()) bytes_.corrupt("closes a list that it did not open");
    std::vector<ValueId> taken = pop_last(stack_.size() - marks_.back());
    marks_.pop_back();
    return taken;
  }

  bool append(const std::vector<ValueId>& items) {
    auto& list = get<List>(top()).items;
    list.insert(list.end(), items.begin(), items.end());
    return true;
  }

  bool set_items(const std::vector<ValueId>& items) {
    if (items.size() % 2 != 0) bytes_.corrupt("sets a key without a value");
    Dict& dict = get<Dict>(top());
    for (size_t i = 0; i < items.size(); i += 2) dict.items.emplace_back(items[i], items[i + 1]);
    return true;
  }

  bool recall(uint64_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) bytes_.corrupt("recalls a value that it did not keep");
    stack_.push_back(found->second);
    return true;
  }

  StateDict state_dict(ValueId result) {
    const auto refuse = [&](const std::string& why, const std::string& key) {
      throw Error("WRONG_MODEL", file_ + " does not hold a state dict: " + why, file_, key,
                  "Save the network's state_dict(): torch.save(net.state_dict(), path)");
    };
    const Dict* dict = std::get_if<Dict>(&values_[result]);
    if (!dict) refuse("it is not a dictionary", {});
    StateDict state;
    for (const auto& [key, value] : dict->items) {
      const std::string* name = std::get_if<std::string>(&values_[key]);
      if (!name) refuse("a key is not a string", {});
      const at::Tensor* tensor = std::get_if<at::Tensor>(&values_[value]);
      if (!tensor) refuse(*name + " is not a tensor", *name);
      if (!state.emplace(*name, *tensor).second) refuse(*name + " is named twice", *name);
    }
    return state;
  }

  PickleBytes bytes_;
  std::vector<Value> values_;
  std::vector<ValueId> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, ValueId> memo_;
  TensorBuilder tensors_;
  const std::string& file_;
};

}  // namespace
}  // namespace pickle

StateDict unpickle_state_dict(std::string_view bytes, const StorageReader& read_storage, const std::string& file) {
  if (bytes.size() > pickle::kMaxBytes) {
    pickle::PickleBytes(bytes, file)
        .corrupt("has " + std::to_string(bytes.size()) + " bytes, too many for a state dict");
  }
  return pickle::Machine(bytes, read_storage, file).run();
}

}  // namespace hepatica
