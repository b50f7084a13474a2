"""Where hypermarch takes samples: rays cut to the bound, the occupancy grid, and sample lists.

All numbers are 32-bit and every expression is written as hypermarch evaluates it, so that the
places are the same to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy
from model_file import Floats
from numpy.typing import NDArray

Integers = NDArray[numpy.int64]
Mask = NDArray[numpy.bool_]
Densities = Callable[[Floats], Floats]

GRID_RESOLUTION = 128
COARSEST_RESOLUTION = 64
# A cell is dense if it would be at least this opaque at the finest size; a trace is a share of it.
EMPTY_OPACITY = 0.001
TRACE_SHARE = 0.0625
BLOCK = 2048


@dataclass(frozen=True)
class Rays:
    """Rays from one point, and the stretch of each that lies within the bound."""

    origin: Floats
    directions: Floats  # [rays × 3]
    near: Floats  # [rays]
    far: Floats  # [rays]
    pixels: Integers  # [rays], where each belongs in the picture

    @staticmethod
    def within(
        minimum: Floats, maximum: Floats, origin: Floats, directions: Floats, near: float
    ) -> Rays:
        """The rays that meet the bound, by its three slabs."""
        with numpy.errstate(divide="ignore", invalid="ignore"):
            first, second = (minimum - origin) / directions, (maximum - origin) / directions
        # fmin and fmax pass over the 0/0 of an origin on a face.
        t_near = numpy.maximum(numpy.fmin(first, second).max(1), numpy.float32(near))
        t_far = numpy.fmax(first, second).min(1)
        pixels = numpy.flatnonzero(t_near < t_far)
        return Rays(origin, directions[pixels], t_near[pixels], t_far[pixels], pixels)

    def __len__(self) -> int:
        return len(self.near)

    def block(self, first: int, end: int) -> Rays:
        part = slice(first, end)
        return Rays(
            self.origin, self.directions[part], self.near[part], self.far[part], self.pixels[part])


class Cells:
    """The bound cut into cubic cells, a number of them along its longest edge."""

    def __init__(self, minimum: Floats, maximum: Floats, resolution: int) -> None:
        extent = maximum - minimum
        self.minimum = minimum
        self.size = numpy.float32(extent.max() / numpy.float32(resolution))
        self.inverse = numpy.float32(1) / self.size
        # What is a whole number of cells but for rounding gets that number.
        self.counts = [max(1, math.ceil(edge / self.size - 1e-3)) for edge in extent]
        self.last = numpy.array(self.counts, numpy.float32) - 1

    def centres(self, mask: Mask) -> Floats:
        """The centres of the cells of a mask, [cells × 3]."""
        cells = numpy.argwhere(mask).astype(numpy.float32)
        return self.minimum + (cells + numpy.float32(0.5)) * self.size


class OccupancyGrid:
    """The cells that are sampled: those dense at their centre, and their neighbours.

    A first grid of larger cells is looked at as a whole. Each finer one is looked at only where the
    coarser is dense, has a dense neighbour or shows a trace of density; and not where all neighbours
    are dense: there the finer cells count as dense.
    """

    def __init__(
        self, minimum: Floats, maximum: Floats, densities: Densities,
        resolution: int = GRID_RESOLUTION,
    ) -> None:
        self.cells = Cells(minimum, maximum, resolution)
        threshold = numpy.float32(EMPTY_OPACITY) / self.cells.size

        def look(cells: Cells, mask: Mask) -> tuple[Mask, Mask]:
            """The cells of a mask that are dense, and those that show a trace."""
            found = densities(cells.centres(mask))
            dense, traces = numpy.zeros_like(mask), numpy.zeros_like(mask)
            dense[mask] = ~(found <= threshold)
            traces[mask] = ~(found <= threshold * numpy.float32(TRACE_SHARE))
            return dense, traces

        level = resolution
        while level % 2 == 0 and level // 2 >= COARSEST_RESOLUTION:
            level //= 2
        cells = Cells(minimum, maximum, level)
        dense, traces = look(cells, numpy.ones(cells.counts, bool))
        while level < resolution:
            level *= 2
            cells = Cells(minimum, maximum, level)
            inside = ~dilated(~dense)
            near = (dilated(dense) | traces) & ~inside
            dense, traces = look(cells, refined(near, cells.counts))
            filled = refined(inside, cells.counts)
            dense, traces = dense | filled, traces | filled
        self.occupied = dilated(dense)

    def holds(self, positions: Floats) -> Mask:
        """Whether the cell of each position, [… × 3], is occupied."""
        scaled = (positions - self.cells.minimum) * self.cells.inverse
        held = numpy.minimum(numpy.maximum(scaled, numpy.float32(0)), self.cells.last)
        x, y, z = numpy.moveaxis(held.astype(numpy.int32), -1, 0)
        return self.occupied[x, y, z]


def dilated(mask: Mask) -> Mask:
    """A mask and all neighbours of its cells, those across edges and corners included."""
    for axis in range(3):
        moved = numpy.moveaxis(mask, axis, 0)
        result = moved.copy()
        result[:-1] |= moved[1:]
        result[1:] |= moved[:-1]
        mask = numpy.moveaxis(result, 0, axis)
    return mask


def refined(mask: Mask, counts: list[int]) -> Mask:
    """The same part of space in cells of half the size."""
    for axis in range(3):
        mask = mask.repeat(2, axis)
    result = numpy.zeros(counts, bool)
    # Rounding can give a sliver of a cell more or less.
    x, y, z = map(min, mask.shape, counts)
    result[:x, :y, :z] = mask[:x, :y, :z]
    return result


@dataclass(frozen=True)
class SampleLists:
    """The samples that rays would take if none ended early.

    Those of ray r are `distances[firsts[r] : ends[r]]`, front to back.
    """

    firsts: Integers
    ends: Integers
    distances: Floats


def interval_length(minimum: Floats, maximum: Floats, samples: int) -> numpy.float32:
    """δ: the bound's diagonal divided by the number of samples along it."""
    extent = maximum - minimum
    return numpy.sqrt((extent * extent).sum()) / numpy.float32(samples)


def sample_lists(
    rays: Rays, interval: numpy.float32, grid: OccupancyGrid | None
) -> SampleLists:
    """The middle of every interval, in occupied cells; everywhere where there is no grid."""
    counts, kept = [], []
    for first in range(0, len(rays), BLOCK):
        block = rays.block(first, first + BLOCK)
        length = math.ceil(float(((block.far - block.near) / interval).max()))
        middles = (numpy.arange(length, dtype=numpy.float32) + numpy.float32(0.5)) * interval
        distances = block.near[:, None] + middles
        taken = distances < block.far[:, None]
        if grid is not None:
            positions = block.directions[:, None] * distances[..., None] + block.origin
            taken &= grid.holds(positions)
        counts.append(taken.sum(1))
        kept.append(distances[taken])
    starts = numpy.concatenate([[0], *counts]).cumsum().astype(numpy.int64)
    distances = numpy.concatenate([numpy.zeros(0, numpy.float32), *kept])
    return SampleLists(starts[:-1], starts[1:], distances)
