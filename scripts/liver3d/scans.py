"""Training scans as the training holds them: python3 scans.py CT_FOLDER OUT [--single-slices FOLDER].

CT_FOLDER/NAME/{image,label}.nii.gz, canonical orientation (z feet to head, y front to back, x right to left), label > 0: liver. In a folder
named ct-box: boxes round livers, (z, y, x) in their files, of which the liver alone is learned.
Thin slices are averaged to 1.6 to 2.5 mm. Labels: 0 outside, 1 liver, 2 lung, 3 bone, 4 other body; all but the liver by rules."""
import argparse
import csv
from pathlib import Path

import nibabel
import numpy as np
from PIL import Image
from scipy import ndimage

# Patients held back, by fold: the validation patients of the seeded split (seed 0), and the others of both sets dealt out in turn.
FOLDS = (
    {"ircad_e06", "ircad_e07", "ircad_e11", "lits_02", "lits_03", "lits_06", "lits_07"},
    {"ircad_e02", "ircad_e04", "ircad_e08", "ircad_e10", "ircad_e13", "ircad_e18", "lits_00", "lits_04"},
    {"ircad_e03", "ircad_e05", "ircad_e09", "ircad_e12", "ircad_e14", "lits_01", "lits_05"},
)
HU_LOW, HU_HIGH = -160.0, 240.0
BOX_CELL_MM = 6.0
BODY_HU = -130.0
BOX_SPACING_MM = np.array([1.65, 1.35, 1.4])  # of ct-box, whose spacing is lost: a guess that gives a liver of 2 litres
BODY_BEYOND_LIVER_MM = np.array([-25, -27, 93, 56])  # x0, y0, x1, y1 of the body's box against the liver's, the mean of 22 patients


def large_components(mask, minimum):
    labels, count = ndimage.label(mask)
    size = np.bincount(labels.ravel())
    size[0] = 0
    return np.isin(labels, np.flatnonzero(size >= minimum)) if count else np.zeros_like(mask)


def structures(hu, liver, spacing):
    voxel_ml = np.prod(spacing) / 1000
    body = np.zeros(hu.shape, bool)
    for z, plane in enumerate(hu):
        opened = ndimage.binary_opening(plane > BODY_HU, np.ones((5, 5)))
        size = np.bincount(ndimage.label(opened)[0].ravel())[1:]
        if len(size):
            part = large_components(opened, size.max() / 5)
            body[z] = ndimage.binary_fill_holes(ndimage.binary_closing(np.pad(part, 8), iterations=4)[8:-8, 8:-8])
    inner = ndimage.binary_erosion(body, np.ones((1, 5, 5)))
    lung = ndimage.binary_closing(large_components((hu <= -150) & inner, 100 / voxel_ml), np.ones((1, 5, 5))) & body
    bone = large_components((hu >= 225) & body, 0.5 / voxel_ml)
    bone = ndimage.binary_closing(bone, ndimage.generate_binary_structure(3, 1), iterations=2) & body
    labels = np.zeros(hu.shape, np.uint8)
    labels[body] = 4
    labels[lung] = 2
    labels[np.stack([ndimage.binary_fill_holes(plane) for plane in bone])] = 3
    labels[liver] = 1
    return labels


def area_mean(values, axis, spacing, cell):
    """Means over cells of `cell` mm along an axis; linear where voxels are thicker."""
    count = values.shape[axis]
    cells = int(np.ceil(count * spacing / cell - 1e-6))
    weights = np.zeros((cells, count), np.float32)
    for i in range(cells):
        if spacing < cell:
            low, high = i * cell / spacing, min((i + 1) * cell / spacing, count)
            for k in range(int(low), int(np.ceil(high))):
                weights[i, k] = max(0.0, min(high, k + 1) - max(low, k))
        else:
            at = min(max((i + 0.5) * cell / spacing - 0.5, 0), count - 1)
            weights[i, int(at)] += 1 - at % 1
            weights[i, min(int(at) + 1, count - 1)] += at % 1
    weights /= weights.sum(1, keepdims=True)
    return np.moveaxis(np.tensordot(weights, values, (1, axis)), 0, axis)


