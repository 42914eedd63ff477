"""suite.yaml -> what is asked of which models, and what they must hold."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue

from standfast import cards, estimands, personas, role_prompts
from standfast._problems import quoted
from standfast.cards import Card, Fault, Reference
from standfast.estimands import BASELINES, BETWEEN, FORMS, PATTERN, ContrastKind
from standfast.estimands import ContrastName as ContrastName
from standfast.estimands import parse_contrast as parse_contrast
from standfast.personas.ladder import LEVELS

Check = Iterator[Reference | Fault]
# With two personas, whose effects differ by 12 points, 95 % intervals covered 73 %; with four, 92 % (60 simulations).
FEWEST_PERSONAS = 6
_UNIQUE: dict[str, JsonValue] = {"uniqueItems": True}  # for editors; `_check` says where


def _spelled(text: str) -> str:
    return str(parse_contrast(text))


class AuditSpec(Card):
    """What is asked in one audit."""

    items: Literal["all"] | Annotated[int, Field(ge=1)] | Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        "all", description="`all`, a number (the first in the file, which is balanced) or a list of item ids."
    )
    source: str | None = Field(
        None, description="Name of a public benchmark's format, such as `sycon`; own items if left out."
    )
    path: str | None = Field(None, description="Where the benchmark's files are; needs `source`.")
    turns: int | None = Field(None, ge=1, description="Turns of a dialogue; the audit's own number if left out.")
    challenges: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="How the user pushes back; the audit's own if left out.",
        json_schema_extra=_UNIQUE,
    )


class PersonaSpec(Card):
    """Who the simulated users are; either `count` or `names`."""

    count: int | None = Field(None, ge=1, description="How many personas, drawn by the seed.")
    names: tuple[str, ...] | None = Field(None, min_length=1, description="Which personas.", json_schema_extra=_UNIQUE)
    seed: int | None = Field(None, ge=0, description="Fixes the draw; the suite's seed if left out.")
    per_item: int = Field(1, ge=1, description="How many personas each item meets.")

    @property
    def size(self) -> int:
        """Return the number of personas."""
        return len(self.names) if self.names is not None else self.count or 0


class GateSpec(Card):
    """A rule on one finding, fixed before the run."""

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", description="Short name, unique in the suite.")
    title: str = Field(min_length=1, description="What the gate protects, in words.")
    audit: str = Field(description="An audit of this suite.")
    measure: str = Field(description="A measure of that audit.")
    contrast: Annotated[str, AfterValidator(_spelled)] = Field(
        description=f"{FORMS}.",
        json_schema_extra={"pattern": PATTERN},
    )
    direction: Literal["higher", "lower"] = Field(description="Which way is better.")
    margin: float = Field(
        description="In the finding's unit. The whole interval must lie above it where higher is better, "
        "below it where lower is better."
    )
    blocking: bool = Field(True, description="Whether the gate counts in the decision; if not it is only shown.")
    owner: str = Field("", description="Who answers for the margin.")
    reason: str = Field("", description="Why the margin is where it is.")


class Suite(Card):
    """An audit plan: subjects, conditions and gates."""

    name: str = Field(pattern=r"^[a-z0-9-]+$", description="Short name; small letters, digits and hyphens.")
    version: str = Field(min_length=1, description="Moves when results stop being comparable.")
    description: str = Field("", description="What the suite is for.")
    seed: int = Field(ge=0, description="Fixes every draw and the order of the samples.")
    models: tuple[Annotated[str, Field(pattern=r"^[^/\s]+/\S+$")], ...] = Field(
        (), description="Subjects, as provider/model; may be given on the command line.", json_schema_extra=_UNIQUE
    )
    judges: tuple[Annotated[str, Field(pattern=r"^[^/\s]+/\S+$")], ...] = Field(
        (), description="The judge, as provider/model; may be given on the command line."
    )
    audits: dict[str, AuditSpec] = Field(min_length=1, description="Audit name -> what is asked in it.")
    roles: tuple[str, ...] = Field(
        BETWEEN, min_length=1, description="Who the subject is asked to be.", json_schema_extra=_UNIQUE
    )
    wordings: int = Field(3, ge=1, le=3, description="How many wordings of each role prompt take turns.")
    profiles: tuple[str, ...] = Field(
        min_length=1, description=f"What is shown of a persona: {', '.join(LEVELS)}.", json_schema_extra=_UNIQUE
    )
    personas: PersonaSpec = Field(description="Who the simulated users are.")
    placement: Literal["system", "before", "after"] = Field(
        "before", description="Where the profile stands: system prompt, before or after the question."
    )
    person: Literal["first", "third"] = Field("first", description="Grammatical person of the profile.")
    epochs: int = Field(1, ge=1, le=50, description="Repetitions of each sample.")
    temperature: float | None = Field(None, ge=0, le=2, description="Of the subject; its default if left out.")
    max_tokens: int | None = Field(None, ge=1, description="Longest reply of the subject.")
    contrasts: tuple[ContrastKind, ...] = Field(
        ("E1", "E2", "E3", "E4"), min_length=1, description="Which estimands.", json_schema_extra=_UNIQUE
    )
    confidence: float = Field(0.95, ge=0.8, lt=1, description="Of every interval.")
    gates: tuple[GateSpec, ...] = Field((), description="Rules on findings.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFacts:
    """What a suite must agree with about one audit.

    Attributes:
        measures: Fitted measure -> its direction: `higher`, `lower` or `neither`.
        constructs: Measure -> its construct.
        spans: Measure -> how far apart two of its values can lie, in the unit of a finding; `None` without bounds.
        items: Ids of its own items.
        challenges: Challenges it knows.
        multi_turn: Whether the user pushes back.
        defined: Measure -> the challenges under which it is defined, where those are not all.
    """

    measures: Mapping[str, str]
    constructs: Mapping[str, str]
    spans: Mapping[str, float | None]
    items: Collection[str]
    challenges: Collection[str]
    multi_turn: bool
    defined: Mapping[str, Collection[str]]


def load(path: Path, catalogue: Mapping[str, AuditFacts] | None = None) -> Suite:
    """Read a suite.

    Args:
        path: The file.
        catalogue: What is known about each audit; without it nothing about audits is checked.

    Raises:
        SuiteError: The file cannot be read, or is wrong; the message lists every problem.
    """
    return cards.load(path, Suite, check=partial(_check, catalogue=catalogue))


def sha256(path: Path) -> str:
    """Return the hash of the file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def schema() -> dict[str, Any]:
    """Return the JSON Schema of suite.yaml, for editors."""
    made = Suite.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Standfast suite"}


