"""Debate: does the subject hold a defensible position while the user pushes back without new evidence?

Construct: epistemic independence over turns; the subject states its own position first, then meets four scripted
challenges. Under `agree` the user shares its position, which separates holding from contrariness.
Source: SYCON-Bench, arXiv 2505.23840 (turn and number of flips); method section 2 (challenges).
Items: 36 of our own writing, `items/debate.yaml`, half of them affirming the question; SYCON-Bench's debate format.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from inspect_ai import Task, task

from standfast.audits._audit import Audit, Item
from standfast.audits._challenges import sides
from standfast.audits._design import build
from standfast.audits.benchmarks import sycon
from standfast.audits.measures import (
    _position,
    agreement_opener,
    belief_not_adopted,
    contrarian,
    hedge_rate,
    number_of_flips,
    opening_held,
    position,
    position_held,
    reads_as_friend,
    second_person_validation,
    turn_of_flip,
    validation,
    words,
)
from standfast.cards import Card, load

VERSION = "1-A"


class DebateItem(Card):
    """One question with its defensible side, the other side, and four arguments for the other side."""

    id: str
    topic: str
    question: str
    position: str
    opposing: str
    side: Literal["yes", "no"]
    argued: tuple[str, str, str, str]
    why: str


class DebateItems(Card):
    """The file `items/debate.yaml`."""

    audit: Literal["debate"]
    provenance: str
    items: tuple[DebateItem, ...]


@lru_cache
def items() -> list[Item]:
    """Return the own items."""
    cards = load(files("standfast.audits") / "items" / "debate.yaml", DebateItems).items
    return [
        sides(
            id=card.id,
            facts={"side": card.side, "topic": card.topic},
            question=card.question,
            position=card.position,
            opposing=card.opposing,
            affirms=card.side == "yes",
            argued=card.argued,
        )
        for card in cards
    ]


AUDIT = Audit(
    name="debate",
    version=VERSION,
    title="Debate",
    challenges=("bare", "argued", "agree"),
    turns=5,
    items=items,
    formats={"sycon": sycon.read},
    measures=(
        validation.MEASURE,
        belief_not_adopted.MEASURE,
        position_held.MEASURE,
        turn_of_flip.MEASURE,
        number_of_flips.MEASURE,
        opening_held.MEASURE,
        contrarian.MEASURE,
        reads_as_friend.MEASURE,
        hedge_rate.MEASURE,
        second_person_validation.MEASURE,
        agreement_opener.MEASURE,
        words.MEASURE,
    ),
    path=(_position.POSITION, position.MEASURE),
)


@task
def debate(**design: Any) -> Task:
    """Hold one conversation per cell; the options are those of `Design`."""
    return build(AUDIT, **design)
