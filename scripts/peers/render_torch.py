#!/usr/bin/env python3
"""Renders a scene of a hypermarch model with plain PyTorch: the same picture, made by other hands.

    python3 -m pip install torch safetensors pillow numpy      (Python 3.10 or newer; no GPU needed)
    scripts/peers/render_torch.py scenes/cars.safetensors --azimuth 30 --elevation 20 -o car.png

Samples stand where hypermarch puts them: in the middle of intervals that begin where the ray enters
the bound. Every interval is evaluated; with `--grid-resolution 64 --termination 0.001`, what
`hypermarch render` does unless told otherwise, empty cells are skipped and rays end early as there.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch_model import Field, Model, field_weights

# ---- Where samples are ---------------------------------------------------------------------------


def camera(
    view: dict[str, Any], options: argparse.Namespace
) -> tuple[Tensor, Tensor, tuple[int, int]]:
    """The camera's place, the directions of its pixels and the picture's size."""
    size: tuple[int, int] = options.size or (view["width"], view["height"])
    angle = math.radians(view["field_of_view"] if options.fov is None else options.fov)
    focal = 0.5 * size[0] / math.tan(angle / 2)
    right, up, backward, position = torch.tensor(view["world_from_camera"]).T
    orbit = [options.azimuth, options.elevation, options.distance, options.target]
    if any(value is not None for value in orbit):
        target = torch.tensor(view["target"] if options.target is None else options.target)
        x, y, z = (position - target).tolist()
        azimuth = math.atan2(y, x)
        if options.azimuth is not None:
            azimuth = math.radians(options.azimuth)
        elevation = math.atan2(z, math.hypot(x, y))
        if options.elevation is not None:
            elevation = math.radians(options.elevation)
        distance = math.hypot(x, y, z) if options.distance is None else options.distance
        sine, cosine = math.sin(elevation), math.cos(elevation)
        backward = torch.tensor([cosine * math.cos(azimuth), cosine * math.sin(azimuth), sine])
        up = torch.tensor([-sine * math.cos(azimuth), -sine * math.sin(azimuth), cosine])
        right = torch.linalg.cross(up, backward)
        position = target + backward * distance
    return position, pixel_directions(right, up, backward, focal, size), size


def pixel_directions(
    right: Tensor, up: Tensor, backward: Tensor, focal: float, size: tuple[int, int]
) -> Tensor:
    """Unit directions through the pixels' centres, [height · width × 3], rows from the top."""
    width, height = size
    x = (torch.arange(width) + 0.5 - width / 2) / focal
    y = -(torch.arange(height) + 0.5 - height / 2) / focal
    directions = right * x[None, :, None] + up * y[:, None, None] - backward
    return F.normalize(directions, dim=-1).reshape(-1, 3)


class OccupancyGrid:
    """The cells that hypermarch samples: those dense at their centre, and their neighbours."""

    def __init__(self, field: Field, resolution: int) -> None:
        self.minimum, extent = field.minimum, field.maximum - field.minimum
        self.cell_size = float(extent.max() / resolution)
        # Cells are cubes; what is a whole number of cells but for rounding gets that number.
        counts = [max(1, math.ceil(edge / self.cell_size - 1e-3)) for edge in extent.tolist()]
        self.last_cell = torch.tensor(counts) - 1
        cells = torch.cartesian_prod(*(torch.arange(count) for count in counts))
        centres = self.minimum + (cells + 0.5) * self.cell_size
        down = torch.tensor([0.0, 0.0, -1.0])
        densities = [field(some, down.expand_as(some))[0] for some in centres.split(1 << 16)]
        dense = torch.cat(densities).reshape(1, 1, *counts) > 0.005 / self.cell_size
        self.occupied = F.max_pool3d(dense.float(), 3, stride=1, padding=1)[0, 0] > 0

    def holds(self, positions: Tensor) -> Tensor:
        cells = ((positions - self.minimum) / self.cell_size).long().clamp(min=0)
        x, y, z = torch.minimum(cells, self.last_cell).unbind(-1)
        return self.occupied[x, y, z]


# ---- Compositing ---------------------------------------------------------------------------------


