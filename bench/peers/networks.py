"""Layers of hepatica's networks and their weights, for the peers."""

import json
import struct

import numpy as np

EPSILON = 1e-5
CELL = 4
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
    weight = tensors[f"{convolution}.weight"]
    return (weight * scale.reshape(-1, *[1] * (weight.ndim - 1))).astype(np.float32), bias.astype(np.float32)


def region_planes(config):
    return len(config["channels"]) * len(config["context_mm"])
