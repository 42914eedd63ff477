"""Gates in words: the strings that JUnit, SARIF, annotations and Markdown share, each number formatted once."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from standfast.analysis.decisions import EXIT_CODES, Decision, GateResult, Quality, Verdict, WaiverUse
from standfast.analysis.findings import Finding
from standfast.reports import numbers, words

Word = Literal["pass", "fail", "inconclusive", "missing"]
NAMES: dict[Verdict, str] = {
    "pass": "pass",
    "fail": "fail",
    "inconclusive": "inconclusive",
    "missing": "no evidence",
    "waived": "waived",
}
_WORST_FIRST: tuple[Verdict, ...] = ("missing", "fail", "inconclusive", "waived", "pass")
_KINDS = {
    "bound": "bound",
    "role-gap": "role gap",
    "non-inferiority": "non-inferiority",
    "equivalence": "equivalence",
    "two-sided": "two-sided",
    "judge-quality": "judge quality",
    "completeness": "completeness",
}
SIMULATED = (
    "SIMULATED. A subject or the judge is a program with planted behaviour; nothing may be released on this run."
)
POST_HOC = "POST HOC. The policy is not the one that was fixed before the run; nothing may be released on it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A gate's result in words.

    Attributes:
        gate: The result itself.
        counts: Whether it holds the release: blocking, and not an alternative to another gate that passes or is waived.
        reads: What the gate reads: its kind, audit, measure, contrast and the finding's id.
        estimate: Each number that decided, with its interval, its confidence and its unit.
        n: Over how many values and items.
        must: Where the interval must lie.
        waiver: Who waived it until when and why; empty without a waiver.
    """

    gate: GateResult
    counts: bool
    reads: str
    estimate: str
    n: str
    must: str
    waiver: str

    @property
    def title(self) -> str:
        """Id and title."""
        return f"{self.gate.id}: {self.gate.title}"

    @property
    def verdict(self) -> str:
        """The verdict in words; what does not count is said to be so."""
        note = "" if self.gate.blocking else " (advisory)"
        if self.gate.verdict == "waived":
            note = f" (is: {NAMES[self.gate.raw]}){note}"
        elif self.gate.blocking and not self.counts:
            note = " (another alternative holds)"
        return NAMES[self.gate.verdict] + note

    @property
    def story(self) -> str:
        """Everything in one paragraph."""
        gate = self.gate
        parts = [
            f"{self.verdict.capitalize()}.",
            words.sentence(gate.reason),
            words.sentence(f"{self.reads}: {self.estimate}, {self.n}; must be {self.must}"),
            words.sentence(gate.needed),
            self.waiver,
            f"Margin: {words.sentence(gate.why)}" if gate.why else "",
            f"Owner: {words.sentence(gate.owner)}" if gate.owner else "",
        ]
        return " ".join(part for part in parts if part)


def outcomes(decision: Decision) -> list[Outcome]:
    """Return every gate in words, those that hold the release first, in each group the worst first."""
    held = _held(decision.gates)
    waivers = {(use.gate, use.model): use for use in decision.waivers if use.status == "applied"}
    found = [
        Outcome(
            gate=gate,
            counts=gate.blocking and (gate.alternative, gate.model) not in held,
            reads=reads(gate),
            estimate=estimate(gate),
            n=size(gate),
            must=must(gate),
            waiver=_waiver(gate, waivers.get((gate.id, gate.model))),
        )
        for gate in decision.gates
    ]
    return sorted(found, key=lambda one: (not one.counts, _WORST_FIRST.index(one.gate.verdict)))


def word(decision: Decision) -> Word:
    """Return the decision in a word that a script may act on: `pass` only where the exit code is 0."""
    if decision.exit_code == 0:
        return decision.verdict
    return next((raw for raw, code in EXIT_CODES.items() if code == decision.exit_code), "missing")


def marks(decision: Decision) -> list[str]:
    """Return what must stand above everything else: that the run is simulated, that the policy is post hoc."""
    post_hoc = decision.policy is not None and decision.policy.post_hoc
    return [*([SIMULATED] if decision.simulated else []), *([POST_HOC] if post_hoc else [])]


def policy_name(decision: Decision) -> str:
    """Return the policy's name."""
    return decision.policy.name if decision.policy else "no policy"


