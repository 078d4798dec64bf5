#include "training/tasks/structure/slice_sampler.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "training/data/warp.h"

namespace hepatica {
namespace {

// Streams of random numbers that must not be one another's copies.
constexpr uint64_t kOrderStream = 1;
constexpr uint64_t kSliceStream = 2;
constexpr uint64_t kSliceItemStream = 3;
constexpr uint64_t kStrideStream = 0x5354524944;

// How often another slice is tried where the balance asks for one with, or without, the structure.
constexpr int kBalanceTries = 8;

int64_t round_up(double value, int64_t multiple) {
  return static_cast<int64_t>(std::ceil(value / static_cast<double>(multiple))) * multiple;
}

// Slices lie `stride_mm` apart (0: every slice), the first one drawn.
std::vector<int64_t> trained_slices(const NetworkInput& input, double stride_mm, Random random) {
  const auto stride = std::max<int64_t>(1, std::llround(stride_mm / input.slice_spacing_mm));
  std::vector<int64_t> slices;
  for (int64_t z = std::min(random.below(stride), input.slices - 1); z < input.slices; z += stride) slices.push_back(z);
  return slices;
}

}  // namespace

SliceSampler::SliceSampler(std::span<const GridScan> scans, const LiverCnnConfig& config,
                           const StructureTrainingOptions& options)
    : scans_(scans), config_(config), options_(options) {
  choose_canvas();
  index_slices();
}

void SliceSampler::choose_canvas() {
  const int64_t cell = config_.subsampling;
  if (!options_.canvas_px.empty()) {
    canvas_ = {round_up(static_cast<double>(options_.canvas_px[0]), cell),
               round_up(static_cast<double>(options_.canvas_px[1]), cell)};
    return;
  }
  double width = 1, height = 1;
  for (const GridScan& scan : scans_) {
    for (const BodyBox& box : scan.input.body) {
      width = std::max(width, static_cast<double>(box.x1 - box.x0));
      height = std::max(height, static_cast<double>(box.y1 - box.y0));
    }
  }
  canvas_ = {round_up(height + static_cast<double>(4 * cell), cell),
             round_up(width + static_cast<double>(4 * cell), cell)};
}

void SliceSampler::index_slices() {
  for (size_t scan = 0; scan < scans_.size(); ++scan) {
    const int64_t pixels = scans_[scan].input.grid.pixels();
    std::vector<bool> shows(static_cast<size_t>(scans_[scan].input.slices));
    slices_of_.push_back(
        trained_slices(scans_[scan].input, options_.slice_stride_mm, Random(options_.seed, {kStrideStream, scan})));
    for (const int64_t z : slices_of_[scan]) {
      slices_.push_back({static_cast<uint32_t>(scan), static_cast<uint32_t>(z)});
      const uint8_t* target = scans_[scan].target_slice(z);
      shows[z] = std::any_of(target, target + pixels, [](uint8_t part) { return part > 127; });
    }
    shows_structure_.push_back(std::move(shows));
    scans_[scan].release();
  }
}

int64_t SliceSampler::slice_count() const { return static_cast<int64_t>(slices_.size()); }

int64_t SliceSampler::epoch_size() const {
  return options_.slices_per_epoch > 0 ? options_.slices_per_epoch : slice_count();
}

int64_t SliceSampler::steps_per_epoch() const { return (epoch_size() + options_.batch_size - 1) / options_.batch_size; }

std::vector<SliceSampler::SliceRef> SliceSampler::epoch_order(int64_t epoch) const {
  std::vector<SliceRef> order = slices_;
  Random random(options_.seed, {kOrderStream, static_cast<uint64_t>(epoch)});
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<size_t>(random.below(static_cast<int64_t>(i)))]);
  }
  return order;
}

SliceSampler::SliceRef SliceSampler::any_slice(Random& random) const {
  if (!options_.balance_patients) return slices_[static_cast<size_t>(random.below(slice_count()))];
  const auto scan = static_cast<size_t>(random.below(static_cast<int64_t>(scans_.size())));
  const std::vector<int64_t>& slices = slices_of_[scan];
  const int64_t slice = slices[static_cast<size_t>(random.below(static_cast<int64_t>(slices.size())))];
  return {static_cast<uint32_t>(scan), static_cast<uint32_t>(slice)};
}

SliceSampler::SliceRef SliceSampler::choose_slice(int64_t epoch, int64_t position,
                                                  const std::vector<SliceRef>& order) const {
  if (options_.slices_per_epoch == 0) return order[static_cast<size_t>(position)];
  Random random(options_.seed, {kSliceStream, static_cast<uint64_t>(epoch), static_cast<uint64_t>(position)});
  SliceRef chosen = any_slice(random);
  if (options_.structure_fraction <= 0) return chosen;
  const bool wanted = random.uniform() < options_.structure_fraction;
  const uint32_t scan = chosen.scan;
  const std::vector<int64_t>& slices = slices_of_[scan];
  for (int tries = 0; tries < kBalanceTries && shows_structure(chosen) != wanted; ++tries) {
    chosen.slice =
        static_cast<uint32_t>(slices[static_cast<size_t>(random.below(static_cast<int64_t>(slices.size())))]);
  }
  return chosen;
}

int64_t SliceSampler::batch_size(int64_t step_of_epoch) const {
  return std::min(options_.batch_size, epoch_size() - step_of_epoch * options_.batch_size);
}

SliceBatch SliceSampler::draw(int64_t epoch, int64_t step_of_epoch) const {
  std::vector<int64_t> items(static_cast<size_t>(batch_size(step_of_epoch)));
  std::iota(items.begin(), items.end(), 0);
  return draw(epoch, step_of_epoch, items);
}

