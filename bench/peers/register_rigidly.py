"""Lays two scans on one another with elastix's own rigid parameters, by the fixed scan's liver and 10 mm around it.

    register_rigidly.py FOLDER THREADS

FOLDER has after, after-liver, before and before-liver (.nii.gz). Prints JSON: ms, and the rotation and offset that carry a
place of the later scan to the earlier one.
"""

import json
import sys
import time

import itk
import numpy as np
import SimpleITK as sitk

MARGIN_MM = 10


def middle(mask):
    z, y, x = np.nonzero(sitk.GetArrayFromImage(mask))
    return np.array(mask.TransformContinuousIndexToPhysicalPoint([float(v.mean()) for v in (x, y, z)]))


def around(mask):
    """In mm from the mask's surface; as ITK's own type."""
    distance = sitk.SignedMaurerDistanceMap(mask != 0, squaredDistance=False, useImageSpacing=True)
    return sitk.Cast(distance <= MARGIN_MM, sitk.sitkUInt8)


def start(folder, centre, shift):
    """Elastix's file of a transform that shifts alone."""
    parameters = " ".join(f"{v:.9f}" for v in [0, 0, 0, *shift])
    point = " ".join(f"{v:.9f}" for v in centre)
    path = f"{folder}/start.txt"
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            '(Transform "EulerTransform")\n(NumberOfParameters 6)\n'
            f"(TransformParameters {parameters})\n(CenterOfRotationPoint {point})\n"
            '(InitialTransformParameterFileName "NoInitialTransform")\n(HowToCombineTransforms "Compose")\n'
            '(ComputeZYX "false")\n(FixedImageDimension 3)\n(MovingImageDimension 3)\n'
        )
    return path


def found(registration, places):
    """Where the start and what was found after it carry the places."""
    transform = registration.GetCombinationTransform()
    return np.array([np.array(transform.TransformPoint([float(v) for v in place])) for place in places])


def main():
    folder, threads = sys.argv[1], int(sys.argv[2])
    fixed = itk.imread(f"{folder}/after.nii.gz", itk.F)
    moving = itk.imread(f"{folder}/before.nii.gz", itk.F)
    liver = sitk.ReadImage(f"{folder}/after-liver.nii.gz")
    there = sitk.ReadImage(f"{folder}/before-liver.nii.gz")
    sitk.WriteImage(around(liver), f"{folder}/around.nii.gz")
    mask = itk.imread(f"{folder}/around.nii.gz", itk.UC)
    centre = middle(liver)
    initial = start(folder, centre, middle(there) - centre)

    itk.MultiThreaderBase.SetGlobalMaximumNumberOfThreads(threads)
    itk.MultiThreaderBase.SetGlobalDefaultNumberOfThreads(threads)
    parameters = itk.ParameterObject.New()
    parameters.AddParameterMap(itk.ParameterObject.GetDefaultParameterMap("rigid"))
    parameters.SetParameter("WriteResultImage", "false")
    # As its manual says where the edge of what is masked matters: the liver's inside alone leads it astray.
    parameters.SetParameter("ErodeFixedMask", "false")
    begin = time.perf_counter()
    registration = itk.ElastixRegistrationMethod.New(fixed, moving)
    registration.SetFixedMask(mask)
    registration.SetParameterObject(parameters)
    registration.SetInitialTransformParameterFileName(initial)
    registration.SetNumberOfThreads(threads)
    registration.SetLogToConsole(False)
    registration.UpdateLargestPossibleRegion()
    ms = (time.perf_counter() - begin) * 1000

    axes = found(registration, [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    rotation = (axes[1:] - axes[0]).T
    json.dump({"ms": ms, "rotation": rotation.ravel().tolist(), "offsetMm": axes[0].tolist()}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
