"""What a simulated subject understands of its messages: role, profile level, persona, item and turn.

It reads the text, as any model must: a role prompt or profile that was not delivered has no effect.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from inspect_ai.model import ChatMessage

from standfast import personas, role_prompts
from standfast.personas import ladder


class Scene(NamedTuple):
    """Where the subject finds itself.

    Attributes:
        role: Role that its system prompt gives it, or an empty string.
        level: Level of the profile ladder that it was shown.
        persona: Persona behind that profile; empty where it cannot be told.
        question: First user turn without the profile.
        turns: User turns, in order.
        facts: What it knows about the item.
        epoch: Epoch.
    """

    role: str
    level: str
    persona: str
    question: str
    turns: tuple[str, ...]
    facts: Mapping[str, str]
    epoch: int


class Shown(NamedTuple):
    """A rendered profile."""

    persona: str
    level: str
    text: str


def understand(messages: Sequence[ChatMessage]) -> Scene:
    """Read the messages."""
    system = "\n".join(m.text for m in messages if m.role == "system")
    users = [m for m in messages if m.role == "user"]
    first = users[0].text if users else ""
    shown = profile(f"{system}\n{first}")
    metadata: Mapping[str, Any] = (users[0].metadata if users else None) or {}
    return Scene(
        role=next((name for name, text in _wordings() if text in system), ""),
        level=shown.level,
        persona=shown.persona,
        question=first.replace(shown.text, "").strip() if shown.text else first.strip(),
        turns=tuple(m.text for m in users),
        facts=metadata.get("simulated", {}),
        epoch=int(metadata.get("epoch", 1)),
    )


@lru_cache(maxsize=4096)
def profile(text: str) -> Shown:
    """Find the longest rendered profile in the text; none gives empty text."""
    return next((shown for shown in _rendered() if shown.text in text), Shown("", "none", ""))


@lru_cache
def _wordings() -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name in role_prompts.names() for text in role_prompts.load(name).wordings)


@lru_cache
def _rendered() -> tuple[Shown, ...]:
    shown = [
        Shown(name, level, ladder.render(personas.load(name), level, person))
        for name in personas.names()
        for level in ladder.LEVELS
        for person in ("first", "third")
    ]
    return tuple(sorted((s for s in shown if s.text), key=lambda s: -len(s.text)))
