#include "runtime/precision.h"

#include "core/error.h"
#include "runtime/device.h"

namespace hepatica {
namespace {

[[noreturn]] void refuse(const char* precision, const ComputeDevice& device) {
  const std::string computer = device.is_cpu() ? "This CPU" : device.label;
  throw Error("UNSUPPORTED_PRECISION", computer + " does not compute in " + precision, {}, "precision",
              "Use precision 'auto' or 'fp32'");
}

}  // namespace

Precision choose_precision(PrecisionChoice choice, const ComputeDevice& device) {
  switch (choice) {
    case PrecisionChoice::kFp32:
      return Precision::kFp32;
    case PrecisionChoice::kTf32:
      if (!device.tf32) refuse("tf32", device);
      return Precision::kTf32;
    case PrecisionChoice::kBf16:
      if (!device.bf16) refuse("bf16", device);
      return Precision::kBf16;
    case PrecisionChoice::kAuto:
      break;
  }
  return device.bf16 ? Precision::kBf16 : Precision::kFp32;
}

}  // namespace hepatica
