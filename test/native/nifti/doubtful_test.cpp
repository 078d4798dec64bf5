// NIfTI files that can be read but say two things, or not enough; and sizes that are judged before memory is taken.
#include <doctest/doctest.h>
#include <nifti/nifti1.h>
#include <zlib.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>

#include "../source_folder.h"
#include "core/error.h"
#include "nifti/nifti.h"

using namespace hepatica;
namespace fs = std::filesystem;

namespace {

class ScratchFile {
 public:
  explicit ScratchFile(const std::string& name) {
    std::string folder = (fs::temp_directory_path() / "hepatica-nifti-XXXXXX").string();
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    path = (folder_ / name).string();
  }
  ~ScratchFile() { fs::remove_all(folder_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  std::string path;

 private:
  fs::path folder_;
};

Volume small_volume(double tilt = 0) {
  Volume volume;
  volume.geometry = {{40, 30, 20}, {0.7, 0.8, 2.5}, {-300.125, 212.7, -1034.6}, kIdentity3};
  const double c = std::cos(tilt);
  const double s = std::sin(tilt);
  volume.geometry.direction = {c, -s, 0, s, c, 0, 0, 0, 1};
  volume.hu = std::vector<int16_t>(40 * 30 * 20, 7);
  return volume;
}

nifti_1_header header_of(const std::string& path) {
  nifti_1_header header;
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(&header), sizeof(header));
  return header;
}

void put_header(const std::string& path, const nifti_1_header& header) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.write(reinterpret_cast<const char*>(&header), sizeof(header));
}

int count_of(const Run& run, const std::string& code) {
  int count = 0;
  for (const Warning& warning : run.warnings()) count += warning.code == code;
  return count;
}

template <class Read>
std::string code_of(Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    return error.code;
  }
  return "read";
}

// A file whose gzipped voxels are zeros, however many.
void write_zeros(const std::string& path, const Size3& size) {
  nifti_1_header header{};
  header.sizeof_hdr = sizeof(header);
  header.dim[0] = 3;
  for (int axis = 0; axis < 3; ++axis) {
    header.dim[axis + 1] = static_cast<int16_t>(size[axis]);
    header.pixdim[axis + 1] = 1;
  }
  header.datatype = NIFTI_TYPE_UINT8;
  header.bitpix = 8;
  header.vox_offset = 352;
  std::memcpy(header.magic, "n+1", 4);
  gzFile file = gzopen(path.c_str(), "wb1");
  gzwrite(file, &header, sizeof(header));
  const std::vector<char> zeros(1 << 20);
  for (int64_t left = 4 + size[0] * size[1] * size[2]; left > 0; left -= 1 << 20) {
    gzwrite(file, zeros.data(), static_cast<unsigned>(std::min<int64_t>(left, 1 << 20)));
  }
  gzclose(file);
}

}  // namespace

TEST_CASE("a qform that puts voxels elsewhere than the sform is warned of; the sform is used") {
  const auto shift = [](float mm) { return [mm](nifti_1_header& header) { header.qoffset_x += mm; }; };
  const std::function<void(nifti_1_header&)> edits[] = {
      shift(100),
      shift(-1),
      shift(0.5F),
      [](nifti_1_header& header) { header.pixdim[0] = -header.pixdim[0]; },  // mirrored slices
      [](nifti_1_header& header) {
        header.quatern_d = 0;
        header.quatern_b = 1;
      },                                                         // turned by half
      [](nifti_1_header& header) { header.pixdim[1] *= 1.1F; },  // scaled
      [](nifti_1_header& header) { header.qoffset_z = std::numeric_limits<float>::quiet_NaN(); },
  };
  for (const auto& edit : edits) {
    const ScratchFile file("scan.nii");
    write_nifti(file.path, small_volume());
    Run before;
    const Geometry right = read_nifti_volume(file.path, before).geometry;
    CHECK(count_of(before, "FORMS_DISAGREE") == 0);
    nifti_1_header header = header_of(file.path);
    edit(header);
    put_header(file.path, header);
    Run run;
    CHECK(read_nifti_volume(file.path, run).geometry == right);
    CHECK(count_of(run, "FORMS_DISAGREE") == 1);
    header.qform_code = 0;
    put_header(file.path, header);
    Run alone;
    read_nifti_volume(file.path, alone);
    CHECK(count_of(alone, "FORMS_DISAGREE") == 0);
  }
}

