#include "models/liver_cnn/inference.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <torch/optim/adam.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "models/liver_cnn/channels.h"
#include "models/liver_cnn/module.h"
#include "ops/metrics.h"
#include "platform/cpu_features.h"

using namespace hepatica;

namespace {

// Weights as training leaves them: batch norm has seen data, the head decides.
StateDict seeded_state(const LiverCnnConfig& config, double head_scale) {
  torch::manual_seed(11);
  LiverCnn net(config);
  StateDict state = net->state_dict();
  const at::NoGradGuard no_grad;
  for (const std::string norm : {"bn1.", "bn2.", "bn3."}) {
    state.at(norm + "running_mean").uniform_(-0.5, 0.5);
    state.at(norm + "running_var").uniform_(0.5, 2);
    state.at(norm + "weight").uniform_(0.5, 1.5);
    state.at(norm + "bias").uniform_(-0.3, 0.3);
  }
  state.at("head.weight").mul_(head_scale);
  return state;
}

// A body with a bright ellipsoid in it, on the network grid.
NetworkInput ellipsoid(int64_t width, int64_t height, int64_t slices, double slice_spacing_mm, Mask& inside) {
  NetworkInput input;
  input.grid = {width, height, 2};
  input.slices = slices;
  input.slice_spacing_mm = slice_spacing_mm;
  const float right = static_cast<float>(width - 3);
  const float bottom = static_cast<float>(height - 2);
  input.body.assign(static_cast<size_t>(slices), {3, 2, right, bottom});
  inside.geometry.size = {width, height, slices};
  for (int64_t z = 0; z < slices; ++z) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const auto part = [](int64_t i, int64_t n, double centre) {
          const double offset = (static_cast<double>(i) + 0.5) / static_cast<double>(n) - centre;
          return offset * offset;
        };
        const bool in = part(x, width, 0.4) / 0.05 + part(y, height, 0.5) / 0.04 + part(z, slices, 0.5) / 0.15 < 1;
        const auto texture = static_cast<int64_t>((x * 7919 + y * 104729 + z * 1299709) % 61);
        inside.voxels.push_back(in ? 1 : 0);
        input.pictures.push_back(static_cast<uint8_t>((in ? 150 : 90) + texture));
      }
    }
  }
  return input;
}

std::vector<LiverCnnConfig> configurations() {
  LiverCnnConfig base;
  base.context_mm = {-5, 0, 5};
  base.dilations = {1, 1, 2};
  base.kernels = {5, 3, 3};
  LiverCnnConfig plain = base;
  plain.context_mm = {0};
  plain.coordinates = {};
  plain.subsampling = 1;
  plain.kernels = {3, 3, 3};
  plain.skip = SkipKind::kNone;
  plain.head_kernel = 1;
  LiverCnnConfig dilated = base;
  dilated.dilations = {1, 2, 3};
  dilated.subsampling = 2;
  dilated.head = HeadKind::kBilinear;
  LiverCnnConfig thin = base;
  thin.skip = SkipKind::kInput;
  thin.subsampling = 4;
  thin.slice_step_mm = 6;
  return {base, plain, dilated, thin};
}

int largest_difference(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  REQUIRE(a.size() == b.size());
  int largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(int{a[i]} - int{b[i]}));
  return largest;
}

}  // namespace

TEST_CASE("fused inference equals the plain torch module") {
  for (const LiverCnnConfig& config : configurations()) {
    const StateDict state = seeded_state(config, 30);
    LiverCnn net(config);
    net->load_state_dict(state);
    net->eval();
    const at::NoGradGuard no_grad;
    const at::Tensor channels =
        at::rand({3, config.input_channels(), 13, 18}).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor expected = at::softmax(net->forward_channels(channels), 1).narrow(1, 1, 1);
    CHECK(expected.std().item<float>() > 0.05F);
    const LiverCnnInference fp32(config, state, at::kCPU, Precision::kFp32);
    CHECK((fp32.forward(channels) - expected).abs().max().item<float>() < 1e-4F);
    const LiverCnnInference bf16(config, state, at::kCPU, Precision::kBf16);
    const at::Tensor rounded = bf16.forward(channels.to(at::kBFloat16));
    CHECK((rounded - expected).abs().mean().item<float>() < 0.01F);
  }
}

TEST_CASE("channels are those of the module's forward") {
  LiverCnnConfig config;
  config.context_mm = {-5, 0, 5};
  config.subsampling = 4;
  Mask inside;
  const NetworkInput input = ellipsoid(45, 38, 6, 5, inside);
  const Canvas canvas = body_canvas(input, config.subsampling);
  const ChannelAssembler assembler(input, config, canvas, at::kFloat);
  const std::vector<int64_t> slices = {0, 3};
  const at::Tensor channels = assembler.assemble(slices);

  const auto picture = [&](int64_t z) {
    at::Tensor plane = at::zeros({canvas.height, canvas.width});
    for (int64_t y = 0; y < std::min(canvas.height, 38 - canvas.y0); ++y) {
      for (int64_t x = 0; x < std::min(canvas.width, 45 - canvas.x0); ++x) {
        plane[y][x] = input.picture(z)[(canvas.y0 + y) * 45 + canvas.x0 + x] / 255.0;
      }
    }
    return plane;
  };
  const at::Tensor pictures =
      at::stack({at::stack({picture(0), picture(0), picture(1)}), at::stack({picture(2), picture(3), picture(4)})});
  CHECK(at::allclose(channels.narrow(1, 0, 48), at::pixel_unshuffle(pictures, 4), 1e-6, 1e-6));
  // The body spans -1 to 1, seen from the cells' centres.
  const double x_of_first_cell = 2 * (static_cast<double>(canvas.x0) + 1.5 + 0.5 - 3) / (42 - 3) - 1;
  CHECK(channels[0][48][0][0].item<double>() == doctest::Approx(x_of_first_cell));
}

