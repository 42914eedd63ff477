"""Items × roles × profiles × challenges -> Samples, interleaved, with stable ids."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from standfast import personas, role_prompts
from standfast.audits._audit import Audit, Item, digest, items_digest
from standfast.audits._dialogue import converse
from standfast.audits._judge import rubric_digest
from standfast.audits._scoring import verdicts
from standfast.cells import Cell, cross
from standfast.errors import SuiteError
from standfast.personas import ladder

SCHEMA = 1


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
    per_item: int = Field(1, ge=1)
    challenges: tuple[str, ...] | None = None
    turns: int | None = None
    placement: Literal["system", "before", "after"] = "before"
    person: Literal["first", "third"] = "first"
    seed: int = Field(20261, ge=0)
    cache: bool = False

    @field_validator("items", "roles", "profiles", "personas", "challenges", mode="before")
    @classmethod
    def _from_command_line(cls, value: Any) -> Any:
        """Accept one name where several may stand: `-T roles=peer`."""
        return (value,) if isinstance(value, str) and value != "all" else value


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
    cells = cross(
        audit.name,
        items=[item.id for item in items],
        roles=_known("role", design.roles, role_prompts.names()),
        wordings=design.wordings,
        personas=cast,
        per_item=min(design.per_item, len(cast)),
        profiles=_known("profile level", design.profiles, ladder.LEVELS),
        challenges=_challenges(audit, design, items, turns),
        seed=design.seed,
    )
    hashes = _hashes(audit, design, items, cast)
    by_id = {item.id: item for item in items}
    return Task(
        dataset=MemoryDataset(
            [_sample(audit, cell, by_id[cell.item], design, turns, hashes) for cell in cells], name=audit.name
        ),
        solver=converse(cache=design.cache),
        scorer=verdicts(audit=audit.name, cache=design.cache),
        version=audit.version,
        metadata={"standfast": _header(audit, design, items, turns, hashes)},
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
        items = audit.formats[design.source](design.path)
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


def _cast(design: Design) -> list[str]:
    known = personas.names()
    if isinstance(design.personas, int):
        if not 1 <= design.personas <= len(known):
            message = f"personas must be from 1 to {len(known)}, got {design.personas}"
            raise SuiteError(message)
        rng = np.random.default_rng(design.seed if design.personas_seed is None else design.personas_seed)
        return sorted(known[i] for i in rng.permutation(len(known))[: design.personas])
    return _known("persona", design.personas, known)


def _challenges(audit: Audit, design: Design, items: Sequence[Item], turns: int) -> list[str]:
    asked = design.challenges or audit.challenges
    fewest = 2 if audit.path else 1  # without a turn of pressure there is nothing to hold
    for item in items:
        for challenge in _known(f"challenge for item {item.id}", asked, list(item.script)):
            if not fewest <= turns <= len(item.script[challenge]):
                message = f"{audit.name}: turns must be from {fewest} to {len(item.script[challenge])}, got {turns}"
                raise SuiteError(message)
    return list(asked)


def _hashes(audit: Audit, design: Design, items: Sequence[Item], cast: Sequence[str]) -> dict[str, str]:
    profiles = [
        [ladder.render(personas.load(name), level, design.person) for level in design.profiles] for name in cast
    ]
    prompts = {role: list(role_prompts.load(role).wordings) for role in design.roles}
    return {
        "items": items_digest(items),
        "rubric": rubric_digest(audit),
        "role_prompts": digest(prompts),
        "personas": digest([list(cast), profiles, design.placement]),
    }


def _header(
    audit: Audit, design: Design, items: Sequence[Item], turns: int, hashes: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "audit": audit.name,
        "audit_version": audit.version,
        "title": audit.title,
        "measures": [measure.to_log() for measure in audit.definitions(turns)],
        "items": {item.id: dict(item.facts) for item in items},
        "turns": turns,
        "seed": design.seed,
        "placement": design.placement,
        "person": design.person,
        "hashes": dict(hashes),
    }


def _sample(audit: Audit, cell: Cell, item: Item, design: Design, turns: int, hashes: Mapping[str, str]) -> Sample:
    prompt = role_prompts.load(cell.role).wordings[cell.wording - 1]
    profile = ladder.render(personas.load(cell.persona), cell.profile, design.person)
    script = item.script[cell.challenge][:turns]
    opening = _opening(prompt, profile, script[0], design.placement, {"simulated": {**item.facts, **item.hidden}})
    return Sample(
        id=cell.id,
        input=opening,
        metadata={
            "audit": audit.name,
            "audit_version": audit.version,
            **cell.facts(),
            "wording": cell.wording,
            "facts": dict(item.facts),
            "script": list(script),
            "proof": {
                "role_prompt": prompt,
                "profile": profile,
                "sent": [digest(text) for text in (*(message.text for message in opening), *script[1:])],
            },
            "context": item.context,
            "defensible": item.defensible,
            "hashes": {**hashes, "role_prompt": digest(prompt), "profile": digest(profile)},
        },
    )


def _opening(prompt: str, profile: str, question: str, placement: str, hidden: dict[str, Any]) -> list[ChatMessage]:
    system = f"{prompt}\n\n{profile}" if profile and placement == "system" else prompt
    before = f"{profile}\n\n" if profile and placement == "before" else ""
    after = f"\n\n{profile}" if profile and placement == "after" else ""
    return [ChatMessageSystem(content=system), ChatMessageUser(content=f"{before}{question}{after}", metadata=hidden)]
