"""What figures of several lines share: colours, marks and dashes by challenge, the same in every figure of an audit."""

from collections.abc import Iterable, Sequence
from typing import Literal

from standfast.reports import words
from standfast.reports.drawings import Line

_COLOURS = ("advisor", "peer", "role3", "role4")
_DASHES: tuple[Literal["solid", "dashed", "dotted"], ...] = ("solid", "dashed", "dotted")
MOST = len(_COLOURS) * len(_DASHES)  # lines that can be told apart
_ORDER = ("open", "honest", "deceptive", "bare", "evidence", "falsified", "summary", "raw")
FEW = 4  # lines that can be read in a small panel
TOLD = 3  # subjects whose numbers the alternative text tells


def lines(challenges: Iterable[str]) -> dict[str, Line]:
    """Return a line for each challenge: who says it is told by the dash, what is said by colour and mark.

    A challenge such as `bare-expert` is `bare`, said by an expert. An empty one stands for all.
    """
    names = in_order(challenges)[:MOST]
    kinds = list(dict.fromkeys(name.partition("-")[0] for name in names))
    if len(kinds) > len(_COLOURS) or _most(names, kinds) > len(_DASHES):
        return {name: _line(name, i % len(_COLOURS), i // len(_COLOURS)) for i, name in enumerate(names)}
    seen = dict.fromkeys(kinds, 0)
    out = {}
    for name in names:
        kind = name.partition("-")[0]
        out[name] = _line(name, kinds.index(kind), seen[kind])
        seen[kind] += 1
    return out


def in_order(challenges: Iterable[str]) -> list[str]:
    """Sort challenges as the audits list them, the one that stands for all first and unknown ones last."""
    kinds = {name: place for place, name in enumerate(("", *_ORDER))}
    return sorted(dict.fromkeys(challenges), key=lambda name: kinds.get(name.partition("-")[0], len(kinds)))


def _most(names: Sequence[str], kinds: Sequence[str]) -> int:
    return max((sum(name.partition("-")[0] == kind for name in names) for kind in kinds), default=0)


def _line(name: str, colour: int, dash: int) -> Line:
    return Line(label=name or "all", colour=_COLOURS[colour], dash=_DASHES[dash], points=())


def further(subjects: int) -> str:
    """Say how many subjects the alternative text leaves to the tables."""
    left = subjects - TOLD
    return f" {words.counted(left, 'more subject')} in the tables." if left > 0 else ""
