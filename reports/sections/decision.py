"""Page 1, for those who sign: what was decided, why, how sure that is, what would change it, and what is missing."""

from collections.abc import Sequence

from standfast.analysis.decisions import Decision, GateResult, Verdict
from standfast.reports import gate_rows, words
from standfast.reports.drawings import Tone
from standfast.reports.parts import (
    Block,
    Brief,
    Callout,
    Cell,
    Column,
    Entry,
    Group,
    Prose,
    Section,
    SignOff,
    Table,
)
from standfast.reports.sections import certified, doubts, firmness, gates, taken, waivers
from standfast.reports.source import Source

_WORST_FIRST: tuple[Verdict, ...] = ("missing", "fail", "inconclusive", "waived", "pass")
_COUNTS = {
    "pass": ("passes", "pass"),
    "fail": ("fails", "fail"),
    "inconclusive": ("is inconclusive", "are inconclusive"),
    "missing": ("has no evidence", "have no evidence"),
    "waived": ("is waived", "are waived"),
}
_NAMES = {"fail": "Fails", "inconclusive": "Inconclusive", "missing": "No evidence", "waived": "Waived"}
_NAMED = 3  # gates whose reason the headline tells
_GATES = 12  # gates that fit page 1
_SUBJECTS = 5  # subjects whose verdicts stand side by side
_LINES = 4  # of one answer
_POST_HOC = "Post hoc: this policy is not the one that was fixed before the run. It may have been chosen to fit the results, so that nothing can be released on it."

_LET_THROUGH = "Let through although inconclusive: whoever decided asked that an inconclusive verdict only warns."


def write(source: Source) -> Section:
    """Write the decision."""
    decision = source.decision
    blocks: list[Block] = []
    if _is_post_hoc(decision):
        blocks.append(Callout(tone="fail", headline=_POST_HOC, quiet=True))
    blocks.append(Callout(tone=_tone(source), headline=decision.headline, paragraphs=tuple(_summary(decision.gates))))
    if decision.verdict == "inconclusive" and not decision.exit_code:
        blocks.append(Callout(tone="inconclusive", headline=_LET_THROUGH, quiet=True))
    if not decision.gates:
        blocks.append(Prose(paragraphs=("The suite sets no gate. The findings below are reported without a verdict.",)))
    else:
        blocks.append(_verdicts(source))
    entries = _brief(source)
    if entries:
        blocks.append(Brief(label="In short", entries=entries))
    if decision.gates:
        blocks.append(SignOff(roles=("Prepared by", "Reviewed by", "Release owner")))
    return Section(id="decision", title="Decision", blocks=tuple(blocks))


def _is_post_hoc(decision: Decision) -> bool:
    return bool(decision.policy and decision.policy.post_hoc)


def _tone(source: Source) -> Tone:
    """Return the colour of the verdict; what cannot release is not shown as a pass."""
    decision = source.decision
    barred = decision.simulated or decision.exit_code != 0
    return "missing" if decision.verdict == "pass" and barred else decision.verdict


def _summary(found: Sequence[GateResult]) -> list[str]:
    """Return the count of verdicts and a sentence for each of the worst blocking gates."""
    if not found:
        return []
    verdicts = [gate.verdict for gate in found]
    parts = [
        f"{words.spelled(n)} {_COUNTS[verdict][n != 1]}"
        for verdict in reversed(_WORST_FIRST)
        if (n := verdicts.count(verdict))
    ]
    several = len({gate.model for gate in found}) > 1
    total = words.counted(len(found), "gate result" if several else "gate")
    advisory = "" if all(gate.blocking for gate in found) else ", advisory ones included"
    sentences = [f"Of {total}{advisory}: {words.listed(parts)}."]
    bad = sorted((g for g in found if g.blocking and g.verdict != "pass" and not _spared(g, found)), key=_badness)
    sentences += [_named(gate, several) for gate in bad[:_NAMED]]
    if len(bad) > _NAMED:
        sentences.append(f"{words.counted(len(bad) - _NAMED, 'more result').capitalize()} below.")
    return sentences


def _spared(gate: GateResult, found: Sequence[GateResult]) -> bool:
    """Tell whether an alternative of a gate holds, so that the gate itself need not."""
    held = (o for o in found if (o.alternative, o.model) == (gate.alternative, gate.model))
    return bool(gate.alternative) and any(o.verdict in ("pass", "waived") for o in held)


