#include "training/loop/patient_shares.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace hepatica {
namespace {

template <class T>
void add_up(std::span<T> numbers, Communicator& communicator) {
  const at::Tensor all = at::empty(static_cast<int64_t>(numbers.size()), c10::CppTypeToScalarType<T>::value);
  std::copy(numbers.begin(), numbers.end(), all.data_ptr<T>());
  communicator.all_reduce_sum(all);
  std::copy_n(all.const_data_ptr<T>(), numbers.size(), numbers.begin());
}

template <class T>
void add_up(std::initializer_list<T*> numbers, Communicator& communicator) {
  if (communicator.size() == 1) return;
  std::vector<T> values;
  for (const T* number : numbers) values.push_back(*number);
  add_up(std::span<T>(values), communicator);
  size_t i = 0;
  for (T* const number : numbers) *number = values[i++];
}

}  // namespace

std::vector<size_t> own_patients(size_t count, const Communicator& communicator) {
  std::vector<size_t> own;
  for (auto i = static_cast<size_t>(communicator.rank()); i < count; i += static_cast<size_t>(communicator.size())) {
    own.push_back(i);
  }
  return own;
}

void share_scores(std::span<PatientScore* const> scores, Communicator& communicator) {
  if (communicator.size() == 1) return;
  constexpr size_t kFields = 4;
  std::vector<double> numbers;
  for (const PatientScore* score : scores) {
    numbers.insert(numbers.end(), {score->dice, score->voe, score->rvd.value_or(0), score->rvd ? 1.0 : 0.0});
  }
  add_up(std::span<double>(numbers), communicator);
  for (size_t i = 0; i < scores.size(); ++i) {
    const double* const fields = numbers.data() + kFields * i;
    scores[i]->dice = fields[0];
    scores[i]->voe = fields[1];
    scores[i]->rvd = fields[3] > 0 ? std::optional(fields[2]) : std::nullopt;
  }
}

void share_sums(std::initializer_list<double*> numbers, Communicator& communicator) { add_up(numbers, communicator); }

void share_counts(std::initializer_list<int64_t*> counts, Communicator& communicator) { add_up(counts, communicator); }

}  // namespace hepatica
