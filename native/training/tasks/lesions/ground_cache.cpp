#include "training/tasks/lesions/ground_cache.h"

#include "synthesis/synthetic_lesions.h"

namespace hepatica {

Ground survey_source(const LesionSource& source, Run& run) {
  const Mask* const real = source.types.voxels.empty() ? nullptr : &source.types;
  return survey_ground(source.volume, source.liver, real, SyntheticLesionOptions{}.margin_mm, run);
}

std::shared_ptr<const Ground> GroundCache::survey(uint64_t key, const LesionSource& source, Run& run) {
  if (const auto known = grounds_.find(key); known != grounds_.end()) return known->second;
  auto ground = std::make_shared<const Ground>(survey_source(source, run));
  if (ground->bytes() > limit_bytes_ - bytes_) return ground;
  bytes_ += ground->bytes();
  grounds_.emplace(key, ground);
  return ground;
}

}  // namespace hepatica
