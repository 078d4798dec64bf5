// The run in which one patient's files are read: what it warns of goes on with the patient's name.
#pragma once

#include <string>
#include <utility>

#include "core/run.h"

namespace hepatica {

// Calls `read` with a run of its own, which ends where `run` is cancelled; its progress is not passed on.
template <class Read>
auto read_for_patient(const std::string& patient, Run& run, Read&& read) {
  run.check_cancelled();
  Run* own = nullptr;
  Run reading([&](const std::string&, double) {
    if (run.is_cancelled()) own->cancel();
  });
  own = &reading;
  reading.threads = run.threads;
  auto result = std::forward<Read>(read)(reading);
  for (const Warning& warning : reading.warnings()) run.warn(warning.code, patient + ": " + warning.message);
  return result;
}

}  // namespace hepatica
