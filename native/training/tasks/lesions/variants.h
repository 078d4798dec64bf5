// Variants of the training grounds with synthetic lesions, a new generation every so many epochs: the next one is made
// on a thread of its own while the network learns from this one.
#pragma once

#include <cstdint>
#include <future>
#include <span>
#include <vector>

#include "core/run.h"
#include "models/mdl_cnn/config.h"
#include "training/data/scan_cache.h"
#include "training/tasks/lesions/ground_cache.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/prepare.h"

namespace hepatica {

class LesionVariants {
 public:
  // Keeps references to the grounds.
  LesionVariants(std::span<const LesionGround> grounds, const MdlCnnConfig& config,
                 const LesionTrainingOptions& options);
  ~LesionVariants();
  LesionVariants(const LesionVariants&) = delete;
  LesionVariants& operator=(const LesionVariants&) = delete;

  // Makes epoch's generation the current one; true where it changed. Which lesions a generation holds depends on the
  // run's seed alone.
  bool begin_epoch(int64_t epoch, Run& run);

  const std::vector<LesionScan>& scans() const { return scans_; }

 private:
  std::vector<LesionScan> make(int64_t generation);
  void start(int64_t generation);
  std::vector<LesionScan> wait(Run& run);

  std::span<const LesionGround> grounds_;
  const MdlCnnConfig config_;
  const LesionTrainingOptions options_;
  Run background_;
  const ScanCache cache_;
  GroundCache surveys_;
  int64_t generation_ = -1;
  std::future<std::vector<LesionScan>> next_;
  std::vector<LesionScan> scans_;
};

}  // namespace hepatica
