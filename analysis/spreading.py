"""Independent pieces of work, one after the other or on several processors, with the same results in the same order."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from itertools import starmap
from multiprocessing import get_context
from typing import Any

from standfast.errors import FitError

# Rows of a frame from which starting processes, a few seconds each, is less than what they save.
LARGE = 60_000
# Bytes of logs from which a frame has that many.
LARGE_LOGS = 50_000_000

# Calls a function once for each tuple of arguments, and yields what it returned in their order.
Each = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], Iterator[Any]]
in_turn: Each = starmap


@contextmanager
def over(processes: int, *, ahead: str = "") -> Iterator[Each]:
    """Spread calls over processes of their own; functions, arguments and results must be picklable.

    They are started afresh, so that a script that asks for more than one needs the usual `if __name__ == "__main__":`.

    Args:
        processes: How many; with one, all is done here.
        ahead: A module that they import at once, where it is known that they will be needed; by default they are
            started with the first call.

    Raises:
        FitError: A process was killed.
    """
    if processes < 2:
        yield in_turn
        return
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    for _ in range(processes if ahead else 0):
        pool.submit(import_module, ahead)

    def each(work: Callable[..., Any], given: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        return pool.map(work, *zip(*given, strict=True))

    try:
        yield each
    except BrokenProcessPool as error:
        message = "a process that fitted models was killed, as where memory runs out; `--processes 1` takes the least"
        raise FitError(message) from error
    finally:
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Return the processors that this process may use, eight at most: each process holds a part of the run in memory."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, 8)
