// The two kinds of objects that hold labels.
#pragma once

#include <dcmtk/dcmdata/dcdatset.h>

#include <string>
#include <vector>

#include "core/run.h"
#include "dicom/objects/label_grid.h"
#include "dicom/objects/read_labels.h"
#include "dicom/tags.h"

namespace hepatica::dicom {

LabelledMask read_segmentation(DcmDataset& dataset, const LabelGrid& grid, const std::vector<std::string>& chosen,
                               Run& run);
LabelledMask read_structure_set(DcmDataset& dataset, const LabelGrid& grid, const std::vector<std::string>& chosen,
                                Run& run);

// The items of a sequence; none where it is absent.
std::vector<DcmItem*> items_of(DcmItem& parent, Tag sequence);
// Numbers of a multi-valued element; throws CORRUPT_FILE where there are other than `count` (0: any).
std::vector<double> numbers_of(DcmItem& item, Tag tag, size_t count, const LabelGrid& grid);

namespace tag {
inline constexpr Tag kReferencedSeries{0x0008, 0x1115};
inline constexpr Tag kReferencedInstances{0x0008, 0x114a};
inline constexpr Tag kReferencedInstanceUid{0x0008, 0x1155};
inline constexpr Tag kReferencedFrame{0x0008, 0x1160};
}  // namespace tag

}  // namespace hepatica::dicom
