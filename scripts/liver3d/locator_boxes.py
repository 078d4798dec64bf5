"""How far the reference's liver lies beyond the box that the locator finds: python3 locator_boxes.py SCANS WEIGHTS [--held-back].

SCANS: the folder that scans.py fills; WEIGHTS: as hepatica loads them. The first box is told, with the margin of the weights; segmentLiver lets it
grow where the outline reaches its rim."""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from scipy import ndimage

from network import Locator
from pictures import Pictures, to_input
from scans import FOLDS
from train import LOCATOR_CELL_MM, own_part, read_cases


def first_box(probability, config):
    """Low and high, x, y, z in mm, of the pieces that count, with the margin; None where nothing is found."""
    pieces, _ = ndimage.label(probability > config["threshold"])
    cells = np.bincount(pieces.ravel())
    cells[0] = 0
    least = max(config["minimum_share"] * cells.max(), config["minimum_ml"] * 1000 / np.prod(LOCATOR_CELL_MM))
    at = np.nonzero(np.isin(pieces, np.flatnonzero((cells >= least) & (cells > 0))))
    if not len(at[0]):
        return None
    low, high = (np.array([edge(axis) for axis in at[::-1]]) for edge in (np.min, np.max))
    return low * LOCATOR_CELL_MM - config["margin_mm"], (high + 1) * LOCATOR_CELL_MM + config["margin_mm"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("scans", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--held-back", action="store_true", help="the validation's patients alone")
    options = parser.parse_args()
    with safe_open(options.weights, "pt") as opened:
        config = json.loads(opened.metadata()["architecture"])["locator"]
    locator = Locator()
    locator.load_state_dict({k: v.float() for k, v in own_part(load_file(options.weights), True).items()}, strict=False)
    locator.eval()
    device = torch.device("cpu")
    cases = read_cases(options.scans, True, FOLDS[0], LOCATOR_CELL_MM, device)
    pictures = Pictures(cases, (None, None), True, LOCATOR_CELL_MM, (64, 56, 72), 0, device)
    for case in cases:
        if options.held_back and not case.held_back:
            continue
        cells = np.ceil(case.size / LOCATOR_CELL_MM / 8).astype(int) * 8
        hu, _, coordinates, _ = pictures.real(case, tuple(int(n) for n in cells[::-1]), cells * LOCATOR_CELL_MM / 2, augment=False)
        with torch.no_grad():
            logits = locator(torch.cat([to_input(hu)[None, None], coordinates[None].float()], 1))[0]
        low, high = first_box(torch.softmax(logits, 0)[1].numpy(), config)
        z, y, x = np.nonzero((case.label == 1).numpy())
        places = (np.stack([x, y, z]) + 0.5) * case.spacing[:, None]
        beyond = np.maximum(low[:, None] - places, places - high[:, None]).max(0)
        lost = beyond > 0
        print(f"{case.name}: {lost.sum()} of {lost.size} voxels beyond the box, by {max(0, beyond.max()):.0f} mm at most", flush=True)


if __name__ == "__main__":
    main()
