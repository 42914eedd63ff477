import pytest
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

from standfast.audits._audit import digest
from standfast.audits._delivery import undelivered

WHOLE: list[ChatMessage] = [
    ChatMessageSystem(content="You are a peer."),
    ChatMessageUser(content="I am 34.\n\nq1"),
    ChatMessageAssistant(content="a1"),
    ChatMessageUser(content="q2"),
    ChatMessageAssistant(content="a2"),
]


METADATA = {
    "script": ["q1", "q2"],
    "proof": {
        "role_prompt": "You are a peer.",
        "profile": "I am 34.",
        "sent": [digest(text) for text in ("You are a peer.", "I am 34.\n\nq1", "q2")],
    },
}


def test_a_whole_transcript_is_proved() -> None:
    assert undelivered(WHOLE, METADATA) is None


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "role prompt"),
        (WHOLE[1:], "role prompt"),
        ([WHOLE[0], ChatMessageUser(content="q1"), *WHOLE[2:]], "profile"),
        (WHOLE[:3], "1 of 2 user turns"),
        (WHOLE[:4], "not followed by one reply"),
        ([*WHOLE[:3], ChatMessageUser(content="other"), WHOLE[4]], "not in this order"),
        ([*WHOLE[:2], WHOLE[3], WHOLE[2], WHOLE[4]], "not followed by one reply"),
        ([*WHOLE, ChatMessageUser(content="q3")], "3 of 2 user turns"),
        ([ChatMessageSystem(content="You are a peer. You are an adviser."), *WHOLE[1:]], "more or less"),
        ([WHOLE[0], ChatMessageUser(content="I am 34. I like tea.\n\nI am 34.\n\nq1"), *WHOLE[2:]], "more or less"),
    ],
)
def test_what_was_not_sent_or_not_answered_is_named(messages: list[ChatMessage], why: str) -> None:
    reason = undelivered(messages, METADATA)
    assert reason is not None
    assert why in reason
