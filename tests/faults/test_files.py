"""Damaged, foreign and hostile files in a run folder, and suites that should not be asked."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from faulting import LONG, SECRET, SUITE, frame_of, named

from standfast.analysis.logs import MEMBER_LIMIT
from standfast.cli import main
from standfast.errors import AuditError, LogError
from standfast.run import run

OFFLINE = SUITE.format(items=2).replace("openai-api/loopback/subject", "standfast/steadfast")
OFFLINE = OFFLINE.replace("openai-api/loopback/judge", "standfast/judge")
CODES = (2, 12)


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "suite.yaml").write_text(OFFLINE)
    return run(folder / "suite.yaml", out=folder / "run", display="none")


@pytest.fixture
def folder(sound, tmp_path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "run"))


def edited(path: Path, change: Callable[[str, bytes], bytes | None], more: Mapping[str, bytes] | None = None) -> None:
    """Write a log anew; a part for which `change` has nothing is left out."""
    with zipfile.ZipFile(path) as archive:
        parts = {member.filename: archive.read(member) for member in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            changed = change(name, content)
            if changed is not None:
                archive.writestr(name, changed)
        for name, content in (more or {}).items():
            archive.writestr(name, content)


def _replace(old: str, new: str) -> Callable[[str, bytes], bytes]:
    return lambda _, content: content.replace(old.encode(), new.encode())


def _unscore(value: Any) -> Callable[[str, bytes], bytes]:
    """Put a value into every score for validation."""

    def change(_: str, content: bytes) -> bytes:
        def walk(node: Any) -> Any:
            if isinstance(node, dict):
                return {
                    k: (
                        {**v, "validation": value}
                        if k == "value" and isinstance(v, dict) and "validation" in v
                        else walk(v)
                    )
                    for k, v in node.items()
                }
            return [walk(one) for one in node] if isinstance(node, list) else node

        return json.dumps(walk(json.loads(content))).encode()

    return change


def _false_size(path: Path) -> None:
    """State in the archive's directory that a large part is small."""
    edited(path, lambda _, content: content, {"big.json": b"0" * 4_000_000})
    content = path.read_bytes()
    path.write_bytes(content.replace((4_000_000).to_bytes(4, "little"), (40).to_bytes(4, "little")))


def spoil(path: Path, how: str) -> None:
    """Do to a log what its case says."""
    content, middle = path.read_bytes(), path.stat().st_size // 2
    raw = {
        "empty": b"",
        "half": content[:middle],
        "altered": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "garbage": bytes(range(256)) * 64,
    }
    inside: dict[str, Callable[[], None]] = {
        "headless": lambda: edited(path, lambda n, c: None if n == "header.json" else c),
        "sampleless": lambda: edited(path, _without_a_sample(path)),
        "bomb": lambda: edited(path, lambda _, c: c, {"bomb.json": b"0" * (MEMBER_LIMIT + 1)}),
        "false_size": lambda: _false_size(path),
        "climbing": lambda: edited(path, lambda _, c: c, {"../../escaped": b"x"}),
        "foreign": lambda: edited(path, _replace('"standfast":', '"elsewhere":')),
        "version": lambda: edited(path, _replace('"audit_version":"2-A"', '"audit_version":"9-Z"')),
        "model": lambda: edited(path, _replace("standfast/steadfast", "standfast/sycophant")),
        "out_of_range": lambda: edited(path, _unscore(7.0)),
        "text_value": lambda: edited(path, _unscore("yes")),
    }
    beside: dict[str, Callable[[], object]] = {
        "link": lambda: path.symlink_to(path.rename(path.parents[2] / "elsewhere.eval")),
        "dangling": lambda: (path.unlink(), path.symlink_to("nowhere.eval")),
        "folder": lambda: path.with_name("other.eval").mkdir(),
        "copied": lambda: shutil.copy(path, path.with_name(f"z-{path.name}")),
        "beside": lambda: [
            path.with_name(n).write_bytes(b"\0\xff") for n in ("a.txt", "b.png", ".c.eval.swp", "d.json.gz")
        ],
    }
    if how in raw:
        path.write_bytes(raw[how])
    else:
        ({**inside, **beside}[how])()


