"""Real lesions found by networks that have not seen the patient, measured as the package's evaluateLesions does."""
import numpy as np
import torch
from scipy import ndimage

from lesion_pictures import CONTRAST_UNIT
from lesion_scans import commonest, crop_of, cut, to_grid, to_source
from pictures import to_input

CORNERS = np.ones((3, 3, 3))


@torch.no_grad()
def probabilities_of(network, scan, masks):
    """Lesion for each mask of a liver, on the scan's own grid; the encoder runs once."""
    cell_mm = network.cell_mm
    grid, livers = to_grid(scan.hu, scan.spacing, cell_mm), [to_grid(mask, scan.spacing, cell_mm) for mask in masks]
    begin, length = crop_of(sum(livers) > 0.5, cell_mm)
    hu = torch.from_numpy(cut(grid, begin, length, -160.0))[None, None]
    features = network.features(to_input(hu))
    found = []
    for mask, liver in zip(masks, livers):
        inside = torch.from_numpy(cut(liver, begin, length, 0.0))[None, None]
        relative = ((hu - commonest(scan.hu, mask)) / CONTRAST_UNIT).clamp(-4, 4)
        probability = torch.sigmoid(network.decode(features, relative, (inside > 0.5).float()))[0, 0].numpy()
        found.append(to_source(probability, scan.spacing, cell_mm, scan.hu.shape, begin))
    return found


def components(levels, voxel_ml, minimum_ml=0.1):
    """levels: 0, 1 above the extent's threshold, 2 above both. Labels of lesions: at least `minimum_ml` above both."""
    if not levels.any():
        return np.zeros(levels.shape, int), 0
    labels, count = ndimage.label(levels > 0, CORNERS)
    sure = np.bincount(labels[levels > 1].ravel(), minlength=count + 1) * voxel_ml
    kept = np.flatnonzero(sure >= minimum_ml)
    kept = kept[kept > 0]
    renamed = np.zeros(count + 1, int)
    renamed[kept] = np.arange(1, len(kept) + 1)
    return renamed[labels], len(kept)


def matches(found, found_count, truth, truth_count):
    """Pairs (references, predictions, IoU), as ops/lesion_matching of the package."""
    common = np.zeros((found_count + 1, truth_count + 1), int)
    np.add.at(common, (found.ravel(), truth.ravel()), 1)
    p_size, r_size = common.sum(1), common.sum(0)
    common = common[1:, 1:]
    if not common.size:
        return []
    merger = np.where(common.max(0) > 0, common.argmax(0), -1)
    pairs = {}
    for r, m in enumerate(merger):
        if m >= 0:
            pairs.setdefault(m, ([], []))[0].append(r)
    for p in range(found_count):
        shares = {m: common[p, references].sum() for m, (references, _) in pairs.items()}
        best = max(shares, key=shares.get, default=None)
        if best is not None and shares[best] > 0:
            pairs[best][1].append(p)
    out = []
    for references, predictions in pairs.values():
        if not predictions:
            continue
        both = common[np.ix_(predictions, references)].sum()
        union = sum(p_size[p + 1] for p in predictions) + sum(r_size[r + 1] for r in references) - both
        out.append((references, predictions, both / union))
    return out


def sure_ones(found, count, certainty, least):
    """Lesions whose upper quartile of the liver network's own probability reaches `least`: what it doubts is often no liver."""
    kept = [k for k in range(1, count + 1) if np.quantile(certainty[found == k], 0.75) >= least]
    renamed = np.zeros(count + 1, int)
    renamed[kept] = np.arange(1, len(kept) + 1)
    return renamed[found], len(kept)


def measure(probability, scan, mask, detection, extent, certainty=None, least=0.0):
    voxel_ml = np.prod(scan.spacing) / 1000
    levels = ((probability > extent).astype(np.uint8) + (probability > detection)) * mask
    found, found_count = components(levels, voxel_ml)
    if certainty is not None and least > 0:
        found, found_count = sure_ones(found, found_count, certainty, least)
    truth, truth_count = ndimage.label(scan.lesions)
    pairs = matches(found, found_count, truth, truth_count)
    positive = found > 0
    both, total = int((positive & scan.lesions).sum()), int(positive.sum() + scan.lesions.sum())
    matched = {p for _, predictions, _ in pairs for p in predictions}
    sizes = np.bincount(found.ravel(), minlength=found_count + 1)[1:] * voxel_ml
    row = {"both": both, "total": total, "references": truth_count, "predictions": found_count}
    row["truth_ml"] = (np.bincount(truth.ravel())[1:] * voxel_ml).round(2).tolist()
    hit = {r for references, _, _ in pairs for r in references}
    row["missed_ml"] = [v for r, v in enumerate(row["truth_ml"]) if r not in hit]
    row["alarms"] = [round(float(sizes[p]), 2) for p in range(found_count) if p not in matched]
    for name, limit in (("touch", 0), ("half", 0.5)):
        kept = [(r, p) for r, p, iou in pairs if iou > limit]
        row[name] = (sum(len(r) for r, _ in kept), sum(len(p) for _, p in kept))
    row["dice"] = 2 * both / total if total else None
    return row


def pooled(rows):
    references, predictions = (sum(row[key] for row in rows) for key in ("references", "predictions"))
    of = lambda key, k: sum(row[key][k] for row in rows)
    share = lambda a, b: round(a / b, 3) if b else None
    return {
        "recall": share(of("touch", 0), references), "precision": share(of("touch", 1), predictions),
        "half recall": share(of("half", 0), references), "half precision": share(of("half", 1), predictions),
        "global": share(2 * sum(r["both"] for r in rows), sum(r["total"] for r in rows)),
        "per case": share(sum(r["dice"] for r in rows if r["dice"] is not None), sum(r["dice"] is not None for r in rows)),
    }  # fmt: skip
