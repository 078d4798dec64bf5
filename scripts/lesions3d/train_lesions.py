"""Trains the 3-D lesion network's decoder: python3 train_lesions.py CT LIVERS LIVER_MODEL OUT.safetensors --test NAME,NAME --steps N.

CT/NAME/{image,label}.nii.gz (1 liver, 2 lesion); LIVERS/NAME/liver.nii.gz: livers that `hepatica segment` found. Writes the moving average of
the decoder's weights, OUT.state to go on from where a run was cut off, and OUT.npz: lesion probabilities in the scans of --test."""
import argparse
import json
import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "liver3d"))
import numpy as np
import torch
import torch.nn.functional as F
from evaluate_lesions import probabilities_of
from lesion_network import LesionNetwork
from lesion_pictures import LesionPictures, TrainingScan
from lesion_scans import CELL_MM, read_scan
from safetensors.torch import load_file, save_file
from scipy import ndimage
from torch import nn

MARKED = [f"lits_{k:02}" for k in range(8)]
WAYS = ("reference", "predicted")  # livers
ALARM = 0.25
CLEAN = ["ircad_e05", "ircad_e07", "ircad_e11", "ircad_e14"]  # reported without liver tumours


def arguments(given=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("ct", type=Path)
    parser.add_argument("livers", type=Path)
    parser.add_argument("liver_model", type=Path, help="whose encoder it reads, or what base.py wrote")
    parser.add_argument("out", type=Path)
    parser.add_argument("--test", default="", help="names of scans that are not learned from")
    parser.add_argument("--extra", type=Path, nargs="*", default=[], help="folders of more marked scans")
    parser.add_argument("--start", type=Path, help="weights to go on from: a decoder's, or the package's")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=1e9, help="ends sooner")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--shape", default="24,80,80", help="z,y,x of the crops")
    parser.add_argument("--cell-mm", type=float, nargs=3, default=CELL_MM, metavar=("X", "Y", "Z"), help="of the grid that it sees")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--average", type=float, default=0.997)
    parser.add_argument("--real", type=float, default=0.5, help="share of pictures round a marked lesion")
    parser.add_argument("--synthetic", type=float, default=0.5, help="share of pictures with made-up lesions")
    parser.add_argument("--grafted", type=float, default=0, help="share of the lesions put into pictures that are real ones of other scans")
    parser.add_argument("--alarmed", type=float, default=0, help="share of pictures round false alarms of the weights gone on from")
    parser.add_argument("--stages", type=int, choices=[0, 1, 2], default=2, help="of the encoder; zeros in place of the others' features")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(given)


def loss_of(logits, lesion, mask, weights):
    """Cross entropy inside the liver and half a soft Dice a picture, small lesions weighing more in both."""
    weights = weights * mask
    entropy = F.binary_cross_entropy_with_logits(logits, lesion, reduction="none") * weights
    probability, truth = torch.sigmoid(logits), lesion * weights
    total = lambda volume: volume.flatten(1).sum(1)
    dice = 1 - (2 * total(probability * truth) + 50) / (total(probability * weights) + total(truth) + 50)
    return (total(entropy) / total(mask).clamp(min=1) + 0.5 * dice).mean()


def first_network(options):
    network = LesionNetwork(options.stages, options.cell_mm)
    liver = load_file(options.liver_model)
    own = {name[8:]: value for name, value in liver.items() if name.startswith("encoder.")} or liver
    network.encoder.load_state_dict({name: value.float() for name, value in own.items()})
    for parameter in network.encoder.parameters():
        parameter.requires_grad_(False)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.momentum = 0.02
    nn.init.constant_(network.decoder.head.bias, -3.0)
    if options.start:
        saved = {name.removeprefix("location3d."): value.float() for name, value in load_file(options.start).items()}
        network.decoder.load_state_dict({name[8:]: value for name, value in saved.items() if name.startswith("decoder.")}, strict=False)
    return network.to(memory_format=torch.channels_last_3d).train()


def false_alarms(network, scan):
    """Places (n, 3), z, y, x, well off its lesions that the network takes for some, in either mask of the liver."""
    network.eval()
    near = ndimage.binary_dilation(scan.lesions | scan.unsure, iterations=3)
    masks = [scan.liver, scan.found]
    alarms = [(values > ALARM) & mask & ~near for values, mask in zip(probabilities_of(network, scan, masks), masks)]
    network.train()
    places = np.argwhere(np.logical_or(*alarms))
    print(f"{scan.name}: {len(places)} voxels of false alarms", flush=True)
    return places