TEST_CASE("a scan whose channels are put together as on a device gives the same, whatever the thread count") {
  for (const LiverCnnConfig& config : configurations()) {
    const StateDict state = seeded_state(config, 30);
    Mask inside;
    const NetworkInput input = ellipsoid(45, 38, 9, 2.5, inside);
    Run run;
    const LiverCnnInference fast(config, state, at::kCPU, Precision::kFp32);
    const ProbabilityMap probabilities = fast.predict(input, run);

    Geometry source;
    source.size = {45, 38, 9};
    source.spacing_mm = {2, 2, 2.5};
    const at::Tensor pictures = at::from_blob(const_cast<uint8_t*>(input.pictures.data()), {9, 38, 45}, at::kByte);
    const ProbabilityMap expected = fast.predict(pictures, source, input, run);
    CHECK(probabilities.slices == expected.slices);
    CHECK(largest_difference(probabilities.probability, expected.probability) <= 1);

    const int threads = at::get_num_threads();
    at::set_num_threads(threads == 1 ? 2 : 1);
    CHECK(largest_difference(probabilities.probability, fast.predict(input, run).probability) == 0);
    at::set_num_threads(threads);
  }
}

TEST_CASE("a cancelled run stops between batches, progress never falls") {
  const LiverCnnConfig config;
  const LiverCnnInference inference(config, seeded_state(config, 1), at::kCPU, Precision::kFp32);
  Mask inside;
  const NetworkInput input = ellipsoid(160, 120, 60, 2.5, inside);
  std::vector<double> fractions;
  Run* running = nullptr;
  Run run([&](const std::string&, double fraction) {
    fractions.push_back(fraction);
    if (fraction > 0.3) running->cancel();
  });
  running = &run;
  CHECK_THROWS_AS(inference.predict(input, run), Cancelled);
  CHECK(std::is_sorted(fractions.begin(), fractions.end()));
  CHECK(fractions.back() < 0.6);
}

TEST_CASE("bf16 stays within 0.001 of fp32's Dice") {
  if (!cpu_has_bf16()) {
    MESSAGE("skipped: this CPU has no bf16");
    return;
  }
  LiverCnnConfig config;
  config.context_mm = {-5, 0, 5};
  config.kernels = {3, 3, 3};
  config.dilations = {1, 1, 2};
  config.subsampling = 2;
  Mask inside;
  const NetworkInput input = ellipsoid(64, 48, 16, 5, inside);
  const Canvas canvas = body_canvas(input, config.subsampling);
  const ChannelAssembler assembler(input, config, canvas, at::kFloat);
  at::Tensor target = at::zeros({input.slices, canvas.height, canvas.width}, at::kLong);
  for (int64_t z = 0; z < input.slices; ++z) {
    for (int64_t y = 0; y < 48; ++y) {
      for (int64_t x = 0; x < 64; ++x) target[z][y][x] = int64_t{inside.slice(z)[y * 64 + x]};
    }
  }
  torch::manual_seed(5);
  LiverCnn net(config);
  torch::optim::Adam adam(net->parameters(), torch::optim::AdamOptions(2e-3));
  for (int64_t step = 0; step < 120; ++step) {
    const std::vector<int64_t> slices = {step % 16, (step * 5 + 3) % 16, (step * 11 + 7) % 16, (step * 3 + 9) % 16};
    const at::Tensor labels = at::stack({target[slices[0]], target[slices[1]], target[slices[2]], target[slices[3]]});
    adam.zero_grad();
    at::cross_entropy_loss(net->forward_channels(assembler.assemble(slices)), labels).backward();
    adam.step();
  }
  // Judged on a body of real size: on the small one a dozen voxels of the border are already 0.002.
  Mask large_inside;
  const NetworkInput large = ellipsoid(176, 128, 40, 5, large_inside);
  Geometry source;
  source.size = {176, 128, 40};
  source.spacing_mm = {2, 2, 5};
  Run run;
  const auto dice_with = [&](Precision precision) {
    const LiverCnnInference inference(config, net->state_dict(), at::kCPU, precision);
    const Mask mask = threshold_on_source_grid(inference.predict(large, run), config, source, run);
    return dice(count_overlap(mask, {source, large_inside.voxels}, run));
  };
  const double fp32 = dice_with(Precision::kFp32);
  const double bf16 = dice_with(Precision::kBf16);
  CAPTURE(fp32);
  CAPTURE(bf16);
  CHECK(fp32 > 0.9);
  CHECK(std::abs(bf16 - fp32) < 0.001);
}

TEST_CASE("weights with NaN or of another shape are refused") {
  const LiverCnnConfig config;
  const auto refused_field = [&](const StateDict& state) {
    try {
      const LiverCnnInference inference(config, state, at::kCPU, Precision::kFp32, "w.safetensors");
    } catch (const Error& error) {
      CHECK(error.code == "WRONG_MODEL");
      CHECK(error.file == "w.safetensors");
      return error.field;
    }
    return std::string("accepted");
  };
  StateDict broken = seeded_state(config, 1);
  broken["conv2.weight"] = at::full({64, 128, 5, 5}, NAN);
  CHECK(refused_field(broken) == "conv2.weight");
  StateDict missing = seeded_state(config, 1);
  missing.erase("head.bias");
  CHECK(refused_field(missing) == "head.bias");
}
