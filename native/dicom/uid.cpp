#include "dicom/uid.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "core/parallel.h"
#include "core/sha1.h"

namespace hepatica::dicom {
namespace {

using Uuid = std::array<uint8_t, 16>;

// Chosen once, at random: 9076ad24-8b7b-410a-b3ba-5598d52c0f4e. Another one would change every UID.
constexpr Uuid kNameSpace = {0x90, 0x76, 0xad, 0x24, 0x8b, 0x7b, 0x41, 0x0a,
                             0xb3, 0xba, 0x55, 0x98, 0xd5, 0x2c, 0x0f, 0x4e};

Uuid name_based_uuid(const std::string& name) {
  Sha1 sha;
  sha.update(kNameSpace.data(), kNameSpace.size());
  sha.update(name.data(), name.size());
  const Sha1Digest digest = sha.finish();
  Uuid uuid;
  std::copy_n(digest.begin(), uuid.size(), uuid.begin());
  uuid[6] = static_cast<uint8_t>((uuid[6] & 0x0f) | 0x50);  // version 5
  uuid[8] = static_cast<uint8_t>((uuid[8] & 0x3f) | 0x80);  // variant of RFC 9562
  return uuid;
}

// The UUID as one number, by long division.
std::string decimal(Uuid number) {
  std::string digits;
  do {
    int rest = 0;
    for (uint8_t& byte : number) {
      const int value = rest * 256 + byte;
      byte = static_cast<uint8_t>(value / 10);
      rest = value % 10;
    }
    digits += static_cast<char>('0' + rest);
  } while (std::ranges::any_of(number, [](uint8_t byte) { return byte != 0; }));
  std::ranges::reverse(digits);
  return digits;
}

template <class Number>
void add(Sha1& sha, std::span<const Number> numbers) {
  for (const Number number : numbers) {
    const Number same = number == 0 ? Number{0} : number;  // -0.0 is no other place than 0
    sha.update(&same, sizeof(same));
  }
}

// With its length, so that no two lists of texts run into the same bytes.
void add(Sha1& sha, std::string_view text) {
  const auto length = static_cast<uint64_t>(text.size());
  sha.update(&length, sizeof(length));
  sha.update(text.data(), text.size());
}

void add(Sha1& sha, const CtSeriesAttributes& attributes) {
  for (const std::string* text :
       {&attributes.patient_id, &attributes.patient_name, &attributes.study_instance_uid,
        &attributes.series_instance_uid, &attributes.frame_of_reference_uid, &attributes.study_description,
        &attributes.series_description, &attributes.manufacturer, &attributes.contrast_agent,
        &attributes.patient_position, &attributes.study_date, &attributes.study_time, &attributes.derivation,
        &attributes.transfer_syntax_uid}) {
    add(sha, *text);
  }
  const std::array numbers = {static_cast<double>(attributes.series_number), attributes.slice_thickness_mm,
                              attributes.lossy ? 1.0 : 0.0};
  add(sha, std::span<const double>(numbers));
}

std::vector<Sha1Digest> slice_digests(const Volume& volume, Run& run) {
  std::vector<Sha1Digest> digests(static_cast<size_t>(volume.geometry.slice_count()));
  const auto pixels = static_cast<size_t>(volume.geometry.slice_pixels());
  std::visit(
      [&](const auto& hu) {
        parallel_for(volume.geometry.slice_count(), run, [&](int64_t z) {
          Sha1 sha;
          sha.update(hu.data() + static_cast<size_t>(z) * pixels, pixels * sizeof(hu[0]));
          digests[static_cast<size_t>(z)] = sha.finish();
        });
      },
      volume.hu);
  return digests;
}

std::string or_derived(const std::string& uid, const std::string& name) {
  return uid.empty() ? name_based_uid(name) : uid;
}

}  // namespace

std::string name_based_uid(const std::string& name) { return "2.25." + decimal(name_based_uuid(name)); }

std::string content_name(const Volume& volume, const CtSeriesAttributes& attributes, Run& run) {
  Sha1 sha;
  add(sha, std::holds_alternative<std::vector<float>>(volume.hu) ? "float32" : "int16");
  const Geometry& geometry = volume.geometry;
  add(sha, std::span<const int64_t>(geometry.size));
  add(sha, std::span<const double>(geometry.spacing_mm));
  add(sha, std::span<const double>(geometry.origin_mm));
  add(sha, std::span<const double>(geometry.direction));
  add(sha, attributes);
  for (const Sha1Digest& digest : slice_digests(volume, run)) sha.update(digest.data(), digest.size());
  const Sha1Digest digest = sha.finish();
  return {digest.begin(), digest.end()};
}

CtSeriesAttributes with_uids(const CtSeriesAttributes& attributes, const std::string& content) {
  CtSeriesAttributes complete = attributes;
  complete.study_instance_uid = or_derived(attributes.study_instance_uid, "study|" + content);
  complete.series_instance_uid = or_derived(attributes.series_instance_uid, "series|" + content);
  complete.frame_of_reference_uid = or_derived(attributes.frame_of_reference_uid, "frame of reference|" + content);
  return complete;
}

}  // namespace hepatica::dicom
