"""What the documents say exists, and what exists is in the documents."""

import contextlib
import io
import os
import re
import shlex
from pathlib import Path

import click
import pytest

from standfast.audits._registry import AUDITS
from standfast.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSTRUCTS = ROOT / "docs" / "constructs.md"


def measures_table() -> str:
    """The table in docs/constructs.md, as the code has it now."""
    rows = ["| audit | measure | axis | scale | better | defined for | source |", "|---|---|---|---|---|---|---|"]
    for audit in AUDITS.values():
        for m in audit.definitions(audit.turns):
            where = "; ".join(f"{name} {', '.join(values)}" for name, values in m.applies.items()) or "all cells"
            scale = f"{m.scale}, {m.unit}" + (" per turn" if m.level == "turn" else "")
            rows.append(
                f"| {audit.name} | `{m.name}` | {m.construct} | {scale} | {m.direction} | {where} | {m.source} |"
            )
    return "\n".join(rows)


def test_the_table_of_measures_is_the_code_s() -> None:
    """To renew it, put the expected table into docs/constructs.md."""
    assert measures_table() in CONSTRUCTS.read_text("utf-8")


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_verb_stands_in_the_readme(name: str) -> None:
    assert f"standfast {name}" in (ROOT / "README.md").read_text("utf-8")


COMMANDS = sorted(
    {
        line.split("   #")[0].split("&&")[0].strip()
        for page in PAGES
        for block in re.findall(r"^```(?:sh|console)\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
        if line.removeprefix("$ ").startswith("standfast ")
    }
)


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) >= 5


@pytest.mark.parametrize("line", COMMANDS)
def test_every_printed_command_is_understood(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.makedirs("runs/demo")
    _, verb, *words = shlex.split(line.removeprefix("$ "))
    command = main.commands[verb]
    with click.Context(main) as parent:
        command.make_context(verb, words, parent=parent)  # raises on an unknown option or argument


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


EXAMPLES = re.compile(r"^```python\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)


def test_the_examples_for_r_users_print_what_stands_below_them() -> None:
    known: dict[str, object] = {"__name__": "for_r_users"}
    examples = EXAMPLES.findall((ROOT / "docs" / "for_r_users.md").read_text("utf-8"))
    assert len(examples) > 5
    for code, expected in examples:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "for_r_users.md", "exec"), known)
        assert [line.rstrip() for line in printed.getvalue().splitlines()] == expected.splitlines(), code
