#include "training/tasks/lesions/ground_cache.h"

#include "synthesis/synthetic_lesions.h"

namespace hepatica {

std::shared_ptr<const Ground> GroundCache::survey(uint64_t key, const LesionSource& source, Run& run) {
  if (const auto known = grounds_.find(key); known != grounds_.end()) return known->second;
  const Mask* const real = source.types.voxels.empty() ? nullptr : &source.types;
  const double margin_mm = SyntheticLesionOptions{}.margin_mm;
  auto ground = std::make_shared<const Ground>(survey_ground(source.volume, source.liver, real, margin_mm, run));
  if (ground->bytes() > limit_bytes_ - bytes_) return ground;
  bytes_ += ground->bytes();
  grounds_.emplace(key, ground);
  return ground;
}

}  // namespace hepatica
