"""Every measure of every audit reads its extremes off subjects at the extremes of what is planted."""

import math
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import pytest
from inspect_ai import eval
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import get_model

from standfast.audits._design import build
from standfast.audits._registry import AUDITS
from standfast.audits.measures import TextMeasure
from standfast.audits.measures._strategies import STRATEGIES
from standfast.simulated.behaviours import Character

KINDS = ("premise", "use", "teller")  # facts that say which measures apply
PER_KIND = 2
EVEN = {"item_sd": 0, "slope_sd": 0, "persona_sd": 0, "peer": 0, "profile": 0, "peer_profile": 0}


def planted(**shares: float) -> dict[str, dict[str, float]]:
    """Return a subject that always or never shows each behaviour; never where nothing is said."""
    return {name: {"base": shares.get(name, 0.0), **EVEN} for name in Character.__slots__}


# What an exchange is measured by is held against its ends in `test_exchange_measures`, without a model.
JUDGED = [name for name, audit in AUDITS.items() if not audit.seat]
SUBJECTS = {
    # Gives the user whatever they want, and stands where evidence leads.
    "yielding": planted(
        validation=1,
        deference=1,
        hedging=1,
        warmth=1,
        praise=1,
        friend=1,
        agreement_opener=1,
        opening_held=1,
        error_upheld=1,
        adopted=1,
        evidence_followed=1,
        certain=1,
        sides_with_narrator=1,
        memory_sycophancy=1,
        cross_domain_leakage=1,
        beneficial_use=1,
        unasked=1,
        **{f"uses_{name}": 1 for name in STRATEGIES if name != "evidence"},
        claims=1,
    ),
    # Disputes whatever is said, and never moves but when the user agrees.
    "contrary": planted(
        framing_challenged=1,
        over_challenge=1,
        opening_held=1,
        error_upheld=1,
        contrarian=1,
        certain=1,
        sides_against_narrator=1,
    ),
    # Never caves, and is not contrary either.
    "steady": planted(
        framing_challenged=1, opening_held=1, error_upheld=1, evidence_followed=1, certain=1, beneficial_use=1
    ),
    "silent": planted(wavering=1),  # takes no position
    "refusing": planted(refusal=1),
}

FAULT, INNOCENT = {"teller": "fault"}, {"teller": "innocent"}


class Reading(NamedTuple):
    """The value that a measure must have in every sample of a subject, where the facts are these."""

    subject: str
    value: float
    facts: Mapping[str, str] = {}


def readings(**values: float) -> tuple[Reading, ...]:
    return tuple(Reading(subject, value) for subject, value in values.items())


EXTREMES: dict[str, tuple[Reading, ...]] = {
    "validation": readings(yielding=1, contrary=0, steady=0),
    "deference": readings(yielding=1, contrary=0, steady=0),
    "hedging": readings(yielding=1, contrary=0, steady=0),
    "warmth": readings(yielding=4, contrary=1, steady=1),
    "praise": readings(yielding=5, contrary=1),
    "framing_challenged": readings(yielding=0, contrary=1, steady=1),
    "premise_challenged": readings(yielding=0, contrary=1, steady=1),
    "over_challenge": readings(yielding=0, contrary=1, steady=0),
    "over_refusal": readings(yielding=0, contrary=0, steady=0, refusing=1),
    "reads_as_friend": readings(yielding=1, contrary=0),
    "agreement_opener": readings(yielding=1, contrary=0),
    "second_person_validation": readings(yielding=1, contrary=0),
    "opening_held": readings(yielding=1, contrary=1, steady=1, silent=0),
    "belief_not_adopted": readings(yielding=0, contrary=1, steady=1, silent=1),
    "belief_adopted": readings(yielding=1, contrary=0, steady=0, silent=0.5),
    "position_held": readings(yielding=0, contrary=1, steady=1, silent=0),
    "turn_of_flip": readings(yielding=1, contrary=5, steady=5, silent=5),
    "number_of_flips": readings(yielding=1, contrary=0, steady=0, silent=0),
    "preference_accommodated": readings(yielding=1, contrary=0, steady=0, silent=0),
    "regressive_change": readings(yielding=1, contrary=0, steady=0),
    "accuracy": readings(yielding=0, contrary=1, steady=1, silent=0),
    "progressive_change": readings(yielding=1, contrary=0, steady=1),
    "error_kept": readings(yielding=0, contrary=1, steady=0),
    "evidence_followed": readings(yielding=1, contrary=0, steady=1),
    "stubborn": readings(yielding=0, contrary=1, steady=0),
    "evidence_sensitivity": (*readings(yielding=1, contrary=0), Reading("steady", 1, {"challenge": "evidence"})),
    "contrarian": readings(yielding=0, contrary=1, steady=0),
    "responsibility": (
        Reading("yielding", 0, FAULT),
        Reading("yielding", 1, INNOCENT),
        Reading("contrary", 1, FAULT),
        Reading("contrary", 0, INNOCENT),
        *readings(steady=1),
    ),
    "sides_with_narrator": readings(yielding=1, contrary=0, steady=0),
    "sides_against_narrator": readings(yielding=0, contrary=1, steady=0),
    "memory_sycophancy": readings(yielding=1, contrary=0, steady=0),
    "cross_domain_leakage": readings(yielding=1, contrary=0, steady=0),
    "beneficial_use": readings(yielding=1, contrary=0, steady=1),
    "persuades_unasked": readings(yielding=1, contrary=0, steady=0),
    **{f"with_{name}": readings(yielding=1, contrary=0, steady=0) for name in STRATEGIES},
}
# The first answer states a position, so that no flip comes before it; who has gone over does not come back.
ATTAINED = {"turn_of_flip": (1, 5), "number_of_flips": (0, 1)}


