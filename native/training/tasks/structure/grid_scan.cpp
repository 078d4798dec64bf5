#include "training/tasks/structure/grid_scan.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "ops/preprocess.h"
#include "training/data/scan_cache.h"
#include "training/loop/patient_shares.h"

namespace hepatica {
namespace {

// Another number where another version would prepare a scan otherwise.
constexpr int kPreparation = 1;

std::string key_of(const StructureCase& one, const StructureTrainingOptions& options, const LiverCnnConfig& config) {
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

at::Tensor bytes_tensor(const Bytes& bytes) {
  return at::from_blob(const_cast<uint8_t*>(bytes.data()), {static_cast<int64_t>(bytes.size())}, at::kByte);
}

// Everything about the grids that is a number, in one order.
template <class Scan, class Visit>
void visit_numbers(Scan& scan, const Visit& visit) {
  visit(scan.input.grid.width);
  visit(scan.input.grid.height);
  visit(scan.input.grid.spacing_mm);
  visit(scan.input.slices);
  visit(scan.input.slice_spacing_mm);
  for (auto& size : scan.source.size) visit(size);
  for (auto& spacing : scan.source.spacing_mm) visit(spacing);
  for (auto& origin : scan.source.origin_mm) visit(origin);
  for (auto& cosine : scan.source.direction) visit(cosine);
  for (auto& box : scan.input.body) {
    for (auto* side : {&box.x0, &box.y0, &box.x1, &box.y1}) visit(*side);
  }
}

StateDict arrays_of(const GridScan& scan) {
  std::vector<double> numbers;
  visit_numbers(scan, [&](const auto& number) { numbers.push_back(static_cast<double>(number)); });
  const at::Tensor all = at::empty(static_cast<int64_t>(numbers.size()), at::kDouble);
  std::copy(numbers.begin(), numbers.end(), all.data_ptr<double>());
  return {{"numbers", all},
          {"pictures", bytes_tensor(scan.pictures)},
          {"target", bytes_tensor(scan.target)},
          {"reference", bytes_tensor(scan.reference)}};
}

GridScan scan_of(const std::shared_ptr<const SafetensorsFile>& file, const std::string& patient, Run& run) {
  const auto bytes = [&](const char* name) {
    auto [data, size] = file->mapped(name);
    return Bytes(std::move(data), size);
  };
  GridScan scan;
  scan.patient = patient;
  scan.file = file;
  const at::Tensor all = file->tensor("numbers");
  const double* next = all.const_data_ptr<double>();
  scan.input.body.resize(static_cast<size_t>(next[3]));
  visit_numbers(scan, [&](auto& number) { number = static_cast<std::remove_cvref_t<decltype(number)>>(*next++); });
  scan.pictures = bytes("pictures");
  scan.target = bytes("target");
  scan.reference = bytes("reference");
  warn_again(file->metadata().at("warnings"), run);
  return scan;
}

GridScan load_grid_scan(const StructureCase& one, const StructureTrainingOptions& options, const CaseReader& reader,
                        const ScanCache& cache, const LiverCnnConfig& config, Run& run) {
  // Without a hash of its files, nobody knows whether they are still those that were prepared.
  const bool keeps = cache.keeps() && !one.content_sha256.empty();
  const std::string key = key_of(one, options, config);
  if (keeps) {
    if (const auto file = cache.find(key)) return scan_of(file, one.patient, run);
  }
  const size_t before = run.warnings().size();
  const LabelledScan scan = read_structure_case(one, reader, run);
  GridScan made = make_grid_scan(scan, one.patient, one.validation, config, options.preprocess, run);
  if (!keeps) return made;
  const std::vector<Warning> all = run.warnings();
  const std::vector<Warning> own(all.begin() + static_cast<std::ptrdiff_t>(before), all.end());
  cache.keep(key, arrays_of(made), {{"warnings", warnings_json(own)}});
  const auto file = cache.find(key);
  Run told;
  return file ? scan_of(file, one.patient, told) : made;
}

}  // namespace

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
  std::vector<const StructureCase*> cases;
  for (const StructureCase& one : plan.cases) {
    if (one.validation == validation) cases.push_back(&one);
  }
  const ScanCache cache(plan.options.cache_folder);
  const auto load = [&](const StructureCase& one) {
    run.check_cancelled();
    return load_grid_scan(one, plan.options, reader, cache, config, run);
  };
  // What another process prepares is found by this one where they share the folder.
  if (cache.keeps() && communicator.size() > 1) {
    for (const size_t i : own_patients(cases.size(), communicator)) load(*cases[i]);
    communicator.barrier();
  }
  std::vector<GridScan> scans;
  for (const StructureCase* one : cases) {
    scans.push_back(load(*one));
    run.progress(static_cast<double>(scans.size()) / static_cast<double>(cases.size()));
  }
  return scans;
}

}  // namespace hepatica
