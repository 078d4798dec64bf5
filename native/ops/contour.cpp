#include "ops/contour.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/parallel.h"

namespace hepatica {
namespace {

// What border following leaves in the picture (Suzuki and Abe's NBD, of which only the sign matters here: the pixel
// was passed; passed with background to its right).
constexpr int8_t kUnvisited = 1;
constexpr int8_t kVisited = 2;
constexpr int8_t kVisitedRightEdge = -2;

// Neighbours counter-clockwise as displayed, from the right.
constexpr int kNeighbours = 8;
constexpr std::array<int, kNeighbours> kStepX = {1, 1, 0, -1, -1, -1, 0, 1};
constexpr std::array<int, kNeighbours> kStepY = {0, -1, -1, -1, 0, 1, 1, 1};
constexpr int kRight = 0;
constexpr int kLeft = 4;

class BorderFollower {
 public:
  BorderFollower(const uint8_t* slice, int64_t width, int64_t height)
      : height_(height), stride_(width + 2), marks_(static_cast<size_t>(stride_ * (height + 2))) {
    for (int64_t y = 0; y < height; ++y) {
      std::transform(slice + y * width, slice + (y + 1) * width, marks_.data() + (y + 1) * stride_ + 1,
                     [](uint8_t voxel) { return voxel != 0 ? kUnvisited : int8_t{0}; });
    }
    for (int n = 0; n < kNeighbours; ++n) offsets_[n] = kStepY[n] * stride_ + kStepX[n];
  }

  std::vector<Contour> trace_all(int64_t slice_index) {
    std::vector<Contour> contours;
    const std::vector<int8_t> blank(static_cast<size_t>(stride_), 0);
    for (int64_t y = 1; y <= height_; ++y) {
      if (std::memcmp(marks_.data() + y * stride_, blank.data(), blank.size()) == 0) continue;
      int8_t previous = 0;
      for (int64_t at = y * stride_ + 1; at < (y + 1) * stride_; ++at) {
        if (marks_[at] == previous) continue;
        if (previous == 0 && marks_[at] == kUnvisited) {
          contours.push_back({slice_index, false, follow(at, kLeft)});
        } else if (previous > 0 && marks_[at] == 0) {
          contours.push_back({slice_index, true, follow(at - 1, kRight)});
        }
        previous = marks_[at];
      }
    }
    return contours;
  }

 private:
  // Follows the border from `start`, whose neighbour in direction `outside` is background.
  std::vector<std::array<float, 2>> follow(int64_t start, int outside) {
    std::vector<std::array<float, 2>> pixels;
    int direction = outside;
    do {
      direction = (direction + kNeighbours - 1) % kNeighbours;
    } while (marks_[start + offsets_[direction]] == 0 && direction != outside);
    if (direction == outside) {
      marks_[start] = kVisitedRightEdge;
      return {point(start)};
    }
    const int64_t last = start + offsets_[direction];
    for (int64_t at = start;;) {
      const int came_from = direction;
      do {
        direction = (direction + 1) % kNeighbours;
      } while (marks_[at + offsets_[direction]] == 0);
      // Whether the search passed the neighbour to the right, which then is background.
      const int passed = (direction - came_from + kNeighbours - 1) % kNeighbours;
      if ((kRight - came_from + kNeighbours - 1) % kNeighbours < passed) {
        marks_[at] = kVisitedRightEdge;
      } else if (marks_[at] == kUnvisited) {
        marks_[at] = kVisited;
      }
      pixels.push_back(point(at));
      const int64_t next = at + offsets_[direction];
      if (next == start && at == last) return pixels;
      at = next;
      direction = (direction + kNeighbours / 2) % kNeighbours;
    }
  }

  std::array<float, 2> point(int64_t at) const {
    return {static_cast<float>(at % stride_ - 1), static_cast<float>(at / stride_ - 1)};
  }

  int64_t height_;
  int64_t stride_;
  // The slice with a margin of one background pixel.
  std::vector<int8_t> marks_;
  std::array<int64_t, kNeighbours> offsets_{};
};

}  // namespace

std::vector<Contour> trace_slice(const uint8_t* slice, int64_t width, int64_t height, int64_t slice_index) {
  return BorderFollower(slice, width, height).trace_all(slice_index);
}

std::vector<Contour> trace_contours(const Mask& mask, Run& run) {
  std::vector<std::vector<Contour>> slices(static_cast<size_t>(mask.geometry.slice_count()));
  parallel_for(mask.geometry.slice_count(), run, [&](int64_t z) {
    slices[z] = trace_slice(mask.slice(z), mask.geometry.size[0], mask.geometry.size[1], z);
  });
  std::vector<Contour> contours;
  for (std::vector<Contour>& slice : slices) std::move(slice.begin(), slice.end(), std::back_inserter(contours));
  return contours;
}

}  // namespace hepatica
