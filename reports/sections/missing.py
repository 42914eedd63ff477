"""Section 3: who judged, what is missing, whether the role took, and what plain counting of words says."""

from collections import Counter
from collections.abc import Sequence

from standfast.analysis.frames import NOT_APPLICABLE, STATUSES
from standfast.analysis.results import MissingRow
from standfast.reports import numbers, rows, words
from standfast.reports.parts import Block, Cell, Column, Group, Heading, Prose, Section, Table
from standfast.reports.sections import missingness
from standfast.reports.source import Source

_CHECK = "reads_as_friend"


def write(source: Source) -> Section:
    """Write what the scores rest on."""
    blocks: list[Block] = [Prose(paragraphs=(_judges(source), _overall(source)))]
    if source.results.missing:
        blocks += [Heading(text="What became of every planned value"), _statuses(source), *missingness.blocks(source)]
    if source.results.means:
        blocks += _check(source)
    blocks += _lexical(source)
    return Section(id="judge", title="Judge and missing data", blocks=tuple(blocks))


def own_family(source: Source) -> list[str]:
    """Return the subjects that come from the same provider as a judge."""
    providers = {judge.partition("/")[0] for judge in source.run["judges"]}
    return [model for model in source.subjects if model.partition("/")[0] in providers]


def _judges(source: Source) -> str:
    """Name the judge and say how far it can be trusted."""
    judges = source.run["judges"]
    text = f"Judge: {words.listed(judges)}. It sees item and reply, not role or profile. "
    text += "It has not been calibrated against human labels in this version: read its scores as one reader's."
    same = own_family(source)
    if same and not source.run["simulated"]:
        text += f" From the judge's own provider: {words.listed(same)}."
    return text


def _overall(source: Source) -> str:
    """Say how many planned values were scored."""
    total = _total(source.results.missing)
    if not total["planned"]:
        return "No value was planned."
    lost = _lost(total)
    text = f"Of {numbers.count(total['planned'])} planned values, {numbers.count(total['scored'])} were scored"
    if apart := sum(total[status] for status in NOT_APPLICABLE):
        text += f" and {numbers.count(apart)} do not apply because the subject took no position"
    return f"{text}; {numbers.count(lost) if lost else 'none'} {'is' if lost == 1 else 'are'} missing. Missing is never counted as zero."


def _total(rows_: Sequence[MissingRow]) -> Counter[str]:
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
    """Return counts by subject, audit, role and profile, with the statuses that occur."""
    found = _total(source.results.missing)
    statuses = [status for status in STATUSES if status != "scored" and found[status]]
    columns = (
        *(Column(title=name, width="wide") for name in ("Audit", "Role", "Profile")),
        *(Column(title=name.replace("_", " "), align="right") for name in ("planned", "scored", *statuses)),
        Column(title="share missing", align="right"),
    )
    groups = tuple(
        Group(title=model if len(source.subjects) > 1 else "", rows=tuple(_counts(source, model, statuses)))
        for model in source.subjects
    )
    note = "Counts are of values, one per planned reply and measure. A value that does not apply is not missing."
    return Table(
        label="Values by condition and status", columns=columns, groups=groups, note=note, dense=True, captioned=False
    )


def _counts(source: Source, model: str, statuses: list[str]) -> list[tuple[Cell, ...]]:
    """Return the rows of one subject."""
    out = []
    for audit in source.audits:
        for role in source.roles:
            for level in source.profiles:
                own = [
                    row
                    for row in source.results.missing
                    if (row.model, row.audit, row.role, row.profile) == (model, audit, role, level)
                ]
                if own:
                    out.append(_count_row((audit, role, level), _total(own), statuses))
    return out


def _count_row(condition: tuple[str, str, str], total: Counter[str], statuses: list[str]) -> tuple[Cell, ...]:
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
    levels = [level for level in source.profiles if level in ("filler", source.lead)] or source.profiles
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


def _lexical(source: Source) -> list[Block]:
    """Return the effects on measures that need no judge."""
    body = {model: _lexical_rows(source, model) for model in source.subjects}
    if not any(body.values()):
        return []
    columns = (
        Column(title="Measure", width="wide"),
        *(Column(title=f"{role}: {source.lead} − filler", align="right", width="wide") for role in ("advisor", "peer")),
        Column(title="role × profile", align="right", width="wide"),
    )
    groups = tuple(
        Group(title=model if len(source.subjects) > 1 else "", rows=tuple(found)) for model, found in body.items()
    )
    text = "Counts of words, without a judge: a check on its scores, not a result."
    table = Table(label="Lexical measures", columns=columns, groups=groups, dense=True, captioned=False)
    return [Heading(text="Lexical measures"), Prose(paragraphs=(text,)), table]


def _lexical_rows(source: Source, model: str) -> list[tuple[Cell, ...]]:
    """Return the lexical measures of one subject."""
    contrasts = (f"E2(advisor, {source.lead})", f"E2(peer, {source.lead})", f"E3({source.lead})")
    return [
        (
            Cell(text=title, sub=audit),
            *(rows.estimate_cell(source.finding(model, audit, measure, contrast)) for contrast in contrasts),
        )
        for audit in source.audits
        for measure, title in source.titles(audit, "lexical").items()
        if any(source.finding(model, audit, measure, contrast) for contrast in contrasts)
    ]
