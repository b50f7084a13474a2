"""Measures hypermarch and its peers in one sitting; started by scripts/bench-peers.

Programs take turns, round by round, so that what else the machine does meets all of them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy
from camera import Camera, add_options, chosen_camera
from figures import Section, table
from hypermarch_program import Hypermarch
from model_file import Floats, Model
from peer_process import (
    CHUNKS, COMPILED_CHUNKS, COMPILED_TRAINING_CHUNKS, TRAINING_CHUNKS, PeerProcess, processors)
from picture import over, psnr, save
from preparation import prepared
from sampling import GRID_RESOLUTION
from variants import VARIANTS
from wavefront import SAMPLES_PER_DIAGONAL, TERMINATION
from workload import Workload

PRECISIONS = {"hypermarch_f32": "float32", "hypermarch_bf16": "bfloat16"}
TITLES = {"hypermarch_f32": "hypermarch f32", "hypermarch_bf16": "hypermarch bf16"} | {
    variant.key: variant.title for variant in VARIANTS}


def say(text: str) -> None:
    print(f"bench-peers: {text}", file=sys.stderr, flush=True)


class Sitting:
    """One comparison: the workload, the programs and what has been measured."""

    def __init__(self, options: argparse.Namespace, folder: str) -> None:
        self.options, self.folder = options, Path(folder)
        model = Model.read(options.model)
        self.camera = chosen_camera(model.configuration["default_view"], options)
        training = (8, options.training_rays, options.training_samples)
        say("preparing the samples")
        self.workload = prepared(
            options.model, options.scene, self.camera, options.samples, options.grid_resolution,
            options.termination, training)
        self.hypermarch = Hypermarch(options.hypermarch, options.model, render_options(options))
        count = options.threads
        threads = "1 thread" if count == 1 else f"{count} threads"
        every_ray = f"{self.workload.dense_sample_count} samples on every ray"
        dense = f"whole frame, theirs with {every_ray}, {threads}"
        sections = [
            Section("field_one_thread", "field, the frame's samples, 1 thread", "Ms/s", True),
            Section("field", f"field, the frame's samples, {threads}", "Ms/s", True),
            Section("frame", f"frame, same samples, {threads}", "ms", False),
            Section("dense_frame", dense, "ms", False),
            Section("training", f"training step, {threads}", "Ms/s", True),
        ]
        # With one thread in all the first two are the same.
        sections = sections[1:] if count == 1 else sections
        self.sections = {section.key: section for section in sections}
        self.evaluations: dict[str, int] = {}
        self.losses: dict[str, list[float]] = {}
        self.samples_per_hit_ray = 0.0

    def field_key(self, thread_count: int) -> str:
        return "field" if thread_count == self.options.threads else "field_one_thread"

    # ---- The peers ----

    def started(self, thread_count: int, with_training: bool) -> list[PeerProcess]:
        """The peers, each tuned and warm."""
        peers = []
        for variant in VARIANTS:
            if self.options.peers and variant.key not in self.options.peers:
                continue
            say(f"tuning {variant.title}, threads: {thread_count}")
            peer = PeerProcess.start(variant, thread_count, self.workload)
            peers.append(peer)
            is_compiled = variant.is_compiled
            chunk = peer.ask("tune", COMPILED_CHUNKS if is_compiled else CHUNKS)
            self.report(self.field_key(thread_count), variant.key, peer, "tune", chunk)
            if with_training:
                losses = [peer.ask("train") for _ in range(3)]
                self.losses[variant.key] = [loss[1] for loss in losses if loss]
                candidates = COMPILED_TRAINING_CHUNKS if is_compiled else TRAINING_CHUNKS
                found = peer.ask("tune_training", candidates)
                self.report("training", variant.key, peer, "tune_training", found)
        return peers

    def report(self, section: str, key: str, peer: PeerProcess, name: str, found: Any) -> None:
        note = f"chunk {found[1]}" if found else f"failed: {peer.failures[name]}"
        self.sections[section].figure(key).note = note

    def measured(self, peer: PeerProcess, section: str, name: str, samples: int | None) -> Any:
        """One measurement, in Ms/s where a number of samples is given, else in ms."""
        figure = self.sections[section].figure(peer.variant.key)
        found = peer.ask(name)
        if found is None:
            figure.note = f"failed: {peer.failures[name]}"
            return None
        seconds, result = found
        figure.values.append(1e3 * seconds if samples is None else 1e-6 * samples / seconds)
        return result

    def compare_pictures(self, section: str, key: str, pixels: Floats | None) -> None:
        figure = self.sections[section].figure(key)
        ours = self.picture("hypermarch_f32")
        if pixels is None or figure.psnr is not None or not ours.exists():
            return
        path = self.picture(f"{section}-{key}")
        save(picture(pixels, self.workload, self.camera), self.camera, str(path))
        figure.psnr = psnr(str(ours), str(path))

    def picture(self, name: str) -> Path:
        return self.folder / f"{name}.png"

    # ---- hypermarch ----

    def render_ours(self, thread_count: int) -> None:
        for key, precision in PRECISIONS.items():
            section = self.sections["frame"]
            field = self.sections[self.field_key(thread_count)]
            path = self.picture(key)
            try:
                report = self.hypermarch.render(precision, str(path), processors(thread_count))
            except RuntimeError as error:
                section.figure(key).note = field.figure(key).note = f"failed: {error}"
                continue
            seconds, count = report["render_seconds"], report["field_evaluations"]
            if precision == "float32":
                self.samples_per_hit_ray = count / max(1, report["rays_marched"])
            # A whole frame, finding and compositing samples included: the field alone is faster.
            field.figure(key).values.append(1e-6 * count / seconds)
            field.figure(key).is_lower_bound = True
            field.figure(key).note = "whole frame"
            if thread_count == self.options.threads:
                self.evaluations[key] = count
                for name in ("frame", "dense_frame"):
                    figure = self.sections[name].figure(key)
                    figure.values.append(1e3 * seconds)
                    figure.psnr = psnr(str(self.picture("hypermarch_f32")), str(path))

    def bench_ours(self, thread_count: int) -> None:
        """hypermarch's training step, and its frame and field if its frame is the one compared here."""
        say(f"hypermarch bench, threads: {thread_count}")
        key = "hypermarch_f32"
        training = self.sections["training"]
        try:
            report = self.hypermarch.bench(processors(thread_count))
        except RuntimeError as error:
            training.figure(key).note = f"failed: {error}"
            return
        if thread_count == self.options.threads:
            rates = {"hypermarch_f32": "train_samples_per_second_f32"}
            # The default is bfloat16 where the processor has it.
            if report["train_bf16_over_f32"] is not None:
                rates["hypermarch_bf16"] = "train_samples_per_second"
            for ours, rate_key in rates.items():
                figure = training.figure(ours)
                figure.values = [1e-6 * rate for rate in around(report, rate_key)]
                figure.note = "with drawing rays, grids and sampling"
        field = self.sections[self.field_key(thread_count)].figure(key)
        times = [time for time in around(report, "frame400_field_ms") if time > 0]
        if not math.isclose(report["samples_per_hit_ray"], self.samples_per_hit_ray):
            return
        if thread_count == self.options.threads:
            # The same frame, again and again like the peers', and to 8-bit pixels.
            for name in ("frame", "dense_frame"):
                self.sections[name].figure(key).values = around(report, "frame400_ms")
                if report["frame400_fps_bf16"]:
                    rates = around(report, "frame400_fps_bf16")
                    self.sections[name].figure("hypermarch_bf16").values = [
                        1e3 / rate for rate in rates]
        if times:
            # The time is that of all threads together.
            samples = len(self.workload.positions) * thread_count
            field.values = [1e-3 * samples / milliseconds for milliseconds in times]
            field.is_lower_bound, field.note = False, "in the frame"

    # ---- The sitting ----

    def run(self) -> None:
        options, sample_count = self.options, len(self.workload.positions)
        rounds, dense_rounds = (2, 1) if options.quick else (options.rounds, 3)
        if options.threads > 1:
            peers = self.started(1, with_training=False)
            for index in range(rounds):
                say(f"one thread, round {index + 1} of {rounds}")
                self.render_ours(1)
                for peer in peers:
                    self.measured(peer, "field_one_thread", "evaluate_field", sample_count)
            stop(peers)

        peers = self.started(options.threads, with_training=True)
        training_samples = self.workload.training.sample_count
        for index in range(rounds):
            say(f"all threads, round {index + 1} of {rounds}")
            for _ in range(3):
                self.render_ours(options.threads)
            for peer in peers:
                key = peer.variant.key
                self.measured(peer, "field", "evaluate_field", sample_count)
                if index == 0:
                    peer.ask("render")
                found = self.measured(peer, "frame", "render", None)
                if found is not None:
                    self.compare_pictures("frame", key, found[0])
                    self.evaluations[key] = found[1]
                if index < dense_rounds:
                    if index == 0 and peer.variant.is_compiled:
                        peer.ask("render_densely")
                    pixels = self.measured(peer, "dense_frame", "render_densely", None)
                    self.compare_pictures("dense_frame", key, pixels)
                for _ in range(3):
                    self.measured(peer, "training", "train", training_samples)
        stop(peers)
        if not options.no_bench:
            for thread_count in sorted({1, options.threads}):
                self.bench_ours(thread_count)

    def text(self) -> str:
        workload, batch = self.workload, self.workload.training
        counts = sorted(set(self.evaluations.values()))
        scenes, rays, samples = batch.positions.shape[:3]
        losses = [losses[2] for losses in self.losses.values() if len(losses) == 3]
        agreement = f"{min(losses):.6f} to {max(losses):.6f}" if losses else "—"
        lines = [
            f"{self.options.model}, {self.camera.width}×{self.camera.height} pixels, "
            f"{len(workload.rays)} rays in the bound, {len(workload.positions)} samples; "
            f"field evaluations of the programs: {', '.join(map(str, counts))}",
            f"training: {scenes} scenes × {rays} rays × {samples} samples; the peers' losses of "
            f"the third step: {agreement}",
            "f32 × and bf16 ×: how many times as fast hypermarch is, in 32 bits and in bfloat16.",
            "PSNR: against hypermarch's picture in 32 bits.", "",
        ]
        titles = {
            key: title for key, title in TITLES.items()
            if not self.options.peers or key in PRECISIONS or key in self.options.peers
        }
        return "\n".join(lines) + table(list(self.sections.values()), titles)

    def json(self) -> dict[str, Any]:
        return {
            "schema": 1, "model": self.options.model, "threads": self.options.threads,
            "size": [self.camera.width, self.camera.height],
            "samples": len(self.workload.positions), "field_evaluations": self.evaluations,
            "dense_samples_per_ray": self.workload.dense_sample_count, "losses": self.losses,
            "sections": {
                section.key: {
                    "unit": section.unit,
                    "programs": {key: f.json() for key, f in section.figures.items()},
                    "f32_ratio": {k: section.ratio("hypermarch_f32", k) for k in section.figures},
                    "bf16_ratio": {k: section.ratio("hypermarch_bf16", k) for k in section.figures},
                }
                for section in self.sections.values()
            },
        }


