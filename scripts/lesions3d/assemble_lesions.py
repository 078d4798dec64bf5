"""Puts a decoder that train_lesions.py wrote, and the encoder that it was trained on, into the weights of a lesion network:
python3 assemble_lesions.py MDL DECODER LIVER OUT --share 0.5. What MDL has otherwise stays as it is; its own 3-D network is replaced.
The numbers that MDL has are kept as those of the MDL-CNN alone (`paper`), --set changes those of both networks together."""
import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

PREFIX = "location3d."
# Chosen for what says where lesions are; `hepatica` takes `paper`'s for `model: 'paper'`.
CELL_MM = (1.5, 1.5, 3)  # of files that do not say
LEVELS = {"threshold": 0.7, "extent_threshold": 0.5, "type_temperature": 1, "indeterminate_below": 0}


def half(tensors):
    """Kernels as bf16; vectors, which are few and scale whole channels, as they are."""
    return {name: value.to(torch.bfloat16) if value.dim() > 1 else value.float() for name, value in tensors.items()}


def starting_with(tensors, prefix):
    return {name: value for name, value in tensors.items() if name.startswith(prefix)}


def widths_of(decoder):
    of = lambda name: len(decoder[f"decoder.{name}.weight"])
    return {"wide": of("mix2.conv"), "middle": of("up1.conv"), "fine": of("up0a.conv")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mdl", type=Path, help="weights of kind mdl_cnn")
    parser.add_argument("decoder", type=Path, help="what train_lesions.py wrote")
    parser.add_argument("liver", type=Path, help="weights of kind encoder3d, whose encoder the decoder was trained on")
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of the 3-D network in a place's probability")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other numbers of the architecture, as threshold=0.5")
    options = parser.parse_args()
    with safe_open(options.mdl, "pt") as file:
        metadata = file.metadata()
    decoder = starting_with(load_file(options.decoder), "decoder.")
    encoder = starting_with(load_file(options.liver), "encoder.")
    architecture = json.loads(metadata["architecture"])
    architecture |= {"paper": architecture.get("paper", {name: architecture.get(name, other) for name, other in LEVELS.items()})}
    with safe_open(options.liver, "pt") as file:
        cells = {"cell_mm": json.loads(file.metadata()["architecture"]).get("cell_mm", CELL_MM)}  # one pass of the encoder for both
    architecture |= {"location3d": widths_of(decoder) | cells | {"share": options.share}}
    architecture |= {name: float(value) for name, _, value in (setting.partition("=") for setting in options.set)}
    metadata["architecture"] = json.dumps(architecture)
    own = {name: value for name, value in load_file(options.mdl).items() if not name.startswith(PREFIX)}
    save_file(own | {PREFIX + name: value.contiguous() for name, value in half(encoder | decoder).items()}, options.out, metadata)


if __name__ == "__main__":
    main()
