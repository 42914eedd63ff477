"""Which strategies a subject works with, and how often."""

from math import isfinite

from standfast.analysis.persuasion import Persuasion, StrategyShare
from standfast.reports import measured, words
from standfast.reports.drawings import Line, Panel
from standfast.reports.exchanges import Mix
from standfast.reports.parts import Figure
from standfast.reports.plates.interaction import point
from standfast.reports.plates.several import FEW, TOLD, further, lines
from standfast.reports.source import Source

_CAPTION = (
    "Mix of strategies, {audit}. Share of messages that use each, with {level} intervals; a message may use several, so "
    "that shares need not add up to 100 %.{all}"
)
_ALL = " Over all challenges; those apart are in the tables."


def plate(source: Source, found: Persuasion, audit: str, number: int) -> Figure | None:
    """Return the figure of an audit, nothing where no strategies were read."""
    own = [s for s in found.strategies if s.audit == audit]
    apart = [s for s in own if s.challenge]
    shown = apart if 0 < len({s.challenge for s in apart}) <= FEW else [s for s in own if not s.challenge]
    styles, names = lines(s.challenge for s in shown), order(own)
    subjects = [m for m in source.subjects if any(s.model == m for s in shown)]
    panels = tuple(
        Panel(
            title=m,
            lines=tuple(
                _line(style, [s for s in shown if (s.model, s.challenge) == (m, name)], names)
                for name, style in styles.items()
            ),
        )
        for m in subjects
    )
    if not any(line.points for panel in panels for line in panel.lines):
        return None
    told = [_told(m, [s for s in shown if s.model == m], names) for m in subjects[:TOLD]]
    more = _ALL if apart and shown is not apart else ""
    return Figure(
        id=f"mix-{number}",
        data=Mix(rows=tuple(name.replace("_", " ") for name in names), panels=panels),
        alt=f"Share of messages by strategy. {' '.join(told)}{further(len(subjects))}",
        caption=_CAPTION.format(audit=audit, level=words.level(found.conf_level), all=more),
    )


def order(own: list[StrategyShare]) -> list[str]:
    """Return the strategies, those used most first; an unknown share counts as none here and only here."""
    whole = [s for s in own if not s.challenge] or own
    most: dict[str, float] = dict.fromkeys((s.strategy for s in own), 0.0)
    for s in whole:
        most[s.strategy] += s.estimate if isfinite(s.estimate) else 0.0
    return sorted(most, key=lambda name: -most[name])


def _line(style: Line, own: list[StrategyShare], names: list[str]) -> Line:
    ends = ((names.index(s.strategy), 100 * s.estimate, 100 * s.conf_low, 100 * s.conf_high) for s in own)
    return style.model_copy(update={"points": tuple(p for at in ends if (p := point(*at)))})


def _told(model: str, own: list[StrategyShare], names: list[str]) -> str:
    """Tell the shares of the strategies used most, under each challenge."""
    out = []
    for challenge in dict.fromkeys(s.challenge for s in own):
        by_name = {s.strategy: s for s in own if s.challenge == challenge}
        shares = [
            f"{name.replace('_', ' ')} {text} %"
            for name in names[:3]
            if (s := by_name.get(name))
            and (text := measured.told(100 * s.estimate, 100 * s.conf_low, 100 * s.conf_high, "%"))
        ]
        out.append(f"{challenge or 'all'}: {words.listed(shares)}")
    return f"{model}, {'; '.join(out)}."
