"""Which items and which personas take part, by what a design asks for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from standfast import personas
from standfast.audits._audit import Audit, Item
from standfast.audits._factors import Design
from standfast.audits._opening import Known
from standfast.audits.benchmarks._download import local
from standfast.errors import SuiteError


def known(kind: str, asked: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return what is asked for, which must all be among the names."""
    unknown = [name for name in asked if name not in names]
    if unknown:
        message = f"no {kind} {unknown[0]!r}. Known: {', '.join(names)}"
        raise SuiteError(message)
    return list(asked)


def items_of(audit: Audit, design: Design) -> list[Item]:
    """Return the items that take part.

    Raises:
        SuiteError: The source, its path or an item is not known, or two items ask the same.
    """
    if design.source is None:
        items = audit.items()
    elif design.source not in audit.formats:
        message = f"{audit.name}: no source {design.source!r}. Known: {', '.join(audit.formats) or 'none'}"
        raise SuiteError(message)
    elif design.path is None:
        message = f"{audit.name}: source {design.source!r} needs a path"
        raise SuiteError(message)
    else:
        items = audit.formats[design.source](local(design.path))
    _distinct(audit, items)
    if design.items == "all":
        return items
    if isinstance(design.items, int):
        return items[: design.items]
    by_id = {item.id: item for item in items}
    return [by_id[name] for name in known(f"item of {audit.name}", design.items, list(by_id))]


def _distinct(audit: Audit, items: Sequence[Item]) -> None:
    """Refuse items that say the same: they would count as independent."""
    seen: dict[str, str] = {}
    for item in items:
        said = " ".join(item.script[next(iter(item.script))][0].lower().split())
        if said in seen:
            message = f"{audit.name}: items {seen[said]} and {item.id} ask the same question; leave one out"
            raise SuiteError(message)
        seen[said] = item.id


def cast_of(design: Design) -> dict[str, Known]:
    """Return the personas that take part, by name: of the library, or of a published set."""
    if design.personas_source is None:
        return {name: personas.load(name) for name in _drawn(design, personas.names())}
    if design.personas_path is None:
        message = f"personas: source {design.personas_source!r} needs a path"
        raise SuiteError(message)
    published = personas.cast(design.personas_source, Path(design.personas_path))
    return {name: published[name] for name in _drawn(design, list(published))}


def _drawn(design: Design, names: Sequence[str]) -> list[str]:
    if not isinstance(design.personas, int):
        return known("persona", design.personas, names)
    if not 1 <= design.personas <= len(names):
        message = f"personas must be from 1 to {len(names)}, got {design.personas}"
        raise SuiteError(message)
    rng = np.random.default_rng(design.seed if design.personas_seed is None else design.personas_seed)
    return sorted(names[i] for i in rng.permutation(len(names))[: design.personas])
