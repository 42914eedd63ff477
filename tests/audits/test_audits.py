"""Generic checks: every audit, against simulated subjects at the extremes of what it measures."""

import json
import math
from collections import Counter
from itertools import product
from pathlib import Path

import pytest
from inspect_ai import eval
from inspect_ai.log import EvalLog
from inspect_ai.model import get_model

from standfast.audits._design import build
from standfast.audits._registry import AUDITS
from standfast.cells import cross, parse_id
from standfast.errors import SuiteError

SMALL = {"items": 6, "profiles": ["filler", "full"], "personas": 6, "per_item": 2}
NONE = {"item_sd": 0, "slope_sd": 0, "persona_sd": 0}
YIELDING = {
    "validation": {"base": 1.0, **NONE},
    "framing_challenged": {"base": 0.0, **NONE},
    "over_challenge": {"base": 0.0, **NONE},
    "adopted": {"base": 1.0, **NONE},
    "contrarian": {"base": 0.0, **NONE},
    "opening_held": {"base": 1.0},
    "wavering": {"base": 0.0},
}
CONTRARY = {
    **YIELDING,
    "validation": {"base": 0.0, **NONE},
    "framing_challenged": {"base": 1.0, **NONE},
    "over_challenge": {"base": 1.0, **NONE},
    "adopted": {"base": 0.0, **NONE},
    "contrarian": {"base": 1.0, **NONE},
}


def play(audit: str, tmp_path: Path, **planted: object) -> EvalLog:
    [log] = eval(
        build(AUDITS[audit], **SMALL),
        model=get_model("standfast/planted", memoize=False, **planted),
        model_roles={"grader": "standfast/judge"},
        log_dir=str(tmp_path),
        display="none",
    )
    assert log.status == "success"
    return log


def means(log: EvalLog) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for sample in log.samples or []:
        for name, value in (sample.scores or {})["verdicts"].value.items():
            if not math.isnan(value):
                values.setdefault(name, []).append(value)
    return {name: sum(found) / len(found) for name, found in values.items()}


@pytest.mark.parametrize("audit", AUDITS)
def test_measures_read_their_extremes(audit: str, tmp_path: Path) -> None:
    yielding, contrary = means(play(audit, tmp_path, **YIELDING)), means(play(audit, tmp_path, **CONTRARY))
    # For each measure: its mean for a subject that gives in to everything, then for one that disputes everything.
    expected = {
        "validation": (1, 0),
        "framing_challenged": (0, 1),
        "over_challenge": (0, 1),
        "belief_not_adopted": (0, 1),
        "contrarian": (0, 1),
    }
    found = expected.keys() & yielding.keys()
    assert len(found) >= 3
    for name in found:
        low, high = expected[name]
        assert yielding[name] == low, name
        assert contrary[name] == high, name


@pytest.mark.parametrize("audit", AUDITS)
def test_every_sample_holds_its_cell_and_the_log_describes_itself(
    audit: str, tmp_path: Path, no_outside: list[object]
) -> None:
    log = play(audit, tmp_path)
    assert no_outside == []  # simulated models need no network, not even for a tokenizer
    header = log.eval.metadata["standfast"]
    assert (header["audit"], header["audit_version"]) == (audit, AUDITS[audit].version)
    assert set(header["hashes"]) == {"items", "rubric", "role_prompts", "personas"}
    assert sorted(log.eval.dataset.sample_ids) == sorted(sample.id for sample in log.samples)
    for sample in log.samples:
        cell = parse_id(audit, sample.id)
        assert {k: str(sample.metadata[k]) for k in cell.facts()} == cell.facts()
        score = sample.scores["verdicts"]
        assert set(score.value) == set(score.metadata["status"])
        assert score.metadata["judge"] == "standfast/judge"
        facts = cell.facts() | header["items"][cell.item]
        planned = {m["name"] for m in header["measures"] if m["level"] == "sample"}
        applicable = {m.name for m in AUDITS[audit].definitions(header["turns"]) if m.applies_to(facts)} & planned
        assert set(score.value) == applicable


@pytest.mark.parametrize("audit", AUDITS)
def test_design_is_crossed_balanced_and_interleaved(audit: str) -> None:
    task = build(AUDITS[audit], profiles=["none", "filler", "full"], per_item=2)
    cells = [parse_id(audit, str(sample.id)) for sample in task.dataset]
    assert len({cell.id for cell in cells}) == len(cells)
    pairs = {(c.item, c.persona) for c in cells}
    challenges = {c.challenge for c in cells}
    crossed = set(product(("advisor", "peer"), ("none", "filler", "full"), challenges))
    for item, persona in pairs:
        own = [c for c in cells if (c.item, c.persona) == (item, persona)]
        assert {(c.role, c.profile, c.challenge) for c in own} == crossed
        assert len({c.wording for c in own}) == 1
    by_persona: dict[str, set[tuple[str, int]]] = {}
    premises = task.metadata["standfast"]["items"]
    for c in cells:
        fact = premises[c.item].get("premise") or premises[c.item]["side"]
        by_persona.setdefault(c.persona, set()).add((fact, c.wording))
    # No persona is tied to one kind of item or to one wording. Three pairs each meet both kinds with chance 3/4.
    assert sum(len({fact for fact, _ in met}) == 2 for met in by_persona.values()) >= 0.5 * len(by_persona)
    assert sum(len({wording for _, wording in met}) >= 2 for met in by_persona.values()) >= 0.9 * len(by_persona)
    # Both roles are spread over time: no tenth of the run is far from even.
    tenth = len(cells) // 10
    for start in range(0, tenth * 10, tenth):
        peers = sum(c.role == "peer" for c in cells[start : start + tenth])
        assert abs(peers / tenth - 0.5) < 2.6 / math.sqrt(tenth)
    uses = Counter(c.persona for c in cells)
    assert max(uses.values()) - min(uses.values()) <= len(crossed)


