"""Generic checks: what every audit's design, log and delivery must hold; `test_extremes` holds its measures."""

import json
import math
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from inspect_ai import eval
from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog
from inspect_ai.model import get_model

from standfast.audits._challenges import sides
from standfast.audits._design import build
from standfast.audits._registry import AUDITS
from standfast.cells import cross, parse_id
from standfast.errors import SuiteError
from standfast.personas import ladder

KINDS = ("premise", "use", "teller", "quality", "side", "domain")  # the fact by which an audit's items are balanced
CAST = {"grader": "standfast/judge", "receiver": "standfast/receiver"}
QUICK = ("advice", "debate", "persuasion")  # one of each kind of conversation
APART = {"no_position", "declined", "undefined"}  # neither scored nor missing
SMALL = {"items": 3, "profiles": ["filler", "full"], "personas": 6, "per_item": 2}


def play(audit: str, tmp_path: Path, subject: str = "standfast/sycophant", **options: object) -> EvalLog:
    [log] = eval(
        build(AUDITS[audit], **{**SMALL, **options}),
        model=subject,
        model_roles=CAST,
        log_dir=str(tmp_path),
        display="none",
    )
    assert log.status == "success"
    return log


@pytest.mark.parametrize("audit", AUDITS)
def test_every_sample_holds_its_cell_and_the_log_describes_itself(
    audit: str, tmp_path: Path, no_outside: list[object]
) -> None:
    few = {"items": 2, "per_item": 1} if AUDITS[audit].seat else {}  # an exchange takes many calls
    log = play(audit, tmp_path, **few)
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
    own = defaultdict(list)
    for cell in cells:
        own[cell.item, cell.persona].append(cell)
    for (item, _), met in own.items():
        challenges = {c.challenge for c in cells if c.item == item}
        crossed = set(product(("advisor", "peer"), ("none", "filler", "full"), challenges))
        assert sorted((c.role, c.profile, c.challenge) for c in met) == sorted(crossed)
        assert len({c.wording for c in met}) == 1
    # Both roles are spread over time: no tenth of the run is far from even.
    tenth = len(cells) // 10
    for start in range(0, tenth * 10, tenth):
        peers = sum(c.role == "peer" for c in cells[start : start + tenth])
        assert abs(peers / tenth - 0.5) < 2.6 / math.sqrt(tenth)
    uses = Counter(persona for _, persona in own)
    assert max(uses.values()) - min(uses.values()) <= 1


@pytest.mark.parametrize("audit", AUDITS)
def test_no_persona_is_tied_to_one_kind_of_item_or_to_one_wording(audit: str) -> None:
    task = build(AUDITS[audit], profiles=["full"], per_item=2)
    facts = task.metadata["standfast"]["items"]
    kinds, wordings, items = defaultdict(set), defaultdict(set), defaultdict(set)
    for cell in (parse_id(audit, str(sample.id)) for sample in task.dataset):
        kinds[cell.persona].add(next((facts[cell.item][name] for name in KINDS if name in facts[cell.item]), ""))
        wordings[cell.persona].add(cell.wording)
        items[cell.persona].add(cell.item)
    if len(set().union(*kinds.values())) > 1:
        # Of two even kinds, three items that chance dealt out show both with probability 3/4.
        assert sum(len(met) >= 2 for met in kinds.values()) >= 0.5 * len(kinds)
    assert sum(len(met) >= 2 for met in wordings.values()) >= 0.9 * sum(len(met) >= 3 for met in items.values())


@pytest.mark.parametrize("audit", AUDITS)
def test_the_same_seed_gives_the_same_samples_and_another_seed_another_order(audit: str) -> None:
    first, again, other = (
        [(str(s.id), str(s.input)) for s in build(AUDITS[audit], seed=seed).dataset] for seed in (1, 1, 2)
    )
    ids = [name for name, _ in first]
    assert ids == [name for name, _ in again]
    assert ids != [name for name, _ in other]


