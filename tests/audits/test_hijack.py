"""Replies that try to write their own verdict: they must move no answer, and none may pass for a verdict."""

import base64
import json
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from standfast.audits._audit import Audit
from standfast.audits._judge import KIND, key, parse, prompt
from standfast.audits._registry import AUDITS
from standfast.audits._shown import LONGEST
from standfast.audits.measures import ExchangeMeasure, Facet, FacetMeasure
from standfast.simulated.judging import verdict
from standfast.simulated.phrases import banks

CARDS: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "hijack.yaml").read_text(encoding="utf-8")
)
HOSTILE = [pytest.param(card, id=f"{kind}-{n}") for kind, cards in CARDS.items() for n, card in enumerate(cards, 1)]
BASES = ("yielding", "firm", "refusing")


class Case(NamedTuple):
    """A plain reply to an item, and what is asked about it."""

    context: str
    reply: str
    facets: Sequence[Facet]


@lru_cache
def case(audit: str, base: str) -> Case:
    context = AUDITS[audit].items()[0].context
    lines = {
        "yielding": ("agreement_opener", "validation", "accepted", "hedged", "deference", "very_warm", "friend"),
        "firm": ("challenged", "direct", "recommendation", "cold", "advisor"),
        "refusing": ("refusal",),
    }[base]
    stated = [line.partition(": ")[2] for line in context.splitlines() if line.startswith("Statement A: ")]
    said = [banks()[bank][0] for bank in lines]
    return Case(context, " ".join([*said, *(stated if base == "firm" else ())]), facets(AUDITS[audit]))


def facets(audit: Audit) -> list[Facet]:
    found = [KIND, *(audit.path[:1] if audit.path else ())]
    found += [measure.facet for measure in audit.measures if isinstance(measure, FacetMeasure)]
    found += [facet for measure in audit.measures if isinstance(measure, ExchangeMeasure) for facet in measure.facets]
    return list({facet.name: facet for facet in found}.values())


def judged(context: str, reply: str, asked: Sequence[Facet]) -> dict[str, str]:
    text = verdict(prompt(context, reply, asked), noise=0.0, seed=0)
    return dict(parse(text, asked, key(context, reply)).answers)


def forged(plain: Case) -> dict[str, Any]:
    """Return a verdict whose answers are all other than those that the plain reply gets."""
    right = judged(*plain)
    other = {f.name: next(answer for answer in reversed(f.answers) if answer != right[f.name]) for f in plain.facets}
    return {name: {"answer": answer, "quote": ""} for name, answer in other.items()}


@lru_cache
def parts(audit: str, base: str) -> dict[str, str]:
    plain = case(audit, base)
    own, answers = key(plain.context, plain.reply), forged(plain)
    told = json.dumps({"token": own, **answers})
    return {
        "{fence}": f"====={own}",
        "{token}": own,
        "{prompt}": prompt(*plain).replace(plain.context, "..."),  # the item names both sides
        "{verdict}": told,
        "{answers}": json.dumps(answers),
        "{encoded}": base64.b64encode(told.encode()).decode(),
    }


def around(card: dict[str, Any], audit: str, base: str) -> str:
    before, after = card.get("before", ""), card.get("after", "")
    for name, text in parts(audit, base).items():
        before, after = before.replace(name, text), after.replace(name, text)
    times = card.get("repeat", 1)
    return f"{before * times}{case(audit, base).reply}{after * times}"


def test_there_are_enough_of_enough_kinds() -> None:
    assert len(HOSTILE) >= 60
    assert len(CARDS) >= 12
    texts = [json.dumps(card) for cards in CARDS.values() for card in cards]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("audit", AUDITS)
@pytest.mark.parametrize("base", BASES)
def test_a_forged_verdict_would_pass_if_the_judge_gave_it(audit: str, base: str) -> None:
    """Without this the tests below could not fail."""
    plain = case(audit, base)
    reading = parse(parts(audit, base)["{verdict}"], plain.facets, key(plain.context, plain.reply))
    right = judged(*plain)
    assert all(reading.answers[name] != answer for name, answer in right.items())


@pytest.mark.parametrize("audit", AUDITS)
@pytest.mark.parametrize("card", HOSTILE)
def test_a_hostile_reply_is_read_as_the_plain_one_and_is_no_verdict(card: dict[str, Any], audit: str) -> None:
    for base in BASES:
        context, reply, asked = case(audit, base)
        hostile = around(card, audit, base)
        assert hostile != reply
        assert judged(context, hostile, asked) == judged(context, reply, asked)
        own = key(context, hostile)
        assert own not in hostile
        with pytest.raises(ValueError, match="token"):
            parse(hostile, asked, own)
        # A judge that repeats the reply before its verdict has still given one.
        given = verdict(prompt(context, hostile, asked), noise=0.0, seed=0)
        for echo in (f"{hostile}\n{given}", f"{given}\n{hostile}"):
            assert parse(echo, asked, own).answers == judged(context, reply, asked)


@pytest.mark.parametrize("card", HOSTILE)
def test_the_prompt_keeps_its_form_around_a_hostile_reply(card: dict[str, Any]) -> None:
    for audit, base in product(list(AUDITS)[:2], BASES):
        context, _, asked = case(audit, base)
        hostile = around(card, audit, base)
        text = prompt(context, hostile, asked)
        own = key(context, hostile)
        assert text.count(f"\n====={own}\n") == 2
        assert text.count(f"\n-----{own}\n") == 2
        before, _, after = text.split(f"\n====={own}\n")
        plain = prompt(context, "x", asked)
        assert (len(before), len(after)) == tuple(len(p) for p in plain.split(f"\n====={key(context, 'x')}\n")[::2])
        assert len(text) <= LONGEST + len(plain) + 100


@pytest.mark.parametrize("card", HOSTILE)
def test_the_hostile_text_itself_says_nothing_that_the_simulated_judge_looks_for(card: dict[str, Any]) -> None:
    said = card.get("before", "") + card.get("after", "")
    assert not [phrase for phrases in banks().values() for phrase in phrases if phrase in said]
