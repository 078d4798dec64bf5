"""Writes the lesion network of a safetensors file as ONNX, for onnxruntime. Usage: export_lesions_onnx.py WEIGHTS OUTPUT

Input "channels" (N, planes, H, W), outputs "location" (N, 1, H, W) and "classes" (N, 4, H, W): what
MdlCnnInference::forward takes and gives. Batch norm is folded into the convolutions and the location's two classes
into their difference, as hepatica does.
"""

import json
import sys

import numpy as np
from onnx import TensorProto, helper

from networks import BLOCKS, CELL, STAGE_CHANNELS, folded, load, region_planes
from onnx_graph import Graph

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32).reshape(1, 3, 1, 1)
IMAGENET_STD = np.array([0.229, 0.224, 0.225], np.float32).reshape(1, 3, 1, 1)
# Middle and gain of what the class channel sees (native/models/mdl_cnn/normalization.cpp).
CLASS_SCALES = {"clipped": (0.4, 10), "relative": (0.5, 4), "equalized": (0.5, 4)}


class LesionGraph(Graph):
    def __init__(self, tensors, config):
        super().__init__()
        self.tensors, self.config = tensors, config
        planes = region_planes(config)
        # SpaceToDepth's channels are (sub-pixel, plane), those of the weights (plane, sub-pixel).
        self.order = np.arange(planes * CELL * CELL).reshape(planes, CELL * CELL).T.reshape(-1)

    def normed(self, source, convolution, norm, relu=True, stride=1, cells_from=None):
        weight, bias = folded(self.tensors, convolution, norm)
        if cells_from is not None:
            weight = np.concatenate([weight[:, :cells_from], weight[:, cells_from:][:, self.order]], 1)
        x = self.convolution(source, convolution, weight, bias, stride=stride)
        return self.add("Relu", [x], f"{convolution}.relu") if relu else x

    def block(self, x, name, stride, project):
        y = self.normed(x, f"{name}.conv1", f"{name}.bn1")
        y = self.normed(y, f"{name}.conv2", f"{name}.bn2", stride=stride)
        y = self.normed(y, f"{name}.conv3", f"{name}.bn3", relu=False)
        if project:
            x = self.normed(x, f"{name}.downsample.0", f"{name}.downsample.1", relu=False, stride=stride)
        return self.add("Relu", [self.add("Add", [y, x], f"{name}.sum")], name)

    def merged_base(self, picture):
        x = self.normed(picture, "base.conv1", "base.bn1", stride=2)
        x = self.add("MaxPool", [x], "base.pool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
        merged = None
        for stage in range(self.config["base_stages"]):
            for block in range(BLOCKS[stage]):
                stride = 2 if block == 0 and stage > 0 else 1
                x = self.block(x, f"base.layer{stage + 1}.{block}", stride, block == 0)
            name = f"merge{stage + 1}"
            part = self.convolution(x, name, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"])
            if stage > 0:
                part = self.enlarge(part, f"{name}.large", 2**stage)
            merged = part if merged is None else self.add("Add", [merged, part], f"{name}.sum")
        return merged

    def picture(self):
        """Three planes of the first channel, one repeated, as ImageNet's weights expect them."""
        contexts = len(self.config["context_mm"])
        index = self.constant("contexts", np.arange(3, dtype=np.int64) % contexts)
        x = self.add("Gather", ["channels", index], "picture", axis=1)
        x = self.add("Sub", [x, self.constant("mean", IMAGENET_MEAN)], "picture.centred")
        return self.add("Div", [x, self.constant("std", IMAGENET_STD)], "picture.scaled")

    def class_cells(self):
        """Contrasts about the liver's grey, 0 outside the liver."""
        scales = np.repeat([CLASS_SCALES[name] for name in self.config["channels"]], len(self.config["context_mm"]), 0)
        middle, gain = (scales[:, i].astype(np.float32).reshape(1, -1, 1, 1) for i in (0, 1))
        zero = self.constant("zero", np.zeros((1, 1, 1, 1), np.float32))
        x = self.add("Sub", ["channels", self.constant("class.middle", middle)], "class.centred")
        x = self.add("Mul", [x, self.constant("class.gain", gain)], "class.scaled")
        x = self.add("Where", [self.add("Greater", ["channels", zero], "inside"), x, zero], "class.seen")
        return self.add("SpaceToDepth", [x], "class.cells", blocksize=CELL)

    def build(self):
        cells = self.add("SpaceToDepth", ["channels"], "cells", blocksize=CELL)
        x = self.add("Concat", [self.merged_base(self.picture()), cells], "seen", axis=1)
        for layer in range(1, 8):
            cells_from = self.config["location_width"] if layer == 1 else None
            x = self.normed(x, f"location{layer}.conv", f"location{layer}.bn", cells_from=cells_from)
        y = self.class_cells()
        for layer in range(1, 8):
            y = self.normed(y, f"class{layer}.conv", f"class{layer}.bn", cells_from=0 if layer == 1 else None)
        half = CELL * CELL
        weight, bias = self.tensors["location_head.weight"], self.tensors["location_head.bias"]
        head = self.convolution(x, "location_head", weight[half:] - weight[:half], bias[half:] - bias[:half])
        head = self.add("DepthToSpace", [head], "location_head.pixels", blocksize=CELL, mode="CRD")
        self.add("Sigmoid", [head], "location")
        joined = self.add("Concat", [y, x], "joined", axis=1)
        joined = self.convolution(joined, "class_head", self.tensors["class_head.weight"], self.tensors["class_head.bias"])
        self.add("Softmax", [self.enlarge(joined, "class_head.large", CELL)], "classes", axis=1)


if __name__ == "__main__":
    tensors, config = load(sys.argv[1])
    graph = LesionGraph(tensors, config)
    graph.build()

    def info(name, channels):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, "height", "width"])

    nodes = graph.save(sys.argv[2], [info("channels", region_planes(config))], [info("location", 1), info("classes", 4)])
    print(json.dumps({"ms": [], "check": nodes}))
