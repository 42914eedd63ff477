"""Seeded replicates, in one process or several; how many does not change the result."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np

from standfast.analysis.mixed.likelihood.factor import SingularSystemError
from standfast.analysis.mixed.likelihood.threads import one_thread
from standfast.errors import FitError

# Processes at most, unless asked for; each holds a copy of the model.
MOST_WORKERS = 8
_PER_WORKER = 10  # chunks, so that progress moves and no worker waits long for the last

T = TypeVar("T")
Task = Callable[[np.random.Generator], T]
Progress = Callable[[int, int], None]
_INSTALLED: list[tuple[Task[Any], int]] = []  # in a worker process, its task and seed


def replicate(
    task: Task[T], n: int, seed: int, *, n_workers: int | None = None, progress: Progress | None = None
) -> list[T | None]:
    """Run a task n times, each with a generator of its own.

    Args:
        task: Can be pickled where there is more than one worker.
        n: Replicates.
        seed: Replicate i draws from child i of this seed.
        n_workers: Processes, by default one per processor; 1 stays in this process.
        progress: Called with the number of replicates done and n.

    Returns:
        Results in order; `None` where the task raised what a failed fit raises.

    Raises:
        FitError: The worker processes could not start.
        ValueError: n or `n_workers` is below 1.
    """
    workers = min(os.cpu_count() or 1, MOST_WORKERS) if n_workers is None else n_workers
    if n < 1 or workers < 1:
        message = f"replicates and workers must be at least 1, got {n} and {workers}"
        raise ValueError(message)
    size = max(1, n // (workers * _PER_WORKER))
    chunks = [range(start, min(start + size, n)) for start in range(0, n, size)]
    if workers == 1:
        return _gathered((_run(task, seed, chunk) for chunk in chunks), n, progress)
    try:
        # A forked worker may inherit a lock that another thread holds; a spawned one starts clean.
        with ProcessPoolExecutor(workers, get_context("spawn"), _install, (task, seed)) as pool:
            return _gathered(_parts(pool, chunks), n, progress)
    except BrokenProcessPool as error:
        message = (
            "bootstrap: the worker processes could not start. In a script, call it under "
            '`if __name__ == "__main__":`, or set n_workers=1'
        )
        raise FitError(message) from error


def _gathered(parts: Iterable[list[T | None]], n: int, progress: Progress | None) -> list[T | None]:
    results: list[T | None] = []
    for part in parts:
        results += part
        if progress is not None:
            progress(len(results), n)
    return results


def _parts(pool: ProcessPoolExecutor, chunks: Iterable[range]) -> Iterator[list[Any]]:
    """Yield the chunks' results in order; where the caller stops, those that wait are not started."""
    try:
        yield from pool.map(_run_installed, chunks)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _install(task: Task[Any], seed: int) -> None:
    _INSTALLED[:] = [(task, seed)]


def _run_installed(chunk: Sequence[int]) -> list[Any]:
    task, seed = _INSTALLED[0]
    return _run(task, seed, chunk)


def _run(task: Task[T], seed: int, chunk: Sequence[int]) -> list[T | None]:
    with one_thread():
        return [_attempt(task, np.random.SeedSequence(seed, spawn_key=(i,))) for i in chunk]


def _attempt(task: Task[T], seed: np.random.SeedSequence) -> T | None:
    try:
        return task(np.random.default_rng(seed))
    except (FitError, SingularSystemError, np.linalg.LinAlgError):
        return None
