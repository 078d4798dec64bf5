"""NIfTI masks (dcmqi and plastimatch write one a segment) put on the grid of a series by SimpleITK: SHA-256 of each."""
import hashlib
import json
import pathlib
import re
import sys

import numpy as np
import SimpleITK as sitk

reader = sitk.ImageSeriesReader()
reader.SetFileNames(reader.GetGDCMSeriesFileNames(sys.argv[2]))
series = reader.Execute()
found = []
def number_in(path):
    digits = re.findall(r"\d+", path.name.removesuffix(".nii.gz"))
    return int(digits[0]) if digits else 0


for path in sorted(pathlib.Path(sys.argv[1]).glob("*.nii.gz"), key=number_in):
    mask = sitk.ReadImage(str(path))
    on_series = sitk.Resample(mask, series, sitk.Transform(), sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8)
    volume = np.ascontiguousarray(sitk.GetArrayFromImage(on_series) != 0, dtype=np.uint8)
    found.append({"label": path.name, "sha256": hashlib.sha256(volume.tobytes()).hexdigest(), "voxels": int(volume.sum())})
print(json.dumps(found))
