// Texts in the character sets of DICOM: the examples of PS3.5 annexes H to K, and what is written less well.
#include "dicom/character_sets.h"

#include <algorithm>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

struct Example {
  std::string sets;
  std::string bytes;
  std::string text;
};

// Latin, Greek and so on: a letter or two of each single-byte set, by itself and after its escape sequence.
struct Letters {
  int registration;
  const char* escape;
  const char* bytes;
  const char* text;
};

const Letters kLetters[] = {
    {100, "-A", "M\xfcller", "Müller"}, {101, "-B", "Wa\xb3\xeasa", "Wałęsa"}, {109, "-C", "\xa6\xfe", "Ĥŝ"},
    {110, "-D", "\xa2\xbf", "ĸŋ"},      {144, "-L", "\xbb\xee\xda", "Люк"},    {127, "-G", "\xe2\xc8\xc7", "قبا"},
    {126, "-F", "\xc4\xe9\xef", "Διο"}, {138, "-H", "\xf9\xf8\xe5", "שרו"},    {148, "-M", "\xc7\xfe", "Çş"},
    {203, "-b", "\xbcuvre", "Œuvre"},   {166, "-T", "\xb9\xd2\xc1", "นาม"},    {13, ")I", "\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ"},
};

const char* const kEscape = "\x1b";

}  // namespace

TEST_CASE("names of the standard's examples come out as UTF-8") {
  const Example examples[] = {
      // H.3.1, whose kanji hold the bytes of '^' and '=' elsewhere
      {"\\ISO 2022 IR 87", "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
       "Yamada^Tarou=山田^太郎=やまだ^たろう"},
      // H.3.2
      {"ISO 2022 IR 13\\ISO 2022 IR 87",
       "\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
       "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"},
      {"\\ISO 2022 IR 87\\ISO 2022 IR 159", "\x1b$(D0!\x1b$B;3\x1b(B^x", "丂山^x"},
      // I.2
      {"\\ISO 2022 IR 149",
       "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
       "Hong^Gildong=洪^吉洞=홍^길동"},
      // J.1 to J.4
      {"ISO_IR 192", "Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe4\xb8\x9c", "Wang^XiaoDong=王^小东"},
      {"GB18030", "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"},
      {"GBK", "\x81\x5c\x81\x7e", "乗亊"},  // second halves below 0x80
      // K.2
      {"\\ISO 2022 IR 58", "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=", "Zhang^XiaoDong=张^小东="},
      {"ISO 2022 IR 100\\ISO 2022 IR 126", "M\xfcller=\x1b-F\xc4\xe9\xef=\xfc", "Müller=Διο=ü"},
  };
  for (const Example& example : examples) {
    CAPTURE(example.text);
    CHECK(dicom::to_utf8(example.bytes, example.sets, true) == example.text);
  }
}

TEST_CASE("every single-byte set, alone and switched to") {
  for (const Letters& letters : kLetters) {
    CAPTURE(letters.registration);
    const std::string number = std::to_string(letters.registration);
    for (const std::string term : {"ISO_IR ", "ISO 2022 IR ", "ISO-IR "}) {
      CHECK(dicom::to_utf8(letters.bytes, term + number, true) == letters.text);
    }
    const std::string switched = std::string("ab") + kEscape + letters.escape + letters.bytes;
    CHECK(dicom::to_utf8(switched, "\\ISO 2022 IR " + number, true) == std::string("ab") + letters.text);
  }
}

TEST_CASE("a second half that is a delimiter's byte ends nothing") {
  CHECK(dicom::to_utf8("\x1b$B0\\;^E=\x1b(B^x", "\\ISO 2022 IR 87", true) == "移枝貼^x");
}

TEST_CASE("what writers leave out is understood") {
  CHECK(dicom::to_utf8("\xfb\xf3^\xd1\xce", "\\ISO 2022 IR 149", true) == "洪^吉");  // the escape sequences
  CHECK(dicom::to_utf8("\x1b$B;3ED", "", true) == "山田");                           // the sets' names, the way back
  CHECK(dicom::to_utf8("\x1b$B;3\r\nab", "ISO 2022 IR 87", false) == "山\r\nab");    // a line's end is one
  CHECK(dicom::to_utf8("\x1b-F\xc4 = \xe9", "ISO 2022 IR 100", false) == "Δ = ι");   // no name: '=' is a letter
  CHECK(dicom::to_utf8("a\\b", "ISO_IR 100", true) == "a\\b");
}

TEST_CASE("what cannot be converted is U+FFFD, and of escape sequences nothing is left") {
  const std::string lost(dicom::kReplacement);
  CHECK(dicom::to_utf8("\xff\xfe liver", "", true) == lost + lost + " liver");
  CHECK(dicom::to_utf8("a\xfc", "ISO_IR 999", true) == "a" + lost);
  CHECK(dicom::to_utf8("M\xfcller", "ISO_IR 192", true) == "M" + lost + "ller");
  CHECK(dicom::to_utf8("\xfb\xf3\xff", "ISO_IR 149", true) == "洪" + lost);
  CHECK(dicom::to_utf8("\x1b$B;3))ED\x1b(B", "", true) == "山" + lost + "田");  // no such character
  CHECK(dicom::to_utf8("\x1b$B;3E\x1b(Bx", "", true) == "山" + lost + "x");     // half of one
  for (const std::string text :
       {"\x1b$(Q;3\x1b(Bx", "\x1b", "\x1b$", "\x1b(", "a\x1b\x1b(Bx", "\x1b%Gx", "\x1b-Z\xe9"}) {
    const std::string converted = dicom::to_utf8(text, "\\ISO 2022 IR 87", true);
    CAPTURE(converted);
    CHECK(converted.find(lost) != std::string::npos);
    CHECK(converted.find_first_of("\x1b;3(") == std::string::npos);
  }
}

TEST_CASE("a series' texts: converted without a word, or named as lost") {
  const TempFolder folder;
  const std::vector<std::string> files = write_series(folder, make_volume(3));
  const auto write_texts = [&](const std::string& sets) {
    edit_files(files, [&](DcmDataset& dataset, size_t) {
      set(dataset, DCM_SpecificCharacterSet, sets);
      set(dataset, DCM_PatientName, "Yamada=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B");
      set(dataset, DCM_SeriesDescription, "\xd4\xcf");
    });
    Run run;
    const SeriesReport report = read_series({folder / "s"}, {}, run).report;
    CHECK(report.source.patient_name == "Yamada=山田^太郎");
    CHECK(has_code(report.repairs, "TEXT_CUT") == has_code(run.warnings(), "TEXT_CUT"));
    return report;
  };
  const SeriesReport whole = write_texts("ISO 2022 IR 13\\ISO 2022 IR 87");
  CHECK(whole.series_description == "ﾔﾏ");
  CHECK_FALSE(has_code(whole.repairs, "TEXT_CUT"));
  const SeriesReport lossy = write_texts("\\ISO 2022 IR 87");
  const auto cut = std::ranges::find(lossy.repairs, "TEXT_CUT", &Warning::code);
  REQUIRE(cut != lossy.repairs.end());
  CHECK(cut->message.find("SeriesDescription (0008,103e)") != std::string::npos);
  CHECK(cut->message.find("PatientName") == std::string::npos);
}
