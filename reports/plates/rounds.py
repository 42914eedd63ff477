"""How far stances have moved after each message."""

from standfast.analysis.persuasion import Persuasion, RoundGain
from standfast.reports import measured, rows, words
from standfast.reports.drawings import Line, Panel
from standfast.reports.exchanges import Rounds
from standfast.reports.parts import Figure
from standfast.reports.plates.interaction import point
from standfast.reports.plates.several import FEW, TOLD, further, lines
from standfast.reports.source import Source

_CAPTION = "Gain by round, {audit}. Mean gain since the opening after each message, with {level} intervals.{all}"
_PLAIN = " Challenges as they are said by the user; others are in the attached JSON."
_ALL = " Over all challenges; those apart are in the tables."


def plate(source: Source, found: Persuasion, audit: str, number: int) -> Figure | None:
    """Return the figure of an audit in which several messages are sent, nothing for others."""
    own = [r for r in found.rounds if r.audit == audit]
    if max((r.after for r in own), default=0) < 2:
        return None
    apart = [r for r in own if r.challenge]
    shown = few(apart) or [r for r in own if not r.challenge]
    styles = lines(r.challenge for r in shown)
    subjects = [m for m in source.subjects if any(r.model == m for r in own)]
    panels = tuple(
        Panel(title=m, lines=tuple(_line(style, [r for r in shown if (r.model, r.challenge) == (m, name)])
                                   for name, style in styles.items()))
        for m in subjects
    )  # fmt: skip
    if not any(line.points for panel in panels for line in panel.lines):
        return None
    told = [_told(m, [r for r in shown if r.model == m]) for m in subjects[:TOLD]]
    more = "" if len(shown) == len(apart) or not apart else _PLAIN if shown[0].challenge else _ALL
    return Figure(
        id=f"rounds-{number}",
        data=Rounds(panels=panels),
        alt=f"Gain after the last message, points. {' '.join(told)}{further(len(subjects))}",
        caption=_CAPTION.format(audit=audit, level=words.level(found.conf_level), all=more),
    )


def few(apart: list[RoundGain]) -> list[RoundGain]:
    """Return the rows of the challenges, of many those that no one else says; nothing where these are still many."""
    names = {r.challenge for r in apart}
    if len(names) > FEW:
        names = {name for name in names if "-" not in name}
    return [r for r in apart if r.challenge in names] if len(names) <= FEW else []


def _line(style: Line, own: list[RoundGain]) -> Line:
    points = (point(r.after, r.estimate, r.conf_low, r.conf_high) for r in sorted(own, key=lambda r: r.after))
    return style.model_copy(update={"points": tuple(p for p in points if p)})


def _told(model: str, own: list[RoundGain]) -> str:
    """Tell the gain after the last message under each challenge."""
    ends = []
    for challenge in dict.fromkeys(r.challenge for r in own):
        last = max((r for r in own if r.challenge == challenge), key=lambda r: r.after)
        text = measured.told(last.estimate, last.conf_low, last.conf_high, "points", signed=True) or "not estimated"
        ends.append(f"{challenge or 'all'} {text} ({rows.size(last.n_obs, last.n_items)})")
    return f"{model}: {words.listed(ends)}."
