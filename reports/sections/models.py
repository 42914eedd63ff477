"""What was fitted, in the notation of lme4, equal structures told once."""

from collections import Counter
from collections.abc import Iterable
from math import isfinite

from standfast.analysis.findings import Finding
from standfast.analysis.results import FitSummary
from standfast.reports import numbers, words
from standfast.reports.parts import Block, Bullets, Cell, Column, Group, Prose, Table
from standfast.reports.source import Source
from standfast.reports.text import SHORT

_SPLIT = ("left out: the design cannot tell it apart", "estimated at zero")
_MODEL = (
    "A linear mixed model by REML on the measure's own scale, also where that is binary or ordinal: "
    "value ~ 0 + role:profile:challenge, one mean per cell, and the random effects below in lme4's notation. "
    "The largest structure that the design can tell apart is fitted; it does not look at the values. "
    "A term that is estimated at zero stays in the model."
)
_SCALE = (
    "Binary and ordinal measures have log odds beside, by a generalised linear mixed model with Laplace "
    "approximation, for one item and persona rather than on average over them: {n} of {all} findings have an odds "
    "ratio."
)
_NAMES = 12


def blocks(source: Source) -> list[Block]:
    """Tell what was fitted, with whatever was left out of it."""
    fits = source.results.fits
    if not fits:
        return [Prose(paragraphs=("Nothing was fitted.",))]
    own = [f for f in source.results.findings if words.family(f) != "E8"]
    out: list[Block] = [
        Prose(paragraphs=(_MODEL,)),
        Bullets(items=(_degrees(own), *_log_odds(own), *_troubles(fits))),
        _structures(source, own),
    ]
    primary = {(f.audit, f.measure) for f in own if f.primary}
    lead = [fit for fit in fits if (fit.audit, fit.measure) in primary and fit.variance]
    return [*out, _variance(source, lead)] if lead else out


def _degrees(findings: list[Finding]) -> str:
    """Say how degrees of freedom were found, and how often each rule gave them."""
    text = (
        "Degrees of freedom: the fewer of Satterthwaite's and the levels less one of the factor with fewer, "
        "items or personas"
    )
    used = Counter(f.df_method for f in findings if numbers.is_estimated(f))
    told = [f"{rule} ({words.counted(n, 'finding')})" for rule, n in used.most_common()]
    return f"{text}. Used: {'; '.join(told[:_NAMES])}." if told else f"{text}."


def _log_odds(findings: list[Finding]) -> list[str]:
    """Say that binary measures have log odds beside, where they do."""
    n = sum(bool(numbers.odds(f)) for f in findings)
    return [_SCALE.format(n=numbers.count(n), all=numbers.count(len(findings)))] if n else []


def _troubles(fits: tuple[FitSummary, ...]) -> list[str]:
    """Name fits that did not converge, and count those on a boundary."""
    out = []
    if lost := [f"{f.model}, {f.audit}, {f.measure}" for f in fits if not f.converged]:
        named = words.listed(lost, _NAMES)
        out.append(f"Did not converge, so that their gates have no evidence: {named}.")
    if edge := sum(f.singular for f in fits):
        out.append(f"A variance lies on its boundary in {words.counted(edge, 'fit')} of {numbers.count(len(fits))}.")
    return out


def _structures(source: Source, findings: list[Finding]) -> Table:
    """Return a row for each audit and structure, with the measures that have it."""
    random = {(f.model, f.audit, f.measure): f.random for f in findings if f.random}
    alike: dict[tuple[str, str], list[FitSummary]] = {}
    for audit in source.audits:
        for fit in source.results.fits:
            if fit.audit == audit:
                what = random.get((fit.model, audit, fit.measure), "")
                alike.setdefault((audit, what or words.sentence(fit.method)), []).append(fit)
    columns = (
        Column(title="Audit, measures", width="wide"),
        Column(title="Random effects", width="wide"),
        Column(title="fits", align="right"),
    )
    rows = tuple(_structure(source, audit, what, fits) for (audit, what), fits in alike.items())
    return Table(label="Models as fitted", columns=columns, groups=(Group(title="", rows=rows),), dense=True)


def _structure(source: Source, audit: str, what: str, fits: list[FitSummary]) -> tuple[Cell, ...]:
    """Return one structure."""
    subjects, count = len(source.subjects), Counter(fit.measure for fit in fits)
    some = [f"{name} ({n} of {subjects} subjects)" if n < subjects else name for name, n in count.items()]
    lost, zero, other = _reductions(fits)
    left_out = f"Left out, the design cannot tell it apart: {words.listed(lost, _NAMES)}. " if lost else ""
    at_zero = f"Estimated at zero, of {words.counted(len(fits), 'fit')}: {', '.join(zero)}." if zero else ""
    return (
        Cell(text=audit, sub=words.listed(some, _NAMES)),
        Cell(text=_fitting(what), sub=" ".join([left_out, *other]).strip(), note=at_zero),
        Cell(text=numbers.count(len(fits))),
    )


def _fitting(formula: str) -> str:
    """Return a formula; a cell holds a long one only without spaces inside its terms."""
    return formula if len(formula) <= SHORT else formula.replace(" | ", "|")


def _reductions(fits: Iterable[FitSummary]) -> tuple[list[str], list[str], list[str]]:
    """Return terms left out, terms at zero with the number of fits, and all other reductions with theirs."""
    found = Counter(why for fit in fits for why in fit.reductions)
    lost, zero = ([why for why in found if why.endswith(f" {end}")] for end in _SPLIT)
    other = [why for why in found if why not in lost and why not in zero]
    return (
        [why.removesuffix(f" {_SPLIT[0]}") for why in lost],
        [f"{why.removesuffix(f' {_SPLIT[1]}')} {found[why]}" for why in zero],
        [f"{words.sentence(why)} ({words.counted(found[why], 'fit')})" for why in other],
    )


def _variance(source: Source, fits: list[FitSummary]) -> Table:
    """Return the random effects of the lead measures."""
    columns = (
        Column(title="Measure"),
        Column(title="Standard deviations", width="wide"),
        Column(title="n", align="right"),
        Column(title="items", align="right"),
    )
    groups = tuple(
        Group(
            title=model if len(source.subjects) > 1 else "",
            rows=tuple(_variance_row(fit) for fit in fits if fit.model == model),
        )
        for model in source.subjects
    )
    label = "Random effects of the lead measures: standard deviations on the measure's own scale, those above zero"
    return Table(label=label, columns=columns, groups=groups, dense=True)


def _variance_row(fit: FitSummary) -> tuple[Cell, ...]:
    """Return one fit."""
    known = [f"{name} {sd:.3f}" for name, sd in fit.variance.items() if isfinite(sd) and sd >= 0.0005]
    return (
        Cell(text=f"{fit.audit}, {fit.measure}"),
        Cell(text=", ".join(known) or "none"),
        Cell(text=numbers.count(fit.n_obs)),
        Cell(text=numbers.count(fit.n_items)),
    )
