"""Pools the folds that train_lesions.py wrote: python3 folds.py CT LIVERS FOLD.npz... Thresholds for each fold are chosen on the others.

--certainty FOLDER: NAME.npy, the liver network's probability on the scan's grid; a lesion in which it is low is dropped."""
import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "liver3d"))
from evaluate_lesions import measure, pooled
from lesion_scans import Scan, read_scan

DETECTIONS, EXTENTS, CERTAINTIES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), (0.2, 0.3, 0.4, 0.5), (0.0, 0.95, 0.98, 0.99)


def worth(rows):
    """What thresholds are chosen by: F1 of lesions plus Dice per case."""
    figures = pooled(rows)
    recall, precision = figures["recall"] or 0, figures["precision"] or 0
    return 2 * recall * precision / max(recall + precision, 1e-6) + (figures["per case"] or 0)


def narrowed(scan, mask):
    """The box of the mask and of the lesions: what lies outside it changes no figure."""
    return tuple(slice(i.min(), i.max() + 1) for i in np.nonzero(mask | scan.lesions))


def table_of(scan, mask, probability, certainty):
    """By thresholds: of detection, of extent, of the liver's certainty."""
    box = narrowed(scan, mask)
    small = Scan(scan.name, scan.hu[box], scan.liver[box], scan.lesions[box], scan.unsure[box], scan.found[box], scan.spacing)
    inside = None if certainty is None else certainty[box].astype(np.float32)
    values = probability[box].astype(np.float32)
    return {
        (d, e, c): measure(values, small, mask[box], d, e, inside, c)
        for d in DETECTIONS for e in EXTENTS if e <= d for c in (CERTAINTIES if inside is not None else (0.0,))
    }  # fmt: skip


def show(title, chosen):
    print(title, pooled([row for row, _ in chosen.values()]))
    for name, (row, thresholds) in sorted(chosen.items()):
        found = f"{row['touch'][0]} of {row['references']}, Dice {row['dice']:.3f}"
        print(f"    {name} {thresholds} {found}, missed {row['missed_ml']}, alarms {row['alarms']}")


def report(title, tables):
    for one in ((0.5, 0.5, 0.0), (0.7, 0.5, 0.0), (0.9, 0.5, 0.0)):
        print(f"{title}, {one}", pooled([rows[one] for table in tables for rows in table.values()]))
    show(f"{title}, 0.7 and 0.5:", {name: (rows[(0.7, 0.5, 0.0)], "") for table in tables for name, rows in table.items()})
    for certain in (False, True) if len(tables) > 1 else ():
        grid = [one for one in next(iter(tables[0].values())) if certain or not one[2]]
        chosen = {}
        for k, table in enumerate(tables):
            others = [rows for j, other in enumerate(tables) if j != k for rows in other.values()]
            best = max(grid, key=lambda one: worth([rows[one] for rows in others]))
            chosen.update({name: (rows[best], best) for name, rows in table.items()})
        show(f"{title}, thresholds of the other folds{', the liver certain' if certain else ''}:", chosen)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ct", type=Path)
    parser.add_argument("livers", type=Path)
    parser.add_argument("folds", nargs="+")
    parser.add_argument("--certainty", type=Path)
    options = parser.parse_args()
    for way in ("reference", "predicted"):
        tables = []
        for fold in options.folds:
            saved = np.load(fold)
            tables.append({})
            for name in sorted({key.split(".")[0] for key in saved}):
                scan = read_scan(options.ct / name, options.livers)
                mask = scan.liver if way == "reference" else scan.found
                use = options.certainty and way == "predicted"
                certainty = np.load(options.certainty / f"{name}.npy") if use else None
                tables[-1][name] = table_of(scan, mask, saved[f"{name}.{way}"], certainty)
        report(way, tables)


if __name__ == "__main__":
    main()
