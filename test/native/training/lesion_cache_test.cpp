// The lesion network's scans on disk.
#include <ATen/ops/full.h>
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "lesion_scans.h"
#include "models/weights/safetensors.h"
#include "process_threads.h"
#include "resident_memory.h"
#include "temporary_folder.h"
#include "training/tasks/lesions/sampler.h"
#include "training/tasks/lesions/variants.h"

namespace fs = std::filesystem;
using namespace hepatica;
using namespace hepatica::test;

namespace {

LesionTrainingPlan plan_with(const TemporaryFolder& folder, const std::string& cache_folder) {
  LesionTrainingPlan plan = lesion_plan(folder.path);
  for (LesionCase& c : plan.cases) c.content_sha256 = "content of " + c.patient;
  plan.options.epochs = 3;
  plan.options.keep = KeptWeights::kLast;
  plan.options.augmentation.enabled = true;
  plan.options.synthetic_per_scan = 2;
  plan.options.synthetic_refresh_epochs = 2;
  plan.options.synthetic_min_lesions = plan.options.synthetic_max_lesions = 1;
  plan.options.validation_synthetic_per_scan = 1;
  plan.options.cache_folder = cache_folder;
  return plan;
}

SourceReader reader_of_three() {
  LesionSource no_lesion = lesion_source("b", 0, 0);
  no_lesion.types = {no_lesion.liver.geometry, std::vector<uint8_t>(no_lesion.liver.voxels.size())};
  no_lesion.types.voxels[3000] = static_cast<uint8_t>(LesionType::kCyst);
  return SourceReader({lesion_source("a", 16), no_lesion, lesion_source("v", 24)});
}

History train(const LesionTrainingPlan& plan, const CaseReader& reader, Communicator& communicator, Run& run) {
  run.threads = 1;
  const LesionStart start = lesion_start(plan.options);
  const LesionTrainingScans training = load_training_scans(plan, reader, start.config, communicator, run);
  const std::vector<LesionScan> validation = load_validation_scans(plan, reader, start.config, communicator, run);
  return run_training(
      plan, start, training, validation, {}, communicator, [](const std::string&) {}, run);
}

History train(const LesionTrainingPlan& plan, const CaseReader& reader) {
  Run run;
  return train(plan, reader, *one_process(), run);
}

void check_same(const History& one, const History& other) {
  REQUIRE(one.epochs.size() == other.epochs.size());
  for (size_t i = 0; i < one.epochs.size(); ++i) {
    CHECK(one.epochs[i].training_loss == other.epochs[i].training_loss);
    CHECK(one.epochs[i].validation_loss == other.epochs[i].validation_loss);
    CHECK(one.epochs[i].figures == other.epochs[i].figures);
  }
}

StateDict weights_of(const LesionTrainingPlan& plan) { return SafetensorsFile(plan.options.output).tensors(); }

std::vector<fs::path> files_in(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

// A larger liver, so that what it takes stands out.
LesionSource large_source(const std::string& patient) {
  constexpr int64_t kSize = 160, kSlices = 32;
  LesionSource source;
  Geometry geometry;
  geometry.size = {kSize, kSize, kSlices};
  geometry.spacing_mm = {2, 2, 5};
  std::vector<int16_t> hu(static_cast<size_t>(geometry.voxel_count()));
  source.patient = patient;
  source.liver = source.types = Mask{geometry, std::vector<uint8_t>(hu.size(), 0)};
  for (int64_t i = 0; i < static_cast<int64_t>(hu.size()); ++i) {
    const int64_t x = i % kSize, y = i / kSize % kSize;
    const bool liver = std::abs(x - 80) < 60 && std::abs(y - 80) < 60;
    hu[static_cast<size_t>(i)] = static_cast<int16_t>(liver ? 90 + i * 7919 % 20 : -50);
    source.liver.voxels[static_cast<size_t>(i)] = liver;
    source.types.voxels[static_cast<size_t>(i)] = liver && x < 26 ? static_cast<uint8_t>(LesionType::kHcc) : uint8_t{0};
  }
  source.volume = {geometry, std::move(hu)};
  return source;
}

// Gives one source for every patient.
class LargeReader : public CaseReader {
 public:
  LabelledImage read_image(const std::string& /*path*/, Run& /*run*/) const override { return {source_.volume, {}}; }
  Mask read_labels(const LabelFile& file, const LabelledImage& /*image*/, Run& /*run*/) const override {
    return file.path.ends_with("liver") ? source_.liver : source_.types;
  }

 private:
  const LesionSource source_ = large_source("any");
};

// While scans are prepared, variants are made, and pictures are drawn from all of them.
int64_t most_resident(int64_t count, const TemporaryFolder& folder) {
  LesionTrainingPlan plan = plan_with(folder, folder.path);
  plan.cases.clear();
  for (int64_t i = 0; i < count; ++i) {
    plan.cases.push_back(lesion_case("p" + std::to_string(i), false));
    plan.cases.back().content_sha256 = plan.cases.back().patient;
  }
  plan.options.synthetic_per_scan = 1;
  plan.options.batch_size = 2;
  plan.options.slices_per_epoch = 6 * count;
  Run run;
  run.threads = 1;
  const MdlCnnConfig config = small_lesion_config();
  const LesionTrainingScans scans = load_training_scans(plan, LargeReader(), config, *one_process(), run);
  int64_t most = resident_bytes();
  LesionVariants variants(scans.grounds, config, plan.options);
  LesionSampler sampler(scans.real, config, plan.options);
  variants.begin_epoch(0, run);
  sampler.set_synthetic(variants.scans());
  for (int64_t step = 0; step < sampler.steps_per_epoch(); ++step) {
    sampler.draw(0, step);
    most = std::max(most, resident_bytes());
  }
  return most;
}

}  // namespace

TEST_CASE("lesions are learned from the disk as from memory, and each scan is read once") {
  const TemporaryFolder folder;
  const SourceReader reader = reader_of_three();
  const LesionTrainingPlan in_memory = plan_with(folder, "");
  const History expected = train(in_memory, reader);
  const StateDict weights = weights_of(in_memory);
  CHECK(reader.read == 3);
  const LesionTrainingPlan plan = plan_with(folder, folder.path + "/cache");
  Run first, second;
  check_same(train(plan, reader, *one_process(), first), expected);
  CHECK(reader.read == 6);
  // Of two training scans the region and the ground, of the validation scan two; no variant is left.
  CHECK(files_in(plan.options.cache_folder).size() == 6);
  check_same(train(plan, reader, *one_process(), second), expected);
  CHECK(reader.read == 6);
  CHECK(files_in(plan.options.cache_folder).size() == 6);
  for (const auto& [name, tensor] : weights_of(plan)) CHECK(tensor.equal(weights.at(name)));
  REQUIRE(second.warnings().size() == first.warnings().size());
  CHECK(second.warnings()[0].message == "a: a is no file");
}

TEST_CASE("a lesion scan is prepared anew where anything it depends on is another") {
  const TemporaryFolder folder;
  const SourceReader reader = reader_of_three();
  const LesionTrainingPlan plan = plan_with(folder, folder.path + "/cache");
  const auto read_by = [&](const auto& change) {
    LesionTrainingPlan other = plan;
    change(other);
    Run run;
    const int before = reader.read;
    const MdlCnnConfig config = lesion_start(other.options).config;
    load_training_scans(other, reader, config, *one_process(), run);
    load_validation_scans(other, reader, config, *one_process(), run);
    return reader.read - before;
  };
  CHECK(read_by([](LesionTrainingPlan&) {}) == 3);
  CHECK(read_by([](LesionTrainingPlan&) {}) == 0);
  CHECK(read_by([](LesionTrainingPlan& other) { other.options.epochs = 9; }) == 0);
  CHECK(read_by([](LesionTrainingPlan& other) { other.cases[0].content_sha256 = "other"; }) == 1);
  CHECK(read_by([](LesionTrainingPlan& other) { other.cases[0].marked = false; }) == 1);
  CHECK(read_by([](LesionTrainingPlan& other) { other.options.preprocess.hu_max = 300; }) == 3);
  CHECK(read_by([](LesionTrainingPlan& other) { other.options.hepatica_version = "9"; }) == 3);
  // Of the variants of validation alone.
  CHECK(read_by([](LesionTrainingPlan& other) { other.options.seed = 9; }) == 1);
  // Nobody knows whether its files are still the same.
  CHECK(read_by([](LesionTrainingPlan& other) { other.cases[0].content_sha256.clear(); }) == 1);
  CHECK(read_by([](LesionTrainingPlan& other) { other.cases[0].content_sha256.clear(); }) == 1);
}

TEST_CASE("damaged files of lesion scans are made anew") {
  const TemporaryFolder folder;
  const SourceReader reader = reader_of_three();
  const LesionTrainingPlan plan = plan_with(folder, folder.path + "/cache");
  const History expected = train(plan, reader);
  const auto reads = [&] {
    Run run;
    const int before = reader.read;
    load_training_scans(plan, reader, small_lesion_config(), *one_process(), run);
    load_validation_scans(plan, reader, small_lesion_config(), *one_process(), run);
    return reader.read - before;
  };
  for (const fs::path& path : files_in(plan.options.cache_folder)) {
    const SafetensorsFile file(path.string());
    const StateDict whole = file.tensors();
    const auto reads_with = [&](const char* name, const at::Tensor& tensor) {
      StateDict changed = whole;
      changed[name] = tensor;
      write_safetensors(path.string(), changed, file.metadata());
      return reads();
    };
    // Places beyond the pictures, a number's last bits, an array that is too short, half a file.
    for (const char* indices : {"liver_voxels", "lesion_voxels"}) {
      if (!whole.contains(indices) || whole.at(indices).numel() == 0) continue;
      CHECK(reads_with(indices, at::full(whole.at(indices).sizes(), 1 << 30, at::kInt)) == 1);
    }
    CHECK(reads_with("numbers", whole.at("numbers").add(1)) == 1);
    CHECK(reads_with("liver", whole.at("liver").slice(0, 1).clone()) == 1);
    fs::resize_file(path, fs::file_size(path) / 2);
    CHECK(reads() == 1);
    CHECK(reads() == 0);
  }
  check_same(train(plan, reader), expected);
}

TEST_CASE("a ground whose file is damaged while the run goes on is refused") {
  const TemporaryFolder folder;
  const LesionTrainingPlan plan = plan_with(folder, folder.path + "/cache");
  const SourceReader reader = reader_of_three();
  Run run;
  const LesionTrainingScans scans = load_training_scans(plan, reader, small_lesion_config(), *one_process(), run);
  REQUIRE(scans.grounds.size() == 2);
  const SafetensorsFile file(scans.grounds[0].file);
  StateDict tensors = file.tensors();
  tensors["hu"] = tensors.at("hu").slice(0, 0, 5).clone();
  write_safetensors(scans.grounds[0].file, tensors, file.metadata());
  const ScanCache cache(plan.options.cache_folder);
  GroundCache none(0);
  try {
    open_ground(scans.grounds[0], cache, none, run);
    FAIL("was taken");
  } catch (const Error& error) {
    CHECK(error.code == "CORRUPT_FILE");
    CHECK(error.file == scans.grounds[0].file);
  }
}

TEST_CASE("processes that share a folder prepare each lesion scan once, and a stopped one leaves no half file") {
  const TemporaryFolder folder;
  const SourceReader reader = reader_of_three();
  LesionTrainingPlan plan = plan_with(folder, "");
  const History expected = train(plan, reader);
  reader.read = 0;
  plan.options.cache_folder = folder.path + "/cache";
  std::vector<size_t> grounds(2);
  run_processes(2, [&](Communicator& communicator, Run& run) {
    const LesionTrainingScans training = load_training_scans(plan, reader, small_lesion_config(), communicator, run);
    load_validation_scans(plan, reader, small_lesion_config(), communicator, run);
    grounds[static_cast<size_t>(communicator.rank())] = training.grounds.size();
  });
  CHECK(grounds == std::vector<size_t>{2, 2});
  CHECK(reader.read == 3);
  CHECK(files_in(plan.options.cache_folder).size() == 6);
  check_same(train(plan, reader), expected);
  CHECK(reader.read == 3);
  Run stopped;
  stopped.cancel();
  LesionTrainingPlan other = plan;
  other.options.hepatica_version = "9";
  CHECK_THROWS_AS(train(other, reader, *one_process(), stopped), Cancelled);
  for (const fs::path& path : files_in(plan.options.cache_folder)) CHECK(path.extension() == ".scan");
}

TEST_CASE("memory does not grow with the number of lesion scans") {
  const TemporaryFolder folder;
  most_resident(2, folder);
  const int64_t few = most_resident(3, folder);
  const int64_t many = most_resident(40, folder);
  const int64_t on_disk = bytes_on_disk(folder.path);
  CHECK(on_disk > int64_t{100} << 20);
  CHECK(many - few < on_disk / 10);
}
