"""A training step in PyTorch: codes → field weights → pixels → squared error → Adam."""

from __future__ import annotations

import torch
from field_network import FieldNetwork, Weights
from hypernetwork import field_weights
from model_file import Model
from pieces import Pool
from stopwatch import best_seconds
from torch import Tensor
from workload import TrainingBatch, fastest


class TorchTraining:
    """Takes the gradients of the field weights scene by scene and piece by piece, as hypermarch."""

    def __init__(
        self, model: Model, network: FieldNetwork, batch: TrainingBatch, pool: Pool,
        thread_count: int, is_compiled: bool,
    ) -> None:
        self.configuration, self.network = model.configuration, network
        self.batch, self.pool, self.thread_count = batch, pool, thread_count
        self.piece_length = 4096
        self.parameters = {
            name: torch.tensor(value, requires_grad=True)
            for name, value in model.parameters.items()
        }
        self.codes = torch.tensor(batch.codes, requires_grad=True)
        self.optimizer = torch.optim.Adam(
            [{"params": list(self.parameters.values())}, {"params": [self.codes], "lr": 1e-2}],
            lr=2e-3, betas=(0.9, 0.99), fused=True)
        self.positions, self.directions, self.targets = (
            torch.from_numpy(array) for array in (batch.positions, batch.directions, batch.targets))
        self.loss = self.piece_loss
        if is_compiled:
            self.loss = torch.compile(self.piece_loss, dynamic=False)

    def piece_loss(
        self, weights: Weights, positions: Tensor, directions: Tensor | None, targets: Tensor
    ) -> Tensor:
        encoded = self.network.encode(positions, directions)
        return self.network.squared_error(weights, *encoded, targets, self.batch.interval)

    def scene_gradients(self, item: tuple[int, Weights]) -> tuple[float, list[Tensor]]:
        """The loss of a scene, and its gradients with respect to the field's weights."""
        scene, weights = item
        leaves = {name: value.requires_grad_() for name, value in weights.items()}
        ray_count, samples_per_ray = self.positions.shape[1:3]
        step = max(1, self.piece_length // samples_per_ray)
        loss = 0.0
        for first in range(0, ray_count, step):
            rays = slice(first, first + step)
            directions = None
            if self.network.needs_directions:
                directions = self.directions[scene, rays].reshape(-1, 3)
            part = self.loss(
                leaves, self.positions[scene, rays].reshape(-1, 3), directions,
                self.targets[scene, rays])
            part.backward()
            loss += float(part.detach())
        gradients = []
        for value in leaves.values():
            assert value.grad is not None
            gradients.append(value.grad)
        return loss, gradients

    def step(self) -> float:
        scene_count, ray_count = self.targets.shape[:2]
        # 1. Codes → field weights, with all threads in each operation.
        torch.set_num_threads(self.thread_count)
        self.optimizer.zero_grad(set_to_none=True)
        weights = field_weights(self.configuration, self.parameters, self.codes, torch.maximum)
        # 2. Rays → loss → gradients of the field weights, scenes side by side.
        torch.set_num_threads(1)
        scenes = [
            (scene, {name: value.detach()[scene].clone() for name, value in weights.items()})
            for scene in range(scene_count)
        ]
        results = self.pool.run(self.scene_gradients, scenes)
        # 3. And back to the hypernetwork and the codes, then Adam.
        torch.set_num_threads(self.thread_count)
        scale = 1 / (scene_count * ray_count)
        gradients = [torch.stack(parts) * scale for parts in zip(*(part for _, part in results))]
        torch.autograd.backward(list(weights.values()), gradients)
        self.optimizer.step()
        torch.set_num_threads(1)
        return sum(loss for loss, _ in results) * scale

    def tune(self, candidates: list[int]) -> int:
        seconds = []
        for self.piece_length in candidates:
            seconds.append(best_seconds(self.step, repetitions=2))
        self.piece_length = fastest(candidates, seconds)
        return self.piece_length
