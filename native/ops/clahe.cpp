#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "ops/equalize.h"

namespace hepatica {
namespace {

constexpr int kBins = 256;

// A slice cut into tiles of one size, padded where they don't divide it.
struct TileGrid {
  int64_t tiles_x;
  int64_t tiles_y;
  int64_t tile_width;
  int64_t tile_height;
};

TileGrid tile_grid(int64_t width, int64_t height, const ClaheOptions& options) {
  // As OpenCV pads: an axis that is divisible gets a whole further tile row when the other one isn't.
  const bool divisible = width % options.tiles_x == 0 && height % options.tiles_y == 0;
  const int64_t padded_width = divisible ? width : width + options.tiles_x - width % options.tiles_x;
  const int64_t padded_height = divisible ? height : height + options.tiles_y - height % options.tiles_y;
  return {options.tiles_x, options.tiles_y, padded_width / options.tiles_x, padded_height / options.tiles_y};
}

// The index mirrored at the last pixel, which isn't repeated: ... n-2 n-1 n-2 ..., again and again for narrow slices.
int64_t reflected(int64_t index, int64_t size) {
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1);
  const int64_t folded = index % period;
  return folded < size ? folded : period - folded;
}

Histogram tile_histogram(const uint8_t* source, int64_t width, int64_t height, const TileGrid& grid, int64_t tile_x,
                         int64_t tile_y) {
  Histogram histogram{};
  for (int64_t y = tile_y * grid.tile_height; y < (tile_y + 1) * grid.tile_height; ++y) {
    const uint8_t* row = source + reflected(y, height) * width;
    for (int64_t x = tile_x * grid.tile_width; x < (tile_x + 1) * grid.tile_width; ++x) {
      ++histogram[row[reflected(x, width)]];
    }
  }
  return histogram;
}

// What lies above the limit is spread evenly, the rest of it one by one at equal steps.
void clip_histogram(Histogram& histogram, uint32_t limit) {
  uint32_t excess = 0;
  for (uint32_t& bin : histogram) {
    if (bin <= limit) continue;
    excess += bin - limit;
    bin = limit;
  }
  for (uint32_t& bin : histogram) bin += excess / kBins;
  const uint32_t rest = excess % kBins;
  if (rest == 0) return;
  const uint32_t step = std::max(kBins / rest, 1U);
  for (uint32_t k = 0; k < rest && k * step < kBins; ++k) ++histogram[k * step];
}

ByteTable tile_table(Histogram histogram, int64_t tile_pixels, double clip_limit) {
  if (clip_limit > 0) {
    const auto limit = static_cast<int64_t>(clip_limit * static_cast<double>(tile_pixels) / kBins);
    clip_histogram(histogram, static_cast<uint32_t>(std::clamp<int64_t>(limit, 1, tile_pixels)));
  }
  const float scale = 255.0F / static_cast<float>(tile_pixels);
  ByteTable table{};
  uint32_t cdf = 0;
  for (int value = 0; value < kBins; ++value) {
    cdf += histogram[value];
    table[value] = static_cast<uint8_t>(std::min(255.0F, std::nearbyint(static_cast<float>(cdf) * scale)));
  }
  return table;
}

// The two tiles whose centres surround a pixel along one axis, and how far it is from the first to the second.
struct TileBlend {
  int64_t first;
  int64_t second;
  float weight;
};

TileBlend tile_blend(int64_t pixel, int64_t tile_size, int64_t tiles) {
  const float inverse = 1.0F / static_cast<float>(tile_size);
  const float position = static_cast<float>(pixel) * inverse - 0.5F;
  const float below = std::floor(position);
  const auto first = static_cast<int64_t>(below);
  return {std::max<int64_t>(first, 0), std::min(first + 1, tiles - 1), position - below};
}

void check_options(const ClaheOptions& options) {
  if (options.tiles_x > 0 && options.tiles_y > 0 && std::isfinite(options.clip_limit)) return;
  throw Error("INVALID_ARGUMENT",
              "Expected CLAHE to have positive tile counts and a finite clip limit, received " +
                  std::to_string(options.tiles_x) + " x " + std::to_string(options.tiles_y) + " tiles, limit " +
                  std::to_string(options.clip_limit),
              {}, "clahe", "Take the defaults, 8 x 8 tiles and limit 2.");
}

}  // namespace

void clahe_slice(const uint8_t* source, int64_t width, int64_t height, const ClaheOptions& options, uint8_t* target) {
  check_options(options);
  if (width == 0 || height == 0) return;
  const TileGrid grid = tile_grid(width, height, options);
  std::vector<ByteTable> tables;
  for (int64_t tile_y = 0; tile_y < grid.tiles_y; ++tile_y) {
    for (int64_t tile_x = 0; tile_x < grid.tiles_x; ++tile_x) {
      tables.push_back(tile_table(tile_histogram(source, width, height, grid, tile_x, tile_y),
                                  grid.tile_width * grid.tile_height, options.clip_limit));
    }
  }
  std::vector<TileBlend> columns;
  for (int64_t x = 0; x < width; ++x) columns.push_back(tile_blend(x, grid.tile_width, grid.tiles_x));
  for (int64_t y = 0; y < height; ++y) {
    const TileBlend row = tile_blend(y, grid.tile_height, grid.tiles_y);
    const ByteTable* upper = tables.data() + row.first * grid.tiles_x;
    const ByteTable* lower = tables.data() + row.second * grid.tiles_x;
    for (int64_t x = 0; x < width; ++x) {
      const TileBlend& column = columns[x];
      const uint8_t value = source[y * width + x];
      const float left = 1.0F - column.weight;
      const float above = upper[column.first][value] * left + upper[column.second][value] * column.weight;
      const float below = lower[column.first][value] * left + lower[column.second][value] * column.weight;
      const float blended = above * (1.0F - row.weight) + below * row.weight;
      target[y * width + x] = static_cast<uint8_t>(std::clamp(std::nearbyint(blended), 0.0F, 255.0F));
    }
  }
}

}  // namespace hepatica
