"""gates.yaml and waivers.yaml: what they may say, and how a mistake in them is told."""

import json
from pathlib import Path

import pytest

from standfast import suite as suites
from standfast import waivers
from standfast.audits._catalogue import catalogue
from standfast.errors import SuiteError

SUITE = Path(__file__).parents[1] / "suites" / "release.yaml"


@pytest.fixture(scope="module")
def known():
    return catalogue()


@pytest.fixture(scope="module")
def suite(known):
    return suites.load(SUITE, known)


BOUND = {
    "id": "g",
    "title": "A gate",
    "audit": "advice",
    "measure": "framing_challenged",
    "contrast": "E2(peer, full)",
    "direction": "higher",
    "margin": -20,
}


def policy(tmp_path, *gates):
    """Write gates.yaml; JSON is YAML."""
    path = tmp_path / "gates.yaml"
    path.write_text(json.dumps({"name": "mine", "version": "1", "gates": gates}, indent=1), "utf-8")
    return path


def test_a_policy_takes_the_place_of_the_suites_gates(tmp_path, suite, known):
    found = suites.read_policy(policy(tmp_path, BOUND), suite, known)
    assert [gate.id for gate in found.suite.gates] == ["g"]
    assert found.suite.audits == suite.audits
    facts = suites.policy_facts(suite, b"", found)
    assert facts["file"] == "gates.yaml"
    assert facts["sha256"] == suites.sha256(tmp_path / "gates.yaml")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": "role-gap", "contrast": "E3(full)"},
        {"kind": "non-inferiority", "contrast": "E8(peer, full)"},
        {"kind": "equivalence", "direction": None, "margin": 20},
        {"kind": "two-sided", "contrast": "L(peer, full)", "margin": 50, "twin_margin": 30},
        {"audit": "pooled", "measure": "validation", "contrast": "E1(peer, full)", "direction": "lower", "margin": 20},
        {"confidence": 0.99},
    ],
)
def test_every_kind_of_gate_can_be_written(tmp_path, suite, known, changes):
    given = {key: value for key, value in {**BOUND, **changes}.items() if value is not None}
    assert len(suites.read_policy(policy(tmp_path, given), suite, known).suite.gates) == 1


@pytest.mark.parametrize(
    "extra",
    [
        {"kind": "completeness", "margin": 95},
        {"kind": "completeness", "margin": 95, "audit": "debate", "measure": "position_held"},
        {"kind": "judge-quality", "margin": 0.6, "statistic": "alpha", "max_age_days": 30},
    ],
)
def test_gates_on_the_evidence_stand_beside_others(tmp_path, suite, known, extra):
    found = suites.read_policy(policy(tmp_path, BOUND, {"id": "e", "title": "Evidence", **extra}), suite, known)
    assert found.suite.gates[1].on_evidence


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "role-gap"}, "a role-gap gate takes E3, not E2"),
        ({"kind": "non-inferiority"}, "a non-inferiority gate takes E8, not E2"),
        ({"kind": "equivalence"}, "an equivalence gate takes no direction"),
        ({"kind": "equivalence", "direction": None, "margin": -20}, "the margin is above 0"),
        ({"kind": "equivalence", "direction": None, "margin": 20, "contrast": "L(peer, full)"}, "a level is not"),
        ({"kind": "two-sided", "contrast": "L(peer, full)", "margin": 50}, "a two-sided gate needs twin_margin"),
        ({"twin_margin": 20}, "a bound gate takes no twin_margin"),
        ({"direction": None}, "a bound gate needs direction"),
        ({"contrast": None}, "a bound gate needs contrast"),
        ({"measure": None}, "a bound gate needs measure"),
        ({"statistic": "kappa"}, "a bound gate takes no statistic"),
        ({"direction": "lower"}, "of framing_challenged, higher is better, not lower"),
        ({"margin": -100}, "decides nothing"),
        ({"audit": "pooled"}, "1 audits of the suite take framing_challenged"),
        ({"audit": "pooled", "measure": "validation", "contrast": "E8(peer, full)"}, "E8 is not pooled"),
        ({"alternative": "either"}, "names one gate, which is no alternative"),
        ({"kind": "completeness", "margin": 95}, "a completeness gate takes no contrast"),
        ({"blocking": False}, "no blocking gate is on a finding"),
        ({"measure": "framing"}, 'measure "framing" not found'),
        ({"audit": "advise"}, 'audit "advise" not found'),
        ({"confidence": 0.5}, "0.8"),
        ({"margin": float("nan")}, "margin"),
    ],
)
def test_a_gate_that_cannot_decide_is_told_with_its_place(tmp_path, suite, known, changes, told):
    given = {key: value for key, value in {**BOUND, **changes}.items() if value is not None}
    path = policy(tmp_path, given)
    with pytest.raises(SuiteError) as caught:
        suites.read_policy(path, suite, known)
    assert told in str(caught.value)
    assert f"{path}:" in str(caught.value)