def read_scans(options):
    """By name: the scan, and as pictures are made from it."""
    folders = [options.ct / name for name in MARKED + CLEAN] + options.extra
    scans = {folder.name: read_scan(folder, options.livers, folder.name not in CLEAN) for folder in folders}
    return {name: (scan, TrainingScan(scan, options.cell_mm)) for name, scan in scans.items()}


class Training:
    def __init__(self, options, scans=None):
        self.options, self.number = options, 0
        self.held_back = [name for name in options.test.split(",") if name]
        scans = scans or read_scans(options)
        self.scans = {name: scan for name, (scan, _) in scans.items()}
        learned, training = zip(*(scan for name, scan in scans.items() if name not in self.held_back))
        shape = tuple(int(n) for n in options.shape.split(","))
        self.network = first_network(options)
        if options.alarmed:
            for scan, pictures in zip(learned, training):
                pictures.alarms = false_alarms(self.network, scan)
        self.pictures = LesionPictures(
            training, options.cell_mm, shape, options.seed, options.synthetic, options.real, options.grafted, options.alarmed
        )
        decoder = self.network.decoder
        self.live = {f"decoder.{name}": value for name, value in decoder.state_dict().items() if value.is_floating_point()}
        self.average = {name: value.detach().clone() for name, value in self.live.items()}
        self.optimizer = torch.optim.AdamW(decoder.parameters(), lr=options.rate, weight_decay=1e-4)
        self.state = options.out.with_suffix(".state")
        if self.state.exists():
            self.resume()

    def resume(self):
        saved = torch.load(self.state, weights_only=False)
        cells = tuple(saved.get("cell_mm", CELL_MM))
        if cells != tuple(self.options.cell_mm):
            raise SystemExit(f"{self.state} is of a training in cells of {cells} mm")
        self.network.load_state_dict(saved["network"])
        self.optimizer.load_state_dict(saved["optimizer"])
        for name, value in saved["average"].items():
            self.average[name].copy_(value)
        self.pictures.random.bit_generator.state = saved["random"]
        torch.set_rng_state(saved["torch"])
        self.number = saved["step"]

    def save(self):
        state = {
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(), "average": self.average,
            "step": self.number, "random": self.pictures.random.bit_generator.state, "torch": torch.get_rng_state(),
            "cell_mm": self.options.cell_mm,
        }  # fmt: skip
        torch.save(state, self.state)
        weights = {name: value.contiguous() for name, value in self.average.items()}
        said = {"validation_patients": json.dumps(self.held_back), "cell_mm": json.dumps(self.options.cell_mm)}
        save_file(weights, self.options.out, said)

    def step(self):
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * min(1, (self.number + 1) / 50)
        inputs, relative, mask, lesion, weights = self.pictures.batch(self.options.batch)
        logits = self.network(inputs.contiguous(memory_format=torch.channels_last_3d), relative, mask)
        loss = loss_of(logits, lesion, mask, weights)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.decoder.parameters(), 2.0)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.number += 1
        keep = min(self.options.average, self.number / (9 + self.number))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self.live.values()), 1 - keep)
        return float(loss.detach())

    def run(self):
        begin, losses = time.time(), []
        while self.number < self.options.steps and time.time() - begin < self.options.seconds:
            losses.append(self.step())
            if self.number % 100 == 0:
                pace = (time.time() - begin) / len(losses) * 1000
                print(f"[{self.options.out.stem}] step {self.number}, loss {np.mean(losses[-100:]):.4f}, {pace:.0f} ms a step", flush=True)
                self.save()
        self.save()
        print(f"[{self.options.out.stem}] {self.number} steps, {time.time() - begin:.0f} s", flush=True)

    def found(self):
        """With the average, in each scan that was not learned from: its name, and lesion by the region it is looked for in."""
        with torch.no_grad():
            for name, value in self.live.items():
                value.copy_(self.average[name])
        self.network.eval()
        for name in self.held_back:
            scan = self.scans[name]
            yield name, dict(zip(WAYS, probabilities_of(self.network, scan, [scan.liver, scan.found])))

    def find(self):
        found = {f"{name}.{way}": values.astype(np.float16) for name, ways in self.found() for way, values in ways.items()}
        np.savez_compressed(self.options.out.with_suffix(".npz"), **found)


if __name__ == "__main__":
    chosen = arguments()
    torch.manual_seed(chosen.seed)
    training = Training(chosen)
    training.run()
    if training.held_back:
        training.find()
