"""Random pictures of the training scans, made on the device: crops on a network's grid with labels and coordinates.

Everything is (z, y, x); positions in mm are (x, y, z) from the corner of a scan's first voxel."""
import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from limbs import limb

AIR_HU, BONE_HU = -160.0, 240.0  # where the training copies are saturated
OTHER_BODY = 4
SINGLE_PIXEL_MM = 1.5  # of single slices, whose spacing is lost: a guess


@dataclass
class Case:
    name: str
    spacing: np.ndarray  # x, y, z in mm
    images: list  # HU, float32: thin slices, then thick ones of 5 and 8 mm (the locator: of 8 mm)
    label: torch.Tensor
    liver: torch.Tensor  # 0 or 1, float32
    boxes: np.ndarray  # of the body, a row for each 6 mm of z: x0, y0, x1, y1 in mm
    held_back: bool
    low: np.ndarray = None  # of the liver, mm
    high: np.ndarray = None
    known: float = 1.0  # 0 where the liver alone is labelled

    @property
    def size(self):
        return np.array(self.label.shape[::-1]) * self.spacing


def to_input(hu):
    """What lies at the copies' limits was air or bone; the base's range of [-1000, 1000] HU to [0, 1]."""
    hu = torch.where(hu <= -158, torch.full_like(hu, -1000.0), torch.where(hu >= 238, torch.full_like(hu, 400.0), hu))
    return ((hu + 1000) / 2000).clamp(0, 1)


def along_z(volume, weights):
    return torch.tensordot(torch.from_numpy(weights).to(volume.device), volume, 1)


def mean_over(volume, spacing, width):
    """The mean over `width` mm at every slice."""
    at = (np.arange(len(volume)) + 0.5)[:, None] * spacing
    edge = np.arange(len(volume))[None] * spacing
    weights = np.clip(np.minimum(at + width / 2, edge + spacing) - np.maximum(at - width / 2, edge), 0, None).astype(np.float32)
    return along_z(volume, weights / weights.sum(1, keepdims=True))


def no_thinner(volume, spacing, width):
    """The mean over `width` mm where slices are thinner."""
    return mean_over(volume, spacing, width) if spacing < width - 0.1 else volume


def mean_in_plane(volume, spacing, width):
    """The mean over `width` mm along y and x at every pixel."""
    for axis in (1, 2):
        volume = mean_over(volume.transpose(0, axis), spacing, width).transpose(0, axis)
    return volume.contiguous()


def thick_slices(volume, spacing, thickness, phase=0.0):
    """What a scan of thick slices shows: means over `thickness` mm, linear between them."""
    count = len(volume)
    if thickness <= spacing * 1.05:
        return volume
    slices = max(1, int(count * spacing / thickness))
    low = (np.arange(slices)[:, None] + phase) * thickness
    edge = np.arange(count)[None] * spacing
    mean = np.clip(np.minimum(low + thickness, edge + spacing) - np.maximum(low, edge), 0, None).astype(np.float32)
    mean /= np.maximum(mean.sum(1, keepdims=True), 1e-6)
    back = np.zeros((count, slices), np.float32)
    for k in range(count):
        at = min(max((k + 0.5) * spacing / thickness - 0.5 - phase, 0), slices - 1)
        back[k, int(at)] += 1 - at % 1
        back[k, min(int(at) + 1, slices - 1)] += at % 1
    return along_z(volume, back @ mean)


