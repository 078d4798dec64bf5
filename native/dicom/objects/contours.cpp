#include "dicom/objects/contours.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

namespace hepatica::dicom {
namespace {

constexpr double kBeyondCentre = 0.3;

// Top, right, bottom, left: clockwise where y points down, with the inside on the right hand.
struct Step {
  int x;
  int y;
};
constexpr Step kOutward[4] = {{0, -1}, {1, 0}, {0, 1}, {-1, 0}};
constexpr Step kAlong[4] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
constexpr int kTop = 0;
constexpr int kRight = 1;
constexpr int kLeft = 3;

// A side of an inside pixel whose neighbour is outside.
struct Side {
  int64_t x;
  int64_t y;
  int side;
};

struct Loop {
  std::vector<Side> sides;
  bool hole = false;
};

struct Place {
  size_t loop;
  size_t index;
};

class SliceContours {
 public:
  SliceContours(int64_t width, int64_t height, const std::function<bool(int64_t, int64_t)>& inside)
      : width_(width), height_(height), inside_(static_cast<size_t>(width * height)) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) inside_[static_cast<size_t>(y * width + x)] = inside(x, y) ? 1 : 0;
    }
  }

  std::vector<Contour> trace() {
    for (int64_t y = 0; y < height_; ++y) {
      for (int64_t x = 0; x < width_; ++x) {
        if (is_inside(x, y) && !is_inside(x, y - 1) && !places_.contains(key({x, y, kTop}))) trace_loop({x, y, kTop});
      }
    }
    attach_holes();
    std::vector<Contour> contours;
    for (size_t i = 0; i < loops_.size(); ++i) {
      if (loops_[i].hole) continue;
      Contour contour;
      append({i, 0}, contour);
      contours.push_back(without_collinear(contour));
    }
    return contours;
  }

 private:
  bool is_inside(int64_t x, int64_t y) const {
    return x >= 0 && y >= 0 && x < width_ && y < height_ && inside_[static_cast<size_t>(y * width_ + x)] != 0;
  }
  int64_t key(const Side& side) const { return (side.y * width_ + side.x) * 4 + side.side; }

  Side next(const Side& at) const {
    const Step along = kAlong[at.side];
    const Step outward = kOutward[at.side];
    const int64_t x = at.x + along.x;
    const int64_t y = at.y + along.y;
    if (!is_inside(x, y)) return {at.x, at.y, (at.side + 1) % 4};
    if (is_inside(x + outward.x, y + outward.y)) return {x + outward.x, y + outward.y, (at.side + 3) % 4};
    return {x, y, at.side};
  }

  void trace_loop(const Side& start) {
    Loop loop;
    double turns = 0;
    Side at = start;
    do {
      places_[key(at)] = {loops_.size(), loop.sides.size()};
      loop.sides.push_back(at);
      const Side following = next(at);
      if (following.side != at.side) turns += following.side == (at.side + 1) % 4 ? 1 : -1;
      at = following;
    } while (key(at) != key(start));
    loop.hole = turns < 0;
    loops_.push_back(std::move(loop));
  }

  // From the leftmost tissue that looks at the hole from its left, along the row to the next border: it is of the
  // outline around the hole, or of a hole further left.
  void attach_holes() {
    for (size_t i = 0; i < loops_.size(); ++i) {
      if (!loops_[i].hole) continue;
      const std::vector<Side>& sides = loops_[i].sides;
      size_t first = sides.size();
      for (size_t k = 0; k < sides.size(); ++k) {
        if (sides[k].side == kRight && (first == sides.size() || sides[k].x < sides[first].x)) first = k;
      }
      Side border{sides[first].x, sides[first].y, kLeft};
      while (is_inside(border.x - 1, border.y)) --border.x;
      attached_[key(border)].push_back({i, first});
    }
  }

  // A loop from one of its sides all the way round to it, with the holes that are attached to it.
  void append(Place from, Contour& contour) const {
    const std::vector<Side>& sides = loops_[from.loop].sides;
    for (size_t k = 0; k < sides.size(); ++k) {
      const Side& side = sides[(from.index + k) % sides.size()];
      contour.push_back(point(side));
      const auto holes = attached_.find(key(side));
      if (holes == attached_.end()) continue;
      for (const Place& hole : holes->second) {
        append(hole, contour);
        contour.push_back(point(loops_[hole.loop].sides[hole.index]));
        contour.push_back(point(side));
      }
    }
  }

  static std::array<double, 2> point(const Side& side) {
    return {static_cast<double>(side.x) + kBeyondCentre * kOutward[side.side].x,
            static_cast<double>(side.y) + kBeyondCentre * kOutward[side.side].y};
  }

  static Contour without_collinear(const Contour& contour) {
    Contour kept;
    for (size_t i = 0; i < contour.size(); ++i) {
      const auto& before = contour[(i + contour.size() - 1) % contour.size()];
      const auto& at = contour[i];
      const auto& after = contour[(i + 1) % contour.size()];
      const double dx = at[0] - before[0];
      const double dy = at[1] - before[1];
      const double ex = after[0] - at[0];
      const double ey = after[1] - at[1];
      const bool straight = std::abs(dx * ey - dy * ex) < 1e-9 && dx * ex + dy * ey > 0;
      if (!straight) kept.push_back(at);
    }
    return kept;
  }

  int64_t width_;
  int64_t height_;
  std::vector<uint8_t> inside_;
  std::vector<Loop> loops_;
  std::unordered_map<int64_t, Place> places_;
  std::map<int64_t, std::vector<Place>> attached_;
};

}  // namespace

std::vector<Contour> keyhole_contours(int64_t width, int64_t height,
                                      const std::function<bool(int64_t x, int64_t y)>& inside) {
  return SliceContours(width, height, inside).trace();
}

}  // namespace hepatica::dicom
