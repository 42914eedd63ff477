"""Loads every audit, so that Inspect finds the tasks under `standfast/`."""

from pkgutil import iter_modules

import standfast.audits
from standfast.audits._audit import Audit, find


def audits() -> dict[str, Audit]:
    """Return every audit of this folder by name."""
    names = [m.name for m in iter_modules(standfast.audits.__path__) if not m.ispkg and not m.name.startswith("_")]
    return {name: find(name) for name in sorted(names)}


AUDITS = audits()
