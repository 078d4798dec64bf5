#include "check/cases.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <array>
#include <numeric>
#include <vector>

#include "models/liver_cnn/channels.h"
#include "models/mdl_cnn/region_input.h"
#include "scanner.h"

namespace hepatica::check {
namespace {

constexpr uint64_t kSeed = 1;
// Of a picture that the lesion network learns from, a multiple of its stride.
constexpr int64_t kLesionSide = 96;

const phantom::Scan& phantom_scan() {
  static const phantom::Scan scan = [] {
    Run run;
    return phantom::scan_phantom(kSeed, run);
  }();
  return scan;
}

at::Tensor bytes_tensor(const std::vector<uint8_t>& bytes, at::IntArrayRef shape) {
  return at::from_blob(const_cast<uint8_t*>(bytes.data()), shape, at::kByte).clone();
}

int channel_of(const std::string& type) {
  for (size_t i = 0; i < kLesionCodes.size(); ++i) {
    if (type == kLesionCodes[i]) return static_cast<int>(i);
  }
  return -1;
}

Mask only_label(const Mask& labels, size_t label) {
  Mask mask{labels.geometry, std::vector<uint8_t>(labels.voxels.size())};
  for (size_t i = 0; i < labels.voxels.size(); ++i) {
    mask.voxels[i] = label == 0 ? labels.voxels[i] > 0 : labels.voxels[i] == label;
  }
  return mask;
}

// Where most lesion lies: the corner of a square of kLesionSide in (slices, rows, columns).
std::array<int64_t, 2> busiest_corner(const at::Tensor& lesion) {
  const auto best = [&](int64_t dim) {
    const at::Tensor profile = lesion.sum(0).sum(dim == 1 ? 1 : 0);
    const int64_t side = std::min(kLesionSide, profile.size(0));
    return profile.unfold(0, side, 1).sum(1).argmax().item<int64_t>();
  };
  return {best(1), best(2)};
}

}  // namespace

LiverCase make_liver_case(const std::string& weights) {
  Run run;
  run.requested_device = hepatica::Device::kCpu;
  LiverCase made;
  made.model = SegmenterModel::load(weights);
  const LiverCnnConfig& config = made.model->config();
  const Volume& hu = phantom_scan().volume;
  made.geometry = hu.geometry;
  const ByteVolume equalized = preprocess(hu, made.model->preprocessing(), run);
  made.input = make_network_input(hu, equalized, config, run);
  made.equalized = bytes_tensor(equalized.voxels, {hu.geometry.size[2], hu.geometry.size[1], hu.geometry.size[0]});
  const Canvas canvas = body_canvas(made.input, config.subsampling);
  std::vector<int64_t> slices(static_cast<size_t>(made.input.slices));
  std::iota(slices.begin(), slices.end(), 0);
  made.channels = ChannelAssembler(made.input, config, canvas, at::kFloat).assemble(slices, nullptr);
  const std::vector<uint8_t> covered =
      resample_canvas(phantom_scan().liver, made.input.grid, canvas, 0, made.input.slices, 255, run);
  made.target = bytes_tensor(covered, {made.input.slices, canvas.height, canvas.width}).to(at::kFloat) / 255;
  return made;
}

LesionCaseData make_lesion_case() {
  Run run;
  run.requested_device = hepatica::Device::kCpu;
  LesionCaseData made;
  const phantom::Scan& scan = phantom_scan();
  const RegionInput region = make_region_input(scan.volume, scan.liver, made.config, {}, run);
  const std::array<int64_t, 3> shape = {region.slices, region.canvas.height, region.canvas.width};
  const auto covered = [&](size_t label) {
    return bytes_tensor(resample_to_region(only_label(scan.lesions, label), region, 255, run), shape).to(at::kFloat) /
           255;
  };
  std::vector<int64_t> slices(static_cast<size_t>(region.slices));
  std::iota(slices.begin(), slices.end(), 0);
  at::Tensor lesion = covered(0);
  at::Tensor types = at::full(shape, -1, at::kLong);
  for (size_t i = 0; i < phantom::lesions().size(); ++i) {
    types.masked_fill_(covered(i + 1) > 0.5, channel_of(phantom::lesions()[i].type));
  }
  const at::Tensor liver = bytes_tensor(region.liver, shape).ge(RegionInput::kInside).to(at::kFloat);
  const auto [row, column] = busiest_corner(lesion);
  const auto cut = [&](const at::Tensor& whole) {
    const int64_t rows = whole.dim() - 2;
    return whole.narrow(rows, row, std::min(kLesionSide, whole.size(rows)))
        .narrow(rows + 1, column, std::min(kLesionSide, whole.size(rows + 1)))
        .contiguous();
  };
  made.batch = {cut(region.batch(slices)), cut(liver), cut(lesion), cut(types)};
  return made;
}

MdlCnn trained_looking_network(const MdlCnnConfig& config) {
  torch::manual_seed(11);
  MdlCnn network(config);
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : network->state_dict()) {
    at::Tensor values = tensor.detach();
    if (name.ends_with("running_mean")) values.copy_(at::rand(values.sizes()) * 0.2 - 0.1);
    if (name.ends_with("running_var")) values.copy_(at::rand(values.sizes()) + 0.5);
    if (name.ends_with("bn3.weight")) values.fill_(0.2);
    if (name.find("head.weight") != std::string::npos) values.copy_(at::randn(values.sizes()) * 0.1);
  }
  network->eval();
  return network;
}

}  // namespace hepatica::check
