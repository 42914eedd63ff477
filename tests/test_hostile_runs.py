"""Tampering, mismatches and hostile files: nothing of it makes `standfast gate` exit 0. The list is data."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from deciding import resealed
from releasing import only

from standfast import stages
from standfast.analysis import frames
from standfast.cli import main
from standfast.run import run

CASES = yaml.safe_load((Path(__file__).parent / "data" / "hostile.yaml").read_text("utf-8"))
SUITE = """\
name: sound
version: "1"
seed: 3
models: [acme/steadfast]
judges: [umpire/judge]
audits:
  advice: {items: 40}
wordings: 1
profiles: [filler, full]
personas: {count: 12, per_item: 2}
contrasts: [E2, E3]
gates:
  - id: gap
    title: No gap
    kind: role-gap
    audit: advice
    measure: framing_challenged
    contrast: E3(full)
    direction: higher
    margin: -60
  - id: level
    title: A fair level
    kind: two-sided
    audit: advice
    measure: framing_challenged
    contrast: L(peer, full)
    direction: higher
    margin: 40
    twin_margin: 60
  - id: complete
    title: Everything is there
    kind: completeness
    margin: 95
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A run that passes, and must not be touched."""
    folder = tmp_path_factory.mktemp("sound")
    (folder / "suite.yaml").write_text(SUITE)
    made = run(folder / "suite.yaml", out=folder / "run", display="none")
    only(made, "framing_challenged", "over_challenge", "validation")
    stages.analyse(made)
    return made


@pytest.fixture
def folder(sound, tmp_path):
    return Path(shutil.copytree(sound, tmp_path / "run"))


def gate(folder, *words):
    done = CliRunner().invoke(main, ["gate", str(folder), *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def held(folder, *words):
    """Decide, and require that it neither passes nor crashes, and says why."""
    done = gate(folder, *words)
    assert done.exit_code in (2, 10, 11, 12), done.output
    if done.exit_code == 2 or "VERDICT" not in done.stdout:
        assert done.stderr.startswith(("standfast: ", "Usage: "))
    return done


def named(section):
    return [pytest.param(case, id=f"{section}-{i}-{str(case)[:40]}") for i, case in enumerate(CASES[section])]


def edit(folder, change, *, seal=True):
    """Change results.json."""
    path = folder / "results.json"
    content = json.loads(path.read_text("utf-8"))
    change(content)
    text = json.dumps(content)
    path.write_text(resealed(text) if seal else text, "utf-8")


def gated(content):
    return next(f for f in content["findings"] if (f["measure"], f["contrast"]) == ("framing_challenged", "E3(full)"))


def of_measure(rows):
    return [row for row in rows if row["measure"] == "framing_challenged"]


def test_the_list_is_long_enough():
    assert sum(len(cases) for cases in CASES.values()) >= 200


def test_the_run_passes_untouched(folder):
    done = gate(folder)
    assert done.exit_code == 0
    assert "Pass: all 3 gates hold." in done.stdout


def test_sealing_anew_alone_changes_nothing(folder):
    edit(folder, lambda content: None)
    assert gate(folder).exit_code == 0


@pytest.mark.parametrize("case", named("finding"))
def test_a_finding_that_makes_no_sense(folder, case):
    edit(folder, lambda content: gated(content).update(case))
    held(folder)


@pytest.mark.parametrize("case", named("fit"))
def test_a_fit_that_may_not_be_believed(folder, case):
    edit(folder, lambda content: of_measure(content["fits"])[0].update(case))
    held(folder)


@pytest.mark.parametrize("case", named("integrity"))
def test_evidence_that_the_logs_speak_against(folder, case):
    edit(folder, lambda content: content["integrity"][0].update(case))
    held(folder)


@pytest.mark.parametrize("case", named("missing"))
def test_counts_that_contradict(folder, case):
    edit(folder, lambda content: [row.update(case) for row in of_measure(content["missing"])])
    held(folder)


@pytest.mark.parametrize("case", named("missing_in_one_condition"))
def test_values_missing_in_one_condition(folder, case):
    edit(folder, lambda content: of_measure(content["missing"])[0].update(case))
    held(folder)


@pytest.mark.parametrize("case", named("results"))
def test_results_that_lack_something(folder, case):
    edit(folder, lambda content: content.update(case))
    held(folder)


@pytest.mark.parametrize("case", named("plain"))
def test_a_number_edited_by_hand(folder, case):
    edit(folder, lambda content: gated(content).update(case), seal=False)
    assert held(folder).exit_code == 12


@pytest.mark.parametrize("case", named("run"))
def test_another_run_record(folder, case):
    path = folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **case}), "utf-8")
    held(folder)


@pytest.mark.parametrize("case", named("suite"))
def test_another_suite(folder, case):
    path = folder / "suite.yaml"
    text = path.read_text("utf-8")
    assert case[0] in text
    path.write_text(text.replace(*case, 1), "utf-8")
    assert held(folder).exit_code == 12


def spoiled(path, how):
    """Do something to the bytes of a file."""
    content = path.read_bytes()
    middle = len(content) // 2
    kinds = {
        "empty": b"",
        "half": content[:middle],
        "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "garbage": bytes(range(256)) * 4,
        "appended": content + b"\0",
        "huge": b"[" + b"0," * 3_000_000 + b"0]",
        "deep": b"[" * 100_000,
        "list": b"[1, 2]",
        "not utf-8": content[:middle] + b"\xff\xfe" + content[middle:],
    }
    path.unlink()
    if how in kinds:
        path.write_bytes(kinds[how])
    elif how == "folder":
        path.mkdir()
    elif how == "renamed":
        path.with_name("other.eval").write_bytes(content)
    elif how == "copied":
        path.write_bytes(content)
        path.with_name("other.eval").write_bytes(content)


@pytest.mark.parametrize("case", named("bytes"))
def test_damaged_files(folder, case):
    name, how = case
    spoiled(next((folder / "logs").glob("*.eval")) if name == "log" else folder / name, how)
    assert held(folder).exit_code == 12


def reframed(frame, how):
    first = frame.index == frame.index[0]
    kinds = {
        "no rows": lambda: frame.iloc[:0],
        "one row less": lambda: frame.iloc[1:],
        "one row twice": lambda: pd.concat([frame, frame.iloc[:1]]),
        "all values 1": lambda: frame.assign(value=1.0),
        "one value changed": lambda: frame.assign(value=frame["value"].mask(first, 1 - frame["value"].fillna(0))),
        "values missing": lambda: frame.assign(value=float("nan")),
        "statuses scored": lambda: frame.assign(status=frame["status"].mask(first, "refused")),
        "another model": lambda: frame.assign(model="acme/other"),
        "another item": lambda: frame.assign(item="other"),
        "a column less": lambda: frame.drop(columns="judge"),
        "a column more": lambda: frame.assign(more=1),
    }
    return kinds[how]()


@pytest.mark.parametrize("case", named("frame"))
def test_another_frame(folder, case):
    path = folder / "frame.parquet"
    reframed(frames.read(path), case).to_parquet(path, index=False)
    assert held(folder).exit_code == 12


@pytest.mark.parametrize("case", named("policies"))
def test_a_policy_after_the_fact(folder, tmp_path, case):
    path = tmp_path / "gates.yaml"
    path.write_text(case, "utf-8")
    held(folder, "--policy", path)


@pytest.mark.parametrize("case", named("waivers"))
def test_waivers_that_cover_nothing(folder, tmp_path, case):
    def fail(content):
        values = {"estimate": -80.0, "conf_low": -90.0, "conf_high": -70.0, "bound_low": -90.0, "bound_high": -70.0}
        gated(content).update(values)

    edit(folder, fail)
    path = tmp_path / "waivers.yaml"
    path.write_text(case.replace("TODAY", f"'{datetime.now(UTC).date()}'"), "utf-8")
    assert held(folder, "--waivers", path).exit_code in (2, 10)


def test_a_report_does_not_show_a_decision_on_other_results(folder):
    assert gate(folder).exit_code == 0
    edit(folder, lambda content: gated(content).update(estimate=-3.0))
    done = CliRunner().invoke(main, ["report", str(folder)])
    assert done.exit_code == 12
    assert "was taken on other results" in done.stderr
