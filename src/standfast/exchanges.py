"""What an exchange between a sender and a receiver will use, before anything is asked: calls and tokens of both.

The conversation of each side grows with every message, and every probe reads it again, on a copy.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, Model

from standfast.audits import _partners
from standfast.audits._persuasion import SUMMARY

CHARACTERS = 4  # of a token
PARTNER_TOKENS = 60.0  # of a receiver's message of one to four sentences
MARKS_TOKENS = 12.0  # of the answer to a probe: its two marks


class Calls(NamedTuple):
    """Calls of one sample.

    Attributes:
        subject: Of the subject, with the probes of a subject that is the receiver.
        receiver: Of the models that play the receiver, with their probes and summaries.
    """

    subject: int
    receiver: int


class Words(NamedTuple):
    """Tokens of one sample, as sent to and written by the subject and the models that play the receiver."""

    subject_input: float
    subject_output: float
    receiver_input: float
    receiver_output: float


def of_exchange(sample: Sample) -> bool:
    """Tell whether a sample is an exchange."""
    return "exchange" in (sample.metadata or {})


def calls(sample: Sample) -> Calls:
    """Return the calls that an exchange takes; a probe that has to be asked again is not counted."""
    held, script = _held(sample)
    if held["seat"] == "receiver":
        return Calls(len(script) * (1 + held["repeats"]), 0)
    episodes = sum(1 for line in script if line)
    replies, probes = len(script) - episodes, (len(script) + episodes) * held["repeats"]
    return Calls(len(script), replies + probes + (episodes - 1) * _summarises(sample))


def words(sample: Sample, reply: float, partner: float) -> Words:
    """Return the tokens that an exchange takes.

    Args:
        sample: The sample.
        reply: Tokens of a subject's reply.
        partner: Tokens of a receiver's reply.
    """
    held, script = _held(sample)
    opening = sum(_size(m.text) for m in sample.input if not isinstance(m, str))
    return (
        _received(held, script, opening, reply)
        if held["seat"] == "receiver"
        else _sent(sample, opening, reply, partner)
    )


def _received(held: Mapping[str, Any], script: Sequence[str], opening: float, reply: float) -> Words:
    question = _size(_partners.probe(held["told"])[1])
    sent = written = 0.0
    before = opening
    for turn, line in enumerate(script):
        before += _size(line) if turn else 0.0
        sent += before
        before += reply
        sent += held["repeats"] * (before + question)
        written += reply + held["repeats"] * MARKS_TOKENS
    return Words(sent, written, 0.0, 0.0)


def _sent(sample: Sample, opening: float, reply: float, partner: float) -> Words:
    held, script = _held(sample)
    told, repeats = held["told"], held["repeats"]
    start = _size(_partners.receiver(held["persona"], told))
    asked, heard, subject, receiver = opening, start, [0.0, 0.0], [0.0, 0.0]
    episode = 0
    for turn, line in enumerate(script):
        if line:
            if episode and _summarises(sample):
                receiver[0] += heard + _size(_partners.SUMMARISE)
                receiver[1] += partner
                heard = start + partner + _size(_partners.REMEMBERED)
            episode += 1
        question = _size(_partners.probe(told, episode)[1])
        if line:
            receiver[0] += repeats * (heard + question)
            receiver[1] += repeats * MARKS_TOKENS
        else:
            receiver[0] += heard
            receiver[1] += partner
            heard += partner
        asked += (_size(line) if line else partner) if turn else 0.0
        subject[0] += asked
        subject[1] += reply
        asked, heard = asked + reply, heard + reply
        receiver[0] += repeats * (heard + question)
        receiver[1] += repeats * MARKS_TOKENS
    return Words(*subject, *receiver)


async def rehearse(sample: Sample, subject: Model, receiver: Model | None) -> tuple[list[ChatMessage], list[float]]:
    """Hold one exchange between simulated models, without probes and memory.

    Returns:
        The subject's conversation, and the tokens of the receiver's replies.
    """
    _, script = _held(sample)
    held: Mapping[str, Any] = (sample.metadata or {})["exchange"]
    messages: list[ChatMessage] = [message for message in sample.input if not isinstance(message, str)]
    other: list[ChatMessage] = []
    if receiver and held["seat"] == "sender":
        other = [ChatMessageSystem(content=_partners.receiver(held["persona"], held["told"]))]
    replies = []
    for turn, line in enumerate(script):
        said = line
        if not line and receiver:
            output = await receiver.generate(other)
            said = output.completion
            other.append(ChatMessageAssistant(content=said))
            replies.append(_size(said))
        messages += [ChatMessageUser(content=said)] if turn else []
        output = await subject.generate(messages)
        messages.append(output.message)
        other.append(ChatMessageUser(content=output.completion))
    return messages, replies


def _held(sample: Sample) -> tuple[Mapping[str, Any], Sequence[str]]:
    metadata = sample.metadata or {}
    return metadata["exchange"], metadata["script"]


def _summarises(sample: Sample) -> bool:
    return bool((sample.metadata or {})["challenge"] == SUMMARY)


def _size(text: str) -> float:
    return len(text) / CHARACTERS
