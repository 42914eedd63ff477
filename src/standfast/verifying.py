"""A bundle, held against itself: every byte against the manifest, and every number against the logs.

What this cannot show: that the logs are true. Whoever made the bundle could have invented them; a signature says who
answers for it.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standfast import signing
from standfast.bundling import made_with
from standfast.errors import AuditError, EvidenceError
from standfast.folder import read
from standfast.recomputing import claimed_decision, recompute
from standfast.reports import manifest, statement
from standfast.reports.manifest import Entry
from standfast.unpacking import unpack

NEEDED = ("run.json", "suite.yaml", "frame.parquet", "results.json", "decision.json", "report.pdf", "report.html")
_BESIDE = (manifest.FILE, statement.FILE, statement.ENVELOPE, statement.SSH_SIGNATURE)
_LIMIT = 16 * 2**20  # of what is read whole: manifest, statement and envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What became of a bundle.

    Attributes:
        differences: Each difference in a sentence; none where the bundle holds.
        notes: What the reader should know and no machine can settle, such as who signed.
        manifest_sha256: Hash of manifest.json; empty where there is none that can be read.
        evidence: Hash of the evidence, as the foot of the PDF names it; empty likewise.
        verdict: What was decided; empty where nothing was computed.
        exit_code: The decision's own exit code; −1 likewise.
        recomputed: Whether the numbers were computed again.
    """

    differences: tuple[str, ...]
    notes: tuple[str, ...] = ()
    manifest_sha256: str = ""
    evidence: str = ""
    verdict: str = ""
    exit_code: int = -1
    recomputed: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether all was looked at and nothing differs."""
        return self.recomputed and not self.differences


def verify(bundle: Path, *, key: Path | None = None, reports: bool = True, replays: bool = False) -> Verification:
    """Check every byte of a bundle, then compute frame, findings and decision from its logs again.

    Args:
        bundle: A folder or a zip file.
        key: The public key that must have signed it.
        reports: Whether the rendered reports must be those that this version would write, byte for byte.
        replays: Whether the certificate's replays are repeated, which takes as long as they took.

    Raises:
        RunError: The key is none, or the package for signatures is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="standfast-verify-") as name:
        place = Path(name) / "bundle"
        place.mkdir()
        try:
            listed = _check_bytes(place, unpack(bundle, place))
            _check_statement(place, listed)
            note = _check_signature(place, key)
        except EvidenceError as error:
            return Verification(differences=tuple(str(error).split("\n")))
        found = recompute(place, log_url=listed["log_url"], reports=reports, replays=replays)
        return Verification(
            differences=found.differences,
            notes=(note, *_versions(listed), *found.notes),
            manifest_sha256=manifest.entries(place, [manifest.FILE])[0].sha256,
            evidence=listed["evidence"],
            verdict=found.decision.verdict if found.decision else "",
            exit_code=found.decision.exit_code if found.decision else -1,
            recomputed=found.decision is not None,
        )


def _check_bytes(place: Path, found: list[Entry]) -> dict[str, Any]:
    """Hold the files against the manifest, and return it.

    Raises:
        EvidenceError: They differ, one line each.
    """
    listed, files = _manifest(place)
    here = {entry.path: entry for entry in found if entry.path not in _BESIDE}
    told = {entry.path: entry for entry in files}
    wrong = [
        *(f"{path!a}: is not in the manifest" for path in here if path not in told),
        *(f"{path!a}: stands in the manifest and not in the bundle" for path in told if path not in here),
        *(f"{path!a}: was altered" for path in told if path in here and here[path] != told[path]),
        *(f"{path!a}: is no part of a bundle" for path in told if not manifest.belongs(path)),
        *(f"{path}: is missing; every bundle has one" for path in NEEDED if path not in told),
    ]
    if wrong:
        raise EvidenceError("\n".join(wrong))
    return listed


def _manifest(place: Path) -> tuple[dict[str, Any], list[Entry]]:
    """Read the manifest, which must be written in the one form that it can have."""
    try:
        content = _read(place, manifest.FILE)
        listed: dict[str, Any] = json.loads(content)
        files = [Entry(**entry) for entry in listed["files"]]
        again = manifest.canonical(manifest.manifest(files, listed["made_with"], listed["log_url"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{manifest.FILE}: cannot be read ({type(error).__name__}: {error})"
        raise EvidenceError(message) from error
    if content != again:
        message = f"{manifest.FILE}: is not what standfast writes for the files that it names"
        raise EvidenceError(message)
    return listed, files


def _check_statement(place: Path, listed: dict[str, Any]) -> None:
    """Hold the statement against manifest and decision.

    Raises:
        EvidenceError: It states something else, or the decision cannot be read.
    """
    try:
        expected = statement.statement(listed, claimed_decision(place), read(place))
    except AuditError as error:
        raise EvidenceError(str(error)) from error
    except (KeyError, TypeError, ValueError) as error:
        message = f"run.json: is not what a run records ({type(error).__name__}: {error})"
        raise EvidenceError(message) from error
    if _read(place, statement.FILE) != expected:
        message = f"{statement.FILE}: is not what standfast states of this manifest and decision"
        raise EvidenceError(message)


def _check_signature(place: Path, key: Path | None) -> str:
    """Hold the envelope, where there is one, against the statement and the key, and say who signed.

    Raises:
        EvidenceError: It is of another statement or key, or there is none although a key is given.
    """
    signed = (place / statement.ENVELOPE).is_file()
    if not signed and key is not None:
        message = f"{statement.ENVELOPE}: is missing; the bundle is not signed by {key.name}"
        raise EvidenceError(message)
    if not signed:
        return "Not signed here: it holds only against someone who knows its hash from elsewhere."
    try:
        found = statement.opened(_read(place, statement.ENVELOPE))
    except AuditError as error:
        raise EvidenceError(str(error)) from error
    if found.payload != _read(place, statement.FILE):
        message = f"{statement.ENVELOPE}: signs another statement than {statement.FILE}"
        raise EvidenceError(message)
    if key is None:
        return f"Signed, it says by key {found.keyid[:16]!a}; give --key to check that."
    if wrong := signing.problem(found, key):
        message = f"{statement.ENVELOPE}: {wrong}"
        raise EvidenceError(message)
    return f"Signed by {key.name}."


def _versions(listed: dict[str, Any]) -> list[str]:
    """Say which versions it was made with, where they are others than these."""
    here, there = made_with(), listed["made_with"]
    others = [
        f"{name} {there.get(name)!a:.20} (here {version})"
        for name, version in here.items()
        if there.get(name) != version
    ]
    return [f"Made with {', '.join(others)}."] if others else []


def _read(place: Path, name: str) -> bytes:
    path = place / name
    if not path.is_file():
        message = f"{name}: is missing; every bundle has one"
        raise EvidenceError(message)
    if path.stat().st_size > _LIMIT:
        message = f"{name}: is larger than {_LIMIT / 2**20:,.0f} MiB"
        raise EvidenceError(message)
    return path.read_bytes()
