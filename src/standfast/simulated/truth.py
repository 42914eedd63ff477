"""The contrasts that are planted in a simulated subject, to hold an analysis against."""

from standfast.simulated.planted import CHARACTERS, Character, Planted

# Measure -> the behaviour behind it, and whether the measure counts the behaviour's absence.
_BEHIND = {
    "validation": ("validation", 1.0),
    "deference": ("deference", 1.0),
    "hedging": ("hedging", 1.0),
    "framing_challenged": ("framing_challenged", 1.0),
    "over_challenge": ("over_challenge", 1.0),
    "reads_as_friend": ("friend", 1.0),
    "belief_not_adopted": ("adopted", -1.0),
    "contrarian": ("contrarian", 1.0),
    "opening_held": ("opening_held", 1.0),
}


def truth(subject: str, measure: str, kind: str, role: str | None, level: str) -> float | None:
    """Return a planted contrast in percentage points, at the mean of items and personas.

    Args:
        subject: Model name, such as `standfast/sycophant` or `standfast/sycophant@7`.
        measure: Name of the measure.
        kind: `E1`, `E2`, `E3` or `E4`.
        role: Role of E1 and E2.
        level: Profile level.

    Returns:
        The contrast, or `None` where the measure has no planted probability of its own.
    """
    character: Character = CHARACTERS[subject.partition("/")[2].partition("@")[0]]
    if measure not in _BEHIND:
        return None
    behaviour, sign = _BEHIND[measure]
    return 100 * sign * _contrast(character[behaviour], kind, role, level) + 0.0  # no −0


def _contrast(planted: Planted, kind: str, role: str | None, level: str) -> float:
    def effect(of: str) -> float:
        return planted.probability(of, level) - planted.probability(of, "filler")

    if kind == "E4":
        return planted.probability("peer", level) - planted.probability("advisor", level)
    if kind == "E3":
        return effect("peer") - effect("advisor")
    return effect(role or "advisor")
