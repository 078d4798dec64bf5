#include "training/tasks/structure/grid_scan.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "ops/preprocess.h"
#include "training/data/scan_cache.h"
#include "training/loop/prepare_cases.h"

namespace hepatica {
namespace {

// Another number where another version would prepare a scan otherwise.
constexpr int kPreparation = 2;

std::string key_of(const StructureCase& one, const StructureTrainingOptions& options, const LiverCnnConfig& config) {
  // Nobody knows whether its files are still those that were prepared.
  if (one.content_sha256.empty()) return {};
  const PreprocessOptions& p = options.preprocess;
  const nlohmann::json key = {kPreparation,
                              "structure",
                              one.content_sha256,
                              one.label_values,
                              one.validation,
                              config.to_json(),
                              p.hu_min,
                              p.hu_max,
                              static_cast<int>(p.equalization),
                              options.hepatica_version};
  return key.dump();
}

[[noreturn]] void refuse_reference(const std::string& patient, const std::string& folder) {
  throw Error("CORRUPT_FILE",
              "The prepared scan of " + patient + " in " + folder + " does not hold what it is named for", folder,
              "cache", "Delete the folder: scans are prepared anew");
}

}  // namespace

// All but the patient.
template <class Parts>
void visit_parts(Parts& parts, GridScan& scan) {
  parts.size(scan.input.grid.width);
  parts.size(scan.input.grid.height);
  parts.positive(scan.input.grid.spacing_mm);
  parts.size(scan.input.slices);
  parts.positive(scan.input.slice_spacing_mm);
  parts.geometry(scan.source);
  scan.input.body.resize(static_cast<size_t>(scan.input.slices));
  for (BodyBox& box : scan.input.body) {
    for (auto* side : {&box.x0, &box.y0, &box.x1, &box.y1}) parts.number(*side);
  }
  const int64_t pixels = scan.input.slices * scan.input.grid.pixels();
  parts.array("pictures", scan.pictures, pixels);
  parts.array("target", scan.target, pixels);
  parts.optional_array("reference", scan.reference, scan.source.voxel_count());
}

GridScan make_grid_scan(const LabelledScan& scan, const std::string& patient, bool keep_reference,
                        const LiverCnnConfig& config, const PreprocessOptions& preprocess_options, Run& run) {
  GridScan grid;
  grid.patient = patient;
  grid.source = scan.volume.geometry;
  grid.input = make_network_input(scan.volume, preprocess(scan.volume, preprocess_options, run), config, run);
  grid.pictures = std::exchange(grid.input.pictures, {});
  grid.target = resample_slices(scan.label, grid.input.grid, 255, run);
  if (keep_reference) grid.reference = scan.label.voxels;
  return grid;
}

std::vector<GridScan> load_grid_scans(const StructureTrainingPlan& plan, const CaseReader& reader, bool validation,
                                      const LiverCnnConfig& config, Communicator& communicator, Run& run) {
  const std::vector<const StructureCase*> cases = cases_on_side(plan.cases, validation);
  const StructureTrainingOptions& options = plan.options;
  const ScanCache cache(options.cache_folder);
  return prepare_cases(cases.size(), cache, communicator, run, [&](size_t i) {
    const StructureCase& one = *cases[i];
    GridScan blank;
    blank.patient = one.patient;
    GridScan prepared = cache.prepared(key_of(one, options, config), run, blank, [&] {
      const LabelledScan scan = read_structure_case(one, reader, run);
      return make_grid_scan(scan, one.patient, one.validation, config, options.preprocess, run);
    });
    if (prepared.reference.empty() == one.validation) refuse_reference(one.patient, options.cache_folder);
    return prepared;
  });
}

}  // namespace hepatica
