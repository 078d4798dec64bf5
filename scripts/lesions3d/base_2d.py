"""ResNet101 filled from the CT-trained inflated ResNet-152, for `hepatica train --model lesions --base`.

python3 base_2d.py BASE.safetensors [--blocks even|first] [--stages N] [--from BASE.safetensors]

The weights package has its first two stages, `--stages 2 ../../packages/weights-mdl/resnet101_ct.safetensors`, as `--base ct`. --from: what this
script made before, of at least as many stages, instead of the download.

What liver3d/base.py fetches (MIT), under torchvision's names; kernels as bf16, the rest as fp32. Kernels are summed over z, which is exact where slices
are alike; conv1's three taps along z, 3 mm apart there as here, become the base's three channels, which are the slices at -3, 0
and 3 mm. ResNet101 has 4 of layer2's 8 blocks and 23 of layer3's 36: the first of each, and of the others every second or so, or
those in front; a residual block that is left out leaves its input as it is."""
import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).parent.parent / "liver3d"))
from base import SHA256, fetch

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


def fetched(which):
    with tempfile.TemporaryDirectory() as temporary:
        saved = torch.load(fetch(Path(temporary)), map_location="cpu", weights_only=True)["state_dict"]
    return resnet101({name: value.float() for name, value in saved.items() if value.ndim}, which)


def first_stages(base, stages):
    return {name: value for name, value in base.items() if not name.startswith("layer") or int(name[5]) <= stages}


def metadata(which, stages):
    """What hepatica's loadModel reads, and where the values come from."""
    return {
        "kind": "resnet101",
        "structure": "CT",
        "architecture": json.dumps({"stages": stages}),
        "licence": "MIT, Copyright (c) 2025 Stanford MIMI Lab",
        "dataset": "CT: the image backbone that was published as Astra (zh-Wang-Med), derived from Merlin (Stanford MIMI Lab), an inflated ResNet-152",
        "source_sha256": SHA256,
        "blocks": which,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--blocks", choices=["even", "first"], default="even")
    parser.add_argument("--stages", type=int, choices=[1, 2, 3, 4], default=4)
    parser.add_argument("--from", dest="made", type=Path, help="what this script made before with the same --blocks")
    options = parser.parse_args()
    base = first_stages(load_file(options.made) if options.made else fetched(options.blocks), options.stages)
    small = {name: value.bfloat16() if value.ndim > 1 else value.float() for name, value in base.items()}
    save_file(small, options.out, metadata(options.blocks, options.stages))
    print(f"{options.out}: {sum(value.numel() for value in base.values()):,} values")
