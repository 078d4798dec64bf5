// What synthetic lesions need to know of a liver, found once for all of its variants.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "core/run.h"
#include "synthesis/ground.h"
#include "training/tasks/lesions/read_case.h"

namespace hepatica {

Ground survey_source(const LesionSource& source, Run& run);

// For one thread.
class GroundCache {
 public:
  // A liver on 256 x 256 pixels in 160 slices takes about 60 MB.
  static constexpr int64_t kLimitBytes = int64_t{1} << 30;

  // What does not fit any more is found anew each time.
  explicit GroundCache(int64_t limit_bytes = kLimitBytes) : limit_bytes_(limit_bytes) {}

  // `key` names the source.
  std::shared_ptr<const Ground> survey(uint64_t key, const LesionSource& source, Run& run);

  int64_t bytes() const { return bytes_; }

 private:
  int64_t limit_bytes_;
  int64_t bytes_ = 0;
  std::map<uint64_t, std::shared_ptr<const Ground>> grounds_;
};

}  // namespace hepatica
