// Finds the kernel library at run time, so that one add-on serves machines with and without a GPU: no CUDA header and
// no link dependency here. What the library offers is in api.h.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/run.h"
#include "cuda/api.h"

namespace hepatica {

struct CudaDevice {
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
  // Why no device can be used, as a clause ("no NVIDIA driver answers"); empty where available().
  const std::string& reason() const { return reason_; }
  // Those that the kernels run on.
  const std::vector<CudaDevice>& devices() const { return devices_; }

  // Valid only where available().
  const HepaticaCudaApi& api() const { return *api_; }

  // A context on devices()[0] for one thread at a time; given back, it keeps its buffers for the next call.
  // Throws CUDA_FAILED.
  class Lease;
  Lease borrow_context();

 private:
  void open(const std::filesystem::path& path);
  void list_devices();

  void* handle_ = nullptr;
  const HepaticaCudaApi* api_ = nullptr;
  std::string reason_;
  std::vector<CudaDevice> devices_;
  std::mutex mutex_;
  HepaticaCudaContext* idle_ = nullptr;
};

class CudaLibrary::Lease {
 public:
  Lease(CudaLibrary& library, HepaticaCudaContext* context) : library_(library), context_(context) {}
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  HepaticaCudaContext* get() const { return context_; }

 private:
  CudaLibrary& library_;
  HepaticaCudaContext* context_;
};

// The library for `requested`, or null for the CPU: kCuda without a device throws NO_CUDA_DEVICE with the reason and a
// remedy, kAuto without one is the CPU.
CudaLibrary* choose_cuda(Device requested, CudaLibrary& library);

}  // namespace hepatica
