"""JAX's operations for the field's network."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from model_file import Floats


class JaxOperations:
    """What JAX offers, in 32 bits."""

    sin, exp, round = (staticmethod(f) for f in (jnp.sin, jnp.exp, jnp.round))
    sigmoid, softplus = staticmethod(jax.nn.sigmoid), staticmethod(jax.nn.softplus)
    minimum = staticmethod(jnp.minimum)

    def array(self, values: Floats) -> Array:
        return jnp.asarray(values)

    def concatenate(self, parts: list[Array]) -> Array:
        return jnp.concatenate(parts, axis=1)

    def cumulative_sum(self, x: Array) -> Array:
        return jnp.cumsum(x, axis=1)

    def narrow(self, x: Array) -> Array:
        return x

    def widen(self, x: Array) -> Array:
        return x

    def angles(self, phases: Array, x: Array, frequencies: Array) -> Array:
        return phases + x @ frequencies

    def linear(self, x: Array, weight: Array, bias: Array) -> Array:
        return x @ weight.T + bias

    def hidden(self, x: Array, weight: Array, bias: Array) -> Array:
        return jnp.maximum(self.linear(x, weight, bias), 0)