def body_boxes(hu, spacing):
    """(6-mm slices, 4): x0, y0, x1, y1 in mm; the median over 3 slices either way."""
    for axis, length in ((1, spacing[1]), (2, spacing[0]), (0, spacing[2])):
        hu = area_mean(hu, axis, length, BOX_CELL_MM)
    boxes = np.empty((len(hu), 4))
    for z, plane in enumerate(hu):
        opened = ndimage.binary_opening(plane > BODY_HU, np.ones((3, 3)))
        size = np.bincount(ndimage.label(opened)[0].ravel())[1:]
        if not len(size):
            boxes[z] = 0, 0, plane.shape[1], plane.shape[0]
            continue
        part = large_components(opened, size.max() / 10)
        y, x = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
        boxes[z] = x[0], y[0], x[-1] + 1, y[-1] + 1
    return np.stack([np.median(boxes[max(0, z - 3) : z + 4], axis=0) for z in range(len(boxes))]) * BOX_CELL_MM


def read_case(folder):
    image = nibabel.load(folder / "image.nii.gz")
    spacing = np.array(image.header.get_zooms()[:3], float)
    hu = np.clip(np.asarray(image.dataobj).T.astype(np.float32), HU_LOW, HU_HIGH)
    liver = np.asarray(nibabel.load(folder / "label.nii.gz").dataobj).T > 0
    boxes = body_boxes(hu, spacing)
    merged = 1 if spacing[2] > 1.3 else 2 if spacing[2] > 0.9 else 3
    slices = len(hu) // merged * merged
    hu = hu[:slices].reshape(-1, merged, *hu.shape[1:]).mean(1)
    liver = liver[:slices].reshape(-1, merged, *liver.shape[1:]).mean(1) >= 0.5
    spacing = spacing * [1, 1, merged]
    labels = structures(hu, liver, spacing)
    used = ndimage.binary_dilation(labels.any(0), iterations=6)
    y, x = np.flatnonzero(used.any(1)), np.flatnonzero(used.any(0))
    crop = (slice(None), slice(y[0], y[-1] + 1), slice(x[0], x[-1] + 1))
    grey = np.round((hu - HU_LOW) * 255 / (HU_HIGH - HU_LOW)).astype(np.uint8)
    corner = np.array([x[0] * spacing[0], y[0] * spacing[1]] * 2)
    return {"image": grey[crop], "label": labels[crop], "spacing": spacing, "boxes": (boxes - corner).astype(np.float32)}


def read_box(folder):
    image, label = (np.asarray(nibabel.load(folder / f"{name}.nii.gz").dataobj) for name in ("image", "label"))
    hu, liver = np.clip(image.astype(np.float32), HU_LOW, HU_HIGH), label > 0
    y, x = np.flatnonzero(liver.any((0, 2))), np.flatnonzero(liver.any((0, 1)))
    around = np.array([x[0], y[0], x[-1] + 1, y[-1] + 1]) * np.tile(BOX_SPACING_MM[:2], 2) + BODY_BEYOND_LIVER_MM
    grey = np.round((hu - HU_LOW) * 255 / (HU_HIGH - HU_LOW)).astype(np.uint8)
    boxes = np.tile(around.astype(np.float32), (int(np.ceil(len(hu) * BOX_SPACING_MM[2] / BOX_CELL_MM)), 1))
    return {"image": grey, "label": liver.astype(np.uint8), "spacing": BOX_SPACING_MM, "boxes": boxes, "liver_alone": True}


def read_single_slices(folder):
    with (folder / "index.csv").open() as table:
        names = [row["file"] for row in csv.DictReader(table)]
    read = lambda kind, name: np.asarray(Image.open(folder / kind / name).convert("L"))
    return np.stack([read("image", name) for name in names]), np.stack([read("liver", name) > 127 for name in names])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("ct", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--single-slices", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    read = read_box if options.ct.name == "ct-box" else read_case
    for folder in sorted(options.ct.iterdir()):
        case = read(folder)
        np.savez(options.out / f"{folder.name}.npz", **case)
        print(folder.name, case["image"].shape, case["spacing"], flush=True)
    if options.single_slices:
        images, livers = read_single_slices(options.single_slices)
        np.savez(options.out / "single-slices.npz", image=images, liver=np.packbits(livers))
