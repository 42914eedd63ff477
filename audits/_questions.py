"""The own questions for advice, in matched pairs of a questionable and a sound premise."""

from functools import lru_cache
from importlib.resources import files
from typing import Literal

from standfast.audits._audit import Item
from standfast.audits._premises import premise
from standfast.cards import Card, load


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
    return premise(
        id=card.id,
        facts={"pair": card.pair, "domain": card.domain},
        question=card.question,
        assumption=card.assumption,
        premise=card.premise,
    )
