#include "pipelines/plausibility.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "ops/aorta.h"
#include "ops/orient.h"
#include "ops/subsample.h"
#include "pipelines/plausibility_rules.h"

namespace hepatica {
namespace {

constexpr Vec3 kCoarseMm = {3, 3, 5};
// Beside the ends of a window: what is clipped lies exactly at them.
constexpr double kClippedHu = 5;

struct Measured {
  ScanFacts facts;
  Volume coarse;  // canonical
  BodyStatistics body;
  Stride3 stride;
  AxisOrder order;
};

double median_diameter_mm(const BodyStatistics& body) {
  std::vector<double> areas_mm2;
  for (const SliceBody& slice : body.slices) {
    if (slice.area_mm2 > 0) areas_mm2.push_back(slice.area_mm2);
  }
  if (areas_mm2.empty()) return 0;
  const auto middle = areas_mm2.begin() + static_cast<int64_t>(areas_mm2.size() / 2);
  std::nth_element(areas_mm2.begin(), middle, areas_mm2.end());
  return 2 * std::sqrt(*middle / std::numbers::pi);
}

Measured measure(const Volume& volume, Run& run) {
  Measured measured;
  ScanFacts& facts = measured.facts;
  facts.geometry = volume.geometry;
  facts.values = value_statistics(volume, run);
  measured.stride = strides_to(kCoarseMm, volume.geometry);
  measured.order = canonical_order(volume.geometry);
  BodyLimits limits;
  limits.body_hu = std::max(limits.body_hu, facts.values.minimum + kClippedHu);
  limits.bone_hu = std::min(limits.bone_hu, facts.values.maximum - kClippedHu);
  Volume coarse = to_canonical(subsample(volume, measured.stride), measured.order);
  measured.body = body_statistics(coarse, limits, run);
  facts.neighbour_correlation = measured.body.neighbour_correlation;
  facts.slice_disorder = measured.body.slice_disorder;
  facts.body_diameter_mm = median_diameter_mm(measured.body);
  measured.coarse = std::move(coarse);
  return measured;
}

Contrast contrast_of(const Measured& scan, const Mask& coarse_liver, const OrganStatistics& liver, Run& run) {
  const StageTimer timer(run, "contrast");
  if (liver.volume_ml == 0) return {};
  const auto aorta = find_aorta(scan.coarse, coarse_liver, scan.body, run);
  return read_contrast(aorta ? std::optional(aorta->median_hu) : std::nullopt, liver.median_hu);
}

void warn_of(const Contrast& contrast, Run& run) {
  if (looks_unenhanced(contrast)) {
    run.warn("NON_CONTRAST",
             "The liver is as bright as without contrast medium: lesions show badly, false positives are likelier");
  }
  if (contrast.phase == ScanPhase::kArterial) {
    run.warn(
        "ARTERIAL_PHASE",
        "Aorta and liver are as bright as in the arterial phase: the networks were trained on portal venous scans");
  }
}

}  // namespace

Judgement judge_scan(const Volume& volume, Run& run) {
  const StageTimer timer(run, "plausibility");
  return judge(measure(volume, run).facts);
}

Judgement judge_liver(const Volume& volume, const Mask& liver, Run& run) {
  const StageTimer timer(run, "plausibility");
  const Measured scan = measure(volume, run);
  const Mask coarse = to_canonical(subsample(liver, scan.stride), scan.order);
  const OrganStatistics statistics = organ_statistics(volume, liver, coarse, scan.body);
  Judgement judgement = judge(statistics, scan.facts);
  judgement.contrast = contrast_of(scan, coarse, statistics, run);
  return judgement;
}

void warn_of(const Judgement& judgement, Run& run) {
  for (const auto& [code, message] : judgement.reasons) run.warn(code, message);
  const bool is_liver = judgement.contrast && judgement.plausibility != Plausibility::kImplausible;
  if (is_liver) warn_of(*judgement.contrast, run);
}

}  // namespace hepatica
