"""What machines are told where nothing could be decided."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from standfast.errors import EvidenceError, SuiteError
from standfast.reports import machines
from tests.reports.ruled import RUN, passing
from tests.reports.test_machines import outputs_from


def test_what_could_not_be_decided_takes_the_place_of_an_earlier_decision(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    files = {kind: tmp_path / kind for kind in ("junit", "summary", "comment", "sarif")}
    machines.write(passing(), RUN, **files)
    machines.refuse(EvidenceError("results.json is not\nof these logs"), tmp_path, annotations=True, **files)
    said = "Nothing was decided: results.json is not of these logs"
    for path in files.values():
        assert said in path.read_text("utf-8")
        assert "released" not in path.read_text("utf-8")
    [case] = ElementTree.parse(files["junit"]).iter("testcase")
    assert [child.tag for child in case] == ["error"]
    assert files["comment"].read_text("utf-8").splitlines()[1] == "## 🚫 Standfast: no decision · unknown subject"
    assert capsys.readouterr().err == f"::error title=Standfast%3A missing::{said}\n"
    told = outputs_from((tmp_path / "outputs").read_text("utf-8"))
    assert (told["decided"], told["released"], told["exit-code"]) == ("false", "false", "12")


@pytest.mark.parametrize(
    "record", ["", "[]", "{", '{"models": 3, "suite": [], "versions": "x"}', '{"models": [1], "suite": {"name": {}}}']
)
def test_a_refusal_stands_whatever_the_run_record_says(record: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(record)
    files = {kind: tmp_path / kind for kind in ("junit", "summary", "comment", "sarif")}
    machines.refuse(EvidenceError("x"), tmp_path, **files)
    assert all("Nothing was decided: x" in path.read_text("utf-8") for path in files.values())


def test_a_refusal_for_a_wrong_file_has_its_own_exit_code(tmp_path: Path) -> None:
    machines.refuse(SuiteError('waivers.yaml:2:9: gate "x" not found'), tmp_path, summary=tmp_path / "s.md")
    text = (tmp_path / "s.md").read_text("utf-8")
    assert text.startswith("## 🚫 Standfast: no decision")
    assert "Exit code 2." in text


def test_a_refusal_on_a_simulated_run_says_so(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"simulated": true}')
    machines.refuse(EvidenceError("x"), tmp_path, summary=tmp_path / "s.md")
    assert "SIMULATED" in (tmp_path / "s.md").read_text("utf-8")
