"""docs/decision.schema.json: what it takes, and what no decision may be."""

import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from standfast.analysis import decisions
from standfast.analysis.decisions import Decision
from standfast.decision_schema import schema, schema_text
from tests.reports.ruled import POLICY, decision, gate, passing

FILE = Path(__file__).parents[1] / "docs" / "decision.schema.json"
jsonschema = pytest.importorskip("jsonschema")
VALIDATOR = jsonschema.Draft202012Validator(schema())


def _plain(made: Decision) -> dict[str, Any]:
    return json.loads(decisions.to_json(made))


def _is_valid(content: dict[str, Any]) -> bool:
    return VALIDATOR.is_valid(content)


def test_the_published_schema_is_up_to_date() -> None:
    assert FILE.read_text("utf-8") == schema_text(), "standfast schema decision > docs/decision.schema.json"


def test_the_schema_is_one_and_describes_every_field() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    for part in (schema(), *schema()["$defs"].values()):
        assert part["additionalProperties"] is False
        assert set(part["required"]) == set(part["properties"])
        assert [name for name, said in part["properties"].items() if not said["description"]] == []
        assert "None" not in json.dumps(part)


@pytest.mark.parametrize("made", [decision(), passing(), decision(policy=None, waivers=(), robustness=())])
def test_what_is_written_is_valid(made: Decision) -> None:
    VALIDATOR.validate(_plain(made))


def _places(content: Any, noun: Any) -> list[tuple[dict[str, Any], str]]:
    """Return every field of every noun in a decision: the object that holds it, and its name."""
    found = [(content, field.name) for field in fields(noun)]
    for field in fields(noun):
        inner, said = getattr(noun, field.name), content[field.name]
        pairs = zip(said, inner, strict=True) if isinstance(inner, tuple) else [(said, inner)]
        found += [place for one, part in pairs if is_dataclass(part) for place in _places(one, part)]
    return found


WHOLE = decision()
PLACES = len(_places(_plain(WHOLE), WHOLE))


@pytest.mark.parametrize("number", range(PLACES))
def test_a_field_that_is_gone_or_of_another_type_is_refused(number: int) -> None:
    content = _plain(WHOLE)
    holder, name = _places(content, WHOLE)[number]
    was = holder.pop(name)
    assert not _is_valid(content), f"without {name}"
    holder[name] = {"is": was}
    assert not _is_valid(content), f"{name} of another type"


def test_a_field_that_nobody_knows_is_refused() -> None:
    content = _plain(WHOLE)
    for holder in (content, content["gates"][0], content["gates"][0]["finding"], content["policy"]):
        holder["extra"] = 1
        assert not _is_valid(content)
        del holder["extra"]
    assert _is_valid(content)


RELEASED_WRONGLY = {
    "no gates": passing(gates=()),
    "a gate that fails": passing(gates=(gate("a", "pass"), gate("b", "fail"))),
    "a gate without evidence": passing(gates=(gate("a", "missing"),)),
    "a verdict of fail": passing(verdict="fail", gates=(gate("a", "fail"),)),
    "no evidence": passing(verdict="missing", gates=(gate("a", "missing"),)),
    "an inconclusive verdict that blocks": passing(verdict="inconclusive", gates=(gate("a", "inconclusive"),)),
    "a simulated run": passing(simulated=True),
    "a post hoc policy": passing(policy=replace(POLICY, post_hoc=True)),
    "another code": passing(exit_code=1),
}


@pytest.mark.parametrize("name", RELEASED_WRONGLY)
def test_a_release_that_rests_on_nothing_is_refused(name: str) -> None:
    assert not _is_valid(_plain(RELEASED_WRONGLY[name]))


RELEASED_RIGHTLY = {
    "an advisory gate fails": passing(gates=(gate("a", "pass"), gate("b", "fail", blocking=False))),
    "an alternative fails": passing(
        gates=(gate("a", "pass", alternative="x"), gate("b", "fail", alternative="x")),
    ),
    "a gate is waived": passing(gates=(gate("a", "pass"), gate("b", "waived"))),
    "inconclusive only warns": passing(verdict="inconclusive", inconclusive="warn", gates=(gate("a", "inconclusive"),)),
    "a simulated run in a test": passing(simulated=True, allow_simulated=True),
}


@pytest.mark.parametrize("name", RELEASED_RIGHTLY)
def test_what_may_be_released_is_valid(name: str) -> None:
    VALIDATOR.validate(_plain(RELEASED_RIGHTLY[name]))
