"""A baseline that is not comparable never lets a release pass: one case per difference, through the files of two runs."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import releasing as r
from releasing import standfast, told


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate with a gate on the difference, and a baseline of the same suite."""
    folder = tmp_path_factory.mktemp("runs")
    r.make(folder / "new", "acme/steadfast", r.NO_WORSE)
    r.make(folder / "old", "acme/steadfast@2", r.NO_WORSE)
    return folder


@pytest.fixture
def pair(runs: Path, tmp_path: Path) -> tuple[Path, Path]:
    new, old = (shutil.copytree(runs / name / "run", tmp_path / name) for name in ("new", "old"))
    return new, old


def text(kind: str, name: str) -> Callable[[Path], None]:
    """Another text under the same name."""

    def change(audit: dict[str, Any]) -> None:
        assert name in audit["texts"][kind]
        audit["texts"][kind][name] = audit["hashes"][kind] = "0" * 16

    return lambda old: r.declare(old, change)


def first(old: Path, kind: str) -> str:
    return next(iter(json.loads((old / "run.json").read_text())["audits"]["advice"]["texts"][kind]))


DIFFERENCES: dict[str, tuple[Callable[[Path], object], str]] = {
    "items": (lambda old: text("items", first(old, "items"))(old), "advice: other items: "),
    "role prompts": (text("role_prompts", "peer"), "advice: other role prompts: peer"),
    "personas": (lambda old: text("personas", first(old, "personas"))(old), "advice: other personas: "),
    "rubric": (
        lambda old: r.declare(old, lambda audit: audit["hashes"].update(rubric="0" * 64)), "advice: other rubric"
    ),
    "audit version": (
        lambda old: r.declare(old, lambda audit: audit.update(version="0-Z")), "the baseline's is 0-Z"
    ),
    "placement": (
        lambda old: r.declare(old, lambda audit: audit.update(placement="system")), "advice: placement 'before'"
    ),
    "measure": (
        lambda old: r.declare(old, lambda audit: audit["measures"][0].update(direction="lower")), "is defined differently"
    ),
    "judge": (lambda old: r.cast(old, model="acme/steadfast@2", judge="umpire/judge@9"), "judge umpire/judge, the base"),
    "temperature": (lambda old: r.sample_with(old, temperature=0.2), "temperature 0.7, the baseline's 0.2"),
    "longest reply": (lambda old: r.sample_with(old, max_tokens=100), "max_tokens not set, the baseline's 100"),
    "no common cells": (
        lambda old: r.edit(old / "run.json", lambda run: run["audits"]["advice"].update(sample_ids=[])), ""
    ),
    "record of another run": (
        lambda old: r.edit(old / "run.json", lambda run: run["audits"]["advice"]["hashes"].update(items="0")), ""
    ),
}  # fmt: skip


def test_a_comparable_baseline_releases(pair: tuple[Path, Path]) -> None:
    new, old = pair
    assert standfast("analyse", new, "--baseline", old).exit_code == 0
    done = standfast("gate", new)
    assert done.exit_code == 0, told(done)


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_another_baseline_is_refused_and_nothing_passes(pair: tuple[Path, Path], difference: str) -> None:
    new, old = pair
    change, why = DIFFERENCES[difference]
    change(old)
    done = standfast("analyse", new, "--baseline", old)
    assert done.exit_code in (2, 12)
    assert why in told(done)
    assert standfast("gate", new).exit_code in (2, 12)


def test_without_a_baseline_nothing_passes(pair: tuple[Path, Path]) -> None:
    assert standfast("analyse", pair[0]).exit_code == 0
    done = standfast("gate", pair[0])
    assert done.exit_code == 12
    assert "--baseline RUN0" in (pair[0] / "decision.json").read_text()


@pytest.mark.parametrize(
    "change",
    [
        lambda old: r.cast(old, model="standfast/steadfast"),
        lambda old: r.record(old, simulated=True),
        lambda old: (r.relog(old, lambda log: setattr(log.eval.config, "limit", 90)), r.record(old, limit=90)),
    ],
    ids=["simulated by name", "marked as simulated", "trial"],
)
def test_what_releases_nothing_is_no_baseline_for_a_release(
    pair: tuple[Path, Path], change: Callable[[Path], object]
) -> None:
    new, old = pair
    change(old)
    standfast("analyse", new, "--baseline", old)
    assert standfast("gate", new).exit_code == 12


def test_a_copy_under_another_name_is_no_baseline(pair: tuple[Path, Path]) -> None:
    new, old = pair
    shutil.rmtree(old)
    shutil.copytree(new, old)
    done = standfast("analyse", new, "--baseline", old)
    assert done.exit_code == 2
    assert "not a copy of this one" in told(done)
