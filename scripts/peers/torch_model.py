"""Reads a hypermarch model with PyTorch: the file, the hypernetwork and the field.

Written after scenes/model-format.md, which says in words what stands here in code. Nothing is
shared with hypermarch itself.

    model = Model.read("cars.safetensors")
    field = Field(model, field_weights(model, model.code("kenney_taxi")))
    density, radiance = field(positions, directions)
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

NEGATIVE_SLOPE = 0.1

Shapes = list[tuple[str, tuple[int, ...]]]

# ---- The file ------------------------------------------------------------------------------------


@dataclass
class Model:
    configuration: dict[str, Any]
    tensors: dict[str, Tensor]  # 32-bit, whatever the file stores

    @staticmethod
    def read(path: str) -> Model:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get("hypermarch")
        if text is None:
            raise SystemExit(f"{path}: found no metadata hypermarch, expected a model")
        configuration = json.loads(text)
        version = configuration["format_version"]
        if version != 1:
            raise SystemExit(f"{path}: found format version {version}, expected 1")
        return Model(configuration, {name: t.float() for name, t in load_file(path).items()})

    def parameter(self, name: str) -> Tensor:
        return self.tensors[f"hypernetwork.{name}"]

    def linear(self, name: str, x: Tensor) -> Tensor:
        return F.linear(x, self.parameter(f"{name}.weight"), self.parameter(f"{name}.bias"))

    def code(self, scene: str | None) -> Tensor:
        names: list[str] = self.configuration["scenes"]
        if scene is not None and scene not in names:
            raise SystemExit(f"found no scene {scene}, expected one of the model's {len(names)}")
        return self.tensors["latents"][0 if scene is None else names.index(scene)]


# ---- Hypernetwork: code → field weights ----------------------------------------------------------


def field_shapes(field: dict[str, Any]) -> Shapes:
    """Names and shapes of the field's tensors, in their order: each matrix, then its bias."""
    shapes: Shapes = []

    def layer(name: str, outputs: int, inputs: int) -> None:
        shapes.extend([(f"{name}.weight", (outputs, inputs)), (f"{name}.bias", (outputs,))])

    width, inputs = field["width"], 3 + 6 * field["position_octaves"]
    for index in range(field["hidden_layer_count"]):
        layer(f"hidden.{index}", width, inputs)
        inputs = width
    octaves = field.get("direction_octaves")
    if octaves is None:
        layer("output", 4, inputs)
    else:
        layer("density", 1, inputs)
        layer("colour", field["colour_width"], inputs + 3 + 6 * octaves)
        layer("radiance", 3, field["colour_width"])
    return shapes


def field_weights(model: Model, code: Tensor) -> dict[str, Tensor]:
    configuration = model.configuration["hypernetwork"]
    features = code
    for index in range(len(configuration["trunk_widths"])):
        features = F.leaky_relu(model.linear(f"trunk.{index}", features), NEGATIVE_SLOPE)
    generators = {"per-layer": per_layer, "low-rank": low_rank, "chunked": chunked}
    generator = generators[configuration["generator"]["kind"]]
    return generator(model, features, field_shapes(model.configuration["field"]))


def per_layer(model: Model, features: Tensor, shapes: Shapes) -> dict[str, Tensor]:
    return {
        name: F.linear(
            features, model.parameter(f"generator.head.{name}"),
            model.parameter(f"generator.base.{name}")).reshape(shape)
        for name, shape in shapes
    }


def low_rank(model: Model, features: Tensor, shapes: Shapes) -> dict[str, Tensor]:
    rank: int = model.configuration["hypernetwork"]["generator"]["rank"]
    weights = {}
    for name, shape in shapes:
        if len(shape) == 1:
            weights[name] = model.linear(f"generator.shift.{name}", features)
            continue
        left = model.linear(f"generator.left.{name}", features).reshape(shape[0], rank)
        right = model.linear(f"generator.right.{name}", features).reshape(shape[1], rank)
        base = model.parameter(f"generator.base.{name}")
        weights[name] = base * (1 + left @ right.T / math.sqrt(rank))
    return weights


def chunked(model: Model, features: Tensor, shapes: Shapes) -> dict[str, Tensor]:
    length: int = model.configuration["hypernetwork"]["generator"]["chunk_length"]
    embeddings = model.parameter("generator.embeddings")
    sums = model.linear("generator.feature", features)
    sums = sums + model.linear("generator.embedding", embeddings)
    chunks = model.linear("generator.output", F.leaky_relu(sums, NEGATIVE_SLOPE))
    weights, first, scale = {}, 0, 1.0
    last_matrix = shapes[-2][0]
    for name, shape in shapes:
        is_matrix = len(shape) == 2
        if is_matrix:
            feeds_output = shape[0] == 1 or name == last_matrix
            scale = math.sqrt((1 if feeds_output else 2) / shape[1])
        count = math.prod(shape)
        end = first + math.ceil(count / length)
        values = chunks[first:end].flatten()[:count].reshape(shape)
        weights[name] = values * (scale if is_matrix else 0.1 * scale)
        first = end
    return weights


# ---- Field: position, direction → density, radiance ----------------------------------------------


def encoded(x: Tensor, octaves: int) -> Tensor:
    """γ(x), [samples × (3 + 6 octaves)]."""
    parts = [x]
    for octave in range(octaves):
        # The remainder is exact, and keeps the argument of sine and cosine small.
        angle = torch.remainder(x * 2**octave, 2) * math.pi
        parts += [torch.sin(angle), torch.cos(angle)]
    return torch.cat(parts, dim=-1)


class Field:
    def __init__(self, model: Model, weights: dict[str, Tensor]) -> None:
        self.shape, self.weights = model.configuration["field"], weights
        self.minimum = torch.tensor(model.configuration["bound"]["minimum"])
        self.maximum = torch.tensor(model.configuration["bound"]["maximum"])
        self.half_extent = float((self.maximum - self.minimum).max() / 2)

    def linear(self, name: str, x: Tensor) -> Tensor:
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def __call__(self, positions: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Density [samples], per scene unit, and radiance [samples × 3]."""
        shape = self.shape
        centred = (positions - (self.minimum + self.maximum) / 2) / self.half_extent
        a = encoded(centred, shape["position_octaves"])
        for index in range(shape["hidden_layer_count"]):
            a = F.relu(self.linear(f"hidden.{index}", a))
        octaves = shape.get("direction_octaves")
        if octaves is None:
            output = self.linear("output", a)
            raw_density, raw_radiance = output[:, 0], output[:, 1:]
        else:
            raw_density = self.linear("density", a)[:, 0]
            h = torch.cat([a, encoded(directions, octaves)], dim=-1)
            raw_radiance = self.linear("radiance", F.relu(self.linear("colour", h)))
        s = raw_density - shape["density_shift"]
        if shape["density_activation"] == "shifted-softplus":
            density = F.softplus(s)
        else:
            density = torch.exp(torch.clamp(s, max=11))
        return density * (shape["density_scale"] / self.half_extent), torch.sigmoid(raw_radiance)
