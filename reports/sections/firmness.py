"""How firm the decision is: what leaving parts out does, how the policy fares again, and where audits stopped."""

from collections.abc import Sequence

from standfast.analysis.decisions import Change
from standfast.analysis.results import Look
from standfast.reports import gate_rows, numbers, words
from standfast.reports.parts import Block, Bullets, Cell, Column, Group, Heading, Prose, Section, Table
from standfast.reports.sections import certified, doubts
from standfast.reports.source import Source

_KINDS = {
    "judge": "judge",
    "personas": "personas",
    "wording": "wording",
    "benchmark": "benchmark",
    "audit": "audit",
    "longest": "longest replies",
}
_READING = (
    "Each part of the evidence is left out in turn and each gate decided again, with what is left. A verdict that "
    "changes rests on that part; with less evidence, inconclusive is no surprise."
)
_DOUBTED = 12
_LOOKS = (
    "An audit may stop at a look, when its gates are settled. The intervals at each look are wide enough that all "
    "looks together err as often as one would."
)
_SINGLE = ("judge", "wording", "benchmark", "audit")  # of which one is left out at a time


def write(source: Source) -> Section:
    """Write what the decision rests on; no blocks where nothing was tried."""
    blocks = (*_robustness(source), *certified.blocks(source), *_second(source), *_looks(source))
    return Section(id="firmness", title="How firm the decision is", blocks=blocks)


def _second(source: Source) -> list[Block]:
    """Return the gates on which the second opinion disagrees."""
    lines = doubts.by_gate(source)
    if not lines:
        return []
    more = [f"And {len(lines) - _DOUBTED} more, in report.json."] if len(lines) > _DOUBTED else []
    return [Heading(text="Does a second opinion agree?"), Bullets(items=(*lines[:_DOUBTED], *more))]


def told(source: Source) -> list[str]:
    """Say which verdicts change when a part is left out, the blocking gates first."""
    changes = source.decision.robustness
    if not source.decision.gates:
        return []
    if not changes:
        return ["What leaving out a judge, personas or wordings would change was not tried."]
    changed = [change for change in changes if change.verdict != change.was]
    parts = len({(change.dropped, change.name) for change in changes})
    tried = f"Of {words.counted(parts, 'part')} of the evidence left out one at a time"
    if not changed:
        return [f"{tried}, none changes a verdict."]
    blocking = {(gate.id, gate.model) for gate in source.decision.gates if gate.blocking}
    changed.sort(key=lambda change: (change.gate, change.model) not in blocking)
    by_gate: dict[tuple[str, str], list[Change]] = {}
    for change in changed:
        by_gate.setdefault((change.gate, change.model), []).append(change)
    lines = [_changed(source, own) for own in by_gate.values()]
    count = len({(change.dropped, change.name) for change in changed})
    return [f"{tried}, {words.spelled(count)} {_move(count)} a verdict. {lines[0]}", *lines[1:]]


def looks_told(source: Source) -> list[str]:
    """Say on page 1 that an audit stopped early."""
    stopped = [look for look in source.results.looks if look.stopped]
    if not stopped:
        return []
    which = [f"{_where(source, look)} at look {look.look} of {look.of}" for look in stopped]
    return [f"Stopped early, with the error rate kept: {words.listed(which, 4)}."]


def _move(count: int) -> str:
    return "changes" if count == 1 else "change"


def _changed(source: Source, own: Sequence[Change]) -> str:
    """Return how one gate changes, and without what."""
    first = own[0]
    title = source.protects(first.gate)
    where = f"{title} ({first.model})" if len(source.subjects) > 1 else title
    ways: dict[str, list[str]] = {}
    for change in own:
        ways.setdefault(change.verdict, []).append(_part(change))
    hows = [f"{words.VERDICTS[verdict]} without {words.listed(parts, 3)}" for verdict, parts in ways.items()]
    return f"{where}: {words.VERDICTS[first.was]}, but {'; '.join(hows)}."


