"""Labels of scans without a true mask: python3 self_labels.py UNLABELLED FOUND OUT.

UNLABELLED/NAME/{image,lesion_vote}.nii.gz; FOUND/NAME/{liver,lesions}.nii.gz: what `hepatica classify` wrote. OUT/NAME/label.nii.gz: 2 where the
networks and the vote say lesion, 1 where neither does, 3 where they disagree; the image is copied beside it. Never to report on."""
import shutil
import sys
from pathlib import Path

import nibabel
import numpy as np

VOTED, NOT_VOTED = 0.25, 0.1

if __name__ == "__main__":
    unlabelled, found, out = (Path(argument) for argument in sys.argv[1:4])
    for folder in sorted(found.iterdir()):
        read = lambda file: np.asarray(nibabel.load(file).dataobj)
        image = unlabelled / folder.name / "image.nii.gz"
        vote = read(unlabelled / folder.name / "lesion_vote.nii.gz").astype(np.float32)
        liver, lesions = read(folder / "liver.nii.gz") > 0, read(folder / "lesions.nii.gz") > 0
        vote /= max(1, vote.max())
        label = np.where(lesions & (vote >= VOTED), 2, np.where(~lesions & (vote < NOT_VOTED), 1, 3)) * liver
        (out / folder.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(image, out / folder.name / "image.nii.gz")
        nibabel.save(nibabel.Nifti1Image(label.astype(np.uint8), nibabel.load(image).affine), out / folder.name / "label.nii.gz")
        ml = np.prod(nibabel.load(image).header.get_zooms()[:3]) / 1000
        print(folder.name, {name: round(float((label == k).sum() * ml), 1) for k, name in ((1, "liver"), (2, "lesion"), (3, "unsure"))})
