// Where the slices of a volume came from (core/source_identity.h), and the texts that go along.
#include <algorithm>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// The SOP instances that a slice was made of.
std::vector<std::string> instances_of(const SeriesReport& report, size_t z) {
  std::vector<std::string> uids;
  for (const int index : report.source.slices[z]) uids.push_back(report.source.instances[index].sop_instance_uid);
  return uids;
}

std::string uid_of(const std::string& path) {
  DcmFileFormat file;
  REQUIRE(file.loadFile(path.c_str()).good());
  OFString uid;
  REQUIRE(file.getDataset()->findAndGetOFString(DCM_SOPInstanceUID, uid).good());
  return uid.c_str();
}

}  // namespace

TEST_CASE("each slice names its instance, whatever the order of files and numbers") {
  const TempFolder folder;
  const std::vector<std::string> files = write_series(folder, make_volume(5));
  edit_files(files, [](DcmDataset& dataset, size_t i) { set(dataset, DCM_InstanceNumber, std::to_string(9 - i)); });
  for (size_t i = 0; i < files.size(); ++i) fs::rename(files[i], folder / ("s/" + std::to_string(9 - i) + ".dcm"));
  const SeriesVolume series = read(folder / "s");
  REQUIRE(series.report.source.slices.size() == 5);
  CHECK(series.report.source.instances.size() == 5);
  for (size_t z = 0; z < 5; ++z) {
    CHECK(instances_of(series.report, z) == std::vector{uid_of(folder / ("s/" + std::to_string(9 - z) + ".dcm"))});
    CHECK(series.report.source.instances[z].sop_class_uid == UID_CTImageStorage);
    CHECK(!series.report.source.instances[z].frame);
  }
}

TEST_CASE("a copy that is left out is named nowhere") {
  const TempFolder folder;
  const std::vector<std::string> files = write_series(folder, make_volume(4));
  fs::copy(files[1], folder / "s/copy.dcm");
  edit_file(folder / "s/copy.dcm", [](DcmDataset& dataset) { set(dataset, DCM_SOPInstanceUID, "1.2.3.4"); });
  const SeriesVolume series = read(folder / "s");
  CHECK(series.report.source.instances.size() == 4);
  for (size_t z = 0; z < 4; ++z) CHECK(instances_of(series.report, z).size() == 1);
}

TEST_CASE("an interpolated slice names the two that it was mixed of") {
  const TempFolder folder;
  const std::vector<std::string> files = write_series(folder, make_volume(6));
  const std::vector<std::string> around = {uid_of(files[2]), uid_of(files[4])};
  fs::remove(files[3]);
  const SeriesVolume series = read(folder / "s", {.interpolate_gaps = true});
  REQUIRE(series.report.source.slices.size() == 6);
  CHECK(instances_of(series.report, 3) == around);
  CHECK(instances_of(series.report, 2) == std::vector{around[0]});
  CHECK(instances_of(series.report, 4) == std::vector{around[1]});
  CHECK(series.report.source.instances.size() == 5);
}

TEST_CASE("the frames of a multi-frame object are told by their numbers, in the order of z") {
  const TempFolder folder;
  write_enhanced_ct(make_volume(4), folder / "enhanced.dcm", {});
  const SeriesVolume series = read(folder / "enhanced.dcm");
  REQUIRE(series.report.source.instances.size() == 4);
  for (int z = 0; z < 4; ++z) {
    const SourceInstance& instance = series.report.source.instances[z];
    CHECK(instance.frame == z + 1);
    CHECK(instance.sop_class_uid == UID_EnhancedCTImageStorage);
    CHECK(instance.sop_instance_uid == uid_of(folder / "enhanced.dcm"));
  }
}

TEST_CASE("patient and study are repeated in UTF-8, cut to what their elements take") {
  const TempFolder folder;
  const std::vector<std::string> files = write_series(folder, make_volume(3), {.patient_id = "P-1"});
  edit_files(files, [](DcmDataset& dataset, size_t) {
    set(dataset, DCM_SpecificCharacterSet, "ISO_IR 100");
    set(dataset, DCM_PatientName, "M\xfcller^J\xf6rg");
    set(dataset, DCM_PatientBirthDate, "1961.02.03");
    set(dataset, DCM_PatientSex, "m");
    set(dataset, DCM_StudyTime, "101112.5");
    set(dataset, DCM_AccessionNumber, "12345678901234567890");
    set(dataset, DCM_StudyID, "S 7");
    set(dataset, DCM_ReferringPhysicianName, "Doe^Jane");
    set(dataset, DCM_BodyPartExamined, "Leber!");
  });
  const SeriesReport report = read(folder / "s").report;
  const SourceIdentity& source = report.source;
  CHECK(source.patient_id == "P-1");
  CHECK(source.patient_name == "M\xc3\xbcller^J\xc3\xb6rg");
  CHECK(source.patient_birth_date == "19610203");
  CHECK(source.patient_sex.empty());
  CHECK(source.study_time == "101112.5");
  CHECK(source.accession_number == "1234567890123456");
  CHECK(source.study_id == "S 7");
  CHECK(source.referring_physician == "Doe^Jane");
  CHECK(source.body_part.empty());
  CHECK(source.study_instance_uid == report.study_instance_uid);
  CHECK(source.series_instance_uid == report.series_instance_uid);
  CHECK(source.frame_of_reference_uid == report.frame_of_reference_uid);
  const auto cut = std::ranges::find(report.repairs, "TEXT_CUT", &Warning::code);
  REQUIRE(cut != report.repairs.end());
  CHECK(cut->message.find("AccessionNumber (0008,0050)") != std::string::npos);
  CHECK(cut->message.find("PatientBirthDate") == std::string::npos);
}
