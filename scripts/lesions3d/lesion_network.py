"""The 3-D lesion network: a decoder on the features of the liver network's encoder, and what it is shown beside them.

All tensors (n, c, z, y, x), canonical orientation; the fine grid has cells of 1.5 x 1.5 x 3 mm, the encoder's levels of 3, 6 and 12 mm;
where `cell_mm` is another all lengths here go with it."""
import torch
import torch.nn.functional as F
from torch import nn

from lesion_scans import CELL_MM
from network import Conv, Encoder, up

FINE_EXTRAS, COARSE_EXTRAS = 11, 3


def box_mean(volume, n):
    """Over n cells along each axis, of those that there are."""
    for size, edge in (((n, 1, 1), (n // 2, 0, 0)), ((1, n, 1), (0, n // 2, 0)), ((1, 1, n), (0, 0, n // 2))):
        volume = F.avg_pool3d(volume, size, 1, edge, count_include_pad=False)
    return volume


def extras_of(relative, mask):
    """What the encoder does not say: grey relative to the liver's and the mask, at 3, 6 and 12 mm. Of both (n, 1, z, y, x)."""
    inside = F.avg_pool3d(mask, (1, 2, 2))
    grey = F.avg_pool3d(relative * mask, (1, 2, 2))
    mean = lambda size: F.avg_pool3d(grey, size) / F.avg_pool3d(inside, size).clamp(min=0.1)
    reach = [box_mean(inside, n) for n in (5, 11)]  # 15 and 33 mm: how deep inside
    smooth = F.avg_pool3d(grey, 3, 1, 1) / F.avg_pool3d(inside, 3, 1, 1).clamp(min=0.1)
    cells = lambda volume: torch.cat([volume[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], 1)
    fine = torch.cat([cells(relative), cells(mask), smooth, *reach], 1)
    coarse = []
    for size in (2, 4):
        coarse.append(torch.cat([mean(size), F.avg_pool3d(inside, size), F.avg_pool3d(reach[1], size)], 1))
    return fine, coarse[0], coarse[1]


class LesionDecoder(nn.Module):
    """Logits (n, 1, z, y, x) on the fine grid."""

    def __init__(self, wide=64, middle=48, fine=32):
        super().__init__()
        self.reduce2, self.mix2 = Conv(512, wide, 1), Conv(wide + COARSE_EXTRAS, wide)
        self.down3a, self.down3b = Conv(wide, wide), Conv(wide, wide)
        self.up2 = Conv(wide, middle)
        self.lateral1, self.up1 = Conv(256, middle, 1), Conv(middle + COARSE_EXTRAS, middle)
        self.narrow = nn.Conv3d(middle, fine, 1, bias=False)
        self.lateral0, self.beside0 = Conv(64, fine, 1), Conv(FINE_EXTRAS, fine)
        self.up0a, self.up0b = Conv(fine, fine), Conv(fine, fine)
        self.head = nn.Conv3d(fine, 4, 3, padding=1)  # order: (sub-row, sub-column)

    def forward(self, features, extras):
        c1, l1, l2 = features
        fine, at1, at2 = extras
        x2 = self.mix2(torch.cat([self.reduce2(l2), at2.to(l2.dtype)], 1))
        x = self.up2(up(self.down3b(self.down3a(F.max_pool3d(x2, 2, 2, ceil_mode=True))), x2) + x2)
        x = self.up1(torch.cat([up(x, l1) + self.lateral1(l1), at1.to(l1.dtype)], 1))
        x = up(self.narrow(x), c1) + self.lateral0(c1) + self.beside0(fine)
        x = self.head(self.up0b(self.up0a(x)))
        n, _, d, h, w = x.shape
        return x.view(n, 2, 2, d, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, 1, d, 2 * h, 2 * w)


class LesionNetwork(nn.Module):
    """`stages` of the encoder, for comparison: 2, conv1 with layer1 alone, or 0; zeros are in place of the other features. `cell_mm`: of its input."""

    def __init__(self, stages=2, cell_mm=CELL_MM, **widths):
        super().__init__()
        self.encoder, self.decoder, self.stages, self.cell_mm = Encoder(), LesionDecoder(**widths), stages, cell_mm

    def features(self, x):
        """Of input (n, 1, z, y, x). conv1 stays in fp32: about 0.5, bf16 has steps of 8 HU."""
        n, _, depth, height, width = x.shape
        none = lambda c, dz, d: torch.zeros(n, c, depth // dz, height // d, width // d, dtype=torch.bfloat16)
        if not self.stages:
            return none(64, 1, 2), none(256, 2, 4), none(512, 4, 8)
        with torch.autocast(x.device.type, enabled=False):
            c1 = F.relu(self.encoder.conv1(x))
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            c1 = c1.to(torch.bfloat16)
            l1 = self.encoder.layer1(F.max_pool3d(c1, 3, 2, 1))
            return c1, l1, self.encoder.layer2(l1) if self.stages > 1 else none(512, 4, 8)

    def decode(self, features, relative, mask):
        with torch.autocast(relative.device.type, dtype=torch.bfloat16):
            return self.decoder(features, extras_of(relative, mask)).float()

    def forward(self, x, relative, mask):
        return self.decode(self.features(x), relative, mask)