@pytest.mark.parametrize("audit", AUDITS)
@pytest.mark.parametrize(
    ("placement", "person"),
    [
        ("before", "third"),
        *[
            pytest.param(place, person, marks=pytest.mark.slow)
            for place, person in product(("system", "before", "after"), ("first", "third"))
            if (place, person) != ("before", "third")
        ],
    ],
)
def test_every_placement_is_delivered_and_scored(audit: str, placement: str, person: str, tmp_path: Path) -> None:
    [log] = eval(
        build(AUDITS[audit], items=1, personas=1, profiles=["filler", "full"], placement=placement, person=person),
        model="standfast/steadfast",
        model_roles=CAST,
        log_dir=str(tmp_path),
        display="none",
    )
    found = {s for sample in log.samples for s in sample.scores["verdicts"].metadata["status"].values()}
    assert found <= {"scored", *APART}


@pytest.mark.parametrize(
    "audit", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in AUDITS]
)
def test_every_level_and_form_is_delivered_and_scored(audit: str, tmp_path: Path) -> None:
    [item] = AUDITS[audit].items()[:1]
    levels = [level for level in ladder.LEVELS if item.views or level not in ladder.VIEW_LEVELS]
    forms = ["full-third", "full-system", "full-third-after", "filler-system"]
    # An exchange takes many calls, and its levels are shown alike under all of its challenges.
    few = {"challenges": AUDITS[audit].challenges[:2]} if AUDITS[audit].seat else {}
    log = play(audit, tmp_path, items=1, personas=1, per_item=1, profiles=[*levels, *forms], **few)
    assert {sample.metadata["profile"] for sample in log.samples} == {*levels, *forms}
    for sample in log.samples:
        status = set(sample.scores["verdicts"].metadata["status"].values())
        assert status <= {"scored", *APART}, (sample.id, status)


@pytest.mark.parametrize("audit", [name for name, audit in AUDITS.items() if audit.path])
def test_a_simulated_user_is_called_once_per_pushback_and_held_to_its_part(audit: str, tmp_path: Path) -> None:
    for drift, kept in ((0.0, 1.0), (1.0, 0.0)):
        [log] = eval(
            build(AUDITS[audit], items=2, personas=2, profiles=["full"], user="simulated"),
            model="standfast/steadfast",
            model_roles={
                "grader": "standfast/judge",
                "user": get_model("standfast/user", memoize=False, drift=drift),
            },
            log_dir=str(tmp_path / str(drift)),
            display="none",
        )
        assert log.status == "success"
        for sample in log.samples:
            turns = len(sample.metadata["script"])
            calls = Counter(event.role for event in sample.events if isinstance(event, ModelEvent))
            assert calls == {None: turns, "user": turns - 1, "grader": turns + 1}
            assert sample.scores["verdicts"].value["user_fidelity"] == kept, sample.id


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"roles": ["adviser"]}, "no role 'adviser'. Known: advisor,"),
        ({"profiles": ["fulll"]}, "no profile 'fulll'; levels: none,"),
        ({"personas": 0}, "personas must be from 1 to"),
        ({"personas": ["nobody"]}, "no persona 'nobody'"),
        ({"items": ["nothing"]}, "no item of"),
        ({"challenges": ["shout"]}, "no challenge for item"),
        ({"source": "elsewhere"}, "no source 'elsewhere'"),
        ({"turns": 99}, "turns must be from"),
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


def test_items_that_ask_the_same_are_refused() -> None:
    asked = ["Is it so?", "Is that so?", "IS  it so?"]
    items = [
        sides(id=f"i-{n}", facts={}, question=question, position="Yes.", opposing="No.", affirms=True)
        for n, question in enumerate(asked, start=1)
    ]
    with pytest.raises(SuiteError, match="i-1 and i-3 ask the same"):
        build(replace(AUDITS["debate"], items=lambda: items), challenges=["bare"])


def test_a_debate_without_pressure_is_refused() -> None:
    with pytest.raises(SuiteError, match="turns must be from 2 to 10, got 1"):
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
