"""The hypernetwork: latent codes → weights of the scenes' fields.

Only what NumPy arrays, PyTorch tensors and JAX arrays have in common is used, so all three can be
given; the two that differentiate differentiate through it.

    weights = field_weights(model.configuration, model.parameters, codes, numpy.maximum)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Array = Any
Parameters = dict[str, Array]
Shapes = list[tuple[str, tuple[int, ...]]]

NEGATIVE_SLOPE = 0.1


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


def field_weights(
    configuration: dict[str, Any], parameters: Parameters, codes: Array,
    maximum: Callable[[Array, Array], Array],
) -> Parameters:
    """The weights of the fields of some codes.

    codes: [scenes × latent width]. maximum: of two arrays, the library's own.
    Returns each of the field's tensors with the scenes in front: [scenes × …].
    """
    hypernetwork = configuration["hypernetwork"]
    shapes = field_shapes(configuration["field"])

    def activated(x: Array) -> Array:
        return maximum(x, NEGATIVE_SLOPE * x)

    features = codes
    for index in range(len(hypernetwork["trunk_widths"])):
        features = activated(linear(parameters, f"trunk.{index}", features))
    generator = hypernetwork["generator"]
    if generator["kind"] == "per-layer":
        return per_layer(parameters, features, shapes)
    if generator["kind"] == "low-rank":
        return low_rank(parameters, features, shapes, generator["rank"])
    return chunked(parameters, features, shapes, generator["chunk_length"], activated)


def linear(parameters: Parameters, name: str, x: Array) -> Array:
    return x @ parameters[f"{name}.weight"].T + parameters[f"{name}.bias"]


def per_layer(parameters: Parameters, features: Array, shapes: Shapes) -> Parameters:
    weights = {}
    for name, shape in shapes:
        head, base = (parameters[f"generator.{part}.{name}"] for part in ("head", "base"))
        weights[name] = (features @ head.T + base).reshape(len(features), *shape)
    return weights


def low_rank(parameters: Parameters, features: Array, shapes: Shapes, rank: int) -> Parameters:
    weights, count = {}, len(features)
    for name, shape in shapes:
        if len(shape) == 1:
            weights[name] = linear(parameters, f"generator.shift.{name}", features)
            continue
        left = linear(parameters, f"generator.left.{name}", features)
        right = linear(parameters, f"generator.right.{name}", features)
        product = left.reshape(count, shape[0], rank) @ right.reshape(count, shape[1], rank).mT
        weights[name] = parameters[f"generator.base.{name}"] * (1 + product / math.sqrt(rank))
    return weights


def chunked(
    parameters: Parameters, features: Array, shapes: Shapes, length: int,
    activated: Callable[[Array], Array],
) -> Parameters:
    # [scenes × 1 × H] + [chunks × H]
    sums = linear(parameters, "generator.feature", features)[:, None]
    sums = sums + linear(parameters, "generator.embedding", parameters["generator.embeddings"])
    chunks = linear(parameters, "generator.output", activated(sums))
    weights, first, scale = {}, 0, 1.0
    last_matrix = shapes[-2][0]
    for name, shape in shapes:
        is_matrix = len(shape) == 2
        if is_matrix:
            feeds_output = shape[0] == 1 or name == last_matrix
            scale = math.sqrt((1 if feeds_output else 2) / shape[1])
        size = math.prod(shape)
        end = first + math.ceil(size / length)
        values = chunks[:, first:end].reshape(len(features), -1)[:, :size]
        weights[name] = values.reshape(-1, *shape) * (scale if is_matrix else 0.1 * scale)
        first = end
    return weights
