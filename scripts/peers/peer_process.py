"""A peer in a process of its own, bound to as many processors as it may use."""

from __future__ import annotations

import multiprocessing
import os
import textwrap
import traceback
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from stopwatch import seconds_of
from variants import Variant
from workload import Peer, Workload

CHUNKS = [1024, 2048, 4096, 8192, 16384]
# Compiling takes long, and the fastest lies among these.
COMPILED_CHUNKS = [2048, 4096, 8192]
TRAINING_CHUNKS = [1024, 2048, 4096, 8192]
COMPILED_TRAINING_CHUNKS = [2048, 8192]


def processors(count: int) -> set[int]:
    """The first of the processors that this process may use."""
    return set(sorted(os.sched_getaffinity(0))[:count])


def made(variant: Variant, thread_count: int, workload: Workload) -> Peer:
    # Pieces of work run side by side, so a piece uses one thread. This is read at import.
    os.environ["OMP_NUM_THREADS"] = str(thread_count)
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if variant.library == "jax":
        from jax_peer import JaxPeer

        return JaxPeer(variant, thread_count, workload)
    from torch_peer import TorchPeer

    return TorchPeer(variant, thread_count, workload)


def serve(
    variant: Variant, thread_count: int, workload: Workload, connection: Connection
) -> None:
    """Does what it is told until it is told nothing more."""
    os.sched_setaffinity(0, processors(thread_count))
    peer = None
    while (request := connection.recv()) is not None:
        name, arguments = request
        result: list[Any] = []
        try:
            if peer is None:
                peer = made(variant, thread_count, workload)
            method = getattr(peer, name)
            seconds = seconds_of(lambda: result.append(method(*arguments)))
            connection.send((seconds, result[0], None))
        except Exception as error:  # Whatever a library meets, the other peers go on.
            if os.environ.get("HYPERMARCH_PEERS_TRACE"):
                traceback.print_exc()
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            connection.send((0.0, None, textwrap.shorten(reason, 80, placeholder=" …")))


@dataclass
class PeerProcess:
    """Asks a peer for work and takes its time."""

    variant: Variant
    process: Any
    connection: Connection
    failures: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def start(variant: Variant, thread_count: int, workload: Workload) -> PeerProcess:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(variant, thread_count, workload, theirs), daemon=True)
        process.start()
        return PeerProcess(variant, process, ours)

    def ask(self, name: str, *arguments: Any) -> tuple[float, Any] | None:
        """Seconds and result of a method; None where it failed, now or before."""
        if name in self.failures:
            return None
        self.connection.send((name, arguments))
        try:
            seconds, result, failure = self.connection.recv()
        except EOFError:
            failure = "the process ended"
        if failure is not None:
            self.failures[name] = failure
            return None
        return seconds, result

    def stop(self) -> None:
        if self.process.is_alive():
            self.connection.send(None)
        self.process.join()
