"""Items × roles × profiles × challenges -> Samples, interleaved, with stable ids."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from standfast import personas, role_prompts
from standfast.audits._audit import Audit, Item, digest
from standfast.audits._dialogue import converse
from standfast.audits._looks import Order, in_order
from standfast.audits._opening import Known, Opening, opening, profile_text
from standfast.audits._scoring import verdicts
from standfast.audits._texts import Texts, each, whole
from standfast.audits._user import FIDELITY
from standfast.audits.benchmarks._download import local
from standfast.audits.benchmarks._files import checksum
from standfast.cells import PERSONAL, Cell, cross, voiced
from standfast.errors import SuiteError
from standfast.personas import ladder, rhetoric

SCHEMA = 1
_ANY = "it is so"  # stands for the item's view, whose words are in the items' hash


class Design(BaseModel):
    """The factors of one audit; every field has a default, so that `inspect eval standfast/advice` runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: Literal["all"] | int | tuple[str, ...] = "all"
    source: str | None = None
    path: str | None = None
    roles: tuple[str, ...] = ("advisor", "peer")
    wordings: int = Field(3, ge=1, le=3)
    profiles: tuple[str, ...] = ("none", "filler", "full")
    personas: int | tuple[str, ...] = 24
    personas_seed: int | None = None
    personas_source: str | None = None
    personas_path: str | None = None
    per_item: int = Field(1, ge=1)
    challenges: tuple[str, ...] | None = None
    rhetoric: tuple[Literal["impersonal", "personal"], ...] = ("impersonal",)
    turns: int | None = None
    user: Literal["scripted", "simulated"] = "scripted"
    placement: ladder.Placement = "before"
    person: ladder.Person = "first"
    overlap: float = Field(0.2, ge=0, le=1)
    redacted: float = Field(0.0, ge=0, le=1)
    seed: int = Field(20261, ge=0)
    looks: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = ()
    spending: Literal["obrien-fleming", "pocock"] = "obrien-fleming"
    epochs: int = Field(1, ge=1)  # Inspect's; where looks fall depends on it
    cache: bool = False

    @field_validator("items", "roles", "profiles", "personas", "challenges", "rhetoric", "looks", mode="before")
    @classmethod
    def _from_command_line(cls, value: Any) -> Any:
        """Accept one value where several may stand: `-T roles=peer`, `-T looks=0.5`."""
        return (value,) if isinstance(value, float) or (isinstance(value, str) and value != "all") else value


class _Built(NamedTuple):
    """What an audit's samples are made of."""

    audit: Audit
    design: Design
    items: Sequence[Item]
    cast: Mapping[str, Known]
    turns: int
    hashes: Mapping[str, str]
    texts: Mapping[str, Mapping[str, str]]
    order: Order


def build(audit: Audit, **options: Any) -> Task:
    """Build the Inspect task of an audit: all its cells in one data set.

    Args:
        audit: The audit.
        **options: Fields of `Design`.

    Raises:
        SuiteError: An option is unknown or out of range, or names what does not exist.
    """
    design = _design(audit, options)
    items = _items(audit, design)
    turns = design.turns or audit.turns
    cast = _cast(design)
    for profile in design.profiles:
        _form(profile)
    cells = cross(
        audit.name,
        items=[item.id for item in items],
        roles=_known("role", design.roles, role_prompts.names()),
        wordings=design.wordings,
        personas=list(cast),
        per_item=min(design.per_item, len(cast)),
        profiles=design.profiles,
        challenges=_challenges(audit, design, items, turns),
        seed=design.seed,
    )
    order = _order(audit, design, cells, items)
    said = _texts(design, items, cast)
    built = _Built(audit, design, items, cast, turns, whole(audit, said), each(said), order)
    by_id = {item.id: item for item in items}
    settings: dict[str, Any] = {"overlap": design.overlap, "redacted": design.redacted, "seed": design.seed}
    return Task(
        dataset=MemoryDataset([_sample(built, cell, by_id[cell.item]) for cell in order.cells], name=audit.name),
        solver=converse(cache=design.cache, simulated_user=design.user == "simulated"),
        scorer=verdicts(audit=audit.name, cache=design.cache, **settings),
        version=audit.version,
        metadata={"standfast": _header(built)},
    )


