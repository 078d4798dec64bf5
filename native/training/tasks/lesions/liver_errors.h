// A liver's outline as a network draws it: training on the reference's alone teaches that nothing but liver is ever
// seen, and every bit of stomach or gallbladder inside a predicted liver then looks like a lesion.
#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"

namespace hepatica {

// Mask grown or shrunk by some pixels along parts of its border: the same error in all the slices that are seen at
// once.
class LiverError {
 public:
  LiverError(int64_t width, int64_t height, Random& random);

  // Of `width` x `height` pixels, not 0 is inside.
  void apply(std::vector<uint8_t>& mask) const;

 private:
  struct Step {
    int64_t x;
    int64_t y;
  };

  int64_t width_;
  int64_t height_;
  bool grows_;
  std::vector<Step> disc_;
  std::vector<bool> wrong_;  // where the border moves
};

}  // namespace hepatica
