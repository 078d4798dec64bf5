// PixelPaddingValue among the HU of the body is none: water must not become air.
#include <array>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

struct Padded {
  std::vector<int16_t> hu;
  bool warned;
};

// One slice of a ramp of stored values from `first`, with the padding and intercept given.
Padded read_padded(int first, bool is_signed, int intercept, int padding, std::optional<int> limit = std::nullopt) {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(1));
  edit_file(paths[0], [&](DcmDataset& dataset) {
    std::vector<uint16_t> cells(33 * 17);
    for (size_t i = 0; i < cells.size(); ++i) cells[i] = static_cast<uint16_t>(first + static_cast<int>(i));
    set_cells(dataset, cells, 16, is_signed);
    set(dataset, DCM_RescaleIntercept, std::to_string(intercept));
    dataset.putAndInsertUint16(DcmTag(DCM_PixelPaddingValue, EVR_US), static_cast<Uint16>(padding));
    if (limit) dataset.putAndInsertUint16(DcmTag(DCM_PixelPaddingRangeLimit, EVR_US), static_cast<Uint16>(*limit));
  });
  Run run;
  const SeriesVolume series = read_series({paths[0]}, {}, run);
  return {ints(series.volume), has_code(run.warnings(), "IMPLAUSIBLE_PADDING")};
}

}  // namespace

TEST_CASE("padding among the HU of the body is not believed: its voxels keep their HU, with a warning") {
  for (const bool is_signed : {true, false}) {
    for (const int padding_hu : {-499, -100, 0, 40, 300, 3071}) {
      CAPTURE(is_signed);
      CAPTURE(padding_hu);
      const int intercept = is_signed ? 0 : -1024;
      const Padded read = read_padded(padding_hu - intercept - 5, is_signed, intercept, padding_hu - intercept);
      CHECK(read.hu[5] == padding_hu);
      CHECK(read.warned);
    }
  }
}

TEST_CASE("padding that is air, or that no tissue has, goes on being padding") {
  for (const bool is_signed : {true, false}) {
    for (const int padding_hu : {-1024, -1000, -500, 4000}) {
      CAPTURE(is_signed);
      CAPTURE(padding_hu);
      const int intercept = is_signed ? 0 : -1024;
      const Padded read = read_padded(padding_hu - intercept, is_signed, intercept, padding_hu - intercept);
      CHECK(read.hu[0] == -1024);
      CHECK(read.hu[1] != -1024);
      CHECK_FALSE(read.warned);
    }
  }
  CHECK_FALSE(read_padded(-2000, true, 0, -2000).warned);
  CHECK_FALSE(read_padded(-2000, true, 0, 63536).warned);
}

TEST_CASE("a range of padding that reaches into the body is not believed either") {
  const Padded wide = read_padded(-700, true, 0, -2000, 20);
  CHECK(wide.warned);
  CHECK(wide.hu[0] == -700);
  const Padded air = read_padded(-1100, true, 0, -2000, -900);
  CHECK_FALSE(air.warned);
  CHECK(air.hu[150] == -1024);
  CHECK(air.hu[201] == -899);
}
