#include "pipelines/inspect_network.h"

#include <string>

#include "core/error.h"
#include "ops/orient.h"
#include "ops/preprocess.h"
#include "runtime/inference_queue.h"

namespace hepatica {

std::vector<FeatureMaps> inspect_network(const Volume& source, const SegmenterModel& model, int64_t slice, Run& run) {
  const int64_t slices = source.geometry.size[2];
  if (slice < 0 || slice >= slices) {
    throw Error("INVALID_ARGUMENT", "Expected slice to be an integer from 0 to " + std::to_string(slices - 1), {},
                "slice", "Give a z index of the volume");
  }
  const AxisOrder order = canonical_order(source.geometry);
  run.begin_stage("preprocessing", 0, 0.5);
  const Volume canonical = to_canonical(source, order);
  const ByteVolume equalized = preprocess(canonical, model.preprocessing(), run);
  const NetworkInput input = make_network_input(canonical, equalized, model.config(), run);
  run.begin_stage("filtering", 0.5, 1);
  std::vector<FeatureMaps> maps;
  InferenceQueue::of_device(false).run(run, [&] {
    maps = inspect_slice(model.config(), model.state(), input, order.flipped[2] ? slices - 1 - slice : slice);
  });
  run.set_device_used("cpu");
  run.progress(1);
  return maps;
}

}  // namespace hepatica
