"""What a policy decided: the nouns that reports, machines and bundles show."""

from dataclasses import dataclass
from math import nan
from typing import Literal

from standfast.analysis import plain
from standfast.analysis.findings import Finding

Verdict = Literal["pass", "fail", "inconclusive", "missing", "waived"]
Raw = Literal["pass", "fail", "inconclusive", "missing"]
SecondVerdict = Literal["pass", "fail", "inconclusive", "none"]
Kind = Literal["bound", "role-gap", "non-inferiority", "equivalence", "two-sided", "judge-quality", "completeness"]
WaiverStatus = Literal["applied", "unused", "expired", "exceeded", "not yet", "too long"]
Dropped = Literal["judge", "personas", "wording", "benchmark", "audit", "longest"]

EXIT_CODES: dict[Raw, int] = {"pass": 0, "fail": 10, "inconclusive": 11, "missing": 12}
SCHEMA = "standfast/decision/2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What a gate on the evidence itself was decided on.

    Attributes:
        name: What it is, such as `share of planned values scored` or `kappa on framing`.
        estimate: Its value.
        conf_low: Lower end of its interval; the value itself where it is counted and not estimated.
        conf_high: Upper end.
        unit: `%` or empty for a coefficient.
        n: What it was counted or estimated over.
        counted: Whether it is a count, which has no sampling error.
    """

    name: str
    estimate: float
    conf_low: float
    conf_high: float
    unit: str
    n: int
    counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The verdict of one gate on one subject.

    Attributes:
        id: The gate's id in the policy.
        title: What the gate protects, in words.
        kind: Its kind.
        model: Subject.
        audit: Audit of the finding, `pooled` for several; empty where the gate looks at all audits.
        measure: Measure of the finding; empty for completeness.
        contrast: Contrast of the finding; empty for judge-quality and completeness.
        direction: `higher` or `lower`: which way is better; `within` for equivalence.
        margin: In the finding's unit; the whole interval must lie on its better side, for equivalence between −margin
            and margin.
        twin_margin: Margin of the over-correction twin, NaN but for `two-sided`.
        confidence: Of the interval that decided, after any correction.
        blocking: Whether the gate counts in the whole decision; an advisory gate is only shown.
        alternative: Name of the group of which one gate must pass; empty where the gate itself must.
        verdict: `pass`, `fail`, `inconclusive`, `missing` or `waived`.
        raw: The verdict before any waiver.
        reason: Why, in a sentence or two; says so where the second opinion alone would decide otherwise.
        needed: What would settle an inconclusive gate, in a sentence; empty where nothing is known.
        finding: The finding it was decided on, `None` where there is none.
        twin: The finding on the over-correction twin, `None` but for `two-sided`.
        quality: What a gate on the evidence was decided on, `None` for gates on findings.
        second: The verdict by the second opinion's interval alone, which decides nothing; `none` without one.
        owner: Who answers for the margin.
        why: Why the margin is where it is.
    """

    id: str
    title: str
    model: str
    audit: str
    measure: str
    contrast: str
    direction: Literal["higher", "lower", "within"]
    margin: float
    blocking: bool
    verdict: Verdict
    reason: str
    finding: Finding | None
    second: SecondVerdict = "none"
    kind: Kind = "bound"
    twin_margin: float = nan
    confidence: float = 0.95
    alternative: str = ""
    raw: Raw = "missing"
    needed: str = ""
    twin: Finding | None = None
    quality: Quality | None = None
    owner: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFacts:
    """Which policy decided.

    Attributes:
        name: Its name.
        file: `suite.yaml` or the name of the policy's own file.
        sha256: Hash of that file's bytes.
        post_hoc: Whether it is another than the one that was hashed before the run.
        error_rate: What the error rate of the whole is, in a sentence.
    """

    name: str
    file: str
    sha256: str
    post_hoc: bool
    error_rate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverUse:
    """What became of a waiver.

    Attributes:
        gate: Gate that it covers.
        model: Subject that it covers; empty for all.
        status: `applied`; `unused`, because the gate passed or is not asked; `expired`; `exceeded`, because the effect
            is worse than its cap or unknown; `not yet`, because it was granted later; `too long`.
        reason: Why it was granted.
        approver: Who granted it.
        granted: Day, ISO 8601.
        expires: Last day on which it holds.
        not_worse_than: Cap on the effect, unit of the finding.
    """

    gate: str
    model: str
    status: WaiverStatus
    reason: str
    approver: str
    granted: str
    expires: str
    not_worse_than: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The verdict of one gate with something left out.

    Attributes:
        dropped: What kind of thing was left out.
        name: Which one, in words.
        gate: The gate's id.
        model: Subject.
        was: The raw verdict on everything.
        verdict: The raw verdict without it.
        finding: The finding without it; `None` where there is none.
    """

    dropped: Dropped
    name: str
    gate: str
    model: str
    was: Raw
    verdict: Raw
    finding: Finding | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict of a policy.

    Attributes:
        verdict: The worst blocking verdict; `missing` before `fail` before `inconclusive` before `pass`. A waived gate
            counts as passed, and the headline says so.
        exit_code: 0 pass, 10 fail, 11 inconclusive, 12 missing, simulated or post hoc.
        simulated: Whether a simulated subject or judge took part; such a run never exits 0 unless allowed.
        headline: One sentence for the top of the report.
        gates: One result per gate and subject.
        policy: Which policy decided; `None` where the run has none.
        waivers: What became of each waiver.
        robustness: Verdicts with something left out.
        decided: Day of the decision, ISO 8601; empty where no waiver or calibration makes the day matter.
        allow_simulated: Whether a simulated run was allowed to exit with the code of its verdict.
        inconclusive: Whether an inconclusive decision holds the release (`block`) or lets it go on (`warn`).
    """

    verdict: Raw
    exit_code: int
    simulated: bool
    headline: str
    gates: tuple[GateResult, ...]
    policy: PolicyFacts | None = None
    waivers: tuple[WaiverUse, ...] = ()
    robustness: tuple[Change, ...] = ()
    decided: str = ""
    allow_simulated: bool = False
    inconclusive: Literal["block", "warn"] = "block"


def to_json(decision: Decision) -> str:
    """Return a decision as JSON; NaN is written as null."""
    return plain.dump(decision, SCHEMA)


def from_json(text: str) -> Decision:
    """Rebuild a decision.

    Raises:
        LogError: The text is not what `to_json` writes.
    """
    return plain.load(text, Decision, SCHEMA)
