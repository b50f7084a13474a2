"""Timing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def seconds_of(work: Callable[[], Any]) -> float:
    """Wall-clock seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def best_seconds(work: Callable[[], Any], repetitions: int = 3) -> float:
    """The least of some repetitions, after one that warms up."""
    work()
    return min(seconds_of(work) for _ in range(repetitions))
