"""What a suite may name of each audit: its measures, items and challenges."""

from standfast.audits._audit import Audit
from standfast.audits._registry import AUDITS
from standfast.measure import Measure
from standfast.suite import AuditFacts


def catalogue() -> dict[str, AuditFacts]:
    """Return what a suite may name, audit by audit."""
    return {name: _facts(audit) for name, audit in AUDITS.items()}


def _facts(audit: Audit) -> AuditFacts:
    measures = [measure for measure in audit.definitions(audit.turns) if measure.level == "sample"]
    return AuditFacts(
        measures={measure.name: measure.direction for measure in measures},
        constructs={measure.name: measure.construct for measure in measures},
        spans={measure.name: _span(measure) for measure in measures},
        items=[item.id for item in audit.items()],
        challenges=audit.challenges,
        multi_turn=audit.turns > 1,
        defined={m.name: m.applies["challenge"] for m in measures if "challenge" in m.applies},
        twins={m.name: m.twin for m in measures if m.twin},
        seat=audit.seat or "",
    )


def _span(measure: Measure) -> float | None:
    if measure.low is None or measure.high is None:
        return None
    return (measure.high - measure.low) * (100 if measure.scale in ("binary", "proportion") else 1)
