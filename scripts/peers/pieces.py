"""Cutting work into pieces, and doing them on several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Piece = tuple[int, int]


def pieces(count: int, length: int) -> list[Piece]:
    """Ranges that cover 0 ..< count, none longer than length."""
    return [(first, min(first + length, count)) for first in range(0, count, length)]


def fixed_pieces(count: int, lengths: list[int]) -> list[Piece]:
    """Ranges that cover 0 ..< count, of a few lengths only, for programs compiled for a shape.

    Each of the falling lengths is used as often as it fits; the last range may reach past the
    count.
    """
    result: list[Piece] = []
    first = 0
    for length in lengths:
        while count - first >= length or (length == lengths[-1] and first < count):
            result.append((first, first + length))
            first += length
    return result


class Pool:
    """Threads of the interpreter, each of which runs pieces of work on its own processor.

    Libraries compute outside the interpreter's lock. Pieces side by side scale better than the
    libraries' own threads within a piece, which wait for each other after every operation.
    """

    def __init__(self, thread_count: int, prepare: Callable[[], Any] = lambda: None) -> None:
        # Each thread's share of many things: every so-manyth, so that shares take equally long.
        self.shares = [slice(first, None, thread_count) for first in range(thread_count)]
        self.threads = None
        if thread_count > 1:
            self.threads = ThreadPoolExecutor(thread_count, initializer=prepare)

    def run(self, work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        if self.threads is None:
            return [work(item) for item in items]
        return list(self.threads.map(work, items))


ONE_THREAD = Pool(1)
