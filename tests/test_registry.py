"""The list of runs: one row for each run folder, damaged ones among them, read from the folders alone."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from standfast import ledger, registry
from standfast.cli import main
from standfast.errors import RunError
from standfast.folder import mark_stopped
from standfast.ledger import Call
from standfast.run import run

SUITE = """\
name: listed
version: "1"
seed: 5
models: [standfast/steadfast]
judges: [standfast/judge]
audits:
  advice: {items: 2}
profiles: [filler, full]
personas: {count: 6, seed: 1}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "suite.yaml").write_text(SUITE)
    return run(folder / "suite.yaml", out=folder / "run", display="none")


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    for name in ("a", "b", "c", "d"):
        shutil.copytree(made, tmp_path / "runs" / name)
    (tmp_path / "runs" / "notes").mkdir()
    (tmp_path / "runs" / "file").touch()
    return tmp_path / "runs"


def rows(folder: Path) -> dict[str, dict[str, str]]:
    return {Path(row["run"]).name: row for row in registry.rows(registry.runs(folder))}


def test_every_run_folder_is_one_row_with_its_state(runs):
    (runs / "b" / "run.json").write_text("{")
    next((runs / "c" / "logs").glob("*.eval")).unlink()
    mark_stopped(runs / "d", "stopped by its budget: 9 of 9 calls")
    (runs / "a" / "decision.json").write_text('{"verdict": "pass"}')
    found = rows(runs)
    assert {name: row["state"] for name, row in found.items()} == {
        "a": "finished",
        "b": "damaged",
        "c": "stopped",
        "d": "stopped",
    }
    assert found["a"]["suite"] == "listed"
    assert found["a"]["models"] == "standfast/steadfast"
    assert [found[name]["samples"] for name in "abc"] == ["8 of 8", "–", "0 of 8"]
    assert [found[name]["verdict"] for name in "ab"] == ["pass", "–"]


def test_what_is_not_known_of_the_cost_is_not_zero(runs):
    for folder in runs.glob("?"):
        (folder / ledger.FILE).unlink(missing_ok=True)
    paid = Call(at=1.0, seconds=1.0, role="subject", model="a/b", outcome="ok", input=1, output=1, dollars=1.25)
    unknown = Call(at=1.0, seconds=1.0, role="subject", model="a/b", outcome="ok", input=1, output=1)
    ledger.append(runs / "b", paid)
    ledger.append(runs / "c", unknown)
    for one in (paid, unknown):
        ledger.append(runs / "d", one)
    assert {name: row["cost"] for name, row in rows(runs).items()} == {
        "a": "–",
        "b": "$1.25",
        "c": "unknown",
        "d": "$1.25, and 1 calls without a price",
    }


def test_the_newest_run_comes_first_and_undated_ones_last(runs):
    for name, started in (("a", "2026-01-02T00:00:00+00:00"), ("c", "2026-03-02T00:00:00+00:00")):
        path = runs / name / "run.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "started": started}))
    assert [Path(one.run).name for one in registry.runs(runs)] == ["c", "a", "b", "d"]


def test_the_verb_prints_rows_or_json_and_takes_a_folder_for_runs_alone(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["list", "runs"])
    assert done.exit_code == 0
    assert done.stdout.count("finished") == 4
    found = json.loads(CliRunner().invoke(main, ["list", "runs", str(runs), "--json"]).stdout)["runs"]
    assert [one["state"] for one in found] == ["finished"] * 4
    assert CliRunner().invoke(main, ["list", "audits", str(runs)]).exit_code == 2


def test_a_folder_without_runs_is_empty_and_one_that_is_not_there_is_named(tmp_path):
    assert registry.runs(tmp_path) == []
    with pytest.raises(RunError, match="no such folder"):
        registry.runs(tmp_path / "runs")
