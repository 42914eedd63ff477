"""Summary and comment, and hostile text in every machine output."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.analysis.decisions import Decision
from standfast.reports import briefing
from standfast.reports.annotations import annotations
from standfast.reports.escapes import line
from standfast.reports.junit import to_junit
from standfast.reports.sarif import to_sarif
from tests.reports.ruled import POLICY, RUN, decision, finding, gate
from tests.reports.test_hostile import HOSTILE
from tests.reports.test_machines import outputs_of


def test_the_summary_tells_what_would_change_the_verdict_and_what_was_waived() -> None:
    text = briefing.summary(decision(), RUN)
    assert "- **unclear** (acme/candidate-2): 120 more items would do." in text
    assert "- **holds** (acme/candidate-2): pass, but inconclusive without wording 2." in text
    assert "applied. Granted 2026-11-01 by R. Lead, expires 2026-12-01, no worse than −15." in text
    assert "holds on acme/candidate-2: unused" in text
    assert "waived (is: fail)" in text


def test_a_confidence_that_all_intervals_share_stands_once() -> None:
    text = briefing.summary(decision(), RUN).partition("<details>")[0]
    assert "| Estimate \\[95 % interval\\] |" in text
    assert text.count("95 %") == 1
    assert "| +4.2 \\[+1.0, +7.4\\] pp | above −10.0 pp | 1,240 on 48 items | ✅ pass |" in text
    raised = decision(gate("a", "pass"), gate("b", "pass", finding=finding(conf_level=0.975)))
    text = briefing.summary(raised, RUN).partition("<details>")[0]
    assert "| Estimate \\[interval\\] |" in text
    assert "pp (95 % interval)" in text
    assert "pp (97.5 % interval)" in text


def test_the_summary_names_only_the_parts_on_which_a_pass_rests() -> None:
    [change] = decision().robustness
    other = replace(change, gate="breaks", was="fail", verdict="inconclusive")
    turned = replace(change, gate="unclear", was="inconclusive", verdict="pass", dropped="personas", name="age: old")
    text = briefing.summary(decision(robustness=(change, other, turned, replace(change, verdict="pass"))), RUN)
    assert text.count(" without ") == 2
    assert "- **unclear** (acme/candidate-2): inconclusive, but pass without personas age: old." in text


@pytest.mark.parametrize(("write", "most"), [(briefing.summary, 1 << 20), (briefing.comment, 65_536)])
def test_thousands_of_gates_fit_what_a_forge_takes(write, most: int) -> None:
    made = decision(*(gate(f"g{i}", "fail", reason="ü" * 250) for i in range(3000)))
    text = write(made, RUN)
    assert len(text.encode()) < most
    assert "more lines are in decision.json" in text
    assert made.headline in text
    assert text.count("<details>") == text.count("</details>")


def test_the_first_line_of_a_comment_marks_it_and_cannot_be_ended_early() -> None:
    for name in ("release-2", "--> <script>", "a--b", "<!-- x"):
        made = decision(policy=replace(POLICY, name=name))
        first = briefing.comment(made, RUN).partition("\n")[0]
        assert re.fullmatch(r"<!-- standfast: [\w\-. ]* -->", first)
        assert "--" not in first[4:-3]


def _poisoned(text: str) -> tuple[Decision, dict]:
    """Return a decision and a run in which every text from outside is hostile."""
    made = decision()
    found = finding(title=text, model=text, status="ok")
    gates = tuple(
        replace(
            one, id=text, title=text, model=text, audit=text, measure=text, reason=text, needed=text, owner=text,
            why=text, finding=one.finding and found, quality=one.quality and replace(one.quality, name=text, unit=text),
        )
        for one in made.gates
    )  # fmt: skip
    uses = tuple(replace(use, gate=text, model=text, reason=text, approver=text) for use in made.waivers)
    changes = tuple(replace(change, name=text, gate=text, model=text) for change in made.robustness)
    policy = replace(POLICY, name=text, file=text, sha256=text, error_rate=text)
    made = replace(made, gates=gates, waivers=uses, robustness=changes, policy=policy, headline=text)
    suite = {"name": text, "version": text, "sha256": text}
    return made, {**RUN, "models": [text], "judges": [text], "suite": suite, "versions": {"standfast": text}}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text_in_everyoutputs_of(name: str) -> None:
    made, run = _poisoned(HOSTILE[name])
    plain, plain_run = _poisoned("plain")
    assert _shape(to_junit(made, run)) == _shape(to_junit(plain, plain_run))
    json.loads(to_sarif(made, run, HOSTILE[name] or "g", {}).encode())
    assert [said[:8] for said in annotations(made)] == [said[:8] for said in annotations(plain)]
    assert all("\n" not in said for said in annotations(made))
    assert outputs_of(made)["released"] == "false"
    assert not re.search(r"@\w|(?<!\\)\]\(|://|(?m:^/)", briefing.comment(made, run))
    text, expected = briefing.summary(made, run), briefing.summary(plain, plain_run)
    assert re.findall(r"<[a-z/!]\w*", text) == re.findall(r"<[a-z/!]\w*", expected)
    if line(HOSTILE[name]):  # what is empty, such as the sentence on what would settle a gate, has no line
        assert [said[:1] for said in text.splitlines()] == [said[:1] for said in expected.splitlines()]


def _shape(xml: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(part.tag, tuple(part.keys())) for part in ElementTree.fromstring(xml.encode()).iter()]


@given(st.text(max_size=40))
def test_any_text_leaves_junit_well_formed(text: str) -> None:
    made, run = _poisoned(text)
    assert _junit_of(made, run).tag == "testsuites"


def _junit_of(made: Decision, run: dict) -> ElementTree.Element:
    return ElementTree.fromstring(to_junit(made, run).encode())
