#include "training/data/scan_cache.h"

#include <ATen/ops/ones.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "core/error.h"
#include "process_threads.h"
#include "resident_memory.h"
#include "synthetic_scans.h"
#include "temporary_folder.h"
#include "training/tasks/structure/grid_scan.h"
#include "training/tasks/structure/slice_sampler.h"

namespace fs = std::filesystem;
using namespace hepatica;
using namespace hepatica::test;

namespace {

// Says how often it was asked; each scan is a ball of `size` voxels a side.
class CountingReader : public CaseReader {
 public:
  explicit CountingReader(int64_t size = 48, int64_t slices = 6) : size_(size), slices_(slices) {}

  LabelledImage read_image(const std::string& /*path*/, Run& run) const override {
    ++read;
    run.warn("DAMAGED_FILES", "one of them");
    Volume volume;
    volume.geometry = geometry();
    std::vector<int16_t> hu(static_cast<size_t>(volume.geometry.voxel_count()));
    for (size_t i = 0; i < hu.size(); ++i) hu[i] = static_cast<int16_t>(i * 7919 % 300);
    volume.hu = std::move(hu);
    return {std::move(volume), {}};
  }

  Mask read_labels(const LabelFile& /*file*/, const LabelledImage& /*image*/, Run& /*run*/) const override {
    Mask mask{geometry(), {}};
    mask.voxels.resize(static_cast<size_t>(mask.geometry.voxel_count()));
    std::fill(mask.voxels.begin(), mask.voxels.begin() + static_cast<std::ptrdiff_t>(mask.voxels.size() / 3), 1);
    return mask;
  }

  mutable std::atomic<int> read = 0;

 private:
  Geometry geometry() const {
    Geometry geometry;
    geometry.size = {size_, size_, slices_};
    geometry.spacing_mm = {1.5, 1.5, 5};
    return geometry;
  }

  int64_t size_, slices_;
};

StructureTrainingPlan plan_of(int64_t scans, const std::string& cache_folder) {
  StructureTrainingPlan plan = ball_plan("");
  plan.cases.clear();
  for (int64_t i = 0; i < scans; ++i) {
    StructureCase one;
    one.patient = "p" + std::to_string(i);
    one.label = "label";
    one.content_sha256 = "content " + std::to_string(i);
    plan.cases.push_back(one);
  }
  plan.options.cache_folder = cache_folder;
  return plan;
}

std::vector<GridScan> load(const StructureTrainingPlan& plan, const CaseReader& reader, Run& run) {
  return load_grid_scans(plan, reader, false, small_config(), *one_process(), run);
}

void check_equal(const GridScan& a, const GridScan& b) {
  CHECK(a.patient == b.patient);
  CHECK(a.pictures == b.pictures);
  CHECK(a.target == b.target);
  CHECK(a.source == b.source);
  CHECK((a.input.body == b.input.body));
  CHECK(a.input.slices == b.input.slices);
  CHECK(a.input.grid.spacing_mm == b.input.grid.spacing_mm);
  CHECK(a.input.slice_spacing_mm == b.input.slice_spacing_mm);
}

// While scans are prepared and an epoch is drawn from them.
int64_t most_resident(int64_t count, const std::string& folder) {
  const CountingReader reader(256, 40);
  Run run;
  run.threads = 1;
  const StructureTrainingPlan plan = plan_of(count, folder);
  const std::vector<GridScan> scans = load(plan, reader, run);
  const SliceSampler sampler(scans, small_config(), plan.options);
  int64_t most = resident_bytes();
  for (int64_t step = 0; step < sampler.steps_per_epoch(); ++step) {
    sampler.draw(0, step);
    most = std::max(most, resident_bytes());
  }
  return most;
}

}  // namespace

TEST_CASE("a scan is prepared once, and what it warned of is told each time") {
  const TemporaryFolder folder;
  const CountingReader reader;
  const StructureTrainingPlan plan = plan_of(2, folder.path + "/cache");
  Run first, second, in_memory;
  const auto made = load(plan, reader, first);
  CHECK(reader.read == 2);
  const auto found = load(plan, reader, second);
  CHECK(reader.read == 2);
  const auto expected = load(plan_of(2, ""), reader, in_memory);
  REQUIRE(found.size() == 2);
  for (size_t i = 0; i < 2; ++i) {
    check_equal(made[i], expected[i]);
    check_equal(found[i], expected[i]);
  }
  REQUIRE(second.warnings().size() == in_memory.warnings().size());
  CHECK(second.warnings()[1].message == in_memory.warnings()[1].message);
}

