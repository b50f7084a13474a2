"""Marching: every turn takes one sample of each ray, all are evaluated together, ended rays leave.

Written for NumPy arrays and PyTorch tensors alike; `library` is the one or the other module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

Array = Any
# Positions, and directions where they are given, [samples × 3] → density [samples] and radiance
# [samples × 3].
Evaluation = Callable[[Array, Any], tuple[Array, Array]]

# What `hypermarch render` does unless told otherwise.
SAMPLES_PER_DIAGONAL = 160
TERMINATION = 3e-3


@dataclass(frozen=True)
class March:
    """What is marched: rays from one point, and the samples they may take, all of one library."""

    origin: Array  # [3]
    directions: Array  # [rays × 3]
    # The samples of ray r are distances[firsts[r] : ends[r]].
    firsts: Array  # [rays]
    ends: Array  # [rays]
    distances: Array  # [samples]
    interval: float
    termination: float = TERMINATION
    gives_directions: bool = True  # whether the field is told of them


@dataclass(frozen=True)
class Gathered:
    """What the rays gathered."""

    radiance: Array  # [rays × 3], premultiplied
    transmittance: Array  # [rays]
    evaluations: int
    turns: list[Array]  # positions of each turn, where they were asked for

    @property
    def over_white(self) -> Array:
        return self.radiance + self.transmittance[:, None]


def march(
    library: ModuleType, what: March, evaluate: Evaluation, keeps_positions: bool = False
) -> Gathered:
    """Composites front to back until hardly any light passes:

        αᵢ = 1 − exp(−σᵢ δ)    Tᵢ = ∏ⱼ₍ⱼ<ᵢ₎ (1 − αⱼ)    C = Σᵢ Tᵢ αᵢ cᵢ
    """
    transmittance = library.ones(len(what.directions), dtype=what.distances.dtype)
    radiance = library.zeros((len(what.directions), 3), dtype=what.distances.dtype)
    rays = library.arange(len(what.directions))[what.firsts < what.ends]
    places, ends = what.firsts[rays], what.ends[rays]
    evaluations, turns = 0, []
    while len(rays):
        # 1. The next sample of every ray under way.
        directions = what.directions[rays]
        positions = what.origin + directions * what.distances[places][:, None]
        evaluations += len(positions)
        if keeps_positions:
            turns.append(positions)
        # 2. Evaluate them together.
        density, colour = evaluate(positions, directions if what.gives_directions else None)
        # 3. Composite.
        before = transmittance[rays]
        left = before * library.exp(density * -what.interval)
        radiance[rays] += (before - left)[:, None] * colour
        transmittance[rays] = left
        # 4. A ray ends behind the sample that lets less than the threshold pass.
        places = places + 1
        stays = (left >= what.termination) & (places < ends)
        rays, places, ends = rays[stays], places[stays], ends[stays]
    return Gathered(radiance, transmittance, evaluations, turns)
