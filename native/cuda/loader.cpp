#include "cuda/loader.h"

#include <dlfcn.h>

#include <cstdlib>
#include <utility>

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
    looked_for_ = false;
    reason_ = "no NVIDIA driver is installed (" + std::string(kDriverName) + " was not found)";
    return;
  }
  open(path.empty() ? beside_this_binary() : path);
  if (api_) list_devices();
}

CudaLibrary::~CudaLibrary() {
  for (const auto& [device, context] : idle_) api_->context_destroy(context);
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
      devices_.push_back({this, i, device.name, device.compute_major, device.compute_minor, device.memory_bytes});
    }
  }
  if (available()) reason_.clear();
}

CudaLibrary::Lease CudaLibrary::borrow_context(const CudaDevice& device) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto idle = idle_.extract(device.index)) return {device, idle.mapped()};
  }
  HepaticaCudaContext* context = nullptr;
  HepaticaCudaFailure failure = {};
  if (api_->context_create(device.index, &context, &failure) != HEPATICA_CUDA_OK) {
    throw cuda_error("The GPU " + device.name + " cannot be used", failure.reason);
  }
  return {device, context};
}

CudaLibrary::Lease::~Lease() {
  CudaLibrary& library = *device_.library;
  bool kept = false;
  {
    const std::lock_guard lock(library.mutex_);
    kept = library.idle_.emplace(device_.index, context_).second;
  }
  if (!kept) library.api_->context_destroy(context_);
}

Error cuda_error(const std::string& what, const std::string& reason) {
  const bool no_memory = reason.find("out of memory") != std::string::npos;
  return Error(no_memory ? "CUDA_OUT_OF_MEMORY" : "CUDA_FAILED", what + ": " + reason, {}, "device",
               no_memory ? "Use device 'cpu', or free memory on the GPU" : "Use device 'cpu'");
}

}  // namespace hepatica
