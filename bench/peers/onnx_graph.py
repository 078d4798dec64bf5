"""An ONNX graph, put together layer by layer."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Graph:
    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, name, value):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def convolution(self, source, name, weight, bias=None, dilation=1, stride=1):
        """Of as many axes as the weight's kernel has; its padding keeps the size, but for the stride."""
        kernel = list(weight.shape[2:])
        axes = len(kernel)
        inputs = [source, self.constant(f"{name}.weight", weight)]
        if bias is not None:
            inputs.append(self.constant(f"{name}.bias", bias))
        strides = list(stride) if np.ndim(stride) else [stride] * axes
        attributes = {"kernel_shape": kernel, "pads": [dilation * (k // 2) for k in kernel] * 2}
        return self.add("Conv", inputs, name, strides=strides, dilations=[dilation] * axes, **attributes)

    def enlarge(self, source, name, factor):
        scales = self.constant(f"{name}.scales", np.array([1, 1, factor, factor], np.float32))
        attributes = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        return self.add("Resize", [source, "", scales], name, **attributes)

    def enlarge_to(self, source, name, sizes):
        """To `sizes`, the whole shape."""
        target = self.constant(f"{name}.sizes", np.array(sizes, np.int64))
        attributes = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        return self.add("Resize", [source, "", "", target], name, **attributes)

    def save(self, path, inputs, outputs):
        graph = helper.make_graph(self.nodes, "network", inputs, outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return len(self.nodes)
