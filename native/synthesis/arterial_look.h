// How a lesion of the portal venous scan looks some 35 s after the injection (late arterial phase), in the same
// outline.
//
// CYS  As it was.
// ANG  Discontinuous nodules at the periphery, smaller than in the portal venous phase and nearly as bright as the
// aorta;
//      the rest has hardly taken up. Those that filled in at once are as bright altogether (Marrero et al., ACG
//      guideline, Am J Gastroenterol 2014; 109: 1328).
// HCC  Brighter than the liver, not at the rim alone; some are not. A capsule does not show yet (LI-RADS v2018).
// MET  Darker than the liver, which has taken up less itself; a rim that was there is brighter than the liver (target).
//      In some livers all are hypervascular, as those of neuroendocrine and renal tumours (Sica et al., AJR 2000; 174:
//      691).
//
// The HU, and how many look so, are ours.
#pragma once

#include "core/lesion.h"
#include "core/random.h"
#include "synthesis/look.h"

namespace hepatica {

// What all lesions of a liver share.
struct ArterialLiver {
  double liver_hu = 0;
  // Portal and hepatic veins, on average.
  double vein_hu = 0;
  double aorta_hu = 0;
  bool has_hypervascular_metastases = false;
};

// Of a liver with `portal_liver_hu`: it takes up a fourth from the artery, and most of it later.
ArterialLiver draw_arterial_liver(double portal_liver_hu, Random& random);

// `portal`: of draw_look.
LesionLook arterial_look(LesionType type, const LesionLook& portal, const ArterialLiver& liver, Random& random);

}  // namespace hepatica
