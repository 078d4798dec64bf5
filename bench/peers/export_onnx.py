"""Writes the liver network of a safetensors file as ONNX, for onnxruntime. Usage: export_onnx.py WEIGHTS OUTPUT

Input "channels" (N, C, rows, columns) at the sub-sampled size, output "probability" (N, 2, rows*s, columns*s): what
LiverCnn::forward_channels takes and gives, after softmax. Batch norm is folded into the convolutions, as hepatica does.
"""

import json
import sys

from onnx import TensorProto, helper

from networks import folded, load
from onnx_graph import Graph


def build(tensors, config, path):
    graph = Graph()
    layers = ["channels"]
    for layer in (1, 2, 3):
        weight, bias = folded(tensors, f"conv{layer}", f"bn{layer}")
        x = graph.convolution(layers[-1], f"conv{layer}", weight, bias, config["dilations"][layer - 1])
        x = graph.add("Relu", [x], f"relu{layer}")
        layers.append(graph.add("MaxPool", [x], f"pool{layer}", kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4))
    skip = config.get("skip", "none")
    seen = {"none": [layers[3]], "all": layers[1:], "input": [layers[3], layers[0]]}[skip]
    x = graph.add("Concat", seen, "seen", axis=1) if len(seen) > 1 else seen[0]
    x = graph.convolution(x, "head", tensors["head.weight"], tensors["head.bias"])
    s = config["subsampling"]
    if config["head"] == "subpixel":
        x = graph.add("DepthToSpace", [x], "shuffled", blocksize=s, mode="CRD")
    else:
        x = graph.enlarge(x, "resized", s)
    graph.add("Softmax", [x], "probability", axis=1)
    channels = tensors["conv1.weight"].shape[1]
    source = helper.make_tensor_value_info("channels", TensorProto.FLOAT, ["n", channels, "rows", "columns"])
    target = helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n", 2, "height", "width"])
    return graph.save(path, [source], [target])


if __name__ == "__main__":
    print(json.dumps({"ms": [], "check": build(*load(sys.argv[1]), sys.argv[2])}))