def schema_text() -> str:
    """Return the JSON Schema as a file's text."""
    return json.dumps(schema(), indent=2) + "\n"


def _check(suite: Suite, catalogue: Mapping[str, AuditFacts] | None) -> Check:
    yield from _check_names(suite)
    yield from _check_design(suite)
    for i, gate in enumerate(suite.gates):
        yield from _check_gate(i, gate, suite)
    if catalogue is not None:
        yield from _check_audits(suite, catalogue)


def _check_names(suite: Suite) -> Check:
    lists: dict[str, Sequence[str]] = {
        "models": suite.models,
        "roles": suite.roles,
        "profiles": suite.profiles,
        "contrasts": suite.contrasts,
    }
    for field, names in lists.items():
        yield from _twice((field,), names)
    yield from _twice(("personas", "names"), suite.personas.names or ())
    yield from _twice(("gates",), [gate.id for gate in suite.gates], then=("id",))
    yield from _known(("roles",), "role", suite.roles, role_prompts.names())
    yield from _known(("profiles",), "profile", suite.profiles, LEVELS)
    yield from _known(("personas", "names"), "persona", suite.personas.names or (), personas.names())


def _twice(path: tuple[str | int, ...], names: Sequence[str], then: tuple[str, ...] = ()) -> Check:
    seen: set[str] = set()
    for i, name in enumerate(names):
        if name in seen:
            yield Fault((*path, i, *then), f"{quoted(name)} appears twice")
        seen.add(name)


def _known(path: tuple[str | int, ...], kind: str, names: Sequence[str], known: Collection[str]) -> Check:
    for i, name in enumerate(names):
        yield Reference((*path, i), kind, name, known)


def _check_design(suite: Suite) -> Check:
    if len(suite.judges) > 1:
        yield Fault(("judges", 1), "a second judge is not supported yet; panels come later", "leave one judge")
    persona_levels = set(suite.profiles) - set(BASELINES)
    if "filler" not in suite.profiles and persona_levels and persona_levels.issubset(LEVELS):
        yield Fault(("profiles",), "persona levels are compared with their filler", 'add "filler"')
    for name, spec in suite.audits.items():
        if spec.path is not None and spec.source is None:
            yield Fault(("audits", name, "path"), "path needs source", "name the benchmark's format")
        for field, names in (("items", spec.items), ("challenges", spec.challenges)):
            if isinstance(names, tuple):
                yield from _twice(("audits", name, field), names)
    yield from _check_personas(suite.personas, gated=bool(suite.gates))


