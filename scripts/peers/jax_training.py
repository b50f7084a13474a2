"""A training step in JAX: codes → field weights → pixels → squared error → Adam."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from field_network import FieldNetwork, Weights
from hypernetwork import Parameters, field_weights
from jax import Array, lax
from model_file import Model
from pieces import Pool
from stopwatch import best_seconds
from workload import TrainingBatch, fastest

FIRST_DECAY, SECOND_DECAY, EPSILON = 0.9, 0.99, 1e-8


class JaxTraining:
    """Three compiled functions: the hypernetwork, a scene's gradients, the way back with Adam."""

    def __init__(
        self, model: Model, network: FieldNetwork, batch: TrainingBatch, pool: Pool
    ) -> None:
        self.configuration, self.network = model.configuration, network
        self.batch, self.pool, self.piece_length = batch, pool, 4096
        parameters = {name: jnp.asarray(value) for name, value in model.parameters.items()}
        self.parameters: Parameters = parameters | {"codes": jnp.asarray(batch.codes)}
        zeros = jax.tree.map(jnp.zeros_like, self.parameters)
        self.state = (zeros, jax.tree.map(jnp.zeros_like, self.parameters), jnp.zeros(()))
        self.positions, self.directions, self.targets = (
            jnp.asarray(array) for array in (batch.positions, batch.directions, batch.targets))
        self.generate = jax.jit(self.generated)
        self.scene_gradients = jax.jit(self.gradients_of_scene, static_argnums=4)
        self.update = jax.jit(self.updated, donate_argnums=(0, 1))

    def generated(self, parameters: Parameters) -> Weights:
        return field_weights(
            self.configuration, parameters, parameters["codes"], jnp.maximum)

    def gradients_of_scene(
        self, weights: Weights, scene: Array, positions: Array, directions: Array,
        rays_per_piece: int,
    ) -> tuple[Array, Weights]:
        """The loss of a scene, and its gradients with respect to the field's weights."""
        weights = {name: value[scene] for name, value in weights.items()}

        def cut(x: Array) -> Array:
            return x[scene].reshape(-1, rays_per_piece, *x.shape[2:])

        def loss(weights: Weights, piece: tuple[Array, Array, Array]) -> Array:
            positions, directions, targets = piece
            encoded = self.network.encode(positions.reshape(-1, 3), directions.reshape(-1, 3))
            return self.network.squared_error(weights, *encoded, targets, self.batch.interval)

        def add(sums: Any, piece: tuple[Array, Array, Array]) -> tuple[Any, None]:
            return jax.tree.map(jnp.add, sums, jax.value_and_grad(loss)(weights, piece)), None

        start = (jnp.zeros(()), jax.tree.map(jnp.zeros_like, weights))
        return lax.scan(add, start, (cut(positions), cut(directions), cut(self.targets)))[0]

    def updated(
        self, parameters: Parameters, state: tuple[Parameters, Parameters, Array],
        weight_gradients: list[Weights],
    ) -> tuple[Parameters, tuple[Parameters, Parameters, Array]]:
        scale = 1 / (self.targets.shape[0] * self.targets.shape[1])
        gradients = jax.tree.map(lambda *parts: jnp.stack(parts) * scale, *weight_gradients)
        gradients = jax.vjp(self.generated, parameters)[1](gradients)[0]
        first, second, count = state
        count = count + 1
        first = jax.tree.map(
            lambda m, g: FIRST_DECAY * m + (1 - FIRST_DECAY) * g, first, gradients)
        second = jax.tree.map(
            lambda v, g: SECOND_DECAY * v + (1 - SECOND_DECAY) * g * g, second, gradients)

        def moved(name: str) -> Array:
            rate = 1e-2 if name == "codes" else 2e-3
            mean = first[name] / (1 - FIRST_DECAY**count)
            deviation = jnp.sqrt(second[name] / (1 - SECOND_DECAY**count))
            return parameters[name] - rate * mean / (deviation + EPSILON)

        return {name: moved(name) for name in parameters}, (first, second, count)

    def step(self) -> float:
        scene_count, ray_count, samples_per_ray = self.positions.shape[:3]
        rays_per_piece = min(ray_count, max(1, self.piece_length // samples_per_ray))
        weights = self.generate(self.parameters)

        def gradients(scene: int) -> tuple[Array, Weights]:
            found = self.scene_gradients(
                weights, scene, self.positions, self.directions, rays_per_piece)
            return jax.block_until_ready(found)

        results = self.pool.run(gradients, range(scene_count))
        self.parameters, self.state = jax.block_until_ready(
            self.update(self.parameters, self.state, [part for _, part in results]))
        return sum(float(loss) for loss, _ in results) / (scene_count * ray_count)

    def tune(self, candidates: list[int]) -> int:
        seconds = []
        for self.piece_length in candidates:
            seconds.append(best_seconds(self.step, repetitions=2))
        self.piece_length = fastest(candidates, seconds)
        return self.piece_length
