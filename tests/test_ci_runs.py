"""The scripts of the examples for CI, run by a shell: nothing they do lets through what a gate holds."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.test_ci import ACTION, GITLAB, SCRIPTS, read, steps
from tests.test_cli import SUITE


class Runner:
    """Runs the steps of the action as a GitHub runner does, as far as the action uses it."""

    def __init__(self, folder: Path, inputs: dict[str, str]) -> None:
        self.folder = folder
        self.inputs = {name: said.get("default", "") for name, said in read(ACTION)["inputs"].items()} | inputs
        self.outputs: dict[str, str] = {}
        self.printed = ""
        self.failed: list[int] = []

    def run(self) -> None:
        for step in steps(ACTION):
            if self._applies(step.get("if", "")):
                self._step(step)

    def _applies(self, condition: str) -> bool:
        if "cancelled()" not in condition:
            return not self.failed
        clauses = re.sub(r"^\$\{\{|\}\}$", "", condition).replace("!cancelled()", "'' == ''").split("&&")
        return all(self._holds(clause.strip()) for clause in clauses)

    def _holds(self, clause: str) -> bool:
        left, sign, right = re.fullmatch(r"(\S+) ([!=]=) '(.*)'", clause).groups()
        return (self._value(left) == right) == (sign == "==")

    def _value(self, name: str) -> str:
        kind, _, rest = name.partition(".")
        return {"inputs": self.inputs, "steps": self.outputs, "''": {"": ""}}[kind].get(rest, "")

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: self._value(found[1]), text)

    def _step(self, step: dict[str, Any]) -> None:
        files = {name: self.folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        files["GITHUB_OUTPUT"].write_text("")
        own = {name: self._filled(value) for name, value in step.get("env", {}).items()}
        names = {name: str(path) for name, path in files.items()}
        done = _bash(step["run"], self.folder, {**names, **own})
        self.printed += done.stdout + done.stderr
        if done.returncode:
            self.failed.append(done.returncode)
        for name, value in _outputs(files["GITHUB_OUTPUT"].read_text()).items():
            self.outputs[f"{step.get('id')}.outputs.{name}"] = value


def _outputs(text: str) -> dict[str, str]:
    found, lines = {}, text.splitlines()
    while lines:
        name, sign, rest = re.fullmatch(r"([\w-]+)(=|<<)(.*)", lines.pop(0)).groups()
        at = lines.index(rest) if sign == "<<" else 0
        found[name] = "\n".join(lines[:at]) if sign == "<<" else rest
        lines = lines[at + 1 :] if sign == "<<" else lines
    return found


STUB = """#!/bin/bash
echo "$@" >> calls
echo "::error::a model wrote this"
case "$1" in
  run) mkdir -p runs/release; exit "$RUN_CODE";;
  gate)
    case "$GATE_CODE" in 0|10|11|12) decided=true;; *) decided=false;; esac
    printf 'decided=%s\\nexit-code=%s\\n' "$decided" "$GATE_CODE" >> "$GITHUB_OUTPUT"
    exit "$GATE_CODE";;
  certify) exit "$CERTIFY_CODE";;
