#include "nifti/nifti.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "../source_folder.h"
#include "core/error.h"

using namespace hepatica;

namespace {

// A folder that goes when the test does.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "hepatica-nifti-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  size_t file_count() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

std::string fixture(const std::string& name) {
  return hepatica::test::in_source_folder("test/fixtures/nifti/") + name + ".nii.gz";
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put_bytes(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

double value_at(const Volume& volume, size_t i) {
  return std::visit([&](const auto& hu) { return static_cast<double>(hu[i]); }, volume.hu);
}

// The formula of make_fixtures.py.
double fixture_value(size_t i) { return static_cast<double>((3 * (i % 5) + 7 * (i / 5 % 4) + 11 * (i / 20)) % 41); }

int wrong_values(const Volume& volume, double slope, double intercept) {
  int wrong = 0;
  for (size_t i = 0; i < 60; ++i) wrong += value_at(volume, i) != fixture_value(i) * slope + intercept;
  return wrong;
}

bool is_int16(const Volume& volume) { return std::holds_alternative<std::vector<int16_t>>(volume.hu); }

double farthest(const Vec3& a, const Vec3& b) {
  return std::max({std::abs(a[0] - b[0]), std::abs(a[1] - b[1]), std::abs(a[2] - b[2])});
}

std::string code_of(const std::string& path) {
  Run run;
  try {
    read_nifti_volume(path, run);
  } catch (const Error& error) {
    CHECK(error.file == path);
    CHECK_FALSE(std::string(error.what()).empty());
    return error.code;
  }
  return "read";
}

// A plain NIfTI-1 file whose bytes the tests below damage.
std::string plain_file(const ScratchFolder& folder) {
  Volume volume;
  volume.geometry = {{5, 4, 3}, {0.7, 0.8, 2.5}, {1, 2, 3}, kIdentity3};
  volume.hu = std::vector<int16_t>(60, 7);
  write_nifti(folder.file("plain.nii"), volume);
  return bytes_of(folder.file("plain.nii"));
}

template <class Number>
std::string with(std::string bytes, size_t offset, Number number) {
  std::memcpy(bytes.data() + offset, &number, sizeof(number));
  return bytes;
}

}  // namespace

TEST_CASE("nibabel's files of every number type and byte order hold the same values") {
  Run run;
  for (const std::string name : {"ras_int16", "lps_uint8", "qform_big_endian_int32", "nifti2_uint16", "tilted_int16",
                                 "int8", "uint32", "int64", "uint64"}) {
    CAPTURE(name);
    const Volume volume = read_nifti_volume(fixture(name), run);
    CHECK(volume.geometry.size == Size3{5, 4, 3});
    CHECK(is_int16(volume));
    CHECK(wrong_values(volume, 1, 0) == 0);
    const Mask mask = read_nifti_mask(fixture(name), run);
    CHECK(mask.geometry == volume.geometry);
    for (size_t i = 0; i < 60; ++i) CHECK(mask.voxels[i] == fixture_value(i));
  }
  CHECK(run.warnings().empty());
}

TEST_CASE("scaled and floating values are floats") {
  Run run;
  const Volume scaled = read_nifti_volume(fixture("scaled_uint8"), run);
  CHECK_FALSE(is_int16(scaled));
  CHECK(wrong_values(scaled, 1.5, -160) == 0);
  CHECK(wrong_values(read_nifti_volume(fixture("oblique_float32"), run), 0.5, 0) == 0);
  CHECK(wrong_values(read_nifti_volume(fixture("nifti2_big_endian_float64"), run), 1, 0) == 0);
  CHECK_FALSE(is_int16(read_nifti_volume(fixture("nifti2_big_endian_float64"), run)));
}

TEST_CASE("RAS becomes LPS: flips are in the direction, spacing and origin are the decimals that were meant") {
  Run run;
  const Geometry ras = read_nifti_volume(fixture("ras_int16"), run).geometry;
  CHECK(ras == Geometry{{5, 4, 3}, {0.7, 0.8, 2.5}, {10, 20, 30}, {-1, 0, 0, 0, -1, 0, 0, 0, 1}});
  const Geometry lps = read_nifti_volume(fixture("lps_uint8"), run).geometry;
  CHECK(lps == Geometry{{5, 4, 3}, {0.7, 0.8, 2.5}, {-10, -20, 30}, kIdentity3});
  const Geometry oblique = read_nifti_volume(fixture("oblique_float32"), run).geometry;
  CHECK(farthest(oblique.spacing_mm, {0.7, 0.8, 2.5}) < 1e-6);
  CHECK(farthest(oblique.position_mm({4, 3, 2}), {-(4 + 4 * 0.56 - 3 * 0.48), 5.5 - 4 * 0.42 - 3 * 0.64, 11}) < 1e-5);
  const Geometry by_quaternion = read_nifti_volume(fixture("qform_big_endian_int32"), run).geometry;
  CHECK(by_quaternion == lps);
}

TEST_CASE("a leaning slice axis is read, and written as sform alone") {
  const ScratchFolder folder;
  Run run;
  const Volume tilted = read_nifti_volume(fixture("tilted_int16"), run);
  CHECK(tilted.geometry.spacing_mm[2] == doctest::Approx(std::sqrt(10.0)));
  CHECK(tilted.geometry.voxel_volume_ml() == doctest::Approx(0.7 * 0.7 * 3 / 1000));
  write_nifti(folder.file("tilted.nii"), tilted);
  CHECK(read_nifti_volume(folder.file("tilted.nii"), run).geometry == tilted.geometry);
  const std::string bytes = bytes_of(folder.file("tilted.nii"));
  CHECK(bytes[252] == 0);  // qform_code
  CHECK(bytes[254] == 1);  // sform_code
}

TEST_CASE("what was read is written back with the same geometry and voxels, and equal volumes give equal files") {
  const ScratchFolder folder;
  Run run;
  for (const std::string name : {"ras_int16", "lps_uint8", "oblique_float32", "qform_big_endian_int32", "scaled_uint8",
                                 "nifti2_big_endian_float64", "tilted_int16"}) {
    CAPTURE(name);
    const Volume volume = read_nifti_volume(fixture(name), run);
    for (const std::string ending : {".nii", ".nii.gz"}) {
      write_nifti(folder.file("once" + ending), volume);
      const Volume again = read_nifti_volume(folder.file("once" + ending), run);
      CHECK(again.hu == volume.hu);
      CHECK(farthest(again.geometry.spacing_mm, volume.geometry.spacing_mm) < 1e-7);
      CHECK(farthest(again.geometry.position_mm({4, 3, 2}), volume.geometry.position_mm({4, 3, 2})) < 1e-5);
      write_nifti(folder.file("twice" + ending), again);
      CHECK(bytes_of(folder.file("once" + ending)) == bytes_of(folder.file("twice" + ending)));
      CHECK(read_nifti_volume(folder.file("twice" + ending), run).geometry == again.geometry);
    }
  }
  CHECK(folder.file_count() == 4);
}

TEST_CASE("masks keep their labels and their grid; the quaternion says the same as the matrix") {
  const ScratchFolder folder;
  Run run;
  Mask mask;
  mask.geometry = {{33, 17, 4}, {0.695, 0.695, 8}, {-177.5, 12.25, -300.1}, {0, -1, 0, 1, 0, 0, 0, 0, -1}};
  for (int i = 0; i < 33 * 17 * 4; ++i) mask.voxels.push_back(static_cast<uint8_t>(i % 256));
  write_nifti(folder.file("mask.nii.gz"), mask);
  const Mask again = read_nifti_mask(folder.file("mask.nii.gz"), run);
  CHECK(again.voxels == mask.voxels);
  CHECK(again.geometry == mask.geometry);

  write_nifti(folder.file("mask.nii"), mask);
  put_bytes(folder.file("qform.nii"), with<int16_t>(bytes_of(folder.file("mask.nii")), 254, 0));
  const Geometry by_quaternion = read_nifti_mask(folder.file("qform.nii"), run).geometry;
  CHECK(farthest(by_quaternion.position_mm({32, 16, 3}), mask.geometry.position_mm({32, 16, 3})) < 1e-4);
  CHECK(run.warnings().empty());
}

TEST_CASE("16-bit values too large for int16 are kept as floats; NaN becomes air") {
  const ScratchFolder folder;
  Run run;
  const std::string plain = plain_file(folder);
  // 40000 as uint16 in the last voxel.
  put_bytes(folder.file("large.nii"), with<uint16_t>(with<int16_t>(plain, 70, 512), plain.size() - 2, 40000));
  const Volume large = read_nifti_volume(folder.file("large.nii"), run);
  CHECK_FALSE(is_int16(large));
  CHECK(value_at(large, 59) == 40000);
  CHECK(value_at(large, 0) == 7);

  Volume floats;
  floats.geometry.size = {2, 1, 1};
  floats.hu = std::vector<float>{NAN, -1000.5F};
  write_nifti(folder.file("nan.nii.gz"), floats);
  const Volume again = read_nifti_volume(folder.file("nan.nii.gz"), run);
  CHECK(value_at(again, 0) == -1024);
  CHECK(value_at(again, 1) == -1000.5);
}

TEST_CASE("metres and micrometres, missing orientation, mismatching spacing") {
  const ScratchFolder folder;
  const std::string plain = plain_file(folder);
  Run run;
  put_bytes(folder.file("metres.nii"), with<char>(plain, 123, 1));
  CHECK(read_nifti_volume(folder.file("metres.nii"), run).geometry.spacing_mm[2] == doctest::Approx(2500));
  CHECK(run.warnings().empty());
  put_bytes(folder.file("none.nii"), with<int32_t>(plain, 252, 0));
  const Geometry geometry = read_nifti_volume(folder.file("none.nii"), run).geometry;
  CHECK(geometry == Geometry{{5, 4, 3}, {0.7, 0.8, 2.5}, {0, 0, 0}, {-1, 0, 0, 0, -1, 0, 0, 0, 1}});
  REQUIRE(run.warnings().size() == 1);
  CHECK(run.warnings()[0].code == "MISSING_ORIENTATION");
  put_bytes(folder.file("mismatch.nii"), with<float>(plain, 76 + 12, 5.0F));
  CHECK(read_nifti_volume(folder.file("mismatch.nii"), run).geometry.spacing_mm[2] == 2.5);
  REQUIRE(run.warnings().size() == 3);
  CHECK(run.warnings()[1].code == "SPACING_MISMATCH");
  CHECK(run.warnings()[2].code == "FORMS_DISAGREE");  // the qform is scaled by pixdim
}

TEST_CASE("formats and orientations that cannot be used are refused by code") {
  CHECK(code_of(fixture("complex64")) == "UNSUPPORTED_FORMAT");
  CHECK(code_of(fixture("rgb")) == "UNSUPPORTED_FORMAT");
  CHECK(code_of(fixture("four_volumes_int16")) == "UNSUPPORTED_FORMAT");
  CHECK(code_of(fixture("coronal_int16")) == "UNSUPPORTED_ORIENTATION");
  CHECK(code_of(fixture("skewed_int16")) == "UNSUPPORTED_ORIENTATION");
}

TEST_CASE("damaged headers are refused by code") {
  const ScratchFolder folder;
  const std::string plain = plain_file(folder);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const struct {
    std::string bytes;
    const char* code;
  } cases[] = {
      {with<float>(plain, 76 + 8, 0), "INVALID_VALUE"},             // pixdim[2]
      {with<float>(plain, 76 + 4, nan), "INVALID_VALUE"},           // pixdim[1]
      {with<float>(plain, 76 + 12, -2.5F), "INVALID_VALUE"},        // pixdim[3]
      {with<float>(plain, 280, nan), "INVALID_VALUE"},              // srow_x[0]
      {with<float>(plain, 280, 0), "INVALID_VALUE"},                // srow_x[0]
      {with<float>(plain, 280, inf), "INVALID_VALUE"},              // srow_x[0]
      {with<float>(plain, 292, nan), "INVALID_VALUE"},              // srow_x[3]
      {with<float>(plain, 296, -0.7F), "UNSUPPORTED_ORIENTATION"},  // srow_y[0]
      {with<float>(plain, 112, inf), "INVALID_VALUE"},              // scl_slope
      {with<float>(plain, 116, nan), "INVALID_VALUE"},              // scl_inter
      {with<float>(plain, 108, 1e30F), "CORRUPT_FILE"},             // vox_offset
      {with<float>(plain, 108, -5), "CORRUPT_FILE"},
      {with<float>(plain, 108, nan), "CORRUPT_FILE"},
      {with<float>(plain, 108, 100), "CORRUPT_FILE"},
      {with<float>(plain, 108, 400), "CORRUPT_FILE"},
      {with<int16_t>(plain, 40, 0), "CORRUPT_FILE"},  // dim[0]
      {with<int16_t>(plain, 40, 8), "CORRUPT_FILE"},
      {with<int16_t>(plain, 40, -3), "CORRUPT_FILE"},
      {with<int16_t>(plain, 42, -5), "CORRUPT_FILE"},  // dim[1]
      {with<int16_t>(plain, 42, 32767), "CORRUPT_FILE"},
      {with<int64_t>(plain, 42, 0x7FFF7FFF7FFF), "VOLUME_TOO_LARGE"},  // dim[1] to dim[3]
      {with<int16_t>(plain, 70, 1), "UNSUPPORTED_FORMAT"},             // datatype: bits
      {with<int16_t>(plain, 70, 1536), "UNSUPPORTED_FORMAT"},          // 128-bit floats
      {with<int16_t>(plain, 70, -1), "UNSUPPORTED_FORMAT"},
      {with<int16_t>(plain, 70, 8), "CORRUPT_FILE"},              // int32 needs more bytes than there are
      {with<char>(plain, 345, 'x'), "NOT_NIFTI"},                 // magic "nx1"
      {with<int16_t>(plain, 344, 0x696E), "UNSUPPORTED_FORMAT"},  // magic "ni1"
      {with<int32_t>(plain, 0, 349), "NOT_NIFTI"},
      {plain.substr(0, plain.size() - 1), "CORRUPT_FILE"},
      {plain.substr(0, 352), "CORRUPT_FILE"},
      {plain.substr(0, 347), "NOT_NIFTI"},
      {"", "NOT_NIFTI"},
      {"just text, renamed", "NOT_NIFTI"},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    CAPTURE(i);
    const std::string path = folder.file("damaged.nii");
    put_bytes(path, cases[i].bytes);
    CHECK(code_of(path) == cases[i].code);
  }
}

TEST_CASE("no byte of a header, changed, does more than an error") {
  const ScratchFolder folder;
  const std::string plain = plain_file(folder);
  const std::string path = folder.file("changed.nii");
  int refused = 0;
  int64_t most_voxels = 0;
  for (size_t offset = 0; offset < 352; ++offset) {
    for (const char value : {'\x00', '\x7F', '\x80', '\xFF'}) {
      put_bytes(path, with<char>(plain, offset, value));
      Run run;
      try {
        most_voxels = std::max(most_voxels, read_nifti_volume(path, run).geometry.voxel_count());
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 0);
  CHECK(most_voxels == 60);
}

TEST_CASE("truncated and damaged gzip data, and headers that announce more than gzip can hold") {
  const ScratchFolder folder;
  const std::string whole = bytes_of(fixture("ras_int16"));
  const std::string path = folder.file("damaged.nii.gz");
  for (const size_t length : {whole.size() - 1, whole.size() - 9, whole.size() / 2, size_t{30}, size_t{3}}) {
    CAPTURE(length);
    put_bytes(path, whole.substr(0, length));
    const std::string code = code_of(path);
    CHECK((code == "CORRUPT_FILE" || code == "NOT_NIFTI"));
  }
  put_bytes(path, with<char>(whole, whole.size() - 6, static_cast<char>(whole[whole.size() - 6] ^ 1)));  // CRC
  CHECK(code_of(path) == "CORRUPT_FILE");

  std::string huge = with<int64_t>(plain_file(folder), 42, 0x040004000400);  // 1024 x 1024 x 1024
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, huge.data(), static_cast<unsigned>(huge.size()));
  gzclose(file);
  CHECK(code_of(path) == "CORRUPT_FILE");
}

TEST_CASE("missing files, folders, and files that cannot be read") {
  const ScratchFolder folder;
  CHECK(code_of(folder.file("missing.nii")) == "FILE_NOT_FOUND");
  std::filesystem::create_directory(folder.file("folder.nii"));
  CHECK(code_of(folder.file("folder.nii")) == "UNREADABLE_FILE");
  REQUIRE(mkfifo(folder.file("pipe.nii").c_str(), 0600) == 0);
  CHECK(code_of(folder.file("pipe.nii")) == "UNREADABLE_FILE");
}

TEST_CASE("masks with values that are no labels are refused") {
  const ScratchFolder folder;
  Run run;
  Volume volume;
  volume.geometry.size = {2, 1, 1};
  for (const std::vector<float>& values : {std::vector<float>{0.5F, 1}, {256, 0}, {-1, 0}, {NAN, 0}}) {
    volume.hu = values;
    write_nifti(folder.file("mask.nii"), volume);
    CHECK_THROWS_AS(read_nifti_mask(folder.file("mask.nii"), run), Error);
  }
}

TEST_CASE("what cannot be written leaves nothing behind") {
  const ScratchFolder folder;
  Mask mask;
  mask.geometry.size = {2, 1, 1};
  mask.voxels = {0, 1};
  const auto code = [&](const std::string& path, const Mask& written) {
    try {
      write_nifti(path, written);
    } catch (const Error& error) {
      return error.code;
    }
    return std::string("written");
  };
  CHECK(code(folder.file("no/such/folder/mask.nii"), mask) == "OUTPUT_UNWRITABLE");
  CHECK(code(folder.file("mask.mha"), mask) == "INVALID_ARGUMENT");
  std::filesystem::create_directory(folder.file("taken.nii"));
  CHECK(code(folder.file("taken.nii"), mask) == "OUTPUT_UNWRITABLE");
  mask.geometry.size = {40000, 1, 1};
  mask.voxels.resize(40000);
  CHECK(code(folder.file("wide.nii"), mask) == "INVALID_ARGUMENT");
  CHECK(folder.file_count() == 1);
}

TEST_CASE("reading can be cancelled") {
  Run run;
  run.cancel();
  CHECK_THROWS_AS(read_nifti_volume(fixture("ras_int16"), run), Cancelled);
}

TEST_CASE("names of NIfTI files") {
  CHECK(is_nifti_path("a.nii"));
  CHECK(is_nifti_path("folder/A.NII.GZ"));
  CHECK_FALSE(is_nifti_path("a.nii.txt"));
  CHECK_FALSE(is_nifti_path(".nii"));
  CHECK_FALSE(is_nifti_path("a.gz"));
}
