"""Puts the two networks that train.py wrote into one file that hepatica loads: python3 assemble.py FINE LOCATOR OUT."""
import argparse
import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save_file

LOCATOR = {"widths": [16, 32, 64, 96], "threshold": 0.15, "minimum_share": 0.25, "minimum_ml": 1, "margin_mm": 20}
ARCHITECTURE = {"structures": ["background", "liver", "lungs", "bone", "body"], "wide": 96, "middle": 64, "fine": 32, "threshold": 0.5}
CELL_MM = (1.5, 1.5, 2.8)  # that the scan is shown in, by default; the training's are 3 mm along z (docs/experiments.md, "Cells")
POSTPROCESSING = {"components": {"minimumShare": 0.1}, "fillHoles": True}


def held_back(file):
    """Whom a network was trained without, as a JSON list; none where its file does not say."""
    with safe_open(file, "pt") as opened:
        return (opened.metadata() or {}).get("validation_patients", "[]")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fine", type=Path)
    parser.add_argument("locator", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mean-with", type=Path, help="other weights of the fine network: the mean of both is taken")
    parser.add_argument("--locator-threshold", type=float, default=LOCATOR["threshold"])
    parser.add_argument("--locator-share", type=float, default=LOCATOR["minimum_share"])
    parser.add_argument("--margin-mm", type=float, default=LOCATOR["margin_mm"])
    parser.add_argument("--cell-mm", type=float, nargs=3, default=CELL_MM, metavar=("X", "Y", "Z"))
    options = parser.parse_args()
    locator = {**LOCATOR, "threshold": options.locator_threshold, "minimum_share": options.locator_share, "margin_mm": options.margin_mm}
    fine = load_file(options.fine)
    if options.mean_with:
        other = load_file(options.mean_with)
        fine = {name: ((value.float() + other[name].float()) / 2).to(value.dtype) for name, value in fine.items()}
    tensors = fine | {f"locator.{name}": value for name, value in load_file(options.locator).items()}
    metadata = {
        "kind": "encoder3d",
        "structure": "liver",
        "architecture": json.dumps({**ARCHITECTURE, "cell_mm": options.cell_mm, "locator": locator}),
        "postprocessing": json.dumps(POSTPROCESSING),
    }
    parts = {held_back(file) for file in (options.fine, options.locator, options.mean_with) if file}
    if len(parts) > 1:
        raise SystemExit(f"Expected all parts to be trained without the same patients, received {' and '.join(sorted(parts))}")
    metadata |= {"validation_patients": part for part in parts if part != "[]"}
    save_file(tensors, options.out, metadata)


if __name__ == "__main__":
    main()
