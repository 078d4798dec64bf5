"""Regions of an RTSTRUCT as rt-utils fills them on their series: SHA-256 of each mask, slices by position."""
import hashlib
import json
import sys

import numpy as np
from rt_utils import RTStructBuilder

structures = RTStructBuilder.create_from(dicom_series_path=sys.argv[2], rt_struct_path=sys.argv[1])
series = structures.series_data
normal = np.cross(series[0].ImageOrientationPatient[:3], series[0].ImageOrientationPatient[3:])
places = [float(np.dot(normal, s.ImagePositionPatient)) for s in series]
found = []
for name in structures.get_roi_names():
    mask = structures.get_roi_mask_by_name(name)[:, :, np.argsort(places)]
    volume = np.ascontiguousarray(np.moveaxis(mask, 2, 0), dtype=np.uint8)
    found.append({"label": name, "sha256": hashlib.sha256(volume.tobytes()).hexdigest(), "voxels": int(volume.sum())})
print(json.dumps(found))