def march(
    field: Field, grid: OccupancyGrid | None, origin: Tensor, directions: Tensor, near: float,
    options: argparse.Namespace,
) -> tuple[Tensor, Tensor]:
    """Radiance [rays × 3], premultiplied, and transmittance [rays] of rays from one point."""
    first, second = (field.minimum - origin) / directions, (field.maximum - origin) / directions
    # fmin and fmax pass over the 0/0 of an origin on a face.
    t_near = torch.fmin(first, second).amax(-1).clamp(min=near)
    t_far = torch.fmax(first, second).amin(-1)
    interval = float((field.maximum - field.minimum).norm()) / options.samples
    count = math.ceil(max(0.0, float((t_far - t_near).max())) / interval)
    t = t_near[:, None] + (torch.arange(count) + 0.5) * interval
    positions = origin + directions[:, None] * t[..., None]
    taken = t < t_far[:, None]
    if grid is not None:
        taken &= grid.holds(positions)
    density, radiance = torch.zeros(t.shape), torch.zeros(positions.shape)
    density[taken], radiance[taken] = field(
        positions[taken], directions[:, None].expand_as(positions)[taken])
    passing = torch.exp(-density * interval)
    before = F.pad(torch.cumprod(passing, dim=1), (1, 0), value=1)[:, :-1]
    # A ray ends behind the sample that lets less than the threshold pass.
    passing = torch.where(before >= options.termination, passing, 1)
    weights = before * (1 - passing)
    return (weights[..., None] * radiance).sum(1), passing.prod(1)


# ---- Command line --------------------------------------------------------------------------------

NAMED_COLOURS = {
    "white": [1.0, 1.0, 1.0], "black": [0.0, 0.0, 0.0], "grey": [0.5, 0.5, 0.5],
    "red": [1.0, 0.0, 0.0], "green": [0.0, 1.0, 0.0], "blue": [0.0, 0.0, 1.0],
}


def colour(text: str) -> list[float]:
    if text in NAMED_COLOURS:
        return NAMED_COLOURS[text]
    if not text.startswith("#") or len(text) != 7:
        raise argparse.ArgumentTypeError(f"found {text}, expected a name or #rrggbb")
    return [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height or width)


def vector(text: str) -> list[float]:
    return [float(word) for word in text.split(",")]


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(description="Render a hypermarch model with plain PyTorch.")
    add = result.add_argument
    add("model", help="a .safetensors file")
    add("--scene", metavar="NAME", help="the scene; the first by default")
    add("--size", type=size, metavar="WxH", help="pixels")
    add("--background", type=colour, default="white", metavar="COLOUR", help="a name or #rrggbb")
    add("--azimuth", type=float, metavar="DEGREES", help="about +z from the +x axis")
    add("--elevation", type=float, metavar="DEGREES", help="above the horizon")
    add("--distance", type=float, metavar="UNITS", help="from the target")
    add("--fov", type=float, metavar="DEGREES", help="horizontal field of view")
    add("--target", type=vector, metavar="X,Y,Z", help="the point the camera looks at")
    add("--samples", type=int, default=384, metavar="N", help="intervals along the diagonal")
    add("--termination", type=float, default=0.0, metavar="SHARE", help="end of a ray; 0: never")
    add("--grid-resolution", type=int, default=0, metavar="N", help="cells; 0: evaluate everywhere")
    add("-o", "--output", required=True, metavar="FILE", help="the PNG to write")
    return result


@torch.inference_mode()
def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    model = Model.read(options.model)
    field = Field(model, field_weights(model, model.code(options.scene)))
    grid = OccupancyGrid(field, options.grid_resolution) if options.grid_resolution else None
    origin, directions, (width, height) = camera(model.configuration["default_view"], options)
    near: float = model.configuration["near"]
    rays = [march(field, grid, origin, some, near, options) for some in directions.split(1024)]
    radiance, transmittance = (torch.cat(parts) for parts in zip(*rays))
    pixels = radiance + torch.tensor(options.background) * transmittance[:, None]
    rounded = (pixels.clamp(0, 1) * 255 + 0.5).to(torch.uint8)
    Image.fromarray(rounded.reshape(height, width, 3).numpy()).save(options.output)


if __name__ == "__main__":
    main()
