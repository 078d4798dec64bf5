#include "dicom/write_ct_series.h"

#include <atomic>
#include <cstdio>
#include <filesystem>

#include "core/parallel.h"
#include "core/staged_folder.h"
#include "dicom/dcmtk_setup.h"
#include "dicom/uid.h"
#include "dicom/write_dataset.h"

namespace hepatica {
namespace {

using namespace dicom;

constexpr const char* kCtImageStorage = "1.2.840.10008.5.1.4.1.1.2";

std::string slice_name(int64_t z) {
  char name[32];
  std::snprintf(name, sizeof(name), "CT_%04d.dcm", static_cast<int>(z + 1));
  return name;
}

void check_volume(const Volume& volume) {
  const Size3& size = volume.geometry.size;
  const auto voxels = std::visit([](const auto& hu) { return static_cast<int64_t>(hu.size()); }, volume.hu);
  if (size[0] < 1 || size[1] < 1 || size[2] < 1 || size[0] > 65535 || size[1] > 65535 ||
      voxels != volume.geometry.voxel_count()) {
    throw Error("INVALID_ARGUMENT", "Expected a volume of 1 to 65535 columns and rows whose voxels match its size", "",
                "volume", "Pass a whole volume.");
  }
}

CtSeriesAttributes with_derivation(CtSeriesAttributes attributes, const Volume& volume) {
  const bool rounded = std::holds_alternative<std::vector<float>>(volume.hu);
  if (rounded && attributes.derivation.empty()) attributes.derivation = "HU rounded to whole numbers";
  return attributes;
}

// Returns how many HU had to be clamped.
int64_t write_slice(const Volume& volume, int64_t z, const std::string& path, const std::string& instance_uid,
                    const CtSeriesAttributes& attributes) {
  const Geometry& geometry = volume.geometry;
  DcmFileFormat file;
  DcmDataset& dataset = *file.getDataset();
  put_identity(dataset, attributes, kCtImageStorage, instance_uid);
  put_image_type(dataset, attributes, "AXIAL");
  put(dataset, {0x0020, 0x0013}, EVR_IS, std::to_string(z + 1));
  const Vec3 position = geometry.position_mm({0, 0, static_cast<double>(z)});
  put(dataset, tag::kImagePosition, EVR_DS, decimal_strings({position[0], position[1], position[2]}));
  put(dataset, tag::kImageOrientation, EVR_DS, decimal_strings(orientation_of(geometry)));
  put(dataset, tag::kPixelSpacing, EVR_DS, decimal_strings({geometry.spacing_mm[1], geometry.spacing_mm[0]}));
  put(dataset, tag::kSliceThickness, EVR_DS, decimal_string(thickness_of(geometry, attributes)));
  put_pixel_format(dataset, geometry);
  put(dataset, tag::kRescaleIntercept, EVR_DS, std::to_string(kStoredIntercept));
  put(dataset, tag::kRescaleSlope, EVR_DS, "1");
  put(dataset, tag::kRescaleType, EVR_LO, "HU");
  int64_t clamped = 0;
  put_pixels(dataset, to_stored(volume, z, 1, clamped));
  save_file(file, path, attributes.transfer_syntax_uid);
  return clamped;
}

void warn_of_clamped(int64_t clamped, Run& run) {
  if (clamped == 0) return;
  run.warn("CLAMPED_HU", std::to_string(clamped) +
                             " voxels lie outside of -1024 to 64511 HU, which is what is stored, " +
                             "and became the nearest of these (-1024 where no number was given)");
}

void put_shared_groups(DcmItem& dataset, const Geometry& geometry, const CtSeriesAttributes& attributes) {
  const auto group = [&](Tag sequence) -> DcmItem& {
    DcmItem* shared = nullptr;
    dataset.findOrCreateSequenceItem(DcmTag(0x5200, 0x9229, DcmVR(EVR_SQ)), shared, 0);
    DcmItem* item = nullptr;
    shared->findOrCreateSequenceItem(DcmTag(sequence.group, sequence.element, DcmVR(EVR_SQ)), item, 0);
    return *item;
  };
  DcmItem& frame_type = group(tag::kCtImageFrameType);
  put(frame_type, tag::kFrameType, EVR_CS, "ORIGINAL\\PRIMARY\\VOLUME\\NONE");
  put(frame_type, {0x0008, 0x9205}, EVR_CS, "MONOCHROME");
  put(frame_type, {0x0008, 0x9206}, EVR_CS, "VOLUME");
  put(frame_type, {0x0008, 0x9207}, EVR_CS, "NONE");
  put(group(tag::kPlaneOrientation), tag::kImageOrientation, EVR_DS, decimal_strings(orientation_of(geometry)));
  DcmItem& measures = group(tag::kPixelMeasures);
  put(measures, tag::kPixelSpacing, EVR_DS, decimal_strings({geometry.spacing_mm[1], geometry.spacing_mm[0]}));
  put(measures, tag::kSliceThickness, EVR_DS, decimal_string(thickness_of(geometry, attributes)));
  DcmItem& rescale = group(tag::kPixelValueTransformation);
  put(rescale, tag::kRescaleIntercept, EVR_DS, std::to_string(kStoredIntercept));
  put(rescale, tag::kRescaleSlope, EVR_DS, "1");
  put(rescale, tag::kRescaleType, EVR_LO, "HU");
}

void put_frame_groups(DcmItem& dataset, const Geometry& geometry, int64_t z) {
  const auto index = static_cast<long>(z);
  DcmItem* groups = nullptr;
  dataset.findOrCreateSequenceItem(DcmTag(0x5200, 0x9230, DcmVR(EVR_SQ)), groups, index);
  DcmItem* content = nullptr;
  groups->findOrCreateSequenceItem(DcmTag(0x0020, 0x9111, DcmVR(EVR_SQ)), content, 0);
  put(*content, {0x0020, 0x9056}, EVR_SH, "1");  // StackID
  content->putAndInsertUint32(DcmTag(0x0020, 0x9057, DcmVR(EVR_UL)), static_cast<Uint32>(z + 1));
  DcmItem* plane = nullptr;
  groups->findOrCreateSequenceItem(DcmTag(0x0020, 0x9113, DcmVR(EVR_SQ)), plane, 0);
  const Vec3 position = geometry.position_mm({0, 0, static_cast<double>(z)});
  put(*plane, tag::kImagePosition, EVR_DS, decimal_strings({position[0], position[1], position[2]}));
}

}  // namespace

WrittenSeries write_ct_series(const Volume& volume, const std::string& folder, const CtSeriesAttributes& attributes,
                              Run& run) {
  ensure_dcmtk_ready();
  check_volume(volume);
  writable_syntax(attributes.transfer_syntax_uid);
  StagedFolder staged(folder);
  run.begin_stage("writing", 0, 1);
  const CtSeriesAttributes described = with_derivation(attributes, volume);
  const std::string content = content_name(volume, described, run);
  const CtSeriesAttributes complete = with_uids(described, content);
  const int64_t slices = volume.geometry.slice_count();
  std::atomic<int64_t> done{0};
  std::atomic<int64_t> clamped{0};
  parallel_for(slices, run, [&](int64_t z) {
    const std::filesystem::path path = staged.path() / slice_name(z);
    const std::string uid = name_based_uid("instance|" + content + "|" + std::to_string(z));
    clamped += write_slice(volume, z, path.string(), uid, complete);
    sync_to_disk(path);
    run.progress(static_cast<double>(++done) / static_cast<double>(slices));
  });
  run.check_cancelled();
  staged.commit();
  warn_of_clamped(clamped, run);
  WrittenSeries written{{}, complete.study_instance_uid, complete.series_instance_uid, complete.frame_of_reference_uid};
  for (int64_t z = 0; z < slices; ++z) {
    written.files.push_back((std::filesystem::path(folder) / slice_name(z)).string());
  }
  return written;
}

void write_enhanced_ct(const Volume& volume, const std::string& path, const CtSeriesAttributes& attributes) {
  ensure_dcmtk_ready();
  check_volume(volume);
  Run run;
  const std::string content = content_name(volume, attributes, run);
  const CtSeriesAttributes complete = with_uids(attributes, content);
  const Geometry& geometry = volume.geometry;
  DcmFileFormat file;
  DcmDataset& dataset = *file.getDataset();
  put_identity(dataset, complete, "1.2.840.10008.5.1.4.1.1.2.1", name_based_uid("enhanced|" + content));
  put_image_type(dataset, complete, "VOLUME\\NONE");
  put(dataset, {0x0020, 0x0013}, EVR_IS, "1");
  put(dataset, tag::kNumberOfFrames, EVR_IS, std::to_string(geometry.slice_count()));
  put_pixel_format(dataset, geometry);
  put_shared_groups(dataset, geometry, complete);
  for (int64_t z = 0; z < geometry.slice_count(); ++z) put_frame_groups(dataset, geometry, z);
  int64_t clamped = 0;
  put_pixels(dataset, to_stored(volume, 0, geometry.slice_count(), clamped));
  save_file(file, path, complete.transfer_syntax_uid);
}

}  // namespace hepatica
