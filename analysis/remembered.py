"""What was read of each log, remembered in a folder, so that only logs that are new or have changed are read again.

An entry is named by the hash of its log's bytes. It holds what the samples were scored as JSON: whatever it holds is
checked as a log's own members are, and one that cannot be read is as good as none. It is as trustworthy as whoever may
write into the folder, as results.json is; what was made by someone else is therefore read without it.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

import zstandard
from pydantic_core import from_json, to_json

from standfast.analysis.summaries import FORMAT, Key, Slim, of_rows

_LIMIT = 2**30  # bytes that an entry may unpack to
_READER = f"standfast/read/1/{FORMAT}"


def load(folder: Path, sha256: str) -> dict[Key, Slim] | None:
    """Return the samples of the log with these bytes, `None` where they are not known."""
    try:
        packed = _entry(folder, sha256).read_bytes()
        if not 0 <= zstandard.frame_content_size(packed) <= _LIMIT:
            return None
        held = from_json(zstandard.ZstdDecompressor().decompress(packed), cache_strings="keys")
    except (OSError, ValueError, zstandard.ZstdError):
        return None
    known = isinstance(held, dict) and held.get("reader") == _READER and held.get("sha256") == sha256
    return of_rows(held.get("samples")) if known else None


def save(folder: Path, sha256: str, samples: Mapping[Key, Slim]) -> None:
    """Remember samples; the entry appears whole or not at all."""
    rows = [
        {
            **one._asdict(),
            "scores": {name: {"value": s.value, "metadata": s.metadata} for name, s in (one.scores or {}).items()},
        }
        for one in samples.values()
    ]
    try:
        text = to_json({"reader": _READER, "sha256": sha256, "samples": rows}, inf_nan_mode="constants")
    except ValueError:  # half of a surrogate pair, which the log may hold and UTF-8 cannot
        return
    folder.mkdir(exist_ok=True)
    part = _entry(folder, f"{sha256}.part")
    try:
        part.write_bytes(zstandard.ZstdCompressor(level=1).compress(text))
        part.replace(_entry(folder, sha256))
    finally:
        part.unlink(missing_ok=True)


def forget_others(folder: Path, kept: Collection[str]) -> None:
    """Remove the entries of logs with other bytes than these."""
    for path in folder.glob("*.zst"):
        if path.stem not in kept:
            path.unlink(missing_ok=True)


def _entry(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.zst"
