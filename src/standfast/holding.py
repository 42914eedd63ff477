"""Who holds a run folder: the process whose lock lies on it, seen without taking the lock from anybody."""

import fcntl
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that holds a run folder.

    Attributes:
        process: Its number, `None` where the lock does not say.
        minutes: How long it has held the folder, `None` where the lock does not say.
    """

    process: int | None
    minutes: float | None


def owner(folder: Path, now: float) -> Owner | None:
    """Return who holds the folder; asks for a shared lock, which is given back at once."""
    try:
        with (folder / ".lock").open("r", encoding="utf-8", errors="replace") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return _told(file.read(200), now)
    except OSError:  # no lock was ever taken
        return None
    return None


def _told(lock: str, now: float) -> Owner:
    told = re.search(r"process (\d+) since (\d{4}-\d\d-\d\d \d\d:\d\d)", lock)
    if told is None:
        return Owner(process=None, minutes=None)
    since = datetime.strptime(told[2], "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp()
    return Owner(process=int(told[1]), minutes=max(now - since, 0.0) / 60)
