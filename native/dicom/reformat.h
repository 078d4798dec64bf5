// Series of coronal or sagittal slices, as an axial volume.
#pragma once

#include <string>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica::dicom {

// "axial", "coronal" or "sagittal": the plane that the slices (z) lie nearest to.
std::string plane_of(const Geometry& geometry);

// The same voxels at the same places, along the patient's axes: x to the left, y to posterior, z to head, each as near
// as the grid allows. The slice axis must not lean.
Volume to_axial(const Volume& volume, Run& run);

}  // namespace hepatica::dicom
