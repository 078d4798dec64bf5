#include "runtime/device.h"

#include <doctest/doctest.h>

#include <functional>

#include "runtime/on_device.h"

using namespace hepatica;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

ComputeDevice gpu(int index, const std::string& name) {
  return {.index = index, .label = "cuda:" + std::to_string(index) + " " + name};
}

// What a machine without a usable GPU says of itself.
Devices none(const std::string& reason, bool expected = true) {
  return {.gpus = {}, .reason = reason, .network_reason = {}, .gpu_expected = expected};
}

Devices two() {
  return {.gpus = {gpu(0, "first"), gpu(1, "second")}, .reason = {}, .network_reason = {}, .gpu_expected = true};
}

ComputeDevice choose(const DeviceChoice& choice, const Devices& devices, Run& run,
                     DeviceUse use = DeviceUse::kNetworks) {
  return choose_device(choice, use, devices, run);
}

Error refusal(const DeviceChoice& choice, const Devices& devices, DeviceUse use = DeviceUse::kNetworks) {
  Run run;
  try {
    choose(choice, devices, run, use);
  } catch (const Error& error) {
    return error;
  }
  return Error("", "nothing was thrown");
}

c10::OutOfMemoryError out_of_memory() {
  return {c10::SourceLocation{__func__, __FILE__, __LINE__}, "CUDA out of memory. Tried to allocate 2.00 GiB"};
}

