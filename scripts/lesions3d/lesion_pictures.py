"""Random pictures of the training scans: crops on the network's grid with the liver's mask and what is lesion in it.

Tensors (z, y, x); positions in mm are (x, y, z) from the corner of a scan's first voxel."""
import math

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from lesion_scans import HU_HIGH, HU_LOW, commonest
from pictures import Pictures, no_thinner, thick_slices, to_input

CONTRAST_UNIT = 30.0  # HU
SMALL_ML = 3.375  # what is smaller counts more
GRAFT_ML = (0.05, 20.0)  # of real lesions that are put into other livers
GRAFT_EDGE = 4  # cells around them


class TrainingScan:
    def __init__(self, scan, cell_mm):
        self.name, self.spacing = scan.name, scan.spacing
        image = torch.from_numpy(scan.hu)
        z, cell = scan.spacing[2], cell_mm[2]
        self.images = [no_thinner(image, z, cell), thick_slices(image, z, 5.0)]
        masks = [torch.from_numpy(mask).float() for mask in (scan.liver, scan.lesions, scan.found, scan.unsure)]
        self.masks = torch.stack([no_thinner(mask, z, cell) for mask in masks])
        self.grey = commonest(scan.hu, scan.liver)
        labels, count = ndimage.label(scan.lesions)
        sizes = np.bincount(labels.ravel())[1:] * np.prod(scan.spacing) / 1000
        self.lesions = [np.argwhere(labels == k + 1)[:: max(1, int(sizes[k] * 4))] for k in range(count) if sizes[k] > 0.02]
        self.grafts = [
            Graft(self, box)
            for box, size in zip(ndimage.find_objects(labels), sizes) if GRAFT_ML[0] < size < GRAFT_ML[1]
        ]  # fmt: skip
        self.alarms = np.zeros((0, 3), int)  # where a network saw lesions that there are not
        self.inside = np.argwhere(scan.liver)[::97]
        border = scan.liver & ~ndimage.binary_erosion(scan.liver, iterations=2)
        self.border = np.argwhere(border)[::29]


class Graft:
    """A real lesion to be put into a liver: its middle and what it covers, mm (x, y, z)."""

    def __init__(self, scan, box):
        low, high = (np.array([getattr(part, end) for part in box[::-1]]) * scan.spacing for end in ("start", "stop"))
        self.scan, self.middle, self.extent = scan, (low + high) / 2, high - low


