"""Which contrasts the planned levels of a measure allow, and how they weigh the levels."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from standfast.analysis.levels import Key
from standfast.estimands import BASELINES, BETWEEN, ContrastKind, ContrastName
from standfast.measure import Measure
from standfast.personas.ladder import LEVELS

_ADVISOR, _PEER = BETWEEN
_PEER_MINUS_ADVISOR = {_PEER: 1.0, _ADVISOR: -1.0}


class Contrast(NamedTuple):
    """A contrast by name, and what each level counts in it."""

    name: ContrastName
    weights: dict[Key, float]


def contrasts(planned: Iterable[Key], measure: Measure, kinds: Collection[str]) -> list[Contrast]:
    """Return the contrasts that the planned levels allow, estimand by estimand along the ladder.

    Args:
        planned: Levels.
        measure: The measure.
        kinds: Estimands, such as `E2`, or contrasts by name, such as `L(peer, full)`.
    """
    keys = sorted(planned, key=ladder)
    roles, profiles = dict.fromkeys(role for role, _ in keys), dict.fromkeys(profile for _, profile in keys)
    within: ContrastKind = "E1" if measure.construct == "affective" else "E2"
    found = [_contrast("L", role, profile, {(role, profile): 1.0}) for role, profile in keys]
    for profile in profiles:
        found.append(_contrast("E4", None, profile, _at(profile, _PEER_MINUS_ADVISOR)))
        if profile not in BASELINES:
            found += [_contrast(within, role, profile, _over_filler(profile, {role: 1.0})) for role in roles]
            found.append(_contrast("E3", None, profile, _over_filler(profile, _PEER_MINUS_ADVISOR)))
    wanted = [c for c in found if c.name.kind in kinds or str(c.name) in kinds]
    allowed = [c for c in wanted if all(key in keys for key in c.weights)]
    return sorted(allowed, key=lambda c: c.name.kind)


def _contrast(kind: ContrastKind, role: str | None, profile: str, weights: dict[Key, float]) -> Contrast:
    return Contrast(ContrastName(kind, role, profile), weights)


def _at(profile: str, roles: Mapping[str, float]) -> dict[Key, float]:
    return {(role, profile): weight for role, weight in roles.items()}


def _over_filler(profile: str, roles: Mapping[str, float]) -> dict[Key, float]:
    return _at(profile, roles) | _at("filler", {role: -weight for role, weight in roles.items()})


def ladder(key: Key) -> tuple[int, str, str]:
    """Sort levels along the profile ladder; those that a user added come last."""
    role, profile = key
    return (LEVELS.index(profile) if profile in LEVELS else len(LEVELS), profile, role)
