#include "training/lesion_sampler.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "training/warp.h"

namespace hepatica {
namespace {

constexpr uint64_t kItemStream = 5;

template <class T>
const T& any_of(const std::vector<T>& list, Random& random) {
  return list[static_cast<size_t>(random.below(static_cast<int64_t>(list.size())))];
}

// A pixel of the plane that is at least half inside; the plane has some.
std::array<double, 2> any_inside(const uint8_t* plane, const Canvas& canvas, Random& random) {
  const int64_t pixels = canvas.pixels();
  int64_t left = random.below(std::count_if(plane, plane + pixels, [](uint8_t part) { return part > 127; }));
  for (int64_t i = 0; i < pixels; ++i) {
    if (plane[i] > 127 && left-- == 0) {
      return {static_cast<double>(i % canvas.width), static_cast<double>(i / canvas.width)};
    }
  }
  return {static_cast<double>(canvas.width) / 2, static_cast<double>(canvas.height) / 2};
}

// The middle of a window of `side` pixels over a region of `size`: the region's middle where it fits, else anywhere
// that keeps `pixel` inside.
double window_middle(int64_t size, int64_t side, double pixel, Random& random) {
  if (side >= size) return static_cast<double>(size) / 2;
  const auto half = static_cast<double>(side) / 2;
  const double low = std::max(half, pixel - half + 1);
  const double high = std::min(static_cast<double>(size) - half, pixel + half - 1);
  return random.uniform(std::min(low, high), std::max(low, high));
}

}  // namespace

LesionSampler::LesionSampler(std::span<const LesionScan> real, const MdlCnnConfig& config,
                             const LesionTrainingOptions& options)
    : config_(config), options_(options), real_(make_pool(real)) {
  choose_canvas(real);
  for (const LesionScan& scan : real) slices_per_epoch_ += scan.region.slices;
  if (options.slices_per_epoch > 0) slices_per_epoch_ = options.slices_per_epoch;
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
    if (!scan.lesion_slices.empty()) pool.with.push_back(&scan);
    if (!scan.plain_slices.empty()) pool.without.push_back(&scan);
  }
  return pool;
}

void LesionSampler::choose_canvas(std::span<const LesionScan> scans) {
  if (!options_.canvas_px.empty()) {
    const int64_t cell = config_.stride();
    height_ = (options_.canvas_px[0] + cell - 1) / cell * cell;
    width_ = (options_.canvas_px[1] + cell - 1) / cell * cell;
    return;
  }
  for (const LesionScan& scan : scans) {
    height_ = std::max(height_, scan.region.canvas.height);
    width_ = std::max(width_, scan.region.canvas.width);
  }
}

int64_t LesionSampler::steps_per_epoch() const {
  return (slices_per_epoch_ + options_.batch_size - 1) / options_.batch_size;
}

LesionSampler::Item LesionSampler::choose(Random& random) const {
  const bool asks_real = random.uniform() < options_.real_fraction;
  const bool from_real = synthetic_.empty() || (asks_real && !real_.empty());
  const Pool& pool = from_real ? real_ : synthetic_;
  bool with = random.uniform() < options_.lesion_fraction;
  if (options_.lesion_fraction < 0) {
    const auto count = [](const std::vector<const LesionScan*>& scans, auto slices) {
      double sum = 0;
      for (const LesionScan* scan : scans) sum += static_cast<double>((scan->*slices).size());
      return sum;
    };
    const double lesions = count(pool.with, &LesionScan::lesion_slices);
    with = random.uniform() * (lesions + count(pool.without, &LesionScan::plain_slices)) < lesions;
  }
  if (pool.with.empty() || pool.without.empty()) with = !pool.with.empty();
  Item item;
  item.scan = any_of(with ? pool.with : pool.without, random);
  item.slice = any_of(with ? item.scan->lesion_slices : item.scan->plain_slices, random);
  item.for_lesion = with;
  return item;
}

LesionBatch LesionSampler::draw(int64_t epoch, int64_t step_of_epoch) const {
  const int64_t size = options_.batch_size;
  LesionBatch batch;
  batch.region = at::empty({size, config_.input_planes(), height_, width_});
  batch.liver = at::empty({size, height_, width_});
  batch.lesion = at::empty({size, height_, width_});
  batch.types = at::empty({size, height_, width_}, at::kLong);
  for (int64_t i = 0; i < size; ++i) {
    const auto position = static_cast<uint64_t>(step_of_epoch * size + i);
    Random random(options_.seed, {kItemStream, static_cast<uint64_t>(epoch), position});
    const Item item = choose(random);
    fill(item, place(item, random), random, i, batch);
  }
  return batch;
}

