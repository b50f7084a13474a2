"""A hypermarch field in plain PyTorch, to be read beside scenes/model-format.md.

    model = Model.read("cars.safetensors")
    field = Field(model, "kenney_taxi")
    density, radiance = field(positions, directions)
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from hypernetwork import field_weights
from model_file import Model
from torch import Tensor


def encoded(x: Tensor, octaves: int) -> Tensor:
    """γ(x), [samples × (3 + 6 octaves)]."""
    parts = [x]
    for octave in range(octaves):
        # The remainder is exact, and keeps the argument of sine and cosine small.
        angle = torch.remainder(x * 2**octave, 2) * math.pi
        parts += [torch.sin(angle), torch.cos(angle)]
    return torch.cat(parts, dim=-1)


class Field:
    """Position and direction → density and radiance, in one scene of a model."""

    def __init__(self, model: Model, scene: str | None) -> None:
        parameters = {name: torch.from_numpy(value) for name, value in model.parameters.items()}
        codes = torch.from_numpy(model.code(scene))[None]
        weights = field_weights(model.configuration, parameters, codes, torch.maximum)
        self.weights = {name: tensor[0] for name, tensor in weights.items()}
        self.shape = model.field
        minimum, maximum = torch.from_numpy(model.minimum), torch.from_numpy(model.maximum)
        self.centre = (minimum + maximum) / 2
        self.half_extent = float((maximum - minimum).max() / 2)

    def linear(self, name: str, x: Tensor) -> Tensor:
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def __call__(self, positions: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Density [samples], per scene unit, and radiance [samples × 3]."""
        shape = self.shape
        a = encoded((positions - self.centre) / self.half_extent, shape["position_octaves"])
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
