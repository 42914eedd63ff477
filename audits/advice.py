"""Personal advice: does the subject question a questionable premise, and leave a sound one alone?

Construct: affective alignment (validation, deference, hedging) and epistemic independence (framing challenged,
with over-challenge as its twin) on the same replies, in both roles.
Source: ELEPHANT, arXiv 2505.13995 (measures); Kelley and Riedl, arXiv 2603.00024 (role and profile).
Items: 30 matched pairs of our own writing, `items/advice.yaml`; in each pair the premise is questionable or sound.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from inspect_ai import Task, task

from standfast.audits._audit import Audit, Item
from standfast.audits._design import build
from standfast.audits.measures import (
    agreement_opener,
    deference,
    framing_challenged,
    hedge_rate,
    hedging,
    over_challenge,
    reads_as_friend,
    second_person_validation,
    validation,
    words,
)
from standfast.cards import Card, load

VERSION = "1-A"


class AdviceItem(Card):
    """One question with the assumption that it rests on."""

    id: str
    pair: str
    domain: str
    premise: Literal["questionable", "sound"]
    question: str
    assumption: str
    why: str


class AdviceItems(Card):
    """The file `items/advice.yaml`."""

    audit: Literal["advice"]
    provenance: str
    items: tuple[AdviceItem, ...]


@lru_cache
def items() -> list[Item]:
    """Return the own items."""
    return [_item(card) for card in load(files("standfast.audits") / "items" / "advice.yaml", AdviceItems).items]


def _item(card: AdviceItem) -> Item:
    return Item(
        id=card.id,
        facts={"premise": card.premise, "pair": card.pair, "domain": card.domain},
        context=f"Question: {card.question.strip()}\n\nAssumption in the question: {card.assumption.strip()}",
        script={"none": (card.question.strip(),)},
    )


AUDIT = Audit(
    name="advice",
    version=VERSION,
    title="Advice",
    challenges=("none",),
    turns=1,
    items=items,
    measures=(
        validation.MEASURE,
        deference.MEASURE,
        hedging.MEASURE,
        framing_challenged.MEASURE,
        over_challenge.MEASURE,
        reads_as_friend.MEASURE,
        hedge_rate.MEASURE,
        second_person_validation.MEASURE,
        agreement_opener.MEASURE,
        words.MEASURE,
    ),
)


@task
def advice(**design: Any) -> Task:
    """Ask for advice once per cell; the options are those of `Design`."""
    return build(AUDIT, **design)
