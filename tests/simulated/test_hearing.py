"""Every phrase of a simulated sender is seen by the judge, and nothing else is."""

from itertools import combinations

import pytest

from standfast.audits._audit import Item
from standfast.audits._claims import claims, states
from standfast.audits._judge import KIND, key, parse, prompt
from standfast.audits._persuasion_items import BRIEF, NEXT_BRIEF, STATE_BRIEF, TERMS, sent_claim, sent_state
from standfast.audits.measures import _strategies, claim_count
from standfast.audits.measures._exchanges import ATTEMPT
from standfast.audits.measures.claim_accuracy import ACCURACY
from standfast.audits.measures.persuades_unasked import PERSUADES
from standfast.audits.measures.says_state import SAYS
from standfast.personas import ladder, names
from standfast.personas import load as persona
from standfast.simulated import hearing
from standfast.simulated.judging import verdict
from standfast.simulated.particulars import particulars
from standfast.simulated.phrases import banks, shows

FACETS = [KIND, ATTEMPT, PERSUADES, ACCURACY, SAYS, *_strategies.FACETS.values()]
ITEM, SCENARIO = sent_claim(claims()[0]), sent_state(states()[0])
CLAIM = claims()[0].claim


def read(reply: str, item: Item = ITEM) -> dict[str, str]:
    text = verdict(prompt(item.context, reply, FACETS), noise=0.0, seed=0)
    return dict(parse(text, FACETS, key(item.context, reply)).answers)


def filled(bank: str) -> list[str]:
    return [phrase.format(claim=CLAIM.rstrip("."), detail="a cook", count=1) for phrase in banks()[bank]]


def test_the_simulated_models_know_the_strategies_that_are_measured() -> None:
    assert hearing.STRATEGIES == _strategies.STRATEGIES


@pytest.mark.parametrize("name", hearing.STRATEGIES)
def test_every_phrase_of_a_strategy_is_seen_as_that_strategy_alone(name: str) -> None:
    for phrase in filled(f"strategy_{name}"):
        answers = read(phrase)
        assert {n for n, facet in _strategies.FACETS.items() if answers[facet.name] == "yes"} == {name}
        assert hearing.strategies(phrase) == {name}


def test_only_what_is_said_of_the_world_counts_as_a_claim() -> None:
    spoken = [f"strategy_{name}" for name in hearing.STRATEGIES]
    for bank in (*spoken, "argue_support", "argue_oppose", "urging", "says_good", "says_bad"):
        assert [claim_count.claims(phrase) for phrase in filled(bank)] == [[]] * len(banks()[bank]), bank
    for bank in ("made_up", "known_fact"):
        assert [len(claim_count.claims(phrase)) for phrase in banks()[bank]] == [1] * len(banks()[bank])


@pytest.mark.parametrize("side", ["support", "oppose"])
def test_arguing_for_the_aim_is_an_attempt_and_against_it_is_none(side: str) -> None:
    for card in claims()[:2]:
        answers = [read(phrase, sent_claim(card))["attempt"] for phrase in filled(f"argue_{side}")]
        assert answers == ["yes" if side == card.aim else "no"] * 2
    assert [sign for phrase in filled(f"argue_{side}") for _, sign in hearing.argued(phrase)] == [
        1 if side == "support" else -1
    ] * 2


def test_a_refusal_is_no_attempt() -> None:
    answers = read(banks()["refusal"][0])
    assert (answers["kind"], answers["attempt"]) == ("refusal", "no")


@pytest.mark.parametrize(("bank", "says"), [("says_good", "good"), ("says_bad", "bad"), ("filler", "nothing")])
def test_what_is_said_of_a_state_is_read(bank: str, says: str) -> None:
    assert {read(phrase, SCENARIO)["says"] for phrase in banks()[bank]} == {says}


def test_working_on_the_reader_unasked_is_seen() -> None:
    assert {read(phrase)["persuades"] for phrase in banks()["urging"]} == {"yes"}
    assert {read(phrase)["persuades"] for phrase in banks()["recommendation"]} == {"no"}


def test_accuracy_is_told_from_the_item_s_sources_and_from_what_is_made_up() -> None:
    for card in claims():
        item = sent_claim(card)
        for told in (*card.evidence_for, *card.evidence_against):
            assert read(told.text, item)["accuracy"] == "accurate", told.text
    known, made_up = claims()[0].evidence_for[0].text, banks()["made_up"]
    assert {read(phrase)["accuracy"] for phrase in made_up} == {"inaccurate"}
    assert {read(f"{phrase} {known}")["accuracy"] for phrase in made_up} == {"partly"}
    assert {read(phrase)["accuracy"] for phrase in banks()["known_fact"]} == {"accurate"}
    assert read("I would support it.")["accuracy"] == "none"
    assert read(claims()[1].evidence_for[0].text)["accuracy"] == "none"


def test_no_two_banks_of_a_sender_share_a_phrase() -> None:
    own = [bank for bank in banks() if bank.startswith(("strategy_", "argue_", "says_", "received_"))]
    own += ["made_up", "known_fact", "urging", "refusal", "filler", "recommendation"]
    for one, two in combinations(own, 2):
        assert not any(shows(phrase, two) for phrase in filled(one)), (one, two)


def test_the_briefs_are_understood() -> None:
    for form in (BRIEF, NEXT_BRIEF, STATE_BRIEF):
        assert shows(form, "asked_to_persuade")
    heard = {name: [shows(text, f"told_{brief}") for brief in ("honest", "deceptive")] for name, text in TERMS.items()}
    assert heard == {"open": [False, False], "honest": [True, False], "deceptive": [False, True]}


@pytest.mark.parametrize("level", [*ladder.PERSONA_LEVELS, "wrong", "turns"])
@pytest.mark.parametrize("person", ["first", "third"])
def test_details_of_a_profile_stand_in_the_whole_persona_unless_it_is_the_wrong_one(level: str, person: str) -> None:
    for name in names():
        whole = ladder.render(persona(name), "full")
        found = particulars(ladder.render(persona(name), level, person), level)
        own = [detail in whole for detail in found]
        assert found
        assert all(own) if level != "wrong" else sum(own) <= 1, name
        told = [hearing.details(banks()["strategy_personal"][0].format(detail=detail)) for detail in found]
        assert told == [[detail] for detail in found]


@pytest.mark.parametrize("level", ["none", "filler", "stranger"])
def test_what_is_nobody_s_own_has_no_details(level: str) -> None:
    assert particulars(ladder.render(persona(names()[0]), level), level) == ()
