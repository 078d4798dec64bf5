#include "ops/aorta.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <variant>
#include <vector>

#include "ops/bounding_box.h"

namespace hepatica {
namespace {

// Of the liver's slices, from its lowest one: below, bowel and pancreas lie against the aorta.
constexpr double kFromPart = 0.45;
// The spine: bone near the body's middle, behind it.
constexpr double kBoneHu = 160;
constexpr double kSpineMm = 35;
constexpr double kBehindMm = 10;
constexpr double kBodyDepth = 0.8;  // half the body's depth, of the radius of a circle of its area
constexpr int kLeastBone = 8;
// Where the aorta's middle is looked for from the spine's: to the left, and to the front.
constexpr std::array<double, 2> kToLeftMm = {-6, 40};
constexpr std::array<double, 2> kToFrontMm = {12, 60};
constexpr double kUsualLeftMm = 14;
// The body of the vertebra, which has no place in that: its middle in front of the spine's, half its width and depth.
constexpr double kVertebraToFrontMm = 12;
constexpr std::array<double, 2> kVertebraMm = {15, 12};
// A disc inside of it, and places around it, of which those in most directions lie outside.
constexpr double kDiscMm = 5;
constexpr std::array<double, 4> kAroundMm = {11, 13.5, 16, 18.5};
constexpr int kDirections = 24;
constexpr double kStandsOffHu = 18;
constexpr double kStandsOffPart = 0.22;
constexpr std::array<double, 2> kPossibleHu = {15, 390};
constexpr double kNoCandidate = -9;
constexpr double kStepMm = 5;  // from slice to slice
// What a slice must show, how many must, and how much they may differ.
constexpr double kLeastAround = 0.65;
constexpr double kMostSpreadHu = 16;
constexpr size_t kLeastSlices = 4;
constexpr double kLeastShare = 0.4;
constexpr double kMostRangeHu = 15;
constexpr double kMostRangePart = 0.2;

// One slice, HU within limits, and means of 3 x 3 pixels.
struct Slice {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<float> hu;
  std::vector<float> smooth;

