"""docs/gates.md: its policy, its waivers and its tables are the code's."""

import re
from pathlib import Path

import pytest

from standfast import suite, waivers
from standfast.analysis.decisions import EXIT_CODES, GateResult, Kind
from standfast.audits._catalogue import catalogue
from standfast.cli import main

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "gates.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SHIPPED = (ROOT / "suites" / "release.yaml").read_text("utf-8")


def _file(folder: Path, begins: str) -> Path:
    [block] = [block for block in BLOCKS if block.startswith(begins)]
    (folder / "page.yaml").write_text(block, "utf-8")
    return folder / "page.yaml"


def test_the_policy_of_the_page_is_right_for_the_shipped_suite_and_shows_every_kind(tmp_path: Path) -> None:
    asked = suite.load(ROOT / "suites" / "release.yaml")
    policy = suite.read_policy(_file(tmp_path, "name:"), asked, catalogue())
    assert {gate.kind for gate in policy.suite.gates} == set(Kind.__args__)
    assert sum(gate.audit == "pooled" for gate in policy.suite.gates) == 1


def test_the_waivers_of_the_page_can_be_read(tmp_path: Path) -> None:
    [waiver] = waivers.load(_file(tmp_path, "waivers:"), {"framing-peer": ""})
    assert waiver.not_worse_than == -25


def test_the_looks_of_the_page_can_be_added_to_the_shipped_suite(tmp_path: Path) -> None:
    looks = _file(tmp_path, "looks:").read_text("utf-8")
    (tmp_path / "suite.yaml").write_text(SHIPPED.replace("\ngates:", f"\n{looks}\ngates:"), "utf-8")
    found = suite.load(tmp_path / "suite.yaml", catalogue()).looks
    assert found is not None
    assert found.at == (0.33, 0.67)


def test_every_kind_and_every_verdict_has_its_row() -> None:
    rows = re.findall(r"^\| `?([a-z-]+)`?(?: \(if left out\))? \|", PAGE, re.MULTILINE)
    assert set(Kind.__args__) <= set(rows)
    verdicts = dict(re.findall(r"^\| (\w+) \|.*\| (\d+) \|$", PAGE, re.MULTILINE))
    assert verdicts == {verdict: str(code) for verdict, code in EXIT_CODES.items()}
    assert set(GateResult.__annotations__["verdict"].__args__) <= set(rows)


MACHINE = {"--junit", "--summary", "--comment", "--annotations", "--sarif", "--json"}


@pytest.mark.parametrize(
    "option", [name for one in main.commands["gate"].params for name in one.opts if name[:2] == "--"]
)
def test_every_option_of_gate_is_on_the_page(option: str) -> None:
    assert option in PAGE
    assert option not in MACHINE or re.search(rf"^\| `{option}[ `]", PAGE, re.MULTILINE)
