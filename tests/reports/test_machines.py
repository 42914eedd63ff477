"""JUnit, SARIF, annotations, summary and comment: what they say of a decision, and that none says more than it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml

from standfast.analysis.decisions import EXIT_CODES, Decision, Quality
from standfast.errors import ReportError
from standfast.reports import briefing, machines, outcomes
from standfast.reports.annotations import MOST, annotations, outputs
from standfast.reports.junit import to_junit
from standfast.reports.sarif import to_sarif
from tests.reports.ruled import MODEL, POLICY, RUN, decision, finding, gate, passing

SIMULATED = passing(simulated=True, exit_code=12, headline="Simulated, no release decision. Pass: the only gate holds.")
POST_HOC = passing(
    exit_code=12, policy=replace(POLICY, post_hoc=True), headline="Post hoc policy, no release decision."
)
EMPTY = Decision(verdict="missing", exit_code=12, simulated=False, headline="No gate.", gates=())
HELD = {"all": decision(), "simulated": SIMULATED, "post hoc": POST_HOC, "empty": EMPTY}


def _junit(made: Decision) -> ElementTree.Element:
    return ElementTree.fromstring(to_junit(made, RUN).encode())


def _cases(made: Decision) -> dict[str, list[str]]:
    """Return the name of each test -> the tags of its outcome."""
    known = ("failure", "error", "skipped")
    cases = _junit(made).iter("testcase")
    return {case.get("name").partition(":")[0]: [child.tag for child in case if child.tag in known] for case in cases}


def test_each_verdict_has_its_own_form_in_junit() -> None:
    assert _cases(decision()) == {
        "release decision": ["error"],
        "holds": [],
        "breaks": ["failure"],
        "unclear": ["failure"],
        "absent": ["error"],
        "waived": ["skipped"],
        "shown": ["skipped"],
        "both": [],
        "same": [],
        "judge": [],
    }


def test_junit_is_read_by_another_reader_and_its_counts_add_up() -> None:
    read = JUnitXml.fromstring(to_junit(decision(), RUN).encode())
    cases = [case for suite in read for case in suite]
    counts = [sum(getattr(case, f"is_{kind}") for case in cases) for kind in ("failure", "error", "skipped")]
    assert [len(cases), *counts] == [10, 2, 2, 2]
    assert [read.tests, read.failures, read.errors] == [10, 2, 2]
    assert sum(suite.skipped for suite in read) == 2
    assert all(suite.tests == len(list(suite)) for suite in read)


@pytest.mark.parametrize("name", HELD)
def test_nothing_is_green_where_the_exit_code_is_not_0(name: str) -> None:
    made = HELD[name]
    assert _cases(made)["release decision"] in (["failure"], ["error"])
    assert "error" in annotations(made)[0]
    assert "released<<" in outputs(made)
    assert outputs_of(made)["released"] == "false"
    assert outputs_of(made)["verdict"] != "pass"
    assert "released" not in briefing.summary(made, RUN).partition("\n")[0]


@given(
    verdict=st.sampled_from(["pass", "fail", "inconclusive", "missing"]),
    exit_code=st.sampled_from([0, 10, 11, 12]),
    gates=st.lists(
        st.tuples(st.sampled_from(["pass", "fail", "inconclusive", "missing", "waived"]), st.booleans()), max_size=4
    ),
    simulated=st.booleans(),
)
def test_every_output_is_green_with_exit_code_0_and_never_else(verdict, exit_code, gates, simulated) -> None:
    own = tuple(gate(f"g{i}", said, blocking=blocking) for i, (said, blocking) in enumerate(gates))
    made = passing(verdict=verdict, exit_code=exit_code, gates=own, simulated=simulated)
    released = exit_code == 0
    assert (_cases(made)["release decision"] == []) == released
    assert (outputs_of(made)["released"] == "true") == released
    assert annotations(made)[0].startswith("::notice") == released
    assert ("released" in briefing.comment(made, RUN).splitlines()[1]) == released
    [run] = json.loads(to_sarif(made, RUN, "g", {}))["runs"]
    levels = {note["level"] for note in run["invocations"][0]["toolExecutionNotifications"]}
    assert (levels == {"note"}) == released


def test_a_release_is_green() -> None:
    made = passing()
    assert _cases(made) == {"release decision": [], "a": []}
    assert [said.partition(" ")[0] for said in annotations(made)] == ["::notice"]
    assert outputs_of(made)["released"] == "true"
    assert briefing.summary(made, RUN).startswith("## ✅ Standfast: released")
    assert json.loads(to_sarif(made, RUN, "gates.yaml", {}))["runs"][0]["results"] == []


@pytest.mark.parametrize("made", [SIMULATED, replace(decision(), simulated=True)], ids=["pass", "fail"])
def test_every_output_of_a_simulated_run_says_so(made: Decision) -> None:
    for text in (
        to_junit(made, RUN),
        to_sarif(made, RUN, "gates.yaml", {}),
        annotations(made)[0],
        briefing.summary(made, RUN),
        briefing.comment(made, RUN),
    ):
        assert "SIMULATED" in text
    assert all(
        "SIMULATED" in (c.get("message") or c.text) for c in _junit(made).iter() if c.tag in ("failure", "error")
    )


def test_every_output_of_a_post_hoc_policy_says_so() -> None:
    for text in (to_junit(POST_HOC, RUN), annotations(POST_HOC)[0], briefing.comment(POST_HOC, RUN)):
        assert "POST HOC" in text


def test_an_alternative_that_fails_beside_one_that_holds_stops_nothing() -> None:
    group = {"alternative": "either"}
    made = passing(gates=(gate("one", "pass", **group), gate("other", "fail", **group), gate("third", "fail")))
    assert _cases(made)["other"] == ["skipped"]
    assert _cases(made)["third"] == ["failure"]
    none = passing(gates=(gate("one", "inconclusive", **group), gate("other", "fail", **group)))
    assert [_cases(none)[name] for name in ("one", "other")] == [["failure"], ["failure"]]


def test_numbers_stand_with_interval_confidence_unit_and_n() -> None:
    [one] = outcomes.outcomes(passing(gates=(gate("a", "pass"),)))
    assert one.estimate == "+4.2 [+1.0, +7.4] pp (95 % interval)"
    assert one.n == "n = 1,240 on 48 items"
    assert one.must == "above −10.0 pp"
    told = {one.gate.id: (one.estimate, one.must) for one in outcomes.outcomes(decision())}
    assert told["same"][1] == "between −10.0 and +10.0 pp"
    assert told["both"][1] == "above −10.0 pp, its twin below +5.0 pp"
    assert "−1.0 [−3.0, +1.0] pp" in told["both"][0]
    assert told["judge"] == ("0.71 [0.60, 0.80]", "above 0.50")
    assert told["absent"][0] == "not estimated"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_never_printed(value: float) -> None:
    lost = (finding(value, value, value), finding(conf_level=value))
    kappa = Quality(name="kappa", estimate=0.7, conf_low=value, conf_high=0.8, unit="", n=9, counted=False)
    gates = [gate(f"g{i}", "missing", finding=one) for i, one in enumerate(lost)]
    made = passing(gates=(*gates, gate("k", "missing", kind="judge-quality", finding=None, quality=kappa)))
    for text in (to_junit(made, RUN), to_sarif(made, RUN, "g", {}), briefing.comment(made, RUN), annotations(made)[-1]):
        assert not re.search(r"\b(nan|inf)\b", text, re.IGNORECASE)


def outputs_of(made: Decision) -> dict[str, str]:
    return outputs_from(outputs(made))


def outputs_from(text: str) -> dict[str, str]:
    """Read outputs as a runner does."""
    found, lines = {}, text.splitlines()
    while lines:
        name, _, end = lines.pop(0).partition("<<")
        at = lines.index(end)
        found[name], lines = "\n".join(lines[:at]), lines[at + 1 :]
    return found


def test_no_headline_can_add_an_output() -> None:
    made = passing(exit_code=10, verdict="fail", headline="x\nreleased=true\nverdict<<E\npass\nE\n")
    assert set(outputs_of(made)) == {"decided", "released", "verdict", "exit-code", "simulated", "headline"}
    assert outputs_of(made)["released"] == "false"
    assert outputs(made) != outputs(made)  # the delimiter is drawn anew


def test_more_annotations_than_a_runner_keeps_end_with_their_number() -> None:
    made = decision(*(gate(f"g{i}", "fail") for i in range(30)))
    told = annotations(made)
    assert len(told) == MOST
    assert told[0].endswith(made.headline)
    assert "22 more" in told[-1]


def test_annotations_point_to_the_line_of_the_gate(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    policy = tmp_path / "ci" / "gates.yaml"
    policy.parent.mkdir()
    policy.write_text("name: x\nversion: '1'\ngates:\n  - id: holds\n    title: a\n  - title: b\n    id: breaks\n")
    machines.write(decision(), RUN, annotations=True, policy=policy, sarif=tmp_path / "x.sarif")
    told = capsys.readouterr().err
    assert "::error file=ci/gates.yaml,line=7,title=breaks%3A fail::" in told
    places = [
        result["locations"][0]["physicalLocation"]
        for result in json.loads((tmp_path / "x.sarif").read_text())["runs"][0]["results"]
        if result["ruleId"] == "breaks"
    ]
    assert places == [{"artifactLocation": {"uri": "ci/gates.yaml"}, "region": {"startLine": 7}}]


@pytest.mark.parametrize(
    "text", ["", "gates: 3", "gates: [3, {id: [a]}]", "\0", "a: [", "gates:\n- {id: holds}\n---\n"]
)
def test_a_policy_that_cannot_be_read_moves_no_verdict(text: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "gates.yaml").write_text(text)
    machines.write(decision(), RUN, annotations=True, policy=tmp_path / "gates.yaml")
    assert "::error" in capsys.readouterr().err


def test_sarif_says_what_is_open_and_what_was_let_go() -> None:
    results = json.loads(to_sarif(decision(), RUN, "ci/my gates.yaml", {}))["runs"][0]["results"]
    told = {result["ruleId"]: (result["kind"], result["level"], "suppressions" in result) for result in results}
    assert told == {
        "breaks": ("fail", "error", False),
        "unclear": ("open", "none", False),
        "absent": ("fail", "error", False),
        "waived": ("fail", "error", True),
        "shown": ("informational", "none", False),
    }
    assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "ci/my%20gates.yaml"


def test_a_result_keeps_its_fingerprint_and_two_subjects_have_two() -> None:
    made = decision(gate("a", "fail"), gate("a", "fail", model="acme/other"))
    prints = [
        r["partialFingerprints"]["gate/v1"] for r in json.loads(to_sarif(made, RUN, "g", {}))["runs"][0]["results"]
    ]
    assert len(set(prints)) == 2
    assert to_sarif(made, RUN, "g", {}) == to_sarif(made, RUN, "g", {})


def test_files_are_written_where_they_are_asked_for_and_the_job_summary_is_appended(tmp_path, monkeypatch) -> None:
    summary, output = tmp_path / "summary.md", tmp_path / "output"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    files = {kind: tmp_path / "new" / kind for kind in ("junit", "sarif", "comment")}
    machines.write(passing(), RUN, summary=summary, annotations=True, **files)
    assert summary.read_text().startswith("before\n## ✅")
    assert "released" in output.read_text()
    assert all(path.stat().st_size > 100 for path in files.values())
    other = tmp_path / "other.md"
    other.write_text("before\n")
    machines.write(passing(), RUN, summary=other)
    assert other.read_text().startswith("## ✅")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ReportError, match=r"folder: cannot be written \(Is a directory\)"):
        machines.write(passing(), RUN, junit=tmp_path / "folder")


def test_the_word_of_a_decision_is_pass_only_with_exit_code_0() -> None:
    for verdict, code in EXIT_CODES.items():
        for exit_code in {code, 12}:
            made = passing(verdict=verdict, exit_code=exit_code)
            assert (outcomes.word(made) == "pass") == (exit_code == 0)


def test_an_inconclusive_decision_that_only_warns_is_released_and_still_called_inconclusive() -> None:
    made = passing(verdict="inconclusive", exit_code=0, gates=(gate("a", "inconclusive"),), headline="Hold: ...")
    assert (outputs_of(made)["released"], outputs_of(made)["verdict"]) == ("true", "inconclusive")
    assert briefing.summary(made, RUN).startswith(f"## ❔ Standfast: released · {MODEL}")
    assert _cases(made) == {"release decision": [], "a": ["failure"]}
