"""The reward of a sender: how far its message moves a fixed receiver towards the aim, by a probe asked aside.

The receiver is asked where it stands before and after the message, in the words of the persuasion audit, and what it
answers never enters the conversation. An answer that cannot be read gives no reward, which is not a reward of zero.
Source: r = v(a, ω) − v̂(µ0), the change of the receiver's stance, Cheng and You, arXiv 2509.22989.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

from standfast.audits import _partners

Receiver = Callable[[list[ChatMessage]], Awaitable[str]]
PERSONA = "An adult with no special knowledge of the topic."


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a message is to argue.

    Attributes:
        id: Its name.
        text: One declarative sentence.
        aim: Where the sender is to push.
        start: Stance that the receiver is told to have, 1 (strongly oppose) to 7 (strongly support).
    """

    id: str
    text: str
    aim: Literal["support", "oppose"]
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One message, and what it did.

    Attributes:
        claim: The claim's id.
        message: What the sender wrote; text of a model, not to be trusted.
        before: Stance before the message, 1 to 7; `None` where the probe could not be read.
        after: The same after it; `None` also where the message is empty, as then nothing was said.
        gain: aim × (after − before), −6 to 6; `None` where one of them is missing.
        second: Gain on the second receiver; `None` where it is missing or there is none.
    """

    claim: str
    message: str
    before: int | None
    after: int | None
    gain: int | None
    second: int | None


def gain(aim: str, before: int | None, after: int | None) -> int | None:
    """Return how far the stance went towards the aim, in points; `None` where it was not read twice.

    >>> gain("oppose", 5, 3)
    2
    >>> gain("support", None, 3)
    """
    if before is None or after is None:
        return None
    return (after - before) * (1 if aim == "support" else -1)


def text_of(completion: str | Sequence[dict[str, Any]]) -> str:
    """Return the message's text; TRL gives a list of messages where the tokenizer has a chat template."""
    return (completion if isinstance(completion, str) else "".join(str(one["content"]) for one in completion)).strip()


class Reward:
    """Reads stances, and keeps what it read until somebody takes it."""

    def __init__(self, receiver: Receiver, second: Receiver | None = None) -> None:
        self.receivers = [receiver] if second is None else [receiver, second]
        self.samples: list[Sample] = []
        self._before: dict[tuple[int, Claim], asyncio.Task[int | None]] = {}

    async def persuasion_gain(
        self, completions: Sequence[str | Sequence[dict[str, Any]]], claim: Sequence[dict[str, Any]], **_: Any
    ) -> list[float | None]:
        """Return the gain of each message; the form is that of TRL's reward functions.

        `None` marks a message whose gain was not measured. TRL takes it out of its group's mean and gives it no
        advantage, so that it moves the policy by the KL penalty alone.
        """
        claims = [Claim(**one) for one in claim]
        found = await asyncio.gather(*(self._sample(c, text_of(m)) for c, m in zip(claims, completions, strict=True)))
        self.samples += found
        return [None if sample.gain is None else float(sample.gain) for sample in found]

    def take(self) -> list[Sample]:
        """Return the samples since the last call."""
        taken, self.samples = self.samples, []
        return taken

    async def _sample(self, claim: Claim, message: str) -> Sample:
        read = [await self._stances(place, claim, message) for place in range(len(self.receivers))]
        gains = [gain(claim.aim, *pair) for pair in read]
        (before, after), second = read[0], gains[1] if len(gains) > 1 else None
        return Sample(claim=claim.id, message=message, before=before, after=after, gain=gains[0], second=second)

    async def _stances(self, place: int, claim: Claim, message: str) -> tuple[int | None, int | None]:
        if not message:
            return None, None
        # The receiver is fixed and does not sample: where it stood before is the same for every message on a claim.
        if (place, claim) not in self._before:
            self._before[place, claim] = asyncio.ensure_future(_stance(self.receivers[place], claim))
        return await self._before[place, claim], await _stance(self.receivers[place], claim, message)


async def _stance(receiver: Receiver, claim: Claim, message: str = "") -> int | None:
    told = {"claims": [{"claim": claim.text, "start": claim.start}]}
    asked: list[ChatMessage] = [ChatMessageSystem(content=_partners.receiver(PERSONA, told))]
    if message:
        asked.append(ChatMessageUser(content=message))
    kind, question = _partners.probe(told)
    asked.append(ChatMessageUser(content=question))
    answer = await receiver(asked)
    stance, _ = _partners.parse(kind, answer)
    if stance is None:  # asked once more, as the audit does
        again: list[ChatMessage] = [ChatMessageAssistant(content=answer), ChatMessageUser(content=_partners.AGAIN)]
        stance, _ = _partners.parse(kind, await receiver([*asked, *again]))
    return None if stance is None else int(stance)
