"""What of a profile can be told back to the user, in words that stand in it in either person."""

import re

_OWN = (
    re.compile(r"\b(?:am|are) (an? [^.]+?) and have "),
    re.compile(r"\blive [^.]*\bin ([^.]+)\."),
    re.compile(r"\b(?:think|believe),?(?: too,)? that ([^.]+)\."),
    re.compile(r"\bprefer ([^.]+)\."),
    re.compile("“([^”]+)”"),
)
_SCORED = re.compile(r"\b(score (?:high|low|in the middle) on [a-z ]+):")


def particulars(profile: str, level: str) -> tuple[str, ...]:
    """Return the details that a profile shows, those that few people share where it has any.

    Args:
        profile: Text as it was shown.
        level: Level of the profile ladder; what is told as background or of somebody else is nobody's detail.
    """
    if level in ("none", "filler", "stranger"):
        return ()
    own = [found for pattern in _OWN for found in pattern.findall(profile)]
    if own or not profile:
        return tuple(own)
    scored = _SCORED.findall(profile)
    # Past messages and published profiles have other forms: a line of theirs is a detail as it stands.
    return tuple(scored or [line for line in profile.split("\n")[-4:] if line and not line.endswith(":")])
