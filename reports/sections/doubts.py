"""What page 1 says against its own verdicts: another opinion, missing values, evidence that cannot be used."""

from math import isfinite

from standfast.analysis.decisions import GateResult
from standfast.analysis.findings import Finding, SecondOpinion
from standfast.analysis.verdicts import Bar, side
from standfast.reports import numbers, rows, words
from standfast.reports.sections import integrity, judges
from standfast.reports.sections.missing import overall
from standfast.reports.source import Source

_HEAD = "The second opinion, which shares no assumption on variances with the model, "


def second(source: Source) -> list[str]:
    """Say on page 1 whether the second opinion has another sign or would give another verdict, and on how many gates."""
    gates = [gate for gate in source.decision.gates if gate.finding]
    lines = by_gate(source)
    if lines:
        return [f"{_HEAD}disagrees on {len(lines)} of {words.counted(len(gates), 'gate result')}: {lines[0]}"]
    known = [gate for gate in gates if gate.finding and gate.finding.second and _is_known(gate.finding.second)]
    return [f"{_HEAD}agrees on {len(known)} of {words.counted(len(gates), 'gate result')}."] if known else []


def by_gate(source: Source) -> tuple[str, ...]:
    """Return a line for each gate on which the second opinion disagrees."""
    return tuple(line for gate in source.decision.gates if (line := _doubt(gate)))


def missing(source: Source) -> list[str]:
    """Say what is missing, what cannot be used, and how far the judge is known."""
    out = [overall(source)]
    out += integrity.told(source)
    if source.run["limit"]:
        out.append(f"The run was cut to {source.run['limit']} samples per audit. It is not the planned suite.")
    return [*out, judges.standing(source)]


def _doubt(gate: GateResult) -> str:
    """Return both estimates of a gate in a line where they disagree, else nothing."""
    first, opinion = gate.finding, gate.finding.second if gate.finding else None
    if first is None or opinion is None or not numbers.is_estimated(first) or not _is_known(opinion):
        return ""
    bar = Bar(gate.direction, gate.margin)
    one, other = (side(bar, said.conf_low, said.conf_high) for said in (first, opinion))
    if one == other and first.estimate * opinion.estimate >= 0:
        return ""
    how = f"verdict {words.VERDICTS[other]}, not {words.VERDICTS[one]}" if one != other else "the other sign"
    size = rows.size(first.n_obs, first.n_items)
    return f"{gate.title} ({gate.model}): {how}. {numbers.estimate(first)} {first.unit} by the model, {_told(opinion, first)} by the second opinion; {size} ({first.id})."


def _is_known(opinion: SecondOpinion) -> bool:
    return opinion.status == "ok" and all(map(isfinite, (opinion.estimate, opinion.conf_low, opinion.conf_high)))


def _told(opinion: SecondOpinion, first: Finding) -> str:
    """Return a second opinion with its interval."""
    ends = numbers.interval(opinion.conf_low, opinion.conf_high, first.unit)
    return f"{numbers.signed(opinion.estimate, first.unit)} {ends}"
