// Cases that are prepared for training, one after the other; of processes that share a cache, each prepares some.
#pragma once

#include <cstddef>
#include <vector>

#include "core/run.h"
#include "training/data/scan_cache.h"
#include "training/loop/communicator.h"
#include "training/loop/patient_shares.h"

namespace hepatica {

// What `prepare(i)` gives of each, in their order.
template <class Prepare>
auto prepare_cases(size_t count, const ScanCache& cache, Communicator& communicator, Run& run, const Prepare& prepare) {
  // What another process prepares is found by this one where they share the folder.
  if (cache.keeps() && communicator.size() > 1) {
    for (const size_t i : own_patients(count, communicator)) {
      run.check_cancelled();
      prepare(i);
    }
    communicator.barrier();
  }
  std::vector<decltype(prepare(size_t{0}))> prepared;
  for (size_t i = 0; i < count; ++i) {
    run.check_cancelled();
    prepared.push_back(prepare(i));
    run.progress(static_cast<double>(i + 1) / static_cast<double>(count));
  }
  return prepared;
}

// Those on one side of the split.
template <class Case>
std::vector<const Case*> cases_on_side(const std::vector<Case>& cases, bool validation) {
  std::vector<const Case*> chosen;
  for (const Case& one : cases) {
    if (one.validation == validation) chosen.push_back(&one);
  }
  return chosen;
}

}  // namespace hepatica
