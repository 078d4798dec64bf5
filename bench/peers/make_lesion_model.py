"""Writes a lesion network of random weights, to time where none is installed. Usage: make_lesion_model.py OUTPUT

The architecture is that of the trained one; what it finds means nothing.
"""

import json
import sys

import numpy as np
from safetensors.numpy import save_file

from networks import lesion_layers

ARCHITECTURE = {
    "spacing_mm": 1.5,
    "context_mm": [-3, 0, 3],
    "slab_mm": 3,
    "channels": ["relative"],
    "base_stages": 1,
    "location_width": 64,
    "threshold": 0.5,
    "minimum_ml": 0.1,
}
METADATA = {
    "kind": "mdl_cnn",
    "structure": "liver",
    "architecture": json.dumps(ARCHITECTURE),
    "preprocessing": json.dumps({"hu_min": -100, "hu_max": 400, "equalization": "global"}),
    "classes": json.dumps(["CYS", "ANG", "HCC", "MET"]),
}


def random_tensors():
    random = np.random.default_rng(1)
    tensors = {}
    for name, norm, inputs, outputs, kernel in lesion_layers(ARCHITECTURE):
        spread = np.sqrt(2 / (inputs * kernel * kernel))
        weight = random.normal(0, spread, (outputs, inputs, kernel, kernel))
        tensors[f"{name}.weight"] = weight.astype(np.float32)
        if norm is None:
            tensors[f"{name}.bias"] = np.zeros(outputs, np.float32)
            continue
        for part, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
            tensors[f"{norm}.{part}"] = np.full(outputs, value, np.float32)
    return tensors


if __name__ == "__main__":
    save_file(random_tensors(), sys.argv[1], METADATA)
    print(json.dumps({"ms": [], "check": 0}))
