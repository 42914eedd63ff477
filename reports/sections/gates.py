"""Every gate: its interval against its margin, its reason, what would settle it, and who chose the margin."""

from collections.abc import Iterable, Iterator, Sequence

from standfast.analysis.decisions import GateResult
from standfast.reports import gate_rows, rows, words
from standfast.reports.parts import Block, Cell, Column, Group, Heading, Prose, Section, Table
from standfast.reports.source import Source

SHORT_RULE = (
    "A gate passes when its whole interval lies on the better side of the margin, whatever the missing values were. "
    "Shaded: worse. Grey line: zero. Thin line: worst case of the missing values. Gates with one unit share one scale."
)
_RULE = (
    "A gate passes when its whole interval lies on the better side of the margin, and fails when the whole "
    "interval lies at or beyond it. Otherwise it is inconclusive, as is a gate that holds only while missing "
    "values are left out. Without an estimate that can be believed, or where the worst case is unknown, there is no "
    "evidence. A waiver lets a gate not hold; it turns nothing into a pass. The worse side of the margin is shaded, "
    "the grey line is zero, the thin line the worst case of the missing values. Gates with one unit share one scale."
)
_KINDS = {
    "bound": "bound",
    "role-gap": "role gap",
    "non-inferiority": "not worse than the baseline",
    "equivalence": "equivalence",
    "two-sided": "two-sided",
    "judge-quality": "judge quality",
    "completeness": "completeness",
}
_PAGE_ONE = 12


def write(source: Source) -> Section:
    """Write every gate; no blocks where there is none."""
    found = source.decision.gates
    if not found:
        return Section(id="gates", title="Gates", blocks=())
    blocks: list[Block] = []
    if len(source.subjects) > 1:
        blocks.append(_by_gate(source, found))
    else:
        if len(found) > _PAGE_ONE:
            blocks.append(table(source, found, "All gates", note="", dense=True))
        blocks += [_reasons(found), Prose(paragraphs=(_RULE,), muted=True)]
    blocks += [Heading(text="Who chose the margins, and why"), _margins(found)]
    return Section(id="gates", title="Gates", blocks=tuple(blocks))


def table(source: Source, found: Sequence[GateResult], label: str, *, note: str, dense: bool) -> Table:
    """Return the gates of one subject, a row each, and one more for an over-correction twin."""
    axes = gate_rows.scales(found)
    body = tuple(row for gate in found for row in _gate(source, gate, axes))
    columns = (Column(title="Gate", width="wide"), *_columns(source))
    return Table(
        label=label, columns=columns, groups=(Group(title="", rows=body),), note=note, dense=dense, captioned=False
    )


def needed(source: Source) -> list[str]:
    """Return what would settle each inconclusive gate, blocking ones first."""
    several = len(source.subjects) > 1
    open_ = [g for g in source.decision.gates if g.raw == "inconclusive" and g.needed]
    ordered = sorted(open_, key=lambda gate: not gate.blocking)
    return [f"{gate.title}{f' ({gate.model})' if several else ''}: {words.sentence(gate.needed)}" for gate in ordered]


def policy(source: Source) -> list[str]:
    """Say which policy decided, whether it was fixed before the run, and what its error rate is."""
    facts = source.decision.policy
    if facts is None:
        return []
    when = "not the one fixed before the run (post hoc)" if facts.post_hoc else "fixed before the run"
    day = f", decided {source.decision.decided}" if source.decision.decided else ""
    text = f"{facts.name} ({facts.file}, SHA-256 {facts.sha256[:16]}), {when}{day}."
    return [" ".join(filter(None, (text, words.sentence(facts.error_rate))))]


def _columns(source: Source) -> tuple[Column, ...]:
    return (
        Column(title="Interval against margin", width="plot"),
        Column(title=f"Estimate, {source.confidence} CI", align="right"),
        Column(title="Verdict"),
    )


def _gate(source: Source, gate: GateResult, axes: dict[tuple[str, bool], rows.Scale]) -> Iterator[tuple[Cell, ...]]:
    """Yield the row of a gate, and of its twin."""
    first = Cell(text=gate.title, sub=f"{gate_rows.reads(gate)} · {gate_rows.better(gate)}", tone="strong")
    yield (first, *_evidence(source, gate, axes))
    if gate.kind == "two-sided":
        yield _twin(source, gate, axes, gate_rows.twin_better(gate))


