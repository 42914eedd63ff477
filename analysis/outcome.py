"""Verdicts of gates -> the verdict of the whole, its exit code and its headline."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from standfast.analysis.decisions import EXIT_CODES, GateResult, PolicyFacts, Raw
from standfast.analysis.verdicts import WORST_FIRST
from standfast.analysis.waiving import Waiver

_TOLD: Mapping[Raw, tuple[str, str]] = {
    "fail": ("fails", "fail"),
    "inconclusive": ("is inconclusive", "are inconclusive"),
    "missing": ("has no usable evidence", "have no usable evidence"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a decision is taken under.

    Attributes:
        models: Subjects, each of which needs a finding for each rule.
        simulated: Whether a simulated subject or judge took part.
        allow_simulated: Whether such a run may exit with the code of its verdict.
        trial: Whether the run left out planned samples (`--limit`); it never exits 0.
        partial: Why not all that was planned was asked, as after its budget was spent; empty where all was. A partial
            run is inconclusive at best, and never exits 0.
        confidence: Of the suite's intervals.
        missing_gap: Percentage points by which the share of missing values may differ between conditions.
        policy: Which policy; `post_hoc` in it never exits 0.
        waivers: What was granted.
        today: Day of the decision; `None` where no rule needs it.
        inconclusive: Whether an inconclusive decision holds the release (`block`) or lets it go on (`warn`).
    """

    models: Sequence[str]
    simulated: bool
    allow_simulated: bool = False
    trial: bool = False
    partial: str = ""
    confidence: float = 0.95
    missing_gap: float = 10.0
    policy: PolicyFacts | None = None
    waivers: Sequence[Waiver] = ()
    today: date | None = None
    inconclusive: Literal["block", "warn"] = "block"


class Outcome(NamedTuple):
    """The whole.

    Attributes:
        verdict: The worst verdict that counts.
        exit_code: What the command exits with.
        headline: One sentence.
    """

    verdict: Raw
    exit_code: int
    headline: str


def outcome(results: Sequence[GateResult], terms: Terms) -> Outcome:
    """Decide on the whole; at least one gate must be blocking."""
    counted = _counted(results)
    verdict = next(v for v in WORST_FIRST if v in [one.verdict for one in counted])
    if terms.partial and verdict == "pass":  # all that passes may be waived
        verdict = "inconclusive"
    return Outcome(verdict, _exit_code(verdict, terms), _headline(counted, terms))


class _Counted(NamedTuple):
    """What counts once in the decision: a gate, or a group of alternatives, on one subject."""

    verdict: Raw
    waived: bool


def _counted(results: Sequence[GateResult]) -> list[_Counted]:
    """Return what counts: each blocking gate, and of each group of alternatives the best, for each subject."""
    groups: dict[tuple[str, str], list[GateResult]] = {}
    for i, result in enumerate(results):
        if result.blocking:
            groups.setdefault((result.alternative or f"#{i}", result.model), []).append(result)
    best = []
    for own in groups.values():
        chosen = max(own, key=lambda one: WORST_FIRST.index(one.raw) if one.verdict != "waived" else 2.5)
        best.append(_Counted("pass" if chosen.verdict == "waived" else chosen.raw, chosen.verdict == "waived"))
    return best


def _exit_code(verdict: Raw, terms: Terms) -> int:
    """Return the exit code; what may not be released never has 0."""
    if terms.simulated and not terms.allow_simulated:
        return EXIT_CODES["missing"]
    if verdict == "inconclusive" and terms.inconclusive == "warn" and not terms.partial:
        verdict = "pass"
    barred = terms.trial or (terms.policy is not None and terms.policy.post_hoc)
    return EXIT_CODES["missing"] if barred and verdict == "pass" else EXIT_CODES[verdict]


def _headline(counted: Sequence[_Counted], terms: Terms) -> str:
    """Return the decision in one sentence; only blocking gates are counted, a group of alternatives once."""
    n, waived = len(counted), sum(one.waived for one in counted)
    counts = Counter(one.verdict for one in counted)
    told = [f"{counts[verdict]} {verb[counts[verdict] != 1]}" for verdict, verb in _TOLD.items() if counts[verdict]]
    if not told and terms.partial:
        words = "Hold: not all that was planned was asked."
    elif not told:
        words = f"Pass: {'the only gate holds' if n == 1 else f'all {n} gates hold'}."
        if waived:
            words = f"Pass with waivers: {n - waived} of {n} gate{'s' if n > 1 else ''} hold, {waived} waived."
    else:
        first, *rest = told
        number, _, verb = first.partition(" ")
        listed = ", ".join([f"{number} of {n} gate{'s' if n > 1 else ''} {verb}", *rest[:-1]])
        words = f"Hold: {listed} and {rest[-1]}." if rest else f"Hold: {listed}."
    return " ".join([*_barred(terms), words])


def _barred(terms: Terms) -> list[str]:
    """Return why no release can rest on the run, whatever the verdict."""
    partial = [f"{terms.partial[0].upper()}{terms.partial[1:]}."] if terms.partial else []
    if terms.simulated:
        return ["Simulated, no release decision.", *partial]
    if terms.trial:
        return ["A trial with --limit, no release decision.", *partial]
    if terms.policy is not None and terms.policy.post_hoc:
        return ["Post hoc policy, no release decision.", *partial]
    return partial
