#include "pipelines/compare_studies.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <numbers>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/vec3.h"
#include "ops/bounding_box.h"
#include "registration/nearest_voxel.h"
#include "registration/register_rigidly.h"

namespace hepatica {
namespace {

constexpr double kLeastDice = 0.7;
constexpr double kSureDice = 0.85;
constexpr double kNearMm = 10;

struct Place {
  int64_t voxels = 0;
  Vec3 centre_mm = {0, 0, 0};
  double ml = 0;

  double radius_mm() const { return std::cbrt(3 * ml * 1000 / (4 * std::numbers::pi)); }
};

// By id.
using Places = std::map<int, Place>;

template <class Visit>
void visit_lesions(const Mask& lesions, Visit&& visit) {
  const auto [width, height, slices] = lesions.geometry.size;
  const uint8_t* voxel = lesions.voxels.data();
  for (int64_t z = 0; z < slices; ++z) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x, ++voxel) {
        if (!*voxel) continue;
        const Vec3 index = {static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        visit(int{*voxel}, lesions.geometry.position_mm(index));
      }
    }
  }
}

Places places_of(const Mask& lesions) {
  Places places;
  visit_lesions(lesions, [&](int id, const Vec3& position_mm) {
    Place& place = places[id];
    ++place.voxels;
    place.centre_mm = along(place.centre_mm, position_mm, 1);
  });
  const double voxel_ml = lesions.geometry.voxel_volume_ml();
  for (auto& [id, place] : places) {
    const auto voxels = static_cast<double>(place.voxels);
    place.centre_mm = along({0, 0, 0}, place.centre_mm, 1 / voxels);
    place.ml = voxels * voxel_ml;
  }
  return places;
}

// A lesion of each date that may be the same.
struct Candidate {
  int before;
  int after;
  double overlap_ml;
  double distance_mm;
};

// All of both dates, from one motion.
class Matching {
 public:
  Matching(const Study& before, const Study& after, const RigidMotion& motion)
      : before_(places_of(before.lesions)), after_(places_of(after.lesions)), map_(motion) {
    const NearestVoxel earlier(before.lesions.geometry);
    const NearestVoxel later(after.lesions.geometry);
    const double voxel_ml = after.lesions.geometry.voxel_volume_ml();
    visit_lesions(after.lesions, [&](int id, const Vec3& position_mm) {
      const auto voxel = earlier.at(map_.apply(position_mm));
      if (!voxel || !before.lesions.voxels[*voxel]) return;
      overlap_ml_[{before.lesions.voxels[*voxel], id}] += voxel_ml;
    });
    for (auto& [id, place] : before_) {
      place.centre_mm = map_.apply_inverse(place.centre_mm);
      before_shown_[id] = later.at(place.centre_mm).has_value();
    }
    for (const auto& [id, place] : after_) after_shown_[id] = earlier.at(map_.apply(place.centre_mm)).has_value();
  }

  std::vector<LesionPairing> pairings() {
    pair_best(overlapping());
    pair_best(near());
    join_rest();
    for (const auto& [id, place] : after_) {
      if (!paired_after_.contains(id)) pairs_.push_back({{}, {id}, std::nullopt, after_shown_[id]});
    }
    std::sort(pairs_.begin(), pairs_.end(), [](const auto& a, const auto& b) { return a.after < b.after; });
    for (const auto& [id, place] : before_) {
      if (!paired_before_.contains(id)) pairs_.push_back({{id}, {}, std::nullopt, before_shown_[id]});
    }
    return std::move(pairs_);
  }

 private:
  double gap_mm(int before, int after) const {
    return distance(before_.at(before).centre_mm, after_.at(after).centre_mm);
  }

