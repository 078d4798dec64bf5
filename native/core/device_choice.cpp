#include "core/device_choice.h"

#include <charconv>

#include "core/error.h"

namespace hepatica {
namespace {

constexpr int kMaxIndex = 63;

std::optional<int> index_of(const std::string& digits) {
  int index = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, index);
  if (failure != std::errc() || stop != end || index < 0 || index > kMaxIndex) return std::nullopt;
  return index;
}

}  // namespace

DeviceChoice DeviceChoice::parse(const std::string& text) {
  if (text == "auto") return kAuto;
  if (text == "cpu") return kCpu;
  if (text == "cuda") return kCuda;
  if (text.starts_with("cuda:")) {
    if (const std::optional<int> index = index_of(text.substr(5))) return {Kind::kCuda, index};
  }
  throw Error("INVALID_ARGUMENT", "Expected device to be 'auto', 'cpu', 'cuda' or 'cuda:1', received '" + text + "'",
              {}, "device");
}

std::string DeviceChoice::text() const {
  if (kind == Kind::kAuto) return "auto";
  if (kind == Kind::kCpu) return "cpu";
  return index ? "cuda:" + std::to_string(*index) : "cuda";
}

}  // namespace hepatica
