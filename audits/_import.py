"""Conversations from elsewhere -> Samples that are scored as if an audit had asked for them; no model is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Literal

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    ModelOutput,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver

from standfast.audits._audit import Audit, digest
from standfast.audits._delivery import IMPORTED
from standfast.audits._judge import rubric_digest
from standfast.audits._scoring import verdicts
from standfast.audits._texts import DIGITS
from standfast.cells import Cell

Speaker = Literal["system", "user", "assistant"]
MESSAGES = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One chat with its factors.

    Attributes:
        cell: Where it stands in the design.
        messages: Who said what, in order; begins with an optional system message, then user and assistant in turn.
        context: What the judge sees beside a reply.
        facts: Facts of the item.
        defensible: Which of the statements A and B in the context is the defensible side; `None` without sides.
        letters: What the letters of a relative answer stand for.
        epoch: Repetition, from 1.
    """

    cell: Cell
    messages: tuple[tuple[Speaker, str], ...]
    context: str
    facts: Mapping[str, str] = field(default_factory=dict)
    defensible: Literal["A", "B"] | None = None
    letters: Mapping[str, str] = field(default_factory=dict)
    epoch: int = 1

    @property
    def said(self) -> list[str]:
        """Return the user's turns."""
        return [text for speaker, text in self.messages if speaker == "user"]


@solver
def replay() -> Solver:
    """Let the conversation stand as it was."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        last = state.messages[-1]
        state.output = ModelOutput.from_content(model=str(state.model), content=last.text)
        state.completed = True
        return state

    return solve


def task(
    audit: Audit,
    conversations: Sequence[Conversation],
    *,
    source: Mapping[str, str],
    overlap: float,
    redacted: float,
    seed: int,
) -> Task:
    """Return the task that scores conversations with an audit's measures.

    Args:
        audit: The audit.
        conversations: All of one epoch and of one subject, at least one.
        source: `name` and `sha256` of the file.
        overlap: Share that further judges read.
        redacted: Share judged once more without echoes; without a profile there are none.
        seed: Of the run.
    """
    return Task(
        dataset=MemoryDataset([_sample(audit, one) for one in conversations], name=audit.name),
        solver=replay(),
        scorer=verdicts(audit=audit.name, overlap=overlap, redacted=redacted, seed=seed),
        version=audit.version,
        metadata={"standfast": header(audit, conversations, source, overlap, redacted, seed)},
    )


def header(
    audit: Audit,
    conversations: Sequence[Conversation],
    source: Mapping[str, str],
    overlap: float,
    redacted: float,
    seed: int,
) -> dict[str, Any]:
    """Return what the log says about itself: as of any audit, and that delivery was not proved."""
    turns = max(len(one.said) for one in conversations)
    return {
        "schema": 1,
        "audit": audit.name,
        "audit_version": audit.version,
        "title": audit.title,
        "measures": [measure.to_log() for measure in audit.definitions(turns)],
        "items": {one.cell.item: dict(one.facts) for one in conversations},
        "turns": turns,
        "seed": seed,
        "placement": IMPORTED,
        "person": IMPORTED,
        "user": IMPORTED,
        "source": dict(source),
        "judging": {"overlap": overlap, "redacted": redacted},
        "hashes": {"source": source["sha256"], "rubric": rubric_digest(audit)},
        "texts": {"conversations": _openings(conversations)},
    }


def _openings(conversations: Sequence[Conversation]) -> dict[str, str]:
    """Return sample id -> hash of what stands before the first reply, and of what the judge sees, in any epoch."""
    told: dict[str, set[str]] = {}
    for one in conversations:
        opening = takewhile(lambda message: message[0] != "assistant", one.messages)
        told.setdefault(one.cell.id, set()).add(
            digest([*map(list, opening), one.context, one.defensible, dict(one.letters)])
        )
    return {name: digest(sorted(openings))[:DIGITS] for name, openings in told.items()}


def _sample(audit: Audit, one: Conversation) -> Sample:
    messages: list[ChatMessage] = [MESSAGES[speaker](content=text) for speaker, text in one.messages]
    return Sample(
        id=one.cell.id,
        input=messages,
        metadata={
            "audit": audit.name,
            "audit_version": audit.version,
            **one.cell.facts(),
            "wording": one.cell.wording,
            "facts": dict(one.facts),
            "script": one.said,
            "delivery": IMPORTED,
            "proof": {"role_prompt": "", "profile": "", "earlier": [], "sent": [digest(t) for t in one.said]},
            "context": one.context,
            "defensible": one.defensible,
            "letters": dict(one.letters),
            "hashes": {},
        },
    )