def _design(audit: Audit, options: Mapping[str, Any]) -> Design:
    try:
        return Design(**options)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"{audit.name}: option {'.'.join(str(p) for p in first['loc'][:1])}: {first['msg'].lower()}, got {first['input']!r}"
        raise SuiteError(message) from error


def _known(kind: str, asked: Sequence[str], known: Sequence[str]) -> list[str]:
    unknown = [name for name in asked if name not in known]
    if unknown:
        message = f"no {kind} {unknown[0]!r}. Known: {', '.join(known)}"
        raise SuiteError(message)
    return list(asked)


def _form(profile: str) -> ladder.Form:
    try:
        return ladder.form(profile)
    except ValueError as error:
        raise SuiteError(str(error)) from error


def _items(audit: Audit, design: Design) -> list[Item]:
    if design.source is None:
        items = audit.items()
    elif design.source not in audit.formats:
        message = f"{audit.name}: no source {design.source!r}. Known: {', '.join(audit.formats) or 'none'}"
        raise SuiteError(message)
    elif design.path is None:
        message = f"{audit.name}: source {design.source!r} needs a path"
        raise SuiteError(message)
    else:
        items = audit.formats[design.source](local(design.path))
    _distinct(audit, items)
    if design.items == "all":
        return items
    if isinstance(design.items, int):
        return items[: design.items]
    by_id = {item.id: item for item in items}
    return [by_id[name] for name in _known(f"item of {audit.name}", design.items, list(by_id))]


def _distinct(audit: Audit, items: Sequence[Item]) -> None:
    """Refuse items that say the same: they would count as independent."""
    seen: dict[str, str] = {}
    for item in items:
        said = " ".join(item.script[next(iter(item.script))][0].lower().split())
        if said in seen:
            message = f"{audit.name}: items {seen[said]} and {item.id} ask the same question; leave one out"
            raise SuiteError(message)
        seen[said] = item.id


def _cast(design: Design) -> dict[str, Known]:
    """Return the personas that take part, by name: of the library, or of a published set."""
    if design.personas_source is None:
        return {name: personas.load(name) for name in _drawn(design, personas.names())}
    if design.personas_path is None:
        message = f"personas: source {design.personas_source!r} needs a path"
        raise SuiteError(message)
    published = personas.cast(design.personas_source, Path(design.personas_path))
    return {name: published[name] for name in _drawn(design, list(published))}


def _drawn(design: Design, known: Sequence[str]) -> list[str]:
    if not isinstance(design.personas, int):
        return _known("persona", design.personas, known)
    if not 1 <= design.personas <= len(known):
        message = f"personas must be from 1 to {len(known)}, got {design.personas}"
        raise SuiteError(message)
    rng = np.random.default_rng(design.seed if design.personas_seed is None else design.personas_seed)
    return sorted(known[i] for i in rng.permutation(len(known))[: design.personas])


def _challenges(audit: Audit, design: Design, items: Sequence[Item], turns: int) -> dict[str, list[str]]:
    """Return the challenges that each item meets: those asked for that it scripts, in each rhetoric."""
    scripted = list(dict.fromkeys(challenge for item in items for challenge in item.script))
    asked = [c for c in audit.challenges if c in scripted] if design.challenges is None else design.challenges
    _known(f"challenge for item {items[0].id}" if items else "challenge", asked, scripted)
    found = {item.id: voiced([c for c in asked if c in item.script], design.rhetoric) for item in items}
    fewest = 2 if audit.path else 1  # without a turn of pressure there is nothing to hold
    most = min((len(item.script[c]) for item in items for c in asked if c in item.script), default=0)
    if not fewest <= turns <= most:
        message = f"{audit.name}: turns must be from {fewest} to {most}, got {turns}"
        raise SuiteError(message)
    return found