SliceBatch SliceSampler::draw(int64_t epoch, int64_t step_of_epoch, std::span<const int64_t> items) const {
  if (options_.slices_per_epoch == 0 && order_epoch_ != epoch) {
    order_ = epoch_order(epoch);
    order_epoch_ = epoch;
  }
  const auto channels = [](size_t n) { return static_cast<int64_t>(n); };
  const int64_t size = channels(items.size());
  const int64_t cell = config_.subsampling;
  SliceBatch batch;
  batch.image = at::empty({size, channels(config_.context_mm.size()), canvas_.height, canvas_.width});
  batch.coordinates =
      at::empty({size, channels(config_.coordinates.size()), canvas_.height / cell, canvas_.width / cell});
  batch.target = at::empty({size, canvas_.height, canvas_.width});
  for (int64_t i = 0; i < size; ++i) {
    const int64_t position = step_of_epoch * options_.batch_size + items[static_cast<size_t>(i)];
    const SliceRef ref = choose_slice(epoch, position, order_);
    Random random(options_.seed, {kSliceItemStream, static_cast<uint64_t>(epoch), static_cast<uint64_t>(position)});
    SliceItem item;
    item.scan = ref.scan;
    item.slice = ref.slice;
    fill_item(item, i, random, batch);
    scans_[item.scan].release();
    batch.items.push_back(item);
  }
  return batch;
}

void SliceSampler::fill_item(SliceItem& item, int64_t index, Random& random, SliceBatch& batch) const {
  const BodyBox& box = scans_[item.scan].input.body[static_cast<size_t>(item.slice)];
  item.canvas = place_canvas(box, random);
  fill_image(item, random, batch.image[index].data_ptr<float>());
  fill_target(item, batch.target[index].data_ptr<float>());
  BodyBox frame = box;
  if (options_.augmentation.enabled) {
    const auto jitter = [&](float size) {
      return static_cast<float>(random.normal(options_.augmentation.body_box_jitter)) * size;
    };
    const float width = box.x1 - box.x0;
    const float height = box.y1 - box.y0;
    frame.x0 += jitter(width);
    frame.x1 += jitter(width);
    frame.y0 += jitter(height);
    frame.y1 += jitter(height);
  }
  const int64_t cell = config_.subsampling;
  fill_coordinates(frame, item.canvas, config_, canvas_.height / cell, canvas_.width / cell,
                   batch.coordinates[index].data_ptr<float>());
}

// Without augmentation, the canvas is laid in whole cells as at inference, the body in its middle.
CanvasTransform SliceSampler::place_canvas(const BodyBox& box, Random& random) const {
  Point middle = {(static_cast<double>(box.x0) + static_cast<double>(box.x1)) / 2,
                  (static_cast<double>(box.y0) + static_cast<double>(box.y1)) / 2};
  const Point half = {static_cast<double>(canvas_.width) / 2, static_cast<double>(canvas_.height) / 2};
  const SliceAugmentation& a = options_.augmentation;
  if (!a.enabled) {
    CanvasTransform map = place_on(middle, half);
    const auto cell = static_cast<double>(config_.subsampling);
    map.x0 = std::round(map.x0 / cell) * cell;
    map.y0 = std::round(map.y0 / cell) * cell;
    return map;
  }
  PictureChange change;
  change.scale = std::exp(random.normal(a.scale));
  change.stretch_x = std::exp(random.normal(a.aspect));
  change.angle_rad = random.normal(a.rotation_deg) * std::numbers::pi / 180;
  const double shift = a.shift_mm / config_.spacing_mm;
  middle.x += random.uniform(-shift, shift);
  middle.y += random.uniform(-shift, shift);
  return place_on(middle, half, change);
}

void SliceSampler::fill_image(const SliceItem& item, Random& random, float* image) const {
  const NetworkInput& input = scans_[item.scan].input;
  const int64_t pixels = canvas_.width * canvas_.height;
  std::array<float, 256> level{};
  const SliceAugmentation& a = options_.augmentation;
  const double gamma = a.enabled ? std::exp(random.normal(a.gamma)) : 1;
  const double gain = a.enabled ? std::exp(random.normal(a.gamma / 3)) : 1;
  for (size_t v = 0; v < level.size(); ++v) {
    level[v] = static_cast<float>(a.enabled ? std::pow(static_cast<double>(v) / 255, gamma) * gain
                                            : static_cast<double>(static_cast<float>(v) / 255.0F));
  }
  const bool noisy = a.enabled && a.noise > 0 && random.uniform() < 0.5;
  const double sigma = noisy ? random.uniform(0, a.noise) : 0;
  std::vector<uint8_t> warped(static_cast<size_t>(pixels));
  for (const double offset_mm : config_.context_mm) {
    const uint8_t* slice = scans_[item.scan].picture(input.nearest_slice(item.slice, offset_mm));
    warp_plane({slice, input.grid.width, input.grid.height}, item.canvas, canvas_.width, canvas_.height, warped.data());
    for (int64_t i = 0; i < pixels; ++i) {
      image[i] = level[warped[i]];
      if (noisy && warped[i] > 0) image[i] += static_cast<float>(random.normal(sigma));
    }
    image += pixels;
  }
}

void SliceSampler::fill_target(const SliceItem& item, float* target) const {
  const GridScan& scan = scans_[item.scan];
  const int64_t pixels = canvas_.width * canvas_.height;
  std::vector<uint8_t> warped(static_cast<size_t>(pixels));
  warp_plane({scan.target_slice(item.slice), scan.input.grid.width, scan.input.grid.height}, item.canvas, canvas_.width,
             canvas_.height, warped.data());
  for (int64_t i = 0; i < pixels; ++i) target[i] = static_cast<float>(warped[i]) / 255.0F;
}

}  // namespace hepatica