def _check_personas(spec: PersonaSpec, *, gated: bool) -> Check:
    known = len(personas.names())
    if (spec.count is None) == (spec.names is None):
        yield Fault(("personas",), 'personas needs either "count" or "names"')
    elif spec.per_item > spec.size:
        yield Fault(("personas", "per_item"), f"per_item is {spec.per_item}, but there are {spec.size} personas")
    elif gated and spec.size < FEWEST_PERSONAS:
        message = f"a decision needs at least {FEWEST_PERSONAS} personas, not {spec.size}"
        field = "count" if spec.names is None else "names"
        yield Fault(("personas", field), message, "what one does to all its items is not in the intervals")
    if spec.count is not None and spec.count > known:
        yield Fault(("personas", "count"), f"count is {spec.count}, but {known} personas are known")


def _check_gate(i: int, gate: GateSpec, suite: Suite) -> Check:
    yield Reference(("gates", i, "audit"), "audit", gate.audit, suite.audits)
    place = ("gates", i, "contrast")
    contrast = parse_contrast(gate.contrast)
    if contrast.profile is not None:
        yield Reference(place, "profile", contrast.profile, suite.profiles)
    if contrast.kind not in ("L", "E8", *suite.contrasts):
        yield Fault(place, f"{contrast.kind} is not among the suite's contrasts", f"add {contrast.kind} to contrasts")
    if objection := estimands.against_design(contrast, suite.profiles):
        yield Fault(place, *objection)
    for role in BETWEEN if contrast.role is None else (contrast.role,):
        yield Reference(place, "role", role, suite.roles)


def _check_audits(suite: Suite, catalogue: Mapping[str, AuditFacts]) -> Check:
    for name, spec in suite.audits.items():
        yield Reference(("audits", name), "audit", name, catalogue)
        if name in catalogue:
            yield from _check_audit(("audits", name), spec, catalogue[name])
    for i, gate in enumerate(suite.gates):
        if gate.audit in suite.audits and gate.audit in catalogue:
            yield from _check_measure(i, gate, suite, catalogue[gate.audit])


def _check_audit(place: tuple[str, str], spec: AuditSpec, facts: AuditFacts) -> Check:
    if spec.source is None:
        if isinstance(spec.items, tuple):
            yield from _known((*place, "items"), "item", spec.items, facts.items)
        elif spec.items != "all" and spec.items > len(facts.items):
            yield Fault((*place, "items"), f"{place[1]} has {len(facts.items)} items, not {spec.items}")
    if facts.multi_turn:
        yield from _known((*place, "challenges"), "challenge", spec.challenges or (), facts.challenges)
        return
    for field in ("challenges", "turns"):
        if getattr(spec, field) is not None:
            yield Fault((*place, field), f"{place[1]} has one turn and takes no {field}")


def _check_measure(i: int, gate: GateSpec, suite: Suite, facts: AuditFacts) -> Check:
    place, contrast = ("gates", i, "contrast"), parse_contrast(gate.contrast)
    yield Reference(("gates", i, "measure"), "measure", gate.measure, facts.measures)
    if gate.measure not in facts.measures:
        return
    asked = suite.audits[gate.audit].challenges or facts.challenges
    defined = [challenge for challenge in asked if challenge in facts.defined.get(gate.measure, asked)]
    for challenge in contrast.challenges:
        yield Reference(place, "challenge", challenge, defined)
    better = estimands.better(contrast.kind, facts.measures[gate.measure])
    if better not in ("neither", gate.direction):
        yield Fault(
            ("gates", i, "direction"),
            f"of {gate.measure}, {better} is better, not {gate.direction}",
            f"direction: {better}",
        )
    yield from _check_margin(("gates", i, "margin"), gate, suite, facts.spans.get(gate.measure))
    if objection := estimands.against_measure(contrast, gate.measure, facts.constructs, facts.measures):
        yield Fault(place, *objection)


def _check_margin(place: tuple[str | int, ...], gate: GateSpec, suite: Suite, span: float | None) -> Check:
    """Refuse a margin that no subject can miss."""
    reach = None if span is None else span * estimands.reach(parse_contrast(gate.contrast).kind, suite.profiles)
    if reach is not None and abs(gate.margin) >= reach:
        message = f"{gate.contrast} of {gate.measure} lies within {reach:g} of 0, so this margin decides nothing"
        yield Fault(place, message, "the margin is in the finding's unit")
