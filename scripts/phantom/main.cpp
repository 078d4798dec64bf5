// usage: hepatica_phantom FOLDER [SEED]
// Writes a synthetic contrast-enhanced abdominal CT series and its truth: FOLDER/dicom/*.dcm, FOLDER/liver.nii.gz,
// FOLDER/lesions.nii.gz (1, 2, … as in lesions.json), FOLDER/organs.nii.gz (1 spleen, 2 kidneys). FOLDER appears only
// when it is complete.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "dicom/write_ct_series.h"
#include "nifti/nifti.h"
#include "scanner.h"

namespace {

using namespace hepatica;
using namespace hepatica::phantom;

nlohmann::json describe(const Scan& scan) {
  nlohmann::json described = nlohmann::json::array();
  for (size_t i = 0; i < lesions().size(); ++i) {
    int64_t voxels = 0;
    for (const uint8_t label : scan.lesions.voxels) voxels += label == i + 1;
    const std::string& type = lesions()[i].type;
    described.push_back({{"label", i + 1},
                         {"type", type},
                         {"malignant", type == "HCC" || type == "MET"},
                         {"volumeMl", static_cast<double>(voxels) * scan.lesions.geometry.voxel_volume_ml()}});
  }
  return described;
}

void write_phantom(const std::filesystem::path& folder, uint64_t seed) {
  Run run;
  const Scan scan = scan_phantom(seed, run);
  const std::filesystem::path partial = folder.string() + ".partial";
  std::filesystem::remove_all(partial);
  std::filesystem::create_directories(partial);
  CtSeriesAttributes attributes;
  attributes.patient_id = "PHANTOM";
  attributes.patient_name = "Phantom^Abdomen";
  attributes.derivation = "Synthetic: computed from a model of an abdomen and of a scanner";
  attributes.study_description = "Synthetic abdomen";
  attributes.series_description = "Portal venous phase, synthetic";
  attributes.contrast_agent = "Synthetic";
  attributes.study_date = "20240101";
  write_ct_series(scan.volume, partial / "dicom", attributes, run);
  write_nifti((partial / "liver.nii.gz").string(), scan.liver);
  write_nifti((partial / "lesions.nii.gz").string(), scan.lesions);
  write_nifti((partial / "organs.nii.gz").string(), scan.organs);
  std::ofstream(partial / "lesions.json") << describe(scan).dump(2) << '\n';
  std::filesystem::remove_all(folder);
  std::filesystem::rename(partial, folder);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: hepatica_phantom FOLDER [SEED]\n");
    return 2;
  }
  try {
    write_phantom(argv[1], argc == 3 ? std::stoull(argv[2]) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
