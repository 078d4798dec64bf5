#include "training/tasks/lesions/prepare.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "training/loop/prepare_cases.h"
#include "training/tasks/lesions/surveyed_source.h"

namespace hepatica {
namespace {

// Another number where another version would prepare a scan otherwise.
constexpr int kPreparation = 1;
// Validation variants belong to a generation that training never reaches.
constexpr uint64_t kValidationGeneration = uint64_t{1} << 32;

double context_reach_mm(const MdlCnnConfig& config) {
  double reach = 0;
  for (const double offset_mm : config.context_mm) reach = std::max(reach, std::abs(offset_mm));
  return reach + config.slab_mm / 2;
}

SurveyedSource blank_source(const std::string& patient) {
  SurveyedSource blank;
  blank.source.patient = patient;
  return blank;
}

// One case on its way into the run; its files are read where anything of it is not kept yet.
class CaseInPreparation {
 public:
  CaseInPreparation(const LesionCase& lesion_case, const LesionTrainingOptions& options, const MdlCnnConfig& config,
                    const CaseReader& reader, const ScanCache& cache, Run& run)
      : case_(lesion_case), options_(options), config_(config), reader_(reader), cache_(cache), run_(run) {}

  LesionScan training_scan() {
    return kept("training", {options_.max_lesion_share}, [this] {
      return make_lesion_scan(*source(), case_.marked, config_, options_.preprocess, options_.max_lesion_share, run_);
    });
  }

  LesionScan validation_scan() {
    return kept("validation", {}, [this] {
      LesionScan scan = make_lesion_scan(*source(), true, config_, options_.preprocess, 1, run_);
      mask_region(scan.region);
      return scan;
    });
  }

  LesionScan validation_variant(const SyntheticPlace& place) {
    const nlohmann::json drawn = {place.seed,
                                  place.scan,
                                  place.variant,
                                  options_.synthetic_min_lesions,
                                  options_.synthetic_max_lesions,
                                  options_.max_lesion_share};
    return kept("validation variant", drawn, [&] {
      if (!survey_) survey_ = std::make_shared<const Ground>(survey_source(*source(), run_));
      LesionScan scan = make_synthetic_scan(*source(), *survey_, place, config_, options_, run_);
      mask_region(scan.region);
      return scan;
    });
  }

  LesionGround ground(uint64_t place) {
    LesionGround ground;
    ground.patient = case_.patient;
    ground.place = place;
    const std::string key = key_of("ground", {});
    if (!cache_.keeps() || key.empty()) {
      ground.source = source();
    } else {
      ground.file = cache_.prepared_file(key, run_, blank_source(case_.patient), [this] {
        return SurveyedSource{*source(), survey_source(*source(), run_)};
      });
    }
    return ground;
  }

 private:
  std::shared_ptr<const LesionSource> source() {
    if (!source_) {
      source_ = std::make_shared<const LesionSource>(read_lesion_case(case_, reader_, context_reach_mm(config_), run_));
    }
    return source_;
  }

  std::string key_of(const char* what, const nlohmann::json& more) const {
    // Nobody knows whether its files are still those that were prepared.
    if (case_.content_sha256.empty()) return {};
    const PreprocessOptions& p = options_.preprocess;
    const nlohmann::json key = {kPreparation,
                                what,
                                case_.content_sha256,
                                cases_json({case_}),
                                config_.to_json(),
                                p.hu_min,
                                p.hu_max,
                                static_cast<int>(p.equalization),
                                options_.hepatica_version,
                                more};
    return key.dump();
  }

  template <class Make>
  LesionScan kept(const char* what, const nlohmann::json& more, const Make& make) {
    return cache_.prepared(key_of(what, more), run_, blank_lesion_scan(case_.patient, config_), make);
  }

  const LesionCase& case_;
  const LesionTrainingOptions& options_;
  const MdlCnnConfig& config_;
  const CaseReader& reader_;
  const ScanCache& cache_;
  Run& run_;
  std::shared_ptr<const LesionSource> source_;
  std::shared_ptr<const Ground> survey_;
};

}  // namespace

LesionTrainingScans load_training_scans(const LesionTrainingPlan& plan, const CaseReader& reader,
                                        const MdlCnnConfig& config, Communicator& communicator, Run& run) {
  const LesionTrainingOptions& options = plan.options;
  const std::vector<const LesionCase*> cases = cases_on_side(plan.cases, false);
  const ScanCache cache(options.cache_folder);
  const auto prepare = [&](size_t i) {
    CaseInPreparation one(*cases[i], options, config, reader, cache, run);
    LesionScan scan = one.training_scan();
    const bool is_ground = cases[i]->ground && options.synthetic_per_scan > 0;
    return std::pair(std::move(scan), is_ground ? std::optional(one.ground(i)) : std::nullopt);
  };
  LesionTrainingScans scans;
  for (auto& [scan, ground] : prepare_cases(cases.size(), cache, communicator, run, prepare)) {
    scans.real.push_back(std::move(scan));
    if (ground) scans.grounds.push_back(std::move(*ground));
  }
  return scans;
}

std::vector<LesionScan> load_validation_scans(const LesionTrainingPlan& plan, const CaseReader& reader,
                                              const MdlCnnConfig& config, Communicator& communicator, Run& run) {
  const LesionTrainingOptions& options = plan.options;
  const std::vector<const LesionCase*> cases = cases_on_side(plan.cases, true);
  const ScanCache cache(options.cache_folder);
  const auto prepare = [&](size_t i) {
    CaseInPreparation one(*cases[i], options, config, reader, cache, run);
    std::vector<LesionScan> scans;
    if (cases[i]->marked) scans.push_back(one.validation_scan());
    const int64_t variants = cases[i]->ground ? options.validation_synthetic_per_scan : 0;
    for (int64_t variant = 0; variant < variants; ++variant) {
      scans.push_back(one.validation_variant({options.seed, i, static_cast<uint64_t>(variant), kValidationGeneration}));
    }
    return scans;
  };
  std::vector<LesionScan> all;
  for (std::vector<LesionScan>& scans : prepare_cases(cases.size(), cache, communicator, run, prepare)) {
    std::move(scans.begin(), scans.end(), std::back_inserter(all));
  }
  return all;
}

OpenGround open_ground(const LesionGround& ground, const ScanCache& cache, GroundCache& surveys, Run& run) {
  if (ground.source) return {ground.source, surveys.survey(ground.place, *ground.source, run)};
  const auto held = std::make_shared<const SurveyedSource>(cache.read(ground.file, blank_source(ground.patient)));
  return {{held, &held->source}, {held, &held->ground}};
}

}  // namespace hepatica
