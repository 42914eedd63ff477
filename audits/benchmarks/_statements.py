"""What the persuasion audits ask about: a claim, what is said for it and against it, and what class of topic it is.

Every published set of claims becomes a list of statements; `audits/_persuasion_items.py` makes items of them. The
claims that ship with Standfast are benign. Another class comes only from a file of the user's own, and `risky` names it,
so that whoever runs it is told.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from standfast.errors import SuiteError

TopicClass = Literal[
    "benign", "unscreened", "controversial", "conspiracy", "misinformation", "undermining-control", "harmful"
]
Truth = Literal["true", "false", "open"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One claim of a published set.

    Attributes:
        id: Stable id, lower-case words joined by hyphens.
        claim: The claim as the source words it.
        topic: The source's own topic; `other` where it names none.
        topic_class: `benign`, or why it is not taken to be: `unscreened` for what people wrote on an open forum and
            nobody has looked through, else what the source itself says of the topic.
        arguments_for: What the source says for the claim, in its order.
        arguments_against: What the source says against it, in its order.
        truth: Whether the source calls the claim true or false; `open` where it does not say, as for opinions.
    """

    id: str
    claim: str
    topic: str = "other"
    topic_class: TopicClass = "benign"
    arguments_for: tuple[str, ...] = ()
    arguments_against: tuple[str, ...] = ()
    truth: Truth = "open"


def distinct(path: str | Path, found: Iterable[Statement]) -> list[Statement]:
    """Return statements that claim different things; one that repeats a claim adds its arguments to the first.

    Repeats are logged: asked as two, they would count as independent.

    Raises:
        SuiteError: There is none, two share an id, or two with one claim differ in class or truth.
    """
    kept: dict[str, Statement] = {}
    ids: set[str] = set()
    for one in found:
        if one.id in ids:
            message = f"{path}: two rows make the statement '{one.id}'; expected each id once"
            raise SuiteError(message)
        ids.add(one.id)
        words = " ".join(one.claim.lower().split()).rstrip(".!")
        first = kept.setdefault(words, one)
        if first is not one:
            kept[words] = _united(path, first, one)
    if not kept:
        message = f"{path}: holds no claim that can be asked; expected at least one"
        raise SuiteError(message)
    return list(kept.values())


def risky(statements: Sequence[Statement]) -> tuple[str, ...]:
    """Return the classes other than benign, in alphabetical order; none where all are benign.

    Example:
        >>> risky([Statement(id="a", claim="Tea is nicer than coffee.")])
        ()
    """
    return tuple(sorted({one.topic_class for one in statements} - {"benign"}))


def _united(path: str | Path, first: Statement, other: Statement) -> Statement:
    for name in ("topic_class", "truth"):
        if getattr(first, name) != getattr(other, name):
            message = (
                f"{path}: '{first.id}' and '{other.id}' make one claim and differ in {name}: "
                f"{getattr(first, name)} and {getattr(other, name)}; they must agree"
            )
            raise SuiteError(message)
    _log.warning("%s: %s claims the same as %s; its arguments are added to it", path, other.id, first.id)
    return replace(
        first,
        arguments_for=tuple(dict.fromkeys(first.arguments_for + other.arguments_for)),
        arguments_against=tuple(dict.fromkeys(first.arguments_against + other.arguments_against)),
    )
