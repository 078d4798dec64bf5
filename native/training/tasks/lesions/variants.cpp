#include "training/tasks/lesions/variants.h"

#include <chrono>
#include <utility>

namespace hepatica {

LesionVariants::LesionVariants(std::span<const LesionGround> grounds, const MdlCnnConfig& config,
                               const LesionTrainingOptions& options)
    : grounds_(grounds), config_(config), options_(options), cache_(options.cache_folder) {
  background_.threads = 1;
}

LesionVariants::~LesionVariants() {
  background_.cancel();
  if (next_.valid()) next_.wait();
}

std::vector<LesionScan> LesionVariants::make(int64_t generation) {
  std::vector<LesionScan> scans;
  for (const LesionGround& ground : grounds_) {
    const OpenGround open = open_ground(ground, cache_, surveys_, background_);
    const LesionScan blank = blank_lesion_scan(ground.patient, config_);
    for (int64_t variant = 0; variant < options_.synthetic_per_scan; ++variant) {
      const SyntheticPlace place{options_.seed, ground.place, static_cast<uint64_t>(variant),
                                 static_cast<uint64_t>(generation)};
      LesionScan made = make_synthetic_scan(*open.source, *open.survey, place, config_, options_, background_);
      scans.push_back(cache_.set_aside(std::move(made), blank));
    }
  }
  return scans;
}

void LesionVariants::start(int64_t generation) {
  next_ = std::async(std::launch::async, [this, generation] { return make(generation); });
}

std::vector<LesionScan> LesionVariants::wait(Run& run) {
  while (next_.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) run.check_cancelled();
  return next_.get();
}

bool LesionVariants::begin_epoch(int64_t epoch, Run& run) {
  const int64_t generation = epoch / options_.synthetic_refresh_epochs;
  if (options_.synthetic_per_scan == 0 || generation == generation_) return false;
  if (!next_.valid()) start(generation);
  scans_ = wait(run);
  generation_ = generation;
  if ((generation + 1) * options_.synthetic_refresh_epochs < options_.epochs) start(generation + 1);
  return true;
}

}  // namespace hepatica