class LesionPictures(Pictures):
    """`synthetic`: share of pictures that lesions are put into; `grafted`: the share of these lesions that are real ones of other scans;
    `alarmed`: share of pictures round false alarms."""

    def __init__(self, scans, cell_mm, shape, seed, synthetic=0.5, real=0.5, grafted=0.0, alarmed=0.0):
        super().__init__(scans, (None, None), False, cell_mm, shape, seed, torch.device("cpu"))
        self.synthetic, self.real, self.grafted, self.alarmed = synthetic, real, grafted, alarmed
        self.with_lesions = [scan for scan in scans if scan.lesions]
        self.with_grafts = [scan for scan in scans if scan.grafts]
        self.with_alarms = [scan for scan in scans if len(scan.alarms)]

    def batch(self, count):
        drawn = [self.picture() for _ in range(count)]
        return [torch.stack(part)[:, None] for part in zip(*drawn)]

    def picture(self):
        """Input, grey relative to the liver's, the liver's mask as it is given, lesions."""
        if self.with_alarms and self.chance(self.alarmed):
            scan = self.with_alarms[self.random.integers(len(self.with_alarms))]
            places = scan.alarms
        elif self.with_lesions and self.chance(self.real):
            scan = self.with_lesions[self.random.integers(len(self.with_lesions))]
            places = scan.lesions[self.random.integers(len(scan.lesions))]
        else:
            scan = self.cases[self.random.integers(len(self.cases))]
            places = scan.border if self.chance(0.5) else scan.inside
        place = places[self.random.integers(len(places))]
        centre = (place[::-1] + 0.5) * scan.spacing + self.random.normal(0, 1, 3) * np.array([25, 25, 15])
        at = self.positions(self.shape, self.cell, self.affine(), centre, self.uniform(0, 4) if self.chance(0.4) else 0)
        thick = scan.spacing[2] > 4 or self.chance(0.4)
        image = scan.images[1 if thick else 0]
        hu = self.sample(image - HU_LOW, scan.spacing, at) + HU_LOW
        liver, lesion, found, unsure = self.sample_all(scan.masks, scan.spacing, at)
        lesion = torch.minimum(lesion, liver)
        if self.chance(self.synthetic):
            for _ in range(int(self.random.integers(1, 5))):
                if self.with_grafts and self.chance(self.grafted):
                    hu, lesion = self.with_graft(hu, liver, lesion, thick, scan.grey)
                else:
                    hu, lesion = self.with_lesion(hu, liver, lesion, thick)
        hu, grey = self.changed(hu, liver, scan.grey)
        mask = self.given(liver, found)
        relative = ((hu - grey) / CONTRAST_UNIT).clamp(-4, 4)
        lesion = (lesion > 0.5).float()
        return to_input(hu), relative, mask, lesion, self.weights_of(lesion) * (unsure <= 0.5)

    def affine(self):
        turn = self.random.normal(0, 1, 3) * np.radians([5, 5, 12])
        (cx, cy, cz), (sx, sy, sz) = np.cos(turn), np.sin(turn)
        about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
        scale = np.exp(self.random.normal(0, 0.12)) * np.exp(self.random.normal(0, 0.06, 3))
        scale[0] *= -1 if self.chance(0.15) else 1
        return about_x @ about_y @ about_z @ np.diag(scale)

    def sample_all(self, volumes, spacing, at):
        extent = torch.tensor(np.array(volumes.shape[:0:-1]) * spacing, dtype=torch.float32)
        return F.grid_sample(volumes[None], (2 * at / extent - 1)[None].float(), padding_mode="zeros", align_corners=False)[0]

    def changed(self, hu, liver, grey):
        """HU of another scanner, phase and patient, and the liver's grey in it."""
        air, bone = hu <= -158, hu >= 238
        soft = F.avg_pool3d(liver[None, None], 3, 1, 1)[0, 0]
        hu = hu + soft * (hu - grey).clamp(-80, 80) * (math.exp(self.random.normal(0, 0.2)) - 1)  # contrast of what is in it
        if self.chance(0.3):
            shift = self.uniform(-25, 20)
            hu, grey = hu + soft * shift, grey + shift
        scale, shift = math.exp(self.random.normal(0, 0.08)), self.random.normal(0, 8)
        hu, grey = (hu - 60) * scale + 60 + shift, (grey - 60) * scale + 60 + shift
        if self.chance(0.3):
            hu = self.smoothed(hu, self.uniform(0.3, 0.9))
        if self.chance(0.5):
            noise = torch.randn_like(hu)
            if self.chance(0.5):
                noise = F.avg_pool2d(noise[:, None], 3, 1, 1)[:, 0] * 2.5
            hu = hu + noise * abs(self.random.normal(0, 10))
        hu = torch.where(air, HU_LOW, torch.where(bone, HU_HIGH, hu)).clamp(HU_LOW, HU_HIGH)
        return hu, grey + self.random.normal(0, 3)

    def given(self, liver, found):
        """The liver's mask as it may come: a network's, the reference's, grown or shrunk, in part only where it is wrong."""
        mask = found if self.chance(0.5) else liver
        if self.chance(0.4):
            mask = self.with_neighbours(mask)
        if self.chance(0.6):
            knots = [max(2, int(n * mm / 40)) for n, mm in zip(self.shape, self.cell[::-1])]
            field = F.interpolate(torch.randn(1, 1, *knots), size=self.shape, mode="trilinear", align_corners=True)[0, 0]
            shift = self.random.normal(0, 0.12) + field * abs(self.random.normal(0, 0.12))
            soft = F.avg_pool3d(mask[None, None], (3, 5, 5), 1, (1, 2, 2))[0, 0]
            return (soft + shift > 0.5).float()
        return (mask > 0.5).float()

    def weights_of(self, lesion):
        """Of lesions' cells, more the smaller the lesion; 1 elsewhere."""
        labels, count = ndimage.label(lesion.numpy())
        size = np.bincount(labels.ravel(), minlength=count + 1) * np.prod(self.cell) / 1000
        weight = np.clip((SMALL_ML / np.maximum(size, 1e-6)) ** 0.6, 1, 6).astype(np.float32)
        weight[0] = 1
        return torch.from_numpy(weight[labels])

    def with_neighbours(self, mask):
        """Tissue beside the liver that a network may take for it, and liver that it may leave out."""
        border = torch.nonzero(((mask - F.avg_pool3d(mask[None, None], 3, 1, 1)[0, 0]).abs() > 0.2).flatten())
        if len(border) == 0:
            return mask
        _, rows, columns = mask.shape
        for _ in range(int(self.random.integers(1, 4))):
            centre = int(border[int(self.random.integers(len(border))), 0])
            centre = (centre // (rows * columns), centre // columns % rows, centre % columns)
            radius = math.exp(self.uniform(math.log(5), math.log(28)))
            radii = [radius * math.exp(self.random.normal(0, 0.25)) / mm for mm in self.cell[::-1]]
            z, y, x = ((torch.arange(n) - c) / r for n, c, r in zip(mask.shape, centre, radii))
            inside = (z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2 < 1).float()
            mask = torch.maximum(mask, inside) if self.chance(0.8) else mask * (1 - inside)
        return mask

    def place_in(self, liver):
        """A cell of the liver, z, y, x."""
        index = torch.nonzero((liver > 0.5).flatten())
        if len(index) == 0:
            return None
        _, rows, columns = liver.shape
        cell = int(index[int(self.random.integers(len(index))), 0])
        return cell // (rows * columns), cell // columns % rows, cell % columns

    def with_graft(self, hu, liver, lesion, thick, grey):
        """A real lesion of some scan, turned and scaled, with its noise, as much darker or brighter than this liver as than its own."""
        centre = self.place_in(liver)
        if centre is None:
            return hu, lesion
        donor = self.with_grafts[self.random.integers(len(self.with_grafts))]
        graft = donor.grafts[self.random.integers(len(donor.grafts))]
        shape = [math.ceil(1.5 * mm / cell) + 2 * GRAFT_EDGE for mm, cell in zip(graft.extent[::-1], self.cell[::-1])]
        at = self.positions(shape, self.cell, self.affine(), graft.middle, 0)
        contrast = self.sample(donor.images[1 if thick else 0] - donor.grey, donor.spacing, at)
        inside = self.sample_all(donor.masks[1:2], donor.spacing, at)[0]
        weight = F.avg_pool3d(inside[None, None], (1, 3, 3), 1, (0, 1, 1))[0, 0]
        begin = [c - n // 2 for c, n in zip(centre, shape)]
        there = tuple(slice(max(0, b), max(0, min(b + n, size))) for b, n, size in zip(begin, shape, hu.shape))
        here = tuple(slice(s.start - b, s.stop - b) for s, b in zip(there, begin))
        share = weight[here] * liver[there] * (1 - lesion[there])
        hu, lesion = hu.clone(), lesion.clone()
        hu[there] = hu[there] * (1 - share) + (grey + contrast[here]) * share
        lesion[there] = torch.maximum(lesion[there], inside[here] * liver[there])
        return hu, lesion

    def with_lesion(self, hu, liver, lesion, thick):
        """A made-up dark mass; the noise stays. Overlap with real ones joins them."""
        centre = self.place_in(liver)
        if centre is None:
            return hu, lesion
        radius = math.exp(self.uniform(math.log(2.5), math.log(22)))
        radii = [radius * math.exp(self.random.normal(0, 0.18)) / mm for mm in self.cell[::-1]]
        reach = [max(2, int(2 * r) + 1) for r in radii]
        box = tuple(slice(max(0, c - n), c + n + 1) for c, n in zip(centre, reach))
        z, y, x = ((torch.arange(s.start, min(s.stop, n)) - c) / r for s, n, c, r in zip(box, hu.shape, centre, radii))
        distance = torch.sqrt(z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2)
        knots = [max(2, n // 4) for n in distance.shape]
        noise = F.interpolate(torch.randn(1, 1, *knots), size=distance.shape, mode="trilinear", align_corners=True)[0, 0]
        edge = radius / self.uniform(0.8, 3.5)  # mm over which it fades
        weight = torch.sigmoid((1 - distance - 0.2 * noise) * 2 * edge) * liver[box]
        if thick:
            weight = F.avg_pool3d(weight[None, None], (3, 1, 1), 1, (1, 0, 0), count_include_pad=False)[0, 0]
        faintest = -12 - 30 * math.exp(-radius / 5)  # what nobody sees teaches nothing
        contrast = self.uniform(-70, faintest) if self.chance(0.95) else self.uniform(15, 50)
        texture = contrast * (1 + 0.15 * noise)
        if self.chance(0.15):  # a darker or brighter middle
            texture = texture + self.uniform(-25, 25) * torch.exp(-((distance / 0.5) ** 2))
        if self.chance(0.1):
            texture = texture + self.uniform(10, 40) * torch.exp(-(((distance - 0.95) / 0.15) ** 2))
        share = 1 - lesion[box]
        hu, lesion = hu.clone(), lesion.clone()
        hu[box] = hu[box] + weight * texture * share
        lesion[box] = torch.maximum(lesion[box], weight)
        return hu, lesion
