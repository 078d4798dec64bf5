"""Layers of hepatica's networks and their weights, for the peers."""

import json
import struct

import numpy as np

EPSILON = 1e-5
CELL = 4
CLASS_WIDTHS = [256, 128, 64, 32, 64, 128, 256]
# ResNet101 (He et al. 2016, table 1).
BLOCKS = [3, 4, 23, 3]
STAGE_CHANNELS = [256, 512, 1024, 2048]

DTYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}


def load(path):
    """Tensors, float ones as float32, and the architecture."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(data[begin:end], np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
        tensors[name] = (values.astype(np.float32) if values.dtype == np.float16 else values).reshape(entry["shape"])
    return tensors, json.loads(metadata["architecture"])


def folded(tensors, convolution, norm):
    """A convolution's weight and bias with its batch norm in them."""
    scale = tensors[f"{norm}.weight"] / np.sqrt(tensors[f"{norm}.running_var"] + EPSILON)
    bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale
    return (tensors[f"{convolution}.weight"] * scale[:, None, None, None]).astype(np.float32), bias.astype(np.float32)


def region_planes(config):
    return len(config["channels"]) * len(config["context_mm"])


def lesion_layers(config):
    """(name of the convolution, of its batch norm or None, inputs, outputs, kernel) of the lesion network."""
    cells = region_planes(config) * CELL * CELL
    width = config["location_width"]
    yield "base.conv1", "base.bn1", 3, 64, 7
    inputs = 64
    for stage, outputs in enumerate(STAGE_CHANNELS[: config["base_stages"]]):
        for block in range(BLOCKS[stage]):
            name = f"base.layer{stage + 1}.{block}"
            narrow = outputs // 4
            yield f"{name}.conv1", f"{name}.bn1", inputs, narrow, 1
            yield f"{name}.conv2", f"{name}.bn2", narrow, narrow, 3
            yield f"{name}.conv3", f"{name}.bn3", narrow, outputs, 1
            if block == 0:
                yield f"{name}.downsample.0", f"{name}.downsample.1", inputs, outputs, 1
            inputs = outputs
        yield f"merge{stage + 1}", None, outputs, width, 1
    for layer in range(1, 8):
        yield f"location{layer}.conv", f"location{layer}.bn", width + (cells if layer == 1 else 0), width, 3
    inputs = cells
    for layer, outputs in enumerate(CLASS_WIDTHS, 1):
        yield f"class{layer}.conv", f"class{layer}.bn", inputs, outputs, 3
        inputs = outputs
    yield "location_head", None, width, 2 * CELL * CELL, 3
    yield "class_head", None, inputs + width, 4, 1
