#include "training/tasks/volume/crop_sampler.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "grid/sample_cells.h"

namespace hepatica {
namespace {

constexpr uint64_t kCropStream = 6;
// How far a crop's middle lies from the structures', in their plane and along z.
constexpr Vec3 kAboutMm = {25, 20, 30};

}  // namespace

CropSampler::CropSampler(std::span<const VolumeScan> scans, const VolumeNetworkKind& network,
                         const VolumeTrainingOptions& options)
    : scans_(scans), network_(network), options_(options) {
  for (size_t axis = 0; axis < 3; ++axis) {
    const int64_t wanted = options.crop_cells[2 - axis];
    size_[axis] = (wanted + network.multiple - 1) / network.multiple * network.multiple;
  }
}

int64_t CropSampler::steps_per_epoch() const {
  return (options_.crops_per_epoch + options_.batch_size - 1) / options_.batch_size;
}

CropPlace CropSampler::place(const VolumeScan& scan, Random& random) const {
  CropPlace place;
  const bool about = random.uniform() < options_.structure_fraction;
  for (size_t axis = 0; axis < 3; ++axis) {
    place.middle_mm[axis] =
        about ? (scan.structures.low[axis] + scan.structures.high[axis]) / 2 + random.normal(kAboutMm[axis])
              : random.uniform(0, scan.grid.extent_mm[axis]);
  }
  if (options_.augmentation.enabled) place.axes = random_axes(options_.augmentation, random);
  return place;
}

CropBatch CropSampler::draw(int64_t epoch, int64_t step_of_epoch, std::span<const int64_t> items) const {
  std::vector<at::Tensor> values, coordinates, classes;
  for (const int64_t item : items) {
    const auto position = static_cast<uint64_t>(step_of_epoch * options_.batch_size + item);
    Random random(options_.seed, {kCropStream, static_cast<uint64_t>(epoch), position});
    const VolumeScan& scan = scans_[static_cast<size_t>(random.below(static_cast<int64_t>(scans_.size())))];
    const CropPlace where = place(scan, random);
    VolumeCrop crop = take_crop(scan, where, size_);
    scan.release();
    std::array<double, 4> moved_mm{};
    if (options_.augmentation.enabled) {
      change_look(options_.augmentation, network_.cell_mm[2], random, crop);
      for (double& side : moved_mm) side = random.normal(options_.augmentation.body_box_mm);
    }
    coordinates.push_back(coordinates_of(scan, where, size_, network_, moved_mm));
    classes.push_back(classes_of(crop));
    values.push_back(values_of(std::move(crop)));
  }
  return {at::stack(values), at::stack(coordinates), at::stack(classes)};
}

at::Tensor values_of(VolumeCrop crop) {
  map_to_network_values(crop.hu);
  return at::from_blob(crop.hu.data(), {1, crop.size[2], crop.size[1], crop.size[0]}, at::kFloat).clone();
}

at::Tensor coordinates_of(const VolumeScan& scan, const CropPlace& place, const Size3& size,
                          const VolumeNetworkKind& network, const std::array<double, 4>& moved_mm) {
  std::vector<float> channels = crop_coordinates(scan, place, size, network.context_cells, moved_mm);
  const auto cells = [&](size_t axis) { return size[axis] / network.context_cells[axis]; };
  return at::from_blob(channels.data(), {2, cells(2), cells(1), cells(0)}, at::kFloat).clone();
}

at::Tensor classes_of(const VolumeCrop& crop) {
  auto* const data = const_cast<uint8_t*>(crop.classes.data());
  return at::from_blob(data, {crop.size[2], crop.size[1], crop.size[0]}, at::kByte).clone();
}

}  // namespace hepatica
