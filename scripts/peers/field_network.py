"""The field's network, written once for every array library: encoding, layers, activations, pixels.

A library brings its `Operations`; what is here is only what scenes/model-format.md says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy
from model_file import Floats, Model

Array = Any
Weights = dict[str, Array]

# cos πv = sin π h with h = ½ − |v|, |v| ≤ 1: the odd polynomial h (c₀ + c₁ h² + … + c₅ h¹⁰), fitted
# by least squares in Chebyshev points; its error is below the rounding of 32-bit numbers.
COSINE = [3.14159265, -5.16771276, 2.55016332, -0.59925219, 0.08205038, -0.00702836]


class Operations(Protocol):
    """What the network needs of an array library."""

    def array(self, values: Floats) -> Array: ...
    def concatenate(self, parts: list[Array]) -> Array: ...
    def sin(self, x: Array) -> Array: ...
    def exp(self, x: Array) -> Array: ...
    def round(self, x: Array) -> Array: ...
    def minimum(self, x: Array, limit: float) -> Array: ...
    def cumulative_sum(self, x: Array) -> Array: ...  # along the second axis
    def softplus(self, x: Array) -> Array: ...
    def sigmoid(self, x: Array) -> Array: ...
    def narrow(self, x: Array) -> Array: ...  # to the precision of the layers
    def widen(self, x: Array) -> Array: ...  # and back to 32 bits
    def angles(self, phases: Array, x: Array, frequencies: Array) -> Array: ...  # phases + x F
    def linear(self, x: Array, weight: Array, bias: Array) -> Array: ...
    def hidden(self, x: Array, weight: Array, bias: Array) -> Array: ...  # linear, then max(0, ·)


@dataclass(frozen=True)
class FieldNetwork:
    """The fields of one model, without their weights."""

    field: dict[str, Any]
    operations: Operations
    centre: Array
    half_extent: float
    position_waves: tuple[Array, Array]  # frequencies [3 × 6 L], phases [6 L]
    direction_waves: tuple[Array, Array] | None
    is_polynomial: bool  # sines by `COSINE` instead of the library's

    @staticmethod
    def of(model: Model, operations: Operations, is_polynomial: bool) -> FieldNetwork:
        extent = model.maximum - model.minimum

        def waves(octaves: int) -> tuple[Array, Array]:
            frequencies = numpy.zeros((3, 6 * octaves), numpy.float32)
            phases = numpy.zeros(6 * octaves, numpy.float32)
            for index in range(6 * octaves):
                octave, place = divmod(index, 6)
                frequencies[place % 3, index] = 2**octave
                # sin πu = cos π(u − ½) and cos πu = sin π(u + ½).
                if is_polynomial:
                    phases[index] = -0.5 if place < 3 else 0
                else:
                    phases[index] = 0 if place < 3 else 0.5
            scale = numpy.float32(1 if is_polynomial else math.pi)
            return operations.array(frequencies * scale), operations.array(phases * scale)

        octaves = model.field.get("direction_octaves")
        return FieldNetwork(
            model.field, operations, operations.array((model.minimum + model.maximum) / 2),
            float(extent.max() / 2), waves(model.field["position_octaves"]),
            None if octaves is None else waves(octaves), is_polynomial)

    @property
    def needs_directions(self) -> bool:
        return self.direction_waves is not None

    def encode(self, positions: Array, directions: Array | None) -> tuple[Array, Array | None]:
        """γ of positions [samples × 3], and of directions for a view branch."""
        centred = (positions - self.centre) * (1 / self.half_extent)
        encoded = self.encoded(centred, self.position_waves)
        if self.direction_waves is None:
            return encoded, None
        return encoded, self.encoded(directions, self.direction_waves)

    def encoded(self, x: Array, waves: tuple[Array, Array]) -> Array:
        frequencies, phases = waves
        angles = self.operations.angles(phases, x, frequencies)
        sines = self.cosine(angles) if self.is_polynomial else self.operations.sin(angles)
        return self.operations.narrow(self.operations.concatenate([x, sines]))

    def cosine(self, u: Array) -> Array:
        """cos πu."""
        h = 0.5 - abs(u - 2 * self.operations.round(u * 0.5))
        square = h * h
        sum = COSINE[-1]
        for coefficient in COSINE[-2::-1]:
            sum = sum * square + coefficient
        return h * sum

    def outputs(
        self, weights: Weights, encoded: Array, encoded_directions: Array | None
    ) -> tuple[Array, Array]:
        """Density [samples], per scene unit, and radiance [samples × 3]."""
        operations = self.operations

        def layer(name: str) -> tuple[Array, Array]:
            parts = (weights[f"{name}.{part}"] for part in ("weight", "bias"))
            weight, bias = map(operations.narrow, parts)
            return weight, bias

        a = encoded
        for index in range(self.field["hidden_layer_count"]):
            a = operations.hidden(a, *layer(f"hidden.{index}"))
        if encoded_directions is None:
            output = operations.widen(operations.linear(a, *layer("output")))
            raw_density, raw_radiance = output[:, 0], output[:, 1:]
        else:
            raw_density = operations.widen(operations.linear(a, *layer("density")))[:, 0]
            h = operations.concatenate([a, encoded_directions])
            colour = operations.hidden(h, *layer("colour"))
            raw_radiance = operations.widen(operations.linear(colour, *layer("radiance")))
        s = raw_density - self.field["density_shift"]
        if self.field["density_activation"] == "shifted-softplus":
            density = operations.softplus(s)
        else:
            density = operations.exp(operations.minimum(s, 11.0))
        scale = self.field["density_scale"] / self.half_extent
        return density * scale, operations.sigmoid(raw_radiance)

    def evaluate(
        self, weights: Weights, positions: Array, directions: Array | None
    ) -> tuple[Array, Array]:
        return self.outputs(weights, *self.encode(positions, directions))

    def pixels(self, density: Array, radiance: Array, intervals: Array) -> Array:
        """Pixels over white of rays, all with the same number of samples.

        density: [rays × samples]. radiance: [rays × samples × 3]. intervals: [rays × 1], or one
        for all.
        """
        exp = self.operations.exp
        depth = density * intervals
        through = self.operations.cumulative_sum(depth)
        weights = exp(depth - through) * (1 - exp(-depth))
        return (weights[..., None] * radiance).sum(1) + exp(-through[:, -1:])

    def dense_pixels(
        self, weights: Weights, origin: Array, directions: Array, near: Array, far: Array,
        middles: Array,
    ) -> Array:
        """Pixels over white, each of samples spread evenly over its ray: [rays × 3].

        middles: where samples stand between near and far, 0…1, [samples].
        """
        lengths = (far - near)[:, None]
        distances = near[:, None] + lengths * middles
        positions = origin + directions[:, None] * distances[..., None]
        everywhere = None
        if self.needs_directions:
            everywhere = (directions[:, None] + 0 * positions).reshape(-1, 3)
        density, radiance = self.evaluate(weights, positions.reshape(-1, 3), everywhere)
        shape = distances.shape
        return self.pixels(
            density.reshape(shape), radiance.reshape(*shape, 3), lengths / shape[1])

    def squared_error(
        self, weights: Weights, encoded: Array, encoded_directions: Array | None, targets: Array,
        interval: float,
    ) -> Array:
        """Σ over rays of |C − target|² / 3; encoded samples are those of ray after ray."""
        density, radiance = self.outputs(weights, encoded, encoded_directions)
        shape = (len(targets), len(encoded) // len(targets))
        error = self.pixels(
            density.reshape(shape), radiance.reshape(*shape, 3), interval) - targets
        return (error * error).sum() / 3
