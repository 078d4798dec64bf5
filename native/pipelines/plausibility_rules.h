// What scans of an abdomen and livers are like, as limits on what was measured: a limit that makes a result implausible
// lies beyond what is published of people, one that makes it only doubtful lies at the rim of it. docs/plausibility.md
// says for each what it catches and how often it is wrong.
//
//   volume   adults 1505 ± 385 ml (Kromrey et al., Eur J Radiol 2018; 106: 32; n = 2773), 594 to 2250 ml (Feng et al.,
//            World J Gastroenterol 2017; 23: 4968; n = 369); diseased, before transplantation, 338 to 3861 ml (Schiano
//            et al., Transplantation 2000; 69: 545; n = 579); polycystic 5908 ± 2915 ml (Hogan et al., J Am Soc Nephrol
//            2010; 21: 1052); newborns 139 ml, 16 to 18 years 1180 ml (Yang et al., Front Pediatr 2021; 9: 629645)
//   extent   94 to 213 mm from top to bottom (Kratzer et al., J Ultrasound Med 2003; 22: 1155; n = 2080)
//   HU       65 unenhanced, -3 at 40 % of fat (Starekova et al., Radiology 2021; 301: 250); iron, amiodarone and
//            contrast medium raise it
//   body     effective diameters of 80 to 450 mm (AAPM Report 204, 2011); phantoms of a head and a body have 160 and
//            320 mm (IEC 60601-2-44)
#pragma once

#include "ops/body_statistics.h"
#include "ops/organ_statistics.h"
#include "ops/value_statistics.h"
#include "pipelines/plausibility.h"

namespace hepatica {

struct ScanFacts {
  Geometry geometry;
  ValueStatistics values;
  double neighbour_correlation = 1;
  double slice_disorder = 0;
  // Median of the slices with a body; 0 where none has one.
  double body_diameter_mm = 0;
};

// Clipped as by a display window: at the lower end the air is gone.
bool is_windowed(const ValueStatistics& values);

Judgement judge(const ScanFacts& scan);
// With the judgement of its scan.
Judgement judge(const OrganStatistics& liver, const ScanFacts& scan);

}  // namespace hepatica
