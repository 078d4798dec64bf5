// What a lesion network says of each voxel of a liver, for studies out of fold: the MDL-CNN's location alone, and that
// of the 3-D network beside it, where the weights have one. Voxels are round(255 p) on the grid of the image in
// canonical orientation, 0 outside the liver.
#include <filesystem>
#include <iostream>
#include <string>

#include "models/lesion_model.h"
#include "nifti/nifti.h"
#include "ops/orient.h"
#include "pipelines/predict_lesions.h"
#include "runtime/caching_allocator.h"

using namespace hepatica;

namespace {

void write_maps(const std::string& image, const std::string& label, const LesionModel& model,
                const std::filesystem::path& folder, Precision precision) {
  Run run;
  Volume volume = read_nifti_volume(image, run);
  Mask liver = read_nifti_mask(label, run);
  const AxisOrder order = canonical_order(volume.geometry);
  liver.geometry = volume.geometry;
  for (uint8_t& voxel : liver.voxels) voxel = voxel != 0;
  volume = to_canonical(std::move(volume), order);
  liver = to_canonical(std::move(liver), order);
  // No types are wanted: nothing is above 1.
  const LesionPrediction prediction =
      predict_lesions(volume, liver, model, ComputeDevice::cpu(), {.precision = precision, .thresholds = {1, 1}}, run);
  const auto write = [&](double share, const char* name) {
    const auto& [region, maps, cells, located] = prediction;
    write_nifti((folder / name).string(), locate_lesions(region, maps, cells, share, liver, {1, 1}, run).probability);
  };
  std::filesystem::create_directories(folder);
  write(0, "location-2d.nii.gz");
  if (model.config().location3d) write(1, "location-3d.nii.gz");
  for (const auto& [stage, milliseconds] : run.timings_ms()) std::cout << stage << " " << milliseconds << " ms\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    std::cerr << "usage: hepatica_location_maps IMAGE.nii.gz LIVER.nii.gz LESION_WEIGHTS OUT_FOLDER [fp32]\n"
                 "LIVER: what is not 0 is inside.\n";
    return 2;
  }
  install_caching_allocator();
  const Precision precision = argc == 6 && argv[5] == std::string("fp32") ? Precision::kFp32 : Precision::kBf16;
  write_maps(argv[1], argv[2], *LesionModel::load(std::string(argv[3])), argv[4], precision);
  return 0;
}
