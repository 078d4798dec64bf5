#include "pipelines/arterial_phase.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "ops/subsample.h"
#include "pipelines/plausibility.h"
#include "registration/nearest_voxel.h"
#include "registration/register_rigidly.h"

namespace hepatica {
namespace {

// Synthetic pairs of one patient had 0.30 to 0.38, bent by 5 mm 0.17 to 0.20, by 10 mm 0.12; those of two patients at
// most 0.09 (docs/arterial.md).
constexpr double kLeastAgreement = 0.14;
constexpr double kSureAgreement = 0.25;
constexpr double kMostDegrees = 20;
constexpr double kLeastCovered = 0.5;
constexpr double kWhollyCovered = 0.98;
constexpr Vec3 kCoverageMm = {4, 4, 4};
// Half of what the contrast is told from, so that its voxels are met.
constexpr Vec3 kContrastMm = {1.5, 1.5, 2.5};

const char* const kRemedy = "Pass the arterial scan of the same examination, which shows the whole liver";

std::string percent(double share) { return std::to_string(std::lround(100 * share)) + " %"; }

// Two decimals.
std::string rounded(double value) { return std::to_string(value).substr(0, 4); }

// The liver where it lies in the other scan, on that scan's grid.
Mask moved_liver(const Mask& liver, const Geometry& there, const RigidMotion& motion, Run& run) {
  Mask moved{there, std::vector<uint8_t>(static_cast<size_t>(there.voxel_count()))};
  const RigidMap map(motion);
  const NearestVoxel nearest(liver.geometry);
  parallel_for(there.size[2], run, [&](int64_t z) {
    uint8_t* voxel = moved.slice(z);
    for (int64_t y = 0; y < there.size[1]; ++y) {
      for (int64_t x = 0; x < there.size[0]; ++x, ++voxel) {
        const Vec3 index = {static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        const auto at = nearest.at(map.apply_inverse(there.position_mm(index)));
        *voxel = at && liver.voxels[*at] != 0 ? 1 : 0;
      }
    }
  });
  return moved;
}

double covered_part(const Mask& liver, const Geometry& there, const RigidMotion& motion) {
  const Mask coarse = subsample(liver, strides_to(kCoverageMm, liver.geometry));
  const RigidMap map(motion);
  const NearestVoxel nearest(there);
  int64_t all = 0;
  int64_t shown = 0;
  const uint8_t* voxel = coarse.voxels.data();
  for (int64_t z = 0; z < coarse.geometry.size[2]; ++z) {
    for (int64_t y = 0; y < coarse.geometry.size[1]; ++y) {
      for (int64_t x = 0; x < coarse.geometry.size[0]; ++x, ++voxel) {
        if (*voxel == 0) continue;
        const Vec3 index = {static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        ++all;
        shown += nearest.at(map.apply(coarse.geometry.position_mm(index))) ? 1 : 0;
      }
    }
  }
  return all == 0 ? 0 : static_cast<double>(shown) / static_cast<double>(all);
}

void check_coverage(double covered, Run& run) {
  const std::string shown = "The arterial scan shows " + percent(covered) + " of the liver";
  if (covered < kLeastCovered) {
    throw Error("LIVER_NOT_COVERED", shown, {}, "arterial", kRemedy);
  }
  if (covered < kWhollyCovered) {
    run.warn("LIVER_PARTLY_COVERED", shown + ": lesions in the rest are told from the portal venous scan alone");
  }
}

void check_fit(const ArterialPhase& phase, Run& run) {
  double degrees = 0;
  for (const double angle : phase.motion.angles) {
    degrees = std::max(degrees, std::abs(angle) * 180 / std::numbers::pi);
  }
  const std::string fit = "they share " + rounded(phase.agreement) + " of what they show";
  if (phase.agreement < kLeastAgreement || degrees > kMostDegrees) {
    throw Error(
        "REGISTRATION_FAILED",
        "Expected the arterial scan to fit the portal venous one, received two scans that do not: in and around "
        "the liver " +
            fit + ", turned by " + std::to_string(std::lround(degrees)) + "°",
        {}, "arterial", kRemedy);
  }
  if (phase.agreement < kSureAgreement) {
    run.warn("REGISTRATION_DOUBTFUL", "The arterial scan fits the portal venous one badly, " + fit +
                                          ": what it shows of a lesion may be beside it");
  }
}

const char* name_of(ScanPhase phase) {
  switch (phase) {
    case ScanPhase::kNonContrast:
      return "without contrast medium";
    case ScanPhase::kPortalVenous:
      return "in the portal venous phase";
    case ScanPhase::kLate:
      return "in the late phase";
    default:
      return "in no phase that can be told";
  }
}

}  // namespace

ArterialPhase register_arterial(const Volume& portal, const Mask& liver, const Volume& arterial, Run& run) {
  const StageTimer timer(run, "register");
  ArterialPhase phase;
  const OutlinedScan fixed{portal, liver};
  phase.motion = register_rigidly(fixed, arterial, run);
  phase.covered = covered_part(liver, arterial.geometry, phase.motion);
  phase.agreement = shared_information(fixed, arterial, phase.motion, run);
  check_coverage(phase.covered, run);
  check_fit(phase, run);
  const Volume coarse = subsample(arterial, strides_to(kContrastMm, arterial.geometry));
  const Judgement judgement = judge_liver(coarse, moved_liver(liver, coarse.geometry, phase.motion, run), run);
  phase.contrast = judgement.contrast.value_or(Contrast{});
  if (phase.contrast.phase != ScanPhase::kArterial) {
    run.warn("NOT_ARTERIAL",
             std::string("Aorta and liver of the scan that was given as the arterial one are as bright as ") +
                 name_of(phase.contrast.phase));
  }
  return phase;
}

}  // namespace hepatica
