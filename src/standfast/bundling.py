"""A run's evidence in one folder or zip file: what was asked and answered, the policy, the decision and the reports."""

import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Protocol

from standfast import signing, stages
from standfast.analysis import frames
from standfast.analysis.decisions import Decision
from standfast.analysis.results import Baseline, Results
from standfast.errors import EvidenceError, RunError
from standfast.folder import locked, read
from standfast.reports import manifest, statement
from standfast.reports.manifest import Entry
from standfast.stored import read_certificate, read_decision, read_results

PACKAGES = ("standfast", "inspect_ai", "numpy", "scipy", "pandas", "pyarrow", "matplotlib", "typst", "jinja2")
README_FILE = "README.txt"
README = """\
This folder is the evidence of an audit by Standfast, as `standfast bundle` packed it.

  report.pdf, report.html   the report
  decision.json             what the gates decided
  results.json              every finding
  frame.parquet             every value, one row each
  run.json, suite.yaml      what was asked of whom; gates.yaml and waivers.yaml where there are any
  logs/                     the Inspect logs: every question, reply and verdict of a judge
  manifest.json             the sha256 of each of these files
  statement.json            the decision as an in-toto statement about manifest.json
  statement.dsse.json       the same, signed, where someone signed it

To check it:

  standfast verify .

reads every byte against manifest.json, then computes values, findings and decision from the logs again; it exits 0 if
all is as stated here and 12 if anything differs. The line "evidence" at the foot of each page of report.pdf is the field
of that name in manifest.json: the hash of everything but the rendered reports.

A bundle holds against someone who knows the hash of manifest.json from elsewhere, or who checks a signature. That the
logs are true it cannot show: whoever signs answers for that.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that was written.

    Attributes:
        path: The folder or zip file.
        files: Number of files that the manifest lists.
        size: Their bytes.
        manifest_sha256: Hash of manifest.json, which names everything; to be kept elsewhere.
        evidence: Hash of the evidence, as the foot of the PDF names it.
        result: The statement's word: `PASSED`, `WARNED` or `FAILED`.
        signed: Name of the key that signed; empty where none did.
    """

    path: Path
    files: int
    size: int
    manifest_sha256: str
    evidence: str
    result: statement.Result
    signed: str


class _Target(Protocol):
    """Where a bundle is written to."""

    def add(self, path: str, source: BinaryIO) -> Entry:
        """Write one file."""


def bundle(
    folder: Path,
    out: Path | None = None,
    *,
    key: Path | None = None,
    baseline: Path | None = None,
    log_url: str = "",
) -> Bundle:
    """Set the reports anew and write the bundle, whole or not at all.

    Args:
        folder: The run folder, analysed and gated.
        out: Where to; a name that ends in `.zip` gives a zip file. By default the run folder's name and `.zip`, beside it.
        key: Private key to sign with.
        baseline: Folder of the run that this one was compared with, if it was.
        log_url: Where Inspect's viewer will show the logs; the reports link samples there.

    Raises:
        RunError: Something is there already, or the folder holds no decision.
        EvidenceError: Its files do not belong together, or one of them is a link.
    """
    out = out or folder.resolve().with_name(f"{folder.resolve().name}.zip")
    if out.exists() or out.is_symlink():
        message = f"{out}: exists already; nothing was written"
        raise RunError(message)
    with locked(folder):
        run = read(folder)
        found = read_results(folder, run)
        decided = read_decision(folder, found)
        _check_certificate(folder, found, decided)
        stages.report(folder, log_url=log_url)
        files = {path: folder / path for path in (*manifest.evidence_files(folder), *_rendered(folder))}
        files |= _beside(found.baseline, baseline)
        with _writing(out) as target:
            entries = [_add(target, path, file) for path, file in sorted(files.items())]
            entries.append(_put(target, README_FILE, README.encode()))
            listed = manifest.manifest(entries, made_with(), log_url)
            stated = statement.statement(listed, decided, run)
            sealed = _put(target, manifest.FILE, manifest.canonical(listed))
            _put(target, statement.FILE, stated)
            signed = signing.sign(stated, key) if key else None
            if signed:
                _put(target, statement.ENVELOPE, statement.envelope(signed))
    return Bundle(
        path=out,
        files=len(entries),
        size=sum(entry.size for entry in entries),
        manifest_sha256=sealed.sha256,
        evidence=listed["evidence"],
        result=statement.result(decided),
        signed=signed.keyid if signed else "",
    )


def made_with() -> dict[str, str]:
    """Return what findings and reports are made with, package -> version."""
    return {name: version(name) for name in PACKAGES}


def _check_certificate(folder: Path, found: Results, decided: Decision) -> None:
    """Refuse a certificate that is not of this frame and policy: the report would not show it."""
    path = folder / "certificate.json"
    made = read_certificate(folder, found)
    of_another_frame = made is None and path.exists()
    if of_another_frame or (made and decided.policy and made.policy_sha256 != decided.policy.sha256):
        message = f"{path}: is of another frame or policy; run `standfast certify {folder}` again, or remove it"
        raise EvidenceError(message)


def _rendered(folder: Path) -> list[str]:
    return [name for name in manifest.RENDERED if name != README_FILE and (folder / name).is_file()]


def _beside(known: Baseline | None, baseline: Path | None) -> dict[str, Path]:
    """Return the baseline's files, where the run was compared with one."""
    if known is None:
        return {}
    if baseline is None:
        message = f"the run was compared with {known.name}, which its findings follow from; give it with --baseline"
        raise RunError(message)
    run = read(baseline)
    found = frames.collect(baseline / manifest.LOGS, run)
    if baseline.resolve().name != known.name or frames.sha256(found) != known.frame_sha256:
        message = f"{baseline}: is not the baseline that the run was compared with ({known.name}), or has changed since"
        raise EvidenceError(message)
    inside = [name for name in manifest.evidence_files(baseline) if manifest.of_a_baseline(name)]
    return {f"{manifest.BASELINE}/{known.name}/{name}": baseline / name for name in inside}


@contextmanager
def _writing(out: Path) -> Iterator[_Target]:
    """Open a folder or zip file that takes its name when it is complete."""
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        if out.suffix == ".zip":
            with zipfile.ZipFile(draft / "bundle", "x") as archive:
                yield _Zip(archive)
            (draft / "bundle").chmod(0o644)
            os.link(draft / "bundle", out)  # fails where something has come there meanwhile
        else:
            whole = draft / "bundle"
            whole.mkdir()
            yield _Folder(whole)
            whole.rename(out)
    except FileExistsError as error:
        message = f"{out}: exists already; nothing was written"
        raise RunError(message) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def add(self, path: str, source: BinaryIO) -> Entry:
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            return manifest.copied(source, out, path)


class _Zip:
    """Members are stored as they are, dated 1980: the same bytes with every version of zlib, and logs hardly shrink."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, path: str, source: BinaryIO) -> Entry:
        info = zipfile.ZipInfo(path)
        info.create_system, info.external_attr = 3, 0o100644 << 16
        with self._archive.open(info, "w", force_zip64=True) as out:
            return manifest.copied(source, out, path)  # type: ignore[arg-type]


def _add(target: _Target, path: str, file: Path) -> Entry:
    with file.open("rb") as source:
        return target.add(path, source)


def _put(target: _Target, path: str, content: bytes) -> Entry:
    return target.add(path, io.BytesIO(content))
