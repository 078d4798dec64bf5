"""Scans without a true mask for self-training: python3 agreed.py UNLABELLED FOUND OUT.

UNLABELLED/NAME/{image,liver_vote}.nii.gz; FOUND/NAME/liver.nii.gz: what `hepatica segment` found. OUT/NAME/{image,label}.nii.gz, for scans.py:
the longest run of slices in each of which the network and the vote agree. Never to report on."""
import sys
from pathlib import Path

import nibabel
import numpy as np

LEAST_DICE = 0.94


def longest_run(agreed):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], agreed.astype(int), [0]])))
    begin, end = max(edges.reshape(-1, 2), key=lambda run: run[1] - run[0])
    return slice(int(begin), int(end))


if __name__ == "__main__":
    unlabelled, found, out = (Path(argument) for argument in sys.argv[1:4])
    for folder in sorted(unlabelled.iterdir()):
        image = nibabel.load(folder / "image.nii.gz")
        vote = np.asarray(nibabel.load(folder / "liver_vote.nii.gz").dataobj) > 0.5
        liver = np.asarray(nibabel.load(found / folder.name / "liver.nii.gz").dataobj) > 0
        both, all_of = (vote & liver).sum((0, 1)), vote.sum((0, 1)) + liver.sum((0, 1))
        run = longest_run(2 * both >= LEAST_DICE * np.maximum(all_of, 1))
        (out / folder.name).mkdir(parents=True, exist_ok=True)
        nibabel.save(image.slicer[:, :, run], out / folder.name / "image.nii.gz")
        label = nibabel.Nifti1Image(liver.astype(np.uint8), image.affine).slicer[:, :, run]
        nibabel.save(label, out / folder.name / "label.nii.gz")
        print(folder.name, f"slices {run.start} to {run.stop} of {liver.shape[2]}", flush=True)
