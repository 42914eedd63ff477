"""A bundle holds as it was made, and in no other form: every byte and, after a forger has resealed it, every number."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from forging import put_json, reseal, rewrite

from standfast.cli import main
from standfast.reports import manifest, statement
from standfast.verifying import Verification, verify

Change = Callable[[Path], object]
FILES = (
    "run.json", "suite.yaml", "frame.parquet", "results.json", "decision.json", "report.pdf", "report.html", "report.md",
    "README.txt", "log", "manifest.json", "statement.json",
)  # fmt: skip


def at(folder: Path, name: str) -> Path:
    """Return a file of a bundle; `log` is its log."""
    return next((folder / "logs").glob("*.eval")) if name == "log" else folder / name


def _flip(path: Path, place: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 1
    path.write_bytes(content)


def _linked(path: Path) -> None:
    path.rename(path.parents[1] / f"elsewhere-{path.name}")
    path.symlink_to(path.parents[1] / f"elsewhere-{path.name}")


OPERATIONS: dict[str, Change] = {
    "first bit": lambda path: _flip(path, 0),
    "middle bit": lambda path: _flip(path, 0.5),
    "last bit": lambda path: _flip(path, 1),
    "a byte more": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "a byte less": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "half of it": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "deleted": lambda path: path.unlink(),
    "renamed": lambda path: path.rename(path.with_name(f"{path.name}.old")),
    "another's content": lambda path: path.write_bytes((path.parent / "other").read_bytes()),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a link": _linked,
}


def held(folder: Path, **options: Any) -> Verification:
    found = verify(folder, **options)
    assert found.holds is (found.recomputed and not found.differences)
    return found


def test_a_bundle_holds_as_a_folder_and_as_a_zip_file(whole: Path, tmp_path: Path) -> None:
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", whole)  # by another program, with its own packing
    for bundle in (whole, Path(packed)):
        found = held(bundle)
        assert found.differences == ()
        assert found.holds
    assert found.evidence == json.loads((whole / manifest.FILE).read_bytes())["evidence"]
    assert found.verdict == json.loads((whole / "decision.json").read_text())["verdict"]
    assert "Not signed" in found.notes[0]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", FILES)
def test_no_file_can_be_changed(name: str, operation: str, copy: Path) -> None:
    path = at(copy, name)
    if operation == "another's content":
        shutil.copy(copy / ("suite.yaml" if name != "suite.yaml" else "run.json"), path.parent / "other")
    OPERATIONS[operation](path)
    (path.parent / "other").unlink(missing_ok=True)
    found = held(copy)
    assert not found.holds
    assert not found.recomputed  # nothing altered is analysed
    assert found.differences
    if name != manifest.FILE:  # a changed manifest may name another file
        assert any(path.name in difference for difference in found.differences), found.differences


ADDED = (
    "waivers.yaml", "gates.yaml", "gates-post-hoc.yaml", "calibration.json", "certificate.json", "logs/more.eval",
    "logs/deeper/more.eval", "logs/notes.txt", "baseline/before/run.json", "baseline/before/logs/a.eval", ".hidden",
    "__pycache__/standfast.pyc", "manifest.json.bak", "statement.dsse.json.old", "standfast.py", "sitecustomize.py",
    "decision.json.part", "report.pdf.txt",
)  # fmt: skip


@pytest.mark.parametrize("name", ADDED)
def test_no_file_can_be_added(name: str, copy: Path) -> None:
    (copy / name).parent.mkdir(parents=True, exist_ok=True)
    (copy / name).write_text("{}")
    found = held(copy)
    assert found.differences == (f"{name!a}: is not in the manifest",)
    assert not found.holds


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda m: m.pop(name)


def _set(**fields: Any) -> Callable[[dict[str, Any]], object]:
    return lambda m: m.update(fields)


def _entry(**fields: Any) -> Callable[[dict[str, Any]], object]:
    return lambda m: m["files"][3].update(fields)


MANIFESTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no files": _set(files=[]),
    "files as text": _set(files="all"),
    "no evidence": _without("evidence"),
    "other evidence": _set(evidence="0" * 64),
    "other schema": _set(schema="standfast/manifest/0"),
    "a field more": _set(approved=True),
    "versions as text": _set(made_with="standfast"),
    "no address": _without("log_url"),
    "unsorted": lambda m: m["files"].reverse(),
    "an entry twice": lambda m: m["files"].append(m["files"][0]),
    "an entry less": lambda m: m["files"].pop(),
    "an entry that is no file": lambda m: m["files"].append({"path": "gates.yaml", "size": 2, "sha256": "0" * 64}),
    "a place outside": lambda m: m["files"].append({"path": "../run.json", "size": 2, "sha256": "0" * 64}),
    "size as text": _entry(size="5"),
    "size as fraction": _entry(size=5.5),
    "hash in capitals": lambda m: m["files"][3].update(sha256=m["files"][3]["sha256"].upper()),
    "an entry with a note": _entry(note="fine"),
    "an entry without a hash": lambda m: m["files"][3].pop("sha256"),
}


@pytest.mark.parametrize("case", MANIFESTS)
def test_a_manifest_that_is_not_what_the_files_give_is_refused(case: str, copy: Path) -> None:
    listed = json.loads((copy / manifest.FILE).read_bytes())
    MANIFESTS[case](listed)
    (copy / manifest.FILE).write_bytes(manifest.canonical(listed))
    found = held(copy)
    assert found.differences
    assert not found.holds


TEXTS = {
    "spaces": lambda text: json.dumps(json.loads(text), indent=1).encode(),
    "a key twice": lambda text: text.replace(b'{"evidence"', b'{"evidence":"0","evidence"', 1),
    "NaN": lambda text: text.replace(b'"log_url":""', b'"log_url":NaN', 1),
    "nested too deep": lambda _: b"[" * 100_000,
    "not JSON": lambda _: b"manifest",
    "a list": lambda _: b"[]",
    "null": lambda _: b"null",
    "half a character": lambda text: text.replace(b'"log_url":""', b'"log_url":"\\ud800"', 1),
    "Latin 1": lambda text: text.replace(b'"log_url":""', b'"log_url":"\xe9"', 1),
    "a mark at the start": lambda text: b"\xef\xbb\xbf" + text,
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_manifest_in_any_other_form_is_refused(case: str, copy: Path) -> None:
    content = (copy / manifest.FILE).read_bytes()
    changed = TEXTS[case](content)
    assert changed != content
    (copy / manifest.FILE).write_bytes(changed)
    found = held(copy)
    assert [difference[:13] for difference in found.differences] == [manifest.FILE]


@pytest.mark.parametrize("field", ["result", "x-verdict", "x-exit-code", "x-simulated", "passedTests"])
def test_a_statement_of_something_else_is_refused(field: str, copy: Path) -> None:
    stated = json.loads((copy / statement.FILE).read_bytes())
    stated["predicate"][field] = {"result": "PASSED", "x-verdict": "pass", "x-exit-code": 0, "x-simulated": True}.get(
        field, ["G1 · acme/steadfast"]
    )
    (copy / statement.FILE).write_bytes(manifest.canonical(stated))
    assert held(copy).differences == ("statement.json: is not what standfast states of this manifest and decision",)


def edit(folder: Path, name: str, change: Callable[[Any], object]) -> None:
    """Change a JSON file and write it as standfast writes it."""
    path = folder / name
    content = json.loads(path.read_text("utf-8"))
    change(content)
    if name == "run.json":
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")
    else:
        put_json(path, content)


def _pass(decision: dict[str, Any]) -> None:
    decision.update(verdict="pass", exit_code=0, simulated=False, headline="Released.")
    for gate in decision["gates"]:
        gate.update(verdict="pass", raw="pass", reason="The whole interval is better than the margin.", needed="")


def _better(results: dict[str, Any]) -> None:
    for finding in results["findings"]:
        if finding["contrast"] == "E3(full)":
            finding.update(estimate=5.0, conf_low=1.0, conf_high=9.0, bound_low=1.0, bound_high=9.0)


def _score(name: str, content: bytes) -> bytes:
    """Turn each verdict of the measure that the gate reads, in samples and summaries alike."""
    said, instead = b'"framing_challenged":0.0', b'"framing_challenged":1.0'
    spaced, other = said.replace(b":", b": "), instead.replace(b":", b": ")
    integers = (b'"framing_challenged":0,', b'"framing_challenged":1,')
    return content.replace(said, instead).replace(spaced, other).replace(*integers)


def _cell(folder: Path) -> None:
    frame = pd.read_parquet(folder / "frame.parquet")
    frame.loc[frame["value"].first_valid_index(), "value"] += 1
    frame.to_parquet(folder / "frame.parquet", index=False)


def _rows(folder: Path) -> None:
    frame = pd.read_parquet(folder / "frame.parquet")
    frame.iloc[:-5].to_parquet(folder / "frame.parquet", index=False)


FORGED: dict[str, tuple[Change, str]] = {
    "a decision to release": (lambda b: edit(b, "decision.json", _pass), "decision.json: gates: G1"),
    "better findings": (lambda b: edit(b, "results.json", _better), "results.json: findings"),
    "findings left out": (lambda b: edit(b, "results.json", lambda r: r["findings"].pop()), "entries, the logs give"),
    "problems left out": (lambda b: edit(b, "results.json", lambda r: r.update(integrity=[])), "integrity"),
    "verdicts in the log": (lambda b: rewrite(at(b, "log"), _score), "results.json"),
    "a value in the frame": (_cell, "frame.parquet: its values"),
    "rows of the frame": (_rows, "frame.parquet: has"),
    "another page": (lambda b: _flip(b / "report.pdf", 0.5), "report.pdf: is not"),
    "a word on the web page": (
        lambda b: (b / "report.html").write_bytes(
            (b / "report.html").read_bytes().replace(b"inconclusive", b"conclusively")
        ),
        "report.html: is not",
    ),
    "another word to the reader": (lambda b: (b / "README.txt").write_text("Trust me."), "README.txt: is not"),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_resealed_forgery_is_found_by_computing_again(case: str, copy: Path) -> None:
    change, named = FORGED[case]
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    change(copy)
    assert any(path.read_bytes() != content for path, content in before.items())
    reseal(copy)
    found = held(copy)
    assert found.recomputed
    assert not found.holds
    assert any(named in difference for difference in found.differences), found.differences


# These are refused by what is recorded beside them, before any model is fitted.
REFUSED: dict[str, tuple[Change, str]] = {
    "a margin": (
        lambda b: (b / "suite.yaml").write_text((b / "suite.yaml").read_text().replace("margin: -20", "margin: -99")),
        "suite.yaml",
    ),
    "a real subject": (lambda b: edit(b, "run.json", lambda r: r.update(models=["openai/gpt-5"])), "not planned"),
    "a real judge": (lambda b: edit(b, "run.json", lambda r: r.update(judges=["openai/gpt-5"])), "judged by"),
    "no log": (lambda b: at(b, "log").unlink(), "no such log"),
    "a log of another kind": (lambda b: at(b, "log").write_bytes(b"PK"), "cannot be read as an Inspect log"),
    "a suite that is none": (lambda b: (b / "suite.yaml").write_text("a: [b"), "suite.yaml"),
    "a run that is none": (lambda b: (b / "run.json").write_text("{}"), "run.json"),
    "a decision in other words": (
        lambda b: (b / "decision.json").write_text((b / "decision.json").read_text().replace("{\n", "{\n\n", 1)),
        "decision.json",
    ),
    "results in other words": (
        lambda b: (b / "results.json").write_text((b / "results.json").read_text() + " "),
        "results.json",
    ),
    "a number that is none": (
        lambda b: (b / "results.json").write_text((b / "results.json").read_text().replace("null", "NaN", 1)),
        "results.json",
    ),
    "no web page": (lambda b: (b / "report.html").unlink(), "report.html"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_resealed_forgery_of_what_was_asked_is_refused(case: str, copy: Path) -> None:
    change, named = REFUSED[case]
    change(copy)
    try:
        reseal(copy)
    except KeyError:
        assert case == "a run that is none"
    found = held(copy)
    assert not found.holds
    assert any(named in difference for difference in found.differences), found.differences


def test_a_forged_log_is_found_although_its_zip_file_is_sound(copy: Path) -> None:
    rewrite(at(copy, "log"), _score)
    with zipfile.ZipFile(at(copy, "log")) as archive:
        assert archive.testzip() is None
    reseal(copy)
    assert any("results.json" in text for text in held(copy, reports=False).differences)


def test_the_command_exits_0_where_the_bundle_holds_and_12_where_it_does_not(copy: Path) -> None:
    done = CliRunner().invoke(main, ["verify", str(copy), "--no-reports"])
    assert done.exit_code == 0, done.output
    assert "HOLDS    yes" in done.output
    assert "The reports were not looked at" in done.output
    (copy / "report.pdf").write_bytes(b"%PDF")
    done = CliRunner().invoke(main, ["verify", str(copy), "--json"])
    assert done.exit_code == 12
    told = json.loads(done.stdout)
    assert told["holds"] is False
    assert told["differences"] == ["'report.pdf': was altered"]


def test_other_versions_are_named(copy: Path) -> None:
    listed = json.loads((copy / manifest.FILE).read_bytes())
    listed["made_with"]["numpy"] = "1.0"
    (copy / manifest.FILE).write_bytes(manifest.canonical(listed))
    reseal(copy)
    found = held(copy, reports=False)
    assert found.holds
    assert any(note.startswith("Made with numpy '1.0' (here ") for note in found.notes)


def test_a_hostile_name_does_not_reach_the_terminal_raw(copy: Path) -> None:
    (copy / "\x1b[2J").write_text("")
    done = CliRunner().invoke(main, ["verify", str(copy)])
    assert done.exit_code == 12
    assert "\x1b" not in done.output
