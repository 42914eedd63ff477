"""A judge of arguments is asked in both orders and held against the crowd; the simulated judge has no skill."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from inspect_ai.log import read_eval_log

from standfast.analysis import plain
from standfast.cli import main
from standfast.convincing import SCHEMA, Held, hold, rows
from standfast.errors import SuiteError

WORDS = ("Clocks help.", "One can be on time with a clock.", "I do not know<br/>but I like them.", 'They tick, "tock".')


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 files with 15 pairs each, in which the crowd chose by an arbitrary rule."""
    folder = tmp_path_factory.mktemp("ukp")
    for file in range(20):
        lines = ["#id\tlabel\ta1\ta2"]
        for n in range(15):
            one, two = WORDS[n % 4], WORDS[(n + 1 + n // 4) % 4]
            lines.append(f"x{n}\t{'a1' if (file + n) % 3 else 'a2'}\t{one} {file}.{n}\t{two} {n}.{file} too")
        (folder / f"clock-{file:02d}_yes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def held(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Held, Path]:
    out = tmp_path_factory.mktemp("out") / "convincing"
    return hold(pairs, judge="standfast/judge", out=out, limit=120, display="none"), out


def test_the_simulated_judge_has_no_skill_and_no_preference_for_a_place(held: tuple[Held, Path]) -> None:
    result = held[0].result
    assert (result.n_pairs, result.missing, held[0].of) == (120, 0, 300)
    assert result.accuracy.conf_low < 0.5 < result.accuracy.conf_high
    assert result.accuracy.conf_high - result.accuracy.conf_low < 0.25
    assert result.beyond_length.conf_low < 0 < result.beyond_length.conf_high
    assert result.first_chosen.value == 0.5  # it says the same in both orders
    assert held[0].simulated


def test_the_judge_sees_both_orders_and_no_markup(held: tuple[Held, Path]) -> None:
    [path] = (held[1] / "logs").glob("*.eval")
    log = read_eval_log(str(path))
    assert log.samples is not None
    assert len(log.samples) == 240
    first = {sample.id: sample.messages[0].text for sample in log.samples}
    assert not any("<br/>" in text for text in first.values())
    assert "this debate: clock " in first["0__a1"]
    assert first["0__a1"] != first["0__a2"]


def test_the_file_can_be_read_again(held: tuple[Held, Path]) -> None:
    text = (held[1] / "convincing.json").read_text("utf-8")
    assert plain.load(text, Held, SCHEMA) == held[0]


def test_a_judge_that_gives_no_verdict_is_missing_and_told_so(pairs: Path, tmp_path: Path) -> None:
    found = hold(pairs, judge="mockllm/model", out=tmp_path / "out", limit=5, display="none")
    assert (found.result.n_pairs, found.result.missing) == (0, 5)
    assert "no pair of this kind" in str(rows(found))
    assert "nan" not in str(rows(found)).lower()


def test_the_command_prints_shares_with_intervals(pairs: Path, tmp_path: Path) -> None:
    ask = ["convincing", str(pairs), "--judge", "standfast/judge", "--limit", "10", "--out", str(tmp_path / "out")]
    said = CliRunner().invoke(main, ask)
    assert said.exit_code == 0, said.output
    assert "agrees with the crowd" in said.output
    assert "agrees where the shorter won" in said.output
    asked = CliRunner().invoke(main, [*ask[:-1], str(tmp_path / "other"), "--json"])
    assert json.loads(asked.stdout)["result"]["n_pairs"] == 10


def test_another_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"holds no file that ends in \.csv"):
        hold(tmp_path, judge="standfast/judge", out=tmp_path / "out")
    said = CliRunner().invoke(main, ["convincing", str(tmp_path), "--judge", "standfast/judge"])
    assert said.exit_code == 2
