"""PyTorch as a peer: rendering, eager or compiled, and what it shares with training."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property

import torch
import torch.nn.functional as F
from field_network import FieldNetwork, Weights
from hypernetwork import field_weights
from model_file import Floats, Model
from pieces import ONE_THREAD, Piece, Pool, fixed_pieces, pieces
from stopwatch import best_seconds
from torch import Tensor
from torch_operations import OneDNNOperations, TorchOperations
from torch_training import TorchTraining
from variants import Variant
from wavefront import March, march
from workload import Workload, fastest

TUNING_SAMPLES = 1 << 17


class ByHandNetwork(FieldNetwork):
    """A network whose encoding is compiled, and whose layers are oneDNN's."""

    @cached_property
    def compiled_encode(self) -> Callable[[Tensor, Tensor | None], tuple[Tensor, Tensor | None]]:
        return torch.compile(self.encode, dynamic=False)

    def evaluate(
        self, weights: Weights, positions: Tensor, directions: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        return self.outputs(weights, *self.compiled_encode(positions, directions))


class DensityAndRadiance(torch.nn.Module):
    """The field of one scene; a module, as freezing takes a module's parameters for constants."""

    def __init__(self, network: FieldNetwork, weights: Weights) -> None:
        super().__init__()
        self.network, self.names = network, list(weights)
        self.values = torch.nn.ParameterList(
            [torch.nn.Parameter(value, requires_grad=False) for value in weights.values()])

    @property
    def weights(self) -> Weights:
        return dict(zip(self.names, self.values))

    def forward(self, positions: Tensor, directions: Tensor | None) -> tuple[Tensor, Tensor]:
        return self.network.evaluate(self.weights, positions, directions)


class DensePixels(DensityAndRadiance):
    """The same, with rays in and pixels out."""

    def forward(
        self, origin: Tensor, directions: Tensor, near: Tensor, far: Tensor, middles: Tensor
    ) -> Tensor:
        return self.network.dense_pixels(self.weights, origin, directions, near, far, middles)


class TorchPeer:
    def __init__(self, variant: Variant, thread_count: int, workload: Workload) -> None:
        self.workload, self.variant = workload, variant
        torch.set_num_threads(1)
        # Every length of a piece is compiled for itself.
        torch._dynamo.config.recompile_limit = 256
        self.pool = Pool(thread_count, prepare=lambda: torch.set_num_threads(1))
        self.chunk = 4096
        model = Model.read(workload.model_path)
        is_by_hand = variant.is_by_hand
        plain = FieldNetwork.of(model, TorchOperations(variant.is_bfloat16), is_by_hand)
        self.training = TorchTraining(
            model, plain, workload.training, self.pool, thread_count, variant.is_compiled)
        self.network = plain
        if is_by_hand:
            self.network = ByHandNetwork(**{
                field.name: getattr(plain, field.name) for field in dataclasses.fields(plain)
            } | {"operations": OneDNNOperations()})
        parameters = {name: torch.from_numpy(value) for name, value in model.parameters.items()}
        code = torch.from_numpy(model.code(workload.scene))[None]
        made = field_weights(model.configuration, parameters, code, torch.maximum)
        weights = {name: plain.operations.narrow(value[0]) for name, value in made.items()}
        self.field = self.prepared(DensityAndRadiance(self.network, weights))
        self.dense = self.prepared(DensePixels(self.network, weights))
        rays = workload.rays
        self.origin, self.directions, self.near, self.far, self.middles = (
            torch.from_numpy(a)
            for a in (rays.origin, rays.directions, rays.near, rays.far, workload.middles))
        self.positions = torch.from_numpy(workload.positions)
        self.sample_directions = torch.from_numpy(workload.directions)

    def prepared(self, module: torch.nn.Module) -> Callable[..., Tensor]:
        """The module as it is run: compiled where the variant says so."""
        module.eval()
        if not self.variant.is_compiled or self.variant.is_by_hand:
            return module
        # Freezing packs weights for oneDNN, which pays for layers of bfloat16 alone.
        options = {"freezing": True} if self.variant.is_bfloat16 else {}
        return torch.compile(module, dynamic=False, options=options)

    def pieces(self, count: int, length: int) -> list[Piece]:
        if not self.variant.is_compiled:
            return pieces(count, length)
        return fixed_pieces(count, [length, max(1, length // 8)])

    def evaluate(
        self, positions: Tensor, directions: Tensor | None, pool: Pool = ONE_THREAD
    ) -> tuple[Tensor, Tensor]:
        """Density [samples] and radiance [samples × 3], piece by piece."""
        count = len(positions)
        density, radiance = torch.empty(count), torch.empty(count, 3)

        @torch.no_grad()
        def work(piece: Piece) -> None:
            first, end = piece
            towards = directions[first:end] if self.network.needs_directions else None
            inputs = [positions[first:end], towards]
            if end > count:
                inputs = [x if x is None else F.pad(x, (0, 0, 0, end - count)) for x in inputs]
            sigma, colour = self.field(*inputs)
            density[first:end] = sigma[: count - first]
            radiance[first:end] = colour[: count - first]

        pool.run(work, self.pieces(count, self.chunk))
        return density, radiance

    @torch.no_grad()
    def tune(self, candidates: list[int]) -> int:
        seconds = []
        some = (self.positions[:TUNING_SAMPLES], self.sample_directions[:TUNING_SAMPLES])
        for self.chunk in candidates:
            seconds.append(best_seconds(lambda: self.evaluate(*some, self.pool)))
        self.chunk = fastest(candidates, seconds)
        return self.chunk

    def tune_training(self, candidates: list[int]) -> int:
        return self.training.tune(candidates)

    @torch.no_grad()
    def evaluate_field(self) -> None:
        self.evaluate(self.positions, self.sample_directions, self.pool)

    def render(self) -> tuple[Floats, int]:
        workload = self.workload
        samples = workload.samples
        firsts, ends, distances = map(
            torch.from_numpy, (samples.firsts, samples.ends, samples.distances))
        pixels = torch.empty(len(self.directions), 3)

        @torch.no_grad()
        def work(share: slice) -> int:
            what = March(
                self.origin, self.directions[share], firsts[share], ends[share], distances,
                workload.interval, workload.termination, self.network.needs_directions)
            gathered = march(torch, what, self.evaluate)
            pixels[share] = gathered.over_white
            return gathered.evaluations

        evaluations = sum(self.pool.run(work, self.pool.shares))
        return pixels.numpy(), evaluations

    @torch.no_grad()
    def render_densely(self) -> Floats:
        count = len(self.directions)
        pixels = torch.empty(count, 3)
        length = max(1, self.chunk // self.workload.dense_sample_count)

        @torch.no_grad()
        def work(piece: Piece) -> None:
            first, end = piece
            parts = [part[first:end] for part in (self.directions, self.near, self.far)]
            if end > count:
                last = torch.arange(first, end).clamp(max=count - 1)
                parts = [part[last] for part in (self.directions, self.near, self.far)]
            pixels[first:end] = self.dense(self.origin, *parts, self.middles)[: count - first]

        self.pool.run(work, self.pieces(count, length))
        return pixels.numpy()

    def train(self) -> float:
        return self.training.step()