def reads(gate: GateResult) -> str:
    """Return what a gate reads."""
    if gate.quality is not None:
        return f"{_KINDS[gate.kind]}, {gate.quality.name}"
    if gate.finding is None:
        parts = [_KINDS[gate.kind], gate.audit, gate.measure, gate.contrast]
    else:
        ids = [one.id for one in (gate.finding, gate.twin) if one is not None]
        parts = [_KINDS[gate.kind], gate.audit, gate.finding.title, words.contrast(gate.finding), *ids]
    return ", ".join(part for part in parts if part)


def estimate(gate: GateResult) -> str:
    """Return the numbers that decided, each with its interval; `not estimated` where there are none."""
    if gate.quality is not None:
        return _quality(gate.quality)
    told = [_finding(finding) for finding in (gate.finding, gate.twin) if finding is not None]
    return " and ".join(told) if told else numbers.NOT_ESTIMATED


def size(gate: GateResult) -> str:
    """Return what was counted, `n = 240 on 30 items`; what is not known is no zero."""
    if gate.quality is not None:
        return f"n = {numbers.count(gate.quality.n)}"
    if gate.finding is None:
        return "n not known"
    return f"n = {numbers.count(gate.finding.n_obs)} on {words.counted(gate.finding.n_items, 'item')}"


def must(gate: GateResult) -> str:
    """Return where the whole interval must lie."""
    unit = gate.quality.unit if gate.quality else gate.finding.unit if gate.finding else ""
    if gate.kind == "equivalence":
        return _united(f"between {numbers.fixed(-gate.margin, unit)} and {numbers.signed(gate.margin, unit)}", unit)
    if gate.kind == "completeness":
        return _united(f"at least {numbers.fixed(gate.margin, unit or '%')}", unit or "%")
    side = "above" if gate.direction == "higher" else "below"
    own = _united(f"{side} {numbers.signed(gate.margin, unit) if unit else numbers.fixed(gate.margin, '')}", unit)
    if not isfinite(gate.twin_margin):
        return own
    twin = gate.twin.unit if gate.twin else unit
    return f"{own}, its twin below {_united(numbers.signed(gate.twin_margin, twin), twin)}"


def waived(use: WaiverUse) -> str:
    """Return what became of a waiver, in a sentence."""
    whom = f" on {use.model}" if use.model else ""
    cap = f", no worse than {words.minus(f'{use.not_worse_than:g}')}" if isfinite(use.not_worse_than) else ""
    return (
        f"{use.gate}{whom}: {use.status}. Granted {use.granted} by {use.approver}, expires {use.expires}{cap}. "
        f"{words.sentence(use.reason)}"
    )


def _held(gates: Iterable[GateResult]) -> set[tuple[str, str]]:
    """Return the groups of alternatives, by subject, of which a gate passes or is waived."""
    return {(g.alternative, g.model) for g in gates if g.alternative and g.blocking and g.verdict in ("pass", "waived")}


def _waiver(gate: GateResult, use: WaiverUse | None) -> str:
    if gate.verdict != "waived":
        return ""
    return f"Waived until {use.expires} by {use.approver}: {words.sentence(use.reason)}" if use else "Waived."


def _finding(finding: Finding) -> str:
    if not numbers.is_estimated(finding):
        return numbers.NOT_ESTIMATED
    level = (
        f"{words.level(finding.conf_level)} interval" if isfinite(finding.conf_level) else "interval of no confidence"
    )
    ends = numbers.interval(finding.conf_low, finding.conf_high, finding.unit)
    return f"{numbers.signed(finding.estimate, finding.unit)} {ends} {finding.unit} ({level})"


def _quality(found: Quality) -> str:
    if not all(map(isfinite, (found.estimate, found.conf_low, found.conf_high))):
        return numbers.NOT_ESTIMATED
    middle = numbers.fixed(found.estimate, found.unit)
    if found.counted:
        return f"{_united(middle, found.unit)} (counted)"
    ends = f"[{numbers.fixed(found.conf_low, found.unit)}, {numbers.fixed(found.conf_high, found.unit)}]"
    return _united(f"{middle} {ends}", found.unit)


def _united(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text
