"""The 3-D liver network: a locator on the whole scan at 6 mm, and the fine network (CT-trained encoder, decoder) in the liver's box.
All tensors (n, c, z, y, x), canonical orientation. State-dict names are those of the C++ networks."""
import torch, torch.nn as nn, torch.nn.functional as F


def up(x, like):
    return F.interpolate(x, size=like.shape[2:], mode='trilinear', align_corners=False)


class Conv(nn.Sequential):
    """Convolution, batch norm, ReLU: NAME.conv.weight, NAME.bn.*."""
    def __init__(self, i, o, k=3):
        super().__init__()
        self.add_module('conv', nn.Conv3d(i, o, k, padding=k // 2, bias=False))
        self.add_module('bn', nn.BatchNorm3d(o))
        self.add_module('relu', nn.ReLU(True))


class Bottleneck(nn.Module):
    """1x1x1 narrows, 3x3x3 (stride), 1x1x1 widens; batch norm already folded: convolutions with bias."""
    def __init__(self, i, width, stride, project):
        super().__init__()
        self.conv1 = nn.Conv3d(i, width, 1)
        self.conv2 = nn.Conv3d(width, width, 3, stride=stride, padding=1)
        self.conv3 = nn.Conv3d(width, 4 * width, 1)
        self.downsample = nn.Conv3d(i, 4 * width, 1, stride=stride) if project else None

    def forward(self, x):
        y = self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Encoder(nn.Module):
    """conv1 (64; 3 x 7 x 7, stride 1 2 2): at 3 mm; layer1 (256): at 6 mm; layer2 (512): at 12 mm, of an input of 1.5 x 1.5 x 3 mm."""
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv3d(1, 64, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3))
        self.layer1 = nn.Sequential(*(Bottleneck(64 if b == 0 else 256, 64, 1, b == 0) for b in range(3)))
        self.layer2 = nn.Sequential(*(Bottleneck(256 if b == 0 else 512, 128, 2 if b == 0 else 1, b == 0) for b in range(8)))

    def forward(self, x):
        c1 = F.relu(self.conv1(x))
        l1 = self.layer1(F.max_pool3d(c1, 3, 2, 1))
        return c1, l1, self.layer2(l1)


class Decoder(nn.Module):
    """Two more levels (24 and 48 mm) for context, coordinates of the body's box at layer2's cells; logits of K structures in the input's cells."""
    def __init__(self, structures, wide=96, middle=64, fine=32):
        super().__init__()
        self.structures = structures
        self.reduce2, self.mix2 = Conv(512, wide, 1), Conv(wide + 2, wide)
        self.down3a, self.down3b = Conv(wide, wide), Conv(wide, wide)
        self.down4a, self.down4b = Conv(wide, wide), Conv(wide, wide)
        self.up3, self.up2 = Conv(wide, wide), Conv(wide, middle)
        self.lateral1, self.up1 = Conv(256, middle, 1), Conv(middle, middle)
        self.narrow = nn.Conv3d(middle, fine, 1, bias=False)
        self.lateral0, self.up0 = Conv(64, fine, 1), Conv(fine, fine)
        self.head = nn.Conv3d(fine, 4 * structures, 3, padding=1)      # order: (structure, sub-row, sub-column)

    def forward(self, c1, l1, l2, coordinates):
        x2 = self.mix2(torch.cat([self.reduce2(l2), coordinates.to(l2.dtype)], 1))
        x3 = self.down3b(self.down3a(F.max_pool3d(x2, 2, 2, ceil_mode=True)))
        x4 = self.down4b(self.down4a(F.max_pool3d(x3, 2, 2, ceil_mode=True)))
        x = self.up2(up(self.up3(up(x4, x3) + x3), x2) + x2)
        x = self.up1(up(x, l1) + self.lateral1(l1))
        x = self.head(self.up0(up(self.narrow(x), c1) + self.lateral0(c1)))
        n, _, d, h, w = x.shape
        return x.view(n, self.structures, 2, 2, d, h, w).permute(0, 1, 4, 5, 2, 6, 3).reshape(n, self.structures, d, 2 * h, 2 * w)


class Locator(nn.Module):
    """A U-Net at 6 mm: channels (input, x, y); logits (n, 2): nothing, liver. Sizes are multiples of 8."""
    def __init__(self, widths=(16, 32, 64, 96)):
        super().__init__()
        a, b, c, d = widths
        self.enter1, self.enter2 = Conv(3, a), Conv(a, a)
        self.down2a, self.down2b = Conv(a, b), Conv(b, b)
        self.down3a, self.down3b = Conv(b, c), Conv(c, c)
        self.down4a, self.down4b = Conv(c, d), Conv(d, d)
        self.narrow3, self.up3 = nn.Conv3d(d, c, 1, bias=False), Conv(c, c)
        self.narrow2, self.up2 = nn.Conv3d(c, b, 1, bias=False), Conv(b, b)
        self.narrow1, self.up1 = nn.Conv3d(b, a, 1, bias=False), Conv(a, a)
        self.head = nn.Conv3d(a, 2, 1)

    def forward(self, x):
        x1 = self.enter2(self.enter1(x))
        x2 = self.down2b(self.down2a(F.max_pool3d(x1, 2)))
        x3 = self.down3b(self.down3a(F.max_pool3d(x2, 2)))
        x4 = self.down4b(self.down4a(F.max_pool3d(x3, 2)))
        x3 = self.up3(up(self.narrow3(x4), x3) + x3)
        x2 = self.up2(up(self.narrow2(x3), x2) + x2)
        return self.head(self.up1(up(self.narrow1(x2), x1) + x1))


class FineNetwork(nn.Module):
    def __init__(self, structures=5, **widths):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder(structures, **widths)

    def forward(self, x, coordinates):
        return self.decoder(*self.encoder(x), coordinates)
