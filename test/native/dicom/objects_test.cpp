// Which objects make the series: dicom.md's cases 3 to 6, 12 to 15, 37 to 40 and 43.
#include <algorithm>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

TEST_CASE("case 3: one of two objects with the same SOPInstanceUID is kept, the whole one") {
  const TempFolder folder;
  const Volume written = make_volume();
  const auto paths = write_series(folder, written);
  fs::copy_file(paths[1], folder / "s/A_copy.dcm");
  SUBCASE("both whole") {}
  SUBCASE("the first by name is cut") { fs::resize_file(folder / "s/A_copy.dcm", fs::file_size(paths[1]) - 100); }
  const SeriesVolume series = read(folder / "s");
  CHECK(ints(series.volume) == ints(written));
  REQUIRE(series.report.excluded.size() == 1);
  CHECK(series.report.excluded[0].code == "DUPLICATE_SOP_INSTANCE");
}

TEST_CASE("case 4: the same position and pixels under another UID") {
  const TempFolder folder;
  const Volume written = make_volume();
  const auto paths = write_series(folder, written);
  const std::string copy = folder / "s/copy.dcm";
  fs::copy_file(paths[1], copy);
  edit_file(copy, [](DcmDataset& dataset) { set(dataset, DCM_SOPInstanceUID, "9.9.9"); });
  const SeriesVolume series = read(folder / "s");
  CHECK(ints(series.volume) == ints(written));
  CHECK(has_code(series.report.excluded, copy, "DUPLICATE_SLICE"));
}

TEST_CASE("case 5: the same position with other pixels") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  fs::copy_file(paths[1], folder / "s/copy.dcm");
  edit_file(folder / "s/copy.dcm", [](DcmDataset& dataset) {
    set(dataset, DCM_SOPInstanceUID, "9.9.9");
    set(dataset, DCM_RescaleIntercept, "-1000");
  });
  CHECK(error_of(folder / "s").code == "DUPLICATE_POSITION");
}

TEST_CASE("cases 5 and 6: phases of one series are told apart and chosen by number") {
  const TempFolder folder;
  const Volume arterial = make_volume(6);
  Volume venous = arterial;
  for (int16_t& hu : std::get<std::vector<int16_t>>(venous.hu)) hu = static_cast<int16_t>(hu + 40);
  write_series(folder, arterial, {}, "s/1");
  const auto later = write_series(folder, venous, {}, "s/2");
  const auto mark = [&](const DcmTagKey& tag, const char* value) {
    edit_files(later, [&](DcmDataset& dataset, size_t z) {
      set(dataset, DCM_SOPInstanceUID, "9.9." + std::to_string(z));
      set(dataset, tag, value);
    });
  };
  SUBCASE("AcquisitionNumber") { mark(DCM_AcquisitionNumber, "10"); }
  SUBCASE("TemporalPositionIdentifier") { mark(DCM_TemporalPositionIdentifier, "2"); }
  SUBCASE("ContentTime") { mark(DCM_ContentTime, "120000"); }
  CHECK(error_of(folder / "s").code == "AMBIGUOUS_PHASE");
  CHECK(ints(read(folder / "s", {.phase = 0}).volume) == ints(arterial));
  const SeriesVolume second = read(folder / "s", {.phase = 1});
  CHECK(ints(second.volume) == ints(venous));
  CHECK(second.report.excluded.size() == 6);
}

