#include "runtime/library_error.h"

#include <c10/util/Exception.h>

#include <string>

namespace hepatica {

namespace {

// The CPU allocator has no exception type of its own: it says "DefaultCPUAllocator: can't allocate memory".
bool memory_ran_out(const c10::Error& error, const std::string& message) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) ||
         message.find("can't allocate memory") != std::string::npos;
}

}  // namespace

Error library_error(const std::exception& failure) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&failure);
  if (!torch_error) return Error("INTERNAL_ERROR", failure.what());
  const std::string message = torch_error->what_without_backtrace();
  return Error(memory_ran_out(*torch_error, message) ? "OUT_OF_MEMORY" : "INTERNAL_ERROR", "libtorch: " + message);
}

}  // namespace hepatica
