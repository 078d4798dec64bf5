"""Made-up pelves and thighs, where the training scans have none: muscles parted by fat round bones, none of it liver.

Shapes only: muscles are the cells of a Voronoi diagram whose seeds drift with z, bones are ellipses among them, all in a
ring of fat. Grey values after the literature: muscle 45 to 80 HU, fat -110 to -80, bladder 0 to 20, bone above the copies' limit."""
import math

import torch

BONE, OTHER_BODY = 3, 4
AIR_HU, BONE_HU = -160.0, 240.0


def grid(shape, cell, device):
    """z, y, x in mm from the middle."""
    return [(torch.arange(n, device=device) + 0.5 - n / 2) * mm for n, mm in zip(shape, cell[::-1])]


def drifting_discs(random, z, y, x, centre, radii):
    """1 within an ellipse whose middle moves and whose size changes with z."""
    drift, growth = random.normal(0, 0.15, 2), random.normal(0, 0.003)
    size = (1 + growth * z).clamp(0.3, 2)[:, None, None]
    dx = (x[None, None, :] - centre[0] - float(drift[0]) * z[:, None, None]) / (radii[0] * size)
    dy = (y[None, :, None] - centre[1] - float(drift[1]) * z[:, None, None]) / (radii[1] * size)
    return dx * dx + dy * dy


def muscles(random, z, y, x, extent):
    """Which muscle each cell belongs to, and how far in mm its border is."""
    count = int(random.integers(10, 60))
    seeds = torch.tensor(random.uniform(-1, 1, (count, 2)) * extent, dtype=torch.float32, device=z.device)
    drift = torch.tensor(random.normal(0, 0.25, (count, 2)), dtype=torch.float32, device=z.device)
    stretch = math.exp(random.normal(0, 0.3))
    turn = random.uniform(0, math.pi)
    nearest = torch.full((len(z), len(y), len(x)), 1e9, device=z.device)
    second, owner = nearest.clone(), torch.zeros_like(nearest, dtype=torch.long)
    for k in range(count):
        at = seeds[k] + drift[k] * z[:, None]
        dx, dy = x[None, None, :] - at[:, 0, None, None], y[None, :, None] - at[:, 1, None, None]
        along, across = dx * math.cos(turn) + dy * math.sin(turn), dy * math.cos(turn) - dx * math.sin(turn)
        distance = torch.sqrt((along / stretch) ** 2 + (across * stretch) ** 2)
        closer = distance < nearest
        second = torch.where(closer, nearest, torch.minimum(second, distance))
        owner = torch.where(closer, k, owner)
        nearest = torch.where(closer, distance, nearest)
    return owner, (second - nearest) / 2, count


def limb(random, shape, cell, device):
    """HU and labels of a crop, and the box of its body in mm from the crop's middle: x0, y0, x1, y1."""
    z, y, x = grid(shape, cell, device)
    radii = random.uniform(110, 210), random.uniform(80, 130)
    # The training crops lie about the liver, off the body's middle: so do these.
    middle = random.normal(0, 1, 2) * [50, 30]
    body = drifting_discs(random, z, y, x, middle, radii)
    skin_fat = 1 - random.uniform(5, 35) / min(radii)
    owner, border, count = muscles(random, z, y, x, [250, 180])
    base = random.uniform(45, 80)
    tone = torch.tensor(base + random.normal(0, 5, count), dtype=torch.float32, device=device)
    fat = random.uniform(-110, -80)
    hu = torch.where(border > random.uniform(0.3, 2.5), tone[owner], fat)
    for _ in range(int(random.integers(0, 4))):  # what lies between muscles is fat at places
        hu = torch.where(owner == int(random.integers(count)), fat, hu)
    hu = torch.where(body > skin_fat**2, fat, hu)
    label = torch.full(shape, OTHER_BODY, device=device)
    for _ in range(int(random.integers(0, 7))):
        at = middle + random.uniform(-0.6, 0.6, 2) * radii
        bone = drifting_discs(random, z, y, x, at, random.uniform(8, 40, 2))
        hu = torch.where(bone < 1, BONE_HU if random.random() < 0.5 else random.uniform(80, 240), hu)
        hu = torch.where((bone < 1) & (bone > 0.6), BONE_HU, hu)
        label = torch.where(bone < 1, BONE, label)
    if random.random() < 0.4:
        bladder = drifting_discs(random, z, y, x, middle + random.normal(0, 15, 2), random.uniform(20, 60, 2))
        hu, label = torch.where(bladder < 1, random.uniform(0, 20), hu), torch.where(bladder < 1, OTHER_BODY, label)
    hu, label = torch.where(body > 1, AIR_HU, hu), torch.where(body > 1, 0, label)
    return hu, label, [middle[0] - radii[0], middle[1] - radii[1], middle[0] + radii[0], middle[1] + radii[1]]
