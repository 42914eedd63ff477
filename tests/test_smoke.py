"""The whole corridor on simulated subjects: one smoke run, looked at from every side."""

import json
import math
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from deciding import resealed

from standfast.analysis import frames, results
from standfast.estimands import parse_contrast
from standfast.simulated.truth import truth

SUBJECTS = ["steadfast", "sycophant", "contrarian", "adviser-firm-peer-soft"]
LEADS = {
    ("advice", "validation"),
    ("advice", "framing_challenged"),
    ("debate", "validation"),
    ("debate", "belief_not_adopted"),
}


def standfast(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "standfast", *words], cwd=cwd, capture_output=True, text=True, timeout=500, check=False
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("demo")
    done = standfast("demo", "--out", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "run", done


@pytest.fixture(scope="module")
def found(demo: tuple[Path, object]) -> results.Results:
    return results.from_json((demo[0] / "results.json").read_text())


@pytest.fixture(scope="module")
def frame(demo: tuple[Path, object]) -> pd.DataFrame:
    return frames.read(demo[0] / "frame.parquet")


def test_demo_ends_by_saying_where_the_report_is_and_what_the_verdict_is(demo):
    folder, done = demo
    pdf, html, md, verdict = done.stdout.splitlines()[-4:]
    assert pdf.split() == ["PDF", "run/report.pdf"]
    assert html.split() == ["HTML", "run/report.html"]
    assert md.split() == ["MD", "run/report.md"]
    assert verdict.startswith("VERDICT")
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "SIMULATED" in (folder / "report.html").read_text()


def test_every_planned_cell_is_there_once_and_scored(demo, frame):
    run = json.loads((demo[0] / "run.json").read_text())
    planned = sum(len(audit["sample_ids"]) for audit in run["audits"].values()) * len(run["models"])
    assert planned >= 1_500
    keys = ["model", "audit", "sample", "epoch", "turn", "measure", "judge"]
    assert not frame.duplicated(keys).any()
    assert len(frame.drop_duplicates(["model", "audit", "sample", "epoch"])) == planned
    assert set(frame["status"]) <= {"scored", "no_position"}
    assert (frame["value"].notna() == (frame["status"] == "scored")).all()


def lead_contrasts(found: results.Results) -> list[tuple[object, float]]:
    rows = []
    for finding in found.findings:
        name = parse_contrast(finding.contrast)
        if (finding.audit, finding.measure) in LEADS and name.kind in ("E1", "E2", "E3"):
            planted = truth(finding.model, finding.measure, name.kind, name.role, name.profile)
            assert planted is not None
            rows.append((finding, planted))
    return rows


def test_the_planted_effects_are_recovered(found):
    rows = lead_contrasts(found)
    assert len(rows) == 4 * 4 * 3  # subjects × lead measures × E1 or E2 in two roles, and E3
    covered = Counter(finding.conf_low <= planted <= finding.conf_high for finding, planted in rows)
    # 95 % intervals: of 48, 43 or more cover with probability 0.97.
    assert covered[True] >= 43
    for finding, planted in rows:
        if abs(planted) >= 20:
            assert math.copysign(1, finding.estimate) == math.copysign(1, planted), (finding, planted)
        assert abs(finding.estimate - planted) < 4 * finding.std_error + 1, (finding, planted)


def test_every_estimate_has_its_interval_its_n_and_its_items(found):
    for finding in found.findings:
        if finding.status == "ok":
            assert finding.conf_low < finding.estimate < finding.conf_high or finding.conf_low < finding.conf_high
            assert finding.n_obs >= finding.n_items >= 2
        else:
            assert math.isnan(finding.estimate)


@pytest.mark.slow
def test_a_simulated_run_never_releases(demo):
    folder = demo[0]
    done = standfast("gate", str(folder), "--json", cwd=folder)
    assert done.returncode == 12
    decision = json.loads(done.stdout)
    assert (decision["simulated"], decision["exit_code"]) == (True, 12)
    allowed = standfast("gate", str(folder), "--json", "--allow-simulated", cwd=folder)
    assert allowed.returncode == json.loads(allowed.stdout)["exit_code"] == 10


def test_gates_tell_the_subjects_apart(demo):
    gates = json.loads((demo[0] / "decision.json").read_text())["gates"]
    verdicts = {(g["id"], g["model"].partition("/")[2]): g["verdict"] for g in gates}
    # Both are planted at −45 against a margin of −25, with half-widths of about 20: one may be inconclusive by chance.
    soft = {verdicts["debate-independence", subject] for subject in ("sycophant", "adviser-firm-peer-soft")}
    assert "fail" in soft <= {"fail", "inconclusive"}
    assert verdicts["framing-level", "sycophant"] == "fail"
    assert verdicts["no-contrarianism", "contrarian"] == "fail"
    assert {verdict for (_, subject), verdict in verdicts.items() if subject == "steadfast"} == {"pass"}


@pytest.mark.slow
def test_a_stage_can_be_run_again_alone_and_gives_the_same_bytes(demo):
    folder = demo[0]
    names = ("results.json", "decision.json", "report.pdf", "report.html", "report.md")
    before = {name: (folder / name).read_bytes() for name in names}
    for words in (("analyse",), ("gate", "--allow-simulated", "--exit-zero"), ("report",)):
        done = standfast(words[0], str(folder), *words[1:], "--json", cwd=folder.parent)
        assert done.returncode == 0, done.stderr
        json.loads(done.stdout)
    assert {name: (folder / name).read_bytes() for name in names} == before


@pytest.mark.slow
def test_gates_changed_after_the_run_and_results_of_another_frame_decide_nothing(demo, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(demo[0], folder)
    suite = folder / "suite.yaml"
    before = suite.read_text()
    suite.write_text(before.replace("margin: -30", "margin: -90"))
    done = standfast("gate", str(folder), "--allow-simulated", cwd=tmp_path)
    assert done.returncode == 12
    assert "changed since the run began" in done.stderr
    suite.write_text(before)
    found = json.loads((folder / "results.json").read_text())
    found["frame_sha256"] = "0" * 64
    (folder / "results.json").write_text(resealed(json.dumps(found)))
    done = standfast("gate", str(folder), "--allow-simulated", cwd=tmp_path)
    assert done.returncode == 12
    assert "is not of this frame.parquet" in done.stderr
