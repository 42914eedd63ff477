"""What a run rests on, file by file, as canonical JSON: the list that a bundle is checked against.

The *evidence* of a run is everything in its folder but the rendered reports: what was asked and answered, by which
policy, and what follows from it. Its hash stands in the foot of every page of the PDF. The PDF is not part of the
evidence, as no file can hold its own hash; a bundle's manifest lists the reports beside the evidence, and names its hash.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import rfc8785

from standfast.errors import EvidenceError

SCHEMA = "standfast/manifest/1"
FILE = "manifest.json"
RENDERED = ("report.pdf", "report.html", "report.md", "README.txt")
# What the run was asked, and what people said of it: all that findings and decision are made from, besides the logs.
INPUTS = (
    "run.json",
    "suite.yaml",
    "gates.yaml",
    "gates-post-hoc.yaml",
    "waivers.yaml",
    "calibration.json",
    "stopped.json",
)
OUTPUTS = ("frame.parquet", "results.json", "decision.json", "certificate.json")
LOGS = "logs"
BASELINE = "baseline"
_CHUNK = 2**20


class Entry(NamedTuple):
    """One file of a bundle.

    Attributes:
        path: Its place in the bundle, with `/` between folders.
        size: Bytes.
        sha256: Hash of its bytes.
    """

    path: str
    size: int
    sha256: str


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return JSON in the one form that RFC 8785 gives it, so that equal content has equal bytes.

    Raises:
        ValueError: A number is not finite, or an integer too large for every reader to hold it.
    """
    return rfc8785.dumps(dict(content))


def copied(source: BinaryIO, target: BinaryIO | None, path: str) -> Entry:
    """Read a file in pieces, once, and copy it where a target is given; what was hashed is what was copied."""
    digest, size = hashlib.sha256(), 0
    while piece := source.read(_CHUNK):
        digest.update(piece)
        size += len(piece)
        if target is not None:
            target.write(piece)
    return Entry(path, size, digest.hexdigest())


def evidence_files(folder: Path) -> Iterator[str]:
    """Yield the places of a run folder's evidence, those files that are there; notes and drafts beside them are none.

    Raises:
        EvidenceError: One of them is a link: what it points to can change unseen.
    """
    named = [folder / name for name in (*INPUTS, *OUTPUTS)]
    for path in (*named, folder / LOGS, *sorted((folder / LOGS).rglob("*.eval"))):
        if path.is_symlink():
            message = f"{path}: is a link; evidence holds files alone. Put the file itself there"
            raise EvidenceError(message)
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def entries(folder: Path, paths: Iterable[str]) -> list[Entry]:
    """Hash files of a folder."""
    found = []
    for path in paths:
        with (folder / path).open("rb") as file:
            found.append(copied(file, None, path))
    return found


def digest(found: Iterable[Entry]) -> str:
    """Return the hash of the evidence among some files: those of the run itself, but for the rendered reports.

    A baseline's files are left out, as results.json names the hash of its values.
    """
    own = [e for e in found if e.path not in RENDERED and not e.path.startswith(f"{BASELINE}/")]
    return hashlib.sha256(canonical({"schema": SCHEMA, "files": _listed(own)})).hexdigest()


def evidence(folder: Path) -> str:
    """Return the hash of a run folder's evidence; empty for a folder that holds no run.

    Raises:
        EvidenceError: A part of it is a link.
    """
    return digest(entries(folder, evidence_files(folder))) if (folder / "run.json").is_file() else ""


def manifest(found: Iterable[Entry], made_with: Mapping[str, str], log_url: str) -> dict[str, Any]:
    """Return the list of a bundle's files.

    Args:
        found: The files.
        made_with: Package -> version, of what made the bundle.
        log_url: Where the reports link samples to; empty where they do not.
    """
    files = sorted(found)
    made = {"made_with": dict(made_with), "log_url": log_url}
    return {"schema": SCHEMA, "evidence": digest(files), **made, "files": _listed(files)}


def of_a_baseline(path: str) -> bool:
    """Tell whether a file of a run folder is needed of a baseline: what was asked, and the logs."""
    return path in ("run.json", "suite.yaml") or (path.startswith(f"{LOGS}/") and path.endswith(".eval"))


def belongs(path: str) -> bool:
    """Tell whether a bundle may hold a file at a place."""
    folder, _, rest = path.partition("/")
    if folder == BASELINE:
        return of_a_baseline(rest.partition("/")[2])
    return path in (*INPUTS, *OUTPUTS, *RENDERED) or (folder == LOGS and path.endswith(".eval"))


def _listed(found: Iterable[Entry]) -> list[dict[str, Any]]:
    return [entry._asdict() for entry in sorted(found)]
