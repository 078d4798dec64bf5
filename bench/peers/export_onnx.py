"""Writes the liver network of a safetensors file as ONNX, for onnxruntime. Usage: export_onnx.py WEIGHTS OUTPUT

Input "channels" (N, C, rows, columns) at the sub-sampled size, output "probability" (N, 2, rows*s, columns*s): what
LiverCnn::forward_channels takes and gives, after softmax. Batch norm is folded into the convolutions, as hepatica does.
"""

import json
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open

EPSILON = 1e-5


def load(path):
    with safe_open(path, "numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        return tensors, json.loads(file.metadata()["architecture"])


def folded(tensors, layer):
    weight = tensors[f"conv{layer}.weight"]
    scale = tensors[f"bn{layer}.weight"] / np.sqrt(tensors[f"bn{layer}.running_var"] + EPSILON)
    bias = tensors[f"bn{layer}.bias"] - tensors[f"bn{layer}.running_mean"] * scale
    return (weight * scale[:, None, None, None]).astype(np.float32), bias.astype(np.float32)


class Graph:
    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def convolution(self, source, name, weight, bias, dilation):
        kernel = weight.shape[2]
        pad = dilation * (kernel // 2)
        inputs = [source, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        attributes = {"kernel_shape": [kernel] * 2, "pads": [pad] * 4, "dilations": [dilation] * 2}
        return self.add("Conv", inputs, name, **attributes)


def build(tensors, config):
    graph = Graph()
    layers = ["channels"]
    for layer in (1, 2, 3):
        weight, bias = folded(tensors, layer)
        x = graph.convolution(layers[-1], f"conv{layer}", weight, bias, config["dilations"][layer - 1])
        x = graph.add("Relu", [x], f"relu{layer}")
        layers.append(graph.add("MaxPool", [x], f"pool{layer}", kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4))
    skip = config.get("skip", "none")
    seen = {"none": [layers[3]], "all": layers[1:], "input": [layers[3], layers[0]]}[skip]
    x = graph.add("Concat", seen, "seen", axis=1) if len(seen) > 1 else seen[0]
    x = graph.convolution(x, "head", tensors["head.weight"], tensors["head.bias"], 1)
    s = config["subsampling"]
    if config["head"] == "subpixel":
        x = graph.add("DepthToSpace", [x], "shuffled", blocksize=s, mode="CRD")
    else:
        scales = graph.constant("scales", np.array([1, 1, s, s], np.float32))
        attributes = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        x = graph.add("Resize", [x, "", scales], "resized", **attributes)
    graph.add("Softmax", [x], "probability", axis=1)
    channels = tensors["conv1.weight"].shape[1]
    source = helper.make_tensor_value_info("channels", TensorProto.FLOAT, ["n", channels, "rows", "columns"])
    target = helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n", 2, "height", "width"])
    return helper.make_graph(graph.nodes, "liver_cnn", [source], [target], graph.initializers)


if __name__ == "__main__":
    model = helper.make_model(build(*load(sys.argv[1])), opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, sys.argv[2])
    print(json.dumps({"ms": [], "check": len(model.graph.node)}))
