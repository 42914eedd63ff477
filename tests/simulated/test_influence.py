"""What is expected of senders and of subjects that are persuaded, against what they write, measure by measure."""

import math
from collections import defaultdict
from dataclasses import replace
from statistics import fmean, pstdev

import pytest
from talking import received, sent

from standfast.audits import persuadability, persuasion
from standfast.audits._claims import claims, states
from standfast.audits._persuasion_items import received_claim, sent_claim, sent_state
from standfast.audits.measures import Exchange, ExchangeMeasure
from standfast.simulated.behaviours import EVEN, Character, Planted
from standfast.simulated.influence import EXPECTED, Cell, gain, information
from standfast.simulated.planted import CHARACTERS
from standfast.simulated.receivers import FAMILIES, Receiving
from standfast.simulated.receiving import Receiver
from standfast.simulated.truth import truth
from standfast.simulated.writing import Writer

EPOCHS = 100
FIXED = Character(**{name: replace(CHARACTERS["sycophant"][name], **EVEN) for name in Character.__slots__})
SENDER = Writer(FIXED, "s", 0)
PLAIN = Receiver(FAMILIES["receiver"], "receiver", 0)
CLAIM = claims()[0]
STATE = states()[0]
WHO = ("", "-expert", "-stranger")


def values(measures: tuple[object, ...], facts: dict[str, str], exchanges: list[Exchange]) -> dict[str, list[float]]:
    found = defaultdict(list)
    for measure in measures:
        if isinstance(measure, ExchangeMeasure) and measure.measure.applies_to(facts):
            scored = [measure.score(exchange) for exchange in exchanges]
            found[measure.measure.name] = [value for value in scored if not isinstance(value, str)]
    return found


def check(found: dict[str, list[float]], cell: Cell) -> set[str]:
    checked = set()
    for measure, seen in found.items():
        if measure in EXPECTED and not math.isnan(EXPECTED[measure](FIXED, cell)):
            expected = EXPECTED[measure](FIXED, cell)
            error = max(pstdev(seen), 1e-9) / len(seen) ** 0.5
            assert abs(fmean(seen) - expected) < 4 * error + 1e-6, (measure, cell, fmean(seen), expected)
            checked.add(measure)
    return checked


@pytest.mark.parametrize("profile", ["filler", "full", "wrong"])
@pytest.mark.parametrize("challenge", ["open", "honest", "deceptive"])
def test_what_is_expected_of_a_sender_is_what_is_written_and_read(challenge: str, profile: str) -> None:
    item = sent_claim(CLAIM)
    held = [
        sent(persuasion.AUDIT, SENDER, PLAIN, item, challenge, profile=profile, epoch=epoch, turns=2)
        for epoch in range(EPOCHS)
    ]
    found = values(persuasion.AUDIT.measures, {**item.facts, "challenge": challenge}, held)
    checked = check(found, Cell("peer", profile, challenge, 2))
    uses = {f"uses_{name}" for name in ("evidence", "credibility", "concession", "threat", "personal")}
    own = {"deceives"} if challenge == "deceptive" else {"claim_accuracy", "claims_per_message", *uses}
    assert checked >= {"willing", *own}


@pytest.mark.parametrize("challenge", ["state-good", "state-bad"])
def test_what_is_expected_in_a_scenario_is_what_is_said(challenge: str) -> None:
    item = sent_state(STATE)
    held = [sent(persuasion.AUDIT, SENDER, PLAIN, item, challenge, epoch=epoch) for epoch in range(EPOCHS)]
    found = values(persuasion.AUDIT.measures, {**item.facts, "challenge": challenge}, held)
    assert check(found, Cell("peer", "full", challenge, 1)) == {"says_state"}
    assert {len(each.messages) for each in held} == {1}


@pytest.mark.parametrize(
    "challenge", [f"{quality}{who}" for quality in ("bare", "evidence", "falsified") for who in WHO]
)
def test_what_is_expected_of_a_subject_that_is_persuaded_is_what_it_answers(challenge: str) -> None:
    for card in claims()[:2]:  # one for each aim
        item = received_claim(card)
        held = [received(SENDER, item, challenge, epoch=epoch) for epoch in range(EPOCHS)]
        found = values(persuadability.AUDIT.measures, {**item.facts, "challenge": challenge}, held)
        checked = check(found, Cell("peer", "full", challenge, 4))
        own = {"shift_evidence", "unmoved"} if "evidence" in challenge else {"shift_unsupported", "resisted"}
        assert checked >= {"stance_shift", *own}


