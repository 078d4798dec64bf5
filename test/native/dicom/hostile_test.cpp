// Files from outside are hostile: whatever is cut or flipped, there is a typed error or a volume, never a crash.
#include <algorithm>
#include <cstring>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// True where reading ends with a volume or with a typed error; anything else escapes or kills the test.
bool ends_well(const std::string& path, const std::string& bytes) {
  write_text(path, bytes);
  const Error error = error_of(path);
  return !error.code.empty() && (error.code == "none" || !error.remedy.empty());
}

std::string little(uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::string preamble(const std::string& syntax) {
  std::string text(128, '\0');
  text += "DICM";
  text += little(0x00100002, 4) + "UI" + little(static_cast<uint32_t>(syntax.size()), 2) + syntax;
  return text;
}

}  // namespace

TEST_CASE("cut at any length, or with any byte flipped") {
  for (const char* syntax : {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99",
                             "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"}) {
    CAPTURE(syntax);
    const TempFolder folder;
    const std::string path = folder / "enhanced.dcm";
    write_enhanced_ct(make_volume(2), path, {.transfer_syntax_uid = syntax});
    const std::string whole = read_bytes(path);
    bool all_well = true;
    uint32_t state = 7;
    for (int i = 0; i < 150; ++i) {
      state = state * 1664525u + 1013904223u;
      const size_t at = 128 + (state >> 4) % (whole.size() - 128);
      all_well = all_well && ends_well(path, whole.substr(0, at));
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ static_cast<char>(1 + state % 255));
      all_well = all_well && ends_well(path, flipped);
    }
    CHECK(all_well);
  }
}

TEST_CASE("real streams, cut and flipped") {
  const std::string folder = shared_data("syntaxes");
  if (folder.empty()) return;
  for (const char* uid : {"1.2.4.50", "1.2.4.53", "1.2.4.57", "1.2.4.81", "1.2.4.90", "1.2.4.91", "1.2.5"}) {
    CAPTURE(uid);
    const TempFolder copy;
    const std::string whole = read_bytes(folder + "/ct_1.2.840.10008." + uid + ".dcm");
    const std::string path = copy / "x.dcm";
    bool all_well = true;
    uint32_t state = 11;
    for (int i = 0; i < 8; ++i) {
      state = state * 1664525u + 1013904223u;
      const size_t at = 2000 + (state >> 4) % (i % 2 ? whole.size() - 2000 : 1500);
      all_well = all_well && ends_well(path, whole.substr(0, at));
      std::string flipped = whole;
      for (size_t k = 0; k < 4 && at + k < flipped.size(); ++k) flipped[at + k] = static_cast<char>(state >> (8 * k));
      all_well = all_well && ends_well(path, flipped);
    }
    CHECK(all_well);
  }
}

TEST_CASE("sequences nested without end do not exhaust the stack") {
  const TempFolder folder;
  for (const bool implicit : {true, false}) {
    std::string bytes =
        preamble(std::string(implicit ? "1.2.840.10008.1.2\0" : "1.2.840.10008.1.2.1\0", implicit ? 18 : 20));
    for (int i = 0; i < 200000; ++i) {
      bytes += little(0x92295200, 4) + (implicit ? "" : std::string("SQ\0\0", 4)) + little(0xffffffff, 4);
      bytes += little(0xe000fffe, 4) + little(0xffffffff, 4);
    }
    write_text(folder / "deep.dcm", bytes);
    CHECK(error_of(folder / "deep.dcm").code == "CORRUPT_FILE");
  }
}

TEST_CASE("lengths beyond the file claim no memory") {
  const TempFolder folder;
  std::string bytes = preamble(std::string("1.2.840.10008.1.2.1\0", 20));
  bytes += little(0x00080008, 4) + std::string("UN\0\0", 4) + little(0xfffffff0, 4) + "abc";
  write_text(folder / "long.dcm", bytes);
  CHECK(error_of(folder / "long.dcm").code == "CORRUPT_FILE");
}

TEST_CASE("a meta header whose element has no length is refused") {
  const TempFolder folder;
  std::string bytes = std::string(128, '\0') + "DICM";
  bytes += little(0x00100002, 4) + std::string("UN\0\0", 4) + little(0xffffffff, 4);
  bytes += little(0xe0ddfffe, 4) + little(0, 4) + std::string(2048, '\0');
  write_text(folder / "endless.dcm", bytes);
  const std::string code = error_of(folder / "endless.dcm").code;
  CHECK((code == "CORRUPT_FILE" || code == "NOT_DICOM"));
}

TEST_CASE("a deflated data set that inflates without end is bounded") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(1));
  edit_file(
      paths[0],
      [](DcmDataset& dataset) {
        const std::vector<Uint8> zeros(100 << 20);
        dataset.putAndInsertUint8Array(DcmTag(0x0029, 0x1010, EVR_OB), zeros.data(), zeros.size());
      },
      EXS_DeflatedLittleEndianExplicit);
  REQUIRE(fs::file_size(paths[0]) < 1 << 20);
  CHECK(error_of(paths[0]).code == "CORRUPT_FILE");
}

TEST_CASE("a named pipe does not hang the reader") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(1));
  REQUIRE(std::system(("mkfifo " + (folder / "s/pipe")).c_str()) == 0);
  CHECK(has_code(read(folder / "s").report.excluded, folder / "s/pipe", "UNREADABLE_FILE"));
  CHECK(error_of(folder / "s/pipe").code == "UNREADABLE_FILE");
}
