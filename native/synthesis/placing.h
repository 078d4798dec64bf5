// Where lesions go: anywhere in the liver and at its border, clear of real lesions and of one another.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/lesion.h"
#include "core/run.h"
#include "synthesis/ground.h"
#include "synthesis/stamp.h"
#include "synthesis/synthetic_lesions.h"

namespace hepatica {

// The types of all lesions of the liver, in the order in which they are placed.
std::vector<LesionType> draw_types(const SyntheticLesionOptions& options);

struct PlacedLesion {
  Candidate candidate;
  Stamp stamp;
};

class Placing {
 public:
  // Of a lesion that is placed.
  static constexpr int64_t kLeastVoxels = 6;

  // Keeps references: each lesion finds the places of those before it taken.
  Placing(const FilledGround& filled, const SyntheticLesionOptions& options);

  // `number` from 0; empty where no place was found, even for a smaller one.
  std::optional<PlacedLesion> place(int number, LesionType type, Run& run) const;

  // Of the point spread that all lesions are blurred by.
  double sigma_mm() const { return sigma_mm_; }

 private:
  Candidate draw_candidate(int number, LesionType type, double shrinking) const;
  double largest_diameter_mm() const;
  std::optional<Vec3> draw_centre(int number, int attempt) const;
  bool may_fit(const Candidate& candidate) const;
  bool fits(const Stamp& stamp) const;

  const Ground& ground_;
  const std::vector<uint8_t>& taken_;
  const SyntheticLesionOptions& options_;
  LiverLook liver_look_;
  double sigma_mm_ = 1;
};

}  // namespace hepatica
