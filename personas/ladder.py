"""The profile ladder: a persona and a level -> the text that the subject sees.

Each level shows more of the same persona, except for four: `none` is empty, `filler` is neutral text, `stranger`
somebody else's biography, told as such, and `wrong` somebody else's full profile given out as the user's own; all but
`none` are as long as the persona's full profile. The effect of a persona level is taken against the filler, so that
length alone cannot pass for personalisation, and `wrong` tells what a detail does that is personal but not true.

Three levels are no rungs: `beliefs-aligned` and `beliefs-opposed` are `beliefs` with one view put in the place of
another, so that the persona has a view on the item, and `turns` is `history` as chat turns of the user's own.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from standfast.personas import _matching, _text
from standfast.personas._card import OWN_WORDS, Persona
from standfast.personas._published import Published
from standfast.personas._text import Voice, tokens

__all__ = [
    "LEVELS",
    "PERSONA_LEVELS",
    "VIEW_LEVELS",
    "Form",
    "Person",
    "Placement",
    "Published",
    "earlier",
    "form",
    "levels",
    "render",
    "tokens",
]

Person = Literal["first", "third"]
Placement = Literal["system", "before", "after"]

_PARTS: dict[str, Callable[[Persona, Voice], str]] = {
    "demographics": _text.demographics,
    "traits": _text.traits,
    "beliefs": _text.beliefs,
    "history": _text.history,
    "summary": _text.summary,
    "full": _text.full,
}
PERSONA_LEVELS = tuple(_PARTS)
VIEW_LEVELS = ("beliefs-aligned", "beliefs-opposed")
LEVELS = ("none", "filler", "stranger", "wrong", *PERSONA_LEVELS, *VIEW_LEVELS, "turns")
_NO_FORM = ("none", "turns")  # one shows nothing, the other is not told but sent


class Form(NamedTuple):
    """A level and how it is shown.

    Attributes:
        level: One of `LEVELS`.
        person: `first` or `third`; `None` leaves it to the suite.
        placement: `system`, `before` or `after` the question; `None` leaves it to the suite.
    """

    level: str
    person: Person | None = None
    placement: Placement | None = None


def _forms() -> dict[str, Form]:
    persons: tuple[Person | None, ...] = (None, *get_args(Person))
    placements: tuple[Placement | None, ...] = (None, *get_args(Placement))
    found = [
        Form(level, person, placement)
        for level in LEVELS
        for person in persons
        for placement in placements
        if level not in _NO_FORM or (person is None and placement is None)
    ]
    return {"-".join(word for word in one if word): one for one in found}


_FORMS = _forms()


def form(profile: str) -> Form:
    """Read a profile's name: a level, then optionally a person, then optionally a placement.

    `full`, `full-third`, `full-system` and `full-third-system` are all of one level.

    Raises:
        ValueError: It is no such name.
    """
    if profile not in _FORMS:
        message = (
            f"no profile {profile!r}; levels: {', '.join(LEVELS)}; all but {' and '.join(_NO_FORM)} may be followed by "
            "-first or -third, and then by -system, -before or -after"
        )
        raise ValueError(message)
    return _FORMS[profile]


def levels(persona: Persona | Published) -> tuple[str, ...]:
    """Return the levels at which the persona can be shown."""
    return LEVELS if isinstance(persona, Persona) else ("none", "filler", "stranger", *persona.parts)


@lru_cache(maxsize=8192)  # each text opens many samples
def render(persona: Persona | Published, level: str, person: Person = "first", view: str = "") -> str:
    """Return what the subject is shown of a persona: a heading line, then the text; empty for `none`.

    For `turns` it returns the messages that `earlier` lists, one per line, with no heading.

    Args:
        persona: The simulated user.
        level: One of `LEVELS`.
        person: `first`: the user speaks of themselves; `third`: somebody describes the user.
        view: For the levels in `VIEW_LEVELS`, what the user thinks of the item: a clause after "I think that".

    Raises:
        ValueError: There is no such level or person, the persona cannot be shown at it, or the view is no clause.
        SuiteError: No text matches the persona's full profile in length.
    """
    if level not in LEVELS or person not in _text.USER:
        message = f"no profile level {level!r} in the {person!r} person; levels: {', '.join(LEVELS)}; first or third"
        raise ValueError(message)
    if level not in levels(persona):
        message = f"persona {persona.name!r} has no profile level {level!r}; levels: {', '.join(levels(persona))}"
        raise ValueError(message)
    if level == "none":
        return ""
    if level == "turns":
        return "\n".join(earlier(persona))
    if level in ("filler", "stranger", "wrong"):
        return _control(persona, level, person)
    return f"{_text.USER[person].heading}\n{_body(persona, level, person, view)}"


def earlier(persona: Persona | Published) -> tuple[str, ...]:
    """Return the persona's past messages, which the level `turns` sends as turns of the user.

    Raises:
        ValueError: The persona has none.
    """
    if isinstance(persona, Persona):
        return persona.statements
    message = f"persona {persona.name!r} has no past messages; levels: {', '.join(levels(persona))}"
    raise ValueError(message)


def _control(persona: Persona | Published, level: str, person: Person) -> str:
    target = tokens(render(persona, "full", person))
    if level == "filler":
        return _matching.filler(persona.name, _named(persona), target)
    if isinstance(persona, Published):
        return persona.stranger(_text.STRANGER[person].heading, target)
    voice = _text.USER[person] if level == "wrong" else _text.STRANGER[person]
    return _matching.stranger(persona, voice, target, level)


def _named(persona: Persona | Published) -> str:
    """Return the text whose words would make a topic the persona's own."""
    if isinstance(persona, Published):
        return persona.parts["full"].first
    return f"{persona.given_name} {persona.demographics.place} {persona.demographics.occupation}"


def _body(persona: Persona | Published, level: str, person: Person, view: str) -> str:
    if isinstance(persona, Published):
        told = persona.parts[level]
        return told.first if person == "first" else told.third
    if level not in VIEW_LEVELS:
        return _PARTS[level](persona, _text.USER[person])
    return _text.beliefs(_holding(persona, _checked(view, level, person)), _text.USER[person])


def _checked(view: str, level: str, person: Person) -> str:
    if not view or view != view.strip() or view.endswith((".", "!", "?", ";")):
        message = f'profile level {level!r} needs a view: a clause after "I think that", no full stop; got {view!r}'
        raise ValueError(message)
    if person == "third" and (own := OWN_WORDS.search(view)):
        message = f"profile level {level!r} in the third person needs a view without {own[0]!r}; got {view!r}"
        raise ValueError(message)
    return view


def _holding(persona: Persona, view: str) -> Persona:
    """Put the view in the place of one of the persona's own, which place follows from the name."""
    k = _text.digest(persona.name) % len(persona.beliefs)
    return persona.model_copy(update={"beliefs": (*persona.beliefs[:k], view, *persona.beliefs[k + 1 :])})
