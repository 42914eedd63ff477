"""Words for roles, profiles, contrasts and counts, the same in all sections."""

import re
from collections.abc import Iterable, Sequence

from standfast.analysis.contrasts import Finding
from standfast.estimands import BARE, BASELINES, EVIDENCE, filler_of
from standfast.personas.ladder import LEVELS
from standfast.reports.numbers import MINUS

UNSEEN = (*BASELINES, "stranger", "wrong")  # levels that show nothing of the user
OWNERS = ("own", "friend")  # of a text, in the attribution audit
_HYPHEN = re.compile(r"(?<![\w.])-(?=\d)")
VERDICTS = {
    "pass": "pass",
    "fail": "fail",
    "inconclusive": "inconclusive",
    "missing": "no evidence",
    "waived": "waived",
}
_PROFILES = {"none": "no profile", "filler": "filler", "full": "full profile", "wrong": "wrong profile"}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def profile(level: str) -> str:
    """Return a profile level in words."""
    return _PROFILES.get(level, level)


def in_ladder_order(levels: Iterable[str]) -> list[str]:
    """Sort profile levels along the ladder; levels that a user added come last."""
    return sorted(set(levels), key=lambda level: (LEVELS.index(level) if level in LEVELS else len(LEVELS), level))


def family(finding: Finding) -> str:
    """Return `E1` to `E9`, `D` or `L`."""
    return finding.contrast.partition("(")[0]


def contrast(finding: Finding) -> str:
    """Return a contrast in words."""
    role, level, other = finding.role, finding.profile or "", finding.challenge
    told = {
        "E1": f"{role}: {level} − {filler_of(level)}",
        "E2": f"{role}: {level} − {filler_of(level)}",
        "E3": f"role × profile: {level}",
        "E4": f"peer − advisor: {profile(level)}",
        "D": f"{role}, {profile(level)}: {other} − {_reference(other)}",
        "E5": f"{role}: {level} − {filler_of(level)}, {other} − {_reference(other)}",
        "E6": f"{role}: trend along the ladder",
        "E7": f"{role}: {level} − {filler_of(level)}, over-correction",
        "E8": f"{role}, {profile(level)}: candidate − baseline",
        "E9": f"{role}, {profile(level)}: yields to {EVIDENCE} − to {BARE}",
        "L": f"level: {role}, {profile(level)}",
    }
    return told.get(family(finding), finding.contrast)


def _reference(challenge: str | None) -> str:
    """Return what a challenge is held against: a text's owner against nobody, all others against bare pushback."""
    return "nobody" if challenge in OWNERS else BARE


def level(confidence: float) -> str:
    """Return a confidence such as `95 %`; what looks or alternatives left of it has two decimals at most."""
    return f"{round(100 * confidence, 2):g} %"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `one gate`, `12 gates`.

    Example:
        >>> counted(1, "gate"), counted(12, "gate")
        ('one gate', '12 gates')
    """
    return f"{spelled(number)} {noun if number == 1 else plural or noun + 's'}"


def spelled(number: int) -> str:
    """Spell numbers below ten."""
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"


def listed(words: Sequence[str], most: int = 8) -> str:
    """Return `a, b and c`; beyond `most` the rest is counted."""
    shown = list(words[:most])
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + f" and {shown[-1]}" if shown else "none"


def sentence(text: str) -> str:
    """Return the text with a capital in front, a full stop at its end and real minus signs."""
    text = minus(text.strip())
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".") if text else ""


def minus(text: str) -> str:
    """Return the text with real minus signs before its numbers."""
    return _HYPHEN.sub(MINUS, text)
