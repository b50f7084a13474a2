"""What every peer is given to do: the same rays, samples and training batch, as NumPy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy
from model_file import Floats, Model
from sampling import Rays, SampleLists


@dataclass(frozen=True)
class TrainingBatch:
    """Prepared rays of several scenes, all with the same number of samples.

    Drawing rays and finding their samples is no part of a peer's step; it is of hypermarch's.
    """

    codes: Floats  # [scenes × latent width]
    positions: Floats  # [scenes × rays × samples × 3]
    directions: Floats  # [scenes × rays × samples × 3]
    targets: Floats  # [scenes × rays × 3], over white
    interval: float

    @property
    def sample_count(self) -> int:
        return self.positions[..., 0].size

    @staticmethod
    def of(model: Model, scenes: int, rays: int, samples: int) -> TrainingBatch:
        generator = numpy.random.default_rng(42)
        latents = model.tensors["latents"]
        extent = model.maximum - model.minimum
        interval = float(numpy.sqrt((extent * extent).sum())) / 96
        directions = generator.normal(size=(scenes, rays, 1, 3))
        directions /= numpy.linalg.norm(directions, axis=-1, keepdims=True)
        middles = (model.minimum + model.maximum) / 2 + 0.2 * extent * generator.uniform(
            -1, 1, size=(scenes, rays, 1, 3))
        steps = interval * (numpy.arange(samples) - samples / 2)
        positions = middles + directions * steps[:, None]
        targets = generator.uniform(size=(scenes, rays, 3))
        everywhere = numpy.broadcast_to(directions, positions.shape)
        arrays = (numpy.ascontiguousarray(a, numpy.float32) for a in (
            latents[numpy.arange(scenes) % len(latents)], positions, everywhere, targets))
        return TrainingBatch(*arrays, interval)


@dataclass(frozen=True)
class Workload:
    model_path: str
    scene: str | None
    rays: Rays
    samples: SampleLists
    interval: float
    termination: float
    # The places that the field is asked for in the frame, turn after turn, [samples × 3].
    positions: Floats
    directions: Floats
    # Samples on every ray of the dense frame.
    dense_sample_count: int
    training: TrainingBatch

    @property
    def middles(self) -> Floats:
        """Where the dense frame's samples stand on their ray, 0…1."""
        count = self.dense_sample_count
        return (numpy.arange(count, dtype=numpy.float32) + numpy.float32(0.5)) / count


class Peer(Protocol):
    """A program that can do the work; each method does it once."""

    def tune(self, candidates: list[int]) -> int:
        """Finds the fastest number of samples per piece and keeps to it."""
        ...

    def tune_training(self, candidates: list[int]) -> int: ...

    def evaluate_field(self) -> Any:
        """Density and radiance at the workload's positions."""
        ...

    def render(self) -> tuple[Floats, int]:
        """The frame over white, [rays × 3], marched; and its field evaluations."""
        ...

    def render_densely(self) -> Floats:
        """The frame over white, [rays × 3], every ray with the same number of samples."""
        ...

    def train(self) -> float:
        """One training step; its loss before the step."""
        ...


def fastest(candidates: list[int], seconds: list[float]) -> int:
    return min(zip(seconds, candidates))[1]
