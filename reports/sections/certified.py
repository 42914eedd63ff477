"""The A/A certificate: how often this policy would decide otherwise on another run of this size."""

from collections.abc import Sequence

from standfast.analysis.certificate import Certificate, GateRates, Rate
from standfast.reports import numbers, words
from standfast.reports.parts import Block, Bullets, Cell, Column, Group, Heading, Prose, Table
from standfast.reports.source import Source

_NONE = "Not certified: how often this policy would decide otherwise on another run of this size was not measured; `standfast certify` does."
_OTHER_POLICY = "The certificate at hand is of another policy and is not shown."
_OTHER_RUN = "The certificate at hand is of other evidence and is not shown."
_READING = (
    "Replays draw new values from what was fitted, with this run's design and missing values, and decide again. "
    "Flip: of two replays one passes and the other fails; change: their verdicts differ in any way. False pass: it "
    "passes although the true value lies at the margin. False fail: it fails although the true value lies barely on "
    "the better side. Halves: of two halves of the items one passes and the other fails. Per cent with 95 % intervals."
)
_COLUMNS = (
    ("passes", "passes"),
    ("flips", "flips"),
    ("changes", "changes"),
    ("false_pass", "false pass"),
    ("false_fail", "false fail"),
    ("halves", "halves flip"),
)


def told(source: Source) -> list[str]:
    """Say on page 1 how stable the decision is."""
    if not source.decision.gates:
        return []
    certificate = source.certificate
    if certificate is None:
        return [_NONE]
    if why := _other(source, certificate):
        return [why]
    return [*_whole(certificate), *_worst(source, certificate)]


def blocks(source: Source) -> list[Block]:
    """Return every rate of the certificate."""
    certificate = source.certificate
    if certificate is None or not source.decision.gates:
        return []
    head: list[Block] = [Heading(text="Would the same policy decide the same again?")]
    if why := _other(source, certificate):
        return [*head, Prose(paragraphs=(why,))]
    basis = (
        f"{words.sentence(certificate.basis)} {numbers.count(certificate.replays)} replays, seed {certificate.seed}."
    )
    if certificate.simulated:
        basis += " What was replayed is simulated."
    out: list[Block] = [*head, Prose(paragraphs=(basis,)), Prose(paragraphs=(_READING,), muted=True)]
    out.append(_table(source, certificate))
    if certificate.left_out:
        out.append(Bullets(items=tuple(words.sentence(line) for line in certificate.left_out)))
    return out


def rate(found: Rate) -> str:
    """Return a share of replays with its interval, a dash where nothing was replayed."""
    if not found.n or found.estimate != found.estimate:
        return "–"
    share, low, high = (numbers.fixed(100 * value, "%") for value in (found.estimate, found.conf_low, found.conf_high))
    return f"{share} % [{low}, {high}]"


def _other(source: Source, certificate: Certificate) -> str:
    """Return why a certificate says nothing about this decision."""
    facts = source.decision.policy
    if facts is None or certificate.policy_sha256 != facts.sha256:
        return _OTHER_POLICY
    if certificate.frame_sha256 and certificate.frame_sha256 != source.results.frame_sha256:
        return _OTHER_RUN
    return ""


def _whole(certificate: Certificate) -> list[str]:
    """Say how often the whole decision flips."""
    whole = certificate.whole
    if not whole.flips.n:
        return []
    again = "run again at this size" if certificate.frame_sha256 else "run twice as planned"
    return [
        f"A/A: {again}, the decision flips between pass and fail in {rate(whole.flips)} of pairs and changes in any way "
        f"in {rate(whole.changes)} ({_n(whole.flips)})."
    ]


def _worst(source: Source, certificate: Certificate) -> list[str]:
    """Name the gates that err most."""
    out = []
    if passing := _most(certificate.gates, "false_pass"):
        where = f"{_n(passing.false_pass)}: {source.protects(passing.gate)}"
        out.append(
            f"A gate whose true value lies at its margin passes in {rate(passing.false_pass)} at most ({where})."
        )
    if failing := _most(certificate.gates, "false_fail"):
        where = f"{_n(failing.false_fail)}: {source.protects(failing.gate)}"
        out.append(f"A gate whose true value is barely better fails in {rate(failing.false_fail)} at most ({where}).")
    return [" ".join(out)] if out else []


def _n(found: Rate) -> str:
    return f"n\u00a0{numbers.count(found.n)}"


def _most(gates: Sequence[GateRates], name: str) -> GateRates | None:
    """Return the gate with the highest rate of a kind."""
    known = [gate for gate in gates if getattr(gate, name).n]
    return max(known, key=lambda gate: float(getattr(gate, name).estimate), default=None)


def _table(source: Source, certificate: Certificate) -> Table:
    several = len(source.subjects) > 1
    shown = [
        (name, title)
        for name, title in _COLUMNS
        if any(getattr(row, name).n for row in (certificate.whole, *certificate.gates))
    ]
    every = [*certificate.gates, certificate.whole]
    columns = (
        Column(title="Gate", width="wide"),
        *(Column(title=f"{title}, {_sizes(every, name)}", align="right") for name, title in shown),
    )
    body = [_row(gate, shown, several) for gate in every]
    label = "Rates of the replays"
    return Table(label=label, columns=columns, groups=(Group(title="", rows=tuple(body)),), dense=True, captioned=False)


def _sizes(found: Sequence[GateRates], kind: str) -> str:
    """Return the number of replays behind a column, or its range."""
    sizes = sorted({own.n for row in found if (own := _of(row, kind)).n})
    low, high = numbers.count(sizes[0]), numbers.count(sizes[-1])
    return f"n {low}" if low == high else f"n {low} to {high}"


def _row(found: GateRates, shown: Sequence[tuple[str, str]], several: bool) -> tuple[Cell, ...]:
    """Return one gate, in two lines each so that the table stays narrow."""
    cells = []
    for kind, _ in shown:
        share, _, ends = rate(_of(found, kind)).partition(" [")
        cells.append(Cell(text=share, sub=f"[{ends}" if ends else ""))
    first = Cell(text=found.gate or "whole decision", sub=found.model if several else "", tone="strong")
    return first, *cells


def _of(found: GateRates, kind: str) -> Rate:
    own: Rate = getattr(found, kind)
    return own
