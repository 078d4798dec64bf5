#include "check/cases.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <vector>

#include "models/liver_cnn/channels.h"
#include "models/mdl_cnn/region_input.h"

namespace hepatica::check {
namespace {

constexpr uint64_t kSeed = 1;
// Of a picture that the lesion network learns from, a multiple of its stride.
constexpr int64_t kRegionSide = 96;
constexpr int64_t kQuickRegionSide = 32;
constexpr int64_t kQuickSlices = 4;

at::Tensor bytes_tensor(std::span<const uint8_t> bytes, at::IntArrayRef shape) {
  return at::from_blob(const_cast<uint8_t*>(bytes.data()), shape, at::kByte).clone();
}

int channel_of(const std::string& type) {
  const auto* const found = std::find(kLesionCodes.begin(), kLesionCodes.end(), type);
  return static_cast<int>(found - kLesionCodes.begin());
}

// Of one lesion by its number, or of all.
Mask lesion_mask(const Mask& labels, size_t label) {
  Mask mask{labels.geometry, std::vector<uint8_t>(labels.voxels.size())};
  for (size_t i = 0; i < labels.voxels.size(); ++i) {
    mask.voxels[i] = label == 0 ? labels.voxels[i] > 0 : labels.voxels[i] == label;
  }
  return mask;
}

// Row and column of the square with the most lesion in (slices, rows, columns).
std::array<int64_t, 2> busiest_corner(const at::Tensor& lesion, int64_t side) {
  const auto best = [&](int64_t other) {
    const at::Tensor profile = lesion.sum(0).sum(other);
    return profile.unfold(0, std::min(side, profile.size(0)), 1).sum(1).argmax().item<int64_t>();
  };
  return {best(1), best(0)};
}

// Those with the most lesion, in their order.
at::Tensor busiest_slices(const at::Tensor& lesion, int64_t count) {
  const at::Tensor order = lesion.flatten(1).sum(1).argsort(0, true).narrow(0, 0, std::min(count, lesion.size(0)));
  return std::get<0>(order.sort());
}

}  // namespace

const phantom::Scan& phantom_scan() {
  static const phantom::Scan scan = [] {
    Run run;
    return phantom::scan_phantom(kSeed, run);
  }();
  return scan;
}

Preprocessed preprocess_on_cpu(const Volume& volume, const PreprocessOptions& options) {
  const auto voxels = static_cast<size_t>(volume.geometry.voxel_count());
  Preprocessed stages{{volume.geometry, std::vector<uint8_t>(voxels)}, {volume.geometry, std::vector<uint8_t>(voxels)}};
  for (int64_t z = 0; z < volume.geometry.slice_count(); ++z) {
    preprocess_slice(volume, z, options, stages.equalized.slice(z), stages.clipped.slice(z));
  }
  return stages;
}

LiverCase make_liver_case(const Target& target) {
  Run run;
  LiverCase made;
  made.model = SegmenterModel::load(target.weights);
  const LiverCnnConfig& config = made.model->config();
  const Volume& hu = phantom_scan().volume;
  const ByteVolume equalized = preprocess_on_cpu(hu, made.model->preprocessing()).equalized;
  made.input = make_network_input(hu, equalized, config, run);
  made.equalized = bytes_tensor(equalized.voxels, {hu.geometry.size[2], hu.geometry.size[1], hu.geometry.size[0]});
  const Canvas canvas = body_canvas(made.input, config.subsampling);
  std::vector<int64_t> slices(static_cast<size_t>(made.input.slices));
  std::iota(slices.begin(), slices.end(), 0);
  // From the middle of the liver on.
  if (target.quick) slices = {10, 11, 12, 13};
  made.channels = ChannelAssembler(made.input, config, canvas, at::kFloat).assemble(slices);
  const std::vector<uint8_t> covered =
      resample_canvas(phantom_scan().liver, made.input.grid, canvas, 0, made.input.slices, 255, run);
  made.target = bytes_tensor(covered, {made.input.slices, canvas.height, canvas.width}).to(at::kFloat) / 255;
  made.target = made.target.index_select(0, at::tensor(slices, at::kLong));
  return made;
}

RegionCase make_region_case(const Target& target) {
  Run run;
  RegionCase made;
  const phantom::Scan& scan = phantom_scan();
  const RegionInput region = make_region_input(scan.volume, scan.liver, made.config, {}, run);
  const std::array<int64_t, 3> shape = {region.slices, region.canvas.height, region.canvas.width};
  const auto covered = [&](size_t label) {
    const std::vector<uint8_t> bytes = resample_to_region(lesion_mask(scan.lesions, label), region, 255, run);
    return bytes_tensor(bytes, shape).to(at::kFloat) / 255;
  };
  const at::Tensor lesion = covered(0);
  at::Tensor types = at::full(shape, -1, at::kLong);
  for (size_t i = 0; i < phantom::lesions().size(); ++i) {
    types.masked_fill_(covered(i + 1) > 0.5, channel_of(phantom::lesions()[i].type));
  }
  const at::Tensor liver = bytes_tensor(region.liver, shape).ge(RegionInput::kInside).to(at::kFloat);
  const int64_t side = target.quick ? kQuickRegionSide : kRegionSide;
  const at::Tensor slices = busiest_slices(lesion, target.quick ? kQuickSlices : region.slices);
  const auto [row, column] = busiest_corner(lesion, side);
  const auto cut = [&](const at::Tensor& whole) {
    const int64_t rows = whole.dim() - 2;
    return whole.index_select(0, slices)
        .narrow(rows, row, std::min(side, whole.size(rows)))
        .narrow(rows + 1, column, std::min(side, whole.size(rows + 1)))
        .contiguous();
  };
  std::vector<int64_t> all(static_cast<size_t>(region.slices));
  std::iota(all.begin(), all.end(), 0);
  made.batch = {cut(region.batch(all)), cut(liver), cut(lesion), cut(types)};
  return made;
}

}  // namespace hepatica::check
