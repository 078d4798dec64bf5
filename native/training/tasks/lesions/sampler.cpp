#include "training/tasks/lesions/sampler.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/error.h"
#include "training/data/warp.h"

namespace hepatica {
namespace {

constexpr uint64_t kItemStream = 5;

template <class List>
const auto& any_of(const List& list, Random& random) {
  return list[static_cast<size_t>(random.below(static_cast<int64_t>(list.size())))];
}

}  // namespace

LesionSampler::LesionSampler(std::span<const LesionScan> real, const MdlCnnConfig& config,
                             const LesionTrainingOptions& options)
    : config_(config), options_(options), slices_per_epoch_(options.slices_per_epoch), real_(make_pool(real)) {
  const int64_t cell = config_.stride();
  height_ = (options_.canvas_px[0] + cell - 1) / cell * cell;
  width_ = (options_.canvas_px[1] + cell - 1) / cell * cell;
  if (slices_per_epoch_ > 0) return;
  for (const LesionScan& scan : real) slices_per_epoch_ += scan.region.slices;
}

void LesionSampler::set_synthetic(std::span<const LesionScan> scans) {
  synthetic_ = make_pool(scans);
  if (!real_.empty() || !synthetic_.empty()) return;
  throw Error("EMPTY_DATASET", "No slice is left to learn from", {}, "cases",
              "Add marked cases or grounds for synthetic lesions, or raise maxLesionShare");
}

LesionSampler::Pool LesionSampler::make_pool(std::span<const LesionScan> scans) {
  Pool pool;
  for (const LesionScan& scan : scans) {
    if (!scan.liver_voxels.empty()) pool.push_back(&scan);
  }
  return pool;
}

int64_t LesionSampler::steps_per_epoch() const {
  return (slices_per_epoch_ + options_.batch_size - 1) / options_.batch_size;
}

// Scans and lesions count alike, whatever their size.
LesionSampler::Item LesionSampler::choose(Random& random) const {
  const bool asks_real = random.uniform() < options_.real_fraction;
  const bool from_real = synthetic_.empty() || (asks_real && !real_.empty());
  const LesionScan* const scan = any_of(from_real ? real_ : synthetic_, random);
  const bool around_lesion = random.uniform() < options_.lesion_fraction && !scan->lesion_voxels.empty();
  return {scan, any_of(around_lesion ? any_of(scan->lesion_voxels, random) : scan->liver_voxels, random)};
}

LesionBatch LesionSampler::draw(int64_t epoch, int64_t step_of_epoch) const {
  std::vector<int64_t> items(static_cast<size_t>(options_.batch_size));
  std::iota(items.begin(), items.end(), 0);
  return draw(epoch, step_of_epoch, items);
}

LesionBatch LesionSampler::draw(int64_t epoch, int64_t step_of_epoch, std::span<const int64_t> items) const {
  const auto size = static_cast<int64_t>(items.size());
  LesionBatch batch;
  batch.region = at::empty({size, config_.input_planes(), height_, width_});
  batch.liver = at::empty({size, height_, width_});
  batch.lesion = at::empty({size, height_, width_});
  batch.types = at::empty({size, height_, width_}, at::kLong);
  for (int64_t i = 0; i < size; ++i) {
    const int64_t position = step_of_epoch * options_.batch_size + items[static_cast<size_t>(i)];
    Random random(options_.seed, {kItemStream, static_cast<uint64_t>(epoch), static_cast<uint64_t>(position)});
    const Item item = choose(random);
    fill(item, place(item, random), random, i, batch);
    item.scan->release();
  }
  return batch;
}

CanvasTransform LesionSampler::place(const Item& item, Random& random) const {
  const Canvas& canvas = item.scan->region.canvas;
  const int64_t pixel = item.voxel % canvas.pixels();
  const auto shift = [&](int64_t side) { return static_cast<double>(side) * random.uniform(-0.25, 0.25); };
  Point middle;
  middle.x = static_cast<double>(pixel % canvas.width) + shift(width_);
  middle.y = static_cast<double>(pixel / canvas.width) + shift(height_);
  PictureChange change;
  const RegionAugmentation& a = options_.augmentation;
  if (a.enabled) {
    change.scale = std::exp(random.normal(a.scale));
    change.angle_rad = random.normal(a.rotation_deg) * std::numbers::pi / 180;
    change.stretch_x = random.uniform() < 0.5 ? -1 : 1;
    change.stretch_y = random.uniform() < 0.5 ? -1 : 1;
  }
  // The canvas' middle, between its pixels, lies on the picture's middle; whole pixels where nothing else is changed.
  CanvasTransform map =
      place_on(middle, {static_cast<double>(width_ - 1) / 2, static_cast<double>(height_ - 1) / 2}, change);
  if (!a.enabled) {
    map.x0 = std::round(map.x0);
    map.y0 = std::round(map.y0);
  }
  return map;
}

void LesionSampler::fill(const Item& item, const CanvasTransform& map, Random& random, int64_t index,
                         LesionBatch& batch) const {
  const LesionScan& scan = *item.scan;
  const Canvas& canvas = scan.region.canvas;
  const auto pixels = static_cast<size_t>(height_ * width_);
  const RegionAugmentation& a = options_.augmentation;
  std::optional<LiverError> error;
  if (a.enabled && random.uniform() < a.liver_errors) error.emplace(width_, height_, random);
  const std::vector<uint8_t> liver = liver_of(scan, item.slice(), map, error);
  std::vector<uint8_t> lesion(pixels), types(pixels);
  warp_plane({scan.lesion_slice(item.slice()), canvas.width, canvas.height}, map, width_, height_, lesion.data());
  warp_plane_nearest({scan.type_slice(item.slice()), canvas.width, canvas.height}, map, width_, height_, types.data());
  fill_planes(item, map, error, random, batch.region[index].data_ptr<float>());
  float* const inside = batch.liver[index].data_ptr<float>();
  float* const part = batch.lesion[index].data_ptr<float>();
  int64_t* const channel = batch.types[index].data_ptr<int64_t>();
  for (size_t i = 0; i < pixels; ++i) {
    const bool seen = liver[i] != 0;
    inside[i] = seen ? 1.0F : 0.0F;
    part[i] = seen ? static_cast<float>(lesion[i]) / 255.0F : 0.0F;
    channel[i] = seen ? class_target(lesion[i], types[i]) : -1;
  }
}

std::vector<uint8_t> LesionSampler::liver_of(const LesionScan& scan, int64_t slice, const CanvasTransform& map,
                                             const std::optional<LiverError>& error) const {
  std::vector<uint8_t> mask(static_cast<size_t>(height_ * width_));
  if (slice < 0 || slice >= scan.region.slices) return mask;
  const Canvas& canvas = scan.region.canvas;
  warp_plane({scan.region.liver_slice(slice), canvas.width, canvas.height}, map, width_, height_, mask.data());
  for (uint8_t& pixel : mask) pixel = pixel >= RegionInput::kInside;
  if (error) error->apply(mask);
  return mask;
}

// An equalized picture has no scale in HU: it is changed as much as the relative channel.
LesionSampler::GreyChange LesionSampler::scaled_to(RegionChannel channel, float reference_hu, GreyChange change) const {
  double low = static_cast<double>(reference_hu) - RegionInput::kRelativeHalfRange;
  double width = 2 * RegionInput::kRelativeHalfRange;
  if (channel == RegionChannel::kClipped) {
    low = options_.preprocess.hu_min;
    width = options_.preprocess.hu_max - options_.preprocess.hu_min;
  }
  change.middle = static_cast<float>((static_cast<double>(reference_hu) - low) / width);
  change.offset /= static_cast<float>(width);
  change.sigma *= static_cast<float>(2 * RegionInput::kRelativeHalfRange / width);
  return change;
}

void LesionSampler::fill_planes(const Item& item, const CanvasTransform& map, const std::optional<LiverError>& error,
                                Random& random, float* values) const {
  const RegionInput& region = item.scan->region;
  const RegionAugmentation& a = options_.augmentation;
  GreyChange drawn;
  if (a.enabled) {
    drawn.gain = static_cast<float>(std::exp(random.normal(a.gain)));
    drawn.offset = static_cast<float>(random.normal(a.offset_hu));
    drawn.sigma = static_cast<float>(random.uniform() < 0.5 ? random.uniform(0, a.noise) : 0);
  }
  // What all channels see of a slice.
  struct Context {
    int64_t slice;
    std::vector<uint8_t> liver;
  };
  std::vector<Context> contexts;
  for (const double offset_mm : region.context_mm) {
    const int64_t z =
        nearest_slice(region.first_slice + item.slice(), offset_mm, region.slice_spacing_mm, region.scan_slices) -
        region.first_slice;
    contexts.push_back({z, liver_of(*item.scan, z, map, error)});
  }
  std::vector<uint8_t> warped(static_cast<size_t>(height_ * width_));
  for (int64_t channel = 0; channel < region.channels(); ++channel) {
    const GreyChange change = scaled_to(config_.channels[channel], region.reference_hu, drawn);
    const auto changed = [&](float value) {
      if (!a.enabled) return value;
      value = (value - change.middle) * change.gain + change.middle + change.offset;
      if (change.sigma > 0) value += static_cast<float>(random.normal(change.sigma));
      return std::clamp(value, 0.0F, 1.0F);
    };
    for (const auto& [z, liver] : contexts) {
      if (z >= 0 && z < region.slices) {
        warp_plane({region.plane(channel, z), region.canvas.width, region.canvas.height}, map, width_, height_,
                   warped.data());
      }
      for (size_t i = 0; i < warped.size(); ++i) {
        values[i] = liver[i] != 0 ? changed(static_cast<float>(warped[i]) / 255.0F) : 0.0F;
      }
      values += warped.size();
    }
  }
}

}  // namespace hepatica
