"""What varies in an audit, and by how much: standard deviations to plan with."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf, sqrt
from types import MappingProxyType
from typing import Self

# Variance of each random effect as a share of p (1 − p). They rest on two sources. In syco-bench (timfduffy/syco-bench
# @ a9d163bb, 12 models, 40 items, 2 × 2 conditions, scores cut at each model's median) items carry 0.39 and 0.43 of the
# variance, items × attribution or stance 0.02 and 0.13, items × system prompt 0.11 and 0.00; a test recomputes this.
# In arXiv 2603.00024 a point more of a persona's liking for validation moves the log-odds of an open answer by 0.57
# once the persona is shown. If liking differs by a point, that is 0.12 at a share of 0.7, or 0.07 of p (1 − p), which
# both effects of persona and profile have together. What is unobserved is set about as large as its neighbours; that
# half of what is left repeats is a guess. Replace all of them by a pilot's.
_SHARES = MappingProxyType(
    {
        "item": 0.40,
        "item_persona": 0.05,
        "item_role": 0.07,
        "item_profile": 0.07,
        "item_role_profile": 0.07,
        "persona": 0.02,
        "persona_role": 0.02,
        "persona_profile": 0.05,
        "persona_role_profile": 0.02,
        "item_persona_role_profile": 0.50,
        "residual": 0.50,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Standard deviations of the random effects, on the measure's own scale.

    Attributes:
        residual: Between repetitions of one sample.
        item_persona_role_profile: Between samples of a cell, which repetitions do not average out; a fit to one epoch
            has it in its residual.
        item: Of items; so on for the others, by the factors that they vary with.
    """

    residual: float
    item: float = 0.0
    item_persona: float = 0.0
    item_role: float = 0.0
    item_profile: float = 0.0
    item_role_profile: float = 0.0
    persona: float = 0.0
    persona_role: float = 0.0
    persona_profile: float = 0.0
    persona_role_profile: float = 0.0
    item_persona_role_profile: float = 0.0

    def __post_init__(self) -> None:
        for name in _names():
            if not 0 <= getattr(self, name) < inf:
                message = f"{name}: a standard deviation must be finite and at least 0, got {getattr(self, name)}"
                raise ValueError(message)

    @classmethod
    def for_shares(cls, mean: float) -> Self:
        """Return conservative components for a binary measure or a proportion, before there is a pilot.

        One answer varies by p (1 − p) in all. Here what is left within pairs has all of it, half of that repeatable,
        and the other effects come on top. How much items explain is not known, and neither a level, which they widen,
        nor a contrast, from which they cancel, should come out less well known than planned.

        Args:
            mean: Share that is expected, between 0 and 1; 0.5 is the worst case.
        """
        if not 0 < mean < 1:
            message = f"a share must lie between 0 and 1 to plan with, got {mean}"
            raise ValueError(message)
        return cls(**{name: sqrt(share * mean * (1 - mean)) for name, share in _SHARES.items()})

    @classmethod
    def from_fit(cls, sd: Mapping[str, float]) -> Self:
        """Return the components of a pilot.

        Args:
            sd: Name -> standard deviation, named as fits name them: `item × role × profile`, `residual`. What is not
                named counts as 0, so a pilot should have fitted personas if many items meet the same ones.

        Raises:
            ValueError: A name is unknown, `residual` is not there, or a number is no standard deviation.
        """
        named = {name.replace(" × ", "_"): value for name, value in sd.items()}
        known = _names()
        if unknown := [name for name in sd if name.replace(" × ", "_") not in known]:
            message = f"no component {unknown[0]!r}. Known: {', '.join(name.replace('_', ' × ') for name in known)}"
            raise ValueError(message)
        if "residual" not in named:
            message = f"components need a residual; found {', '.join(sd) or 'none'}"
            raise ValueError(message)
        return cls(**{name: float(value) for name, value in named.items()})


def _names() -> tuple[str, ...]:
    return tuple(field.name for field in fields(Components))