def around(report: dict[str, Any], key: str) -> list[float]:
    """The quartiles and the median of a figure of `hypermarch bench`; empty where it has none."""
    spread = report["spread"].get(key)
    return [] if spread is None else [
        spread[name] for name in ("lower_quartile", "median", "upper_quartile")]


def picture(pixels: Floats, workload: Workload, camera: Camera) -> Floats:
    """A whole picture over white, from the pixels of the rays that meet the bound."""
    radiance = numpy.ones((camera.width * camera.height, 3), numpy.float32)
    radiance[workload.rays.pixels] = pixels
    return over(radiance, numpy.zeros(len(radiance), numpy.float32), [1, 1, 1])


def stop(peers: list[PeerProcess]) -> None:
    for peer in peers:
        peer.stop()


def render_options(options: argparse.Namespace) -> list[str]:
    """The options of `hypermarch render` that make it take the same samples of the same rays."""
    names = ["scene", "azimuth", "elevation", "distance", "fov", "samples", "termination",
             "grid_resolution"]
    # `=` keeps a negative angle from being taken for an option.
    given = [
        f"--{name.replace('_', '-')}={getattr(options, name)}"
        for name in names if getattr(options, name) is not None
    ]
    if options.size:
        given.append(f"--size={options.size[0]}x{options.size[1]}")
    if options.target:
        given.append("--target=" + ",".join(map(str, options.target)))
    return given