class Pictures:
    """`cell` (mm, x, y, z) and `whole`: of the network's input; `coarse_cell`, `coarse_shape`: where it takes coordinates. `negatives`: the share of muscle."""

    def __init__(self, cases, singles, locator, cell, shape, seed, device, negatives=0.0):
        self.cases, self.locator, self.whole, self.shape, self.device = cases, locator, shape, shape, device
        self.single_images, self.single_livers = singles
        self.random, self.negatives = np.random.default_rng(seed), negatives
        self.cell = tuple(cell)
        self.coarse_cell = self.cell if locator else (8 * cell[0], 8 * cell[1], 4 * cell[2])

    def coarse_shape(self, shape):
        return shape if self.locator else (shape[0] // 4, shape[1] // 8, shape[2] // 8)

    def uniform(self, low, high):
        return float(self.random.uniform(low, high))

    def chance(self, share):
        return self.random.random() < share

    def batch(self, count):
        """Input (n, 1, z, y, x), labels, coordinates (n, 2, ...), and 1 where more than the liver is labelled."""
        self.shape = (int(self.random.choice([8, 16, 24, 32])) if self.chance(0.3) else self.whole[0], *self.whole[1:])
        drawn = []
        for _ in range(count):
            which = self.random.random()
            if which < self.negatives:
                drawn.append(self.muscle())
                continue
            which = self.random.random()
            if which < (0.12 if self.locator else 0.07):
                drawn.append(self.made_up())
            elif which < 0.20:
                drawn.append(self.single_slice())
            else:
                drawn.append(self.real(self.cases[self.random.choice(len(self.cases))]))
        hu, labels, coordinates, known = zip(*drawn)
        inputs = torch.stack([to_input(picture) for picture in hu])[:, None]
        return inputs, torch.stack(labels), torch.stack(coordinates).float(), torch.tensor(known, device=self.device)

    # ---- a crop of a scan

    def real(self, case, shape=None, centre=None, augment=True):
        shape = shape or self.shape
        if centre is None:
            centre = self.random_centre(case)
        affine = self.random_affine() if augment else np.eye(3)
        warp = self.uniform(0, 5) if augment and self.chance(0.5) else 0
        at = self.positions(shape, self.cell, affine, centre, warp)
        image = case.images[self.random.integers(len(case.images)) if augment and self.chance(0.4) else 0]
        hu = self.sample(image - AIR_HU, case.spacing, at) + AIR_HU
        liver = self.sample(case.liver, case.spacing, at)
        label = torch.round(self.sample(case.label.float(), case.spacing, at, "nearest"))
        label = torch.where(liver > 0.5, 1, torch.where(label == 1, OTHER_BODY, label.long()))
        if augment:
            if self.chance(0.7):
                hu, label = self.masses(hu, label)
            hu, label = self.cut(self.look(hu, liver), label)
        jitter = self.random.normal(0, 8, 4) if augment else np.zeros(4)
        cells = self.positions(self.coarse_shape(shape), self.coarse_cell, affine, centre, 0)
        return hu, label, self.coordinates(cells, case, jitter), case.known

    def random_centre(self, case):
        if self.locator:
            middle = np.array([case.size[0] / 2, case.size[1] / 2, self.uniform(0, case.size[2])])
            return middle + self.random.normal(0, 1, 3) * [25, 25, 0]
        if self.chance(0.72):
            return (case.low + case.high) / 2 + self.random.normal(0, 1, 3) * [25, 20, 30]
        return np.array([self.uniform(0.1, 0.9), self.uniform(0.1, 0.9), self.uniform(0, 1)]) * case.size

    def random_affine(self, enlarged=1.0):
        turn = self.random.normal(0, 1, 3) * np.radians([4, 4, 8])
        if self.chance(0.03):
            turn[2] += np.pi  # prone
        (cx, cy, cz), (sx, sy, sz) = np.cos(turn), np.sin(turn)
        about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
        scale = np.exp(self.random.normal(0, 0.09)) / enlarged * np.exp(self.random.normal(0, 0.05, 3))
        return about_x @ about_y @ about_z @ np.diag(scale)

    def positions(self, shape, cell, affine, centre, warp):
        """(z, y, x, 3): where each cell of the crop lies in the scan. `warp`: mm of a smooth random displacement."""
        z, y, x = (
            (torch.arange(n, device=self.device) + 0.5 - n / 2) * mm for n, mm in zip(shape, (cell[2], cell[1], cell[0]))
        )
        zz, yy, xx = torch.meshgrid(z, y, x, indexing="ij")
        at = torch.stack([xx, yy, zz], -1)
        if warp > 0:
            knots = [max(2, int(n * mm / 60)) for n, mm in zip(shape, (cell[2], cell[1], cell[0]))]
            field = F.interpolate(
                torch.randn(1, 3, *knots, device=self.device) * warp, size=shape, mode="trilinear", align_corners=True
            )
            at = at + field[0].permute(1, 2, 3, 0)
        to_device = lambda values: torch.tensor(values, dtype=torch.float32, device=self.device)
        return at @ to_device(affine).T + to_device(centre)

    def sample(self, volume, spacing, at, mode="bilinear"):
        extent = torch.tensor(np.array(volume.shape[::-1]) * spacing, dtype=torch.float32, device=self.device)
        where = (2 * at / extent - 1)[None].float()
        return F.grid_sample(volume[None, None], where, mode=mode, padding_mode="zeros", align_corners=False)[0, 0]

    def coordinates(self, at, case, jitter):
        row = np.clip((at[..., 2].cpu().numpy() / 6).astype(int), 0, len(case.boxes) - 1)
        box = torch.from_numpy(case.boxes)[torch.from_numpy(row)].to(self.device)
        box = box + torch.tensor(jitter, dtype=torch.float32, device=self.device)
        relative = [
            2 * (at[..., k] - box[..., k]) / (box[..., k + 2] - box[..., k]).clamp(min=30) - 1 for k in (0, 1)
        ]
        return torch.stack(relative).clamp(-1.5, 1.5)

    # ---- changes of grey values and fields of view

    def look(self, hu, liver):
        """HU of another scanner, phase and patient; what was air or bone stays so."""
        air, bone = hu <= -158, hu >= 238
        if self.chance(0.12):  # contrast medium taken out
            share, knee = self.uniform(0.12, 0.35), self.uniform(35, 50)
            hu = torch.where(hu > knee, knee + (hu - knee) * share, hu)
        elif self.chance(0.25):  # the liver alone brighter or darker: phase, fat
            hu = hu + F.avg_pool3d(liver[None, None], 3, 1, 1)[0, 0] * self.uniform(-35, 30)
        hu = (hu - 60) * math.exp(self.random.normal(0, 0.15)) + 60 + self.random.normal(0, 12)
        if self.chance(0.35):
            hu = self.smoothed(hu, self.uniform(0.3, 1.0))
        if self.chance(0.5):
            noise = torch.randn_like(hu)
            if self.chance(0.5):
                noise = F.avg_pool2d(noise[:, None], 3, 1, 1)[:, 0] * 2.5
            hu = hu + noise * abs(self.random.normal(0, 14))
        if self.chance(0.04):
            hu = hu + self.streaks(hu.shape)
        hu = torch.where(air, AIR_HU, torch.where(bone, BONE_HU, hu)).clamp(AIR_HU, BONE_HU)
        return hu.clamp(min=0) if self.chance(0.08) else hu  # as the single slices are

    def smoothed(self, hu, sigma):
        at = torch.arange(-2, 3, device=self.device).float()
        kernel = torch.exp(-(at**2) / (2 * sigma * sigma))
        kernel = kernel / kernel.sum()
        rows = F.conv2d(F.pad(hu[:, None], (2, 2, 0, 0), "replicate"), kernel.view(1, 1, 1, 5))
        return F.conv2d(F.pad(rows, (0, 0, 2, 2), "replicate"), kernel.view(1, 1, 5, 1))[:, 0]

    def streaks(self, shape):
        """From metal somewhere in the picture."""
        y = torch.arange(shape[1], device=self.device) - self.uniform(0, shape[1])
        x = torch.arange(shape[2], device=self.device) - self.uniform(0, shape[2])
        yy, xx = torch.meshgrid(y, x, indexing="ij")
        rays = torch.sin(torch.atan2(yy, xx) * int(self.uniform(8, 30)) + self.uniform(0, 6.3)) * self.uniform(20, 80)
        return (rays * torch.exp(-torch.sqrt(yy**2 + xx**2) / self.uniform(20, 60)))[None]

    def cut(self, hu, label):
        """A round field of view; a scan that ends within the crop."""
        depth, rows, columns = hu.shape
        if self.chance(0.12):
            radius = self.uniform(0.55, 1.0) * max(rows, columns) / 2
            y = torch.arange(rows, device=self.device) - rows / 2
            x = torch.arange(columns, device=self.device) - columns / 2
            outside = (y[:, None] ** 2 + x[None] ** 2 > radius * radius)[None].expand_as(hu)
            hu, label = torch.where(outside, AIR_HU, hu), torch.where(outside, 0, label)
        if self.chance(0.2):
            count = int(self.uniform(1, depth * 0.6))
            ended = slice(0, count) if self.chance(0.5) else slice(depth - count, depth)
            hu, label = hu.clone(), label.clone()
            hu[ended], label[ended] = AIR_HU, 0
        elif self.chance(0.7 if depth < self.whole[0] else 0.1):  # a whole number of eights, what is missing at the end
            count = int(self.random.integers(1, 8))
            hu, label = hu.clone(), label.clone()
            hu[depth - count :], label[depth - count :] = AIR_HU, 0
        return hu, label

    def masses(self, hu, label):
        """Made-up masses in the liver, which are liver, and beside it, which never are."""
        for inside, share in ((True, 0.25), (False, 0.45)):
            if not self.chance(share):
                continue
            for _ in range(int(self.random.integers(1, 4)) if inside else 1):
                hu, label = self.with_mass(hu, label, inside)
        return hu, label

    def with_mass(self, hu, label, inside):
        liver = label == 1
        where = liver if inside else (label == OTHER_BODY) & (hu > -100) & self.near(liver, 40)
        index = torch.nonzero(where.flatten())
        if len(index) == 0:
            return hu, label
        _, rows, columns = hu.shape
        centre = int(index[int(self.random.integers(len(index))), 0])
        centre = (centre // (rows * columns), centre // columns % rows, centre % columns)
        radius = np.exp(self.random.uniform(np.log(8), np.log(50))) if inside else self.uniform(18, 95)
        radii = [max(1.0, radius * math.exp(self.random.normal(0, 0.2)) / mm) for mm in self.cell[::-1]]
        z, y, x = ((torch.arange(n, device=self.device) - c) / r for n, c, r in zip(hu.shape, centre, radii))
        distance = torch.sqrt(z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2)
        knots = [max(2, n // k) for n, k in zip(hu.shape, (6, 10, 10))]
        noise = F.interpolate(
            torch.randn(1, 1, *knots, device=self.device), size=hu.shape, mode="trilinear", align_corners=True
        )[0, 0]
        edge = torch.sigmoid((1 - distance - 0.15 * noise) * self.uniform(6, 25))
        weight = edge * (liver if inside else ~liver & (hu > -120)).float()
        unevenness = self.uniform(0, 6) if self.chance(0.35) else self.uniform(2, 30)
        texture = self.uniform(-5, 95) + noise * unevenness + torch.randn_like(hu) * self.uniform(3, 12)
        if self.chance(0.3):  # a bright rim
            texture = texture + self.uniform(10, 60) * torch.exp(-(((distance - 0.95) / 0.12) ** 2))
        if not inside and self.chance(0.35):
            texture = self.stomach(texture, distance + 0.1 * noise, y[None, :, None])
        hu = hu * (1 - weight) + texture * weight
        return hu, label if inside else torch.where((weight > 0.5) & (label != 1), OTHER_BODY, label)

    def stomach(self, content, distance, rows):
        """Or bowel, of a mass beside the liver: a wall, what it holds, gas in front of that. `distance`, `rows`: from its middle, in radii."""
        wall = distance > self.uniform(0.7, 0.95)
        hu = torch.where(wall, self.uniform(20, 110) + torch.randn_like(content) * self.uniform(3, 12), content)
        return torch.where(~wall & (rows < self.uniform(-1.0, 0.6)), AIR_HU, hu)

    def near(self, mask, mm):
        reached = mask.float()[None, None]
        for axis, cell in enumerate(self.cell[::-1]):
            size = [1, 1, 1]
            size[axis] = 2 * int(mm / cell / 2) + 1
            reached = F.max_pool3d(reached, size, 1, tuple(n // 2 for n in size))
        return reached[0, 0] > 0

    # ---- other patients' single slices, and pictures without a liver

    def single_slice(self):
        """Repeated over z. Fat and air are lost there, and only the liver is labelled."""
        k = int(self.random.integers(len(self.single_images)))
        depth, rows, columns = self.shape
        side, scale = self.single_images.shape[-1], math.exp(self.random.normal(0, 0.1))
        turn, shift = self.random.normal(0, np.radians(8)), self.random.normal(0, 0.12, 2)
        wide, high, _ = (mm / SINGLE_PIXEL_MM * 2 / side * scale for mm in self.cell)
        y = (torch.arange(rows, device=self.device) + 0.5 - rows / 2) * high
        x = (torch.arange(columns, device=self.device) + 0.5 - columns / 2) * wide
        yy, xx = torch.meshgrid(y, x, indexing="ij")
        to_the_liver = 0 if self.locator else 0.12
        at = torch.stack(
            [
                np.cos(turn) * xx - np.sin(turn) * yy + shift[0] - to_the_liver,
                np.sin(turn) * xx + np.cos(turn) * yy + shift[1],
            ],
            -1,
        )[None].float()
        read = lambda plane: F.grid_sample(plane.float()[None, None], at, padding_mode="zeros", align_corners=False)[0, 0]
        liver = read(self.single_livers[k])[None].repeat(depth, 1, 1)
        hu = self.look(read(self.single_images[k])[None].repeat(depth, 1, 1).clamp(0, BONE_HU), liver).clamp(min=0)
        cells = self.coarse_shape(self.shape)
        pixels = (F.interpolate(at.permute(0, 3, 1, 2), size=cells[1:], mode="area")[0] + 1) * side / 2
        body = self.single_images[k] > 20
        relative = []
        for axis, line in ((0, body.any(0)), (1, body.any(1))):
            found = torch.nonzero(line)[:, 0]
            low, high = (float(found[0]), float(found[-1]) + 1) if len(found) else (0.0, float(side))
            low, high = low + self.random.normal(0, 5), high + self.random.normal(0, 5)
            relative.append(2 * (pixels[axis] - low) / max(20, high - low) - 1)
        coordinates = torch.stack(relative).clamp(-1.5, 1.5)[:, None].expand(2, *cells)
        return hu, (liver > 0.5).long(), coordinates, 0.0

    def muscle(self):
        """What a pelvis or thigh shows, made up, or enlarged from what lies below a liver. It teaches that no liver is there alone:
        learned as bone and body too, made-up bones took real ones' borders away."""
        below = [case for case in self.cases if case.low[2] > 25]
        if self.chance(0.6) or not below:
            hu, label, box = limb(self.random, self.shape, self.cell, self.device)
            hu = self.smoothed(hu, self.uniform(0.5, 1.2)) + torch.randn_like(hu) * self.uniform(3, 12)
            hu = torch.where(label == 0, AIR_HU, hu)
            case, centre = Case("", np.ones(3), [], label, label, np.array([box], np.float32), False), np.zeros(3)
            affine = np.eye(3)
        else:
            case = below[self.random.choice(len(below))]
            depth = self.shape[0] * self.cell[2] / 2
            enlarged = max(self.uniform(1.0, 2.5), 1.15 * depth / (case.low[2] / 2 - 3))
            affine = self.random_affine(enlarged)
            centre = np.array([self.uniform(0.2, 0.8), self.uniform(0.3, 0.9), 0]) * case.size
            centre[2] = self.uniform(depth / enlarged, case.low[2] - 3 - depth / enlarged)
            at = self.positions(self.shape, self.cell, affine, centre, 0)
            hu = self.sample(case.images[0] - AIR_HU, case.spacing, at) + AIR_HU
            label = torch.round(self.sample(case.label.float(), case.spacing, at, "nearest")).long()
            label = torch.where(label == 1, OTHER_BODY, label)
        hu, label = self.cut(self.look(hu, torch.zeros_like(hu)), label)
        cells = self.positions(self.coarse_shape(self.shape), self.coarse_cell, affine, centre, 0)
        return hu, label, self.coordinates(cells, case, self.random.normal(0, 8, 4)), 0.0

    def made_up(self):
        """Slices out of order, constants, noise. Nothing is found where nothing is."""
        which = self.random.random()
        if which < 0.45:
            hu, label, coordinates, known = self.real(self.cases[self.random.choice(len(self.cases))])
            order = torch.from_numpy(self.random.permutation(len(hu))).to(self.device)
            return hu[order], torch.where(label[order] == 1, OTHER_BODY, label[order]), coordinates, known
        if which < 0.6:
            hu = torch.full(self.shape, self.uniform(-200, 240), device=self.device)
        elif which < 0.8:
            hu = torch.randn(self.shape, device=self.device) * self.uniform(5, 150) + self.uniform(-100, 150)
        else:
            coarseness = (self.uniform(3, 12), self.uniform(4, 24), self.uniform(4, 24))
            knots = [max(2, n // int(k)) for n, k in zip(self.shape, coarseness)]
            noise = F.interpolate(torch.randn(1, 1, *knots, device=self.device), size=self.shape, mode="trilinear")[0, 0]
            hu = noise * self.uniform(20, 150) + self.uniform(-100, 150)
        hu = hu.clamp(AIR_HU, BONE_HU)
        depth, rows, columns = self.coarse_shape(self.shape)
        y = torch.linspace(-0.6, 0.6, rows, device=self.device)[None, :, None].expand(depth, rows, columns)
        x = torch.linspace(-0.6, 0.6, columns, device=self.device)[None, None].expand(depth, rows, columns)
        shift = torch.rand(2, 1, 1, 1, device=self.device) * 2 - 1
        return hu, torch.where(hu > -130, OTHER_BODY, 0), (torch.stack([x, y]) + shift).clamp(-1.5, 1.5), 1.0
