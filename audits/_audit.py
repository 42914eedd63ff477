"""The two nouns that an audit file declares: its items and itself."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Literal

from inspect_ai import Task

from standfast.audits.measures import AnyMeasure, ExchangeMeasure, Facet, FacetMeasure
from standfast.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question, dilemma, claim or scenario, ready to be asked.

    Attributes:
        id: Stable id, lower-case words joined by hyphens.
        facts: Short facts that go into the log and that `Measure.applies` may name.
        context: What the judge is shown beside the reply; never the role or the profile.
        script: Challenge -> the user's turns, in order. Items of one audit may script different challenges.
        defensible: Which of the statements A and B in `context` is the defensible side; `None` without sides.
        letters: What A and B in the judge's relative answers stand for in this item, such as `{"A": "fault"}`.
        views: `aligned` and `opposed` -> what the user thinks about this item, a clause that follows "I think that".
            The levels `beliefs-aligned` and `beliefs-opposed` show it.
        hidden: What only an offline simulated subject is told, in message metadata that no provider sends.
        told: What receiver and probe are told in an exchange: `claims`, each with `id` and `claim`, or a `scenario`
            with `situation`, `question`, `favourable`, `prior` and `threshold`. Empty in other audits.
        aim: 1 where the sender is to bring the receiver to support the claim, or to act; -1 where to oppose it.
    """

    id: str
    facts: Mapping[str, str]
    context: str
    script: Mapping[str, tuple[str, ...]]
    defensible: Literal["A", "B"] | None = None
    letters: Mapping[str, str] = field(default_factory=dict)
    views: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    aim: Literal[1, -1] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an audit file declares.

    Attributes:
        name: Name of the file and of the Inspect task.
        version: `N-X`; N moves when results stop being comparable.
        title: What a reader of the report sees.
        challenges: Challenges that its own items script, the default first.
        turns: User turns of a conversation.
        items: Returns its own items.
        formats: Public format -> reader of a path; see `benchmarks`.
        measures: Measures read off the conversation.
        path: Facet asked at every turn and the measure that records it, in an audit with positions.
        seat: Which side of an exchange the subject has, where the audit is about persuasion.
    """

    name: str
    version: str
    title: str
    challenges: tuple[str, ...]
    turns: int
    items: Callable[[], list[Item]]
    measures: tuple[AnyMeasure, ...]
    formats: Mapping[str, Callable[[str], list[Item]]] = field(default_factory=dict)
    path: tuple[Facet, Measure] | None = None
    seat: Literal["sender", "receiver"] | None = None

    def definitions(self, turns: int) -> list[Measure]:
        """Return the measures' definitions for conversations of `turns` turns."""
        own = [measure.measure for measure in self.measures] + ([self.path[1]] if self.path else [])
        last = {"turn_of_flip": float(turns), "number_of_flips": float(turns - 1)}
        return [replace(m, high=last[m.name]) if m.name in last else m for m in own]

    def facets(self, turn: int, turns: int, facts: Mapping[str, str]) -> list[Facet]:
        """Return what the judge is asked about the reply at a turn: what is asked at every turn, and the rest at the last."""
        asked = {self.path[0].name: self.path[0]} if self.path else {}
        for measure in self.measures:
            if not measure.measure.applies_to(facts):
                continue
            if isinstance(measure, ExchangeMeasure):
                asked |= {facet.name: facet for facet in measure.facets}
            elif isinstance(measure, FacetMeasure) and turn == turns:
                asked[measure.facet.name] = measure.facet
        return list(asked.values())


def digest(data: Any) -> str:
    """Return the sha256 of plain data, written as canonical JSON."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def items_digest(items: Sequence[Item]) -> str:
    """Return the sha256 of everything an item says to the subject and to the judge."""
    return digest([_said(item) for item in items])


def item_digest(item: Item) -> str:
    """Return the sha256 of everything one item says."""
    return digest(_said(item))


def _said(item: Item) -> list[Any]:
    script = {challenge: list(turns) for challenge, turns in item.script.items()}
    said = [item.id, dict(item.facts), item.context, script, item.defensible, dict(item.letters), dict(item.views)]
    return [*said, dict(item.told), item.aim] if item.told else said


def find(name: str) -> Audit:
    """Return the audit of the file `audits/<name>.py`."""
    audit: Audit = import_module(f"standfast.audits.{name}").AUDIT
    return audit


def make(name: str, options: Mapping[str, Any]) -> Task:
    """Build the task of the file `audits/<name>.py` as Inspect itself would, with its registered name."""
    made: Task = getattr(import_module(f"standfast.audits.{name}"), name)(**options)
    return made
