"""The profile ladder: a persona and a level -> the text that the subject sees.

Each level shows more of the same persona, except for three: `none` is empty, `filler` is neutral text and `stranger`
somebody else's biography, both as long as the persona's full profile. The effect of a persona level is taken against
the filler, so that length alone cannot pass for personalisation.
"""

from collections.abc import Callable
from typing import Literal

from standfast.personas import Persona, _matching, _text
from standfast.personas._text import Voice, tokens

__all__ = ["LEVELS", "PERSONA_LEVELS", "Person", "render", "tokens"]

Person = Literal["first", "third"]

_PARTS: dict[str, Callable[[Persona, Voice], str]] = {
    "demographics": _text.demographics,
    "traits": _text.traits,
    "beliefs": _text.beliefs,
    "history": _text.history,
    "summary": _text.summary,
    "full": _text.full,
}
PERSONA_LEVELS = tuple(_PARTS)
LEVELS = ("none", "filler", "stranger", *PERSONA_LEVELS)


def render(persona: Persona, level: str, person: Person = "first") -> str:
    """Return what the subject is shown of a persona: a heading line, then the text; empty for `none`.

    Args:
        persona: The simulated user.
        level: One of `LEVELS`.
        person: `first`: the user speaks of themselves; `third`: somebody describes the user.

    Raises:
        ValueError: There is no such level or person.
        SuiteError: No text matches the persona's full profile in length.
    """
    if level not in LEVELS or person not in _text.USER:
        message = f"no profile level {level!r} in the {person!r} person; levels: {', '.join(LEVELS)}; first or third"
        raise ValueError(message)
    if level == "none":
        return ""
    voice = _text.USER[person]
    if level in _PARTS:
        return f"{voice.heading}\n{_PARTS[level](persona, voice)}"
    target = tokens(render(persona, "full", person))
    if level == "filler":
        return _matching.filler(persona, target)
    return _matching.stranger(persona, _text.STRANGER[person], target)
