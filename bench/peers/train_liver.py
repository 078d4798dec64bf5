"""A plain PyTorch loop of the paper's liver network, on pictures that were made before.

Usage: train_liver.py WEIGHTS ROWS COLUMNS BATCH REPEATS THREADS fp32|bf16

The network of native/models/liver_cnn/network.cpp, cross-entropy, Adam: ROWS and COLUMNS are the picture's, before
sub-sampling. Prints the milliseconds of each step.
"""

import sys

import torch
import torch.nn.functional as F
from torch import nn

from networks import load
from timing import report


class LiverCnn(nn.Module):
    def __init__(self, tensors, config):
        super().__init__()
        self.skip, self.cell = config.get("skip", "none"), config["subsampling"]
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        for layer, dilation in enumerate(config["dilations"], 1):
            out, channels, kernel, _ = tensors[f"conv{layer}.weight"].shape
            padding = dilation * (kernel // 2)
            self.convolutions.append(nn.Conv2d(channels, out, kernel, padding=padding, dilation=dilation, bias=False))
            self.norms.append(nn.BatchNorm2d(out))
        out, channels, kernel, _ = tensors["head.weight"].shape
        self.head = nn.Conv2d(channels, out, kernel, padding=kernel // 2)

    def forward(self, x):
        layers = [x]
        for convolution, norm in zip(self.convolutions, self.norms):
            layers.append(F.max_pool2d(F.relu(norm(convolution(layers[-1]))), 3, 1, 1))
        seen = {"none": layers[3:], "all": layers[1:], "input": [layers[3], x]}[self.skip]
        return F.pixel_shuffle(self.head(torch.cat(seen, 1)), self.cell)


def main(weights, rows, columns, batch, repeats, threads, precision):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    tensors, config = load(weights)
    network = LiverCnn(tensors, config).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    channels, cell = tensors["conv1.weight"].shape[1], config["subsampling"]
    pictures = torch.rand(batch, channels, rows // cell, columns // cell).to(memory_format=torch.channels_last)
    labels = (torch.rand(batch, rows, columns) < 0.2).long()

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits = network(pictures)
        loss = F.cross_entropy(logits.float(), labels)
        loss.backward()
        optimizer.step()
        return float(loss)

    report(step, repeats)


if __name__ == "__main__":
    weights, *numbers, precision = sys.argv[1:]
    main(weights, *map(int, numbers), precision)
