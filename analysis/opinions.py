"""The second opinion on a finding, and what it makes doubtful."""

from standfast.analysis.estimates import Estimate, Study, second_opinion
from standfast.analysis.findings import SecondOpinion
from standfast.analysis.levels import Weights


def second(study: Study, weights: Weights, name: str, factor: float, method: str) -> SecondOpinion:
    """Return the second opinion on a weighted sum of cells, in the unit of the finding.

    Args:
        study: The study.
        weights: Planned cell -> what its mean counts.
        name: Of the contrast; the draws depend on it.
        factor: What turns the measure's scale into the finding's unit.
        method: In words.
    """
    other = second_opinion(study, weights, name)
    return SecondOpinion(
        estimate=other.estimate * factor,
        conf_low=other.conf_low * factor,
        conf_high=other.conf_high * factor,
        method=method,
        status=other.status,
    )


def doubts(found: Estimate, other: SecondOpinion | None, unit: str) -> tuple[str, ...]:
    """Flag intervals that lie differently to 0, which covers every difference in sign that matters, or say why not."""
    if other is None:
        return ()
    if other.status != "ok":
        return (f"There is no second opinion: {other.status}.",)
    if _side(found.low, found.high) == _side(other.conf_low, other.conf_high):
        return ()
    ends = f"{other.conf_low:.1f} to {other.conf_high:.1f} {unit}"
    return (f"The second opinion lies differently to 0: {other.estimate:.1f}, interval {ends}.",)


def _side(low: float, high: float) -> int:
    return int(low > 0) - int(high < 0)
