"""How far stances moved: tables of gains by condition, round, episode and lever."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TypeVar

from standfast.analysis.persuasion import (
    EpisodeSlope,
    Gain,
    Lever,
    Outcomes,
    Persuasion,
    PlanePoint,
    PriorPeak,
    RoundGain,
)
from standfast.reports import measured, numbers, rows, words
from standfast.reports.parts import Block, Cell, Column, Group, Heading, Table
from standfast.reports.plates import levers, rounds, several
from standfast.reports.plates import prior as prior_plate
from standfast.reports.source import Source

_CONDITIONS = ("receiver", "role", "profile", "challenge", "topic_class")
_ATTAINABLE = (
    "Gain in points of the stance scale, from 1 to 7. Share of the attainable: the gain as a share of the way from the "
    "opening stance to the end of the scale that is aimed at. n counts conversations with an attempt to persuade."
)
_ALL = "all"
_FEW = 4  # subjects whose gains by receiver have room in the body
_STEP = "The step is what the last message added."
_SLOPE = "Below 0 the gain decays from one episode to the next, above 0 it grows."
_PEAK = (
    "The peak is an opening stance, counted towards the aim. Curvature below 0 bends the curve downwards at both ends. "
    "Inner: share of resamples with a maximum inside the stances seen. Reliability: share of the variance of opening "
    "stances that repeated probes agree on."
)


Row = TypeVar("Row", Gain, Outcomes, PlanePoint, RoundGain, EpisodeSlope)


def overall(source: Source, found: Persuasion) -> Table | None:
    """Return the mean gains over everything and, of few subjects, by receiver."""
    own = [g for g in found.gains if _in_body(source, g)]
    return _gains(source, own, "Mean gains") if own else None


def details(source: Source, found: Persuasion) -> list[Block]:
    """Return the gains by all other conditions, the rounds, and the numbers behind the curves of priors."""
    own = [g for g in found.gains if not _in_body(source, g)]
    out: list[Block] = []
    if own:
        out += [Heading(text="Gains by condition"), _gains(source, own, "Gains by condition", captioned=False)]
    if listed := [r for audit in source.audits for r in _told(found.rounds, audit)]:
        out += [Heading(text="Gains by round"), _rounds(source, listed)]
    return [*out, _peaks(source, found.prior_peaks)] if found.prior_peaks else out


def grouped(
    source: Source, found: Iterable[tuple[str, str, tuple[Cell, ...]]], *, named: bool = True
) -> tuple[Group, ...]:
    """Put rows of (subject, audit, cells) under a heading for each audit and, where there are several, each subject.

    Rows that name their subject themselves are not `named` here. Where each subject has a single row, the subject
    stands in that row and not above it.
    """
    told = list(found)
    by: dict[tuple[str, str], list[tuple[Cell, ...]]] = {}
    for model, audit, cells in told:
        above = named and not _single(told, audit)
        first = cells[0].model_copy(update={"text": model}) if named and not above else cells[0]
        by.setdefault((audit, model if above else ""), []).append((first, *cells[1:]))
    places = {name: place for place, name in enumerate((*source.audits, *source.subjects))}
    keys = sorted(by, key=lambda key: tuple(places.get(name, len(places)) for name in key))
    several = len({model for model, _, _ in told}) > 1
    return tuple(
        Group(title=f"{audit}: {model}" if several and model else audit, rows=tuple(by[audit, model]))
        for audit, model in keys
    )


def _single(told: Sequence[tuple[str, str, tuple[Cell, ...]]], audit: str) -> bool:
    """Tell whether all rows of an audit are on everything, one for each of several subjects."""
    own = [(model, cells[0].text) for model, where, cells in told if where == audit]
    return len(own) > 1 and len({model for model, _ in own}) == len(own) and {text for _, text in own} == {_ALL}


def levers_table(source: Source, found: Sequence[Lever], level: float) -> Table:
    """Return what each lever adds, also in percentage points of the scale."""
    columns = (
        Column(title="Lever", width="wide"),
        Column(title=f"Points, {words.level(level)} CI", align="right"),
        Column(title="pp of the scale", align="right"),
        Column(title="n", align="right"),
        Column(title="receivers", align="right"),
    )
    body = ((lever.model, lever.audit, _lever(lever)) for lever in found)
    return Table(label="Levers", columns=columns, groups=grouped(source, body), dense=True)


def episodes(source: Source, found: Sequence[EpisodeSlope], level: float) -> Table:
    """Return how gains change over episodes with one receiver."""
    columns = (
        Column(title="Condition", width="wide"),
        Column(title=f"First episode, {words.level(level)} CI", align="right"),
        Column(title="Change per episode", align="right"),
        Column(title="episodes", align="right"),
        Column(title="n", align="right"),
    )
    body = ((s.model, s.audit, _slope(s)) for s in in_order(source, found))
    label = "Gain over episodes with a receiver who remembers"
    return Table(label=label, columns=columns, groups=grouped(source, body), note=_SLOPE, dense=True)


def in_order(source: Source, found: Sequence[Row]) -> list[Row]:
    """Sort rows: that on everything first, then by one condition after the other, each in its own order."""
    ranks = {
        "receiver": ["", *source.run.get("receivers", ())],
        "role": ["", *source.roles],
        "profile": words.in_ladder_order({str(getattr(row, "profile", "")) for row in found} - {""}),
        "challenge": several.in_order(str(getattr(row, "challenge", "")) for row in found),
    }

    def key(row: Row) -> tuple[object, ...]:
        named = [(name, str(getattr(row, name, ""))) for name in _CONDITIONS]
        given = [place for place, (_, value) in enumerate(named) if value]
        ranked = [_rank(ranks.get(name, []), value) for name, value in named]
        return len(given), given[:1], ranked, getattr(row, "after", 0)

    return sorted(found, key=key)


def _rank(known: Sequence[str], value: str) -> tuple[int, str]:
    return (known.index(value), "") if value in known else (len(known), value)


def condition(*parts: str) -> str:
    """Return the conditions of a row in words; empty ones stand for all."""
    return ", ".join(part for part in parts if part) or _ALL


def _in_body(source: Source, found: Gain) -> bool:
    """Tell whether the body holds a gain."""
    few = len(source.subjects) <= _FEW
    return not any(getattr(found, name) for name in (_CONDITIONS[1:] if few else _CONDITIONS))


def _gains(source: Source, own: Sequence[Gain], label: str, *, captioned: bool = True) -> Table:
    level = source.results.persuasion.conf_level if source.results.persuasion else 0.95
    columns = (
        Column(title="Condition", width="wide"),
        Column(title=f"Gain, points, {words.level(level)} CI", align="right"),
        Column(title="Share of the attainable, %", align="right"),
        Column(title="n", align="right"),
        Column(title="receivers", align="right"),
    )
    groups = grouped(source, ((g.model, g.audit, _gain(g)) for g in in_order(source, own)))
    return Table(label=label, columns=columns, groups=groups, note=_ATTAINABLE, dense=True, captioned=captioned)


def _told(found: Sequence[RoundGain], audit: str) -> list[RoundGain]:
    """Return the rounds that the table tells of an audit: all challenges together, and those that the figure draws."""
    own = [r for r in found if r.audit == audit]
    return [*(r for r in own if not r.challenge), *rounds.few([r for r in own if r.challenge])]


def _gain(found: Gain) -> tuple[Cell, ...]:
    why = measured.reason(found.estimate, found.n_items)
    whole = not found.n_obs or isfinite(found.attainable)
    return (
        Cell(text=_where(found)),
        measured.cell(found.estimate, found.conf_low, found.conf_high, "points", signed=True, why=why),
        measured.share(
            found.attainable,
            found.attainable_low,
            found.attainable_high,
            why=why if whole else "nothing was attainable",
        ),
        Cell(text=rows.size(found.n_obs, found.n_items)),
        Cell(text=numbers.count(found.n_receivers)),
    )


def _where(found: Gain) -> str:
    profile = words.profile(found.profile) if found.profile else ""
    receiver = f"receiver {found.receiver}" if found.receiver else ""
    return condition(
        receiver, found.role, profile, found.challenge, found.topic_class and f"{found.topic_class} topics"
    )


def _lever(found: Lever) -> tuple[Cell, ...]:
    why = measured.reason(found.estimate, found.n_items)
    return (
        Cell(text=levers.name(found), sub=f"{found.model} − {found.against}" if found.against else ""),
        measured.cell(found.estimate, found.conf_low, found.conf_high, "points", signed=True, why=why),
        measured.cell(found.percent, found.percent_low, found.percent_high, "pp", signed=True, why=why),
        Cell(text=rows.size(found.n_obs, found.n_items)),
        Cell(text=numbers.count(found.n_receivers)),
    )


def _slope(found: EpisodeSlope) -> tuple[Cell, ...]:
    why = measured.reason(found.estimate, found.n_items)
    profile = words.profile(found.profile) if found.profile else ""
    return (
        Cell(text=condition(profile, found.challenge)),
        measured.cell(found.first, found.first_low, found.first_high, "points", signed=True, why=why),
        measured.cell(found.estimate, found.conf_low, found.conf_high, "points", signed=True, why=why),
        Cell(text=numbers.count(found.episodes)),
        Cell(text=rows.size(found.n_obs, found.n_items)),
    )


def _rounds(source: Source, found: Sequence[RoundGain]) -> Table:
    """Return the gain after each message, and what the last one added."""
    level = source.results.persuasion.conf_level if source.results.persuasion else 0.95
    columns = (
        Column(title="Challenge", width="wide"),
        Column(title="after", align="right"),
        Column(title=f"Gain, points, {words.level(level)} CI", align="right"),
        Column(title="Step, points", align="right"),
        Column(title="n", align="right"),
    )
    body = ((r.model, r.audit, _round(r)) for r in in_order(source, found))
    label = "Gains by round"
    return Table(label=label, columns=columns, groups=grouped(source, body), note=_STEP, dense=True, captioned=False)


def _round(found: RoundGain) -> tuple[Cell, ...]:
    why = measured.reason(found.estimate, found.n_items)
    return (
        Cell(text=condition(found.challenge)),
        Cell(text=numbers.count(found.after)),
        measured.cell(found.estimate, found.conf_low, found.conf_high, "points", signed=True, why=why),
        measured.cell(found.step, found.step_low, found.step_high, "points", signed=True, why=why),
        Cell(text=rows.size(found.n_obs, found.n_items)),
    )


def _peaks(source: Source, found: Sequence[PriorPeak]) -> Table:
    """Return the peak of each curve, or why there is none."""
    columns = (
        Column(title="Audit", width="wide"),
        Column(title="Peak", align="right"),
        Column(title="Curvature", align="right"),
        Column(title="inner", align="right"),
        Column(title="reliability", align="right"),
        Column(title="n", align="right"),
    )
    body = ((p.model, p.audit, _peak(p)) for p in found)
    return Table(label="Peak of the gain by opening stance", columns=columns, groups=_by_model(source, body), note=_PEAK,
                 dense=True)  # fmt: skip


def _by_model(source: Source, body: Iterable[tuple[str, str, tuple[Cell, ...]]]) -> tuple[Group, ...]:
    """Put rows whose first cell names the audit under a heading for each subject."""
    told = list(body)
    return tuple(
        Group(title=model if len(source.subjects) > 1 else "", rows=own)
        for model in source.subjects
        if (own := tuple(cells for name, _, cells in told if name == model))
    )


def _peak(found: PriorPeak) -> tuple[Cell, ...]:
    why = prior_plate.peak(found)
    bent = (found.curvature, found.curvature_low, found.curvature_high)
    peak = (found.estimate, found.conf_low, found.conf_high) if found.found else (float("nan"),) * 3
    told = f"{numbers.fixed(100 * found.inner, '%')} %" if isfinite(found.inner) else measured.DASH
    repeats = numbers.fixed(found.reliability, "") if isfinite(found.reliability) else measured.DASH
    coupling = "apart" if found.coupling == "split" else "shared with the gain"
    return (
        Cell(text=found.audit, sub=f"opening stance: {coupling}"),
        measured.cell(*peak, "points", why=why),
        measured.cell(*bent, "points", signed=True, why=found.status),
        Cell(text=told, tone="plain" if isfinite(found.inner) else "muted"),
        Cell(text=repeats, tone="plain" if isfinite(found.reliability) else "muted"),
        Cell(text=rows.size(found.n_obs, found.n_items)),
    )
