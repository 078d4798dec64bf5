"""ResNet101 filled from the CT-trained inflated ResNet-152, for `hepatica train --model lesions --base`.

python3 base_2d.py BASE.safetensors [--blocks even|first]

What liver3d/base.py fetches (MIT), under torchvision's names, all four stages. Kernels are summed over z, which is exact where slices
are alike; conv1's three taps along z, 3 mm apart there as here, become the base's three channels, which are the slices at -3, 0
and 3 mm. ResNet101 has 4 of layer2's 8 blocks and 23 of layer3's 36: the first of each, and of the others every second or so, or
those in front; a residual block that is left out leaves its input as it is."""
import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parent.parent / "liver3d"))
from base import fetch

BLOCKS = {1: (3, 3), 2: (8, 4), 3: (36, 23), 4: (3, 3)}  # of ResNet-152, of ResNet101
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# The network's first channel: v = (HU - the liver's commonest) / 200 + 0.5. The base's: (HU + 1000) / 2000.
LIVER_HU = 100.0
GAIN, SHIFT = 200 / 2000, (LIVER_HU - 100 + 1000) / 2000


def in_plane(kernel):
    """The base's axes are (z, x to the patient's right, y to the front), ours (z, y to the back, x to the left)."""
    return kernel.flip(3, 4).transpose(3, 4).contiguous()


def first_layer(state):
    """conv1 and its batch norm for what ResNet101 is given: (v - mean) / std of each slice. The rest is in the norm's mean."""
    kernel = in_plane(state["conv1.weight"].sum(1, keepdim=True))[:, 0]  # one picture went into its three channels
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    constant = (kernel.sum((2, 3)) * (GAIN * mean + SHIFT)).sum(1)
    made = {f"bn1.{name}": state[f"bn1.{name}"] for name in ("weight", "bias", "running_var")}
    return made | {"conv1.weight": kernel * (GAIN * std).view(1, 3, 1, 1), "bn1.running_mean": state["bn1.running_mean"] - constant}


def chosen(layer, which):
    """The base's block for each of ResNet101's."""
    there, wanted = BLOCKS[layer]
    return list(range(wanted)) if which == "first" else [int(k) for k in np.linspace(0, there - 1, wanted).round()]


def resnet101(state, which):
    made = first_layer(state)
    for layer in BLOCKS:
        for block, source in enumerate(chosen(layer, which)):
            prefix = f"layer{layer}.{source}."
            for name, value in state.items():
                if name.startswith(prefix):
                    flat = in_plane(value).sum(2) if value.ndim == 5 else value
                    made[f"layer{layer}.{block}.{name.removeprefix(prefix)}"] = flat
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--blocks", choices=["even", "first"], default="even")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        saved = torch.load(fetch(Path(temporary)), map_location="cpu", weights_only=True)["state_dict"]
    base = resnet101({name: value.float() for name, value in saved.items() if value.ndim}, options.blocks)
    save_file(base, options.out)
    print(f"{options.out}: {sum(value.numel() for value in base.values()):,} values")
