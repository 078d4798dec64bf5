#include "ops/lesion_matching.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "core/error.h"

namespace hepatica {
namespace {

void add_components(const Mask& mask, LesionType type, Connectivity connectivity, LesionInstances& instances) {
  const ComponentMap map(mask, connectivity);
  const size_t limit = std::numeric_limits<uint16_t>::max();
  if (instances.lesions.size() + map.components().size() > limit) {
    throw Error("INVALID_ARGUMENT", "Expected a mask of at most " + std::to_string(limit) + " lesions, received more",
                {}, "mask", "Remove single voxels from the mask.");
  }
  for (size_t component = 0; component < map.components().size(); ++component) {
    const auto label = static_cast<uint16_t>(instances.lesions.size() + 1);
    instances.lesions.push_back({label, type, map.components()[component].voxels});
    map.visit_runs(component, [&](int64_t begin, int64_t end) {
      std::fill(instances.labels.begin() + begin, instances.labels.begin() + end, label);
    });
  }
}

std::array<int64_t, 256> count_values(const Mask& mask) {
  std::array<int64_t, 256> counts{};
  for (const uint8_t value : mask.voxels) ++counts[value];
  return counts;
}

LesionInstances no_lesions(const Geometry& geometry) {
  return {geometry, std::vector<uint16_t>(static_cast<size_t>(geometry.voxel_count())), {}};
}

// Voxels in common: [prediction][reference], for lesions that have some.
using Intersections = std::vector<std::map<size_t, int64_t>>;

Intersections count_intersections(const LesionInstances& prediction, const LesionInstances& reference) {
  Intersections common(prediction.lesions.size());
  const size_t count = prediction.labels.size();
  for (size_t i = 0; i < count;) {
    const uint16_t p = prediction.labels[i];
    const uint16_t r = reference.labels[i];
    const size_t begin = i++;
    if (p == 0 || r == 0) continue;
    while (i < count && prediction.labels[i] == p && reference.labels[i] == r) ++i;
    common[p - 1U][r - 1U] += static_cast<int64_t>(i - begin);
  }
  return common;
}

constexpr int64_t kNone = -1;

// For each reference lesion the prediction that covers most of it.
std::vector<int64_t> best_predictions(const Intersections& common, size_t references) {
  std::vector<int64_t> best(references, kNone);
  std::vector<int64_t> most(references, 0);
  for (size_t p = 0; p < common.size(); ++p) {
    for (const auto& [r, voxels] : common[p]) {
      if (voxels <= most[r]) continue;
      most[r] = voxels;
      best[r] = static_cast<int64_t>(p);
    }
  }
  return best;
}

// For each prediction the merger of reference lesions (named by the prediction they share) that it covers most of.
std::vector<int64_t> best_mergers(const Intersections& common, const std::vector<int64_t>& merger_of) {
  std::vector<int64_t> best(common.size(), kNone);
  for (size_t p = 0; p < common.size(); ++p) {
    // In the order of each merger's first reference lesion touched, which decides between equals.
    std::vector<std::pair<int64_t, int64_t>> voxels_of;
    for (const auto& [r, voxels] : common[p]) {
      const auto same = [&, merger = merger_of[r]](const auto& entry) { return entry.first == merger; };
      const auto found = std::find_if(voxels_of.begin(), voxels_of.end(), same);
      if (found == voxels_of.end()) {
        voxels_of.emplace_back(merger_of[r], voxels);
      } else {
        found->second += voxels;
      }
    }
    const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
    const auto most = std::max_element(voxels_of.begin(), voxels_of.end(), fewer);
    if (most != voxels_of.end()) best[p] = most->first;
  }
  return best;
}

int64_t voxels_of(const LesionInstances& instances) {
  int64_t voxels = 0;
  for (const LesionInstance& lesion : instances.lesions) voxels += lesion.voxels;
  return voxels;
}

Overlap overlap_of(int64_t both, int64_t prediction, int64_t reference, int64_t all) {
  return {both, prediction - both, reference - both, all - prediction - reference + both};
}

std::vector<LesionPair> pairs_of(const std::vector<int64_t>& merger_of_reference,
                                 const std::vector<int64_t>& merger_of_prediction) {
  std::vector<LesionPair> pairs;
  std::map<int64_t, size_t> pair_of;
  for (size_t r = 0; r < merger_of_reference.size(); ++r) {
    const int64_t merger = merger_of_reference[r];
    // A prediction that covers most of this lesion may still belong to another that it covers more of.
    if (merger == kNone || std::ranges::find(merger_of_prediction, merger) == merger_of_prediction.end()) continue;
    const auto [entry, added] = pair_of.try_emplace(merger, pairs.size());
    if (added) pairs.emplace_back();
    pairs[entry->second].references.push_back(r);
  }
  for (size_t p = 0; p < merger_of_prediction.size(); ++p) {
    if (merger_of_prediction[p] != kNone) pairs[pair_of.at(merger_of_prediction[p])].predictions.push_back(p);
  }
  return pairs;
}

void measure(LesionPair& pair, const Intersections& common, const LesionInstances& prediction,
             const LesionInstances& reference) {
  int64_t both = 0;
  int64_t predicted = 0;
  int64_t referred = 0;
  for (const size_t r : pair.references) referred += reference.lesions[r].voxels;
  for (const size_t p : pair.predictions) {
    predicted += prediction.lesions[p].voxels;
    for (const auto& [r, voxels] : common[p]) {
      if (std::binary_search(pair.references.begin(), pair.references.end(), r)) both += voxels;
    }
  }
  pair.overlap = overlap_of(both, predicted, referred, static_cast<int64_t>(prediction.labels.size()));
}

// Of the pair's predictions the one that covers most of the lesion; of all, where none touches it.
size_t prediction_for(size_t reference, const LesionPair& pair, const Intersections& common) {
  const auto voxels_in = [&](size_t p) {
    const auto found = common[p].find(reference);
    return found == common[p].end() ? int64_t{0} : found->second;
  };
  return *std::max_element(pair.predictions.begin(), pair.predictions.end(),
                           [&](size_t a, size_t b) { return voxels_in(a) < voxels_in(b); });
}

}  // namespace

LesionInstances lesions_by_id(const Mask& ids) {
  const std::array<int64_t, 256> counts = count_values(ids);
  LesionInstances instances = no_lesions(ids.geometry);
  std::array<uint16_t, 256> label_of{};
  for (size_t id = 1; id < counts.size(); ++id) {
    if (counts[id] == 0) continue;
    instances.lesions.push_back({static_cast<int64_t>(id), LesionType::kUnknown, counts[id]});
    label_of[id] = static_cast<uint16_t>(instances.lesions.size());
  }
  std::transform(ids.voxels.begin(), ids.voxels.end(), instances.labels.begin(),
                 [&](uint8_t id) { return label_of[id]; });
  return instances;
}

LesionInstances lesions_by_type(const Mask& types) {
  const std::array<int64_t, 256> counts = count_values(types);
  constexpr auto kLast = static_cast<size_t>(LesionType::kUnknown);
  for (size_t value = kLast + 1; value < counts.size(); ++value) {
    if (counts[value] == 0) continue;
    throw Error("INVALID_ARGUMENT",
                "Expected a lesion-type mask of values 0 to 5, received the value " + std::to_string(value), {}, "mask",
                "1 is CYS, 2 ANG, 3 HCC, 4 MET, 5 a lesion of unknown type.");
  }
  LesionInstances instances = no_lesions(types.geometry);
  Mask of_type{types.geometry, std::vector<uint8_t>(types.voxels.size())};
  for (size_t type = 1; type <= kLast; ++type) {
    if (counts[type] == 0) continue;
    std::transform(types.voxels.begin(), types.voxels.end(), of_type.voxels.begin(),
                   [&](uint8_t value) { return value == type ? 1 : 0; });
    add_components(of_type, static_cast<LesionType>(type), Connectivity::kFaces, instances);
  }
  return instances;
}

LesionInstances lesions_of_mask(const Mask& mask, Connectivity connectivity) {
  LesionInstances instances = no_lesions(mask.geometry);
  add_components(mask, LesionType::kUnknown, connectivity, instances);
  return instances;
}

double LesionPair::iou() const {
  return static_cast<double>(overlap.tp) / static_cast<double>(overlap.tp + overlap.fp + overlap.fn);
}

LesionMatching match_lesions(const LesionInstances& prediction, const LesionInstances& reference) {
  if (prediction.geometry.size != reference.geometry.size) {
    throw Error("INVALID_ARGUMENT", "Expected reference to have the prediction's size", {}, "reference",
                "Compare masks on one grid.");
  }
  const Intersections common = count_intersections(prediction, reference);
  const std::vector<int64_t> merger_of = best_predictions(common, reference.lesions.size());
  LesionMatching matching;
  matching.pairs = pairs_of(merger_of, best_mergers(common, merger_of));
  matching.prediction_count = prediction.lesions.size();
  matching.reference_count = reference.lesions.size();
  matching.prediction_of.assign(reference.lesions.size(), kNone);
  for (LesionPair& pair : matching.pairs) {
    measure(pair, common, prediction, reference);
    for (const size_t r : pair.references) {
      matching.prediction_of[r] = static_cast<int64_t>(prediction_for(r, pair, common));
    }
  }
  int64_t both = 0;
  for (const auto& row : common) {
    for (const auto& entry : row) both += entry.second;
  }
  matching.overlap = overlap_of(both, voxels_of(prediction), voxels_of(reference), prediction.geometry.voxel_count());
  return matching;
}

LesionDetection& LesionDetection::operator+=(const LesionDetection& other) {
  tp += other.tp;
  fp += other.fp;
  fn += other.fn;
  merged += other.merged;
  split += other.split;
  return *this;
}

LesionDetection count_detections(const LesionMatching& matching, double iou_limit) {
  LesionDetection detection;
  int64_t true_predictions = 0;
  for (const LesionPair& pair : matching.pairs) {
    if (pair.iou() <= iou_limit) continue;
    const auto references = static_cast<int64_t>(pair.references.size());
    const auto predictions = static_cast<int64_t>(pair.predictions.size());
    detection.tp += references;
    true_predictions += predictions;
    detection.merged += references - 1;
    detection.split += std::max<int64_t>(0, predictions - references);
  }
  detection.fn = static_cast<int64_t>(matching.reference_count) - detection.tp;
  detection.fp = static_cast<int64_t>(matching.prediction_count) - true_predictions;
  return detection;
}

}  // namespace hepatica
