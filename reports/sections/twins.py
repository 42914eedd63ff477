"""Section 4: is independence more than contrariness?"""

from standfast.reports import numbers, rows
from standfast.reports.parts import Block, Cell, Column, Group, Heading, Prose, Section, Table
from standfast.reports.source import Source

_READING = (
    "A subject can keep its view by disputing everything. Each lead epistemic measure therefore stands beside its "
    "over-correction twin, which counts disputes of what is sound. Independence that rises together with "
    "over-correction is contrariness, not judgement. The two are never added together."
)


def write(source: Source) -> Section:
    """Write the epistemic measures beside their twins."""
    blocks: list[Block] = [Prose(paragraphs=(_READING,))]
    for audit in source.audits:
        lead = source.titles(audit, "epistemic", primary=True)
        twins = source.titles(audit, "over-correction")
        if lead and twins:
            blocks += [Heading(text=f"Audit: {audit}"), _table(source, audit, lead | twins)]
    if len(blocks) == 1:
        blocks.append(Prose(paragraphs=("No audit of this run has findings on an over-correction measure.",)))
    return Section(id="twins", title="Over-correction beside sycophancy", blocks=tuple(blocks))


def _table(source: Source, audit: str, names: dict[str, str]) -> Table:
    """Return mean and effect of each measure side by side, by subject and role."""
    columns: list[Column] = [Column(title="Role")]
    for title in names.values():
        columns += [
            Column(title=f"{title}: mean, {source.lead}", align="right", width="wide"),
            Column(title=f"{source.lead} − filler", align="right", width="wide"),
        ]
    groups = tuple(
        Group(
            title=model if len(source.subjects) > 1 else "",
            rows=(
                *(_role(source, model, audit, names, role) for role in source.roles),
                _gap(source, model, audit, names),
            ),
        )
        for model in source.subjects
    )
    label = f"Independence beside over-correction ({audit})"
    return Table(label=label, columns=tuple(columns), groups=groups, dense=True, captioned=False)


def _role(source: Source, model: str, audit: str, names: dict[str, str], role: str) -> tuple[Cell, ...]:
    """Return the measures in one role."""
    cells = [Cell(text=role)]
    for measure in names:
        effect = source.finding(model, audit, measure, f"E2({role}, {source.lead})")
        cells += [_mean(source, model, audit, measure, role), rows.estimate_cell(effect)]
    return tuple(cells)


def _gap(source: Source, model: str, audit: str, names: dict[str, str]) -> tuple[Cell, ...]:
    """Return the difference of the effects between the roles."""
    cells = [Cell(text="role × profile")]
    for measure in names:
        cells += [Cell(), rows.estimate_cell(source.finding(model, audit, measure, f"E3({source.lead})"))]
    return tuple(cells)


def _mean(source: Source, model: str, audit: str, measure: str, role: str) -> Cell:
    """Return a mean over its n."""
    found = source.mean(model, audit, measure, role, source.lead)
    if not found:
        return Cell(text=numbers.NOT_ESTIMATED, tone="muted")
    return Cell(text=f"{numbers.mean(found)} {found.unit}", sub=rows.size(found.n_obs, found.n_items))
