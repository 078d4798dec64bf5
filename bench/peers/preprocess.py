"""Clips to [-100, 400] HU, scales to 8 bits and equalizes each slice's histogram with OpenCV or scikit-image.
Usage: preprocess.py opencv|skimage SLICES REPEATS THREADS

Slices of 512x512 are shared out over a thread pool (both libraries release the interpreter's lock).
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from timing import report


def make_volume(slices):
    """The same for every peer: a smooth body with noise, int16 HU. bench/volume.mjs makes it by the same formula."""
    index = np.arange(512 * 512 * slices, dtype=np.uint32)
    noise = (index * np.uint32(2654435761)) >> np.uint32(24)
    x = index % 512
    y = (index // 512) % 512
    inside = (x.astype(np.int32) - 256) ** 2 + (y.astype(np.int32) - 256) ** 2 < 200 * 200
    hu = np.where(inside, noise.astype(np.int32) - 60, -1000)
    return hu.astype(np.int16).reshape(slices, 512, 512)


def preprocess_opencv(volume, output, pool):
    import cv2

    cv2.setNumThreads(1)

    def work(z):
        clipped = cv2.min(cv2.max(volume[z], -100), 400)
        grey = cv2.convertScaleAbs(cv2.add(clipped, 100), alpha=255.0 / 500.0)
        cv2.equalizeHist(grey, dst=output[z])

    list(pool.map(work, range(len(volume))))


def preprocess_skimage(volume, output, pool):
    from skimage import exposure, util

    def work(z):
        grey = exposure.rescale_intensity(volume[z], in_range=(-100, 400), out_range=np.uint8)
        output[z] = util.img_as_ubyte(exposure.equalize_hist(grey))

    list(pool.map(work, range(len(volume))))


LIBRARIES = {"opencv": preprocess_opencv, "skimage": preprocess_skimage}

if __name__ == "__main__":
    library, slices, repeats, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    volume = make_volume(slices)
    output = np.empty(volume.shape, np.uint8)
    with ThreadPoolExecutor(threads) as pool:

        def run():
            LIBRARIES[library](volume, output, pool)
            return int(output.sum(dtype=np.int64))

        report(run, repeats)