def test_a_policy_without_gates_is_refused(tmp_path, suite, known):
    with pytest.raises(SuiteError, match="gates"):
        suites.read_policy(policy(tmp_path), suite, known)


def test_alternatives_must_all_block(tmp_path, suite, known):
    one = {**BOUND, "alternative": "either"}
    with pytest.raises(SuiteError, match="partly advisory"):
        suites.read_policy(policy(tmp_path, one, {**one, "id": "h", "blocking": False}), suite, known)


def test_a_second_epoch_at_temperature_0_is_refused(tmp_path, known):
    text = SUITE.read_text("utf-8").replace("epochs: 1", "epochs: 2").replace("temperature: 0.7", "temperature: 0.0")
    path = tmp_path / "suite.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(SuiteError, match="a second epoch is the same reply again"):
        suites.load(path, known)


def test_the_written_schema_is_up_to_date():
    written = Path(__file__).parents[1] / "docs" / "policy.schema.json"
    assert written.read_text("utf-8") == suites.schema_text(suites.Policy)


# Waivers

WAIVER = {
    "gate": "g",
    "reason": "Mended in the next release.",
    "approver": "A. Board",
    "granted": "2026-11-01",
    "expires": "2026-12-01",
    "not_worse_than": -25,
}


def waived(tmp_path, *entries):
    path = tmp_path / "waivers.yaml"
    path.write_text(json.dumps({"waivers": entries}, indent=1), "utf-8")
    return path


def test_a_waiver_names_gate_reason_approver_days_and_cap(tmp_path):
    (found,) = waivers.load(waived(tmp_path, WAIVER), {"g": ""})
    assert (found.last_day - found.first_day).days == 30
    assert found.model is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"expires": "2027-01-31"}, "it holds for 91 days"),
        ({"expires": "2026-10-31"}, "expires before it was granted"),
        ({"expires": "next year"}, "this is no day"),
        ({"expires": "20261201"}, "this is no day"),
        ({"expires": None}, "expires"),
        ({"approver": ""}, "approver"),
        ({"reason": None}, "reason"),
        ({"not_worse_than": None}, "not_worse_than"),
        ({"not_worse_than": float("nan")}, "not_worse_than"),
        ({"gate": "h"}, 'gate "h" not found'),
        ({"forever": True}, "forever"),
    ],
)
def test_a_waiver_that_says_too_little_or_too_much_is_refused(tmp_path, changes, told):
    given = {key: value for key, value in {**WAIVER, **changes}.items() if value is not None}
    with pytest.raises(SuiteError, match=told):
        waivers.load(waived(tmp_path, given), {"g": ""})


def test_a_gate_is_waived_once(tmp_path):
    with pytest.raises(SuiteError, match="waived twice"):
        waivers.load(waived(tmp_path, WAIVER, WAIVER), {"g": ""})