TEST_CASE("cases 12 and 13: what is no CT slice is excluded and reported") {
  const TempFolder folder;
  const Volume written = make_volume();
  write_series(folder, written);
  const auto strays = write_series(folder, make_volume(5), {}, "s/x");
  const auto change = [&](size_t i, const std::function<void(DcmDataset&)>& edit) {
    edit_file(strays[i], [&](DcmDataset& dataset) {
      set(dataset, DCM_SOPInstanceUID, "9.9." + std::to_string(i));
      edit(dataset);
    });
  };
  change(0, [](DcmDataset& dataset) { set(dataset, DCM_ImageType, "ORIGINAL\\PRIMARY\\LOCALIZER"); });
  change(1, [](DcmDataset& dataset) { set(dataset, DCM_SOPClassUID, UID_SecondaryCaptureImageStorage); });
  change(2, [](DcmDataset& dataset) {
    set(dataset, DCM_PhotometricInterpretation, "RGB");
    dataset.putAndInsertUint16(DCM_SamplesPerPixel, 3);
  });
  change(3, [](DcmDataset& dataset) { set(dataset, DCM_Modality, "SR"); });
  change(4, [](DcmDataset& dataset) { set(dataset, DCM_ImageType, "DERIVED\\SECONDARY\\AXIAL\\IODINE"); });
  write_text(folder / "s/notes.txt", "no DICOM at all, but long enough to be looked at");
  write_text(folder / "s/empty", "");
  const SeriesVolume series = read(folder / "s");
  CHECK(ints(series.volume) == ints(written));
  const auto& excluded = series.report.excluded;
  CHECK(has_code(excluded, strays[0], "LOCALIZER"));
  CHECK(has_code(excluded, strays[1], "SECONDARY_CAPTURE"));
  CHECK(has_code(excluded, strays[2], "COLOR_IMAGE"));
  CHECK(has_code(excluded, strays[3], "WRONG_MODALITY"));
  CHECK(has_code(excluded, strays[4], "DERIVED_IMAGE"));
  CHECK(has_code(excluded, folder / "s/notes.txt", "NOT_DICOM"));
  CHECK(has_code(excluded, folder / "s/empty", "NOT_DICOM"));
  CHECK(excluded.size() == 7);
}

TEST_CASE("case 14: several series are listed, and one is chosen") {
  const TempFolder folder;
  const Volume first = make_volume(6);
  const Volume second = make_volume(4);
  write_series(folder, first, {.series_instance_uid = "1.2.1", .series_description = "arterial"}, "s/a");
  const auto others = write_series(folder, second, {.series_instance_uid = "1.2.2"}, "s/b");
  const Error error = error_of(folder / "s");
  CHECK(error.code == "AMBIGUOUS_SERIES");
  CHECK(std::string(error.what()).find("1.2.1 \"arterial\" (6 files); 1.2.2") != std::string::npos);
  const SeriesVolume series = read(folder / "s", {.series = "1.2.1"});
  CHECK(ints(series.volume) == ints(first));
  CHECK(has_code(series.report.excluded, others[0], "OTHER_SERIES"));
  CHECK(error_of(folder / "s", {.series = "1.2.3"}).code == "SERIES_NOT_FOUND");
  Run run;
  const auto listed = list_series({folder.str()}, run);
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].series_instance_uid == "1.2.1");
  CHECK(listed[0].files == 6);
  CHECK(listed[1].files == 4);
  CHECK_FALSE(listed[0].problem);
}

TEST_CASE("case 15: several patients or studies") {
  const TempFolder folder;
  write_series(folder, make_volume(), {.patient_id = "A"}, "s/a");
  SUBCASE("patients") {
    write_series(folder, make_volume(), {.patient_id = "B"}, "s/b");
    CHECK(error_of(folder / "s").code == "MULTIPLE_PATIENTS");
  }
  SUBCASE("studies") {
    write_series(folder, make_volume(), {.patient_id = "A", .study_description = "another"}, "s/b");
    CHECK(error_of(folder / "s").code == "MULTIPLE_STUDIES");
  }
  SUBCASE("two patients under one series") {
    const auto paths = write_series(folder, make_volume(), {.patient_id = "A"}, "s/a");
    edit_file(paths[2], [](DcmDataset& dataset) { set(dataset, DCM_PatientID, "B"); });
    CHECK(error_of(folder / "s").code == "MULTIPLE_PATIENTS");
  }
}

