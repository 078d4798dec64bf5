// Which frames of one grid were taken or reconstructed together: several scans of the same part of the body in one
// series are phases to choose from, never one volume.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dicom/phase_keys.h"
#include "dicom/places.h"

namespace hepatica::dicom {

// A phase is a stack of three slices or more that covers a part of the body which another stack covers too, at the same
// places or between them. What rises or falls with the position, is another for every slice, or changes once from one
// stretch to the next (chest, then abdomen) is one volume.
std::vector<SubVolume> split_phases(SubVolume whole);

// Of two acquisitions end to end that share a slice or two the one with more slices keeps them; the others are
// excluded, with a warning. Throws Error DUPLICATE_POSITION where slices lie at one place for another reason. `frames`
// sorted, without copies.
std::vector<PlacedFrame> one_slice_a_place(const std::vector<PlacedFrame>& frames, std::vector<ExcludedFile>& excluded,
                                           Run& run);

// Warns of slices that differ from the stack around them as phases do, and are too few to be one: they may be another
// scan's, in places of the stack's that are missing. `frames` sorted, one a place.
void warn_of_strays(const std::vector<PlacedFrame>& frames, Run& run);

// What differs between `a` and `b` so that their mixture would be of neither scan; nullptr where nothing does.
const PhaseKey* find_mixture(const FrameRef& a, const FrameRef& b, const std::vector<PlacedFrame>& frames);

}  // namespace hepatica::dicom