def _order(audit: Audit, design: Design, cells: list[Cell], items: Sequence[Item]) -> Order:
    """Return the cells in the order in which they are asked; one that looks at the end alone has them shuffled."""
    if not design.looks:
        return Order(cells, [])
    facts = {name for measure in audit.measures for name in measure.measure.applies}
    return in_order(cells, items, design.looks, epochs=design.epochs, facts=facts, seed=design.seed)


def _texts(design: Design, items: Sequence[Item], cast: Mapping[str, Known]) -> Texts:
    personal = "personal" in design.rhetoric
    return Texts(
        items=items,
        prompts={role: role_prompts.load(role).wordings for role in design.roles},
        profiles={
            name: {level: profile_text(persona, _opening(design, level), view=_ANY) for level in design.profiles}
            for name, persona in cast.items()
        },
        told={name: [rhetoric.personal(p, turn) for turn in (1, 2)] for name, p in cast.items() if personal},
        placement=design.placement,
    )


def _header(built: _Built) -> dict[str, Any]:
    audit, design = built.audit, built.design
    measures = audit.definitions(built.turns) + ([FIDELITY.measure] if design.user == "simulated" else [])
    source = {"name": design.source, "sha256": checksum(local(design.path))} if design.source and design.path else None
    return {
        "schema": SCHEMA,
        "audit": audit.name,
        "audit_version": audit.version,
        "title": audit.title,
        "measures": [measure.to_log() for measure in measures],
        "items": {item.id: dict(item.facts) for item in built.items},
        "turns": built.turns,
        "seed": design.seed,
        "placement": design.placement,
        "person": design.person,
        "user": design.user,
        "source": source,
        "judging": {"overlap": design.overlap, "redacted": design.redacted},
        "looks": {"at": built.order.at, "spending": design.spending} if built.order.at else None,
        "hashes": dict(built.hashes),
        "texts": {kind: dict(hashes) for kind, hashes in built.texts.items()},
        "people": {name: _attributes(persona) for name, persona in built.cast.items()},
    }


def _attributes(persona: Known) -> dict[str, str]:
    """Return what a persona is grouped by: its attributes, or the labels that a published set gives it."""
    return persona.attributes() if isinstance(persona, personas.Persona) else dict(persona.labels)


def _opening(design: Design, profile: str) -> ladder.Form:
    """Return the form of a profile with what its name leaves to the design."""
    form = _form(profile)
    return form._replace(person=form.person or design.person, placement=form.placement or design.placement)


def _script(built: _Built, cell: Cell, item: Item) -> list[str]:
    base = cell.challenge.removesuffix(PERSONAL)
    turns = list(item.script[base][: built.turns])
    if base == cell.challenge:
        return turns
    persona = built.cast[cell.persona]
    return [turns[0], *(f"{text} {rhetoric.personal(persona, turn)}" for turn, text in enumerate(turns[1:], start=1))]


def _sample(built: _Built, cell: Cell, item: Item) -> Sample:
    prompt = role_prompts.load(cell.role).wordings[cell.wording - 1]
    script = _script(built, cell, item)
    persona, form = built.cast[cell.persona], _opening(built.design, cell.profile)
    begun: Opening = opening(prompt, persona, form, item, script[0])
    metadata = {
        "audit": built.audit.name,
        "audit_version": built.audit.version,
        **cell.facts(),
        "wording": cell.wording,
        "facts": dict(item.facts),
        "script": script,
        "proof": {
            "role_prompt": prompt,
            "profile": begun.profile,
            "earlier": list(begun.earlier),
            "sent": [
                *(digest(message.text) for message in begun.messages if message.role != "assistant"),
                *(digest(text) for text in script[1:]),
            ],
        },
        "context": item.context,
        "defensible": item.defensible,
        "letters": dict(item.letters),
        "hashes": {**built.hashes, "role_prompt": digest(prompt), "profile": digest(begun.profile)},
    }
    if built.design.user == "simulated":
        metadata["user"] = {"persona": ladder.render(persona, "full", "first"), "lines": script[1:]}
    return Sample(id=cell.id, input=begun.messages, metadata=metadata)
