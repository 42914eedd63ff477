"""People's studies on the command line, and a run's receivers held against people."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from standfast.analysis import frames
from standfast.audits._claims import claims
from standfast.cli import main
from standfast.errors import LogError, SuiteError
from standfast.people import GAIN, held, moved
from standfast.run import run

SUITE = """
name: received
version: "1"
seed: 5
models: [standfast/sycophant]
judges: [standfast/judge]
audits: {persuadability: {items: 8, challenges: [bare]}}
roles: [advisor]
profiles: [none]
personas: {count: 1, per_item: 1}
epochs: 2
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("received")
    (path / "suite.yaml").write_text(SUITE)
    return run(path / "suite.yaml", out=path / "run", display="none")


@pytest.fixture(scope="module")
def study(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People who move half as far as the run's receivers do on average, on the same claims."""
    rows = frames.collect(folder / "logs")
    rows = rows[rows["measure"] == GAIN].assign(item=lambda found: found["item"].astype(str))
    told = {card.id: card for card in claims()}
    made = []
    for n, (item, value) in enumerate(rows[["item", "value"]].dropna().itertuples(index=False)):
        card = told[item]
        toward = value if card.aim == "support" else -value  # a study asks for agreement with the claim
        named = card.claim if n % 2 else card.id  # by its words or by its name
        made.append((f"p{n}", named, "read", 4 - toward / 4, 4 + toward / 4))
    path = tmp_path_factory.mktemp("study") / "study.csv"
    pd.DataFrame(made, columns=["participant", "claim", "condition", "before", "after"]).to_csv(path, index=False)
    return path


def test_receivers_that_move_twice_as_far_as_people_are_found_out(study: Path, folder: Path) -> None:
    found = held(study, folder)
    assert found.n_claims == 8
    assert found.unmatched == 0
    assert found.uncorrected.estimate == pytest.approx(0.5)
    assert found.correlation.value == pytest.approx(1.0)
    assert found.n_answers == found.n_people == 16


def test_the_command_prints_every_number_with_its_interval(study: Path, folder: Path) -> None:
    said = CliRunner().invoke(main, ["people", str(study)])
    assert said.exit_code == 0, said.output
    assert "read" in said.output
    assert "[" in said.output
    said = CliRunner().invoke(main, ["people", str(study), "--run", str(folder)])
    assert said.exit_code == 0, said.output
    assert "rank agreement" in said.output
    assert "SIMULATED" in said.output
    found = CliRunner().invoke(main, ["people", str(study), "--json"])
    [one] = json.loads(found.stdout)["shifts"]
    assert one["n_claims"] == 16  # half are called by their words
    found = CliRunner().invoke(main, ["people", str(study), "--run", str(folder), "--json"])
    assert json.loads(found.stdout)["n_claims"] == 8
    assert json.loads(found.stdout)["simulated"] is True


def test_a_study_of_other_claims_or_another_column_is_named_in_one_line(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "study.csv"
    path.write_text("participant,claim,condition,before,after\np,Clocks help,read,3,4\n")
    with pytest.raises(LogError, match="no claim is an item of"):
        held(path, folder)
    with pytest.raises(SuiteError, match="there is no column 'colour'; found participant"):
        moved(path, by="colour")
    said = CliRunner().invoke(main, ["people", str(tmp_path / "none.csv")])
    assert said.exit_code == 2
    assert "cannot be read" in said.output


def test_where_people_were_asked_after_alone_each_condition_stands_against_control(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    effects = {"control": 0.0, "mild": 4.0, "strong": 12.0}
    rows = [
        (f"{claim}.{name}.{n}", f"c{claim}", name, "", 50 + claim + effect + rng.normal(0, 6))
        for claim in range(10)
        for name, effect in effects.items()
        for n in range(20)
    ]
    path = tmp_path / "study.csv"
    pd.DataFrame(rows, columns=["participant", "claim", "condition", "before", "after"]).to_csv(path, index=False)
    found = moved(path)
    assert [one.condition for one in found] == ["mild", "strong"]
    for one in found:
        assert one.conf_low < effects[one.condition] < one.conf_high
        assert one.conf_high - one.conf_low < 4


def test_a_study_asked_after_alone_needs_a_control(tmp_path: Path) -> None:
    path = tmp_path / "study.csv"
    path.write_text("participant,claim,condition,before,after\np,Clocks help,read,,4\nq,Tea,read,,5\n")
    said = CliRunner().invoke(main, ["people", str(path)])
    assert said.exit_code == 2
    assert "in the condition 'control'" in said.output
