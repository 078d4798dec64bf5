// Where each point about an organ lies in another scan of the same patient: one rigid motion, as breathing and another
// position on the table make it; what the organ itself was bent is not followed.
#pragma once

#include "core/run.h"
#include "core/volume.h"
#include "registration/rigid_motion.h"

namespace hepatica {

// A scan and the organ in it, on its grid.
struct OutlinedScan {
  const Volume& volume;
  const Mask& organ;
};

// The motion from the fixed scan to the moving one that has the most mutual information in the organ and 10 mm around,
// found from 8 mm to 2 mm, from where both organs' middles meet or from none. Both organs must have voxels. The same
// on any number of threads.
RigidMotion register_rigidly(const OutlinedScan& fixed, const OutlinedScan& moving, Run& run);

// The same where the organ in the moving scan is not known: from none, and from shifts along the table to 72 mm.
RigidMotion register_rigidly(const OutlinedScan& fixed, const Volume& moving, Run& run);

// How much of what the fixed scan shows in the organ and 10 mm around it the moving one tells after the motion: mutual
// information over the entropy, of means over 4 mm; 0 to 1.
double shared_information(const OutlinedScan& fixed, const Volume& moving, const RigidMotion& motion, Run& run);

// Dice of the fixed organ and the moving one brought to its place, wherever both scans show something: at points about
// 2 mm apart. 1 where neither has a voxel there.
double organ_dice(const OutlinedScan& fixed, const OutlinedScan& moving, const RigidMotion& motion, Run& run);

}  // namespace hepatica
