"""hypermarch itself as a program: frames by `render --json`, training steps by `bench --json`."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import Any

# What the peers are started with and hypermarch is not.
PEERS_ONLY = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "OMP_NUM_THREADS", "XLA_FLAGS")


@dataclass(frozen=True)
class Hypermarch:
    program: str
    model: str
    # Options of `render` that choose the scene, the camera and the samples.
    options: list[str]

    def run(self, arguments: list[str], processors: set[int]) -> dict[str, Any]:
        """What a command prints as JSON, bound to some processors."""
        environment = {k: v for k, v in os.environ.items() if k not in PEERS_ONLY}
        command = [self.program, *arguments, "--json"]
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, processors))
        if result.returncode != 0:
            reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise RuntimeError(reason.removeprefix("error: "))
        return json.loads(result.stdout)

    def render(self, precision: str, output: str, processors: set[int]) -> dict[str, Any]:
        """Renders the frame.

        Of the report, `render_seconds`, `field_evaluations` and `rays_marched` are used.
        """
        precision_options = [] if precision == "float32" else ["--precision", precision]
        return self.run(
            ["render", self.model, *self.options, *precision_options,
             "--threads", str(len(processors)), "--overwrite", "--output", output], processors)

    def bench(self, processors: set[int]) -> dict[str, Any]:
        """Measures training, and frames of 400×400 pixels with the share of the field in them.

        Of the report, `samples_per_hit_ray` and `train_bf16_over_f32` are used, and the spreads of
        `train_samples_per_second`, `train_samples_per_second_f32`, `frame400_ms`,
        `frame400_fps_bf16` and `frame400_field_ms`.
        """
        return self.run(["bench", self.model, "--threads", str(len(processors))], processors)

