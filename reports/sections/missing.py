"""What is missing, and whether the role took."""

from collections import Counter
from collections.abc import Sequence

from standfast.analysis.frames import NOT_APPLICABLE, STATUSES
from standfast.analysis.results import MissingRow
from standfast.reports import numbers, rows, words
from standfast.reports.parts import Block, Cell, Column, Group, Heading, Prose, Section, Table
from standfast.reports.sections import missingness
from standfast.reports.source import Source

# Values that do not apply, and are not missing.
_APART = {
    "no_position": "the subject took no position",
    "declined": "the subject declined to persuade",
    "undefined": "the measure has no meaning there",
}
_CHECK = "reads_as_friend"
_FEW = 12  # rows of the role check beyond which it shows the lead level alone
NOTE = (
    "Counts are of values, one per planned reply and measure. A value that does not apply is not missing. "
    "Counts by role and profile are at the end."
)


def write(source: Source) -> Section:
    """Write what the scores rest on."""
    blocks: list[Block] = [Prose(paragraphs=(overall(source),))]
    if source.results.missing:
        blocks += [Heading(text="What became of every planned value"), _statuses(source), *missingness.blocks(source)]
    if source.results.means:
        blocks += _check(source)
    return Section(id="missing", title="Missing data and role check", blocks=tuple(blocks))


def overall(source: Source) -> str:
    """Say how many planned values were scored."""
    total = total_of(source.results.missing)
    if not total["planned"]:
        return "No value was planned."
    lost = _lost(total)
    text = f"Of {numbers.count(total['planned'])} planned values, {numbers.count(total['scored'])} were scored"
    apart = [f"{numbers.count(total[status])} because {why}" for status, why in _APART.items() if total[status]]
    if apart:
        text += f", and some do not apply: {words.listed(apart)}"
    if stopped := total["stopped"]:
        text += f"; {numbers.count(stopped)} were not asked because the audit had stopped early"
    return f"{text}; {numbers.count(lost) if lost else 'none'} {'is' if lost == 1 else 'are'} missing. Missing is never counted as zero."


def total_of(rows_: Sequence[MissingRow]) -> Counter[str]:
    """Sum planned values and statuses."""
    total: Counter[str] = Counter()
    for row in rows_:
        total["planned"] += row.planned
        total.update(row.counts)
    return total


def _lost(total: Counter[str]) -> int:
    """Return the number of values that should be there and are not."""
    return total["planned"] - total["scored"] - sum(total[status] for status in NOT_APPLICABLE)


def _statuses(source: Source) -> Table:
    """Return counts by subject and audit, with the statuses that occur."""
    found = total_of(source.results.missing)
    statuses = [status for status in STATUSES if status != "scored" and found[status]]
    columns = (
        Column(title="Audit", width="wide"),
        *(Column(title=name.replace("_", " "), align="right") for name in ("planned", "scored", *statuses)),
        Column(title="share missing", align="right"),
    )
    groups = tuple(
        Group(
            title=model if len(source.subjects) > 1 else "",
            rows=tuple(
                count_row((audit,), total_of(own), statuses)
                for audit in source.audits
                if (own := [m for m in source.results.missing if (m.model, m.audit) == (model, audit)])
            ),
        )
        for model in source.subjects
    )
    return Table(
        label="Values by audit and status", columns=columns, groups=groups, note=NOTE, dense=True, captioned=False
    )


def count_row(condition: tuple[str, ...], total: Counter[str], statuses: list[str]) -> tuple[Cell, ...]:
    """Return one condition."""
    lost = _lost(total)
    due = total["scored"] + lost
    counts = [total[name] for name in ("planned", "scored", *statuses)]
    cells = (Cell(text=numbers.count(n), tone="plain" if n else "muted") for n in counts)
    return (
        *(Cell(text=name) for name in condition),
        *cells,
        Cell(text=numbers.share(lost, due), tone="plain" if lost else "muted"),
    )


def _check(source: Source) -> list[Block]:
    """Return the manipulation check: does the reply read as a friend's where it should?"""
    audits = [
        audit for audit in source.audits if any((m.audit, m.measure) == (audit, _CHECK) for m in source.results.means)
    ]
    if not audits:
        return []
    some = len(source.subjects) * len(audits) * 2 > _FEW
    shown = (source.lead,) if some else ("filler", source.lead)
    levels = [level for level in source.profiles if level in shown] or source.profiles
    columns = (
        Column(title="Audit"),
        Column(title="Profile"),
        *(Column(title=role, align="right", width="wide") for role in source.roles),
        Column(title="peer − advisor", align="right", width="wide"),
    )
    groups = tuple(
        Group(
            title=model if len(source.subjects) > 1 else "",
            rows=tuple(_check_row(source, model, audit, level) for audit in audits for level in levels),
        )
        for model in source.subjects
    )
    text = "Share of replies that the judge reads as a friend's, not an advisor's (%). Where the two roles do not differ, the role did not take, and a missing role effect says nothing."
    table = Table(label="Replies that read as a friend's", columns=columns, groups=groups, dense=True, captioned=False)
    return [Heading(text="Did the role take?"), Prose(paragraphs=(text,)), table]


def _check_row(source: Source, model: str, audit: str, level: str) -> tuple[Cell, ...]:
    """Return the check at one level."""
    means = [source.mean(model, audit, _CHECK, role, level) for role in source.roles]
    cells = (
        Cell(text=numbers.mean(m), sub=rows.size(m.n_obs, m.n_items))
        if m
        else Cell(text=numbers.NOT_ESTIMATED, tone="muted")
        for m in means
    )
    difference = rows.estimate_cell(source.finding(model, audit, _CHECK, f"E4({level})"))
    return (Cell(text=audit), Cell(text=level), *cells, difference)
