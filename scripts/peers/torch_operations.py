"""PyTorch's operations for the field's network."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from model_file import Floats
from torch import Tensor


class TorchOperations:
    """What PyTorch offers, in 32 bits or with layers of bfloat16."""

    def __init__(self, is_bfloat16: bool = False) -> None:
        self.precision = torch.bfloat16 if is_bfloat16 else torch.float32

    sin, exp, round = (staticmethod(f) for f in (torch.sin, torch.exp, torch.round))
    sigmoid, softplus = staticmethod(torch.sigmoid), staticmethod(F.softplus)
    angles, linear = staticmethod(torch.addmm), staticmethod(F.linear)

    def array(self, values: Floats) -> Tensor:
        return torch.from_numpy(values)

    def concatenate(self, parts: list[Tensor]) -> Tensor:
        return torch.cat(parts, dim=1)

    def minimum(self, x: Tensor, limit: float) -> Tensor:
        return x.clamp(max=limit)

    def cumulative_sum(self, x: Tensor) -> Tensor:
        return x.cumsum(1)

    def narrow(self, x: Tensor) -> Tensor:
        return x.to(self.precision)

    def widen(self, x: Tensor) -> Tensor:
        return x.float()

    def hidden(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return F.relu_(F.linear(x, weight, bias))


class OneDNNOperations(TorchOperations):
    """oneDNN's layers with their activation fused, as the compiler emits them; no gradients.

    PyTorch's own 32-bit layers go through MKL, which takes the narrower of the vector units on
    processors of other makers.
    """

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")

    def hidden(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "relu", [], "")