def _without_a_sample(path: Path) -> Callable[[str, bytes], bytes | None]:
    with zipfile.ZipFile(path) as archive:
        gone = next(name for name in archive.namelist() if name.startswith("samples/"))
        identity = json.loads(archive.read(gone))["id"]

    def change(name: str, content: bytes) -> bytes | None:
        if name == gone:
            return None
        if "summaries" in name:
            return json.dumps([one for one in json.loads(content) if one["id"] != identity]).encode()
        return content

    return change


@pytest.mark.parametrize("case", named("logs"))
def test_a_log_is_refused_by_name_or_changes_nothing(sound, folder, case, tally, tmp_path):
    [path] = (folder / "logs").glob("*.eval")
    spoil(path, case["how"])
    before = frame_of(sound)
    if case["expect"] == "refused":
        with pytest.raises(LogError) as error:
            frame_of(folder)
        assert "\n" not in str(error.value)
        assert str(folder) in str(error.value)
    else:
        found = frame_of(folder)
        kept = found[found["status"] != "not_run"]
        pd.testing.assert_frame_equal(
            kept.drop(columns=["log", "run"]).reset_index(drop=True),
            before[before["sample"].isin(set(kept["sample"]))].drop(columns=["log", "run"]).reset_index(drop=True),
        )
        assert len(found) == len(before)
        assert found[found["status"] == "not_run"]["value"].isna().all()
        assert (len(kept) < len(before)) == (case["expect"] == "not_run")
    assert not list(tmp_path.rglob("escaped"))
    tally(case)


def text_of(text: str) -> bytes:
    if text == "BYTES":
        return b"\xff\xfe\x80"
    for name, instead in {**LONG, "SECRET": SECRET, "DIGITS": "9" * 1_000_000}.items():
        text = text.replace(name, instead)
    return text.encode()


def plainly(words: list[str]) -> str:
    """Run a verb that must refuse in one line; return what it said."""
    done = CliRunner().invoke(main, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in CODES, done.output
    told = "".join(line for line in done.stderr.splitlines(keepends=True) if not line.endswith(" …\n"))  # its progress
    assert told.startswith("standfast: "), told
    return told


@pytest.mark.parametrize("case", named("records"))
def test_a_damaged_record_is_told_by_every_verb_and_costs_nothing(folder, case, tally):
    path = folder / "run.json"
    path.unlink()
    if "text" in case:
        path.write_bytes(text_of(case["text"]))
    before = {p: p.read_bytes() for p in (folder / "logs").iterdir()}
    for verb in ("analyse", "resume"):
        assert plainly([verb, str(folder)]).count("\n") == 1
    with pytest.raises(AuditError) as error:
        run(folder / "suite.yaml", out=folder, display="none")
    assert "\n" not in str(error.value)
    assert {p: p.read_bytes() for p in (folder / "logs").iterdir()} == before
    tally(case)


@pytest.mark.parametrize("case", named("suites"))
def test_a_hostile_suite_asks_nothing_and_writes_nothing(tmp_path, monkeypatch, case, tally):
    monkeypatch.setenv("SOME_API_KEY", SECRET)
    home = tmp_path / "a" / "b"
    home.mkdir(parents=True)
    monkeypatch.chdir(home)
    text = case.get("whole", OFFLINE)
    for field in ("name", "audits", "personas"):
        if field in case:
            lines = [
                line
                for line in text.splitlines()
                if not line.startswith((f"{field}:", "  advice:"[: 9 if field == "audits" else 0] or "\0"))
            ]
            text = "\n".join([*lines, f"{field}: {case[field]}", ""])
    (home / "suite.yaml").write_bytes(text_of(text) + text_of(case.get("more", "")))
    told = plainly(["run", "suite.yaml", "--only-logs"])
    assert SECRET not in told
    assert len(told) < 5_000
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b", "suite.yaml"]
    assert not Path("/tmp/escaped").exists()
    assert not os.path.lexists(home / "escaped")
    tally(case)