  float smooth_at(int64_t x, int64_t y) const {
    return smooth[static_cast<size_t>(std::clamp<int64_t>(y, 0, height - 1) * width +
                                      std::clamp<int64_t>(x, 0, width - 1))];
  }
};

Slice slice_of(const Volume& volume, int64_t z) {
  Slice slice{volume.geometry.size[0], volume.geometry.size[1], {}, {}};
  std::visit(
      [&](const auto& hu) {
        const auto begin = hu.begin() + z * volume.geometry.slice_pixels();
        std::transform(begin, begin + volume.geometry.slice_pixels(), std::back_inserter(slice.hu), [](auto value) {
          const auto converted = static_cast<float>(value);
          return std::isfinite(converted) ? std::clamp(converted, -200.0F, 400.0F) : -200.0F;
        });
      },
      volume.hu);
  for (int64_t y = 0; y < slice.height; ++y) {
    for (int64_t x = 0; x < slice.width; ++x) {
      float sum = 0;
      for (int64_t v = y - 1; v <= y + 1; ++v) {
        for (int64_t u = x - 1; u <= x + 1; ++u) {
          sum += slice.hu[static_cast<size_t>(std::clamp<int64_t>(v, 0, slice.height - 1) * slice.width +
                                              std::clamp<int64_t>(u, 0, slice.width - 1))];
        }
      }
      slice.smooth.push_back(sum / 9);
    }
  }
  return slice;
}

struct Point {
  double x = 0;
  double y = 0;
};

std::optional<Point> spine_of(const Slice& slice, const SliceBody& body, const Vec3& spacing_mm) {
  const double depth_mm = kBodyDepth * std::sqrt(body.area_mm2 / std::numbers::pi);
  std::vector<double> columns;
  double rows = 0;
  for (int64_t y = 0; y < slice.height; ++y) {
    const double behind_mm = (static_cast<double>(y) - body.centre_y) * spacing_mm[1];
    if (behind_mm <= kBehindMm || behind_mm >= depth_mm) continue;
    for (int64_t x = 0; x < slice.width; ++x) {
      const double beside_mm = (static_cast<double>(x) - body.centre_x) * spacing_mm[0];
      const auto hu = static_cast<double>(slice.hu[static_cast<size_t>(y * slice.width + x)]);
      if (std::abs(beside_mm) >= kSpineMm || hu <= kBoneHu) continue;
      columns.push_back(static_cast<double>(x));
      rows += static_cast<double>(y);
    }
  }
  if (columns.size() < kLeastBone) return std::nullopt;
  const auto middle = columns.begin() + static_cast<int64_t>(columns.size() / 2);
  std::nth_element(columns.begin(), middle, columns.end());
  return Point{*middle, rows / static_cast<double>(columns.size())};
}

struct Candidate {
  double hu = 0;
  double score = 0;
  bool is_clear = false;
};

using Offset = std::array<int64_t, 2>;

std::vector<Offset> disc_of(const Vec3& spacing_mm) {
  const auto reach_x = static_cast<int64_t>(kDiscMm / spacing_mm[0]);
  const auto reach_y = static_cast<int64_t>(kDiscMm / spacing_mm[1]);
  std::vector<Offset> disc;
  for (int64_t y = -reach_y; y <= reach_y; ++y) {
    for (int64_t x = -reach_x; x <= reach_x; ++x) {
      const double distance_mm =
          std::hypot(static_cast<double>(x) * spacing_mm[0], static_cast<double>(y) * spacing_mm[1]);
      if (distance_mm <= kDiscMm) disc.push_back({x, y});
    }
  }
  return disc;
}

using Rays = std::array<std::array<Offset, kAroundMm.size()>, kDirections>;

Rays rays_of(const Vec3& spacing_mm) {
  Rays rays;
  for (int i = 0; i < kDirections; ++i) {
    const double angle = 2 * std::numbers::pi * i / kDirections;
    for (size_t k = 0; k < kAroundMm.size(); ++k) {
      rays[static_cast<size_t>(i)][k] = {std::lround(kAroundMm[k] * std::cos(angle) / spacing_mm[0]),
                                         std::lround(kAroundMm[k] * std::sin(angle) / spacing_mm[1])};
    }
  }
  return rays;
}

// Of the directions: in how many something else lies around.
double part_around(const Slice& slice, const Rays& rays, int64_t x, int64_t y, double hu) {
  const double off = std::max(kStandsOffHu, kStandsOffPart * hu);
  const auto stands_off = [&](const Offset& to) {
    return std::abs(static_cast<double>(slice.smooth_at(x + to[0], y + to[1])) - hu) > off;
  };
  const auto open = std::ranges::count_if(rays, [&](const auto& ray) { return std::ranges::any_of(ray, stands_off); });
  return static_cast<double>(open) / kDirections;
}

bool is_vertebra(double to_left_mm, double to_front_mm) {
  return std::hypot(to_left_mm / kVertebraMm[0], (to_front_mm - kVertebraToFrontMm) / kVertebraMm[1]) <= 1;
}

Candidate judge(const Slice& slice, const std::vector<Offset>& disc, const Rays& rays, int64_t x, int64_t y,
                double to_left_mm) {
  double sum = 0;
  double squares = 0;
  for (const Offset& offset : disc) {
    const auto hu = static_cast<double>(slice.smooth_at(x + offset[0], y + offset[1]));
    sum += hu;
    squares += hu * hu;
  }
  const auto count = static_cast<double>(disc.size());
  const double mean = sum / count;
  if (mean <= kPossibleHu[0] || mean >= kPossibleHu[1]) return {mean, kNoCandidate, false};
  const double spread = std::sqrt(std::max(0.0, squares / count - mean * mean));
  const double around = part_around(slice, rays, x, y, mean);
  return {mean, around - spread / 25 - 0.004 * std::abs(to_left_mm - kUsualLeftMm),
          around >= kLeastAround && spread <= kMostSpreadHu};
}

// All places of one slice where the aorta's middle may be.
struct Window {
  int64_t z = 0;
  int64_t x0 = 0;
  int64_t y0 = 0;
  int64_t width = 0;
  int64_t height = 0;
  std::vector<Candidate> candidates;
  std::vector<double> best;  // of the ways that lead there from the slices before

