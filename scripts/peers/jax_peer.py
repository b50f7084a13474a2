"""JAX as a peer: rendering in pieces of a fixed shape, and what it shares with training."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy
from field_network import FieldNetwork, Weights
from hypernetwork import field_weights
from jax import Array, lax
from jax_operations import JaxOperations
from jax_training import JaxTraining
from model_file import Floats, Model
from pieces import ONE_THREAD, Piece, Pool, fixed_pieces
from stopwatch import best_seconds
from variants import Variant
from wavefront import March, march
from workload import Workload, fastest

TUNING_SAMPLES = 1 << 17
# Chunks that one call evaluates, one after another.
CHUNKS_PER_CALL = 8


class JaxPeer:
    def __init__(self, variant: Variant, thread_count: int, workload: Workload) -> None:
        self.workload = workload
        self.pool = Pool(thread_count)
        self.chunk = 4096
        model = Model.read(workload.model_path)
        self.network = FieldNetwork.of(model, JaxOperations(), variant.is_by_hand)
        self.training = JaxTraining(model, self.network, workload.training, self.pool)
        parameters = {name: jnp.asarray(value) for name, value in model.parameters.items()}
        code = jnp.asarray(model.code(workload.scene))[None]
        made = field_weights(model.configuration, parameters, code, jnp.maximum)
        self.weights = {name: value[0] for name, value in made.items()}
        self.compiled_field = jax.jit(self.evaluated, static_argnums=3)
        self.compiled_dense = jax.jit(self.network.dense_pixels)

    def evaluated(
        self, weights: Weights, positions: Array, directions: Array | None, chunk: int
    ) -> tuple[Array, Array]:
        """Density and radiance of several chunks, chunk after chunk, or of less than one."""
        if len(positions) <= chunk:
            return self.network.evaluate(weights, positions, directions)

        def cut(x: Array | None) -> Array | None:
            return None if x is None else x.reshape(-1, chunk, 3)

        density, radiance = lax.map(
            lambda x: self.network.evaluate(weights, *x), (cut(positions), cut(directions)))
        return density.reshape(-1), radiance.reshape(-1, 3)

    def evaluate(
        self, positions: Floats, directions: Floats | None, pool: Pool = ONE_THREAD
    ) -> tuple[Floats, Floats]:
        """Density [samples] and radiance [samples × 3], piece by piece."""
        count = len(positions)
        density = numpy.empty(count, numpy.float32)
        radiance = numpy.empty((count, 3), numpy.float32)
        chunk = self.chunk

        def work(piece: Piece) -> None:
            first, end = piece
            towards = directions[first:end] if self.network.needs_directions else None
            inputs = [positions[first:end], towards]
            if end > count:
                pad = ((0, end - count), (0, 0))
                inputs = [x if x is None else numpy.pad(x, pad) for x in inputs]
            sigma, colour = self.compiled_field(self.weights, *inputs, chunk)
            density[first:end] = sigma[: count - first]
            radiance[first:end] = colour[: count - first]

        pool.run(work, fixed_pieces(count, [CHUNKS_PER_CALL * chunk, chunk, chunk // 8]))
        return density, radiance

    def tune(self, candidates: list[int]) -> int:
        seconds = []
        some = (
            self.workload.positions[:TUNING_SAMPLES], self.workload.directions[:TUNING_SAMPLES])
        for self.chunk in candidates:
            seconds.append(best_seconds(partial(self.evaluate, *some, self.pool)))
        self.chunk = fastest(candidates, seconds)
        return self.chunk

    def tune_training(self, candidates: list[int]) -> int:
        return self.training.tune(candidates)

    def evaluate_field(self) -> None:
        self.evaluate(self.workload.positions, self.workload.directions, self.pool)

    def render(self) -> tuple[Floats, int]:
        workload = self.workload
        rays, samples = workload.rays, workload.samples

        pixels = numpy.empty((len(rays), 3), numpy.float32)

        def work(share: slice) -> int:
            what = March(
                rays.origin, rays.directions[share], samples.firsts[share], samples.ends[share],
                samples.distances, workload.interval, workload.termination,
                self.network.needs_directions)
            gathered = march(numpy, what, self.evaluate)
            pixels[share] = gathered.over_white
            return gathered.evaluations

        evaluations = sum(self.pool.run(work, self.pool.shares))
        return pixels, evaluations

    def render_densely(self) -> Floats:
        rays, middles = self.workload.rays, self.workload.middles
        count = len(rays)
        pixels = numpy.empty((count, 3), numpy.float32)
        length = max(1, self.chunk // len(middles))

        def work(piece: Piece) -> None:
            first, end = piece
            which: slice | numpy.ndarray = slice(first, end)
            if end > count:
                which = numpy.arange(first, end).clip(max=count - 1)
            parts = (part[which] for part in (rays.directions, rays.near, rays.far))
            found = self.compiled_dense(self.weights, rays.origin, *parts, middles)
            pixels[first:end] = found[: count - first]

        self.pool.run(work, fixed_pieces(count, [length]))
        return pixels

    def train(self) -> float:
        return self.training.step()
