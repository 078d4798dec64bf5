"""Writes the 3-D network of a safetensors file as ONNX, for onnxruntime: the fine network alone.

Usage: export_encoder3d_onnx.py WEIGHTS OUTPUT SLICES ROWS COLUMNS

Inputs "cells" (1, 1, z, y, x) and "coordinates" (1, 2, z / 4, y / 8, x / 8), output "probability" (1, classes, z, y,
x): what Encoder3d::forward takes and gives, after softmax. Batch norm is folded into the convolutions.
"""

import json
import sys

import numpy as np
from onnx import TensorProto, helper

from networks import folded, load
from onnx_graph import Graph


class Encoder3dGraph(Graph):
    def __init__(self, tensors, config, cells):
        super().__init__()
        self.tensors, self.config, self.cells = tensors, config, cells

    def encoder(self, source, name, stride=1, relu=True):
        weight, bias = self.tensors[f"encoder.{name}.weight"], self.tensors[f"encoder.{name}.bias"]
        x = self.convolution(source, name, weight, bias, stride=stride)
        return self.add("Relu", [x], f"{name}.relu") if relu else x

    def decoder(self, source, name):
        x = self.convolution(source, name, *folded(self.tensors, f"decoder.{name}.conv", f"decoder.{name}.bn"))
        return self.add("Relu", [x], f"{name}.relu")

    def layer(self, x, name, blocks, stride):
        for block in range(blocks):
            at = f"{name}.{block}"
            step = stride if block == 0 else 1
            y = self.encoder(x, f"{at}.conv1")
            y = self.encoder(y, f"{at}.conv2", step)
            y = self.encoder(y, f"{at}.conv3", relu=False)
            if block == 0:
                x = self.encoder(x, f"{at}.downsample", step, relu=False)
            x = self.add("Relu", [self.add("Add", [y, x], f"{at}.sum")], at)
        return x

    def halved(self, x, name):
        return self.add("MaxPool", [x], f"{name}.pool", kernel_shape=[2] * 3, strides=[2] * 3, ceil_mode=1)

    def level(self, above, name):
        return self.decoder(self.decoder(self.halved(above, name), f"{name}a"), f"{name}b")

    def sum_at(self, level, x, link, name):
        """`x` enlarged to level `level` (cells halved so many times, upwards) and added to `link`."""
        sizes = [-(-size // 2**level) for size in self.cells[:1]] + [-(-size // 2 ** (level + 1)) for size in self.cells[1:]]
        channels = self.channels[x]
        large = self.enlarge_to(x, f"{name}.large", [1, channels, *sizes])
        return self.add("Add", [large, link], f"{name}.in")

    def context(self, layer2):
        wide, middle = self.config["wide"], self.config["middle"]
        placed = self.add("Concat", [self.decoder(layer2, "reduce2"), "coordinates"], "placed", axis=1)
        x2 = self.decoder(placed, "mix2")
        x3 = self.level(x2, "down3")
        x4 = self.level(x3, "down4")
        self.channels.update({x4: wide})
        up3 = self.decoder(self.sum_at(3, x4, x3, "up3"), "up3")
        self.channels.update({up3: wide})
        up2 = self.decoder(self.sum_at(2, up3, x2, "up2"), "up2")
        self.channels.update({up2: middle})
        return up2

    def build(self):
        self.channels = {}
        fine = self.config["fine"]
        stem = self.encoder("cells", "conv1", (1, 2, 2))
        lateral0 = self.decoder(stem, "lateral0")
        pooled = self.add("MaxPool", [stem], "pool", kernel_shape=[3] * 3, strides=[2] * 3, pads=[1] * 6)
        layer1 = self.layer(pooled, "layer1", 3, 1)
        layer2 = self.layer(layer1, "layer2", 8, 2)
        x = self.decoder(self.sum_at(1, self.context(layer2), self.decoder(layer1, "lateral1"), "up1"), "up1")
        x = self.convolution(x, "narrow", self.tensors["decoder.narrow.weight"])
        self.channels.update({x: fine})
        x = self.decoder(self.sum_at(0, x, lateral0, "up0"), "up0")
        x = self.convolution(x, "head", self.tensors["decoder.head.weight"], self.tensors["decoder.head.bias"])
        depth, rows, columns = self.cells
        classes = len(self.config["structures"])
        parts = [1, classes, 2, 2, depth, rows // 2, columns // 2]
        x = self.add("Reshape", [x, self.shape("parts", parts)], "head.parts")
        x = self.add("Transpose", [x], "head.order", perm=[0, 1, 4, 5, 2, 6, 3])
        x = self.add("Reshape", [x, self.shape("whole", [1, classes, *self.cells])], "logits")
        self.add("Softmax", [x], "probability", axis=1)

    def shape(self, name, sizes):
        return self.constant(f"{name}.shape", np.array(sizes, np.int64))


if __name__ == "__main__":
    weights, output, *cells = sys.argv[1:]
    cells = [int(size) for size in cells]
    tensors, config = load(weights)
    graph = Encoder3dGraph(tensors, config, cells)
    graph.build()

    def info(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))

    context = [cells[0] // 4, cells[1] // 8, cells[2] // 8]
    inputs = [info("cells", 1, 1, *cells), info("coordinates", 1, 2, *context)]
    nodes = graph.save(output, inputs, [info("probability", 1, len(config["structures"]), *cells)])
    print(json.dumps({"ms": [], "check": nodes}))