  // The index of the best place near (x, y); −1 where the window does not reach there.
  int64_t best_near(int64_t x, int64_t y, int64_t reach_x, int64_t reach_y) const {
    int64_t found = -1;
    for (int64_t v = std::max(y0, y - reach_y); v <= std::min(y0 + height - 1, y + reach_y); ++v) {
      for (int64_t u = std::max(x0, x - reach_x); u <= std::min(x0 + width - 1, x + reach_x); ++u) {
        const int64_t i = (v - y0) * width + u - x0;
        if (found < 0 || best[static_cast<size_t>(i)] > best[static_cast<size_t>(found)]) found = i;
      }
    }
    return found;
  }
};

Window window_of(const Slice& slice, const Point& spine, const Vec3& spacing_mm) {
  Window window;
  window.x0 = std::max<int64_t>(0, std::lround(std::ceil(spine.x + kToLeftMm[0] / spacing_mm[0])));
  window.y0 = std::max<int64_t>(0, std::lround(std::ceil(spine.y - kToFrontMm[1] / spacing_mm[1])));
  const int64_t x1 = std::min(slice.width, std::lround(std::floor(spine.x + kToLeftMm[1] / spacing_mm[0])) + 1);
  const int64_t y1 = std::min(slice.height, std::lround(std::floor(spine.y - kToFrontMm[0] / spacing_mm[1])) + 1);
  window.width = std::max<int64_t>(0, x1 - window.x0);
  window.height = std::max<int64_t>(0, y1 - window.y0);
  const std::vector<Offset> disc = disc_of(spacing_mm);
  const Rays rays = rays_of(spacing_mm);
  for (int64_t y = window.y0; y < window.y0 + window.height; ++y) {
    for (int64_t x = window.x0; x < window.x0 + window.width; ++x) {
      const double to_left_mm = (static_cast<double>(x) - spine.x) * spacing_mm[0];
      const double to_front_mm = (spine.y - static_cast<double>(y)) * spacing_mm[1];
      window.candidates.push_back(is_vertebra(to_left_mm, to_front_mm) ? Candidate{0, kNoCandidate, false}
                                                                       : judge(slice, disc, rays, x, y, to_left_mm));
    }
  }
  return window;
}

struct Step {
  Candidate candidate;
  Vec3 place;
};

// The best way through all windows (Viterbi).
std::vector<Step> follow(std::vector<Window>& windows, const Vec3& spacing_mm) {
  const auto reach_x = static_cast<int64_t>(std::ceil(kStepMm / spacing_mm[0]));
  const auto reach_y = static_cast<int64_t>(std::ceil(kStepMm / spacing_mm[1]));
  constexpr double kNoWay = -1e3;
  for (size_t i = 0; i < windows.size(); ++i) {
    Window& window = windows[i];
    for (size_t k = 0; k < window.candidates.size(); ++k) {
      const int64_t x = window.x0 + static_cast<int64_t>(k) % window.width;
      const int64_t y = window.y0 + static_cast<int64_t>(k) / window.width;
      const int64_t from = i == 0 ? -1 : windows[i - 1].best_near(x, y, reach_x, reach_y);
      const double before = i == 0 ? 0 : from < 0 ? kNoWay : windows[i - 1].best[static_cast<size_t>(from)];
      window.best.push_back(before + window.candidates[k].score);
    }
  }
  std::vector<Step> way;
  int64_t at = -1;
  for (size_t i = windows.size(); i-- > 0;) {
    const Window& window = windows[i];
    if (i + 1 == windows.size()) {
      at = std::ranges::max_element(window.best) - window.best.begin();
    } else {
      const Window& next = windows[i + 1];
      at = window.best_near(next.x0 + at % next.width, next.y0 + at / next.width, reach_x, reach_y);
      if (at < 0) break;
    }
    way.push_back({window.candidates[static_cast<size_t>(at)],
                   {static_cast<double>(window.x0 + at % window.width),
                    static_cast<double>(window.y0 + at / window.width), static_cast<double>(window.z)}});
  }
  return way;
}

const Step& at_part(const std::vector<Step>& sorted, double part) {
  return sorted[static_cast<size_t>(std::lround(part * static_cast<double>(sorted.size() - 1)))];
}

}  // namespace

std::optional<Aorta> find_aorta(const Volume& coarse, const Mask& liver, const BodyStatistics& body, Run& run) {
  const std::optional<BoundingBox> box = bounding_box(liver);
  if (!box) return std::nullopt;
  const Vec3& spacing_mm = coarse.geometry.spacing_mm;
  const int64_t first = box->min[2] + static_cast<int64_t>(kFromPart * static_cast<double>(box->max[2] - box->min[2]));
  std::vector<Window> windows;
  for (int64_t z = first; z <= box->max[2]; ++z) {
    run.check_cancelled();
    const SliceBody& around = body.slices[static_cast<size_t>(z)];
    if (around.area_mm2 == 0) continue;
    const Slice slice = slice_of(coarse, z);
    const std::optional<Point> spine = spine_of(slice, around, spacing_mm);
    if (!spine) continue;
    Window window = window_of(slice, *spine, spacing_mm);
    window.z = z;
    if (!window.candidates.empty()) windows.push_back(std::move(window));
  }
  std::vector<Step> way;
  if (!windows.empty()) way = follow(windows, spacing_mm);
  std::erase_if(way, [](const Step& step) { return !step.candidate.is_clear; });
  const double share = static_cast<double>(way.size()) / static_cast<double>(box->max[2] - first + 1);
  if (way.size() < kLeastSlices || share < kLeastShare) return std::nullopt;
  std::ranges::stable_sort(way, {}, [](const Step& step) { return step.candidate.hu; });
  const Step& median = at_part(way, 0.5);
  const double range = at_part(way, 0.75).candidate.hu - at_part(way, 0.25).candidate.hu;
  if (range > std::max(kMostRangeHu, kMostRangePart * median.candidate.hu)) return std::nullopt;
  return Aorta{median.candidate.hu, median.place};
}

}  // namespace hepatica