TEST_CASE("forms that differ by rounding alone do not warn") {
  for (const double tilt : {0.0, 1e-4, 0.01, 0.3, 1.2, 3.1}) {
    CAPTURE(tilt);
    const ScratchFile file("scan.nii");
    write_nifti(file.path, small_volume(tilt));
    nifti_1_header header = header_of(file.path);
    for (float* value : {&header.quatern_b, &header.quatern_c, &header.quatern_d}) {
      *value = std::round(*value * 1e5F) / 1e5F;
    }
    put_header(file.path, header);
    Run run;
    read_nifti_volume(file.path, run);
    CHECK(count_of(run, "FORMS_DISAGREE") == 0);
  }
}

TEST_CASE("no scan of the training set has forms that disagree") {
  const char* shared = std::getenv("HEPATICA_SHARED");
  const fs::path root = fs::path(shared ? shared : hepatica::test::in_source_folder("../shared")) / "data/ct/train";
  if (!fs::is_directory(root)) {
    MESSAGE("skipped: " << root.string() << " is absent");
    return;
  }
  int scans = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!is_nifti_path(entry.path().string())) continue;
    CAPTURE(entry.path().string());
    Run run;
    try {
      read_nifti_volume(entry.path().string(), run);
    } catch (const Error& error) {
      FAIL(error.what());
    }
    CHECK(count_of(run, "FORMS_DISAGREE") == 0);
    CHECK(count_of(run, "NAN_VOXELS") == 0);
    ++scans;
  }
  CHECK(scans > 0);
}

TEST_CASE("voxels without a number become air and are counted") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInf = std::numeric_limits<float>::infinity();
  for (const std::vector<float>& bad : {std::vector<float>{kNan}, {kInf, -kInf}, {kNan, kInf, kNan, -kInf, kNan}}) {
    const ScratchFile file("scan.nii.gz");
    Volume volume = small_volume();
    std::vector<float> hu(40 * 30 * 20, 50.5F);
    for (size_t i = 0; i < bad.size(); ++i) hu[i * 4567] = bad[i];
    volume.hu = hu;
    write_nifti(file.path, volume);
    Run run;
    const Volume again = read_nifti_volume(file.path, run);
    const auto& values = std::get<std::vector<float>>(again.hu);
    for (size_t i = 0; i < bad.size(); ++i) CHECK(values[i * 4567] == -1024);
    CHECK(values[1] == 50.5F);
    REQUIRE(count_of(run, "NAN_VOXELS") == 1);
    CHECK(run.warnings()[0].message.find(" " + std::to_string(bad.size()) + " voxels") != std::string::npos);
  }
}

TEST_CASE("sizes are judged before memory is taken, and the limit is the caller's") {
  const ScratchFile file("scan.nii.gz");
  write_zeros(file.path, {20000, 20000, 1});
  REQUIRE(fs::file_size(file.path) < 4 << 20);
  Run run;
  CHECK(code_of([&] { read_nifti_volume(file.path, run); }) == "VOLUME_TOO_LARGE");
  CHECK(code_of([&] { read_nifti_mask(file.path, run); }) == "VOLUME_TOO_LARGE");
  write_zeros(file.path, {64, 64, 10});
  CHECK(code_of([&] { read_nifti_volume(file.path, run, VolumeLimit(64 * 64 * 10)); }) == "read");
  CHECK(code_of([&] { read_nifti_volume(file.path, run, VolumeLimit(64 * 64 * 10 - 1)); }) == "VOLUME_TOO_LARGE");
  CHECK(code_of([&] { read_nifti_mask(file.path, run, VolumeLimit(64 * 64 * 10 - 1)); }) == "VOLUME_TOO_LARGE");
}

TEST_CASE("what CT has passes the default limit") {
  const VolumeLimit limit;
  for (const Size3& size : {Size3{1024, 1024, 1000}, {512, 512, 2000}, {512, 512, 4000}, {2048, 2048, 200}}) {
    CHECK(code_of([&] { limit.check(size, "scan", "dim"); }) == "read");
  }
  for (const Size3& size : {Size3{20000, 20000, 1}, {1024, 1024, 1025}, {65535, 65535, 65535}, {1, 1, 1LL << 62}}) {
    CHECK(code_of([&] { limit.check(size, "scan", "dim"); }) == "VOLUME_TOO_LARGE");
  }
  CHECK(code_of([] { VolumeLimit(400000000).check({20000, 20000, 1}, "scan", "dim"); }) == "read");
}