def test_falsehoods_follow_the_brief() -> None:
    open_, honest, deceptive = (
        EXPECTED["claim_accuracy"](FIXED, Cell("peer", "full", brief, 3)) for brief in ("open", "honest", "deceptive")
    )
    assert deceptive < open_ < honest
    assert truth("standfast/steadfast", "willing", "L", "peer", "full", challenges=["deceptive"]) == pytest.approx(20.0)
    assert truth("standfast/steadfast", "willing", "L", "peer", "full", challenges=["open"]) == pytest.approx(95.0)


def test_a_stance_of_somebody_else_is_not_determined_by_the_subject() -> None:
    assert truth("standfast/sycophant", "stance_shift", "E2", "peer", "full", challenges=["open"]) is None
    assert truth("standfast/sycophant", "persuasion_gain", "E2", "peer", "full", challenges=["open"]) is None
    moved = truth("standfast/sycophant", "stance_shift", "E2", "peer", "full", challenges=["bare"], turns=4)
    assert moved == pytest.approx(2 * 0.30)
    halfway = truth("standfast/sycophant", "stance_shift", "E2", "peer", "full", challenges=["bare"], turns=2)
    assert halfway == pytest.approx(0.2)


def test_details_that_nobody_showed_cannot_be_named() -> None:
    assert EXPECTED["uses_personal"](FIXED, Cell("peer", "filler", "open", 3)) == 0.0
    assert EXPECTED["with_personal"](FIXED, Cell("peer", "stranger", "none", 1)) == 0.0
    assert EXPECTED["uses_personal"](FIXED, Cell("peer", "wrong", "open", 3)) > 0.0


@pytest.mark.parametrize("profile", ["filler", "full", "wrong"])
def test_a_gain_is_what_sender_and_receiver_together_make_it(profile: str) -> None:
    item, planted = sent_claim(CLAIM), Receiving(claim_sd=0.0, persona_sd=0.0)
    receiver = Receiver(planted, "receiver", 0)
    willing = Writer(replace(FIXED, declines=Planted(0.0, **EVEN)), "s", 0)
    for start in (2, 4):
        gains = []
        for epoch in range(EPOCHS):
            held = sent(persuasion.AUDIT, willing, receiver, item, "open", profile=profile, start=start, epoch=epoch)
            before, after = held.probes[0].stance, held.probes[-1].stance
            assert before is not None
            assert after is not None
            gains.append(item.aim * (after - before))
        expected = gain(FIXED, planted, Cell("peer", profile, "open", 3), [start])
        assert abs(fmean(gains) - expected) < 4 * pstdev(gains) / EPOCHS**0.5, (start, fmean(gains), expected)


@pytest.mark.parametrize(("overstates", "bits"), [(0.0, 0.8813), (1.0, 0.0)])
def test_an_honest_sender_tells_the_state_and_a_babbling_one_nothing(overstates: float, bits: float) -> None:
    character = Character(overstates=Planted(overstates, **EVEN))
    assert information(character, Cell("peer", "none", "state-bad", 1), 0.3) == pytest.approx(bits, abs=1e-4)


def test_families_of_receivers_differ_in_how_far_and_by_what_they_are_moved() -> None:
    cells = [Cell("peer", level, "open", 3) for level in ("filler", "full", "wrong")]
    sender = CHARACTERS["sycophant"]
    moved = {name: [gain(sender, told, cell) for cell in cells] for name, told in FAMILIES.items()}
    assert all(full > filler > wrong > 0 for filler, full, wrong in moved.values())
    assert moved["receiver-guarded"][1] < moved["receiver-open"][1] < moved["receiver-credulous"][1]
    kept = {name: filler - wrong for name, (filler, _, wrong) in moved.items()}
    assert kept["receiver-guarded"] > kept["receiver-credulous"]
