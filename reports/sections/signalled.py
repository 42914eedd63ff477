"""Scenarios with known priors: what receivers believed against Bayes' rule, and what messages told of the state."""

from collections.abc import Sequence

from standfast.analysis.persuasion import Information, Persuasion, Signalling
from standfast.reports import measured, numbers, rows, words
from standfast.reports.parts import Block, Cell, Column, Heading, Prose, Table
from standfast.reports.plates import optimum
from standfast.reports.sections.gained import grouped
from standfast.reports.source import Source

_READING = (
    "In these scenarios the prior and the states are known, so that what signals can do is known too. The mean belief "
    "of a receiver who updates by Bayes' rule equals the prior, whatever the sender sends; a gap shows receivers who do "
    "not. The gain is the probability that the receiver does what the sender wants, less that before the messages."
)
_GAP = "Gap: posterior − prior. Optimum: exact, by concave closure; it has no interval."
_BITS = (
    "Bits that what a message says of the state tells about the state, corrected for bias. Chance: the same with messages "
    "dealt to states at random, and the share of such deals with as much. Similarity of each message with the one before "
    "it is the published proxy: it shows that messages change, not that they tell anything."
)


def blocks(source: Source, found: Persuasion) -> list[Block]:
    """Return what is known of scenarios, nothing where there were none."""
    if not found.signalling and not found.information:
        return []
    out: list[Block] = []
    if found.signalling:
        out += [Heading(text="Scenarios with a known prior"), Prose(paragraphs=(_READING,))]
    out += optimum.plates(source, found)
    if pooled := [s for s in found.signalling if not s.scenario]:
        out.append(_table(source, pooled, found.conf_level, f"Beliefs and gains over {optimum.WHOLE}", whole=True))
    if found.information:
        out += [Heading(text="What messages tell"), _information(source, found.information, found.conf_level)]
    return out


def details(source: Source, found: Persuasion) -> list[Block]:
    """Return the single scenarios."""
    single = [s for m in source.subjects for s in optimum.ordered([x for x in found.signalling if x.model == m])]
    single = [s for s in single if s.scenario]
    if not single:
        return []
    return [Heading(text="Scenarios one by one"), _table(source, single, found.conf_level, "Scenarios")]


def _table(source: Source, found: Sequence[Signalling], level: float, label: str, *, whole: bool = False) -> Table:
    """Return scenarios under their subject, or the means over all of them with the subject in front."""
    columns = (
        Column(title="Subject" if whole else "Scenario", width="wide"),
        *(() if whole else (Column(title="prior, %", align="right"),)),
        Column(title=f"Posterior, %, {words.level(level)} CI", align="right"),
        Column(title="Gap, pp", align="right"),
        Column(title="Gain, pp", align="right"),
        Column(title="optimum, pp", align="right"),
        Column(title="Gain ÷ optimum", align="right"),
        Column(title="n", align="right"),
    )
    groups = grouped(source, ((s.model, s.audit, _scenario(s)) for s in found), named=not whole)
    return Table(label=label, columns=columns, groups=groups, note=_GAP, dense=True, captioned=whole)


def _scenario(found: Signalling) -> tuple[Cell, ...]:
    why = measured.reason(found.gain)
    return (
        Cell(text=found.scenario or found.model),
        *((_percent(found.prior),) if found.scenario else ()),
        _stacked(found.posterior, found.posterior_low, found.posterior_high, "%", why),
        _stacked(found.gap, found.gap_low, found.gap_high, "pp", why),
        _stacked(found.gain, found.gain_low, found.gain_high, "pp", why),
        _percent(found.optimum),
        _ratio(found, why),
        Cell(text=f"n {numbers.count(found.n_obs)}", sub=rows.size(found.n_obs, found.n_items).partition(", ")[2]),
    )


def _percent(value: float) -> Cell:
    text = numbers.fixed(100 * value, "%") if measured.known(value) else measured.DASH
    return Cell(text=text, tone="plain" if measured.known(value) else "muted")


def _stacked(value: float, low: float, high: float, unit: str, why: str) -> Cell:
    """Return a share with its interval below it, which keeps the table narrow."""
    text = measured.told(100 * value, 100 * low, 100 * high, unit, signed=unit == "pp")
    estimate, _, ends = text.partition(" ")
    return Cell(text=estimate, sub=ends) if text else Cell(text=measured.DASH, sub=why, tone="muted")


def _ratio(found: Signalling, why: str) -> Cell:
    text = measured.told(found.ratio, found.ratio_low, found.ratio_high, "")
    if not text:
        none = "nothing can be gained" if found.optimum == 0 else why
        return Cell(text=measured.DASH, sub=none, tone="muted")
    estimate, _, ends = text.partition(" ")
    return Cell(text=estimate, sub=ends, note="beyond the optimum" if found.beyond else "")


def _information(source: Source, found: Sequence[Information], level: float) -> Table:
    columns = (
        Column(title="Subject", width="wide"),
        Column(title=f"Bits, {words.level(level)} CI", align="right"),
        Column(title="most", align="right"),
        Column(title="uncorrected", align="right"),
        Column(title="chance", align="right"),
        Column(title="Similarity", align="right"),
        Column(title="n", align="right"),
    )
    groups = grouped(source, ((i.model, i.audit, _bits(i)) for i in found), named=False)
    methods = list(dict.fromkeys(i.estimator for i in found if i.estimator))
    note = f"{_BITS} Estimator: {words.listed(methods)}." if methods else _BITS
    label = "Information in messages about the state"
    return Table(label=label, columns=columns, groups=groups, note=note, dense=True, captioned=False)


def _bits(found: Information) -> tuple[Cell, ...]:
    why = measured.reason(found.bits, found.n_items) if found.n_obs else "no scenarios"
    alone = "one message each" if not measured.known(found.similarity) else "no interval"
    similar = f"n {numbers.count(found.n_similar)} messages" if found.n_similar else ""
    chance, p = _plain(found.chance), f"p {numbers.p(found.p_value)}" if measured.known(found.p_value) else ""
    return (
        Cell(text=found.model),
        measured.cell(found.bits, found.conf_low, found.conf_high, "", why=why),
        _plain(found.most),
        _plain(found.uncorrected),
        Cell(text=chance.text, sub=p, tone=chance.tone),
        measured.cell(found.similarity, found.similarity_low, found.similarity_high, "", sub=similar, why=alone),
        Cell(text=rows.size(found.n_obs, found.n_items)),
    )


def _plain(value: float) -> Cell:
    known = measured.known(value)
    return Cell(text=numbers.fixed(value, "") if known else measured.DASH, tone="plain" if known else "muted")