TEST_CASE("a scan is prepared anew where anything it depends on is another") {
  const TemporaryFolder folder;
  const CountingReader reader;
  const StructureTrainingPlan plan = plan_of(1, folder.path);
  Run run;
  load(plan, reader, run);
  const auto check_new = [&](const auto& change) {
    StructureTrainingPlan other = plan;
    change(other);
    const int before = reader.read;
    load(other, reader, run);
    CHECK(reader.read == before + 1);
    load(other, reader, run);
    CHECK(reader.read == before + 1);
  };
  check_new([](StructureTrainingPlan& other) { other.cases[0].content_sha256 = "other"; });
  check_new([](StructureTrainingPlan& other) { other.cases[0].label_values = {1}; });
  check_new([](StructureTrainingPlan& other) { other.options.preprocess.hu_max = 300; });
  check_new([](StructureTrainingPlan& other) { other.options.hepatica_version = "9"; });
}

TEST_CASE("a damaged file of the cache is made anew, and one of another key is not believed") {
  const TemporaryFolder folder;
  const CountingReader reader;
  const StructureTrainingPlan plan = plan_of(1, folder.path);
  Run run;
  const GridScan expected = load(plan, reader, run)[0];
  const fs::path file = fs::directory_iterator(folder.path)->path();
  fs::copy_file(file, file.string() + ".kept");
  fs::remove(file);
  std::ofstream(file) << "half of it";
  check_equal(load(plan, reader, run)[0], expected);
  CHECK(reader.read == 2);
  write_safetensors(file, {{"numbers", at::ones(4)}}, {{"key", "another"}});
  check_equal(load(plan, reader, run)[0], expected);
  CHECK(reader.read == 3);
}

TEST_CASE("a file that says more than it holds is made anew") {
  const TemporaryFolder folder;
  const CountingReader reader;
  const StructureTrainingPlan plan = plan_of(1, folder.path);
  Run run;
  const GridScan expected = load(plan, reader, run)[0];
  const fs::path path = fs::directory_iterator(folder.path)->path();
  const StateDict whole = SafetensorsFile(path.string()).tensors();
  const Metadata metadata = SafetensorsFile(path.string()).metadata();
  int made = 1;
  const auto check_made_anew = [&](const StateDict& tensors, const Metadata& said) {
    write_safetensors(path, tensors, said);
    check_equal(load(plan, reader, run)[0], expected);
    CHECK(reader.read == ++made);
  };
  for (const auto& [name, tensor] : whole) {
    CAPTURE(name);
    StateDict changed = whole;
    changed.erase(name);
    check_made_anew(changed, metadata);
    if (tensor.numel() == 0) continue;
    changed[name] = tensor.slice(0, 0, tensor.size(0) - 1).clone();
    check_made_anew(changed, metadata);
  }
  for (const int64_t number : {int64_t{0}, int64_t{2}, int64_t{3}, whole.at("numbers").size(0) - 1}) {
    CAPTURE(number);
    StateDict changed = whole;
    changed["numbers"] = whole.at("numbers").clone();
    changed["numbers"][number] = 1e9;
    check_made_anew(changed, metadata);
  }
  for (const auto& [name, value] : metadata) {
    CAPTURE(name);
    Metadata changed = metadata;
    changed[name] = "[[3";
    check_made_anew(whole, changed);
  }
}

TEST_CASE("a prepared validation scan without its label is refused") {
  const TemporaryFolder folder;
  const CountingReader reader;
  StructureTrainingPlan plan = plan_of(1, folder.path);
  plan.cases[0].validation = true;
  Run run;
  const auto validate_on = [&] { return load_grid_scans(plan, reader, true, small_config(), *one_process(), run); };
  REQUIRE_FALSE(validate_on()[0].reference.empty());
  const fs::path path = fs::directory_iterator(folder.path)->path();
  const SafetensorsFile file(path.string());
  StateDict tensors = file.tensors();
  tensors["reference"] = tensors.at("reference").slice(0, 0, 0).clone();
  write_safetensors(path.string(), tensors, file.metadata());
  try {
    validate_on();
    FAIL("was taken");
  } catch (const Error& error) {
    CHECK(error.code == "CORRUPT_FILE");
  }
}

TEST_CASE("processes that share a folder prepare each scan once") {
  const TemporaryFolder folder;
  const CountingReader reader;
  const StructureTrainingPlan plan = plan_of(5, folder.path);
  Run alone;
  const std::vector<GridScan> expected = load(plan_of(5, ""), reader, alone);
  reader.read = 0;
  std::vector<std::vector<GridScan>> loaded(3);
  run_processes(3, [&](Communicator& communicator, Run& run) {
    loaded[static_cast<size_t>(communicator.rank())] =
        load_grid_scans(plan, reader, false, small_config(), communicator, run);
  });
  CHECK(reader.read == 5);
  for (const std::vector<GridScan>& scans : loaded) {
    REQUIRE(scans.size() == 5);
    for (size_t i = 0; i < 5; ++i) check_equal(scans[i], expected[i]);
  }
}

TEST_CASE("memory does not grow with the number of prepared scans") {
  const TemporaryFolder folder;
  most_resident(2, folder.path);
  const int64_t few = most_resident(5, folder.path);
  const int64_t many = most_resident(40, folder.path);
  const int64_t on_disk = bytes_on_disk(folder.path);
  CHECK(on_disk > int64_t{100} << 20);
  CHECK(many - few < on_disk / 10);
}
