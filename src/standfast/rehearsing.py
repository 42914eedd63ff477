"""How long the replies of simulated models are: a few conversations, held at once, inside this process."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from inspect_ai.dataset import Sample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Model,
    get_model,
)

from standfast import exchanges
from standfast.audits import _partners, _user
from standfast.audits._audit import Audit
from standfast.audits._judge import KIND, prompt
from standfast.exchanges import CHARACTERS, Length

HELD = 24  # conversations per audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Simulated models by what they do; `None` where the suite has none."""

    subject: str
    judge: str
    partner: str | None = None
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was said, in tokens."""

    replies: list[float] = field(default_factory=list)
    partner: list[float] = field(default_factory=list)
    added: list[float] = field(default_factory=list)
    marks: list[float] = field(default_factory=list)
    summaries: list[float] = field(default_factory=list)
    verdicts: list[float] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)  # that each verdict answers


def rehearse(audit: Audit, samples: Sequence[Sample], cast: Cast) -> Length:
    """Return the lengths that simulated models give.

    Args:
        audit: The audit.
        samples: Its samples, at least one; conversations are drawn from all over them.
        cast: Who speaks.
    """
    return asyncio.run(_rehearse(audit, samples[:: max(1, len(samples) // HELD)][:HELD], cast))


async def _rehearse(audit: Audit, samples: Sequence[Sample], cast: Cast) -> Length:
    subject, judge = get_model(cast.subject), get_model(cast.judge)
    partner, voice = (get_model(name) if name else None for name in (cast.partner, cast.voice))
    heard = _Heard()
    for sample in samples:
        metadata: Mapping[str, Any] = sample.metadata or {}
        facts = {**{k: str(v) for k, v in metadata.items()}, **metadata["facts"]}
        said = await _converse(sample, heard, subject, partner, voice)
        heard.replies.extend(len(text) // CHARACTERS + 1 for text in said)
        for turn, text in enumerate(said, start=1):
            asked = audit.facets(turn, len(said), facts)
            if audit.seat == "receiver" and not asked:  # its stance is probed; nothing is asked about this reply
                continue
            facets = [KIND, *asked]
            read = await judge.generate(prompt(metadata["context"], text, facets))
            heard.verdicts.append(read.usage.output_tokens if read.usage else 0)
            heard.questions.append(len(facets))
    known = Length(basis="simulated")
    return Length(
        reply=fmean(heard.replies),
        answer=sum(heard.verdicts) / sum(heard.questions),
        partner=_mean(heard.partner, known.partner),
        turn=_mean(heard.added, known.turn),
        marks=_mean(heard.marks, known.marks),
        summary=_mean(heard.summaries, known.summary),
        basis="simulated",
    )


async def _converse(
    sample: Sample, heard: _Heard, subject: Model, partner: Model | None, voice: Model | None
) -> list[str]:
    """Hold one conversation, exchanges with one probe of each reply; return what the subject said."""
    metadata: Mapping[str, Any] = sample.metadata or {}
    messages: list[ChatMessage] = [message for message in sample.input if not isinstance(message, str)]
    other = _Partner(metadata, partner, heard) if metadata.get("exchange", {}).get("seat") == "sender" else None
    said: list[str] = []
    for turn, line in enumerate(metadata["script"], start=1):
        text = line
        if other:
            text = await other.answer(line)
        elif turn > 1 and voice and _user.ROLE in metadata:
            text = (await voice.generate(_user.prompt(metadata, turn, said[-1]))).completion.strip()
            heard.added.append((len(text) - len(line)) / CHARACTERS)
        messages += [ChatMessageUser(content=text)] if turn > 1 else []
        messages.append((await subject.generate(messages)).message)
        said.append(messages[-1].text)
        if other:
            await other.hear(said[-1])
        elif exchanges.of_exchange(sample):
            await _probe(subject, messages, metadata["exchange"]["told"], 1, heard)
    return said


class _Partner:
    """The person to be persuaded in one rehearsed exchange."""

    def __init__(self, metadata: Mapping[str, Any], model: Model | None, heard: _Heard) -> None:
        self.told, self.model, self.heard = metadata["exchange"], model, heard
        self.summarises = exchanges.summarises(metadata)
        self.episode = 0
        self.messages: list[ChatMessage] = [self._begin()]

    async def answer(self, line: str) -> str:
        """Return the line that opens an episode, or what the person says."""
        if line:
            if self.episode and self.summarises and self.model:
                asked = [*self.messages, ChatMessageUser(content=_partners.SUMMARISE)]
                kept = (await self.model.generate(asked)).completion
                self.heard.summaries.append(len(kept) / CHARACTERS)
                self.messages = [self._begin(kept)]
            self.episode += 1
            return line
        said = (await self.model.generate(self.messages)).completion if self.model else ""
        self.messages.append(ChatMessageAssistant(content=said))
        self.heard.partner.append(len(said) / CHARACTERS)
        return said

    async def hear(self, message: str) -> None:
        """Let the person read a message, and ask where it stands."""
        self.messages.append(ChatMessageUser(content=message))
        if self.model:
            await _probe(self.model, self.messages, self.told["told"], self.episode, self.heard)

    def _begin(self, summary: str = "") -> ChatMessage:
        return ChatMessageSystem(content=_partners.receiver(self.told["persona"], self.told["told"], summary))


async def _probe(
    model: Model, messages: Sequence[ChatMessage], told: Mapping[str, Any], at: int, heard: _Heard
) -> None:
    question = ChatMessageUser(content=_partners.probe(told, at)[1], metadata={"repeat": 1})
    output = await model.generate([*messages, question])
    heard.marks.append(output.usage.output_tokens if output.usage else len(output.completion) / CHARACTERS)


def _mean(found: Sequence[float], default: float) -> float:
    return fmean(found) if found else default
