"""What a sample is evidence of: hashes of what was asked and replied, who served it, and whether a cache did.

The analysis compares these over samples, epochs and runs, without reading any conversation again. What is not known,
as of a conversation that was held elsewhere, is absent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai.event import ModelEvent
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage

from standfast.audits._audit import digest
from standfast.audits._delivery import IMPORTED

DIGITS = 16  # of sha256: among a million conversations two share them by chance with probability 3e-8


def evidence(messages: Sequence[ChatMessage], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return what goes into the log beside a sample's verdicts.

    Args:
        messages: The conversation.
        metadata: The sample's.

    Returns:
        `question`: hash of what the item asks, whoever asks it; `opening`: hash of all that stands before the first
        reply; `asked` and `replied`: hashes of all that was said to the subject and of all that it said; `length`:
        characters of its replies; and, where a provider was called, `served`: the names that it gave itself, sorted,
        and `cached`: how many replies came from a cache.
    """
    spoken = [number for number, message in enumerate(messages) if message.role == "assistant"]
    # What stands before the script's first turn was put into the subject's mouth, so it was asked.
    own = spoken[len(metadata["proof"]["earlier"]) :]
    replies = [messages[number].text for number in own]
    asked = [[m.role, m.text] for number, m in enumerate(messages) if number not in own]
    opening = [[m.role, m.text] for m in messages[: own[0] if own else None]]
    return {
        "question": _short(_question(metadata)),
        "opening": _short(opening),
        "asked": _short(asked),
        "replied": _short(replies),
        "length": sum(map(len, replies)),
        **_provided(),
    }


def _short(data: Any) -> str:
    return digest(data)[:DIGITS]


def _question(metadata: Mapping[str, Any]) -> list[str]:
    """Return what tells the item from others: of a script its first turn, of a chat from elsewhere all the user said."""
    said = metadata["script"] if metadata.get("delivery") == IMPORTED else metadata["script"][:1]
    return [" ".join(text.lower().split()) for text in said]


def _provided() -> dict[str, Any]:
    calls = [event for event in transcript().events if isinstance(event, ModelEvent) and event.role is None]
    answered = [event for event in calls if event.error is None and event.output.choices]
    if not answered:
        return {}
    return {
        "served": sorted({event.output.model for event in answered if event.output.model}),
        "cached": sum(event.cache == "read" for event in answered),
    }