TEST_CASE("case 37: files are found by content, in nested folders, without extension, through a DICOMDIR") {
  const TempFolder folder;
  const Volume written = make_volume();
  const auto paths = write_series(folder, written);
  fs::create_directories(folder / "s/IMAGES/A");
  DcmFileFormat directory;
  DcmSequenceOfItems* records = new DcmSequenceOfItems(DCM_DirectoryRecordSequence);
  const auto add_record = [&](const std::string& file) {
    DcmItem* record = new DcmItem();
    record->putAndInsertString(DCM_ReferencedFileID, file.c_str());
    records->append(record);
  };
  for (size_t z = 0; z < paths.size(); ++z) {
    fs::rename(paths[z], folder / ("s/IMAGES/A/I" + std::to_string(z)));
    add_record("IMAGES\\A\\I" + std::to_string(z));
  }
  add_record("..\\..\\etc\\passwd");
  directory.getDataset()->putAndInsertString(DCM_SOPClassUID, UID_MediaStorageDirectoryStorage);
  directory.getDataset()->insert(records);
  REQUIRE(directory.saveFile((folder / "s/DICOMDIR").c_str(), EXS_LittleEndianExplicit).good());
  CHECK(ints(read(folder / "s").volume) == ints(written));
  const SeriesVolume series = read(folder / "s/DICOMDIR");
  CHECK(ints(series.volume) == ints(written));
  CHECK(series.report.excluded.size() == 2);  // the DICOMDIR itself, and what leads out of its folder
}

TEST_CASE("case 38: a member of the series with short pixels makes no volume") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  SUBCASE("within its pixels") { fs::resize_file(paths[2], fs::file_size(paths[2]) - 10); }
  SUBCASE("within its header, before its rows") {
    std::ifstream file(paths[2], std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    fs::resize_file(paths[2], bytes.find(std::string("\x28\0\x10\0US", 6)) + 4);
  }
  SUBCASE("within its header, past the series") {
    fs::resize_file(paths[2], fs::file_size(paths[2]) - 33 * 17 * 2 - 40);
  }
  const Error error = error_of(folder / "s");
  CHECK(error.code == "CORRUPT_FILE");
  CHECK(error.file == paths[2]);
  CHECK(error_of(paths[2]).code == "CORRUPT_FILE");
}

TEST_CASE("case 38: without readable header: excluded in a folder, an error alone") {
  const TempFolder folder;
  const Volume written = make_volume();
  write_series(folder, written);
  const std::string text = folder / "s/report.dcm";
  write_text(text, "This is a text file that was given the wrong extension.");
  const SeriesVolume series = read(folder / "s");
  CHECK(has_code(series.report.excluded, text, "NOT_DICOM"));
  CHECK(error_of(text).code == "NOT_DICOM");
  CHECK(error_of(text).file == text);
  write_text(folder / "s/empty.dcm", "");
  CHECK(error_of(folder / "s/empty.dcm").code == "NOT_DICOM");
}

TEST_CASE("missing and empty folders, folders without DICOM") {
  const TempFolder folder;
  CHECK(error_of(folder / "nowhere").code == "FILE_NOT_FOUND");
  CHECK(error_of(folder.str()).code == "EMPTY_FOLDER");
  write_text(folder / "a.txt", "text");
  write_text(folder / "b.txt", "text");
  CHECK(error_of(folder.str()).code == "NO_DICOM");
}

TEST_CASE("case 39: another modality") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  edit_files(paths, [](DcmDataset& dataset, size_t) {
    set(dataset, DCM_Modality, "MR");
    set(dataset, DCM_SOPClassUID, UID_MRImageStorage);
  });
  const Error error = error_of(folder / "s");
  CHECK(error.code == "WRONG_MODALITY");
  CHECK(error.field == "Modality (0008,0060)");
  Run run;
  const auto listed = list_series({folder.str()}, run);
  REQUIRE(listed.size() == 1);
  REQUIRE(listed[0].problem);
  CHECK(listed[0].problem->code == "WRONG_MODALITY");
}

TEST_CASE("case 40: derived maps are refused, monoenergetic images are reported") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  const auto set_all = [&](const DcmTagKey& tag, const char* value) {
    edit_files(paths, [&](DcmDataset& dataset, size_t) { set(dataset, tag, value); });
  };
  SUBCASE("perfusion") {
    set_all(DCM_ImageType, "DERIVED\\PRIMARY\\PERFUSION\\RCBF");
    CHECK(error_of(folder / "s").code == "DERIVED_IMAGE");
  }
  SUBCASE("units") {
    set_all(DCM_RescaleType, "MGML");
    CHECK(error_of(folder / "s").code == "DERIVED_IMAGE");
  }
  SUBCASE("monoenergetic") {
    set_all(DCM_ImageType, "DERIVED\\PRIMARY\\AXIAL\\MONOENERGETIC_55KEV");
    Run run;
    read_series({folder / "s"}, {}, run);
    CHECK(has_code(run.warnings(), "MONOENERGETIC"));
  }
}