def _evidence(source: Source, gate: GateResult, axes: dict[tuple[str, bool], rows.Scale]) -> tuple[Cell, Cell, Cell]:
    """Return plot, estimate and verdict."""
    bar = gate_rows.bars(gate)[0]
    drawn = gate_rows.plot(bar, axes, gate.verdict)
    return Cell(plot=drawn), gate_rows.evidence(gate, source.confidence), gate_rows.verdict(gate)


def _twin(
    source: Source, gate: GateResult, axes: dict[tuple[str, bool], rows.Scale], told: str
) -> tuple[Cell, Cell, Cell, Cell]:
    """Return the row of an over-correction twin, whose verdict is that of its gate."""
    drawn = gate_rows.plot(gate_rows.bars(gate)[1], axes, gate.verdict)
    name = Cell(text=gate_rows.twin_reads(gate), sub=told)
    return name, Cell(plot=drawn), gate_rows.estimate(gate.twin, source.confidence), Cell(text="as above", tone="muted")


def _by_gate(source: Source, found: Sequence[GateResult]) -> Table:
    """Return every gate with its subjects below it."""
    axes = gate_rows.scales(found)
    groups = []
    for name in dict.fromkeys(gate.id for gate in found):
        own = [gate for gate in found if gate.id == name]
        first = next((gate for gate in own if gate.finding), own[0])
        body = tuple(row for gate in own for row in _subject(source, gate, axes))
        sub = f"{name} · {gate_rows.reads(first)} · {gate_rows.better(first)}"
        groups.append(Group(title=first.title, sub=sub, rows=body))
    columns = (Column(title="Subject", width="wide"), *_columns(source))
    return Table(label="Gates", columns=columns, groups=tuple(groups), note=_RULE, captioned=False)


def _subject(source: Source, gate: GateResult, axes: dict[tuple[str, bool], rows.Scale]) -> Iterator[tuple[Cell, ...]]:
    yield (
        Cell(text=gate.model, sub=words.sentence(gate.reason), note=words.sentence(gate.needed)),
        *_evidence(source, gate, axes),
    )
    if gate.kind == "two-sided":
        yield _twin(source, gate, axes, gate_rows.twin_better(gate))


def _reasons(found: Iterable[GateResult]) -> Table:
    """Return verdict and reason of every gate."""
    columns = (Column(title="Gate", width="wide"), Column(title="Verdict"), Column(title="Why", width="wide"))
    body = tuple((Cell(text=gate.title, sub=gate.id), gate_rows.verdict(gate), _why(gate)) for gate in found)
    return Table(
        label="Verdicts and reasons", columns=columns, groups=(Group(title="", rows=body),), dense=True, captioned=False
    )


def _why(gate: GateResult) -> Cell:
    return Cell(text=words.sentence(gate.reason), sub=words.sentence(gate.needed))


def _margins(found: Iterable[GateResult]) -> Table:
    """Return kind, margin, owner and reason of every gate of the policy."""
    once = {gate.id: gate for gate in sorted(found, key=lambda gate: gate.finding is None and gate.quality is None)}
    ordered = [once[name] for name in dict.fromkeys(gate.id for gate in found)]
    columns = (
        Column(title="Gate"),
        Column(title="Margin"),
        Column(title="Owner"),
        Column(title="Why there", width="wide"),
    )
    body = tuple(
        (
            Cell(text=gate.id, sub=_sort(gate), tone="strong"),
            Cell(text=gate_rows.better(gate), sub=_twin_margin(gate)),
            Cell(text=gate.owner or "nobody named", tone="plain" if gate.owner else "muted"),
            Cell(text=words.sentence(gate.why) or "No reason given.", tone="plain" if gate.why else "muted"),
        )
        for gate in ordered
    )
    groups = (Group(title="", rows=body),)
    return Table(label="Margins", columns=columns, groups=groups, dense=True, captioned=False)


def _sort(gate: GateResult) -> str:
    """Return kind, confidence and what else sets a gate apart."""
    told = [_KINDS[gate.kind], f"{words.level(gate.confidence)} interval" if gate.finding else ""]
    told.append(f"one of the alternatives {gate.alternative}" if gate.alternative else "")
    told.append("" if gate.blocking else "advisory")
    return ", ".join(filter(None, told))


def _twin_margin(gate: GateResult) -> str:
    return f"twin: {gate_rows.twin_better(gate)}" if gate.kind == "two-sided" else ""
