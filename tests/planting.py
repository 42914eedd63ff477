"""What is planted, for the findings of a run: shared by the tests that hold an analysis against it."""

from standfast.analysis.findings import Finding
from standfast.audits._registry import AUDITS
from standfast.estimands import parse_contrast
from standfast.simulated.truth import truth

# What is asked in the tests of recovery: audit -> options of a suite.
ASKED: dict[str, dict[str, list[str]]] = {
    "debate": {"challenges": ["bare"]},
    "goals": {"challenges": ["bare"], "rhetoric": ["impersonal", "personal"]},
    "facts": {"challenges": ["bare"]},
    "attribution": {"challenges": ["nobody", "own"]},
    "persuadability": {"challenges": ["bare", "falsified"]},
    "persuasion": {"challenges": ["open"]},
}
# What a receiver makes of a sender is recovered in `test_persuasion_recovery`: the subject alone does not determine it.
RECOVERED = [audit for audit in AUDITS if audit != "rapport"]
LEADS = {"persuasion": ["uses_emotion", "uses_personal"]}  # of a sender, what it does and not what comes of it
CONTRASTS = ("E1", "E2", "E3", "E5", "D")


def leads(audit: str) -> list[str]:
    """Return validation and the primary measure beside affect; without one, what the audit measures beside affect."""
    measures = [declared.measure for declared in AUDITS[audit].measures]
    primary = [m.name for m in measures if m.primary and m.construct in ("epistemic", "influence")]
    return LEADS.get(audit) or ["validation", *(primary or ["praise"])]


def kind_of(measure: str) -> str:
    """Return which contrast takes a profile's effect within a role."""
    return "E1" if measure in ("validation", "praise") else "E2"


def partners(audit: str) -> str:
    """Return the line of a suite that names whom the subject persuades; empty where it persuades nobody."""
    return "receivers: [standfast/receiver]" if AUDITS[audit].seat == "sender" else ""


def planted(finding: Finding) -> float:
    """Return what is planted in the subject of a finding."""
    asked, name = ASKED.get(finding.audit, {}), parse_contrast(finding.contrast)
    challenges = list(asked.get("challenges", ["none"]))
    if "personal" in asked.get("rhetoric", []):
        challenges += [f"{challenge}-personal" for challenge in challenges]
    turns = AUDITS[finding.audit].turns
    true = truth(
        finding.model,
        finding.measure,
        name.kind,
        name.role,
        name.profile,
        challenge=name.challenge,
        challenges=challenges,
        turns=turns,
    )
    assert true is not None, finding
    return true


def options(audit: str, **more: object) -> str:
    """Return an audit's options as a suite has them."""
    found = {name: f"[{', '.join(values)}]" for name, values in ASKED.get(audit, {}).items()}
    return "{" + ", ".join(f"{name}: {value}" for name, value in {**found, **more}.items()) + "}"
