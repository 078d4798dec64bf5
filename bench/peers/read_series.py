"""Reads a CT series to HU with pydicom or SimpleITK. Usage: read_series.py pydicom|simpleitk FOLDER REPEATS THREADS

Both do what a careful user of the library writes: sort by position, rescale to HU, one int16 array.
"""

import os
import sys

import numpy as np

from timing import report


def read_pydicom(folder, threads):
    """Files are read on a thread pool: the most that pydicom gains from a second core within a process."""
    from concurrent.futures import ThreadPoolExecutor

    import pydicom

    def read(name):
        dataset = pydicom.dcmread(os.path.join(folder, name))
        if dataset.get("Modality") != "CT":
            return None
        hu = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
        normal = np.cross(dataset.ImageOrientationPatient[:3], dataset.ImageOrientationPatient[3:])
        return float(np.dot(normal, dataset.ImagePositionPatient)), np.rint(hu).astype(np.int16)

    with ThreadPoolExecutor(threads) as pool:
        slices = [item for item in pool.map(read, sorted(os.listdir(folder))) if item]
    slices.sort(key=lambda item: item[0])
    volume = np.stack([pixels for _, pixels in slices])
    return int(volume.sum(dtype=np.int64))


def read_simpleitk(folder, threads):
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
    reader.SetOutputPixelType(SimpleITK.sitkInt16)
    image = reader.Execute()
    volume = SimpleITK.GetArrayViewFromImage(image)
    return int(volume.sum(dtype=np.int64))


READERS = {"pydicom": read_pydicom, "simpleitk": read_simpleitk}

if __name__ == "__main__":
    library, path, repeats, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    report(lambda: READERS[library](path, threads), repeats)