esac
"""


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program in the place of ours that notes how it was called, and exits as it is told."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "standfast"
    program.write_text(STUB)
    program.chmod(0o755)
    for name in ("RUN_CODE", "GATE_CODE", "CERTIFY_CODE"):
        monkeypatch.setenv(name, "0")
    return tmp_path


INPUTS = {"model": "acme/model", "judges": "other/judge\nthird/judge\n"}


def _run(folder: Path, **inputs: str) -> tuple[Runner, list[str]]:
    made = Runner(folder, {**INPUTS, **inputs})
    made.run()
    calls = (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []
    return made, calls


def test_the_action_asks_decides_reports_and_packs(stub: Path) -> None:
    made, calls = _run(stub, policy="ci/gates.yaml", waivers="ci/waivers.yaml", baseline="runs/last")
    assert made.failed == []
    both = "--model acme/model --judge other/judge --judge third/judge --policy ci/gates.yaml"
    assert calls == [
        f"check release {both}",
        f"run release {both} --out runs/release --only-logs",
        "analyse runs/release --baseline runs/last",
        "gate runs/release --on-inconclusive block --policy ci/gates.yaml --waivers ci/waivers.yaml --annotations "
        f"--summary {stub}/GITHUB_STEP_SUMMARY --junit runs/release.xml --comment runs/release.md",
        "certify runs/release",
        "report runs/release",
        f"bundle runs/release --baseline runs/last --out runs/release.zip --summary {stub}/GITHUB_STEP_SUMMARY",
    ]


@pytest.mark.parametrize("code", [10, 11, 12])
def test_a_decision_that_holds_fails_the_step_and_still_leaves_report_and_evidence(
    stub: Path, monkeypatch, code
) -> None:
    monkeypatch.setenv("GATE_CODE", str(code))
    made, calls = _run(stub)
    assert made.failed == [code]
    assert [line.split()[0] for line in calls][-3:] == ["certify", "report", "bundle"]
    assert made.outputs["gate.outputs.exit-code"] == str(code)


@pytest.mark.parametrize(
    ("name", "value", "last"), [("RUN_CODE", "2", "run"), ("RUN_CODE", "1", "run"), ("GATE_CODE", "2", "gate")]
)
def test_what_cannot_be_decided_fails_and_leaves_no_report(stub: Path, monkeypatch, name, value, last) -> None:
    monkeypatch.setenv(name, value)
    made, calls = _run(stub)
    assert made.failed == [int(value)]
    assert calls[-1].split()[0] == last
    assert made.outputs.get("gate.outputs.decided", "false") == "false"


def test_a_certificate_that_fails_fails_the_step(stub: Path, monkeypatch) -> None:
    monkeypatch.setenv("CERTIFY_CODE", "1")
    made, _ = _run(stub)
    assert made.failed == [1]
    assert "certify" not in [line.split()[0] for line in _run(stub, certify="false")[1][8:]]


def test_the_runner_takes_no_command_from_what_a_model_wrote(stub: Path) -> None:
    """While the subject is asked, commands are stopped under a token that nobody can guess, and never the same."""
    tokens = set()
    for _ in range(2):
        made, _ = _run(stub)
        [token] = re.findall(r"^::stop-commands::([0-9a-f]{64})$", made.printed, re.MULTILINE)
        inside = made.printed.partition(f"::stop-commands::{token}\n")[2].partition(f"\n::{token}::")
        assert "a model wrote this" in inside[0]
        assert inside[1]
        tokens.add(token)
    assert len(tokens) == 2


def test_inputs_that_look_like_shell_are_arguments(stub: Path) -> None:
    made, calls = _run(stub, model="a/$(touch x)", suite="`touch y`; exit 0", judges="j/k --limit 1")
    assert made.failed == []
    assert not {"x", "y"} & {path.name for path in stub.iterdir()}
    assert calls[0] == "check `touch y`; exit 0 --model a/$(touch x) --judge j/k --limit 1"


GH = """#!/bin/bash
case "$*" in *--paginate*) if [ -n "$KNOWN" ]; then echo "$KNOWN"; fi;; *) echo "$@" >> calls;; esac
"""


@pytest.mark.parametrize(
    ("known", "asked"), [("", "POST repos/a/b/issues/7/comments"), ("41", "PATCH repos/a/b/issues/comments/41")]
)
def test_the_comment_is_written_once_and_then_replaced(stub: Path, known: str, asked: str) -> None:
    [script] = [said for said in SCRIPTS.values() if "gh api" in said]
    (stub / "bin" / "gh").write_text(GH)
    (stub / "bin" / "gh").chmod(0o755)
    (stub / "comment.md").write_text("<!-- standfast: a -->\n## Standfast: hold\n")
    own = {"KNOWN": known, "COMMENT": "comment.md", "EVIDENCE": "there", "ISSUES": "repos/a/b/issues", "NUMBER": "7"}
    assert _bash(script, stub, own).returncode == 0
    assert (stub / "calls").read_text() == f"api --method {asked} --field body=@comment.md\n"
    assert (stub / "comment.md").read_text().endswith("\n[Report, logs and evidence](there)\n")


def _bash(script: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", **env},
        capture_output=True,
        text=True,
        check=False,
    )


GITLAB_STUB = """#!/bin/bash
echo "$(basename "$0") $*" >> calls
case "$1" in
  gate) if [ "$GATE_CODE" != 2 ]; then touch gates.xml comment.md; fi; exit "$GATE_CODE";;
  certify) exit "$CERTIFY_CODE";;
esac
"""


@pytest.mark.parametrize(
    ("gate", "certify", "code", "last"),
    [
        ("0", "0", 0, "bundle"),
        ("10", "0", 10, "bundle"),
        ("11", "0", 11, "bundle"),
        ("12", "0", 12, "bundle"),
        ("2", "0", 2, "gate"),
        ("0", "1", 1, "certify"),
        ("10", "1", 1, "certify"),
    ],
)
def test_the_gitlab_job_ends_as_the_gate_does(stub: Path, gate: str, certify: str, code: int, last: str) -> None:
    for name in ("standfast", "pip", "curl"):
        (stub / "bin" / name).write_text(GITLAB_STUB)
        (stub / "bin" / name).chmod(0o755)
    (stub / "ci").mkdir()
    (stub / "ci" / "candidate.txt").write_text("acme/model\n")
    (stub / "comment.md").write_text("of an earlier attempt")
    own = {**read(GITLAB)["release-gate"]["variables"], "GATE_CODE": gate, "CERTIFY_CODE": certify}
    done = _bash(SCRIPTS["release-gate.gitlab-ci.yml, release-gate"], stub, {**own, "STANDFAST_JUDGE": "other/judge"})
    calls = (stub / "calls").read_text().splitlines()
    assert done.returncode == code
    assert calls[-1].split()[1] == last
    assert "standfast run release --policy ci/gates.yaml --model acme/model --judge other/judge" in calls[2]


@pytest.mark.slow
def test_the_action_holds_a_simulated_subject_and_leaves_everything_behind(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "standfast"
    program.write_text(f'#!/bin/bash\nexec {sys.executable} -m standfast "$@"\n')
    program.chmod(0o755)
    (tmp_path / "suite.yaml").write_text(SUITE)
    made, _ = _run(tmp_path, suite="suite.yaml", model="standfast/steadfast", judges="standfast/judge", certify="false")
    assert made.failed == [12], made.printed
    assert made.outputs["gate.outputs.released"] == "false"
    assert made.outputs["gate.outputs.verdict"] == "missing"
    assert "::error title=Standfast" in made.printed
    assert "SIMULATED" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    left = {path.name for path in (tmp_path / "runs" / "release").iterdir()}
    assert {"report.pdf", "report.html", "report.md"} <= left
    assert all((tmp_path / "runs" / f"release.{kind}").is_file() for kind in ("xml", "md"))
    assert (tmp_path / "runs" / "release.zip").stat().st_size > 10_000
