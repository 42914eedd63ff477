"""A pilot's variances -> components to plan with."""

from collections.abc import Mapping, Sequence
from math import sqrt

from standfast.analysis.components import Components

_SAMPLE = "item × persona × role × profile × challenge"
# What a mean over challenges keeps of an effect that varies with them; the rest averages out.
_OVER_CHALLENGES = {"item × challenge": "item", _SAMPLE: "item × persona × role × profile"}
# What each wording of a role prompt adds to a level; the closed form has no name for it.
_LEFT_OUT = "role × wording"


def of_pilot(fits: Sequence[Mapping[str, float]], challenges: int = 1) -> Components:
    """Return components with the mean variances of a pilot's fits, one per subject.

    A contrast counts each challenge the same, so that what varies with challenges counts one part in `challenges`.
    Where no fit could tell samples from their repetitions, because each was asked once, all of the residual counts as
    a sample's own: more epochs promise nothing then.

    Args:
        fits: Name -> standard deviation, as `FitSummary.variance` has them; at least one.
        challenges: Challenges under which the measure will be asked.

    Raises:
        ValueError: A name is unknown, or `residual` is not there.
    """
    mean = {name: sum(sd.get(name, 0.0) ** 2 for sd in fits) / len(fits) for sd in fits for name in sd}
    mean.pop(_LEFT_OUT, None)
    if _SAMPLE not in mean and "residual" in mean:
        mean = {**mean, _SAMPLE: mean["residual"], "residual": 0.0}
    for name, kept in _OVER_CHALLENGES.items():
        mean[kept] = mean.get(kept, 0.0) + mean.pop(name, 0.0) / challenges
    return Components.from_fit({name: sqrt(variance) for name, variance in mean.items()})