def _badness(gate: GateResult) -> int:
    return _WORST_FIRST.index(gate.verdict)


def _named(gate: GateResult, several: bool) -> str:
    """Return what a gate protects, for whom, and why it did not pass."""
    whom = f" ({gate.model})" if several else ""
    return f"{_NAMES[gate.verdict]}: {gate.title}{whom}. {words.sentence(gate.reason)}"


def _verdicts(source: Source) -> Table:
    """Return the gates of one subject against their margins, or the verdicts of several side by side."""
    if len(source.subjects) == 1:
        return _gates(source)
    return _matrix(source) if len(source.subjects) <= _SUBJECTS else _by_subject(source)


def _gates(source: Source) -> Table:
    """Return every gate against its margin; of very many, those that do not pass come first and the rest is counted."""
    found = list(source.decision.gates)
    if len(found) > _GATES:
        found = sorted(found, key=lambda gate: (not gate.blocking, _badness(gate)))[:_GATES]
    left = len(source.decision.gates) - len(found)
    more = f" {words.counted(left, 'more gate').capitalize()} in the next section." if left else ""
    return gates.table(source, found, "Gates", note=gates.SHORT_RULE + more, dense=True)


def _matrix(source: Source) -> Table:
    """Return gates by subjects, a verdict in each cell."""
    found = {(gate.id, gate.model): gate for gate in source.decision.gates}
    worst: dict[str, GateResult] = {}
    for gate in sorted(source.decision.gates, key=_badness):
        worst.setdefault(gate.id, gate)
    names = list(dict.fromkeys(gate.id for gate in source.decision.gates))
    if len(names) > _GATES:
        names = list(worst)[:_GATES]
    body = tuple(
        (
            Cell(text=worst[name].title, sub=name),
            *(gate_rows.verdict(found.get((name, model))) for model in source.subjects),
        )
        for name in names
    )
    left = len(worst) - len(names)
    note = f"{words.counted(left, 'more gate').capitalize()} in the next section." if left else ""
    columns = (Column(title="Gate", width="wide"), *(Column(title=model) for model in source.subjects))
    label = "Verdicts by gate and subject"
    return Table(label=label, columns=columns, groups=(Group(title="", rows=body),), note=note, dense=True)


def _by_subject(source: Source) -> Table:
    """Return how many gates came out how, by subject, the worst first."""
    of = {model: [g for g in source.decision.gates if g.model == model] for model in source.subjects}
    ordered = sorted(of, key=lambda model: min((_badness(g) for g in of[model] if g.blocking), default=len(_COUNTS)))
    shown = [verdict for verdict in reversed(_WORST_FIRST) if any(g.verdict == verdict for g in source.decision.gates)]
    body = tuple(
        (Cell(text=model), *(_count([g.verdict for g in of[model]].count(verdict), verdict) for verdict in shown))
        for model in ordered[: _GATES + 4]
    )
    left = len(ordered) - len(body)
    note = f"{words.counted(left, 'more subject').capitalize()} in the next section." if left else ""
    columns = (
        Column(title="Subject", width="wide"),
        *(Column(title=gate_rows.sign(verdict), align="right") for verdict in shown),
    )
    label = "Gates by subject and verdict"
    return Table(label=label, columns=columns, groups=(Group(title="", rows=body),), note=note, dense=True)


def _count(number: int, verdict: Verdict) -> Cell:
    return Cell(text=str(number), tone=verdict if number else "muted")


def _brief(source: Source) -> tuple[Entry, ...]:
    """Return the short answers; without gates only what is missing."""
    asked: list[tuple[str, list[str]]] = [
        ("What would change it", [*_capped(gates.needed(source), 2), *_capped(firmness.told(source), 2)]),
        ("How sure", [*certified.told(source), *doubts.second(source), *firmness.looks_told(source)]),
        ("What is missing", [*doubts.missing(source), *taken.first(source)]),
        ("Waivers", waivers.told(source)),
        ("Policy", gates.policy(source)),
    ]
    if not source.decision.gates:
        asked = asked[2:3]
    return tuple(Entry(name=name, lines=_capped(lines, _LINES)) for name, lines in asked if lines)


def _capped(lines: Sequence[str], most: int) -> tuple[str, ...]:
    """Return what fits; the rest is counted, and stands in the sections that follow."""
    if len(lines) <= most:
        return tuple(lines)
    return (*lines[: most - 1], f"{lines[most - 1]} And {words.spelled(len(lines) - most)} more, below.")
