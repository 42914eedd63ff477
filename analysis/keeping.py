"""What was read of logs, kept while a stage lasts and, where it is wanted, beyond."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from standfast.analysis import remembered
from standfast.analysis.headers import Log
from standfast.analysis.summaries import Key, Slim


@dataclass(slots=True)
class Read:
    """What was read of a file: its header, and its samples, whole or as their summaries; and whether they are new.

    The summaries' text is held from the check of the file until they are read.
    """

    log: Log | None = None
    summaries: bytes | None = None
    samples: dict[Key, Slim] = field(default_factory=dict)
    is_new: bool = False


@contextmanager
def kept(memory: Path | None = None) -> Iterator[None]:
    """Read each log once while this lasts, for a stage that reads it for several reasons.

    A file that is changed meanwhile is read anew if its size or its time of change tells so.

    Args:
        memory: Folder in which what was read is remembered beyond; a log whose bytes are known there is not unpacked
            again. It must be trusted, see `remembered`. Within another such context, that one's holds.
    """
    outer = _KEPT.get()
    store = outer or _Store(memory)
    token = _KEPT.set(store)
    try:
        yield
    finally:
        _KEPT.reset(token)
    if outer is None:
        with suppress(OSError):  # a full disk or a folder that is read alone costs time, and nothing else
            store.remember()


def known_of(path: Path) -> Read:
    """Return what was read of a file before; a new place for it where nothing is kept."""
    store = _KEPT.get()
    try:
        return Read() if store is None else store.of(path)
    except OSError:
        return Read()


def digest(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(slots=True)
class _Store:
    """What was read of each file, by its path, time of change and size."""

    memory: Path | None
    reads: dict[tuple[Path, int, int], Read] = field(default_factory=dict)
    digests: dict[tuple[Path, int, int], str] = field(default_factory=dict)

    def of(self, path: Path) -> Read:
        stat = path.stat()
        key = (path, stat.st_mtime_ns, stat.st_size)
        if key not in self.reads:
            self.reads[key] = Read()
            if self.memory:
                self.digests[key] = digest(path)
                self.reads[key].samples = remembered.load(self.memory, self.digests[key]) or {}
        return self.reads[key]

    def remember(self) -> None:
        if self.memory and self.reads:
            for key, found in self.reads.items():
                if found.is_new:
                    remembered.save(self.memory, self.digests[key], found.samples)
            remembered.forget_others(self.memory, set(self.digests.values()))


_KEPT: ContextVar[_Store | None] = ContextVar("_KEPT", default=None)
