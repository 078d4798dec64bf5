#include "training/tasks/structure/grid_scan.h"

#include "ops/preprocess.h"

namespace hepatica {

GridScan make_grid_scan(const LabelledScan& scan, const std::string& patient, bool keep_reference,
                        const LiverCnnConfig& config, const PreprocessOptions& preprocess_options, Run& run) {
  GridScan grid;
  grid.patient = patient;
  grid.source = scan.volume.geometry;
  grid.input = make_network_input(scan.volume, preprocess(scan.volume, preprocess_options, run), config, run);
  grid.target = resample_slices(scan.label, grid.input.grid, 255, run);
  if (keep_reference) grid.reference.assign(scan.label.voxels.begin(), scan.label.voxels.end());
  return grid;
}

std::vector<GridScan> load_grid_scans(const StructureTrainingPlan& plan, const CaseReader& reader, bool validation,
                                      const LiverCnnConfig& config, Run& run) {
  std::vector<GridScan> scans;
  for (size_t i = 0; i < plan.cases.size(); ++i) {
    const StructureCase& training_case = plan.cases[i];
    if (training_case.validation == validation) {
      run.check_cancelled();
      const LabelledScan scan = read_structure_case(training_case, reader, run);
      scans.push_back(make_grid_scan(scan, training_case.patient, validation, config, plan.options.preprocess, run));
    }
    run.progress(static_cast<double>(i + 1) / static_cast<double>(plan.cases.size()));
  }
  return scans;
}

}  // namespace hepatica
