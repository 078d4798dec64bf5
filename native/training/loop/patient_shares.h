// Validation shared among processes: each judges some of the patients, and all have the figures of all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "training/loop/communicator.h"
#include "training/loop/history.h"

namespace hepatica {

// Which of so many patients this process judges, ascending.
std::vector<size_t> own_patients(size_t count, const Communicator& communicator);

// Every process gives the scores that it has, the others at 0, in the same order; names stay as they are.
void share_scores(std::span<PatientScore* const> scores, Communicator& communicator);

// Each number becomes its sum over all processes.
void share_sums(std::initializer_list<double*> numbers, Communicator& communicator);
void share_counts(std::initializer_list<int64_t*> counts, Communicator& communicator);

}  // namespace hepatica
