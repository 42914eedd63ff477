"""Proof that the subject saw what the cell says.

The check reads the messages of the subject's last call, as Inspect recorded it, not the plan: the role prompt
stands in the system message, the profile text and every user turn of the script are there in order, a reply followed
each, and nothing else was said: a neutral cell into which a profile has slipped is no control.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai.event import ModelEvent
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage

from standfast.audits._audit import digest


def sent() -> list[ChatMessage]:
    """Return the messages of the subject's last call, and its reply; empty where the subject was never called."""
    calls = [event for event in transcript().events if isinstance(event, ModelEvent) and event.role is None]
    if not calls:
        return []
    last = calls[-1]
    return [*last.input, *(choice.message for choice in last.output.choices[:1])]


def undelivered(messages: Sequence[ChatMessage], metadata: Mapping[str, Any]) -> str | None:
    """Return why the transcript does not prove delivery, or `None` if it does.

    Args:
        messages: What was sent and answered, as from `sent`.
        metadata: The sample's metadata: `script` and `proof`.
    """
    system = "\n".join(m.text for m in messages if m.role == "system")
    users = [m.text for m in messages if m.role == "user"]
    proof, script = metadata["proof"], metadata["script"]
    if proof["role_prompt"] not in system:
        return "the role prompt was not in the system message"
    if proof["profile"] not in "\n".join([system, *users[:1]]):
        return "the profile text was not in the messages"
    if len(users) != len(script) or any(text not in sent for text, sent in zip(script, users, strict=True)):
        return f"{len(users)} of {len(script)} user turns were sent, or not in this order"
    speakers = [m.role for m in messages if m.role != "system"]
    if speakers != ["user", "assistant"] * len(script):
        return "a user turn was not followed by one reply"
    told = [digest(m.text) for m in messages if m.role != "assistant"]
    return None if told == proof["sent"] else "a message holds more or less than the cell says"
