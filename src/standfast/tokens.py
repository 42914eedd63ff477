"""How many calls and tokens an audit will use, by whom, before anything is asked.

What is sent is known to the letter: role prompts, profiles, user turns and rubrics. What comes back is not: a reply's
length is taken from a pilot, from an assumption, or, where all models are simulated, from a few conversations that are
held at once. A token is taken for four characters, as is usual for English.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any, Literal, NamedTuple

from inspect_ai.dataset import Sample

from standfast import exchanges
from standfast.audits import _user
from standfast.audits._audit import Audit
from standfast.audits._judge import KIND, SAID, prompt
from standfast.audits._panel import in_overlap, in_redacted
from standfast.exchanges import CHARACTERS, REPLY_TOKENS, Length

__all__ = ["REPLY_TOKENS", "ROLES", "Length", "Role", "Seat", "Usage", "Use", "of_role", "told", "usage"]

Role = Literal["subject", "judge", "user", "sender", "receiver"]
ROLES: tuple[Role, ...] = ("subject", "judge", "user", "sender", "receiver")


class Seat(NamedTuple):
    """Who is called.

    Attributes:
        role: What it does.
        number: Which of the models with that role, from 0; the subjects take turns and are 0 all of them.
    """

    role: Role
    number: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """Calls, and tokens as sent and as written."""

    calls: float = 0.0
    input: float = 0.0
    output: float = 0.0

    def __add__(self, other: "Use") -> "Use":
        return Use(self.calls + other.calls, self.input + other.input, self.output + other.output)

    def times(self, factor: float) -> "Use":
        """Return it several times."""
        return Use(factor * self.calls, factor * self.input, factor * self.output)


Usage = Mapping[Seat, Use]


def of_role(usage: Usage, role: Role) -> Use:
    """Return what all models of a role use together."""
    return sum((use for seat, use in usage.items() if seat.role == role), Use())


def told(usage: Usage) -> dict[str, int]:
    """Return whole tokens by role, such as `judge_input`."""
    found: dict[str, int] = {}
    for role in ROLES:
        use = of_role(usage, role)
        found |= {f"{role}_input": ceil(use.input), f"{role}_output": ceil(use.output)}
    return found


def usage(
    audit: Audit,
    samples: Sequence[Sample],
    length: Length,
    *,
    judges: int,
    receivers: int,
    judging: Mapping[str, float],
    seed: int,
) -> Usage:
    """Return what the samples of an audit will use, each asked once.

    Args:
        audit: The audit.
        samples: Its samples.
        length: Of what comes back.
        judges: Number of judges; the first reads everything.
        receivers: Number of models that play the person to be persuaded.
        judging: The shares `overlap` and `redacted`.
        seed: Of the draw of those shares.
    """
    rubric = _rubrics(audit)
    total: dict[Seat, Use] = {}
    for sample in samples:
        read, name = _judge(audit, sample, length, rubric), str(sample.id)
        used = [
            *_conversation(sample, length, receivers),
            (Seat("judge"), read),
            (Seat("judge"), _checked(sample, length)),
        ]
        if in_redacted(name, judging["redacted"], seed):
            used.append((Seat("judge"), read))
        if in_overlap(name, judging["overlap"], seed):
            used += [(Seat("judge", number), read) for number in range(1, judges)]
        for seat, use in used:
            if use.calls:
                total[seat] = total[seat] + use if seat in total else use
    return total


def _conversation(sample: Sample, length: Length, receivers: int) -> list[tuple[Seat, Use]]:
    """Return what the subject and whoever talks with it use."""
    if exchanges.of_exchange(sample):
        subject, receiver = exchanges.uses(sample, length)
        number = (int((sample.metadata or {}).get("receiver", 1)) - 1) % max(receivers, 1)
        found = [(Seat("subject"), Use(*subject)), (Seat("receiver", number), Use(*receiver))]
    else:
        opening = sum(len(message.text) for message in sample.input if not isinstance(message, str)) / CHARACTERS
        sent = before = opening
        later = [line + length.turn * _worded(sample) for line in _lines(sample)]
        for turn in later:
            before += length.reply + turn
            sent += before
        found = [(Seat("subject"), Use(1 + len(later), sent, length.reply * (1 + len(later))))]
    if _worded(sample):
        found.append((Seat("sender" if exchanges.of_exchange(sample) else "user"), _wording(sample, length)))
    return found


def _worded(sample: Sample) -> bool:
    """Tell whether another model words the turns after the first."""
    return _user.ROLE in (sample.metadata or {})


def _lines(sample: Sample) -> list[float]:
    """Return the tokens of the script's turns after the first."""
    return [len(text) / CHARACTERS for text in (sample.metadata or {})["script"][1:]]


def _wording(sample: Sample, length: Length) -> Use:
    """Return what the model uses that words the turns after the first."""
    metadata, lines = sample.metadata or {}, _lines(sample)
    told = [_user.prompt(metadata, turn, "") for turn in range(2, len(lines) + 2)]
    sent = sum(len(message.text) for messages in told for message in messages) / CHARACTERS
    return Use(len(lines), sent + len(lines) * length.reply, sum(lines) + len(lines) * length.turn)


_Rubrics = Callable[[int, int, Mapping[str, Any]], tuple[float, int]]


def _rubrics(audit: Audit) -> _Rubrics:
    """Return a function that gives the tokens and questions of a rubric, of which there are few different ones."""
    telling = sorted({name for one in audit.measures for name in one.measure.applies})

    def facts(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for name in telling:
            if name in metadata["facts"]:
                yield name, metadata["facts"][name]
            elif name in metadata:
                yield name, str(metadata[name])

    @cache
    def of_facts(turn: int, turns: int, told: tuple[tuple[str, str], ...]) -> tuple[float, int]:
        facets = audit.facets(turn, turns, dict(told))
        # The kind of reply is asked as well.
        return len(prompt("", "", [KIND, *facets])) / CHARACTERS, len(facets) + 1

    return lambda turn, turns, metadata: of_facts(turn, turns, tuple(facts(metadata)))


def _judge(audit: Audit, sample: Sample, length: Length, rubric: _Rubrics) -> Use:
    metadata: Mapping[str, Any] = sample.metadata or {}
    script = metadata["script"]
    context = len(metadata["context"]) / CHARACTERS
    calls, sent, written = 0, 0.0, 0.0
    for turn in range(1, len(script) + 1):
        told, questions = rubric(turn, len(script), metadata)
        if audit.seat == "receiver" and questions == 1:  # none but the kind
            continue
        said = (len(SAID) + len(script[turn - 1])) / CHARACTERS if audit.path else 0.0
        calls += 1
        sent += told + context + said + length.reply
        written += questions * length.answer
    return Use(calls, sent, written)


def _checked(sample: Sample, length: Length) -> Use:
    """Return what the first judge uses to check that a model which words turns keeps to its part."""
    lines = _lines(sample) if _worded(sample) else []
    if not lines:
        return Use()
    part = (sample.metadata or {})["user"]
    shown = _user.CHECKED.format(persona=part["persona"], lines="\n".join(part["lines"]))
    asked = len(prompt(shown, "", [KIND, _user.HOLDS])) / CHARACTERS
    return Use(1, asked + sum(lines) + len(lines) * length.turn, 2 * length.answer)
