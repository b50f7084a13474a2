"""Pictures: colours, backgrounds, PNG files, and how far two pictures are apart."""

from __future__ import annotations

import argparse
import math

import numpy
from camera import Camera
from model_file import Floats
from PIL import Image

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


def over(radiance: Floats, transmittance: Floats, background: list[float]) -> Floats:
    """Premultiplied radiance [pixels × 3] over a background."""
    return radiance + numpy.array(background, numpy.float32) * transmittance[:, None]


def save(pixels: Floats, camera: Camera, path: str) -> None:
    rounded = (pixels.clip(0, 1) * 255 + 0.5).astype(numpy.uint8)
    Image.fromarray(rounded.reshape(camera.height, camera.width, 3)).save(path)


def psnr(first: str, second: str) -> float:
    """PSNR of two 8-bit pictures, dB; infinite where they are the same."""
    a, b = (numpy.asarray(Image.open(path).convert("RGB"), dtype=float) for path in (first, second))
    if a.shape != b.shape:
        raise SystemExit(f"found pictures of {a.shape} and {b.shape}, expected the same size")
    error = float(((a - b) ** 2).mean()) / 255**2
    return math.inf if error == 0 else -10 * math.log10(error)
