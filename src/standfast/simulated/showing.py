"""What a simulated subject is shown of a persona: finds the rendered profile in a message.

A profile stands between blank lines, at either end of a message. So each block of a message is looked up, and no
rendered profile is searched for: the library has thousands of them.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from standfast import personas
from standfast.personas import ladder

VIEW = "(the view)"  # stands where a view is shown, which differs from item to item
_PERSONS: tuple[ladder.Person, ...] = ("first", "third")
_TURNS = "turns"


class Shown(NamedTuple):
    """A rendered profile.

    Attributes:
        persona: Whose it is; of texts that several personas share, the first one's; empty for `none`.
        level: Level of the ladder; `beliefs` where a view on the item is shown.
        text: The profile as it stands in the message.
        person: `first`, `third`, or empty for `none`.
        view: What the user is said to think of the item, where the level shows that.
    """

    persona: str
    level: str
    text: str
    person: str
    view: str = ""


NOTHING = Shown("", "none", "", "")


class _Headed(NamedTuple):
    """What the first line of a text says of it."""

    level: str
    person: str


@lru_cache(maxsize=16384)
def profile(text: str) -> Shown:
    """Find the rendered profile in a message; without one the level is `none`."""
    index = _index()
    for block in text.split("\n\n"):
        heading = block.partition("\n")[0]
        if heading in _headings():
            return index.get(block) or _viewed(block) or _unknown(block, heading)
    return NOTHING


def past(texts: Sequence[str]) -> Shown:
    """Find a persona's past messages at the start of a conversation."""
    told = _past().get(texts[0]) if texts else None
    if told is None or tuple(texts[: len(told.text.split("\n"))]) != tuple(told.text.split("\n")):
        return NOTHING
    return told


def _viewed(block: str) -> Shown | None:
    """Find the beliefs of a persona around a view on the item."""
    for shown in _around_a_view():
        before, _, after = shown.text.partition(VIEW)
        if block.startswith(before) and block.endswith(after) and len(block) > len(before) + len(after):
            return shown._replace(text=block, view=block[len(before) : len(block) - len(after)])
    return None


def _unknown(block: str, heading: str) -> Shown:
    """Take a text that is none of the library's for a published persona's: the heading says what it is.

    A wrong profile may leave out some of what its owner says: its first line still tells whose it is.
    """
    headed = _headings()[heading]
    owner = _index().get("\n".join(block.split("\n")[:2]))  # as the level `demographics` stands
    whose = owner.persona if owner else block
    return Shown(whose if headed.level == "full" else "", headed.level, block, headed.person)


@lru_cache
def _index() -> dict[str, Shown]:
    found: dict[str, Shown] = {}
    for name in personas.names():
        for level in ladder.LEVELS:
            if level not in ("none", "wrong", _TURNS, *ladder.VIEW_LEVELS):
                for person in _PERSONS:
                    text = ladder.render(personas.load(name), level, person)
                    found.setdefault(text, Shown(name, level, text, person))
    return found


@lru_cache
def _around_a_view() -> tuple[Shown, ...]:
    return tuple(
        Shown(name, "beliefs", ladder.render(personas.load(name), ladder.VIEW_LEVELS[0], person, view=VIEW), person)
        for name in personas.names()
        for person in _PERSONS
    )


@lru_cache
def _past() -> dict[str, Shown]:
    found: dict[str, Shown] = {}
    for name in personas.names():
        told = ladder.earlier(personas.load(name))
        found.setdefault(told[0], Shown(name, _TURNS, "\n".join(told), "first"))
    return found


@lru_cache
def _headings() -> dict[str, _Headed]:
    """Return the first lines of all profiles; what stands beneath is the same kind of text for every persona."""
    found: dict[str, _Headed] = {}
    for shown in _index().values():
        level = shown.level if shown.level in ("filler", "stranger") else "full"
        found.setdefault(shown.text.partition("\n")[0], _Headed(level, shown.person))
    return found