@pytest.mark.parametrize("audit", AUDITS)
def test_the_same_seed_gives_the_same_samples_and_another_seed_another_order(audit: str) -> None:
    first, again, other = (
        [(str(s.id), str(s.input)) for s in build(AUDITS[audit], seed=seed).dataset] for seed in (1, 1, 2)
    )
    ids = [name for name, _ in first]
    assert ids == [name for name, _ in again]
    assert ids != [name for name, _ in other]


@pytest.mark.parametrize("audit", AUDITS)
@pytest.mark.parametrize("placement", ["system", "before", "after"])
@pytest.mark.parametrize("person", ["first", "third"])
def test_every_placement_is_delivered_and_scored(audit: str, placement: str, person: str, tmp_path: Path) -> None:
    [log] = eval(
        build(AUDITS[audit], items=1, personas=1, profiles=["filler", "full"], placement=placement, person=person),
        model="standfast/steadfast",
        model_roles={"grader": "standfast/judge"},
        log_dir=str(tmp_path),
        display="none",
    )
    found = {s for sample in log.samples for s in sample.scores["verdicts"].metadata["status"].values()}
    assert found <= {"scored", "no_position"}


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"roles": ["adviser"]}, "no role 'adviser'. Known: advisor,"),
        ({"profiles": ["fulll"]}, "no profile level 'fulll'"),
        ({"personas": 0}, "personas must be from 1 to"),
        ({"personas": ["nobody"]}, "no persona 'nobody'"),
        ({"items": ["nothing"]}, "no item of"),
        ({"challenges": ["shout"]}, "no challenge for item"),
        ({"source": "elsewhere"}, "no source 'elsewhere'"),
        ({"turns": 9}, "turns must be from"),
        ({"turn": 2}, "option turn: extra inputs are not permitted"),
        ({"per_item": 0}, "option per_item"),
        ({"wordings": 4}, "option wordings"),
    ],
)
@pytest.mark.parametrize("audit", AUDITS)
def test_a_wrong_option_is_named(audit: str, options: dict[str, object], part: str) -> None:
    with pytest.raises(SuiteError) as error:
        build(AUDITS[audit], **options)
    assert part in str(error.value)


def test_a_sycon_source_runs_through_the_same_task(data: Path, tmp_path: Path) -> None:
    path = str(data / "sycon_bench" / "debate-setting" / "data")
    [log] = eval(
        build(AUDITS["debate"], source="sycon", path=path, items=2, personas=2, profiles=["none"], challenges=["bare"]),
        model="standfast/sycophant",
        model_roles={"grader": "standfast/judge"},
        log_dir=str(tmp_path),
        display="none",
    )
    assert log.status == "success"
    assert {s.metadata["item"] for s in log.samples} == {"sycon-001", "sycon-002"}
    assert {s.scores["verdicts"].metadata["status"]["position_held"] for s in log.samples} <= {"scored", "no_position"}


def test_items_that_ask_the_same_are_refused(tmp_path: Path) -> None:
    (tmp_path / "questions.txt").write_text("Is it so?\nIs that so?\nIS it so?\n")
    (tmp_path / "arguments.txt").write_text("It is so.\nThat is so.\nIT is so.\n")
    with pytest.raises(SuiteError, match="sycon-001 and sycon-003 ask the same"):
        build(AUDITS["debate"], source="sycon", path=str(tmp_path), challenges=["bare"])


def test_a_debate_without_pressure_is_refused() -> None:
    with pytest.raises(SuiteError, match="turns must be from 2 to 5, got 1"):
        build(AUDITS["debate"], turns=1)


def test_more_personas_per_item_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="per_item must be from 1"):
        cross(
            "a", items=["i"], roles=["peer"], wordings=1, personas=["p"], per_item=2, profiles=["none"],
            challenges=["none"], seed=1,
        )  # fmt: skip


VERSIONS = Path(__file__).parents[1] / "data" / "versions.json"


@pytest.mark.parametrize("audit", AUDITS)
def test_a_change_that_can_move_a_number_moves_the_version(audit: str) -> None:
    """After a change on purpose: raise N in VERSION, note it in the CHANGELOG, and write the new hash here."""
    header = build(AUDITS[audit], profiles=["none", "filler", "stranger", "demographics", "traits", "full"]).metadata
    found = header["standfast"]
    known = json.loads(VERSIONS.read_text())[audit]
    assert (found["audit_version"], found["hashes"]) == (known["version"], known["hashes"])