def _part(change: Change) -> str:
    """Name what was left out, with its kind where the name does not hold it."""
    kind = _KINDS[change.dropped]
    return change.name if kind.split()[0].rstrip("s") in change.name.lower() else f"{kind} {change.name}"


def _robustness(source: Source) -> list[Block]:
    """Return how many parts of each kind change each verdict, and every verdict that changes."""
    changes = source.decision.robustness
    if not changes:
        return []
    heading = Heading(text="What if a part of the evidence is left out?")
    out: list[Block] = [heading, Prose(paragraphs=(_READING,), muted=True), _counts(source, changes)]
    changed = [change for change in changes if change.verdict != change.was]
    return [*out, _changes(source, changed)] if changed else out


def _counts(source: Source, changes: Sequence[Change]) -> Table:
    kinds = list(dict.fromkeys(change.dropped for change in changes))
    columns = (
        Column(title="Gate", width="wide"),
        Column(title="With everything"),
        *(
            Column(title=f"without a {_KINDS[kind]}" if kind in _SINGLE else f"without {_KINDS[kind]}")
            for kind in kinds
        ),
    )
    groups = tuple(
        Group(
            title=model if len(source.subjects) > 1 else "",
            rows=tuple(
                _of_gate([c for c in changes if (c.model, c.gate) == (model, gate)], kinds)
                for gate in dict.fromkeys(change.gate for change in changes if change.model == model)
            ),
        )
        for model in dict.fromkeys(change.model for change in changes)
    )
    note = "How many verdicts change, of those tried."
    label = "Verdicts that change when a part is left out"
    return Table(label=label, columns=columns, groups=groups, note=note, dense=True, captioned=False)


def _of_gate(own: Sequence[Change], kinds: Sequence[str]) -> tuple[Cell, ...]:
    first = own[0]
    cells = []
    for kind in kinds:
        tried = [change for change in own if change.dropped == kind]
        count = sum(change.verdict != change.was for change in tried)
        text = f"{count} of {len(tried)}" if tried else "–"
        cells.append(Cell(text=text, tone="strong" if count else "muted"))
    return Cell(text=first.gate), Cell(text=gate_rows.sign(first.was), tone=first.was), *cells


def _changes(source: Source, changed: Sequence[Change]) -> Table:
    """Return the verdicts that change."""
    several = len(source.subjects) > 1
    columns = (
        Column(title="Gate"),
        *([Column(title="Subject")] if several else []),
        Column(title="Without", width="wide"),
        Column(title="Estimate without it", align="right"),
        Column(title="Verdict without"),
        Column(title="with"),
    )
    body = tuple(
        (
            Cell(text=change.gate),
            *([Cell(text=change.model)] if several else []),
            Cell(text=_part(change)),
            gate_rows.estimate(change.finding).model_copy(update={"ref": ""}),
            Cell(text=gate_rows.sign(change.verdict), tone=change.verdict),
            Cell(text=gate_rows.sign(change.was), tone="muted"),
        )
        for change in changed
    )
    return Table(label="Which verdicts change", columns=columns, groups=(Group(title="", rows=body),), dense=True)


def _looks(source: Source) -> list[Block]:
    looks = source.results.looks
    if not looks:
        return []
    columns = (
        Column(title="Audit", width="wide"),
        Column(title="Look", align="right"),
        Column(title="Interval of its gates", align="right"),
        Column(title="Samples asked", align="right"),
        Column(title="Outcome"),
    )
    body = tuple(
        (
            Cell(text=_where(source, look)),
            Cell(text=f"{look.look} of {look.of}"),
            Cell(text=words.level(look.confidence)),
            Cell(text=f"{numbers.count(look.samples)} of {numbers.count(look.planned)}"),
            Cell(text="stopped early" if look.stopped else "asked everything"),
        )
        for look in looks
    )
    table = Table(label="Looks", columns=columns, groups=(Group(title="", rows=body),), dense=True, captioned=False)
    return [Heading(text="Did it stop early?"), Prose(paragraphs=(_LOOKS,), muted=True), table]


def _where(source: Source, look: Look) -> str:
    return f"{look.audit} ({look.model})" if len(source.subjects) > 1 else look.audit
