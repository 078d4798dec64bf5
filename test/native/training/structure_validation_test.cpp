#include "training/tasks/structure/validation.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "training/tasks/structure/label_shape.h"

using namespace hepatica;

namespace {

// Marks what is brighter than 120 HU; the max-pools spread it by three pixels of 2 mm.
LiverCnn threshold_network() {
  LiverCnnConfig config;
  config.context_mm = {0};
  config.coordinates = {};
  config.subsampling = 1;
  config.kernels = {1, 1, 1};
  config.dilations = {1, 1, 1};
  config.skip = SkipKind::kNone;
  config.head_kernel = 1;
  LiverCnn network(config);
  const at::NoGradGuard no_grad;
  const StateDict state = network->state_dict();
  for (const auto& [name, tensor] : state) {
    if (name.starts_with("conv") || name.starts_with("head")) at::Tensor(tensor).zero_();
  }
  for (const std::string name : {"conv1.weight", "conv2.weight", "conv3.weight"}) state.at(name)[0][0].fill_(1);
  state.at("head.weight")[1][0].fill_(100);
  state.at("head.bias")[1].fill_(-100 * 220.0 / 500);
  return network;
}

struct Block {
  int64_t x, y, size;
  bool labelled = true;
  bool hollow = false;
};

constexpr int64_t kGridSide = 80;
constexpr int64_t kSlices = 5;

LabelledScan scan_of(const std::vector<Block>& blocks) {
  Geometry geometry;
  geometry.size = {kGridSide, kGridSide, kSlices};
  geometry.spacing_mm = {2, 2, 5};
  LabelledScan scan;
  scan.label = {geometry, std::vector<uint8_t>(static_cast<size_t>(geometry.voxel_count()))};
  std::vector<int16_t> hu(scan.label.voxels.size(), -1000);
  for (int64_t i = 0; i < geometry.voxel_count(); ++i) {
    const int64_t x = i % kGridSide, y = i / kGridSide % kGridSide;
    if (x < 3 || y < 3 || x >= kGridSide - 3 || y >= kGridSide - 3) continue;
    hu[static_cast<size_t>(i)] = 30;
    for (const Block& block : blocks) {
      const int64_t dx = x - block.x, dy = y - block.y;
      const auto within = [&](int64_t margin) {
        return std::min(dx, dy) >= margin && std::max(dx, dy) < block.size - margin;
      };
      // The walls are thick enough for what the pools add to leave the hole open.
      if (!within(0) || (block.hollow && within(4))) continue;
      hu[static_cast<size_t>(i)] = 200;
      scan.label.voxels[static_cast<size_t>(i)] = block.labelled;
    }
  }
  scan.volume = {geometry, std::move(hu)};
  return scan;
}

std::vector<GridScan> scans_of(const std::vector<Block>& blocks, const LiverCnnConfig& config) {
  PreprocessOptions preprocessing;
  preprocessing.equalization = Equalization::kNone;
  Run run;
  std::vector<GridScan> scans;
  // The same shapes at two places: nothing depends on where they lie.
  for (const int64_t shift : {0, 3}) {
    std::vector<Block> moved = blocks;
    for (Block& block : moved) block.y += shift;
    scans.push_back(make_grid_scan(scan_of(moved), std::to_string(shift), true, config, preprocessing, run));
  }
  return scans;
}

StructureValidation validate_blocks(const std::vector<Block>& blocks,
                                    const std::optional<Postprocessing>& postprocessing = {}) {
  LiverCnn network = threshold_network();
  const auto scans = scans_of(blocks, network->config());
  Run run;
  return validate_structure(network, scans, {}, postprocessing, {}, *one_process(), run);
}

Postprocessing label_choice(const std::vector<Block>& blocks) {
  Run run;
  return postprocessing_of_labels(scans_of(blocks, threshold_network()->config()), run);
}

const Block kLiver{10, 10, 30};
const Block kLeftKidney{8, 16, 22};
const Block kRightKidney{46, 20, 18};
const Block kFalsePositive{62, 60, 2, false};
const Block kVessel{20, 15, 36, true, true};

}  // namespace

TEST_CASE("one piece keeps the paper's postprocessing, with and without a false positive beside it") {
  CHECK(validate_blocks({kLiver}).postprocessing == Postprocessing{});
  const StructureValidation result = validate_blocks({kLiver, kFalsePositive});
  CHECK(result.postprocessing == Postprocessing{});
  CHECK(result.dice > result.unprocessed_dice);
}

TEST_CASE("a structure of two pieces keeps both") {
  const StructureValidation both = validate_blocks({kLeftKidney, kRightKidney});
  CHECK(both.postprocessing.components == KeptComponents::kAll);
  CHECK(both.dice > validate_blocks({kLeftKidney, kRightKidney}, Postprocessing{}).dice + 0.1);
  CHECK(both.patients.size() == 2);
  // A piece that is small beside them goes.
  const StructureValidation cleaned = validate_blocks({kLeftKidney, kRightKidney, kFalsePositive});
  CHECK(cleaned.postprocessing.components == KeptComponents::kShare);
  CHECK(cleaned.dice > cleaned.unprocessed_dice);
}

TEST_CASE("a hole that belongs to the structure stays open") {
  CHECK_FALSE(validate_blocks({kVessel}).postprocessing.fill_holes);
}

TEST_CASE("postprocessing that is given is taken") {
  const Postprocessing given{KeptComponents::kShare, 0.3, false};
  CHECK(validate_blocks({kLiver}, given).postprocessing == given);
}

TEST_CASE("labels alone tell pieces and holes") {
  CHECK(label_choice({kLiver}) == Postprocessing{});
  CHECK(label_choice({kLeftKidney, kRightKidney}).components == KeptComponents::kShare);
  CHECK_FALSE(label_choice({kVessel}).fill_holes);
  std::vector<Block> nodes{{10, 10, 24}};
  for (int64_t i = 0; i < 12; ++i) nodes.push_back({8 + 6 * i % 60, 44 + 6 * (i / 6 * 2), 4});
  CHECK(label_choice(nodes).components == KeptComponents::kAll);
}