def parser(root: Path) -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="bench-peers", description="Measure hypermarch beside PyTorch and JAX.")
    add = result.add_argument
    cars = str(root / "scenes/cars.safetensors")
    add("model", nargs="?", default=cars, help="a .safetensors file")
    add("--scene", metavar="NAME", help="the scene; the first by default")
    add("--samples", type=int, default=SAMPLES_PER_DIAGONAL, metavar="N",
        help="intervals along the diagonal")
    add("--termination", type=float, default=TERMINATION, metavar="SHARE", help="end of a ray")
    add("--grid-resolution", type=int, default=GRID_RESOLUTION, metavar="N",
        help="cells of the occupancy grid")
    add("--training-rays", type=int, default=256, metavar="N", help="rays of a scene in a step")
    add("--training-samples", type=int, default=16, metavar="N", help="samples of such a ray")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)), metavar="N",
        help="threads; all processors by default")
    add("--rounds", type=int, default=5, metavar="N", help="repetitions")
    add("--peers", nargs="*", choices=[v.key for v in VARIANTS], metavar="PEER",
        help="only these: " + ", ".join(v.key for v in VARIANTS))
    add("--quick", action="store_true", help="two rounds, to see that everything runs")
    add("--no-bench", action="store_true", help="leave out hypermarch's training step")
    add("--json", action="store_true", help="print the figures as JSON")
    add("--keep", metavar="FOLDER", help="keep the pictures there")
    add("--hypermarch", default=str(root / "scripts/hypermarch"), metavar="PROGRAM",
        help="the program to measure")
    add_options(result)
    return result


def main() -> None:
    options = parser(Path(__file__).resolve().parent.parent.parent).parse_args()
    if options.keep:
        Path(options.keep).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        sitting = Sitting(options, options.keep or folder)
        sitting.run()
    print(json.dumps(sitting.json(), indent=2) if options.json else sitting.text())


if __name__ == "__main__":
    main()
