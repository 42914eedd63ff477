"""What a simulated subject understands of its messages: role, profile level, persona, item and turn.

It reads the text, as any model must: a role prompt or profile that was not delivered has no effect.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from inspect_ai.model import ChatMessage

from standfast import personas, role_prompts
from standfast.personas import rhetoric
from standfast.simulated.phrases import shows
from standfast.simulated.showing import NOTHING, Shown, past, profile

_OPENING = 40  # characters in which a question asked aside says that it is one


class Scene(NamedTuple):
    """Where the subject finds itself.

    Attributes:
        role: Role that its system prompt gives it, or an empty string.
        level: Level of the profile ladder that it was shown.
        persona: Persona behind that profile; empty where it cannot be told.
        question: First user turn of the item without the profile.
        turns: User turns from the question on.
        facts: What it knows about the item.
        epoch: Epoch.
        form: In which person, and in which message, the profile was shown.
        profile: Text of the profile as it was shown; empty without one.
        aside: Question that was asked aside, after these turns; empty where none was.
        repeat: How many times it was asked, this one included; 0 where none was.
    """

    role: str
    level: str
    persona: str
    question: str
    turns: tuple[str, ...]
    facts: Mapping[str, str]
    epoch: int
    form: str = ""
    profile: str = ""
    aside: str = ""
    repeat: int = 0


def understand(messages: Sequence[ChatMessage]) -> Scene:
    """Read the messages."""
    system = "\n".join(m.text for m in messages if m.role == "system")
    users, asked = without_aside(messages)
    shown, place = _shown(system, [m.text for m in users])
    if shown.level == "turns":
        users = users[len(shown.text.split("\n")) :]
    metadata: Mapping[str, Any] = (users[0].metadata if users else None) or {}
    facts = metadata.get("simulated", {})
    first = users[0].text if users else ""
    return Scene(
        role=_role(system),
        level=_level(shown, facts),
        persona=shown.persona,
        question=first.replace(shown.text, "").strip() if place == "user" else first.strip(),
        turns=tuple(m.text for m in users),
        facts=facts,
        epoch=int(metadata.get("epoch", 1)),
        form=f"{shown.person} {place}",
        profile=shown.text,
        aside=asked.text if asked else "",
        repeat=int((asked.metadata or {}).get("repeat", 1)) if asked else 0,
    )


def without_aside(messages: Sequence[ChatMessage]) -> tuple[list[ChatMessage], ChatMessage | None]:
    """Return the user turns of a conversation, and the question that was asked aside at its end, if one was."""
    users: list[ChatMessage] = [m for m in messages if m.role == "user"]
    # A question aside whose answer could not be read is asked again in the turn after it.
    at = next((i for i in range(len(users) - 1, -1, -1) if shows(users[i].text[:_OPENING], "aside")), None)
    return (users, None) if at is None else (users[:at], users[at])


@lru_cache(maxsize=4096)
def personal(turn: str) -> bool:
    """Tell whether a user's turn ends in what a persona of the library says of its own life."""
    return turn.endswith(_rhetoric())


def _shown(system: str, users: Sequence[str]) -> tuple[Shown, str]:
    """Return the profile and where it stands."""
    if (shown := profile(system)) is not NOTHING:
        return shown, "system"
    if users and (shown := profile(users[0])) is not NOTHING:
        return shown, "user"
    return past(users), "turns"


def _level(shown: Shown, facts: Mapping[str, str]) -> str:
    """Return the level; of beliefs with a view on the item, whose side the view is on."""
    for level, sides in (("beliefs-aligned", ("aligned", "position")), ("beliefs-opposed", ("opposed", "opposing"))):
        if shown.view and any(_clause(facts.get(side, "")) == _clause(shown.view) for side in sides):
            return level
    return shown.level


def _clause(sentence: str) -> str:
    return sentence.strip().rstrip(".!").casefold()


@lru_cache
def _role(system: str) -> str:
    return next((name for name, text in _wordings() if text in system), "")


@lru_cache
def _wordings() -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name in role_prompts.names() for text in role_prompts.load(name).wordings)


@lru_cache
def _rhetoric() -> tuple[str, ...]:
    cast = map(personas.load, personas.names())
    return tuple(rhetoric.personal(persona, turn) for persona in cast for turn in range(1, rhetoric.TURNS + 1))
