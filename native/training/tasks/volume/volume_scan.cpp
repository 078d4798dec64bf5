#include "training/tasks/volume/volume_scan.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "grid/canonical_slices.h"
#include "grid/sample_cells.h"
#include "training/data/scan_cache.h"
#include "training/loop/prepare_cases.h"

namespace hepatica {
namespace {

constexpr Vec3 kBodyCellMm = {6, 6, 6};

BodyFrame body_of(const CanonicalSlices& source, Run& run) {
  const CellGrid coarse = cell_grid(source.geometry(), kBodyCellMm);
  const CellBox whole = whole_grid(coarse, 1);
  return find_body(sample_cells(source, coarse, whole, run), coarse, whole.length, run);
}

// The part of each cell that a structure fills, as HU from kLowestHu (nothing) to kHighestHu (all).
std::vector<float> coverage(const LabelledStructure& structure, const Mask& label, const CellGrid& grid, Run& run) {
  std::vector<int16_t> voxels(label.voxels.size(), static_cast<int16_t>(kLowestHu));
  for (size_t i = 0; i < voxels.size(); ++i) {
    const auto& values = structure.values;
    if (std::find(values.begin(), values.end(), label.voxels[i]) != values.end()) {
      voxels[i] = static_cast<int16_t>(kHighestHu);
    }
  }
  const Volume inside{label.geometry, std::move(voxels)};
  return sample_cells(CanonicalSlices(inside), grid, whole_grid(grid, 1), run);
}

void fill_classes(const Mask& label, const std::vector<LabelledStructure>& structures, VolumeScan& scan, Run& run) {
  std::vector<uint8_t> classes(static_cast<size_t>(scan.grid.cells()), 0);
  std::vector<float> nothing(classes.size(), kHighestHu);
  std::vector<float> most(classes.size(), kLowestHu);
  for (size_t s = 0; s < structures.size(); ++s) {
    const std::vector<float> part = coverage(structures[s], label, scan.grid, run);
    for (size_t i = 0; i < part.size(); ++i) {
      nothing[i] -= part[i] - kLowestHu;
      if (part[i] <= most[i]) continue;
      most[i] = part[i];
      classes[i] = static_cast<uint8_t>(s + 1);
    }
  }
  for (size_t i = 0; i < nothing.size(); ++i) {
    if (nothing[i] > most[i]) classes[i] = 0;
  }
  scan.classes = std::move(classes);
}

BoxMm structures_box(const VolumeScan& scan) {
  BoxMm box{scan.grid.extent_mm, {0, 0, 0}};
  const Size3& size = scan.grid.size;
  for (int64_t z = 0, i = 0; z < size[2]; ++z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      for (int64_t x = 0; x < size[0]; ++x, ++i) {
        if (scan.classes[static_cast<size_t>(i)] == 0) continue;
        const Size3 cell = {x, y, z};
        for (int axis = 0; axis < 3; ++axis) {
          box.low[axis] = std::min(box.low[axis], static_cast<double>(cell[axis]) * scan.grid.cell_mm[axis]);
          box.high[axis] = std::max(box.high[axis], static_cast<double>(cell[axis] + 1) * scan.grid.cell_mm[axis]);
        }
      }
    }
  }
  return box;
}

// Another number where another version would prepare a scan otherwise.
constexpr int kPreparation = 1;

std::string key_of(const StructureCase& one, const VolumeTrainingOptions& options, const VolumeNetworkKind& network) {
  // Nobody knows whether its files are still those that were prepared.
  if (one.content_sha256.empty()) return {};
  auto values = nlohmann::json::array();
  for (const LabelledStructure& structure : options.structures) values.push_back(structure.values);
  const nlohmann::json key = {kPreparation,       "volume", one.content_sha256, one.label_values,
                              one.label_segments, values,   network.cell_mm,    options.hepatica_version};
  return key.dump();
}

VolumeScan read_volume_scan(const StructureCase& one, const std::vector<LabelledStructure>& structures,
                            const CaseReader& reader, const VolumeNetworkKind& network, Run& run) {
  const auto& [name, values] = structures.front();
  const bool chosen = values.empty();
  const LabelledScan scan = chosen ? read_structure_case(one, reader, run) : read_labelled_case(one, reader, run);
  const std::vector<LabelledStructure> seen = chosen ? std::vector<LabelledStructure>{{name, {1}}} : structures;
  return make_volume_scan(scan.volume, scan.label, one.patient, seen, network.cell_mm, run);
}

}  // namespace

// All but the patient and the size of a cell.
template <class Parts>
void visit_parts(Parts& parts, VolumeScan& scan) {
  parts.sizes(scan.grid.size);
  for (double& extent : scan.grid.extent_mm) parts.positive(extent);
  parts.positive(scan.body.slice_mm);
  auto slices = static_cast<int64_t>(scan.body.boxes.size());
  parts.size(slices);
  scan.body.boxes.resize(static_cast<size_t>(slices));
  for (BodyFrame::Rectangle& box : scan.body.boxes) {
    for (double* side : {&box.x0, &box.y0, &box.x1, &box.y1}) parts.number(*side);
  }
  parts.numbers(scan.structures.low);
  parts.numbers(scan.structures.high);
  parts.array("hu", scan.hu, scan.grid.cells());
  parts.array("classes", scan.classes, scan.grid.cells());
}

VolumeScan make_volume_scan(const Volume& volume, const Mask& label, const std::string& patient,
                            const std::vector<LabelledStructure>& structures, const Vec3& cell_mm, Run& run) {
  const CanonicalSlices source(volume);
  VolumeScan scan;
  scan.patient = patient;
  scan.grid = cell_grid(source.geometry(), cell_mm);
  const std::vector<float> hu = sample_cells(source, scan.grid, whole_grid(scan.grid, 1), run);
  std::vector<int16_t> rounded(hu.size());
  std::transform(hu.begin(), hu.end(), rounded.begin(),
                 [](float value) { return static_cast<int16_t>(std::lround(value)); });
  scan.hu = std::move(rounded);
  scan.body = body_of(source, run);
  fill_classes(label, structures, scan, run);
  if (std::all_of(scan.classes.begin(), scan.classes.end(), [](uint8_t found) { return found == 0; })) {
    throw Error("EMPTY_LABEL", "The label of " + patient + " marks none of the structures", {}, "structures",
                "Check the structures' values, or leave this case out");
  }
  scan.structures = structures_box(scan);
  return scan;
}

std::vector<VolumeScan> load_volume_scans(const VolumeTrainingPlan& plan, const CaseReader& reader, bool validation,
                                          const VolumeNetworkKind& network, Communicator& communicator, Run& run) {
  const std::vector<const StructureCase*> cases = cases_on_side(plan.cases, validation);
  const VolumeTrainingOptions& options = plan.options;
  const ScanCache cache(options.cache_folder);
  return prepare_cases(cases.size(), cache, communicator, run, [&](size_t i) {
    const StructureCase& one = *cases[i];
    VolumeScan blank;
    blank.patient = one.patient;
    blank.grid.cell_mm = network.cell_mm;
    return cache.prepared(key_of(one, options, network), run, blank,
                          [&] { return read_volume_scan(one, options.structures, reader, network, run); });
  });
}

}  // namespace hepatica
