// How a lesion looks inside its outline. The signs, and where they come from:
//
// CYS  Fluid of 0 to 20 HU in every phase, homogeneous, sharp, without a wall that enhances (Gore et al., ACR white
//      paper on incidental liver lesions, J Am Coll Radiol 2017; 14: 1429).
// ANG  Hypodense and lobulated, with discontinuous nodules at the periphery that follow the blood pool and fill in
//      towards the centre; below 15 mm often filled altogether ("flash filling"); a cleft of fluid in those above 4 cm
//      (Vilgrain et al., Radiographics 2000; 20: 379; Marrero et al., ACG guideline, Am J Gastroenterol 2014; 109:
//      1328). The nodules are seldom quite as dense as the vessels (AJR 2010, doi 10.2214/AJR.09.3324).
// HCC  Brighter than the liver in the arterial phase (not at the rim alone), darker in the portal venous one (washout),
//      with a thin bright capsule; a mosaic and necrosis in large ones (LI-RADS v2018: Chernyak et al., Radiology 2018;
//      289: 816).
// MET  Mostly hypovascular: darker than the liver in the portal venous phase, ill-defined, with a rim that is brighter
//      than the centre (target), necrotic in the middle when large, often several alike (Sica et al., AJR 2000; 174:
//      691).
//
// The HU are ours, within what these sources describe. How far below the liver metastases lie was set by the 40 lesions
// over 30 voxels of the 8 LiTS patients in training: their median is 50 HU below the liver, the 5th and 95th percentile
// 68 and 28.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/lesion.h"
#include "core/random.h"
#include "synthesis/shape.h"
#include "synthesis/synthetic_lesions.h"

namespace hepatica {

// What all lesions of a liver share.
struct LiverLook {
  ContrastPhase phase = ContrastPhase::kPortalVenous;
  double liver_hu = 0;
  double blood_hu = 0;
  // Metastases of one tumour look alike.
  double metastasis_contrast_hu = 0;
  bool metastases_have_rims = false;
};

// A shell of the lesion, from `from_mm` below the surface to where the next one begins.
struct Layer {
  double from_mm = 0;
  double hu = 0;
  // Beside the scanner's point spread.
  double sigma_mm = 0;
  // How unevenly it begins.
  double waviness_mm = 0;
  double texture_hu = 0;
  double texture_mm = 1;
  // The texture has plateaus, like the nodules of a mosaic.
  bool mosaic = false;
};

struct Nodule {
  Vec3 centre_mm = {0, 0, 0};
  double radius_mm = 0;
};

struct LesionLook {
  // From the surface inwards; the first begins at 0.
  std::vector<Layer> layers;
  std::vector<Nodule> nodules;
  double nodule_hu = 0;
  double body_hu = 0;
  std::vector<std::string> signs;
  uint64_t seed = 0;
};

// Diameters are drawn between these with equal chances for each ratio (log-uniform).
struct LesionKind {
  double min_diameter_mm = 5;
  double max_diameter_mm = 60;
  ShapeStyle shape;
};

LesionKind lesion_kind(LesionType type);

LiverLook draw_liver_look(ContrastPhase phase, double liver_hu, double blood_hu, Random& random);

LesionLook draw_look(LesionType type, const LiverLook& liver, const LesionShape& shape, Random& random);

// How much of a point is lesion, 0 to 1, and that times the HU of it, both blurred by the scanner's point spread.
struct LesionSample {
  double cover = 0;
  double covered_hu = 0;
};

LesionSample sample_lesion(const LesionShape& shape, const LesionLook& look, const Vec3& offset_mm, double sigma_mm);

// Beyond this distance from the surface sample_lesion gives 0.
double lesion_reach_mm(const LesionLook& look, double sigma_mm);

}  // namespace hepatica
