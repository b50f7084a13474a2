"""Reads a hypermarch model file into NumPy arrays.

Written after scenes/model-format.md, which says in words what stands here in code. Nothing is
shared with hypermarch itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray
from safetensors import deserialize, safe_open

Floats = NDArray[numpy.float32]


@dataclass(frozen=True)
class Model:
    """What a model file holds: the configuration, and the tensors as 32-bit numbers."""

    configuration: dict[str, Any]
    tensors: dict[str, Floats]

    @staticmethod
    def read(path: str) -> Model:
        with safe_open(path, framework="np") as file:
            text = (file.metadata() or {}).get("hypermarch")
        if text is None:
            raise SystemExit(f"{path}: found no metadata hypermarch, expected a model")
        configuration = json.loads(text)
        version = configuration["format_version"]
        if version != 1:
            raise SystemExit(f"{path}: found format version {version}, expected 1")
        entries = deserialize(Path(path).read_bytes())
        return Model(configuration, {name: widened(entry) for name, entry in entries})

    @property
    def field(self) -> dict[str, Any]:
        return self.configuration["field"]

    @property
    def minimum(self) -> Floats:
        return numpy.array(self.configuration["bound"]["minimum"], numpy.float32)

    @property
    def maximum(self) -> Floats:
        return numpy.array(self.configuration["bound"]["maximum"], numpy.float32)

    @property
    def parameters(self) -> dict[str, Floats]:
        """The hypernetwork's parameters, by their names without `hypernetwork.`."""
        prefix = "hypernetwork."
        return {
            name.removeprefix(prefix): tensor
            for name, tensor in self.tensors.items()
            if name.startswith(prefix)
        }

    def code(self, scene: str | None) -> Floats:
        """The latent code of a scene, the first one for None: [latent width]."""
        names: list[str] = self.configuration["scenes"]
        if scene is not None and scene not in names:
            raise SystemExit(f"found no scene {scene}, expected one of the model's {len(names)}")
        return self.tensors["latents"][0 if scene is None else names.index(scene)]


def widened(entry: dict[str, Any]) -> Floats:
    """A stored tensor as 32-bit numbers."""
    kind, data = entry["dtype"], entry["data"]
    if kind == "F32":
        values = numpy.frombuffer(data, "<f4").astype(numpy.float32)
    elif kind == "F16":
        values = numpy.frombuffer(data, "<f2").astype(numpy.float32)
    elif kind == "BF16":
        # The upper half of a 32-bit number.
        values = (numpy.frombuffer(data, "<u2").astype(numpy.uint32) << 16).view(numpy.float32)
    else:
        raise SystemExit(f"found a tensor of type {kind}, expected F32, F16 or BF16")
    return values.reshape(entry["shape"])
