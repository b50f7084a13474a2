"""Cameras: the rays of a picture, and the options that choose them."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy
from model_file import Floats


@dataclass(frozen=True)
class Camera:
    """A pinhole camera."""

    position: Floats
    right: Floats
    up: Floats
    backward: Floats
    focal: float  # pixels
    width: int
    height: int

    def directions(self) -> Floats:
        """Unit directions through the pixels' centres, [height · width × 3], rows from the top."""
        x = (numpy.arange(self.width, dtype=numpy.float32) + 0.5 - self.width / 2) / self.focal
        y = (numpy.arange(self.height, dtype=numpy.float32) + 0.5 - self.height / 2) / self.focal
        directions = self.right * x[None, :, None] - self.up * y[:, None, None] - self.backward
        directions = directions.astype(numpy.float32).reshape(-1, 3)
        return directions / numpy.sqrt((directions * directions).sum(1, keepdims=True))

    def resized(self, width: int, height: int) -> Camera:
        """The same view with another number of pixels."""
        return replace(self, focal=self.focal * width / self.width, width=width, height=height)


def size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height or width)


def vector(text: str) -> list[float]:
    return [float(word) for word in text.split(",")]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The camera options of `hypermarch render`, as far as they are known here."""
    add = parser.add_argument
    add("--size", type=size, metavar="WxH", help="pixels")
    add("--azimuth", type=float, metavar="DEGREES", help="about +z from the +x axis")
    add("--elevation", type=float, metavar="DEGREES", help="above the horizon")
    add("--distance", type=float, metavar="UNITS", help="from the target")
    add("--fov", type=float, metavar="DEGREES", help="horizontal field of view")
    add("--target", type=vector, metavar="X,Y,Z", help="the point the camera looks at")


def chosen_camera(view: dict[str, Any], options: argparse.Namespace) -> Camera:
    """The model's own view, or an orbit where the options ask for one."""
    width, height = options.size or (view["width"], view["height"])
    angle = math.radians(view["field_of_view"] if options.fov is None else options.fov)
    right, up, backward, position = numpy.array(view["world_from_camera"], numpy.float32).T
    orbit = [options.azimuth, options.elevation, options.distance, options.target]
    if any(value is not None for value in orbit):
        target = numpy.array(view["target"] if options.target is None else options.target)
        x, y, z = (position - target).tolist()
        azimuth = math.atan2(y, x)
        if options.azimuth is not None:
            azimuth = math.radians(options.azimuth)
        elevation = math.atan2(z, math.hypot(x, y))
        if options.elevation is not None:
            elevation = math.radians(options.elevation)
        distance = math.hypot(x, y, z) if options.distance is None else options.distance
        sine, cosine = math.sin(elevation), math.cos(elevation)
        backward = numpy.array([cosine * math.cos(azimuth), cosine * math.sin(azimuth), sine])
        up = numpy.array([-sine * math.cos(azimuth), -sine * math.sin(azimuth), cosine])
        right = numpy.cross(up, backward)
        position = target + backward * distance
    axes = (axis.astype(numpy.float32) for axis in (position, right, up, backward))
    return Camera(*axes, 0.5 * width / math.tan(angle / 2), width, height)
