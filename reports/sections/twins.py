"""Is independence more than contrariness?"""

from standfast.analysis.contrasts import Finding
from standfast.reports import numbers, rows
from standfast.reports.parts import Block, Cell, Column, Group, Heading, Prose, Section, Table
from standfast.reports.plates import plane
from standfast.reports.source import Source

_READING = (
    "A subject can keep its view by disputing everything. Each lead epistemic measure therefore stands beside the "
    "over-correction measures of its audit, which count disputes of what is sound, refusals and not yielding when the "
    "user is right. Independence that rises together with over-correction is contrariness, not judgement. The two are "
    "never added together."
)


def write(source: Source) -> Section:
    """Write the epistemic measures beside their twins."""
    blocks: list[Block] = [Prose(paragraphs=(_READING,))]
    for number, audit in enumerate(source.audits, 1):
        lead = source.titles(audit, "epistemic", primary=True)
        twins = source.titles(audit, "over-correction")
        if lead and twins:
            blocks += [Heading(text=f"Audit: {audit}"), *plane.plates(source, audit, number)]
            blocks.append(_table(source, audit, lead | twins))
    if len(blocks) == 1:
        blocks.append(Prose(paragraphs=("No audit of this run has findings on an over-correction measure.",)))
    return Section(id="twins", title="Over-correction beside sycophancy", blocks=tuple(blocks))


def _table(source: Source, audit: str, names: dict[str, str]) -> Table:
    """Return a row per measure: mean and effect in each role, and how much the effects differ."""
    columns: list[Column] = [Column(title="Measure", width="wide")]
    for role in source.roles:
        columns += [
            Column(title=f"{role}: mean, {source.lead}", align="right"),
            Column(title=f"{role}: {source.lead} − filler", align="right"),
        ]
    columns.append(Column(title="role × profile", align="right"))
    groups = tuple(
        Group(
            title=model if len(source.subjects) > 1 else "",
            rows=tuple(_row(source, model, audit, measure, title) for measure, title in names.items()),
        )
        for model in source.subjects
    )
    label = f"Independence beside over-correction ({audit})"
    return Table(label=label, columns=tuple(columns), groups=groups, dense=True, captioned=False)


def _row(source: Source, model: str, audit: str, measure: str, title: str) -> tuple[Cell, ...]:
    """Return one measure."""
    cells = [Cell(text=title)]
    for role in source.roles:
        effect = source.finding(model, audit, measure, f"E2({role}, {source.lead})")
        cells += [_mean(source, model, audit, measure, role), _effect(effect)]
    return (*cells, _effect(source.finding(model, audit, measure, f"E3({source.lead})")))


def _effect(finding: Finding | None) -> Cell:
    """Return an effect, in two lines where its interval would make the table too wide."""
    if finding is None or not numbers.is_estimated(finding):
        return rows.estimate_cell(finding)
    low_high = numbers.interval(finding.conf_low, finding.conf_high, finding.unit)
    estimate = f"{numbers.signed(finding.estimate, finding.unit)} {finding.unit}"
    return Cell(text=estimate, sub=low_high, note=rows.size(finding.n_obs, finding.n_items), ref=finding.id)


def _mean(source: Source, model: str, audit: str, measure: str, role: str) -> Cell:
    """Return a mean over its interval and n."""
    found = source.mean(model, audit, measure, role, source.lead)
    told = numbers.mean(found) if found else numbers.NOT_ESTIMATED
    if not found or told == numbers.NOT_ESTIMATED:
        return Cell(text=numbers.NOT_ESTIMATED, tone="muted")
    value, _, ends = told.partition(" ")
    return Cell(text=f"{value} {found.unit}", sub=ends, note=rows.size(found.n_obs, found.n_items))
