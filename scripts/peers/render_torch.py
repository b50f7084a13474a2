#!/usr/bin/env python3
"""Renders a scene of a hypermarch model with plain PyTorch: the same picture, made by other hands.

    scripts/peers/render_torch.py scenes/cars.safetensors --azimuth 30 --elevation 20 -o car.png

Samples stand where hypermarch puts them: in the middle of intervals that begin where the ray enters
the bound. Every interval is evaluated; with `--grid-resolution` and `--termination` empty cells are
skipped and rays end early as in `hypermarch render`.
"""

from __future__ import annotations

import argparse

import numpy
import torch
from camera import add_options, chosen_camera
from model_file import Floats, Model
from picture import colour, over, save
from sampling import OccupancyGrid, Rays, interval_length, sample_lists
from torch_model import Field
from wavefront import SAMPLES_PER_DIAGONAL, March, march

# Rays that are marched together.
BLOCK = 1 << 14


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(description="Render a hypermarch model with plain PyTorch.")
    add = result.add_argument
    add("model", help="a .safetensors file")
    add("--scene", metavar="NAME", help="the scene; the first by default")
    add("--background", type=colour, default="white", metavar="COLOUR", help="a name or #rrggbb")
    add("--samples", type=int, default=SAMPLES_PER_DIAGONAL, metavar="N",
        help="intervals along the diagonal")
    add("--termination", type=float, default=0.0, metavar="SHARE", help="end of a ray; 0: never")
    add("--grid-resolution", type=int, default=0, metavar="N", help="cells; 0: evaluate everywhere")
    add("-o", "--output", required=True, metavar="FILE", help="the PNG to write")
    add_options(result)
    return result


def occupancy(model: Model, field: Field, resolution: int) -> OccupancyGrid:
    down = torch.tensor([[0.0, 0.0, -1.0]])

    def densities(positions: Floats) -> Floats:
        parts = torch.from_numpy(positions).split(1 << 14)
        return torch.cat([field(some, down.expand_as(some))[0] for some in parts]).numpy()

    return OccupancyGrid(model.minimum, model.maximum, densities, resolution)


@torch.inference_mode()
def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    model = Model.read(options.model)
    field = Field(model, options.scene)
    grid = occupancy(model, field, options.grid_resolution) if options.grid_resolution else None
    camera = chosen_camera(model.configuration["default_view"], options)
    interval = interval_length(model.minimum, model.maximum, options.samples)
    all_rays = Rays.within(
        model.minimum, model.maximum, camera.position, camera.directions(),
        model.configuration["near"])
    radiance = numpy.zeros((camera.width * camera.height, 3), numpy.float32)
    transmittance = numpy.ones(len(radiance), numpy.float32)
    for first in range(0, len(all_rays), BLOCK):
        rays = all_rays.block(first, first + BLOCK)
        samples = sample_lists(rays, interval, grid)
        arrays = (
            rays.origin, rays.directions, samples.firsts, samples.ends, samples.distances)
        what = March(*map(torch.from_numpy, arrays), float(interval), options.termination)
        gathered = march(torch, what, field)
        radiance[rays.pixels] = gathered.radiance.numpy()
        transmittance[rays.pixels] = gathered.transmittance.numpy()
    save(over(radiance, transmittance, options.background), camera, options.output)


if __name__ == "__main__":
    main()
