// Finds the kernel library at run time, so that one add-on serves machines with and without a GPU: no CUDA header and
// no link dependency here. What the library offers is in api.h.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/error.h"
#include "cuda/api.h"

namespace hepatica {

class CudaLibrary;

struct CudaDevice {
  // Whose kernels run on it.
  CudaLibrary* library;
  int index;
  std::string name;
  int compute_major;
  int compute_minor;
  uint64_t memory_bytes;

  // What Run::device_used reports: "cuda:0 NAME".
  std::string label() const { return "cuda:" + std::to_string(index) + " " + name; }
};

class CudaLibrary {
 public:
  // The process's library, looked for once: at HEPATICA_CUDA_LIBRARY, else beside the binary that holds this code.
  static CudaLibrary& instance();

  // Opens `path`; where it is empty, asks for the NVIDIA driver first and then looks beside this binary. Never throws
  // for what is missing: reason() says it.
  explicit CudaLibrary(const std::filesystem::path& path = {});
  ~CudaLibrary();
  CudaLibrary(const CudaLibrary&) = delete;
  CudaLibrary& operator=(const CudaLibrary&) = delete;

  bool available() const { return !devices_.empty(); }
  // False where no NVIDIA driver was found, so that no library was looked for.
  bool looked_for() const { return looked_for_; }
  // Why no device can be used, as a clause ("no NVIDIA driver answers"); empty where available().
  const std::string& reason() const { return reason_; }
  // Those that the kernels run on.
  const std::vector<CudaDevice>& devices() const { return devices_; }

  // Valid only where available().
  const HepaticaCudaApi& api() const { return *api_; }

  // A context on one of devices() for one thread at a time; given back, it keeps its buffers for the next call.
  // Throws CUDA_FAILED and CUDA_OUT_OF_MEMORY.
  class Lease;
  Lease borrow_context(const CudaDevice& device);

 private:
  void open(const std::filesystem::path& path);
  void list_devices();

  bool looked_for_ = true;
  void* handle_ = nullptr;
  const HepaticaCudaApi* api_ = nullptr;
  std::string reason_;
  std::vector<CudaDevice> devices_;
  std::mutex mutex_;
  std::map<int, HepaticaCudaContext*> idle_;  // at most one a device
};

class CudaLibrary::Lease {
 public:
  Lease(const CudaDevice& device, HepaticaCudaContext* context) : device_(device), context_(context) {}
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  HepaticaCudaContext* get() const { return context_; }

 private:
  const CudaDevice& device_;
  HepaticaCudaContext* context_;
};

// A failure of the library, CUDA_OUT_OF_MEMORY or CUDA_FAILED: `what` failed for `reason`.
Error cuda_error(const std::string& what, const std::string& reason);

}  // namespace hepatica
