"""What a bundle holds, and that the same run gives the same bytes."""

import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner
from releasing import record

from standfast import stages
from standfast.bundling import bundle
from standfast.cli import main
from standfast.errors import EvidenceError, RunError
from standfast.reports import manifest
from standfast.run import run
from standfast.verifying import verify


def test_a_bundle_holds_the_evidence_the_reports_and_nothing_else(audited: Path, whole: Path) -> None:
    [log] = (audited / "logs").glob("*.eval")
    found = {path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file()}
    assert found == {
        "run.json", "suite.yaml", f"logs/{log.name}", "frame.parquet", "results.json", "decision.json", "report.pdf",
        "report.html", "report.md", "README.txt", "manifest.json", "statement.json",
    }  # fmt: skip


def test_the_manifest_lists_each_file_with_its_size_and_hash(whole: Path) -> None:
    listed = json.loads((whole / "manifest.json").read_bytes())
    for entry in listed["files"]:
        content = (whole / entry["path"]).read_bytes()
        assert (entry["size"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    paths = [entry["path"] for entry in listed["files"]]
    assert paths == sorted(paths)
    assert {path.name for path in whole.iterdir()} - {path.split("/")[0] for path in paths} == {
        "manifest.json",
        "statement.json",
    }
    assert {"standfast", "numpy", "typst", "inspect_ai"} <= set(listed["made_with"])


def test_the_same_run_gives_the_same_bytes_as_a_folder_and_as_a_zip_file(
    audited: Path, whole: Path, tmp_path: Path
) -> None:
    first = bundle(audited, tmp_path / "first.zip")
    second = bundle(audited, tmp_path / "second.zip")
    assert first.path.read_bytes() == second.path.read_bytes()
    with zipfile.ZipFile(first.path) as archive:
        assert {i.filename for i in archive.infolist()} == {p.relative_to(whole).as_posix() for p in whole.rglob("*.*")}
        assert all(archive.read(i) == (whole / i.filename).read_bytes() for i in archive.infolist())
    assert first.manifest_sha256 == hashlib.sha256((whole / "manifest.json").read_bytes()).hexdigest()


def test_each_page_of_the_pdf_names_the_hash_of_the_evidence(audited: Path, whole: Path) -> None:
    evidence = json.loads((whole / "manifest.json").read_bytes())["evidence"]
    assert evidence == manifest.evidence(audited) == manifest.evidence(whole)
    with pikepdf.open(whole / "report.pdf") as pdf:
        pages = len(pdf.pages)
    text = _text(whole / "report.pdf")
    assert "SIMULATED" not in text
    assert text.count(evidence) == pages
    assert evidence in (whole / "report.md").read_text("utf-8")


def test_the_pdf_of_a_simulated_run_names_no_evidence(audited_copy: Path) -> None:
    """Its logs are dated, and what it shows is the same on every day."""
    record(audited_copy, simulated=True)
    stages.analyse(audited_copy)
    stages.gate(audited_copy)
    stages.report(audited_copy)
    text = _text(audited_copy / "report.pdf")
    assert "SIMULATED" in text
    assert "Evidence" not in text
    assert manifest.evidence(audited_copy) not in text


def _text(path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_evidence_is_known_before_the_reports_are_and_moves_with_any_of_its_files(audited_copy: Path) -> None:
    before = manifest.evidence(audited_copy)
    stages.report(audited_copy)
    assert manifest.evidence(audited_copy) == before
    (audited_copy / "notes.txt").write_text("a note of my own")
    assert manifest.evidence(audited_copy) == before
    for name in ("suite.yaml", "decision.json", next((audited_copy / "logs").glob("*.eval")).relative_to(audited_copy)):
        content = (audited_copy / name).read_bytes()
        (audited_copy / name).write_bytes(content + b"\n")
        assert manifest.evidence(audited_copy) != before
        (audited_copy / name).write_bytes(content)


def test_a_folder_that_holds_no_run_has_no_evidence(tmp_path: Path) -> None:
    assert manifest.evidence(tmp_path) == ""


@pytest.mark.parametrize("name", ["decision.json", "logs"])
def test_a_link_is_no_evidence(name: str, audited_copy: Path, tmp_path: Path) -> None:
    (audited_copy / name).rename(tmp_path / "elsewhere")
    (audited_copy / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EvidenceError, match="is a link"):
        bundle(audited_copy, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_over(audited: Path, tmp_path: Path) -> None:
    (tmp_path / "out.zip").write_bytes(b"mine")
    with pytest.raises(RunError, match="exists already"):
        bundle(audited, tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_bytes() == b"mine"


def test_a_run_that_was_not_decided_on_is_not_bundled(audited_copy: Path, tmp_path: Path) -> None:
    (audited_copy / "decision.json").unlink()
    with pytest.raises(RunError, match="standfast gate"):
        bundle(audited_copy, tmp_path / "out.zip")
    assert list(tmp_path.glob("*out*")) == []


def test_logs_that_are_not_those_of_the_findings_are_not_bundled(audited_copy: Path, tmp_path: Path) -> None:
    [log] = (audited_copy / "logs").glob("*.eval")
    shutil.copy(log, log.with_name(f"2{log.name}"))
    with pytest.raises(EvidenceError, match="not of these logs"):
        bundle(audited_copy, tmp_path / "out.zip")
    assert list(tmp_path.glob("*out*")) == []


def test_the_command_prints_the_hashes_and_adds_them_to_the_summary(audited: Path, tmp_path: Path) -> None:
    out, summary = tmp_path / "evidence", tmp_path / "summary.md"
    summary.write_text("before\n")
    done = CliRunner().invoke(main, ["bundle", str(audited), "--out", str(out), "--summary", str(summary), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["manifest_sha256"] == hashlib.sha256((out / "manifest.json").read_bytes()).hexdigest()
    assert told["result"] == "FAILED"  # neither side of the margin is shown
    assert summary.read_text().startswith("before\n")
    assert told["manifest_sha256"] in summary.read_text()
    assert told["evidence"] in summary.read_text()


@pytest.fixture
def compared(audited: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Return a run that was compared with an earlier one, and the earlier one."""
    now = Path(shutil.copytree(audited, tmp_path / "now"))
    before = run(audited / "suite.yaml", models=["acme/sycophant"], out=tmp_path / "before", display="none")
    stages.analyse(now, baseline=before)
    stages.gate(now)
    return now, before


def test_a_compared_run_is_bundled_with_its_baseline_and_verified_with_it(
    compared: tuple[Path, Path], tmp_path: Path
) -> None:
    now, before = compared
    with pytest.raises(RunError, match="--baseline"):
        bundle(now, tmp_path / "out")
    made = bundle(now, tmp_path / "out", baseline=before)
    assert (tmp_path / "out" / "baseline" / "before" / "run.json").is_file()
    found = verify(tmp_path / "out", reports=False)
    assert found.differences == ()
    assert found.holds
    assert made.evidence == manifest.evidence(now)


def test_another_baseline_than_the_one_compared_with_is_refused(
    compared: tuple[Path, Path], audited: Path, tmp_path: Path
) -> None:
    now, _ = compared
    other = Path(shutil.copytree(audited, tmp_path / "other"))
    with pytest.raises(EvidenceError, match="is not the baseline"):
        bundle(now, tmp_path / "out", baseline=other)
