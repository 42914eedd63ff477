"""What an exchange between a sender and a receiver will use, before anything is asked: calls and tokens of both.

The conversation of each side grows with every message, and every probe reads it again, on a copy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from inspect_ai.dataset import Sample

from standfast.audits import _partners
from standfast.audits._persuasion import SUMMARY

CHARACTERS = 4  # of a token
PARTNER_TOKENS = 60.0  # of a receiver's message of one to four sentences
MARKS_TOKENS = 12.0  # of the answer to a probe: its two marks
REPLY_TOKENS = 250  # of a reply, where nothing is known; published dialogues ask for about 250 words at most
ANSWER_TOKENS = 30  # of a verdict, per question to the judge: its name, an answer and a short quote


@dataclass(frozen=True, slots=True)
class Length:
    """How long what comes back is.

    Attributes:
        reply: Tokens of a subject's reply.
        answer: Tokens of a judge's verdict, per question.
        partner: Tokens of a reply of the person to be persuaded.
        turn: Tokens that a model which words a user's or sender's turn adds to the line that it has to say.
        marks: Tokens of the answer to a probe.
        summary: Tokens of what the person to be persuaded remembers of a talk.
        basis: Where they are from: `assumed`, `given` or `simulated`.
    """

    reply: float = REPLY_TOKENS
    answer: float = ANSWER_TOKENS
    partner: float = PARTNER_TOKENS
    turn: float = 0.0
    marks: float = MARKS_TOKENS
    summary: float = PARTNER_TOKENS
    basis: str = "assumed"


class Calls(NamedTuple):
    """Calls of one sample.

    Attributes:
        subject: Of the subject, with the probes of a subject that is the receiver.
        receiver: Of the models that play the receiver, with their probes and summaries.
    """

    subject: int
    receiver: int


class Side(NamedTuple):
    """What one side of an exchange uses: calls, and tokens as sent and as written."""

    calls: int
    input: float
    output: float


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
    return Calls(len(script), replies + probes + (episodes - 1) * summarises(sample.metadata or {}))


def uses(sample: Sample, length: Length) -> tuple[Side, Side]:
    """Return what an exchange takes of the subject and of the models that play the receiver.

    Args:
        sample: The sample.
        length: Of what comes back.
    """
    held, _ = _held(sample)
    opening = sum(_size(m.text) for m in sample.input if not isinstance(m, str))
    counted = calls(sample)
    if held["seat"] == "receiver":
        return Side(counted.subject, *_received(sample, opening, length)), Side(0, 0.0, 0.0)
    subject, receiver = _sent(sample, opening, length)
    return Side(counted.subject, *subject), Side(counted.receiver, *receiver)


def _received(sample: Sample, opening: float, length: Length) -> tuple[float, float]:
    held, script = _held(sample)
    question = _size(_partners.probe(held["told"])[1])
    added = length.turn if "user" in (sample.metadata or {}) else 0.0
    sent = written = 0.0
    before = opening
    for turn, line in enumerate(script):
        before += _size(line) + added if turn else 0.0
        sent += before
        before += length.reply
        sent += held["repeats"] * (before + question)
        written += length.reply + held["repeats"] * length.marks
    return sent, written


def _sent(sample: Sample, opening: float, length: Length) -> tuple[list[float], list[float]]:
    held, script = _held(sample)
    told, repeats = held["told"], held["repeats"]
    start = _size(_partners.receiver(held["persona"], told))
    asked, heard, subject, receiver = opening, start, [0.0, 0.0], [0.0, 0.0]
    episode = 0

    def ask(sent: float, written: float, times: int = 1) -> None:
        receiver[0] += times * sent
        receiver[1] += times * written

    for turn, line in enumerate(script):
        if line:
            if episode and summarises(sample.metadata or {}):
                ask(heard + _size(_partners.SUMMARISE), length.summary)
                heard = start + length.summary + _size(_partners.REMEMBERED)
            episode += 1
        question = _size(_partners.probe(told, episode)[1])
        if line:
            ask(heard + question, length.marks, repeats)
        else:
            ask(heard, length.partner)
            heard += length.partner
        asked += (_size(line) if line else length.partner) if turn else 0.0
        subject[0] += asked
        subject[1] += length.reply
        asked, heard = asked + length.reply, heard + length.reply
        ask(heard + question, length.marks, repeats)
    return subject, receiver


def _held(sample: Sample) -> tuple[Mapping[str, Any], Sequence[str]]:
    metadata = sample.metadata or {}
    return metadata["exchange"], metadata["script"]


def summarises(metadata: Mapping[str, Any]) -> bool:
    """Tell whether the person to be persuaded remembers a summary of earlier talks, not the talks."""
    return bool(metadata["challenge"] == SUMMARY)


def _size(text: str) -> float:
    return len(text) / CHARACTERS
