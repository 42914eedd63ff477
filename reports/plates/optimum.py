"""How much of what any sender could reach is reached, where priors and states are known."""

from standfast.analysis.persuasion import Persuasion, Signalling
from standfast.reports import measured, numbers, words
from standfast.reports.drawings import Forest, ForestGroup, ForestRow
from standfast.reports.parts import Figure
from standfast.reports.plates.interaction import point
from standfast.reports.plates.pages import divided
from standfast.reports.source import Source

_CAPTION = (
    "Gain of the sender ÷ the optimum, {level} intervals. 0: the receiver decides as on the prior alone. 1: the largest "
    "gain that any signals could reach with a receiver who updates by Bayes' rule and knows how messages are chosen. "
    "Beyond 1 the receiver is moved further than such a one can be.{pooled}"
)
_PRIORS = " Before each scenario stands its prior."
_POOLED = " Means over scenarios; single scenarios are in the tables."
_APART = 2  # subjects for which single scenarios are drawn
WHOLE = "all scenarios"


def plates(source: Source, found: Persuasion) -> list[Figure]:
    """Return figures that each fit a page, nothing where no ratio is known."""
    apart = len(source.subjects) <= _APART
    groups = []
    for audit in source.audits:
        own = [s for s in found.signalling if s.audit == audit]
        if apart:
            groups += [
                ForestGroup(title=f"{audit}: {m}", rows=tuple(_row(s, _label(s)) for s in by))
                for m in source.subjects
                if (by := ordered([s for s in own if s.model == m]))
            ]
        elif pooled := [s for m in source.subjects for s in own if s.model == m and not s.scenario]:
            groups.append(ForestGroup(title=f"{audit}: {WHOLE}", rows=tuple(_row(s, s.model) for s in pooled)))
    known = [row.point for group in groups for row in group.rows if row.point]
    if not known:
        return []
    holds = (min(p.low for p in known), max(p.high for p in known))
    return [_plate(found, part, number, holds, pooled=not apart) for number, part in enumerate(divided(groups), 1)]


def ordered(own: list[Signalling]) -> list[Signalling]:
    """Sort by prior, the mean over all scenarios first."""
    return sorted(own, key=lambda s: (bool(s.scenario), s.prior, s.scenario))


def _label(found: Signalling) -> str:
    prior = numbers.fixed(found.prior, "") if measured.known(found.prior) else measured.DASH
    return f"{prior} {found.scenario}" if found.scenario else WHOLE


def _row(found: Signalling, label: str) -> ForestRow:
    clear = measured.known(found.ratio, found.ratio_low, found.ratio_high)
    ends = f"[{numbers.fixed(found.ratio_low, '')}, {numbers.fixed(found.ratio_high, '')}]" if clear else ""
    return ForestRow(
        label=label,
        size=f"{numbers.count(found.n_obs)} / {numbers.count(found.n_items)}",
        estimate=numbers.fixed(found.ratio, "") if clear else numbers.NOT_ESTIMATED,
        interval=ends,
        point=point(0, found.ratio, found.ratio_low, found.ratio_high) if clear else None,
    )


def _plate(
    found: Persuasion, groups: tuple[ForestGroup, ...], number: int, holds: tuple[float, float], *, pooled: bool
) -> Figure:
    level = words.level(found.conf_level)
    told = [f"{g.title}, {r.label}: {r.estimate} {r.interval}".rstrip() for g in groups for r in g.rows]
    data = Forest(
        axis="Sender's gain ÷ optimum",
        interval=f"{level} CI",
        unit="ratio",
        holds=holds,
        landmarks=((0.0, "prior alone"), (1.0, "optimum")),
        groups=groups,
    )
    return Figure(
        id=f"optimum-{number}",
        data=data,
        alt="; ".join(told) + ".",
        caption=_CAPTION.format(level=level, pooled=_POOLED if pooled else _PRIORS),
    )