  // The best first.
  std::vector<Candidate> overlapping() const {
    std::vector<Candidate> found;
    for (const auto& [ids, ml] : overlap_ml_)
      found.push_back({ids.first, ids.second, ml, gap_mm(ids.first, ids.second)});
    const auto share = [&](const Candidate& c) {
      return c.overlap_ml / std::min(before_.at(c.before).ml, after_.at(c.after).ml);
    };
    std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) { return share(a) > share(b); });
    return found;
  }

  // The nearest first.
  std::vector<Candidate> near() const {
    std::vector<Candidate> found;
    for (const auto& [before, earlier] : before_) {
      for (const auto& [after, later] : after_) {
        const double limit = std::max(kNearMm, (earlier.radius_mm() + later.radius_mm()) / 2);
        if (gap_mm(before, after) <= limit) found.push_back({before, after, 0, gap_mm(before, after)});
      }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.distance_mm < b.distance_mm; });
    return found;
  }

  void pair_best(const std::vector<Candidate>& candidates) {
    for (const Candidate& c : candidates) {
      if (paired_before_.contains(c.before) || paired_after_.contains(c.after)) continue;
      paired_before_[c.before] = paired_after_[c.after] = pairs_.size();
      pairs_.push_back({{c.before}, {c.after}, c.distance_mm, true});
    }
  }

  void join_rest() {
    for (const Candidate& c : overlapping()) {
      const bool has_before = paired_before_.contains(c.before);
      const bool has_after = paired_after_.contains(c.after);
      if (has_before == has_after) continue;
      const double own = has_before ? after_.at(c.after).ml : before_.at(c.before).ml;
      if (c.overlap_ml < own / 2) continue;
      const size_t pair = has_before ? paired_before_[c.before] : paired_after_[c.after];
      auto& side = has_before ? pairs_[pair].after : pairs_[pair].before;
      side.push_back(has_before ? c.after : c.before);
      std::sort(side.begin(), side.end());
      (has_before ? paired_after_[c.after] : paired_before_[c.before]) = pair;
    }
  }

  // `before_` lies in the place of the later date.
  Places before_;
  Places after_;
  RigidMap map_;
  std::map<std::pair<int, int>, double> overlap_ml_;
  std::map<int, bool> before_shown_;
  std::map<int, bool> after_shown_;
  std::vector<LesionPairing> pairs_;
  // Index into `pairs_`.
  std::map<int, size_t> paired_before_;
  std::map<int, size_t> paired_after_;
};

void check_liver(const Mask& liver, const std::string& field) {
  if (count_voxels(liver) > 0) return;
  throw Error("INVALID_ARGUMENT", "Expected " + field + " to have a liver, received an empty mask", {}, field,
              "Pass studies whose liver was found");
}

// Two decimals.
std::string rounded(double value) { return std::to_string(value).substr(0, 4); }

}  // namespace

StudyComparison compare_studies(const Study& before, const Study& after, Run& run) {
  check_liver(before.liver, "before");
  check_liver(after.liver, "after");
  const StageTimer timer(run, "register");
  run.begin_stage("registering", 0, 0.95);
  StudyComparison comparison;
  const OutlinedScan earlier{before.volume, before.liver};
  const OutlinedScan later{after.volume, after.liver};
  comparison.motion = register_rigidly(later, earlier, run);
  comparison.liver_dice = organ_dice(later, earlier, comparison.motion, run);
  if (comparison.liver_dice < kLeastDice) {
    throw Error("REGISTRATION_FAILED",
                "Expected the livers of both studies to meet, received a Dice of " + rounded(comparison.liver_dice) +
                    " after registration",
                {}, "after",
                "Pass two studies of one patient that show the liver, with the outlines of both corrected");
  }
  if (comparison.liver_dice < kSureDice) {
    run.warn("REGISTRATION_DOUBTFUL", "The livers of both studies meet with a Dice of " +
                                          rounded(comparison.liver_dice) +
                                          " alone: which lesion is which may be wrong");
  }
  run.begin_stage("matching", 0.95, 1);
  comparison.pairings = Matching(before, after, comparison.motion).pairings();
  return comparison;
}

}  // namespace hepatica