TEST_CASE("case 43: character sets come out as UTF-8, unreadable entries are reported, links form no ring") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  edit_files(paths, [](DcmDataset& dataset, size_t) {
    set(dataset, DCM_SpecificCharacterSet, "ISO_IR 100");
    set(dataset, DCM_SeriesDescription, "Sp\xe4tphase");
  });
  fs::create_directory_symlink(folder / "s", folder / "s/ring");
  fs::create_symlink(folder / "nowhere", folder / "s/dangling");
  const SeriesVolume series = read(folder / "s");
  CHECK(series.report.series_description == "Sp\xc3\xa4tphase");
  CHECK(series.volume.geometry.size[2] == 6);
  CHECK(has_code(series.report.excluded, folder / "s/dangling", "UNREADABLE_FILE"));
  CHECK(has_code(series.report.excluded, folder / "s/ring", "LINKED_FOLDER"));
}

TEST_CASE("a folder that is a link itself is read") {
  const TempFolder folder;
  write_series(folder, make_volume());
  fs::create_directory_symlink(folder / "s", folder / "link");
  CHECK(read(folder / "link").volume.geometry.size[2] == 6);
  fs::create_directory(folder / "links");
  fs::create_directory_symlink(folder / "s", folder / "links/s");
  const Error error = error_of(folder / "links");
  CHECK(error.code == "NO_DICOM");
  CHECK(std::string(error.what()).find("link to a folder") != std::string::npos);
}

TEST_CASE("messages are UTF-8, whatever a header holds") {
  const TempFolder folder;
  const auto is_ascii = [](const std::string& text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  };
  const auto paths = write_series(folder, make_volume());
  write_series(folder, make_volume(), {.series_instance_uid = "1.2.3"}, "s/other");
  SUBCASE("a text in another character set") {
    edit_files(paths, [](DcmDataset& dataset, size_t) {
      set(dataset, DCM_SpecificCharacterSet, "ISO_IR 100");
      set(dataset, DCM_SeriesDescription, "Sp\xe4tphase");
    });
    const Error error = error_of(folder / "s");
    CHECK(error.code == "AMBIGUOUS_SERIES");
    CHECK(std::string(error.what()).find("Sp\xc3\xa4tphase") != std::string::npos);
  }
  SUBCASE("a text that its character set does not have") {
    edit_files(paths, [](DcmDataset& dataset, size_t) { set(dataset, DCM_SeriesDescription, "\xff\xfe liver"); });
    const Error error = error_of(folder / "s");
    CHECK(std::string(error.what()).find("\xef\xbf\xbd\xef\xbf\xbd liver") != std::string::npos);
  }
  SUBCASE("a code") {
    edit_files(paths, [](DcmDataset& dataset, size_t) { set(dataset, DCM_Modality, "C\xd6"); });
    const Error error = error_of(paths[0]);
    CHECK(error.code == "WRONG_MODALITY");
    CHECK(is_ascii(error.what()));
  }
  SUBCASE("a number") {
    edit_files(paths, [](DcmDataset& dataset, size_t) { set(dataset, DCM_PixelSpacing, "1\\\xb9"); });
    const Error error = error_of(paths[0]);
    CHECK(error.code == "INVALID_VALUE");
    CHECK(is_ascii(error.what()));
  }
}

TEST_CASE("a series of more than a thousand slices") {
  const TempFolder folder;
  const Volume written = make_volume(1203, 8, 8);
  write_series(folder, written);
  const SeriesVolume series = read(folder / "s");
  CHECK(ints(series.volume) == ints(written));
  CHECK(series.report.slices.size() == 1203);
}

TEST_CASE("a cancelled run stops, progress never falls and ends at 1") {
  const TempFolder folder;
  write_series(folder, make_volume());
  Run cancelled;
  cancelled.cancel();
  CHECK_THROWS_AS(read_series({folder / "s"}, {}, cancelled), Cancelled);
  double last = 0;
  bool falls = false;
  Run run([&](const std::string&, double fraction) {
    falls = falls || fraction < last;
    last = fraction;
  });
  read_series({folder / "s"}, {}, run);
  CHECK_FALSE(falls);
  CHECK(last == doctest::Approx(1));
}
