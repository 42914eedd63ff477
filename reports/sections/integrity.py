"""Who served the replies, and whether each of them is new evidence."""

from standfast.analysis.results import Integrity
from standfast.reports import numbers, words
from standfast.reports.parts import Block, Bullets, Cell, Column, Group, Heading, Prose, Section, Table
from standfast.reports.source import Source

_READING = (
    "Read from the logs alone. Distinct: conversations that differ in what was asked or answered. Served as: the name "
    "under which the provider reported the model. An audit with a problem gives no evidence: no gate on it can pass."
)


def write(source: Source) -> Section:
    """Write what the logs tell about the evidence; no blocks where nothing was looked for."""
    known = source.results.integrity
    if not known:
        return Section(id="integrity", title="Integrity of the evidence", blocks=())
    blocks: list[Block] = [Prose(paragraphs=(_overall(known),)), Prose(paragraphs=(_READING,), muted=True)]
    blocks.append(_table(source))
    if problems := _problems(source):
        blocks += [Heading(text="Problems"), Bullets(items=tuple(problems))]
    if copies := _duplicates(source):
        blocks += [Heading(text="Items with one text"), Bullets(items=tuple(copies))]
    return Section(id="integrity", title="Integrity of the evidence", blocks=tuple(blocks))


def told(source: Source) -> list[str]:
    """Say on page 1 what evidence cannot be used."""
    problems = _problems(source)
    if not problems:
        return []
    more = f" {words.counted(len(problems) - 1, 'more problem').capitalize()} below." if len(problems) > 1 else ""
    return [f"Evidence that cannot be used. {problems[0]}{more}"]


def _overall(known: tuple[Integrity, ...]) -> str:
    bad = sum(bool(one.problems) for one in known)
    text = f"{words.counted(len(known), 'audit').capitalize()} of a subject looked at: "
    return text + ("no problem was found." if not bad else f"{words.spelled(bad)} cannot be used as evidence.")


def _problems(source: Source) -> list[str]:
    """Return every problem with where it is; one that several audits share stands once."""
    where: dict[str, list[str]] = {}
    for one in source.results.integrity:
        for problem in one.problems:
            where.setdefault(problem, []).append(_where(source, one))
    return [f"{words.listed(audits, 4)}: {words.sentence(problem)}" for problem, audits in where.items()]


def _duplicates(source: Source) -> list[str]:
    copies: dict[tuple[str, tuple[str, ...]], None] = {}
    for one in source.results.integrity:
        if one.duplicates:
            copies[one.audit, one.duplicates] = None
    return [f"{audit}: {words.listed(items)}." for audit, items in copies]


def _where(source: Source, one: Integrity) -> str:
    return f"{one.audit} ({one.model})" if len(source.subjects) > 1 else one.audit


def _table(source: Source) -> Table:
    columns = (
        Column(title="Audit"),
        Column(title="samples", align="right"),
        Column(title="distinct", align="right"),
        Column(title="repeated", align="right"),
        Column(title="cached", align="right"),
        Column(title="Served as", width="wide"),
        Column(title="Judged by", width="wide"),
        Column(title="Problems", align="right"),
    )
    groups = tuple(
        Group(
            title=model if len(source.subjects) > 1 else "",
            rows=tuple(_row(one) for one in source.results.integrity if one.model == model),
        )
        for model in dict.fromkeys(one.model for one in source.results.integrity)
    )
    label = "Samples, and who served and judged them"
    return Table(label=label, columns=columns, groups=groups, dense=True, captioned=False)


def _row(one: Integrity) -> tuple[Cell, ...]:
    return (
        Cell(text=one.audit),
        *(_count(number) for number in (one.samples, one.distinct, one.repeated, one.cached)),
        Cell(text=words.listed(one.served, 3)) if one.served else Cell(text="not reported", tone="muted"),
        Cell(text=words.listed(one.judged, 3)) if one.judged else Cell(text="nobody", tone="muted"),
        Cell(text=numbers.count(len(one.problems)), tone="fail") if one.problems else Cell(text="none", tone="muted"),
    )


def _count(number: int) -> Cell:
    return Cell(text=numbers.count(number), tone="plain" if number else "muted")
