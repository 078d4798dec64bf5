"""Segments of a SEG as highdicom reads them on its source series, by references and by positions: SHA-256 of each."""
import hashlib
import json
import pathlib
import sys

import highdicom as hd
import numpy as np
import pydicom

seg = hd.seg.segread(sys.argv[1])
slices = [pydicom.dcmread(path) for path in pathlib.Path(sys.argv[2]).iterdir()]
normal = np.cross(slices[0].ImageOrientationPatient[:3], slices[0].ImageOrientationPatient[3:])
slices.sort(key=lambda dataset: float(np.dot(normal, dataset.ImagePositionPatient)))
uids = [dataset.SOPInstanceUID for dataset in slices]


def digest(mask):
    return hashlib.sha256(np.ascontiguousarray(mask, dtype=np.uint8).tobytes()).hexdigest()


def by_position(number):
    """On the grid of the images, of which each plane has a position; None where highdicom sees no regular volume."""
    volume = np.zeros((len(slices), seg.Rows, seg.Columns), np.uint8)
    for groups, frame in zip(seg.PerFrameFunctionalGroupsSequence, seg.pixel_array.reshape(-1, seg.Rows, seg.Columns)):
        if groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber != number:
            continue
        position = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
        distances = [np.linalg.norm(position - np.array(s.ImagePositionPatient, float)) for s in slices]
        assert min(distances) < 0.01, "a frame lies on no image"
        volume[int(np.argmin(distances))] = frame
    return volume


found = []
for number in seg.segment_numbers:
    description = seg.get_segment_description(number)
    by_reference = seg.get_pixels_by_source_instance(
        uids, segment_numbers=[number], assert_missing_frames_are_empty=True, ignore_spatial_locations=True
    )[..., 0]
    found.append(
        {
            "label": description.segment_label,
            "type": description.segmented_property_type.value,
            "trackingUid": description.tracking_uid,
            "byReference": digest(by_reference),
            "byPosition": digest(by_position(number)),
        }
    )
orientation = [float(v) for v in seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient]
assert np.allclose(orientation, [float(v) for v in slices[0].ImageOrientationPatient], atol=1e-6), "other orientation"
print(json.dumps(found))
