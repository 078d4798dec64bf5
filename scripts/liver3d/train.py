"""Trains the 3-D liver network on one device: python3 train.py SCANS OUT.safetensors --network fine|locator --seconds S.

SCANS: the folder that scans.py fills. The rate is a cosine over the time given; what is written is the moving average, kernels in bf16."""
import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

from network import FineNetwork, Locator
from pictures import Case, Pictures, mean_in_plane, mean_over, no_thinner, thick_slices, to_input
from scans import FOLDS

FINE_CELL_MM, LOCATOR_CELL_MM = (1.5, 1.5, 3.0), (6.0, 6.0, 6.0)
STRUCTURES = 5  # outside, liver, lung, bone, other body
LUNG, BONE = 2, 3


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("scans", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--network", choices=["fine", "locator"], default="fine")
    parser.add_argument("--fold", type=int, choices=range(len(FOLDS)), default=0, help="whose patients are held back; 0: the validation's")
    parser.add_argument("--all", action="store_true", help="train on the fold's patients too")
    parser.add_argument("--seconds", type=float, default=455)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--shape", default="", help="z,y,x of the crops")
    parser.add_argument("--cell-mm", type=float, nargs=3, default=FINE_CELL_MM, metavar=("X", "Y", "Z"), help="of the fine network's grid")
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--encoder-rate", type=float, default=2e-4)
    parser.add_argument("--frozen", type=float, default=0.08, help="share of the time that the encoder is held fixed")
    parser.add_argument("--encoder", type=Path, help="the encoder's first weights (base.py)")
    parser.add_argument("--fixed-norm", action="store_true", help="batch norm by the statistics that are stored, for small batches")
    parser.add_argument("--start", type=Path, help="weights to go on from: one network's, or both as hepatica loads them")
    parser.add_argument("--negatives", type=float, default=0, help="share of the pictures that show muscle and bone alone")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def read_cases(folder, locator, held_back, cell, device):
    cases = []
    for path in sorted(folder.glob("*.npz")):
        if path.name == "single-slices.npz":
            continue
        saved = np.load(path)
        image = torch.from_numpy(saved["image"]).to(device).float() * (400 / 255) - 160
        label = torch.from_numpy(saved["label"]).to(device)
        spacing = saved["spacing"].astype(np.float64)
        z = spacing[2]
        if locator:
            image = mean_in_plane(image, spacing[0], cell[0])
            images = [mean_over(image, z, cell[2]), thick_slices(image, z, 8.0, 0.5)]
        else:
            images = [no_thinner(image, z, cell[2]), thick_slices(image, z, 5.0), thick_slices(image, z, 8.0, 0.5)]
        at = np.nonzero(saved["label"] == 1)
        low = np.array([axis.min() for axis in at[::-1]]) * spacing
        high = (np.array([axis.max() for axis in at[::-1]]) + 1) * spacing
        liver = (label == 1).float()
        if locator:
            liver = mean_in_plane(mean_over(liver, z, cell[2]), spacing[0], cell[0])
        known = 0.0 if "liver_alone" in saved else 1.0
        cases.append(Case(path.stem, spacing, images, label, liver, saved["boxes"], path.stem in held_back, low, high, known))
    return cases


def own_part(state, locator):
    """Of a file that holds both networks, this one's."""
    if not any(name.startswith("locator.") for name in state):
        return state
    return {name.removeprefix("locator."): value for name, value in state.items() if name.startswith("locator.") == locator}


def soft_dice_loss(probability, truth):
    """Of each picture; 500 cells more of both, so that a picture without the structure is no cliff."""
    probability, truth = probability.flatten(1), truth.flatten(1)
    return 1 - (2 * (probability * truth).sum(1) + 500) / (probability.sum(1) + truth.sum(1) + 500)


def loss_of(logits, label, known):
    """Cross entropy and Dice of the liver against everything else; cross entropy of all structures, and Dice of the thin ones, lungs and
    bone, where they are labelled."""
    logits = logits.float()
    liver = (label == 1).float()
    margin = logits[:, 1] - torch.logsumexp(torch.cat([logits[:, :1], logits[:, 2:]], 1), 1)
    entropy = F.binary_cross_entropy_with_logits(margin, liver, reduction="none").flatten(1).mean(1)
    dice = soft_dice_loss(torch.sigmoid(margin), liver)
    total = (2 * entropy + dice).mean()
    if logits.shape[1] > 2:
        probabilities = torch.softmax(logits, 1)
        others = 0.4 * F.cross_entropy(logits, label, reduction="none").flatten(1).mean(1)
        for structure in (LUNG, BONE):
            others = others + 0.2 * soft_dice_loss(probabilities[:, structure], (label == structure).float())
        total = total + (others * known).sum() / known.sum().clamp(min=1)
    return total, dice.mean()


class Training:
    def __init__(self, options, device):
        self.options, self.device, self.locator = options, device, options.network == "locator"
        self.started = time.time()
        cell = LOCATOR_CELL_MM if self.locator else options.cell_mm
        cases = read_cases(options.scans, self.locator, FOLDS[options.fold], cell, device)
        self.held_back = [case for case in cases if case.held_back]
        singles = np.load(options.scans / "single-slices.npz")
        livers = np.unpackbits(singles["liver"]).reshape(singles["image"].shape)
        shape = options.shape or ("64,56,72" if self.locator else "64,160,192")
        self.pictures = Pictures(
            [case for case in cases if options.all or not case.held_back],
            (torch.from_numpy(singles["image"]).to(device), torch.from_numpy(livers).to(device)),
            self.locator, cell, tuple(int(n) for n in shape.split(",")), options.seed, device, options.negatives,
        )
        self.network = self.first_network().to(device).to(memory_format=torch.channels_last_3d)
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items() if v.is_floating_point()}
        self.live = {name: value for name, value in self.network.state_dict().items() if name in self.average}
        self.encoder = [] if self.locator else list(self.network.encoder.parameters())
        rate = options.rate or (3e-3 if self.locator else 2e-3)
        rest = [p for name, p in self.network.named_parameters() if not name.startswith("encoder.")]
        groups = [{"params": rest, "base": rate}] + ([{"params": self.encoder, "base": options.encoder_rate}] if self.encoder else [])
        self.optimizer = torch.optim.AdamW(groups, lr=rate, weight_decay=1e-4, fused=device.type == "cuda")

    def first_network(self):
        network = Locator() if self.locator else FineNetwork(STRUCTURES)
        if self.options.encoder and not self.locator:
            network.encoder.load_state_dict({name: value.float() for name, value in load_file(self.options.encoder).items()})
        for module in network.modules():
            if isinstance(module, nn.BatchNorm3d):
                module.momentum = 0.02
        if self.options.start:
            state = own_part({name: value.float() for name, value in load_file(self.options.start).items()}, self.locator)
            assert not network.load_state_dict(state, strict=False).unexpected_keys
        else:
            with torch.no_grad():
                network.get_submodule("head" if self.locator else "decoder.head").weight.mul_(0.1)
        return network

    def say(self, *words):
        print(f"[{self.options.out.stem} {time.time() - self.started:6.1f}]", *words, flush=True)

    def forward(self, inputs, coordinates):
        inputs = inputs.contiguous(memory_format=torch.channels_last_3d)
        # oneDNN's bf16 weight gradient of a convolution at a depth of 2 is not finite.
        half = self.device.type == "cuda" or inputs.shape[2] >= 64
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=half):
            return self.network(torch.cat([inputs, coordinates], 1)) if self.locator else self.network(inputs, coordinates)

    def step(self, number, progress):
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * min(1, (number + 1) / 150) * (0.5 + 0.5 * math.cos(math.pi * progress)) + 1e-6
        for parameter in self.encoder:
            parameter.requires_grad_(progress >= self.options.frozen)
        inputs, label, coordinates, known = self.pictures.batch(self.options.batch)
        loss, dice = loss_of(self.forward(inputs, coordinates), label, known)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_([p for p in self.network.parameters() if p.grad is not None], 2.0)
        if torch.isfinite(norm):
            self.optimizer.step()
        with torch.no_grad():
            names = list(self.average)
            keep = min(0.998, (1 + number) / (10 + number))
            torch._foreach_lerp_([self.average[n] for n in names], [self.live[n] for n in names], 1 - keep)
        return dice.detach()

    @torch.no_grad()
    def validate(self, progress):
        """Dice of the average on the network's grid, the crop taken round the reference: an estimate."""
        kept = {name: value.clone() for name, value in self.live.items()}
        for name, value in self.live.items():
            value.copy_(self.average[name])
        self.network.eval()
        found = {}
        for case in self.held_back:
            low, high = (np.zeros(3), case.size) if self.locator else (np.maximum(case.low - 24, 0), np.minimum(case.high + 24, case.size))
            cells = np.ceil((high - low) / np.array(self.pictures.cell) / 8).astype(int) * 8
            centre = low + cells * np.array(self.pictures.cell) / 2
            hu, label, coordinates, _ = self.pictures.real(case, tuple(int(n) for n in cells[::-1]), centre, augment=False)
            logits = self.forward(to_input(hu)[None, None], coordinates[None].float()).float()[0]
            inside, truth = torch.softmax(logits, 0)[1] > 0.5, label == 1
            found[case.name] = round(float(2 * (inside & truth).sum() / (inside.sum() + truth.sum())), 4)
        self.train_mode()
        for name, value in self.live.items():
            value.copy_(kept[name])
        self.say(f"validation at {progress:.2f}:", round(float(np.mean(list(found.values()))), 4), found)

    def save(self):
        weights = {k: (v.bfloat16() if v.ndim > 1 else v).contiguous().cpu() for k, v in self.average.items()}
        held_back = sorted(set() if self.options.all else FOLDS[self.options.fold])
        save_file(weights, self.options.out, {"validation_patients": json.dumps(held_back), "cell_mm": json.dumps(self.pictures.cell)})

    def train_mode(self):
        self.network.train()
        for module in self.network.modules():
            if isinstance(module, nn.BatchNorm3d) and self.options.fixed_norm:
                module.eval()

    def run(self):
        self.train_mode()
        begin, number, progress, losses, validations = time.time(), 0, 0.0, [], [0.5]
        while progress < 1:
            progress = min(1.0, (time.time() - begin) / self.options.seconds)
            losses.append(self.step(number, progress))
            number += 1
            if number in (5, 20) or number % 250 == 0:
                mean = round(float(torch.stack(losses[-250:]).mean()), 4)
                self.say("step", number, f"progress {progress:.3f}, Dice loss {mean}, {(time.time() - begin) / number * 1000:.0f} ms a step")
            if validations and progress >= validations[0]:
                validations.pop(0)
                self.validate(progress)
                self.save()
        self.validate(progress)
        self.save()
        self.say("steps", number)


if __name__ == "__main__":
    chosen = arguments()
    torch.manual_seed(chosen.seed)
    torch.backends.cudnn.benchmark = True
    Training(chosen, torch.device("cuda" if torch.cuda.is_available() else "cpu")).run()
