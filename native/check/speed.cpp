#include "check/speed.h"

#include <ATen/ATen.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/record_function.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "check/cases.h"
#include "check/precisions.h"
#include "check/steps.h"
#include "models/layers/folded_layers.h"
#include "models/liver_cnn/network.h"
#include "training/loop/optimization.h"
#include "training/tasks/lesions/loss.h"
#include "training/tasks/structure/segmentation_loss.h"

namespace hepatica::check {
namespace {

double seconds_of(const Target& target, const std::function<void()>& work, int repeats) {
  work();
  work();
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repeats; ++i) {
    target.synchronize();
    const auto start = std::chrono::steady_clock::now();
    work();
    target.synchronize();
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

// Multiply-adds a value of a convolution's output takes: known before it runs, when its inputs are.
struct ConvolutionSize : at::ObserverContext {
  double products = 0;
};

double& counted_flop() {
  static thread_local double flop = 0;
  return flop;
}

bool is_convolution(const at::RecordFunction& function) { return std::string(function.name()) == "aten::convolution"; }

std::unique_ptr<at::ObserverContext> before_operation(const at::RecordFunction& function) {
  auto size = std::make_unique<ConvolutionSize>();
  if (is_convolution(function)) {
    const at::Tensor weight = function.inputs()[1].toTensor();
    size->products = static_cast<double>(weight.numel() / weight.size(0));
  }
  return size;
}

void after_operation(const at::RecordFunction& function, at::ObserverContext* context) {
  if (!is_convolution(function)) return;
  const at::Tensor output = function.outputs().at(0).toTensor();
  counted_flop() += 2 * static_cast<double>(output.numel()) * static_cast<ConvolutionSize*>(context)->products;
}

// Multiply-adds times two of the convolutions that `work` runs through ATen.
double flop_of(const std::function<void()>& work) {
  counted_flop() = 0;
  const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback(before_operation, after_operation)
                                                     .needsInputs(true)
                                                     .needsOutputs(true)
                                                     .scopes({at::RecordScope::FUNCTION}));
  work();
  at::removeCallback(handle);
  return counted_flop();
}

struct Peaks {
  double bf16 = 0;
  double fp32 = 0;
};

double matrix_product(const Target& target, at::ScalarType dtype) {
  const int64_t side = target.on_gpu() ? 8192 : 512;
  const at::Tensor a = at::randn({side, side}, at::TensorOptions(target.device)).to(dtype);
  const at::Tensor b = at::randn({side, side}, at::TensorOptions(target.device)).to(dtype);
  at::Tensor c = at::empty_like(a);
  const double seconds = seconds_of(
      target, [&] { at::mm_out(c, a, b); }, 5);
  return 2.0 * static_cast<double>(side) * static_cast<double>(side) * static_cast<double>(side) / seconds;
}

std::string tflops(double flop_per_second) { return with_unit(flop_per_second / 1e12, "TFLOP/s"); }

Peaks measure_peaks(const Target& target, Report& report) {
  const int64_t bytes = target.on_gpu() ? int64_t{1} << 30 : int64_t{1} << 26;
  const at::Tensor source = at::zeros({bytes}, at::TensorOptions(target.device).dtype(at::kByte));
  at::Tensor copy = at::empty_like(source);
  const double seconds = seconds_of(
      target, [&] { copy.copy_(source); }, 5);
  report.figure("copy on the device, read + written",
                with_unit(2.0 * static_cast<double>(bytes) / seconds / 1e9, "GB/s"));
  Peaks peaks;
  peaks.bf16 = matrix_product(target, at::kBFloat16);
  report.figure("matrix product, bf16", tflops(peaks.bf16));
  peaks.fp32 = matrix_product(target, at::kFloat);
  report.figure("matrix product, fp32 (TF32 off)", tflops(peaks.fp32));
  at::globalContext().setAllowTF32CuBLAS(true);
  report.figure("matrix product, TF32", tflops(matrix_product(target, at::kFloat)));
  at::globalContext().setAllowTF32CuBLAS(false);
  return peaks;
}

void report_network(const std::string& name, const Target& target, const std::function<void()>& forward, int64_t images,
                    double peak, Report& report) {
  const double flop = flop_of(forward);
  const double seconds = seconds_of(target, forward, 5);
  const double rate = flop / seconds;
  report.figure(name, with_unit(1e3 * seconds / static_cast<double>(images), "ms an image, ") + tflops(rate) + ", " +
                          with_unit(100 * rate / peak, "% of the matrix product"));
}

at::Tensor repeated(const at::Tensor& items, int64_t count) {
  return items.index_select(0, at::arange(count, at::kLong).mul(7).remainder(items.size(0)));
}

double gigabytes_at_peak(const Target& target) {
  if (!target.on_gpu()) return 0;
  const auto stats = at::accelerator::getDeviceStats(target.device.index());
  const auto all = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return static_cast<double>(stats.allocated_bytes[all].peak) / 1e9;
}

void forget_peak(const Target& target) {
  if (target.on_gpu()) at::accelerator::resetPeakStats(target.device.index());
}

void report_training(const std::string& name, const Target& target, int64_t images, torch::nn::Module& network,
                     const std::function<at::Tensor(int)>& loss, Report& report) {
  forget_peak(target);
  train_steps(network, 3, 1e-4, loss);
  target.synchronize();
  const int steps = target.on_gpu() ? 20 : 2;
  const auto start = std::chrono::steady_clock::now();
  train_steps(network, steps, 1e-4, loss);
  target.synchronize();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.figure(name, with_unit(static_cast<double>(images * steps) / seconds, "images/s, ") +
                          with_unit(1e3 * seconds / steps, "ms a step, ") +
                          with_unit(gigabytes_at_peak(target), "GB of tensors at most"));
}

}  // namespace

void time_networks(const Target& target, Report& report) {
  report.heading("Speed of the networks");
  const Peaks peaks = measure_peaks(target, report);
  const LiverCase liver = make_liver_case(target.weights);
  const LesionCaseData lesion = make_lesion_case();
  MdlCnn network = trained_looking_network(lesion.config);
  network->to(target.device);
  forget_peak(target);
  for (const bool half : {false, true}) {
    const at::ScalarType dtype = half ? at::kBFloat16 : at::kFloat;
    const std::string arithmetic = half ? ", bf16" : ", fp32";
    const double peak = half ? peaks.bf16 : peaks.fp32;
    const LiverCnnInference inference(liver.model->config(),
                                      std::make_unique<FoldedLayers>(liver_cnn_layers(liver.model->config()),
                                                                     liver.model->state(), target.device, dtype),
                                      target.device, dtype);
    for (const int64_t images : {int64_t{16}, target.on_gpu() ? int64_t{128} : int64_t{32}}) {
      report.attempt("time of the liver network", [&] {
        const at::Tensor channels = repeated(liver.channels, images).to(target.device);
        report_network(
            "liver network, " + std::to_string(images) + " slices" + arithmetic, target,
            [&] { inference.forward(channels); }, images, peak, report);
      });
      report.attempt("time of the lesion network", [&] {
        const at::Tensor region = repeated(lesion.batch.region, images).to(target.device);
        report_network(
            "lesion network, " + std::to_string(images) + " regions of 96×96" + arithmetic, target,
            [&] {
              const at::NoGradGuard no_grad;
              const DeviceAutocast autocast(target.device, dtype);
              network->forward(region);
            },
            images, peak, report);
      });
    }
  }
  report.figure("memory of tensors at most", with_unit(gigabytes_at_peak(target), "GB"));
}

void time_training(const Target& target, Report& report) {
  report.heading("Speed of training");
  require_determinism(true);
  const int64_t images = target.on_gpu() ? 32 : 4;
  const LiverCase liver = make_liver_case(target.weights);
  const LesionCaseData lesion = make_lesion_case();
  const auto whole = [&](const at::Tensor& items) { return repeated(items, images).to(target.device); };
  const at::Tensor channels = whole(liver.channels).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor inside = whole(liver.target);
  const LesionBatch batch{whole(lesion.batch.region), whole(lesion.batch.liver), whole(lesion.batch.lesion),
                          whole(lesion.batch.types)};
  for (const bool half : {false, true}) {
    const at::ScalarType dtype = half ? at::kBFloat16 : at::kFloat;
    const std::string name = ", batch " + std::to_string(images) + (half ? ", bf16" : ", fp32");
    report.attempt("time of liver training", [&] {
      LiverCnn network = seeded_network<LiverCnn>(liver.model->config(), 3);
      network->to(target.device);
      report_training(
          "liver network" + name, target, images, *network,
          [&](int) {
            const DeviceAutocast autocast(target.device, dtype);
            return segmentation_loss(at::log_softmax(network->forward_channels(channels), 1), inside, {});
          },
          report);
    });
    report.attempt("time of lesion training", [&] {
      MdlCnn network = seeded_network<MdlCnn>(lesion.config, 3);
      network->to(target.device);
      const LesionTrainingOptions options;
      const at::Tensor classified = classified_items(batch.types, options);
      report_training(
          "lesion network" + name, target, images, *network,
          [&](int) {
            MdlOutput output;
            {
              const DeviceAutocast autocast(target.device, dtype);
              output = network->forward(batch.region, classified);
            }
            return lesion_loss(output, classified, batch, options).total;
          },
          report);
    });
  }
  require_determinism(false);
}

}  // namespace hepatica::check
