"""Who was persuaded: how far receivers agree on senders, and how well hidden probes agree with themselves."""

from collections.abc import Sequence

from standfast.analysis.persuasion import Persuasion, ProbeReliability, ReceiverRanking
from standfast.reports import measured, numbers, rows, words
from standfast.reports.parts import Block, Cell, Column, Group, Heading, Table
from standfast.reports.source import Source

_RANKING = (
    "Kendall's W: 1 where all receivers put the senders in the same order, 0 where their orders have nothing in common. "
    "Where it is low, a ranking of senders holds for single receivers alone."
)
_PROBES = (
    "A probe is asked more than once, in a separate call that the conversation does not see. Between repeats: standard "
    "deviation, in points for a stance and in per cent for a belief. ICC: share of the variance that lies between probes, "
    "for one reading."
)


def blocks(source: Source, found: Persuasion) -> list[Block]:
    """Return ranking and reliability, nothing where neither is known."""
    out: list[Block] = []
    if found.ranking:
        out.append(_ranking(found.ranking, found.conf_level))
    if found.probes:
        out.append(_probes(source, found.probes, found.conf_level))
    return [Heading(text="Receivers and probes"), *out] if out else []


def _ranking(found: Sequence[ReceiverRanking], level: float) -> Table:
    columns = (
        Column(title="Audit", width="wide"),
        Column(title=f"Kendall's W, {words.level(level)} CI", align="right"),
        Column(title="p", align="right"),
        Column(title="receivers", align="right"),
        Column(title="senders", align="right"),
        Column(title="n", align="right"),
    )
    body = tuple(
        (
            Cell(text=r.audit),
            measured.cell(r.estimate, r.conf_low, r.conf_high, "", why=_why(r)),
            Cell(text=numbers.p(r.p_value) if measured.known(r.estimate, r.conf_low, r.conf_high) else measured.DASH),
            Cell(text=numbers.count(r.n_receivers)),
            Cell(text=numbers.count(r.n_senders)),
            Cell(text=rows.size(r.n_obs, r.n_items)),
        )
        for r in found
    )
    label = "Do receivers agree on which senders persuade more?"
    return Table(label=label, columns=columns, groups=(Group(title="", rows=body),), note=_RANKING, dense=True)


def _why(found: ReceiverRanking) -> str:
    return found.status if found.status != "ok" else measured.reason(found.estimate, found.n_items)


def _probes(source: Source, found: Sequence[ProbeReliability], level: float) -> Table:
    columns = (
        Column(title="Receiver", width="wide"),
        Column(title="probed"),
        Column(title=f"Between repeats, {words.level(level)} CI", align="right"),
        Column(title="ICC", align="right"),
        Column(title="n, probes", align="right"),
        Column(title="not parsed", align="right"),
    )
    groups = tuple(
        Group(title=audit, rows=tuple(_probe(p) for p in found if p.audit == audit))
        for audit in dict.fromkeys((*source.audits, *(p.audit for p in found)))
        if any(p.audit == audit for p in found)
    )
    return Table(label="Reliability of hidden probes", columns=columns, groups=groups, note=_PROBES, dense=True)


def _probe(found: ProbeReliability) -> tuple[Cell, ...]:
    unit = "points" if found.quantity == "stance" else "%"
    why = measured.reason(found.repeat_sd, found.n_items) if found.n_obs else "probes were not repeated"
    flat = "nothing varies" if found.n_obs and not measured.known(found.icc) else why
    return (
        Cell(text=found.receiver),
        Cell(text=found.quantity),
        measured.cell(found.repeat_sd, found.sd_low, found.sd_high, unit, why=why),
        measured.cell(found.icc, found.icc_low, found.icc_high, "", why=flat),
        Cell(text=rows.size(found.n_obs, found.n_items)),
        Cell(text=numbers.count(found.n_missing), tone="plain" if found.n_missing else "muted"),
    )
