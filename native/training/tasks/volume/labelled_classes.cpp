#include "training/tasks/volume/labelled_classes.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/logsumexp.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "core/error.h"

namespace hepatica {
namespace {

[[noreturn]] void refuse(const VolumeNetworkKind& kind, const std::string& name) {
  std::string known;
  for (size_t i = 1; i < kind.structures.size(); ++i) known += (i > 1 ? ", " : "") + kind.structures[i];
  throw Error(
      "INVALID_ARGUMENT",
      "Expected structures to be of those that the network tells apart (" + known + "), each once, received " + name,
      {}, "structures", "Name new ones in architecture.structures, behind those that are known");
}

}  // namespace

std::vector<int64_t> labelled_classes(const VolumeNetworkKind& kind, const std::vector<LabelledStructure>& structures) {
  std::vector<int64_t> labelled;
  for (const LabelledStructure& structure : structures) {
    const auto& known = kind.structures;
    const auto found = std::find(known.begin() + 1, known.end(), structure.name);
    const int64_t place = found - known.begin();
    if (found == known.end() || std::find(labelled.begin(), labelled.end(), place) != labelled.end()) {
      refuse(kind, structure.name);
    }
    labelled.push_back(place);
  }
  return labelled;
}

at::Tensor labelled_logits(const at::Tensor& logits, const std::vector<int64_t>& labelled) {
  std::vector<int64_t> all(static_cast<size_t>(logits.size(1)) - 1);
  std::iota(all.begin(), all.end(), 1);
  if (labelled == all) return logits;
  const at::Tensor exact = logits.to(at::kFloat);
  // Slices that are put together, not an index: its gradient a GPU would sum up in any order.
  std::vector<at::Tensor> rest, parts;
  for (int64_t i = 0; i < exact.size(1); ++i) {
    if (std::find(labelled.begin(), labelled.end(), i) == labelled.end()) rest.push_back(exact.narrow(1, i, 1));
  }
  parts.push_back(at::logsumexp(at::cat(rest, 1), {1}, true));
  for (const int64_t i : labelled) parts.push_back(exact.narrow(1, i, 1));
  return at::cat(parts, 1);
}

}  // namespace hepatica
