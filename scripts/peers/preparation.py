"""Prepares the workload: the frame's samples as hypermarch takes them, and the training batch."""

from __future__ import annotations

import numpy
import torch
from camera import Camera
from model_file import Floats, Model
from render_torch import occupancy
from sampling import Rays, SampleLists, interval_length, sample_lists
from torch_model import Field
from wavefront import March, march
from workload import TrainingBatch, Workload

# How the dense frame's number of samples is chosen.
DENSE_COUNTS = [32, 48, 64, 96, 128, 192, 256, 384, 512]
REFERENCE_COUNT = 1024
TRIAL_SIZE = 64


@torch.inference_mode()
def prepared(
    model_path: str, scene: str | None, camera: Camera, samples: int, grid_resolution: int,
    termination: float, training: tuple[int, int, int],
) -> Workload:
    model = Model.read(model_path)
    field = Field(model, scene)
    grid = occupancy(model, field, grid_resolution)
    interval = interval_length(model.minimum, model.maximum, samples)

    def marched(camera: Camera) -> tuple[Rays, SampleLists, Floats, list[Floats]]:
        rays = Rays.within(
            model.minimum, model.maximum, camera.position, camera.directions(),
            model.configuration["near"])
        lists = sample_lists(rays, interval, grid)
        arrays = (rays.origin, rays.directions, lists.firsts, lists.ends, lists.distances)
        what = March(*map(torch.from_numpy, arrays), float(interval), termination)
        gathered = march(torch, what, field, keeps_positions=True)
        return rays, lists, gathered.over_white.numpy(), [turn.numpy() for turn in gathered.turns]

    small = camera.resized(TRIAL_SIZE, max(1, TRIAL_SIZE * camera.height // camera.width))
    trial_rays, _, trial_pixels, _ = marched(small)
    rays, lists, _, turns = marched(camera)
    positions = numpy.concatenate(turns)
    offsets = positions - rays.origin
    return Workload(
        model_path, scene, rays, lists, float(interval), termination,
        positions, offsets / numpy.linalg.norm(offsets, axis=1, keepdims=True),
        dense_sample_count(field, trial_rays, trial_pixels), TrainingBatch.of(model, *training))


def dense_sample_count(field: Field, rays: Rays, marched: Floats) -> int:
    """The fewest samples per ray with which a dense picture is as near the limit as a marched one.

    The limit is a dense picture with very many samples.
    """

    def dense(count: int) -> Floats:
        middles = (torch.arange(count) + 0.5) / count
        near, far, directions = map(torch.from_numpy, (rays.near, rays.far, rays.directions))
        lengths = (far - near)[:, None]
        distances = near[:, None] + lengths * middles
        pixels = []
        for towards, at, length in zip(*(x.split(64) for x in (directions, distances, lengths))):
            positions = torch.from_numpy(rays.origin) + towards[:, None] * at[..., None]
            everywhere = towards[:, None].expand_as(positions).reshape(-1, 3)
            density, radiance = field(positions.reshape(-1, 3), everywhere)
            depth = density.reshape(at.shape) * length / count
            through = depth.cumsum(1)
            weights = torch.exp(depth - through) - torch.exp(-through)
            pixel = (weights[..., None] * radiance.reshape(*at.shape, 3)).sum(1)
            pixels.append(pixel + torch.exp(-through[:, -1:]))
        return torch.cat(pixels).numpy()

    limit = dense(REFERENCE_COUNT)

    def error(pixels: Floats) -> float:
        return float(((pixels - limit) ** 2).mean())

    wanted = error(marched)
    for count in DENSE_COUNTS:
        if error(dense(count)) <= wanted:
            return count
    return DENSE_COUNTS[-1]
