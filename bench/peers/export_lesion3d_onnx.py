"""Writes the 3-D lesion network of a lesion network's safetensors file as ONNX, for onnxruntime, where all cells are liver.

Usage: export_lesion3d_onnx.py WEIGHTS OUTPUT SLICES ROWS COLUMNS

Inputs "cells" and "relative" (1, 1, z, y, x), output "probability" (1, 1, z, y, x): what Lesion3d::forward takes and gives, after the sigmoid, with a
mask of ones, whose means are constants here. Batch norm is folded into the convolutions.
"""

import json
import sys

import numpy as np
from onnx import TensorProto, helper

from export_encoder3d_onnx import Encoder3dGraph
from networks import load

PREFIX = "location3d."


class Lesion3dGraph(Encoder3dGraph):
    def mean(self, source, name, kernel, stride, pads):
        return self.add("AveragePool", [source], name, kernel_shape=kernel, strides=stride, pads=pads * 2, count_include_pad=0)

    def ones(self, name, sizes):
        return self.constant(name, np.ones(sizes, np.float32))

    def extras(self):
        """Beside the encoder's: grey of the sub-cells and the mask's, smooth grey, how much around is liver."""
        depth, rows, columns = self.cells
        half = [rows // 2, columns // 2]
        x = self.add("Reshape", ["relative", self.shape("sub", [depth, half[0], 2, half[1], 2])], "relative.sub")
        x = self.add("Transpose", [x], "relative.order", perm=[2, 4, 0, 1, 3])
        sub = self.add("Reshape", [x, self.shape("cells", [1, 4, depth, *half])], "relative.cells")
        grey = self.mean("relative", "grey", [1, 2, 2], [1, 2, 2], [0, 0, 0])
        smooth = self.mean(grey, "smooth", [3, 3, 3], [1, 1, 1], [1, 1, 1])
        fine = self.add("Concat", [sub, self.ones("inside", [1, 4, depth, *half]), smooth, self.ones("reach", [1, 2, depth, *half])], "fine", axis=1)
        levels = []
        for size in (2, 4):
            pooled = self.mean(grey, f"grey{size}", [size] * 3, [size] * 3, [0, 0, 0])
            around = self.ones(f"reach{size}", [1, 2, depth // size, half[0] // size, half[1] // size])
            levels.append(self.add("Concat", [pooled, around], f"level{size}", axis=1))
        return fine, *levels

    def build(self):
        self.channels = {}
        wide, middle, fine = (self.config[name] for name in ("wide", "middle", "fine"))
        shown, at1, at2 = self.extras()
        stem = self.encoder("cells", "conv1", (1, 2, 2))
        pooled = self.add("MaxPool", [stem], "pool", kernel_shape=[3] * 3, strides=[2] * 3, pads=[1] * 6)
        layer1 = self.layer(pooled, "layer1", 3, 1)
        layer2 = self.layer(layer1, "layer2", 8, 2)
        x2 = self.decoder(self.add("Concat", [self.decoder(layer2, "reduce2"), at2], "shown2", axis=1), "mix2")
        x3 = self.level(x2, "down3")
        self.channels[x3] = wide
        up2 = self.decoder(self.sum_at(2, x3, x2, "up2"), "up2")
        self.channels[up2] = middle
        x = self.sum_at(1, up2, self.decoder(layer1, "lateral1"), "up1")
        x = self.decoder(self.add("Concat", [x, at1], "shown1", axis=1), "up1")
        x = self.convolution(x, "narrow", self.tensors["decoder.narrow.weight"])
        self.channels[x] = fine
        x = self.sum_at(0, x, self.decoder(stem, "lateral0"), "up0")
        x = self.add("Add", [x, self.decoder(shown, "beside0")], "up0.beside")
        x = self.decoder(self.decoder(x, "up0a"), "up0b")
        x = self.convolution(x, "head", self.tensors["decoder.head.weight"], self.tensors["decoder.head.bias"])
        depth, rows, columns = self.cells
        x = self.add("Reshape", [x, self.shape("parts", [1, 2, 2, depth, rows // 2, columns // 2])], "head.parts")
        x = self.add("Transpose", [x], "head.order", perm=[0, 3, 4, 1, 5, 2])
        x = self.add("Reshape", [x, self.shape("whole", [1, 1, *self.cells])], "logits")
        self.add("Sigmoid", [x], "probability")


if __name__ == "__main__":
    weights, output, *cells = sys.argv[1:]
    cells = [int(size) for size in cells]
    tensors, config = load(weights)
    own = {name.removeprefix(PREFIX): value for name, value in tensors.items() if name.startswith(PREFIX)}
    graph = Lesion3dGraph(own, config["location3d"], cells)
    graph.build()

    def info(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, *cells])

    nodes = graph.save(output, [info("cells"), info("relative")], [info("probability")])
    print(json.dumps({"ms": [], "check": nodes}))
