#include "cuda/loader.h"

#include <dlfcn.h>

#include <cstdlib>
#include <utility>

#include "core/error.h"

namespace hepatica {
namespace {

constexpr const char* kLibraryName = "libhepatica_cuda.so";
constexpr const char* kDriverName = "libcuda.so.1";

// The oldest architecture that the kernels are built for: Turing.
constexpr int kOldestMajor = 7;
constexpr int kOldestMinor = 5;

bool is_supported(const HepaticaCudaDevice& device) {
  return device.compute_major > kOldestMajor ||
         (device.compute_major == kOldestMajor && device.compute_minor >= kOldestMinor);
}

// The kernel library isn't touched on machines without a driver.
bool has_driver() {
  void* const driver = dlopen(kDriverName, RTLD_LAZY | RTLD_LOCAL);
  if (driver) dlclose(driver);
  return driver != nullptr;
}

std::filesystem::path beside_this_binary() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<const void*>(&beside_this_binary), &info) || !info.dli_fname) return kLibraryName;
  return std::filesystem::absolute(info.dli_fname).parent_path() / kLibraryName;
}

std::filesystem::path path_from_environment() {
  const char* const path = std::getenv("HEPATICA_CUDA_LIBRARY");
  return path ? std::filesystem::path(path) : std::filesystem::path();
}

}  // namespace

CudaLibrary& CudaLibrary::instance() {
  // Never destroyed: the driver may be gone when static objects die.
  static CudaLibrary* const library = new CudaLibrary(path_from_environment());
  return *library;
}

CudaLibrary::CudaLibrary(const std::filesystem::path& path) {
  if (path.empty() && !has_driver()) {
    reason_ = "no NVIDIA driver is installed (" + std::string(kDriverName) + " was not found)";
    return;
  }
  open(path.empty() ? beside_this_binary() : path);
  if (api_) list_devices();
}

CudaLibrary::~CudaLibrary() {
  if (idle_) api_->context_destroy(idle_);
  if (handle_) dlclose(handle_);
}

void CudaLibrary::open(const std::filesystem::path& path) {
  handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle_) {
    const char* const why = dlerror();
    reason_ = "the kernel library cannot be opened (" + std::string(why ? why : path.string()) + ")";
    return;
  }
  const auto entry = reinterpret_cast<HepaticaCudaEntryPoint>(dlsym(handle_, HEPATICA_CUDA_ENTRY_POINT));
  const HepaticaCudaApi* const api = entry ? entry() : nullptr;
  if (!api) {
    reason_ = path.string() + " is not hepatica's kernel library";
  } else if (api->version != HEPATICA_CUDA_API_VERSION || api->size != sizeof(HepaticaCudaApi)) {
    reason_ = path.string() + " is of version " + std::to_string(api->version) + ", but this build needs version " +
              std::to_string(HEPATICA_CUDA_API_VERSION);
  } else {
    api_ = api;
  }
}

void CudaLibrary::list_devices() {
  HepaticaCudaFailure failure = {};
  int32_t count = 0;
  if (api_->device_count(&count, &failure) != HEPATICA_CUDA_OK) {
    reason_ = failure.reason;
    return;
  }
  reason_ = "the NVIDIA driver knows no GPU";
  for (int32_t i = 0; i < count; ++i) {
    HepaticaCudaDevice device = {};
    if (api_->device_info(i, &device, &failure) != HEPATICA_CUDA_OK) {
      reason_ = failure.reason;
    } else if (!is_supported(device)) {
      reason_ = "the GPU " + std::string(device.name) + " is too old: compute capability " +
                std::to_string(device.compute_major) + "." + std::to_string(device.compute_minor) + ", but " +
                std::to_string(kOldestMajor) + "." + std::to_string(kOldestMinor) + " is needed";
    } else {
      devices_.push_back({i, device.name, device.compute_major, device.compute_minor, device.memory_bytes});
    }
  }
  if (available()) reason_.clear();
}

CudaLibrary::Lease CudaLibrary::borrow_context() {
  {
    const std::lock_guard lock(mutex_);
    if (idle_) return {*this, std::exchange(idle_, nullptr)};
  }
  HepaticaCudaContext* context = nullptr;
  HepaticaCudaFailure failure = {};
  if (api_->context_create(devices_[0].index, &context, &failure) != HEPATICA_CUDA_OK) {
    throw Error("CUDA_FAILED", "The GPU " + devices_[0].name + " cannot be used: " + failure.reason, {}, "device",
                "Use device 'cpu', or free the GPU");
  }
  return {*this, context};
}

CudaLibrary::Lease::~Lease() {
  {
    const std::lock_guard lock(library_.mutex_);
    if (!library_.idle_) std::swap(library_.idle_, context_);
  }
  if (context_) library_.api_->context_destroy(context_);
}

CudaLibrary* choose_cuda(Device requested, CudaLibrary& library) {
  if (requested == Device::kCpu) return nullptr;
  if (library.available()) return &library;
  if (requested == Device::kAuto) return nullptr;
  throw Error("NO_CUDA_DEVICE", "The device 'cuda' was asked for, but " + library.reason(), {}, "device",
              "Use device 'auto' or 'cpu', or install the NVIDIA driver and a GPU of compute capability 7.5 or later");
}

}  // namespace hepatica
