"""Proof that the subject saw what the cell says.

The check reads the messages of the subject's last call, as Inspect recorded it, not the plan: the role prompt
stands in the system message, the profile text and every user turn of the script are there in order, a reply followed
each, and nothing else was said: a neutral cell into which a profile has slipped is no control. Where the provider
tells what it posted, that is held against the messages too: some drop system prompts that a model does not take.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inspect_ai.event import ModelEvent
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage

from standfast.audits._audit import digest

IMPORTED = "imported"  # a conversation from elsewhere: what was sent is what the file says


def sent() -> list[ChatMessage]:
    """Return the messages of the subject's last call, and its reply; empty where the subject was never called."""
    calls = [event for event in transcript().events if isinstance(event, ModelEvent) and event.role is None]
    if not calls:
        return []
    last = calls[-1]
    return [*last.input, *(choice.message for choice in last.output.choices[:1])]


def unposted() -> str | None:
    """Return which message of the subject's first call its provider did not post, `None` where all were.

    Inspect keeps the request of the first calls of a sample, where the provider gives it.
    """
    calls = [event for event in transcript().events if isinstance(event, ModelEvent) and event.role is None]
    if not calls or calls[0].call is None:
        return None
    posted = list(_texts(calls[0].call.request))
    if any(text.startswith(_REFERENCE) for text in posted):  # a log that is scored again has lost the long ones
        return None
    known = set(posted)  # as a rule a text is posted as it stands
    unknown = [message for message in calls[0].input if message.text not in known]
    whole = _plain(" ".join(posted)) if unknown else ""
    gone = [message.role for message in unknown if _plain(message.text) not in whole]
    return f"the provider did not post the {gone[0]} message" if gone else None


_REFERENCE = "attachment://"


def _texts(data: Any) -> Iterator[str]:
    """Yield every text in a request; Inspect puts long ones aside."""
    if isinstance(data, str):
        aside = transcript().attachments.get(data.removeprefix(_REFERENCE)) if data.startswith(_REFERENCE) else None
        yield aside or data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, Sequence):
        for value in data:
            yield from _texts(value)


def _plain(text: str) -> str:
    return " ".join(text.split())


def undelivered(messages: Sequence[ChatMessage], metadata: Mapping[str, Any]) -> str | None:
    """Return why the transcript does not prove delivery, or `None` if it does.

    Args:
        messages: What was sent and answered, as from `sent`.
        metadata: The sample's metadata: `script`, and `proof` with role prompt, profile, earlier user turns and the
            hash of every message but the replies.
    """
    system = "\n".join(m.text for m in messages if m.role == "system")
    users = [m.text for m in messages if m.role == "user"]
    proof = metadata["proof"]
    turns = [*proof["earlier"], *metadata["script"]]
    if proof["role_prompt"] not in system:
        return "the role prompt was not in the system message"
    if proof["profile"] not in "\n".join([system, *users[: len(proof["earlier"]) + 1]]):
        return "the profile text was not in the messages"
    if len(users) != len(turns) or any(text not in sent for text, sent in zip(turns, users, strict=True)):
        return f"{len(users)} of {len(turns)} user turns were sent, or not in this order"
    speakers = [m.role for m in messages if m.role != "system"]
    if speakers != ["user", "assistant"] * len(turns):
        return "a user turn was not followed by one reply"
    told = [digest(m.text) for m in messages if m.role != "assistant"]
    return None if told == proof["sent"] else "a message holds more or less than the cell says"
