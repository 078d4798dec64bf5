#include "pipelines/on_training_device.h"

#include <exception>

#include "core/error.h"
#include "runtime/on_device.h"

namespace hepatica {

ComputeDevice choose_training_device(const DeviceChoice& choice, TrainingPrecision precision, Run& run) {
  const ComputeDevice device = choose_device(choice, DeviceUse::kNetworks, Devices::of_process(), run);
  training_device(device, precision);
  return device;
}

TrainingDevice training_device(const ComputeDevice& device, TrainingPrecision precision) {
  if (precision == TrainingPrecision::kBf16 && !device.bf16) {
    throw Error("INVALID_ARGUMENT",
                "Expected precision to be fp32 or auto: " + device.label + " has no bf16 arithmetic", {}, "precision",
                "Train with precision auto");
  }
  return {
      .tensors = device.tensors, .label = device.label, .bf16 = precision != TrainingPrecision::kFp32 && device.bf16};
}

History train_on(const ComputeDevice& device, const DeviceChoice& choice, TrainingPrecision precision,
                 const Communicator& communicator, const EpochCallback& on_epoch, Run& run, const Train& train) {
  if (communicator.size() > 1) return train(training_device(device, precision), on_epoch);
  int64_t epochs = 0;
  if (!device.is_cpu()) {
    try {
      History history = train(training_device(device, precision), [&](const std::string& epoch) {
        ++epochs;
        on_epoch(epoch);
      });
      release_device_memory(device);
      return history;
    } catch (const Cancelled&) {
      release_device_memory(device);
      throw;
    } catch (...) {
      if (epochs > 0) throw device_failure(device, std::current_exception());
      give_way_to_cpu(device, std::current_exception(), choice, run);
    }
  }
  return train(training_device(ComputeDevice::cpu(), precision), on_epoch);
}

}  // namespace hepatica
