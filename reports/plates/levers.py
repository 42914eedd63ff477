"""Which lever moves more: what profile levels add to the gain, beside what training and scale add."""

from standfast.analysis.persuasion import Lever, Persuasion
from standfast.reports import measured, numbers, words
from standfast.reports.drawings import Forest, ForestGroup, ForestRow
from standfast.reports.parts import Figure
from standfast.reports.plates.interaction import point
from standfast.reports.plates.pages import divided
from standfast.reports.source import Source

_CAPTION = (
    "Levers on one axis: what a profile level adds to the gain against its control, and what one model has more than "
    "another, for instance after post-training or at a larger scale. Points of the stance scale, {level} intervals."
)

_LESS = " Of many subjects only the highest profile level is drawn; all stand in a table further on."
_NAMED = 3  # pairs that a caption has room for
_PAIRS = {"post-training": "post-training", "scale": "scale", "other": "other pairs of models"}


def plates(source: Source, found: Persuasion) -> list[Figure]:
    """Return figures that each fit a page and share one scale, nothing where no lever is known."""
    groups = [group for audit in source.audits for group in _groups(source, found, audit)]
    lead = [group for audit in source.audits for group in _lead(source, found, audit)]
    less = len(divided(groups)) > 1 and len(lead) > 0
    groups = lead if less else groups
    known = [row.point for group in groups for row in group.rows if row.point]
    if not known:
        return []
    holds = (min(p.low for p in known), max(p.high for p in known))
    return [_plate(source, found, part, number, holds, less=less) for number, part in enumerate(divided(groups), 1)]


def name(lever: Lever) -> str:
    """Return a lever in words, the kind of a pair in front of it."""
    return lever.name if lever.kind in ("personalisation", "other") else f"{lever.kind}: {lever.name}"


def _groups(source: Source, found: Persuasion, audit: str) -> list[ForestGroup]:
    """Return profile levels under each subject, then pairs of models by what tells them apart."""
    own = [x for x in found.levers if x.audit == audit and x.kind == "personalisation"]
    told = [(f"{audit}: {m}", [(x.name, x) for x in own if x.model == m]) for m in source.subjects]
    return [*_forest(told), *_pairs(found, audit)]


def _lead(source: Source, found: Persuasion, audit: str) -> list[ForestGroup]:
    """Return the highest profile level of each subject, then pairs of models."""
    own = [x for x in found.levers if (x.audit, x.kind, x.profile) == (audit, "personalisation", source.lead)]
    names = dict.fromkeys(x.name for x in own)
    told = [(f"{audit}: {name}", [(x.model, x) for x in own if x.name == name]) for name in names]
    return [*_forest(told), *_pairs(found, audit)] if told else []


def _pairs(found: Persuasion, audit: str) -> list[ForestGroup]:
    own = [x for x in found.levers if x.audit == audit]
    return _forest(
        [(f"{audit}: {told}", [(x.name, x) for x in own if x.kind == kind]) for kind, told in _PAIRS.items()]
    )


def _forest(told: list[tuple[str, list[tuple[str, Lever]]]]) -> list[ForestGroup]:
    return [ForestGroup(title=title, rows=tuple(_row(*one) for one in own)) for title, own in told if own]


def _between(source: Source, found: Persuasion) -> str:
    """Name the first pairs in full, with the models that they compare."""
    pairs = dict.fromkeys((x.name, x.kind, x.model, x.against) for x in found.levers if x.against)
    told = [f"{name} ({_PAIRS[kind]}): {model} − {against}" for name, kind, model, against in pairs]
    return f" Pairs: {'; '.join(told)}." if 0 < len(told) <= _NAMED else ""


def _row(label: str, lever: Lever) -> ForestRow:
    clear = measured.known(lever.estimate, lever.conf_low, lever.conf_high)
    return ForestRow(
        label=label,
        size=f"{numbers.count(lever.n_obs)} / {numbers.count(lever.n_items)}",
        estimate=numbers.signed(lever.estimate, "points") if clear else numbers.NOT_ESTIMATED,
        interval=numbers.interval(lever.conf_low, lever.conf_high, "points") if clear else "",
        point=point(0, lever.estimate, lever.conf_low, lever.conf_high) if clear else None,
    )


def _plate(
    source: Source,
    found: Persuasion,
    groups: tuple[ForestGroup, ...],
    number: int,
    holds: tuple[float, float],
    *,
    less: bool,
) -> Figure:
    level = words.level(found.conf_level)
    told = [f"{g.title}, {r.label}: {r.estimate} {r.interval}".rstrip() for g in groups for r in g.rows]
    return Figure(
        id=f"levers-{number}",
        data=Forest(
            axis="Difference in gain (points)", interval=f"{level} CI", unit="points", holds=holds, groups=groups
        ),
        alt="; ".join(told) + ".",
        caption=_CAPTION.format(level=level) + _between(source, found) + (_LESS if less else ""),
    )
