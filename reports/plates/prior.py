"""How far stances move, by where they stood at the opening."""

from math import isfinite

from standfast.analysis.persuasion import Persuasion, PriorPeak, PriorPoint
from standfast.reports import measured, numbers, rows, words
from standfast.reports.exchanges import Dot, Node, Prior, PriorPanel
from standfast.reports.parts import Figure
from standfast.reports.plates.several import TOLD, further
from standfast.reports.source import Source

NO_PEAK = "no clear peak"
_CAPTION = (
    "Gain by opening stance, {audit}. The stance is counted towards the sender's aim: 1 is fully against it, 7 fully "
    "for it. Line and band: fitted curve with {level} interval. Dots: mean gains, larger for more conversations. "
    "Dashed: the peak, with its interval at the foot, where there is a clear one."
)
_SHARED = (
    " Stance and gain share one reading here, so that a fall of gain with stance is in part regression to the mean."
)


def plate(source: Source, found: Persuasion, audit: str, number: int) -> Figure | None:
    """Return the figure of an audit, nothing where no curve is known."""
    peaks = {p.model: p for p in found.prior_peaks if p.audit == audit}
    points = {m: [p for p in found.prior_points if (p.model, p.audit) == (m, audit)] for m in source.subjects}
    panels = tuple(_panel(m, own, peaks.get(m)) for m, own in points.items() if own or m in peaks)
    if not any(panel.curve for panel in panels):
        return None
    shared = any(p.coupling == "shared" and p.status in ("ok", "no peak") for p in peaks.values())
    told = [_told(panel, peaks.get(panel.title), points.get(panel.title, [])) for panel in panels[:TOLD]]
    return Figure(
        id=f"prior-{number}",
        data=Prior(panels=panels),
        alt=f"Gain by opening stance, points. {' '.join(told)}{further(len(panels))}",
        caption=_CAPTION.format(audit=audit, level=words.level(found.conf_level)) + (_SHARED if shared else ""),
    )


def without(found: Persuasion) -> tuple[str, ...]:
    """Say for which audits, or subjects of an audit, there is no curve, and why."""
    drawn = {(p.model, p.audit) for p in found.prior_points if measured.known(p.estimate, p.conf_low, p.conf_high)}
    told: dict[str, list[str]] = {}
    for audit in dict.fromkeys(p.audit for p in found.prior_peaks):
        own = [p for p in found.prior_peaks if p.audit == audit]
        lost = [p for p in own if (p.model, audit) not in drawn]
        for why in dict.fromkeys(p.status for p in lost):
            whom = [p.model for p in lost if p.status == why]
            named = audit if len(whom) == len(own) else f"{audit} ({words.listed(whom)})"
            told.setdefault("nothing observed" if why in ("ok", "no peak") else why, []).append(named)
    return tuple(f"No curve of gain by opening stance for {words.listed(whom)}: {why}." for why, whom in told.items())


def peak(found: PriorPeak | None) -> str:
    """Return a peak with its interval, that there is none, or why there is no curve."""
    if found is None:
        return "no curve"
    text = measured.told(found.estimate, found.conf_low, found.conf_high, "points")
    if found.found and text:
        return text
    return NO_PEAK if found.status in ("ok", "no peak") else found.status


def _panel(model: str, points: list[PriorPoint], found: PriorPeak | None) -> PriorPanel:
    ordered = sorted(points, key=lambda p: p.prior)
    curve = tuple(
        Node(x=p.prior, value=p.estimate, low=p.conf_low, high=p.conf_high)
        for p in ordered
        if measured.known(p.prior, p.estimate, p.conf_low, p.conf_high)
    )
    dots = tuple(Dot(x=p.prior, value=p.observed, n=p.n_obs) for p in ordered if p.n_obs and isfinite(p.observed))
    clear = found and found.found and measured.known(found.estimate, found.conf_low, found.conf_high)
    told = peak(found)
    return PriorPanel(
        title=model,
        note=f"peak {told}" if clear else NO_PEAK if told == NO_PEAK else "no curve",
        curve=curve if len(curve) > 1 else (),
        dots=dots,
        peak=(found.estimate, found.conf_low, found.conf_high) if found and clear else None,
    )


def _told(panel: PriorPanel, found: PriorPeak | None, points: list[PriorPoint]) -> str:
    """Tell the curve at both ends and in the middle, and its peak."""
    ordered = sorted((p for p in points if measured.told(p.estimate, p.conf_low, p.conf_high, "points")), key=_prior)
    chosen = [ordered[i] for i in sorted({0, len(ordered) // 2, len(ordered) - 1})] if ordered else []
    at = [
        f"at {numbers.fixed(p.prior, 'points')} {measured.told(p.estimate, p.conf_low, p.conf_high, 'points', signed=True)}"
        for p in chosen
    ]
    size = f", {rows.size(found.n_obs, found.n_items)}" if found else ""
    return f"{panel.title}: {words.listed([*at, panel.note])}{size}."


def _prior(point: PriorPoint) -> float:
    return point.prior
