"""Scans with lesions as the training holds them, and how a scan comes to the network's grid and back.

Arrays (z, y, x), canonical orientation; spacing (x, y, z) in mm."""
import math
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from scipy import ndimage

from scans import BOX_SPACING_MM, HU_HIGH, HU_LOW

CELL_MM = (1.5, 1.5, 3.0)  # of the network's grid, x, y, z


@dataclass
class Scan:
    name: str
    hu: np.ndarray  # float32, clipped
    liver: np.ndarray  # the reference's, with its lesions
    lesions: np.ndarray
    unsure: np.ndarray  # where a scan that a network marked says neither lesion nor none
    found: np.ndarray  # the liver that a network found, or the reference's
    spacing: np.ndarray


def read_array(file, canonical=True):
    values = np.asarray(nibabel.load(file).dataobj)
    return values.T if canonical else values


def read_scan(folder: Path, livers: Path | None = None, lesions_known=True):
    """Labels: 1 liver, 2 lesion, 3 unsure. LIVERS/NAME/liver.nii.gz: what `hepatica segment --out LIVERS/NAME` found; the reference's liver where it is absent."""
    squeezed = folder.parent.name == "ct-box"  # lies as (z, y, x) in its file
    spacing = BOX_SPACING_MM if squeezed else nibabel.load(folder / "image.nii.gz").header.get_zooms()[:3]
    hu = np.clip(read_array(folder / "image.nii.gz", not squeezed).astype(np.float32), HU_LOW, HU_HIGH)
    label_file, found_file = folder / "label.nii.gz", livers / folder.name / "liver.nii.gz" if livers else None
    label = read_array(label_file, not squeezed) if label_file.exists() else np.zeros(hu.shape, np.uint8)
    liver = label > 0
    found = read_array(found_file) > 0 if found_file and found_file.exists() else liver
    lesions = label == 2 if lesions_known else np.zeros_like(liver)
    return Scan(folder.name, hu, liver, lesions, label == 3, found, np.array(spacing, float))


def commonest(hu, mask):
    """The liver's commonest grey: the peak of a smoothed histogram."""
    counts, edges = np.histogram(hu[mask], bins=400, range=(HU_LOW, HU_HIGH))
    counts[[0, -1]] = 0
    peak = int(ndimage.gaussian_filter1d(counts.astype(float), 6).argmax())
    return float(edges[peak] + edges[peak + 1]) / 2


def forward_axis(count, spacing, cell):
    """(cells, count): the mean of what a cell covers; linear between voxels' centres where they are larger."""
    cells = math.ceil(count * spacing / cell - 1e-6)
    ratio = cell / spacing
    weights = np.zeros((cells, count), np.float32)
    for i in range(cells):
        if ratio > 1:
            low, high = i * ratio, min((i + 1) * ratio, count)
            for k in range(int(low), min(math.ceil(high), count)):
                weights[i, k] = max(0.0, min(high, k + 1) - max(low, k))
        else:
            at = min(max((i + 0.5) * ratio - 0.5, 0.0), count - 1.0)
            weights[i, int(at)] += 1 - at % 1
            weights[i, min(int(at) + 1, count - 1)] += at % 1
    return weights / weights.sum(1, keepdims=True)


def to_grid(volume, spacing, cell_mm):
    z, y, x = (forward_axis(volume.shape[2 - i], spacing[i], cell_mm[i]) for i in (2, 1, 0))
    return np.tensordot(z, y @ volume.astype(np.float32) @ x.T, 1)


def back_axis(count, spacing, cell, begin, length):
    weights = np.zeros((count, length), np.float32)
    for i in range(count):
        at = (i + 0.5) * spacing / cell - 0.5 - begin
        if not -0.5 <= at < length - 0.5:
            continue
        at = min(max(at, 0.0), length - 1.0)
        weights[i, int(at)] += 1 - at % 1
        weights[i, min(int(at) + 1, length - 1)] += at % 1
    return weights


def to_source(values, spacing, cell_mm, shape, begin):
    """Of a crop that begins at cell `begin` (z, y, x); 0 outside it."""
    z, y, x = (back_axis(shape[k], spacing[2 - k], cell_mm[2 - k], begin[k], values.shape[k]) for k in range(3))
    return np.tensordot(z, y @ values @ x.T, 1)


def crop_of(mask, cell_mm, margin_mm=24.0):
    """begin, length (z, y, x) in cells: round the mask on the grid, lengths in multiples of 8."""
    begin, length = [], []
    for k in range(3):
        inside = np.flatnonzero(mask.any(tuple(i for i in range(3) if i != k)))
        margin = math.ceil(margin_mm / cell_mm[2 - k])
        low, high = max(0, inside[0] - margin), min(mask.shape[k], inside[-1] + 1 + margin)
        cells = -(-(high - low) // 8) * 8
        begin.append(max(0, min(low, mask.shape[k] - cells)))
        length.append(cells)
    return begin, length


def cut(volume, begin, length, outside):
    out = np.full(length, outside, np.float32)
    part = volume[tuple(slice(b, b + n) for b, n in zip(begin, length))]
    out[tuple(slice(0, n) for n in part.shape)] = part
    return out
