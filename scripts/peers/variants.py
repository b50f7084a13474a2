"""The programs that are compared: the ways in which PyTorch and JAX are used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    key: str
    title: str
    library: str  # torch or jax
    is_bfloat16: bool = False
    is_compiled: bool = False
    # Not what the library offers, but what can be built in it: sines by a polynomial, and in torch
    # oneDNN's fused layers, called by the name that only its compiler knows.
    is_by_hand: bool = False


VARIANTS = [
    Variant("torch_eager", "torch eager", "torch"),
    Variant("torch_compile", "torch.compile", "torch", is_compiled=True),
    Variant("torch_bf16", "torch bf16", "torch", is_bfloat16=True),
    Variant("torch_bf16_compile", "torch.compile bf16", "torch", True, is_compiled=True),
    Variant("jax", "jax.jit", "jax", is_compiled=True),
    Variant("torch_by_hand", "torch by hand", "torch", is_compiled=True, is_by_hand=True),
    Variant("jax_by_hand", "jax by hand", "jax", is_compiled=True, is_by_hand=True),
]
