#include "pipelines/place_lesions.h"

#include "ops/depth.h"
#include "ops/subsample.h"

namespace hepatica {
namespace {

constexpr Vec3 kCoarseMm = {5, 5, 5};

}  // namespace

void place_lesions(const Mask& liver, const Mask& ids, std::vector<Lesion>& lesions, Run& run) {
  if (lesions.empty()) return;
  const StageTimer timer(run, "placing");
  const LiverOctants octants(subsample(liver, strides_to(kCoarseMm, liver.geometry)));
  for (Lesion& lesion : lesions) {
    run.check_cancelled();
    lesion.octant = octants.at(lesion.centre_mm);
    lesion.surface_distance_mm = depth_mm(liver, ids, static_cast<uint8_t>(lesion.id), lesion.box, run);
  }
}

}  // namespace hepatica