std::exception_ptr as_pointer(const std::function<void()>& thrower) {
  try {
    thrower();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a device is named as in the option") {
  for (const char* text : {"auto", "cpu", "cuda", "cuda:0", "cuda:1", "cuda:63"}) {
    CHECK(DeviceChoice::parse(text).text() == text);
  }
  for (const char* text : {"", "gpu", "cuda:", "cuda:-1", "cuda:64", "cuda:1x", "cuda: 1", "CUDA"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(DeviceChoice::parse(text), Error);
  }
}

TEST_CASE("auto and cuda take the first GPU, cuda:1 the one that CUDA counts so, cpu none") {
  Run run;
  CHECK(choose(DeviceChoice::kAuto, two(), run).label == "cuda:0 first");
  CHECK(choose(DeviceChoice::kCuda, two(), run).label == "cuda:0 first");
  CHECK(choose(DeviceChoice::parse("cuda:1"), two(), run).label == "cuda:1 second");
  CHECK(choose(DeviceChoice::kCpu, two(), run).is_cpu());
  CHECK(run.warnings().empty());
  const Error error = refusal(DeviceChoice::parse("cuda:2"), two());
  CHECK(error.code == "NO_CUDA_DEVICE");
  CHECK(contains(error.what(), "'cuda:2'"));
  CHECK(contains(error.what(), "cuda:0 first, cuda:1 second"));
}

TEST_CASE("each cause is told: a warning where the choice was left open, a refusal where it was not") {
  Devices without_cuda = two();
  without_cuda.network_reason = "this libtorch was built without CUDA";
  const std::vector<std::pair<Devices, std::string>> causes = {
      {none("no NVIDIA driver answers"), "no NVIDIA driver answers"},
      {none("the NVIDIA driver supports CUDA 12.2, but the kernels need 13.0"), "supports CUDA 12.2"},
      {none("the GPU X is too old: compute capability 6.1, but 7.5 is needed"), "compute capability 6.1"},
      {without_cuda, "this libtorch was built without CUDA"}};
  for (const auto& [devices, part] : causes) {
    CAPTURE(part);
    Run run;
    CHECK(choose(DeviceChoice::kAuto, devices, run).is_cpu());
    REQUIRE(run.warnings().size() == 1);
    CHECK(run.warnings()[0].code == "GPU_NOT_USED");
    CHECK(contains(run.warnings()[0].message, part));
    const Error error = refusal(DeviceChoice::kCuda, devices);
    CHECK(error.code == "NO_CUDA_DEVICE");
    CHECK(error.field == "device");
    CHECK(contains(error.what(), part));
    CHECK(contains(error.remedy, "device 'auto'"));
  }
  Run run;
  CHECK(choose(DeviceChoice::kAuto, without_cuda, run, DeviceUse::kKernels).label == "cuda:0 first");
  CHECK(contains(refusal(DeviceChoice::kCuda, without_cuda).remedy, "doctor --gpu"));
}

TEST_CASE("where nothing points to a GPU, the CPU is no second choice and nobody is warned") {
  Run run;
  CHECK(choose(DeviceChoice::kAuto, none("no NVIDIA driver is installed", false), run).is_cpu());
  CHECK(run.warnings().empty());
}

TEST_CASE("a GPU that fails halfway gives way to the CPU, which begins anew, and the cause is told once") {
  const Devices devices = two();
  const Devices::StandIn stand_in(devices);
  Run run;
  run.warn("EARLIER", "before the device was chosen");
  int tries = 0;
  const std::string computed_on =
      on_device(DeviceChoice::kAuto, DeviceUse::kNetworks, run, [&](const ComputeDevice& device) {
        ++tries;
        if (!device.is_cpu()) throw out_of_memory();
        return device.label;
      });
  CHECK(tries == 2);
  CHECK(computed_on == "cpu");
  CHECK(run.device_used() == "cpu");
  std::vector<std::string> codes;
  for (const Warning& warning : run.warnings()) codes.push_back(warning.code);
  CHECK(codes == std::vector<std::string>{"EARLIER", "GPU_NOT_USED"});
  CHECK(contains(run.warnings()[1].message, "CUDA out of memory. Tried to allocate 2.00 GiB"));
  CHECK(contains(run.warnings()[1].message, "cuda:0 first"));
}

TEST_CASE("a GPU that was asked for and fails is an error, and the CPU does not try") {
  const Devices devices = two();
  const Devices::StandIn stand_in(devices);
  Run run;
  int tries = 0;
  try {
    on_device(DeviceChoice::parse("cuda:1"), DeviceUse::kNetworks, run, [&](const ComputeDevice&) {
      ++tries;
      throw out_of_memory();
    });
    FAIL("expected CUDA_OUT_OF_MEMORY");
  } catch (const Error& error) {
    CHECK(error.code == "CUDA_OUT_OF_MEMORY");
    CHECK(contains(error.what(), "cuda:1 second"));
    CHECK(contains(error.remedy, "device 'cpu'"));
  }
  CHECK(tries == 1);
}

TEST_CASE("what is not the device's failure goes on as it is, and the CPU does not try") {
  const Devices devices = two();
  const Devices::StandIn stand_in(devices);
  const std::vector<std::function<void()>> throwers = {
      [] { throw Cancelled(); }, [] { throw Error("INVALID_ARGUMENT", "of the caller"); },
      [] { TORCH_CHECK(false, "shapes cannot be multiplied"); }, [] { throw std::bad_alloc(); }};
  for (const auto& thrower : throwers) {
    Run run;
    int tries = 0;
    const std::exception_ptr failure = as_pointer([&] {
      on_device(DeviceChoice::kAuto, DeviceUse::kNetworks, run, [&](const ComputeDevice&) {
        ++tries;
        thrower();
      });
    });
    REQUIRE(failure);
    CHECK(tries == 1);
    CHECK(run.warnings().empty());
    CHECK(run.device_used() == "cuda:0 first");
  }
}

TEST_CASE("the failures of CUDA, cuDNN and cuBLAS are the device's") {
  const ComputeDevice device = gpu(0, "first");
  const auto code_of = [&](const std::function<void()>& thrower) {
    return device_failure(device, as_pointer(thrower)).code;
  };
  CHECK(code_of([] { TORCH_CHECK(false, "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"); }) == "CUDA_FAILED");
  CHECK(code_of([] { TORCH_CHECK(false, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED"); }) == "CUDA_FAILED");
  CHECK(code_of([] { throw cuda_error("Preprocessing on the GPU failed", "out of memory"); }) == "CUDA_OUT_OF_MEMORY");
  CHECK(code_of([] { throw cuda_error("Preprocessing on the GPU failed", "unspecified"); }) == "CUDA_FAILED");
}

TEST_CASE("a job holds a place in its device's line from its beginning to its end, on the CPU in the CPU's") {
  const Devices devices = two();
  const Devices::StandIn stand_in(devices);
  const auto running_on = [](const ComputeDevice& device) { return Executor::of(device).jobs().counts().running; };
  Run run;
  on_device(DeviceChoice::kAuto, DeviceUse::kNetworks, run, [&](const ComputeDevice& device) {
    CHECK(running_on(device) == 1);
    if (device.is_cpu()) {
      CHECK(running_on(devices.gpus[0]) == 0);
    } else {
      CHECK(running_on(ComputeDevice::cpu()) == 0);
      throw out_of_memory();
    }
  });
  CHECK(running_on(devices.gpus[0]) == 0);
  CHECK(running_on(ComputeDevice::cpu()) == 0);
}
