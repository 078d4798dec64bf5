#include "training/data/case_reader.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "synthetic_scans.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// Makes what "image N" and "label N" name, and warns of it.
class BallReader : public CaseReader {
 public:
  explicit BallReader(double label_shift_mm = 0) : label_shift_mm_(label_shift_mm) {}

  LabelledImage read_image(const std::string& path, Run& run) const override {
    run.warn("MADE_UP", path + " is no file");
    return {ball_scan(number(path)).volume, {}};
  }
  Mask read_labels(const LabelFile& file, const LabelledImage&, Run&) const override {
    Mask label = ball_scan(number(file.path)).label;
    label.geometry.origin_mm[0] += label_shift_mm_;
    return label;
  }

 private:
  static int64_t number(const std::string& path) { return std::stoll(path.substr(path.find(' ') + 1)); }
  double label_shift_mm_;
};

StructureTrainingPlan plan_of_two() {
  StructureTrainingPlan plan;
  plan.cases.push_back({"a", "image 0", "label 0", {}, {}, {}, false, {}});
  plan.cases.push_back({"b", "image 2", "label 2", {}, {}, {}, true, {}});
  return plan;
}

}  // namespace

TEST_CASE("scans are learned from through whatever reader is given") {
  const LiverCnnConfig config = small_config();
  Run run;
  const std::vector<GridScan> scans = load_grid_scans(plan_of_two(), BallReader(), true, config, *one_process(), run);
  REQUIRE(scans.size() == 1);
  const GridScan expected = make_grid_scan(ball_scan(2), "b", true, config, {}, run);
  CHECK(scans[0].patient == "b");
  CHECK(scans[0].pictures == expected.pictures);
  CHECK(scans[0].target == expected.target);
  CHECK(scans[0].reference == expected.reference);
  REQUIRE(run.warnings().size() == 1);
  CHECK(run.warnings()[0].message == "b: image 2 is no file");
}

TEST_CASE("a reader's label lies on its image's voxels") {
  Run run;
  try {
    load_grid_scans(plan_of_two(), BallReader(1), false, small_config(), *one_process(), run);
    FAIL("a label half a voxel away was taken");
  } catch (const Error& error) {
    CHECK(error.code == "LABEL_GEOMETRY_MISMATCH");
  }
}
