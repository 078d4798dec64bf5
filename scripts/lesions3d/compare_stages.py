"""What the CT-trained encoder's stages are worth to the 3-D lesion decoder: python3 compare_stages.py CT LIVERS ENCODER OUT.json

Decoders on none of the encoder's features (2 stages of zeros), on conv1 and layer1, and on layer2 beside them, at the same steps, seeds and
pictures; the encoder (base.py) is held fixed. Four folds of two patients; lesions detected and outlined where they are likelier than not, as
bench/lesion-stages.mjs measures ResNet101's. Intervals: bootstrap over patients, all seeds together; beside them the least and the greatest seed."""
import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "liver3d"))
import train_lesions
from evaluate_lesions import measure, pooled

FOLDS = [(f"lits_{k:02}", f"lits_{k + 1:02}") for k in (0, 2, 4, 6)]
DRAWS = 2000


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("ct", type=Path)
    parser.add_argument("livers", type=Path)
    parser.add_argument("encoder", type=Path)
    parser.add_argument("out", type=Path, help="goes on from what is there")
    parser.add_argument("--stages", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=250)
    return parser.parse_args()


def rows_of(options, scans, stages, seed, fold):
    """{way: {patient: row}} by a decoder that has not seen the fold."""
    with tempfile.TemporaryDirectory() as folder:
        given = [options.ct, options.livers, options.encoder, Path(folder) / "decoder.safetensors"]
        given += ["--test", ",".join(fold), "--steps", options.steps, "--seed", seed, "--stages", stages]
        torch.manual_seed(seed)
        training = train_lesions.Training(train_lesions.arguments([str(part) for part in given]), scans)
        training.run()
        rows = {way: {} for way in train_lesions.WAYS}
        for name, ways in training.found():
            scan = training.scans[name]
            for way, values in ways.items():
                rows[way][name] = measure(values, scan, scan.liver if way == "reference" else scan.found, 0.5, 0.5)
    return rows


def interval(by_patient):
    """Of each figure, 95 %; by_patient: a patient's rows, of all seeds."""
    random = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        chosen = random.integers(len(by_patient), size=len(by_patient))
        draws.append(pooled([row for k in chosen for row in by_patient[k]]))
    of = lambda name: [draw[name] for draw in draws if draw[name] is not None]
    return {name: [round(float(q), 3) for q in np.quantile(of(name), (0.025, 0.975))] for name in draws[0] if of(name)}


def report(results):
    for way in train_lesions.WAYS:
        for stages in sorted({key.split(".")[0] for key in results}):
            seeds = {}
            for key, rows in results.items():
                if key.startswith(stages + "."):
                    seeds.setdefault(key.split(".")[1], {}).update(rows[way])
            names = sorted(next(iter(seeds.values())))
            by_patient = [[rows[name] for rows in seeds.values()] for name in names]
            figures, within = pooled(sum(by_patient, [])), interval(by_patient)
            each = [pooled(rows.values()) for rows in seeds.values()]
            for name, value in figures.items():
                by_seed = [one[name] or 0 for one in each]
                print(f"{way}, {stages} stages: {name} {value} {within.get(name)}, seeds {min(by_seed)} to {max(by_seed)}")


def main():
    options = arguments()
    results = json.loads(options.out.read_text()) if options.out.exists() else {}
    wanted = [(s, seed, k) for seed in range(options.seeds) for s in options.stages for k in range(len(FOLDS))]
    missing = [one for one in wanted if "{}.{}.{}".format(*one) not in results]
    if missing:
        scans = train_lesions.read_scans(train_lesions.arguments([str(options.ct), str(options.livers), str(options.encoder), "unused"]))
    for stages, seed, k in missing:
        results[f"{stages}.{seed}.{k}"] = rows_of(options, scans, stages, seed, FOLDS[k])
        options.out.write_text(json.dumps(results, default=float))
    report(results)


if __name__ == "__main__":
    main()