def chosen(audit: str) -> tuple[str, ...]:
    """Return the first items of each kind that the audit's measures or its challenges tell apart."""
    found: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for item in AUDITS[audit].items():
        found[*(item.facts.get(name) for name in KINDS), *item.script].append(item.id)
    return tuple(name for names in found.values() for name in names[:PER_KIND])


@cache
def log_of(audit: str, subject: str, folder: str) -> EvalLog:
    [log] = eval(
        build(AUDITS[audit], items=chosen(audit), profiles=["full"], personas=2),
        model=get_model("standfast/planted", memoize=False, **SUBJECTS[subject]),
        model_roles={"grader": "standfast/judge"},
        log_dir=folder,
        display="none",
    )
    assert log.status == "success"
    return log


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("extremes"))


def facts_of(sample: EvalSample) -> dict[str, str]:
    return {**sample.metadata["facts"], "challenge": sample.metadata["challenge"]}


def values_of(log: EvalLog, measure: str, facts: Mapping[str, str]) -> list[float]:
    """Return the measure's values in the samples with these facts, missing ones left out."""
    found = []
    for sample in log.samples or []:
        value = sample.scores["verdicts"].value.get(measure, math.nan)
        if facts.items() <= facts_of(sample).items() and not math.isnan(value):
            found.append(value)
    return found


def bounded(audit: str) -> dict[str, tuple[float, float]]:
    """Return the measures of an audit that have two extremes, with these."""
    measures = (declared.measure for declared in AUDITS[audit].measures)
    return {m.name: (m.low, m.high) for m in measures if m.low is not None and m.high is not None}


@pytest.mark.parametrize("audit", JUDGED)
def test_every_measure_with_extremes_is_held_against_them(audit: str) -> None:
    for measure, ends in bounded(audit).items():
        assert measure in EXTREMES, f"{audit}: say in EXTREMES what {measure} reads off the subjects at its ends"
        assert set(ATTAINED.get(measure, ends)) <= {reading.value for reading in EXTREMES[measure]}, measure


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("audit", JUDGED)
def test_measures_read_their_extremes(audit: str, subject: str, folder: str) -> None:
    log = log_of(audit, subject, folder)
    checked = 0
    for measure in bounded(audit):
        for reading in EXTREMES[measure]:
            if reading.subject == subject:
                found = values_of(log, measure, reading.facts)
                assert found, f"{measure} has no value"
                assert set(found) == {reading.value}, measure
                checked += 1
    assert checked or subject == "silent"  # an audit without positions asks nothing of it


@pytest.mark.parametrize("audit", JUDGED)
def test_a_refusal_is_neither_yielding_nor_holding(audit: str, folder: str) -> None:
    log = log_of(audit, "refusing", folder)
    lexical = {m.measure.name for m in AUDITS[audit].measures if isinstance(m, TextMeasure)}
    for sample in log.samples or []:
        status = dict(sample.scores["verdicts"].metadata["status"])
        assert status.pop("over_refusal") == "scored"
        judged = {found for name, found in status.items() if name not in lexical}
        assert judged == {"refused"}, sample.id
        for turn in sample.scores["verdicts"].metadata["turns"]:
            assert set(turn["status"].values()) == {"refused"}


@pytest.mark.parametrize("audit", [name for name, audit in AUDITS.items() if audit.path])
def test_positions_read_their_extremes_turn_by_turn(audit: str, folder: str) -> None:
    codes: dict[str, set[float]] = defaultdict(set)
    for subject in ("yielding", "steady", "silent"):
        for sample in log_of(audit, subject, folder).samples or []:
            if sample.metadata["challenge"] == "bare":
                turns = sample.scores["verdicts"].metadata["turns"]
                assert [turn["turn"] for turn in turns] == list(range(1, len(turns) + 1))
                codes[subject] |= {turn["values"]["position"] for turn in turns[1:]}
    assert codes == {"yielding": {-1.0}, "steady": {1.0}, "silent": {0.0}}


@pytest.mark.parametrize("audit", JUDGED)
def test_one_subject_call_per_turn_and_one_judge_call_per_scored_turn(audit: str, folder: str) -> None:
    for subject in ("yielding", "refusing"):
        for sample in log_of(audit, subject, folder).samples or []:
            calls = [event.role for event in sample.events if isinstance(event, ModelEvent)]
            turns = len(sample.metadata["script"])
            assert turns == AUDITS[audit].turns
            assert calls == [None] * turns + ["grader"] * turns, sample.id
