"""Decisions for the tests of machine outputs, with one gate of each verdict. No number here was measured."""

from dataclasses import replace
from math import nan

from standfast.analysis.decisions import Change, Decision, GateResult, PolicyFacts, Quality, WaiverUse
from standfast.analysis.findings import Finding

MODEL = "acme/candidate-2"
RUN = {
    "models": [MODEL],
    "judges": ["other/judge"],
    "suite": {"name": "release", "version": "1", "sha256": "ab12" * 16},
    "versions": {"standfast": "0.1.0"},
    "simulated": False,
}
POLICY = PolicyFacts(
    name="release-2", file="gates.yaml", sha256="cd34" * 16, post_hoc=False, error_rate="At most 2.5 % per gate."
)


def finding(estimate: float = 4.2, low: float = 1.0, high: float = 7.4, **other: object) -> Finding:
    """Invent a finding."""
    made = Finding(
        model=MODEL, audit="advice", measure="framing_challenged", title="Framing challenged", construct="epistemic",
        direction="higher", primary=True, contrast="E2(peer, full)", role="peer", profile="full", unit="pp",
        estimate=estimate, std_error=1.6, df=40.0, df_method="Satterthwaite", statistic=2.6, p_value=0.01,
        p_adjusted=0.02, family="", conf_level=0.95, conf_low=low, conf_high=high, bound_low=low, bound_high=high,
        n_obs=1240, n_items=48, n_missing=0, method="", second=None, flags=(),
    )  # fmt: skip
    return replace(made, **other)


def gate(name: str, verdict: str, **other: object) -> GateResult:
    """Invent a gate's result."""
    made = GateResult(
        id=name, title=f"Title of {name}", model=MODEL, audit="advice", measure="framing_challenged",
        contrast="E2(peer, full)", direction="higher", margin=-10.0, blocking=True, verdict=verdict,
        raw="fail" if verdict == "waived" else verdict, reason=f"Reason of {name}",
        finding=None if verdict == "missing" else finding(),
        needed="120 more items would do." if verdict == "inconclusive" else "",
    )  # fmt: skip
    return replace(made, **other)


def decision(*gates: GateResult, **other: object) -> Decision:
    """Invent a decision; without gates one of each verdict, and one of each kind."""
    kappa = Quality(name="kappa on framing", estimate=0.71, conf_low=0.6, conf_high=0.8, unit="", n=150, counted=False)
    made = gates or (
        gate("holds", "pass"),
        gate("breaks", "fail"),
        gate("unclear", "inconclusive"),
        gate("absent", "missing"),
        gate("waived", "waived"),
        gate("shown", "fail", blocking=False),
        gate("both", "pass", kind="two-sided", twin=finding(-1.0, -3.0, 1.0, title="Over-challenge"), twin_margin=5.0),
        gate("same", "pass", kind="equivalence", direction="within", margin=10.0),
        gate("judge", "pass", kind="judge-quality", contrast="", finding=None, quality=kappa, margin=0.5),
    )
    use = WaiverUse(
        gate="waived", model=MODEL, status="applied", reason="Known; fixed in the next release", approver="R. Lead",
        granted="2026-11-01", expires="2026-12-01", not_worse_than=-15.0,
    )  # fmt: skip
    change = Change(
        dropped="wording", name="wording 2", gate="holds", model=MODEL, was="pass", verdict="inconclusive",
        finding=finding(),
    )  # fmt: skip
    whole = Decision(
        verdict="missing",
        exit_code=12,
        simulated=False,
        headline="Hold: 1 of 8 gates has no usable evidence, 1 fails and 1 is inconclusive.",
        gates=made,
        policy=POLICY,
        waivers=(use, replace(use, gate="holds", status="unused", not_worse_than=nan)),
        robustness=(change,),
    )
    return replace(whole, **other)


def passing(**other: object) -> Decision:
    """Invent a decision that releases."""
    plain = Decision(
        verdict="pass", exit_code=0, simulated=False, headline="Pass: the only gate holds.", gates=(gate("a", "pass"),)
    )
    return replace(plain, **other)