CanvasTransform LesionSampler::place(const Item& item, Random& random) const {
  const Canvas& canvas = item.scan->region.canvas;
  const uint8_t* const shown =
      item.for_lesion ? item.scan->lesion_slice(item.slice) : item.scan->region.liver_slice(item.slice);
  const auto [pixel_x, pixel_y] = any_inside(shown, canvas, random);
  const double middle_x = window_middle(canvas.width, width_, pixel_x, random);
  const double middle_y = window_middle(canvas.height, height_, pixel_y, random);
  const double half_width = static_cast<double>(width_) / 2;
  const double half_height = static_cast<double>(height_) / 2;
  CanvasTransform map;
  const Augmentation& a = options_.augmentation;
  if (a.enabled) {
    const double scale = std::exp(random.normal(a.scale));
    const double aspect = std::exp(random.normal(a.aspect));
    const double angle = random.normal(a.rotation_deg) * std::numbers::pi / 180;
    map.xx = std::cos(angle) * scale * aspect;
    map.xy = -std::sin(angle) * scale;
    map.yx = std::sin(angle) * scale * aspect;
    map.yy = std::cos(angle) * scale;
  }
  if (options_.flips && random.uniform() < 0.5) map.xx = -map.xx, map.yx = -map.yx;
  if (options_.flips && random.uniform() < 0.5) map.xy = -map.xy, map.yy = -map.yy;
  // The canvas' middle, between its pixels, lies on the window's middle.
  const double canvas_x = half_width - 0.5;
  const double canvas_y = half_height - 0.5;
  const auto whole = [&](double offset) { return a.enabled ? offset : std::round(offset); };
  map.x0 = whole(middle_x - 0.5 - (map.xx * canvas_x + map.xy * canvas_y));
  map.y0 = whole(middle_y - 0.5 - (map.yx * canvas_x + map.yy * canvas_y));
  return map;
}

void LesionSampler::fill(const Item& item, const CanvasTransform& map, Random& random, int64_t index,
                         LesionBatch& batch) const {
  const LesionScan& scan = *item.scan;
  const Canvas& canvas = scan.region.canvas;
  const auto pixels = static_cast<size_t>(height_ * width_);
  std::vector<uint8_t> liver(pixels), lesion(pixels), types(pixels);
  warp_plane({scan.region.liver_slice(item.slice), canvas.width, canvas.height}, map, width_, height_, liver.data());
  warp_plane({scan.lesion_slice(item.slice), canvas.width, canvas.height}, map, width_, height_, lesion.data());
  warp_plane_nearest({scan.type_slice(item.slice), canvas.width, canvas.height}, map, width_, height_, types.data());
  fill_planes(item, map, random, batch.region[index].data_ptr<float>());
  float* const inside = batch.liver[index].data_ptr<float>();
  float* const part = batch.lesion[index].data_ptr<float>();
  int64_t* const channel = batch.types[index].data_ptr<int64_t>();
  for (size_t i = 0; i < pixels; ++i) {
    inside[i] = liver[i] >= RegionInput::kInside ? 1.0F : 0.0F;
    part[i] = static_cast<float>(lesion[i]) / 255.0F;
    const bool known = lesion[i] > 127 && types[i] > 0;
    channel[i] = known ? class_channel(static_cast<LesionType>(types[i])) : -1;
  }
}

void LesionSampler::fill_planes(const Item& item, const CanvasTransform& map, Random& random, float* values) const {
  const RegionInput& region = item.scan->region;
  const Augmentation& a = options_.augmentation;
  const double gamma = a.enabled ? std::exp(random.normal(a.gamma)) : 1;
  const double gain = a.enabled ? std::exp(random.normal(a.gamma / 3)) : 1;
  std::array<float, 256> level{};
  for (size_t v = 0; v < level.size(); ++v) {
    level[v] = static_cast<float>(a.enabled ? std::min(1.0, std::pow(static_cast<double>(v) / 255, gamma) * gain)
                                            : static_cast<double>(static_cast<float>(v) / 255.0F));
  }
  std::vector<uint8_t> warped(static_cast<size_t>(height_ * width_));
  for (int64_t channel = 0; channel < region.channels(); ++channel) {
    for (const double offset_mm : region.context_mm) {
      const int64_t z =
          nearest_slice(region.first_slice + item.slice, offset_mm, region.slice_spacing_mm, region.scan_slices) -
          region.first_slice;
      const bool seen = z >= 0 && z < region.slices;
      if (seen) {
        warp_plane({region.plane(channel, z), region.canvas.width, region.canvas.height}, map, width_, height_,
                   warped.data());
      }
      for (size_t i = 0; i < warped.size(); ++i) values[i] = seen ? level[warped[i]] : 0.0F;
      values += warped.size();
    }
  }
}

}  // namespace hepatica
