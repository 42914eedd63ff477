"""Items × roles × profiles × challenges -> Samples, interleaved, with stable ids."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.solver import Solver
from pydantic import ValidationError

from standfast import personas, role_prompts
from standfast.audits._audit import Audit, Item, digest
from standfast.audits._choosing import cast_of, items_of, known
from standfast.audits._dialogue import converse
from standfast.audits._exchange import exchange_of
from standfast.audits._factors import Design
from standfast.audits._lazily import dataset
from standfast.audits._looks import Order, in_order
from standfast.audits._opening import Known, Opening, opening, profile_text
from standfast.audits._persuasion import exchange
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
    receivers: Mapping[tuple[str, str], int]


def build(audit: Audit, **options: Any) -> Task:
    """Build the Inspect task of an audit: all its cells in one data set.

    Args:
        audit: The audit.
        **options: Fields of `Design`.

    Raises:
        SuiteError: An option is unknown or out of range, or names what does not exist.
    """
    design = _design(audit, options)
    items = items_of(audit, design)
    turns = design.turns or audit.turns
    cast = cast_of(design)
    for profile in design.profiles:
        _form(profile)
    cells = cross(
        audit.name,
        items=[item.id for item in items],
        roles=known("role", design.roles, role_prompts.names()),
        wordings=design.wordings,
        personas=list(cast),
        per_item=min(design.per_item, len(cast)),
        profiles=design.profiles,
        challenges=_challenges(audit, design, items, turns),
        seed=design.seed,
    )
    order = _order(audit, design, cells, items)
    said = _texts(audit, design, items, cast)
    built = _Built(audit, design, items, cast, turns, whole(audit, said), each(said), order, _dealt(cells, design))
    by_id = {item.id: item for item in items}
    settings: dict[str, Any] = {"overlap": design.overlap, "redacted": design.redacted, "seed": design.seed}
    return Task(
        dataset=dataset(order.cells, lambda cell: _sample(built, cell, by_id[cell.item]), audit.name),
        solver=_solver(audit, design),
        scorer=verdicts(audit=audit.name, cache=design.cache, **settings),
        version=audit.version,
        metadata={"standfast": _header(built)},
    )


def _solver(audit: Audit, design: Design) -> Solver:
    simulated = design.user == "simulated"
    if audit.seat:
        return exchange(audit.seat, cache=design.cache, simulated_sender=simulated)
    return converse(cache=design.cache, simulated_user=simulated)


def _dealt(cells: Sequence[Cell], design: Design) -> dict[tuple[str, str], int]:
    """Return the receiver of each item and persona, from 1: in turn, so that an item's personas meet different ones."""
    pairs = sorted({(cell.item, cell.persona) for cell in cells})
    first = {item: number for number, item in enumerate(sorted({item for item, _ in pairs}))}
    met: dict[str, int] = {}
    found = {}
    for item, persona in pairs:
        found[item, persona] = 1 + (first[item] + met.get(item, 0)) % design.receivers
        met[item] = met.get(item, 0) + 1
    return found


def _design(audit: Audit, options: Mapping[str, Any]) -> Design:
    try:
        return Design(**options)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"{audit.name}: option {'.'.join(str(p) for p in first['loc'][:1])}: {first['msg'].lower()}, got {first['input']!r}"
        raise SuiteError(message) from error


def _form(profile: str) -> ladder.Form:
    try:
        return ladder.form(profile)
    except ValueError as error:
        raise SuiteError(str(error)) from error


def _challenges(audit: Audit, design: Design, items: Sequence[Item], turns: int) -> dict[str, list[str]]:
    """Return the challenges that each item meets: those asked for that it scripts, in each rhetoric."""
    scripted = list(dict.fromkeys(challenge for item in items for challenge in item.script))
    asked = [c for c in audit.challenges if c in scripted] if design.challenges is None else design.challenges
    known(f"challenge for item {items[0].id}" if items else "challenge", asked, scripted)
    found = {item.id: voiced([c for c in asked if c in item.script], design.rhetoric) for item in items}
    # Without a turn of pressure there is nothing to hold, and without a message nothing to be moved by.
    fewest = 2 if audit.path or audit.seat == "receiver" else 1
    lengths = [len(item.script[c]) for item in items for c in asked if c in item.script]
    # A scenario is over after one message, whatever the claims beside it take.
    most = (max if audit.seat == "sender" else min)(lengths, default=0)
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


def _texts(audit: Audit, design: Design, items: Sequence[Item], cast: Mapping[str, Known]) -> Texts:
    personal = "personal" in design.rhetoric
    return Texts(
        items=items,
        prompts={role: role_prompts.load(role).wordings for role in design.roles},
        profiles={
            name: {level: profile_text(persona, _opening(audit, design, level), view=_ANY) for level in design.profiles}
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
        "exchange": _exchanges(audit, design),
        "judging": {"overlap": design.overlap, "redacted": design.redacted},
        "looks": {"at": built.order.at, "spending": design.spending} if built.order.at else None,
        "hashes": dict(built.hashes),
        "texts": {kind: dict(hashes) for kind, hashes in built.texts.items()},
        "people": {name: _attributes(persona) for name, persona in built.cast.items()},
    }


def _exchanges(audit: Audit, design: Design) -> dict[str, Any] | None:
    seat = {"seat": audit.seat, "repeats": design.repeats}
    return {**seat, "receivers": design.receivers if audit.seat == "sender" else 0} if audit.seat else None


def _attributes(persona: Known) -> dict[str, str]:
    """Return what a persona is grouped by: its attributes, or the labels that a published set gives it."""
    return persona.attributes() if isinstance(persona, personas.Persona) else dict(persona.labels)


def _opening(audit: Audit, design: Design, profile: str) -> ladder.Form:
    """Return the form of a profile with what its name leaves to the design; a sender is told of a third person."""
    form = _form(profile)
    person = "third" if audit.seat == "sender" else design.person
    return form._replace(person=form.person or person, placement=form.placement or design.placement)


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
    persona, form = built.cast[cell.persona], _opening(built.audit, built.design, cell.profile)
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
    if built.audit.seat:
        metadata["receiver"] = built.receivers[cell.item, cell.persona]
        metadata["exchange"] = exchange_of(
            item, built.audit.seat, persona, repeats=built.design.repeats, seed=built.design.seed
        )
    if built.design.user == "simulated":
        metadata["user"] = {"persona": ladder.render(persona, "full", "first"), "lines": script[1:]}
    return Sample(id=cell.id, input=begun.messages, metadata=metadata)
