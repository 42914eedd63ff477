"""The examples for CI: they parse, print only commands that exist, and let nothing through that a gate holds."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from standfast import suite, waivers
from standfast.cli import main

FOLDER = Path(__file__).parents[1] / "examples" / "ci"
ACTION = FOLDER / "github" / "actions" / "standfast" / "action.yml"
WORKFLOW = FOLDER / "github" / "workflows" / "release-gate.yml"
LONG = FOLDER / "github" / "workflows" / "long-audit.yml"
GITLAB = FOLDER / "gitlab" / "release-gate.gitlab-ci.yml"


def read(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # in which `on` is no boolean


def steps(path: Path) -> list[dict[str, Any]]:
    made = read(path)
    return made["runs"]["steps"] if "runs" in made else [one for job in made["jobs"].values() for one in job["steps"]]


SCRIPTS = {
    **{
        f"{path.name}, {i}": one["run"]
        for path in (ACTION, WORKFLOW, LONG)
        for i, one in enumerate(steps(path))
        if "run" in one
    },
    **{f"{GITLAB.name}, {job}": "\n".join(read(GITLAB)[job]["script"]) for job in ("release-gate", "release")},
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_holds_an_expression_that_text_from_outside_could_fill(name: str) -> None:
    assert "${{" not in SCRIPTS[name]


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_one_that_a_shell_canread(name: str, tmp_path: Path) -> None:
    (tmp_path / "script").write_text(SCRIPTS[name])
    done = subprocess.run(["bash", "-n", str(tmp_path / "script")], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def _commands() -> Iterator[str]:
    """Yield each command of ours in the scripts, with the optional arguments that a script may add."""
    for script in SCRIPTS.values():
        for part in re.split(r"^\s*(?=args=\()", script, flags=re.MULTILINE):
            added = " ".join(re.findall(r"args\+?=\((.*?)\)", part))
            for found in re.findall(r"^\s*(standfast [^|\n>]*)", part, re.MULTILINE):
                yield found.replace('"${args[@]}"', added)


COMMANDS = sorted(set(_commands()))


def test_the_scripts_check_run_analyse_gate_certify_report_and_bundle() -> None:
    verbs = {line.split()[1] for line in COMMANDS}
    assert verbs == {"check", "run", "analyse", "gate", "certify", "report", "bundle"}


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_in_a_script_is_understood(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known = {"ON_INCONCLUSIVE": "warn", "DOLLARS": "50"}
    (tmp_path / "runs" / "audit").mkdir(parents=True)
    for name in ("RUN", "BASELINE"):
        (tmp_path / name).mkdir()
    for name in ("SUITE", "POLICY", "WAIVERS"):
        (tmp_path / name).touch()
    filled = re.sub(r"\$\{?(\w+)\}?", lambda found: known.get(found[1], found[1]), line)
    _, verb, *words = shlex.split(filled)
    command = main.commands[verb]
    with click.Context(main) as parent:
        command.make_context(verb, words, parent=parent)  # raises on an unknown option or argument


@pytest.mark.parametrize("workflow", [WORKFLOW, LONG], ids=lambda path: path.stem)
def test_actions_are_pinned_to_a_commit_and_rights_are_few(workflow: Path) -> None:
    text = workflow.read_text("utf-8")
    uses = [one["uses"] for one in steps(workflow) if "uses" in one and not one["uses"].startswith("./")]
    assert len(uses) >= 4
    assert all(re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}", said) for said in uses)
    assert read(workflow)["permissions"] == {"contents": "read"}
    assert set(read(workflow)["on"]) <= {"pull_request", "workflow_dispatch"}  # never pull_request_target
    assert "persist-credentials: false" in text
    assert "${{ secrets." not in ACTION.read_text("utf-8")


def test_no_job_that_decides_can_be_skipped_or_let_fail() -> None:
    """A forge takes a required job that was skipped for one that passed."""
    gate = read(WORKFLOW)["jobs"]["gate"]
    assert "if" not in gate
    assert "continue-on-error" not in WORKFLOW.read_text("utf-8") + ACTION.read_text("utf-8")
    assert "allow_failure" not in read(GITLAB)["release-gate"]
    assert "released == 'true'" in read(WORKFLOW)["jobs"]["release"]["if"]
    assert read(GITLAB)["release"]["needs"] == ["release-gate"]


def _caches(workflow: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    found = {one["uses"].split("@")[0]: one for one in steps(workflow) if "actions/cache/" in one.get("uses", "")}
    return found["actions/cache/restore"], found["actions/cache/save"]


@pytest.mark.parametrize("workflow", [WORKFLOW, LONG], ids=lambda path: path.stem)
def test_the_run_folder_is_saved_whatever_happened_and_found_again_by_the_next_attempt(workflow: Path) -> None:
    """A cancelled job has paid for what it asked; a cache is never written twice under one key."""
    restore, save = _caches(workflow)
    assert restore["with"]["path"] == save["with"]["path"] == "runs"
    assert restore["with"]["key"] == save["with"]["key"]
    assert save["with"]["key"].endswith("${{ github.run_id }}-${{ github.run_attempt }}")
    assert save["with"]["key"].startswith(restore["with"]["restore-keys"])
    assert "always()" in save["if"]
    names = [one.get("uses", one.get("id", "")).split("@")[0] for one in steps(workflow)]
    asked = next(name for name in names if name in ("./.github/actions/standfast", "ask"))
    assert names.index("actions/cache/restore") < names.index(asked) < names.index("actions/cache/save")


def test_a_gate_restores_its_own_attempts_alone_and_a_long_audit_every_job_of_the_same_suite_and_model() -> None:
    assert _caches(WORKFLOW)[0]["with"]["restore-keys"] == "standfast-${{ github.run_id }}-"
    assert _caches(LONG)[0]["with"]["restore-keys"] == "${{ steps.name.outputs.key }}-"


def test_a_long_audit_stops_itself_before_its_job_is_killed() -> None:
    [ask] = [one["run"] for one in steps(LONG) if one.get("id") == "ask"]
    minutes, last = re.search(r"timeout --signal=INT --kill-after=(\d+)m (\d+)m", ask).groups()
    assert int(minutes) + int(last) + 15 <= int(read(LONG)["jobs"]["audit"]["timeout-minutes"])
    assert "--max-dollars" in ask


def test_the_key_of_a_long_audit_moves_with_what_is_asked_of_whom(tmp_path: Path) -> None:
    [script] = [one["run"] for one in steps(LONG) if one.get("id") == "name"]
    (tmp_path / "suite.yaml").write_text("one")

    def key(**given: str) -> str:
        (tmp_path / "out").write_text("")
        env = {"PATH": "/usr/bin:/bin", "SUITE": "suite.yaml", "MODEL": "a/b", "FRESH": "first", "GITHUB_OUTPUT": "out"}
        subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=env | given, check=True)
        return (tmp_path / "out").read_text()

    first = key()
    assert re.fullmatch(r"key=standfast-audit-[0-9a-f]{16}\n", first)
    assert key() == first
    others = [key(MODEL="a/c"), key(FRESH="again"), key(SUITE="standard")]
    (tmp_path / "suite.yaml").write_text("two")
    assert len({first, *others, key()}) == 5


def test_policy_and_waivers_of_the_example_are_right_for_the_suite_they_are_used_with() -> None:
    shipped = suite.load(FOLDER.parents[1] / "suites" / "release.yaml")
    policy = suite.read_policy(FOLDER / "gates.yaml", shipped)
    gates = {gate.id: gate.title for gate in policy.suite.gates}
    assert len(gates) == 5
    assert [waiver.gate for waiver in waivers.load(FOLDER / "waivers.yaml", gates)] == ["debate-peer"]


def test_the_readme_names_every_file_of_the_folder() -> None:
    named = set(re.findall(r"^\| `([\w./-]+)` \|", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE))
    held = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert named == held - {"README.md"}
