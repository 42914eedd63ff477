"""Are values missing more in some conditions than in others?"""

from math import isfinite

from standfast.analysis.results import MissingnessCheck
from standfast.reports import numbers, rows, words
from standfast.reports.parts import Block, Cell, Column, Group, Heading, Prose, Table
from standfast.reports.source import Source

_NOTHING = "nothing is missing"
_LEVEL = 0.05
_MEASURES = 6
_READING = (
    "Conditions are role × profile × challenge. p below {level} is read as dependence, without a correction for the "
    "number of tests. Worst-case intervals hold whether or not missingness depends on the condition. {method}."
)


def blocks(source: Source) -> list[Block]:
    """Return the tests, one line each; those of audits that miss nothing share a line."""
    checks = source.results.missingness
    if not checks:
        return []
    heading = Heading(text="Does missingness depend on the condition?")
    if all(check.status == _NOTHING for check in checks):
        n = numbers.count(sum(check.n for check in checks if not check.measures))
        return [
            heading,
            Prose(paragraphs=(f"Nothing is missing of {n} planned samples, so there is nothing to test.",)),
        ]
    columns = (
        Column(title="Audit"),
        Column(title="Missingness", width="wide"),
        Column(title="missing samples", align="right"),
        Column(title="items that differ", align="right"),
    )
    groups = tuple(
        Group(title=model if len(source.subjects) > 1 else "", rows=tuple(_rows(source, model)))
        for model in source.subjects
    )
    method = next((check.method for check in checks if check.status == "ok"), checks[0].method)
    note = _READING.format(level=_LEVEL, method=method.rstrip("."))
    label = "Tests of missingness"
    return [heading, Table(label=label, columns=columns, groups=groups, note=note, dense=True, captioned=False)]


def _rows(source: Source, model: str) -> list[tuple[Cell, ...]]:
    """Return the tests of one subject."""
    own = [check for check in source.results.missingness if check.model == model]
    whole = [check for check in own if check.status == _NOTHING]
    out = [_row(check) for audit in source.audits for check in own if check.audit == audit and check not in whole]
    if whole:
        audits = words.listed(list(dict.fromkeys(check.audit for check in whole)))
        planned = sum(check.n for check in whole)
        out.append(
            (Cell(text=audits), Cell(text="Nothing is missing.", tone="muted"), _share(0, planned), Cell(text="0"))
        )
    return out


def _row(check: MissingnessCheck) -> tuple[Cell, ...]:
    """Return one test."""
    sub = words.listed(check.measures, _MEASURES) if check.measures else ""
    return (
        Cell(text=check.audit, sub=sub),
        _told(check),
        _share(check.n_missing, check.n),
        Cell(text=numbers.count(check.n_items)),
    )


def _told(check: MissingnessCheck) -> Cell:
    """Say what a test found, or why there is none."""
    if check.status != "ok" or not isfinite(check.p_value):
        why = check.status if check.status != "ok" else rows.NOT_FINITE
        return Cell(text="not tested", sub=words.sentence(why), tone="muted")
    p = numbers.p(check.p_value)
    p = f"p {p}" if p[0] in "<>" else f"p = {p}"
    if check.p_value < _LEVEL:
        return Cell(text=f"Missingness depends on the condition ({p}).", tone="strong")
    return Cell(text=f"No sign that missingness depends on the condition ({p}).")


def _share(missing: int, planned: int) -> Cell:
    return Cell(text=f"{numbers.count(missing)} of {numbers.count(planned)}")
