#include "registration/mutual_information.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/parallel.h"

namespace hepatica {
namespace {

constexpr int kBins = 32;
// A cubic B-spline reaches two bins either way.
constexpr int kMovingBins = kBins + 4;
constexpr int64_t kChunk = 4096;
constexpr double kLeastInside = 0.25;
constexpr double kBinHu = static_cast<double>(kBrightestHu - kDarkestHu) / kBins;

using Table = std::array<std::array<double, kMovingBins>, kBins>;

int fixed_bin(float hu) {
  return std::clamp(static_cast<int>(static_cast<double>(hu - kDarkestHu) / kBinHu), 0, kBins - 1);
}

// In bins, so that the spline's four lie within the table.
double moving_place(double hu) {
  return std::clamp((hu - static_cast<double>(kDarkestHu)) / kBinHu, 0.0, kBins - 1e-6) + 1.5;
}

double spline(double distance) {
  const double t = std::abs(distance);
  if (t < 1) return (4 - 6 * t * t + 3 * t * t * t) / 6;
  return t < 2 ? (2 - t) * (2 - t) * (2 - t) / 6 : 0;
}

double spline_slope(double distance) {
  const double t = std::abs(distance);
  const double slope = t < 1 ? -2 * t + 1.5 * t * t : (t < 2 ? -(2 - t) * (2 - t) / 2 : 0);
  return distance < 0 ? -slope : slope;
}

// What a point of the fixed scan meets in the moving one.
struct Meeting {
  int bin = -1;
  double place = 0;
  Vec3 slope = {0, 0, 0};
};

struct Chunk {
  Table joint{};
  int64_t inside = 0;
};

// log of p(fixed, moving) / p(moving); 0 where nothing is.
Table log_ratios(const Table& joint, Agreement& agreement) {
  std::array<double, kBins> fixed{};
  std::array<double, kMovingBins> moving{};
  for (size_t f = 0; f < kBins; ++f) {
    for (size_t m = 0; m < kMovingBins; ++m) {
      fixed[f] += joint[f][m];
      moving[m] += joint[f][m];
    }
  }
  Table logs{};
  for (size_t f = 0; f < kBins; ++f) {
    for (size_t m = 0; m < kMovingBins; ++m) {
      if (joint[f][m] <= 0) continue;
      logs[f][m] = std::log(joint[f][m] / moving[m]);
      agreement.information += joint[f][m] * (logs[f][m] - std::log(fixed[f]));
    }
    if (fixed[f] > 0) agreement.entropy -= fixed[f] * std::log(fixed[f]);
  }
  return logs;
}

class Histogram {
 public:
  Histogram(const std::vector<FixedPoint>& fixed, const CellPicture& moving, const RigidMotion& motion, Run& run)
      : fixed_(fixed), map_(motion), run_(run), meetings_(fixed.size()) {
    std::vector<Chunk> chunks(static_cast<size_t>(chunk_count()));
    parallel_for(chunk_count(), run, [&](int64_t chunk) { fill(chunk, moving, chunks[static_cast<size_t>(chunk)]); });
    for (const Chunk& chunk : chunks) {
      inside_ += chunk.inside;
      for (size_t f = 0; f < kBins; ++f) {
        for (size_t m = 0; m < kMovingBins; ++m) joint_[f][m] += chunk.joint[f][m];
      }
    }
  }

  Agreement agreement() {
    if (static_cast<double>(inside_) < kLeastInside * static_cast<double>(fixed_.size()) || inside_ == 0) return {};
    const double share = 1 / static_cast<double>(inside_);
    for (auto& row : joint_) {
      for (double& value : row) value *= share;
    }
    Agreement result;
    const Table logs = log_ratios(joint_, result);
    std::vector<std::array<double, 6>> parts(static_cast<size_t>(chunk_count()));
    parallel_for(chunk_count(), run_, [&](int64_t chunk) { parts[static_cast<size_t>(chunk)] = slope(chunk, logs); });
    for (const auto& part : parts) {
      for (size_t i = 0; i < 6; ++i) result.gradient[i] += part[i] * share;
    }
    return result;
  }

 private:
  int64_t chunk_count() const { return (static_cast<int64_t>(fixed_.size()) + kChunk - 1) / kChunk; }
  size_t begin_of(int64_t chunk) const { return static_cast<size_t>(chunk * kChunk); }
  size_t end_of(int64_t chunk) const { return std::min(fixed_.size(), begin_of(chunk + 1)); }

  void fill(int64_t chunk, const CellPicture& moving, Chunk& out) {
    for (size_t i = begin_of(chunk); i < end_of(chunk); ++i) {
      const auto sample = moving.sample(map_.apply(fixed_[i].position_mm));
      if (!sample) continue;
      Meeting& meeting = meetings_[i];
      meeting = {fixed_bin(fixed_[i].hu), moving_place(sample->hu), sample->slope};
      ++out.inside;
      const int first = static_cast<int>(meeting.place) - 1;
      for (int m = first; m < first + 4; ++m) {
        out.joint[static_cast<size_t>(meeting.bin)][static_cast<size_t>(m)] += spline(meeting.place - m);
      }
    }
  }

  std::array<double, 6> slope(int64_t chunk, const Table& logs) const {
    std::array<double, 6> sums{};
    for (size_t i = begin_of(chunk); i < end_of(chunk); ++i) {
      const Meeting& meeting = meetings_[i];
      if (meeting.bin < 0) continue;
      const int first = static_cast<int>(meeting.place) - 1;
      double by_place = 0;
      for (int m = first; m < first + 4; ++m) {
        by_place += spline_slope(meeting.place - m) * logs[static_cast<size_t>(meeting.bin)][static_cast<size_t>(m)];
      }
      const double by_hu = by_place / kBinHu;
      const auto turned = map_.angle_derivatives(fixed_[i].position_mm);
      for (size_t k = 0; k < 3; ++k) {
        const Vec3& moved = turned[k];
        sums[k] += by_hu * (meeting.slope[0] * moved[0] + meeting.slope[1] * moved[1] + meeting.slope[2] * moved[2]);
        sums[3 + k] += by_hu * meeting.slope[k];
      }
    }
    return sums;
  }

  const std::vector<FixedPoint>& fixed_;
  RigidMap map_;
  Run& run_;
  std::vector<Meeting> meetings_;
  Table joint_{};
  int64_t inside_ = 0;
};

}  // namespace

Agreement mutual_information(const std::vector<FixedPoint>& fixed, const CellPicture& moving, const RigidMotion& motion,
                             Run& run) {
  return Histogram(fixed, moving, motion, run).agreement();
}

}  // namespace hepatica
