// The 3-D networks' scans on disk.
#include <ATen/ops/zeros.h>
#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "models/weights/safetensors.h"
#include "process_threads.h"
#include "resident_memory.h"
#include "small_volume_network.h"
#include "temporary_folder.h"
#include "training/tasks/volume/crop_sampler.h"
#include "training/tasks/volume/run.h"

namespace fs = std::filesystem;
using namespace hepatica;
using namespace hepatica::test;

namespace {

// A ball that lies where the name's last digit says, in a volume that is `times` as deep.
class BallReader : public CaseReader {
 public:
  explicit BallReader(int64_t times = 1) : times_(times) {}

  LabelledImage read_image(const std::string& path, Run& run) const override {
    ++read;
    run.warn("MADE_UP", path + " is no file");
    Volume volume = ball_of(path).volume;
    auto& hu = std::get<std::vector<int16_t>>(volume.hu);
    repeat(hu);
    volume.geometry.size[2] *= times_;
    return {std::move(volume), {}};
  }
  Mask read_labels(const LabelFile& file, const LabelledImage& /*image*/, Run& /*run*/) const override {
    Mask label = ball_of(file.path).label;
    repeat(label.voxels);
    label.geometry.size[2] *= times_;
    return label;
  }

  mutable std::atomic<int> read = 0;

 private:
  static LabelledScan ball_of(const std::string& path) { return ball_in_body(2 * (path.back() - '0')); }

  template <class T>
  void repeat(std::vector<T>& voxels) const {
    const std::vector<T> once = voxels;
    for (int64_t i = 1; i < times_; ++i) voxels.insert(voxels.end(), once.begin(), once.end());
  }

  int64_t times_;
};

VolumeTrainingPlan plan_with(const TemporaryFolder& folder, const std::string& cache_folder, int64_t cases = 3) {
  VolumeTrainingPlan plan = ball_volume_plan(folder.path);
  plan.cases.clear();
  for (int64_t i = 0; i < cases; ++i) {
    const std::string name = "p" + std::to_string(i);
    plan.cases.push_back({name, name, name, {}, {}, {}, i == 2, "content of " + name});
  }
  plan.options.augmentation.enabled = true;
  plan.options.cache_folder = cache_folder;
  return plan;
}

std::vector<VolumeScan> load(const VolumeTrainingPlan& plan, const CaseReader& reader, Run& run,
                             bool validation = false, Communicator& communicator = *one_process()) {
  return load_volume_scans(plan, reader, validation, small_volume_kind(), communicator, run);
}

History train(const VolumeTrainingPlan& plan, const CaseReader& reader) {
  Run run;
  run.threads = 1;
  const std::vector<VolumeScan> training = load(plan, reader, run), validation = load(plan, reader, run, true);
  return run_training(
      plan, small_volume_kind(), training, validation, {}, *one_process(), [](const std::string&) {}, run);
}

void check_same(const History& one, const History& other) {
  REQUIRE(one.epochs.size() == other.epochs.size());
  for (size_t i = 0; i < one.epochs.size(); ++i) {
    CHECK(one.epochs[i].training_loss == other.epochs[i].training_loss);
    CHECK(one.epochs[i].validation_loss == other.epochs[i].validation_loss);
    CHECK(one.epochs[i].figures == other.epochs[i].figures);
  }
}

int64_t most_resident(int64_t count, const TemporaryFolder& folder) {
  VolumeTrainingPlan plan = plan_with(folder, folder.path, count);
  for (StructureCase& one : plan.cases) one.validation = false;
  plan.options.crops_per_epoch = 3 * count;
  Run run;
  run.threads = 1;
  const std::vector<VolumeScan> scans = load(plan, BallReader(100), run);
  const CropSampler sampler(scans, small_volume_kind(), plan.options);
  int64_t most = resident_bytes();
  const std::vector<int64_t> items = {0, 1};
  for (int64_t step = 0; step < sampler.steps_per_epoch(); ++step) {
    sampler.draw(0, step, items);
    most = std::max(most, resident_bytes());
  }
  return most;
}

}  // namespace

TEST_CASE("a 3-D network learns from the disk as from memory, and each scan is read once") {
  const TemporaryFolder folder;
  const BallReader reader;
  const VolumeTrainingPlan in_memory = plan_with(folder, "");
  const History expected = train(in_memory, reader);
  const StateDict weights = SafetensorsFile(in_memory.options.output).tensors();
  CHECK(reader.read == 3);
  const VolumeTrainingPlan plan = plan_with(folder, folder.path + "/cache");
  check_same(train(plan, reader), expected);
  CHECK(reader.read == 6);
  check_same(train(plan, reader), expected);
  CHECK(reader.read == 6);
  for (const auto& [name, tensor] : SafetensorsFile(plan.options.output).tensors()) {
    CHECK(tensor.equal(weights.at(name)));
  }
  Run run;
  load(plan, reader, run);
  REQUIRE(run.warnings().size() == 2);
  CHECK(run.warnings()[1].message == "p1: p1 is no file");
}

TEST_CASE("a 3-D network's scan is prepared anew where it depends on another thing, or is damaged") {
  const TemporaryFolder folder;
  const BallReader reader;
  const VolumeTrainingPlan plan = plan_with(folder, folder.path + "/cache");
  Run run;
  const std::vector<VolumeScan> expected = load(plan, reader, run);
  const auto read_by = [&](const VolumeTrainingPlan& other) {
    const int before = reader.read;
    const std::vector<VolumeScan> found = load(other, reader, run);
    CHECK(found[1].hu == expected[1].hu);
    CHECK(found[1].body.boxes.size() == expected[1].body.boxes.size());
    CHECK(found[1].structures.high == expected[1].structures.high);
    return reader.read - before;
  };
  CHECK(read_by(plan) == 0);
  VolumeTrainingPlan other = plan;
  other.options.structures = {{"body", {2}}, {"ball", {1}}};
  CHECK(read_by(other) == 2);
  other = plan;
  other.cases[0].content_sha256 = "other";
  CHECK(read_by(other) == 1);
  for (const auto& entry : fs::directory_iterator(plan.options.cache_folder)) {
    StateDict tensors = SafetensorsFile(entry.path().string()).tensors();
    const Metadata metadata = SafetensorsFile(entry.path().string()).metadata();
    tensors["hu"] = at::zeros({7}, at::kShort);
    write_safetensors(entry.path().string(), tensors, metadata);
  }
  CHECK(read_by(plan) == 2);
  CHECK(read_by(plan) == 0);
}

TEST_CASE("processes that share a folder prepare each scan of a 3-D network once") {
  const TemporaryFolder folder;
  const BallReader reader;
  const VolumeTrainingPlan plan = plan_with(folder, folder.path + "/cache", 5);
  run_processes(2, [&](Communicator& communicator, Run& run) {
    CHECK(load(plan, reader, run, false, communicator).size() == 4);
  });
  CHECK(reader.read == 4);
}

TEST_CASE("memory does not grow with the number of a 3-D network's scans") {
  const TemporaryFolder folder;
  most_resident(2, folder);
  const int64_t few = most_resident(3, folder);
  const int64_t many = most_resident(30, folder);
  const int64_t on_disk = bytes_on_disk(folder.path);
  CHECK(on_disk > int64_t{100} << 20);
  CHECK(many - few < on_disk / 10);
}
