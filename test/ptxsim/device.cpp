#include "device.h"

#include <algorithm>
#include <cstring>

#include "fat_binary.h"
#include "parser.h"
#include "violation.h"

namespace ptxsim {
namespace {

void drain(Stream& stream) {
  while (!stream.work.empty()) {
    const std::function<void()> work = std::move(stream.work.front());
    stream.work.pop_front();
    work();
  }
}

std::vector<uint8_t> pack_parameters(const Kernel& kernel, void** arguments) {
  std::vector<uint8_t> packed;
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    const Parameter& parameter = kernel.parameters[i];
    packed.resize(parameter.offset + parameter.bytes);
    std::memcpy(packed.data() + parameter.offset, arguments[i], parameter.bytes);
  }
  return packed;
}

}  // namespace

Device& Device::instance() {
  static Device* const device = new Device;
  return *device;
}

Stream* Device::create_stream() { return streams_.emplace_back(std::make_unique<Stream>()).get(); }

void Device::destroy_stream(Stream* stream) {
  drain(*stream);
  std::erase_if(streams_, [&](const std::unique_ptr<Stream>& owned) { return owned.get() == stream; });
}

void Device::enqueue(Stream* stream, std::function<void()> work) {
  // The default stream waits for the others, and they for it.
  if (stream) {
    drain(*default_stream_);
  } else {
    synchronize(nullptr);
  }
  (stream ? stream : default_stream_.get())->work.push_back(std::move(work));
}

void Device::synchronize(Stream* stream) {
  if (stream) return drain(*stream);
  drain(*default_stream_);
  for (const auto& other : streams_) drain(*other);
}

const Kernel& Device::find_kernel(const RegisteredKernel& kernel) {
  RegisteredModule& module = *kernel.module;
  if (!module.kernels) module.kernels = std::make_unique<Module>(parse_module(find_ptx(module.fat_binary)));
  const auto found = module.kernels->find(kernel.name);
  if (found == module.kernels->end()) throw Violation(Fault::kMalformedPtx, "the PTX has no kernel " + kernel.name);
  return found->second;
}

cudaError_t Device::launch(const void* stub, const LaunchConfiguration& configuration, void** arguments) {
  const auto registered = kernels.find(stub);
  if (registered == kernels.end()) return cudaErrorInvalidDeviceFunction;
  const Kernel& kernel = find_kernel(registered->second);
  const Launch launch = {.kernel = kernel,
                         .grid = configuration.grid,
                         .block = configuration.block,
                         .parameters = pack_parameters(kernel, arguments),
                         .dynamic_shared_bytes = configuration.shared_bytes,
                         .number = ++launches_,
                         .schedule = schedule_from_environment()};
  if (!is_valid_configuration(launch)) return cudaErrorInvalidConfiguration;
  enqueue(configuration.stream, [this, launch] { run_launch(launch, memory); });
  return cudaSuccess;
}

}  // namespace ptxsim
