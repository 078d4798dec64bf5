"""Measurement groups of an SR as highdicom finds them by their templates (TID 1411, TID 1410)."""
import json
import sys

import highdicom as hd

content = hd.sr.srread(sys.argv[1]).content
volumes = [
    {
        "trackingUid": group.tracking_uid,
        "finding": group.finding_type.value,
        "site": group.finding_sites[0].value.value,
        "measurements": [
            [measurement.name.value, float(measurement.value), measurement.unit.value]
            for measurement in group.get_measurements()
        ],
    }
    for group in content.get_volumetric_roi_measurement_groups()
]
boxes = [
    {
        "trackingUid": group.tracking_uid,
        "points": group.roi.value.tolist(),
        "image": group.roi.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID,
    }
    for group in content.get_planar_roi_measurement_groups()
]
print(json.dumps({"volumes": volumes, "boxes": boxes}))
