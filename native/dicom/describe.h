// The report of a reading, from what its stages found.
#pragma once

#include "core/run.h"
#include "dicom/assemble.h"
#include "dicom/order.h"
#include "dicom/report.h"

namespace hepatica::dicom {

// Fills everything but `excluded`, which the stages add to; warnings go to the run as well.
void describe_volume(const SlicePlan& plan, const RescaleCounts& counts, bool raw, SeriesReport& report, Run& run);

}  // namespace hepatica::dicom
