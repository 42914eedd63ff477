"""The exchange between a sender and a receiver, with the receiver's belief probed aside before, between and after.

The subject holds one of the two seats. As sender it meets a receiver of the model role `receiver`, which plays the
persona; as receiver it meets a scripted sender, or one of the model role `sender`. A probe is a call of its own on a
copy of the receiver's conversation, by the model of the role `probe` or else by the receiver itself; what it says never
enters the conversation. A subject that is its own receiver is self-play: it is allowed, and the log says so.
Source: Cheng and You, arXiv 2509.22989, for static (1 round) and dynamic (3 rounds) persuasion.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from inspect_ai.model import (
    CachePolicy,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Model,
    get_model,
    model_roles,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver

from standfast.audits import _partners, _user
from standfast.audits._dialogue import ended, mend, policy, say, stamp
from standfast.errors import RunError

Seat = Literal["sender", "receiver"]
RECEIVER, PROBE = "receiver", "probe"  # model roles, beside `sender` and `grader`
SUMMARY = "summary"  # the challenge under which a receiver remembers a summary of earlier talks


@solver
def exchange(seat: Seat, cache: bool = False, simulated_sender: bool = False) -> Solver:
    """Hold the sample's exchange. Stops early where the subject's reply is empty or was cut by a filter.

    Args:
        seat: Which one the subject has.
        cache: Whether replies are kept in Inspect's response cache.
        simulated_sender: Whether a model of the role `sender` words the messages of a scripted sender.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if seat == "sender":
            await _send(state, generate, cache)
        else:
            await _receive(state, generate, cache, simulated_sender)
        return state

    return solve


async def _send(state: TaskState, generate: Generate, cache: bool) -> None:
    """Let the subject persuade; a line of the script opens an episode, an empty one is the receiver's to say."""
    partner = _Receiver(state, cache)
    for turn, line in enumerate(state.metadata["script"], start=1):
        if line:
            await partner.begin()
        said = line or await partner.reply(turn)
        if turn == 1:
            stamp(state)
        else:
            say(state, turn, said)
        await generate(state, tool_calls="none", cache=policy(state) if cache else False)
        mend(state)
        if ended(state):
            return
        partner.hears(state.messages[-1].text)
        await partner.probe(after=turn)


async def _receive(state: TaskState, generate: Generate, cache: bool, simulated_sender: bool) -> None:
    """Let the subject be persuaded: it says where it stands, then reads message after message."""
    asked = get_model(role=PROBE, default=get_model())
    _note(state, sender=str(get_model(role="sender", required=True)) if simulated_sender else "script")
    _note(state, receiver=str(get_model()))
    for turn, line in enumerate(state.metadata["script"], start=1):
        if turn == 1:
            stamp(state)
        elif simulated_sender:
            say(state, turn, await _user.next_turn(state, turn, _kept(state, cache, f"turn {turn}"), role="sender"))
        else:
            say(state, turn, line)
        await generate(state, tool_calls="none", cache=policy(state) if cache else False)
        mend(state)
        if ended(state):
            return
        await _probe(state, asked, state.messages, after=turn - 1, episode=1, cache=cache)


def receivers() -> list[Model]:
    """Return the receivers.

    Raises:
        PrerequisiteError: There is none.
    """
    first = get_model(role=RECEIVER, required=True)
    bound = model_roles().get(RECEIVER)
    return list(bound) if isinstance(bound, list) else [first]


class _Receiver:
    """The receiver of one sample: it hears the sender, replies, remembers, and is probed."""

    def __init__(self, state: TaskState, cache: bool) -> None:
        cast = receivers()
        self.state, self.cache = state, cache
        self.model = cast[(int(state.metadata["receiver"]) - 1) % len(cast)]
        self.asked = get_model(role=PROBE, default=self.model)
        self.episode, self.summary, self.heard = 0, "", 0
        self.messages: list[ChatMessage] = [self._system()]
        _note(state, sender=str(get_model()), receiver=str(self.model))

    async def begin(self) -> None:
        """Begin an episode: what is remembered of the earlier ones is all of them, or a summary."""
        if self.episode and self.state.metadata["challenge"] == SUMMARY:
            self.summary = await self._say([*self.messages, _aside(_partners.SUMMARISE)], f"summary {self.episode}")
            self.messages = [self._system()]
        self.episode += 1
        await self.probe(after=self.heard)

    async def reply(self, turn: int) -> str:
        """Return what the receiver says next."""
        said = await self._say(self.messages, f"reply {turn}")
        self.messages.append(ChatMessageAssistant(content=said))
        return said

    def hears(self, message: str) -> None:
        """Let the receiver read a message of the sender."""
        self.heard += 1
        self.messages.append(ChatMessageUser(content=message, metadata={"epoch": self.state.epoch}))

    async def probe(self, after: int) -> None:
        """Ask aside what the receiver believes."""
        await _probe(self.state, self.asked, self.messages, after=after, episode=self.episode, cache=self.cache)

    def _system(self) -> ChatMessage:
        told = self.state.metadata["exchange"]
        text = _partners.receiver(told["persona"], told["told"], self.summary)
        return ChatMessageSystem(content=text, metadata={"epoch": self.state.epoch})

    async def _say(self, messages: Sequence[ChatMessage], what: str) -> str:
        output = await self.model.generate(list(messages), cache=_kept(self.state, self.cache, what))
        said = output.completion.strip()
        if not said:
            message = f"{self.state.sample_id}: the receiver said nothing ({what})"
            raise RunError(message)
        return said


async def _probe(
    state: TaskState, model: Model, messages: Sequence[ChatMessage], *, after: int, episode: int, cache: bool
) -> None:
    """Ask for the belief several times, each on a copy of the conversation, and note the answers."""
    told = state.metadata["exchange"]
    kind, question = _partners.probe(told["told"], episode)
    answers = []
    for repeat in range(1, told["repeats"] + 1):
        asked = _aside(question, epoch=state.epoch, repeat=repeat)
        kept = _kept(state, cache, f"probe {episode}.{after}.{repeat}")
        answers.append(await _answer(model, [*messages, asked], kind, kept))
    first, second = zip(*answers, strict=True)
    names = ("scores", "confidence") if kind == "stance" else ("percent", "choice")
    found = {"after": after, "episode": episode, names[0]: list(first), names[1]: list(second)}
    _note(state, probes=[*told["probes"], found])


async def _answer(
    model: Model, messages: list[ChatMessage], kind: _partners.Kind, cache: CachePolicy | bool
) -> tuple[float | None, float | str | None]:
    """Return what a probe gives; where its first mark cannot be read it is asked once more."""
    output = await model.generate(messages, cache=cache)
    found = _partners.parse(kind, output.completion)
    if found[0] is None:
        output = await model.generate(
            [*messages, output.message, ChatMessageUser(content=_partners.AGAIN)], cache=cache
        )
        found = _partners.parse(kind, output.completion)
    return found


def _aside(text: str, **facts: int) -> ChatMessage:
    # An offline simulated receiver draws anew in each repeat, and messages are all that it sees.
    return ChatMessageUser(content=text, metadata=facts)


def _kept(state: TaskState, cache: bool, what: str) -> CachePolicy | bool:
    """Return a cache policy under which no two calls of a sample share a reply."""
    kept = policy(state)
    return kept.model_copy(update={"scopes": {**kept.scopes, "call": what}}) if cache else False


def _note(state: TaskState, **facts: Any) -> None:
    known: Mapping[str, Any] = state.metadata["exchange"]
    state.metadata["exchange"] = {**known, **facts}
