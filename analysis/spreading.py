"""Independent pieces of work, one after the other or on several processors, with the same results in the same order."""

import io
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from itertools import starmap
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis.summaries import paused
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
        return pool.map(_called, (_packed(work, *arguments) for arguments in given))

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


def _called(packed: bytes) -> Any:
    work, *arguments = pickle.loads(packed)
    with paused():
        return work(*arguments)


def _packed(*values: Any) -> bytes:
    out = io.BytesIO()
    _Pickler(out, protocol=pickle.HIGHEST_PROTOCOL).dump(values)
    return out.getvalue()


class _Pickler(pickle.Pickler):
    """Writes a frame's texts as codes, so that they are written and read as fast as numbers; they arrive as objects."""

    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, pd.DataFrame) or not obj.columns.is_unique:
            return NotImplemented
        return _frame, ({name: _column(obj[name]) for name in obj}, obj.index)


class _Coded(NamedTuple):
    """A column of texts: which of the distinct ones each row has."""

    codes: NDArray[np.unsignedinteger[Any]]
    distinct: NDArray[np.object_]


def _column(column: pd.Series) -> Any:
    if column.dtype not in (object, "string") or column.isna().any():
        return column.array
    codes, distinct = pd.factorize(column.array)
    return _Coded(codes.astype(np.min_scalar_type(len(distinct))), np.asarray(distinct, dtype=object))


def _frame(columns: Mapping[str, Any], index: pd.Index) -> pd.DataFrame:
    whole = {
        name: column.distinct[column.codes] if isinstance(column, _Coded) else column
        for name, column in columns.items()
    }
    return pd.DataFrame(whole, index=index)
