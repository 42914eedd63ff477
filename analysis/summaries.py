"""What each sample was scored, from the members of an Inspect log itself.

Inspect's own reading of the summaries validates every message of every sample, of which a record needs none, and takes
ten times as long. What is read here is what `FORMAT` of Inspect's logs holds; of another one, or where anything is not as
expected, nothing is read and Inspect is asked. Both give the same records.
"""

import gc
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json

from standfast.analysis.archives import contents

FORMAT = 2  # version of the log's format, in its header
SCORER = "verdicts"
SUMMARIES = "summaries.json"
_VALUES = frozenset({float, int, str, bool})

Key = tuple[int | str, int]  # sample id, epoch


class Scored(NamedTuple):
    """What a scorer wrote."""

    value: Any
    metadata: dict[str, Any] | None


class Slim(NamedTuple):
    """What a record is made of, without what else a sample holds."""

    id: int | str
    epoch: int
    metadata: dict[str, Any]
    scores: Mapping[str, Any] | None
    error: Any


def summaries(path: Path, content: bytes | None = None) -> dict[Key, Slim] | None:
    """Return the summaries of a log, `None` where they are not as expected, such as in a log without its end.

    Args:
        path: The log.
        content: Their text, where it was read before.
    """
    if content is None:
        (content,) = contents(path, [SUMMARIES])
    with paused():
        return of_rows(_parsed(content))


def samples(path: Path, keys: Collection[Key]) -> dict[Key, Slim] | None:
    """Return some samples as a whole, `None` where one is not as expected."""
    found: dict[Key, Slim] = {}
    names = [f"samples/{id}_epoch_{epoch}.json" for id, epoch in keys]
    with paused():
        for key, content in zip(keys, contents(path, names), strict=True):
            one = of_rows([_parsed(content)])
            if one is None or list(one) != [key]:
                return None
            found |= one
    return found


def _parsed(content: bytes | None) -> Any:
    try:
        return None if content is None else from_json(content, cache_strings="keys")
    except ValueError:  # also what Python's parser takes, such as half of a surrogate pair
        return None


def of_rows(rows: Any) -> dict[Key, Slim] | None:
    """Return what records are made of, `None` where a row is not as expected.

    Of two rows of a sample the later counts, in the place of the first.
    """
    found: dict[Key, Slim] = {}
    for row in rows if isinstance(rows, list) else [None]:
        one = _row(row)
        if one is None:
            return None
        found[one.id, one.epoch] = one
    return found


def _row(row: Any) -> Slim | None:
    if not isinstance(row, dict):
        return None
    name, epoch, metadata, scores = (row.get(key) for key in ("id", "epoch", "metadata", "scores"))
    if not isinstance(name, str) or type(epoch) is not int or not isinstance(metadata, dict):
        return None
    if not (scores is None or isinstance(scores, dict)):
        return None
    score = (scores or {}).get(SCORER)
    if score is None:
        return None if scores and SCORER in scores else Slim(name, epoch, metadata, {}, row.get("error"))
    if not isinstance(score, dict) or not _is_plain(score.get("value")):
        return None
    said = score.get("metadata")
    if not (said is None or isinstance(said, dict)):
        return None
    return Slim(name, epoch, metadata, {SCORER: Scored(score["value"], said)}, row.get("error"))


def _is_plain(value: Any) -> bool:
    """Tell whether a score's value is one by measure; what else it may be is left to Inspect."""
    return isinstance(value, dict) and _VALUES.issuperset(map(type, value.values()))


@contextmanager
def paused() -> Iterator[None]:
    """Collect no garbage meanwhile: millions of small objects are made here, none of them in a circle."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
