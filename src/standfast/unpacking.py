"""A bundle from anyone, unpacked where it can do no harm: only plain files, in plain places, within limits."""

import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from standfast.errors import EvidenceError
from standfast.reports.manifest import Entry, copied

FILES_LIMIT = 10_000
TOTAL_LIMIT = 16 * 2**30
# A zip file may unpack to this many times its size, and to the floor in any case. Logs hardly shrink, tables tenfold.
RATIO_LIMIT = 50
RATIO_FLOOR = 256 * 2**20
DEPTH_LIMIT = 6
_NAME_LIMIT = 200
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_TOO_LARGE = "unpacks to more than a bundle of its size can hold"
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


class _Member(NamedTuple):
    path: str
    size: int
    file: Path | zipfile.ZipInfo


def unpack(bundle: Path, into: Path) -> list[Entry]:
    """Copy a bundle's files into an empty folder and hash what was copied.

    Args:
        bundle: A folder or a zip file.
        into: An empty folder.

    Raises:
        EvidenceError: It is neither, or holds a link, a special file, a place outside itself, the same place twice, or
            more than the limits.
    """
    found = []
    with _opened(bundle) as archive:
        members = list(_members(bundle, archive))
        left = TOTAL_LIMIT if archive is None else min(TOTAL_LIMIT, _unpacked_limit(bundle))
        _check(members, left)
        for member in members:
            target = into / member.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with _reading(member, archive) as source, target.open("xb") as out:
                entry = copied(source, out, member.path)
            left -= entry.size
            if left < 0:
                raise EvidenceError(_TOO_LARGE)
            found.append(entry)
    return found


@contextmanager
def _opened(bundle: Path) -> Iterator[zipfile.ZipFile | None]:
    """Open a zip file; turn whatever a damaged one makes a reader raise into a refusal."""
    try:
        if bundle.is_dir():
            yield None
        else:
            with zipfile.ZipFile(bundle) as archive:
                yield archive
    except EvidenceError:
        raise
    except Exception as error:
        message = f"{bundle.name}: cannot be read as a folder or zip file ({type(error).__name__}: {error})"
        raise EvidenceError(message) from error


def _members(bundle: Path, archive: zipfile.ZipFile | None) -> Iterator[_Member]:
    """Yield the files, in a stable order."""
    if archive is None:
        if bundle.is_symlink():
            message = f"{bundle.name}: is a link; give the folder itself"
            raise EvidenceError(message)
        for path in sorted(bundle.rglob("*")):
            name = path.relative_to(bundle).as_posix()
            kind = path.lstat().st_mode
            if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
                message = f"{name!a}: is a link or no plain file; a bundle holds files alone"
                raise EvidenceError(message)
            if stat.S_ISREG(kind):
                yield _Member(name, path.lstat().st_size, path)
        return
    for info in archive.infolist():
        if not info.is_dir():
            _check_packing(info)
            yield _Member(info.filename, info.file_size, info)


def _check_packing(info: zipfile.ZipInfo) -> None:
    wrong = ""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.orig_filename != info.filename:
        wrong = "has a name that readers spell differently"
    elif kind not in (0, stat.S_IFREG):
        wrong = "is a link or no plain file; a bundle holds files alone"
    elif info.flag_bits & _ENCRYPTED:
        wrong = "is encrypted"
    elif info.compress_type not in _PACKED:
        wrong = "is packed by a method that not every reader knows; expected stored or deflate"
    if wrong:
        message = f"{info.orig_filename!a}: {wrong}"
        raise EvidenceError(message)


def _check(members: list[_Member], limit: int) -> None:
    if len(members) > FILES_LIMIT:
        message = f"{len(members):,} files; a bundle holds at most {FILES_LIMIT:,}"
        raise EvidenceError(message)
    if sum(member.size for member in members) > limit:
        raise EvidenceError(_TOO_LARGE)
    seen: dict[str, str] = {}
    for member in members:
        if why := _misplaced(member.path):
            message = f"{member.path!a}: {why}"
            raise EvidenceError(message)
        # Some file systems take two of these for one, and which of them is read would be chance.
        alike = seen.setdefault(member.path.casefold(), member.path)
        if alike is not member.path:
            message = f"{member.path!a}: stands in the bundle twice"
            raise EvidenceError(message)


def _misplaced(path: str) -> str:
    """Return why a file must not stand at a place; empty where it may."""
    parts = path.split("/")
    if path != PurePosixPath(path).as_posix() or path.startswith("/") or any(p in ("", ".", "..") for p in parts):
        return "is a place outside the bundle, or one that is spelled in a roundabout way"
    if len(parts) > DEPTH_LIMIT or any(len(part.encode("utf-8", "replace")) > _NAME_LIMIT for part in parts):
        return "is too deep or too long a name"
    if any(character in '\\:*?"<>|' or unicodedata.category(character) in _UNSEEN for character in path):
        return "holds a character that cannot be seen, or that means something else on another machine"
    if unicodedata.normalize("NFC", path) != path or any(part != part.strip() or part.endswith(".") for part in parts):
        return "is a name that other machines spell differently"
    return ""


@contextmanager
def _reading(member: _Member, archive: zipfile.ZipFile | None) -> Iterator[BinaryIO]:
    """Open a file; no more of it is read than its size, so that a small archive cannot fill the disk."""
    opened = member.file.open("rb") if isinstance(member.file, Path) else archive.open(member.file)  # type: ignore[union-attr]
    with opened as source:
        yield source  # type: ignore[misc]


def _unpacked_limit(bundle: Path) -> int:
    return max(RATIO_FLOOR, RATIO_LIMIT * bundle.stat().st_size)
