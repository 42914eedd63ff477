"""How many tokens an audit will use, before anything is asked.

What is sent is known to the letter: role prompts, profiles, user turns and rubrics. What comes back is not: a reply's
length is taken from a pilot, from an assumption, or, where all models are simulated, from a few conversations that are
held at once. A token is taken for four characters, as is usual for English.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessage, ChatMessageUser, Model, ModelOutput, get_model

from standfast import exchanges
from standfast.audits._audit import Audit
from standfast.audits._judge import KIND, SAID, prompt
from standfast.audits._panel import in_overlap, in_redacted

CHARACTERS = exchanges.CHARACTERS
REPLY_TOKENS = 250  # of a reply, where nothing is known; published dialogues ask for about 250 words at most
ANSWER_TOKENS = 30  # of a verdict, per question to the judge: its name, an answer and a short quote


@dataclass(frozen=True, slots=True)
class Length:
    """How long what comes back is.

    Attributes:
        reply: Tokens of a subject's reply.
        answer: Tokens of a judge's verdict, per question.
        partner: Tokens of a reply of the person to be persuaded.
        basis: Where the two are from: `assumed`, `pilot` or `simulated`.
    """

    reply: float = REPLY_TOKENS
    answer: float = ANSWER_TOKENS
    partner: float = exchanges.PARTNER_TOKENS
    basis: str = "assumed"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the subject, of all judges, and of the models that play the person to be persuaded.

    Attributes:
        subject_input: Sent to the subject.
        subject_output: Written by it.
        judge_input: Sent to the judges.
        judge_output: Written by them.
        receiver_input: Sent to receivers, their probes counted; a subject that is the receiver is probed itself.
        receiver_output: Written by them.
    """

    subject_input: float = 0.0
    subject_output: float = 0.0
    judge_input: float = 0.0
    judge_output: float = 0.0
    receiver_input: float = 0.0
    receiver_output: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def times(self, factor: float) -> "Usage":
        """Return it several times."""
        return Usage(*(factor * getattr(self, name) for name in self.__slots__))

    def rounded(self) -> dict[str, int]:
        """Return whole tokens by name."""
        return {name: ceil(getattr(self, name)) for name in self.__slots__}


def usage(
    audit: Audit, samples: Sequence[Sample], length: Length, judges: int, judging: Mapping[str, float], seed: int
) -> Usage:
    """Return what the samples of an audit will use, each asked once.

    Args:
        audit: The audit.
        samples: Its samples.
        length: Of replies and verdicts.
        judges: Number of judges.
        judging: The shares `overlap` and `redacted`.
        seed: Of the draw of those shares.
    """
    rubric = _rubrics(audit)
    total = Usage()
    for sample in samples:
        asked, read = _subject(sample, length), _judge(audit, sample, length, rubric)
        readers = 1 + (judges - 1) * in_overlap(str(sample.id), judging["overlap"], seed)
        readers += in_redacted(str(sample.id), judging["redacted"], seed)
        total += asked + read.times(readers)
    return total


def _subject(sample: Sample, length: Length) -> Usage:
    if exchanges.of_exchange(sample):
        used = exchanges.words(sample, length.reply, length.partner)
        return Usage(used.subject_input, used.subject_output, 0.0, 0.0, used.receiver_input, used.receiver_output)
    opening = sum(len(message.text) for message in sample.input if not isinstance(message, str)) / CHARACTERS
    later = [len(text) / CHARACTERS for text in (sample.metadata or {})["script"][1:]]
    sent, before = opening, opening
    for turn in later:
        before += length.reply + turn
        sent += before
    return Usage(subject_input=sent, subject_output=length.reply * (1 + len(later)))


_Rubrics = Callable[[int, int, Mapping[str, str]], tuple[float, int]]


def _rubrics(audit: Audit) -> _Rubrics:
    """Return a function that gives the tokens and questions of a rubric; there are few different ones."""
    known: dict[tuple[str, ...], tuple[float, int]] = {}

    def rubric(turn: int, turns: int, facts: Mapping[str, str]) -> tuple[float, int]:
        facets = audit.facets(turn, turns, facts)
        names = tuple(facet.name for facet in facets)
        if names not in known:
            # The kind of reply is asked as well.
            known[names] = (len(prompt("", "", [KIND, *facets])) / CHARACTERS, len(facets) + 1)
        return known[names]

    return rubric


def _judge(audit: Audit, sample: Sample, length: Length, rubric: _Rubrics) -> Usage:
    metadata: Mapping[str, Any] = sample.metadata or {}
    script, facts = metadata["script"], {**{k: str(v) for k, v in metadata.items()}, **metadata["facts"]}
    context = len(metadata["context"]) / CHARACTERS
    sent = written = 0.0
    for turn in range(1, len(script) + 1):
        if audit.seat == "receiver" and not audit.facets(turn, len(script), facts):
            continue
        told, questions = rubric(turn, len(script), facts)
        said = (len(SAID) + len(script[turn - 1])) / CHARACTERS if audit.path else 0.0
        sent += told + context + said + length.reply
        written += questions * length.answer
    return Usage(judge_input=sent, judge_output=written)


REHEARSED = 24  # conversations per audit


def rehearse(audit: Audit, samples: Sequence[Sample], subject: str, judge: str, receiver: str | None = None) -> Length:
    """Return the lengths that simulated models give, from a few conversations held at once, inside this process.

    Args:
        audit: The audit.
        samples: Its samples, at least one.
        subject: Name of a simulated subject.
        judge: Name of a simulated judge.
        receiver: Name of a simulated receiver, where one is to be persuaded.
    """
    partner = get_model(receiver) if receiver else None
    return asyncio.run(_rehearse(audit, samples[:REHEARSED], get_model(subject), get_model(judge), partner))


async def _rehearse(
    audit: Audit, samples: Sequence[Sample], subject: Model, judge: Model, receiver: Model | None
) -> Length:
    replies: list[float] = []
    heard: list[float] = []
    answers, questions = 0, 0
    for sample in samples:
        metadata: Mapping[str, Any] = sample.metadata or {}
        facts = {**{k: str(v) for k, v in metadata.items()}, **metadata["facts"]}
        if exchanges.of_exchange(sample):
            messages, more = await exchanges.rehearse(sample, subject, receiver)
            heard += more
        else:
            messages = await _conversation(sample, subject)
        said = [message.text for message in messages if message.role == "assistant"]
        said = said[-len(metadata["script"]) :]  # what stands before was put into the subject's mouth
        replies += [len(text) // CHARACTERS + 1 for text in said]
        for turn, text in enumerate(said, start=1):
            facets = [KIND, *audit.facets(turn, len(said), facts)]
            read = await judge.generate(prompt(metadata["context"], text, facets))
            answers, questions = answers + _written(read), questions + len(facets)
    partner = sum(heard) / len(heard) if heard else exchanges.PARTNER_TOKENS
    return Length(sum(replies) / len(replies), answers / questions, partner, "simulated")


async def _conversation(sample: Sample, subject: Model) -> list[ChatMessage]:
    messages: list[ChatMessage] = [message for message in sample.input if not isinstance(message, str)]
    for turn, line in enumerate((sample.metadata or {})["script"]):
        messages += [ChatMessageUser(content=line)] if turn else []
        messages.append((await subject.generate(messages)).message)
    return messages


def _written(output: ModelOutput) -> int:
    return output.usage.output_tokens if output.usage else 0
