"""suite.yaml -> what is asked of which models, and what they must hold."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from standfast import _gating, cards, personas, role_prompts
from standfast._problems import quoted
from standfast._spec import AuditFacts as AuditFacts
from standfast._spec import AuditSpec as AuditSpec
from standfast._spec import GateSpec as GateSpec
from standfast._spec import PersonaSpec as PersonaSpec
from standfast._spec import Policy as Policy
from standfast._spec import Suite as Suite
from standfast.cards import Fault, Reference
from standfast.estimands import ContrastName as ContrastName
from standfast.estimands import filler_of, is_personal
from standfast.estimands import parse_contrast as parse_contrast
from standfast.personas.ladder import LEVELS, form

Check = Iterator[Reference | Fault]
SUITE_FILE, POLICY_FILE = "suite.yaml", "gates.yaml"  # in the run folder
# With two personas, whose effects differ by 12 points, 95 % intervals covered 73 %; with four, 92 % (60 simulations).
FEWEST_PERSONAS = 6


def load(path: Path, catalogue: Mapping[str, AuditFacts] | None = None) -> Suite:
    """Read a suite.

    Args:
        path: The file.
        catalogue: What is known about each audit; without it nothing about audits is checked.

    Raises:
        SuiteError: The file cannot be read, or is wrong; the message lists every problem.
    """
    return cards.load(path, Suite, check=partial(_check, catalogue=catalogue))


def loads(text: bytes, file: str) -> Suite:
    """Read a suite from bytes, which are called `file` in messages.

    Raises:
        SuiteError: The text is wrong; the message lists every problem.
    """
    return cards.loads(text.decode("utf-8", "replace"), file, Suite, check=partial(_check, catalogue=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """A policy in its own file.

    Attributes:
        name: Its name.
        version: Its version.
        text: The file's bytes.
        suite: The suite with these gates in the place of its own.
    """

    name: str
    version: str
    text: bytes
    suite: Suite


def read_policy(path: Path, suite: Suite, catalogue: Mapping[str, AuditFacts] | None = None) -> PolicyFile:
    """Read gates.yaml for a suite.

    Args:
        path: The file.
        suite: The suite that is asked.
        catalogue: What is known about each audit; without it nothing about measures is checked.

    Raises:
        SuiteError: The file cannot be read, or is wrong; the message lists every problem.
    """

    def check(policy: Policy) -> Check:
        yield from _gating.check(_under(suite, policy), catalogue)
        yield from _check_cast(suite)

    found = cards.load(path, Policy, check=check)
    return PolicyFile(name=found.name, version=found.version, text=path.read_bytes(), suite=_under(suite, found))


def policy_facts(suite: Suite, text: bytes, policy: PolicyFile | None = None) -> dict[str, str]:
    """Return what run.json holds of the policy, which is fixed before the run.

    Args:
        suite: The suite.
        text: Its file's bytes.
        policy: The policy's own file; `None` where the suite's gates are the policy.
    """
    named, held = (policy, policy.text) if policy else (suite, text)
    return {
        "name": named.name,
        "version": named.version,
        "file": POLICY_FILE if policy else SUITE_FILE,
        "sha256": hashlib.sha256(held).hexdigest(),
    }


def _under(suite: Suite, policy: Policy) -> Suite:
    return suite.model_copy(update={"gates": policy.gates, "missing_gap": policy.missing_gap})


def _check_cast(suite: Suite) -> Check:
    if suite.personas.size < FEWEST_PERSONAS:
        message = f"a decision needs at least {FEWEST_PERSONAS} personas, and the suite has {suite.personas.size}"
        yield Fault(("gates",), message, "what one does to all its items is not in the intervals")


def sha256(path: Path) -> str:
    """Return the hash of the file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def schema(model: type[Suite | Policy] = Suite) -> dict[str, Any]:
    """Return the JSON Schema of suite.yaml, or of gates.yaml, for editors."""
    made = model.model_json_schema()
    title = f"Standfast {model.__name__.lower()}"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": title}


def schema_text(model: type[Suite | Policy] = Suite) -> str:
    """Return the JSON Schema as a file's text."""
    return json.dumps(schema(model), indent=2) + "\n"


def _check(suite: Suite, catalogue: Mapping[str, AuditFacts] | None) -> Check:
    yield from _check_names(suite)
    yield from _check_design(suite)
    if suite.temperature == 0 and suite.epochs > 1:
        hint = "ask once, or sample at a temperature above 0"
        yield Fault(("epochs",), "at temperature 0 a second epoch is the same reply again", hint)
    yield from _gating.check(suite, catalogue)
    if catalogue is not None:
        yield from _check_audits(suite, catalogue)


def _check_names(suite: Suite) -> Check:
    lists: dict[str, Sequence[str]] = {
        "models": suite.models,
        "judges": suite.judges,
        "receivers": suite.receivers,
        "roles": suite.roles,
        "profiles": suite.profiles,
        "contrasts": suite.contrasts,
    }
    for field, names in lists.items():
        yield from _twice((field,), names)
    yield from _twice(("personas", "names"), suite.personas.names or ())
    yield from _known(("roles",), "role", suite.roles, role_prompts.names())
    for i, name in enumerate(suite.profiles):
        if not _is_form(name):
            yield Reference(("profiles", i), "profile", name, LEVELS)
    if suite.personas.source is None:
        yield from _known(("personas", "names"), "persona", suite.personas.names or (), personas.names())


def _twice(path: tuple[str | int, ...], names: Sequence[str]) -> Check:
    seen: set[str] = set()
    for i, name in enumerate(names):
        if name in seen:
            yield Fault((*path, i), f"{quoted(name)} appears twice")
        seen.add(name)


def _is_form(profile: str) -> bool:
    try:
        form(profile)
    except ValueError:
        return False
    return True


def _known(path: tuple[str | int, ...], kind: str, names: Sequence[str], known: Collection[str]) -> Check:
    for i, name in enumerate(names):
        yield Reference((*path, i), kind, name, known)


def _check_design(suite: Suite) -> Check:
    shown = [profile for profile in suite.profiles if is_personal(profile)]
    for filler in dict.fromkeys(map(filler_of, shown)) if all(map(_is_form, suite.profiles)) else ():
        if filler not in suite.profiles:
            yield Fault(("profiles",), "persona levels are compared with their filler", f'add "{filler}"')
    for name, spec in suite.audits.items():
        yield from _check_spec(("audits", name), spec, suite)
    yield from _check_personas(suite.personas, gated=bool(suite.gates))


def _check_spec(place: tuple[str, str], spec: AuditSpec, suite: Suite) -> Check:
    if spec.path is not None and spec.source is None:
        yield Fault((*place, "path"), "path needs source", "name the benchmark's format")
    if (spec.per_item or 1) > suite.personas.size > 0:
        found = f"per_item is {spec.per_item}, but there are {suite.personas.size} personas"
        yield Fault((*place, "per_item"), found)
    voice = "sender" if place[1] == "persuadability" else "user"
    if spec.user == "simulated" and getattr(suite, voice) is None:
        yield Fault((*place, "user"), f"a simulated {voice} needs a model", f"name it in the suite's `{voice}`")
    for field, names in (("items", spec.items), ("challenges", spec.challenges), ("rhetoric", spec.rhetoric)):
        if isinstance(names, tuple):
            yield from _twice((*place, field), names)


def _check_personas(spec: PersonaSpec, *, gated: bool) -> Check:
    known = len(personas.names())
    if (spec.source is None) != (spec.path is None):
        yield Fault(("personas",), "a published persona set needs source and path", "give both or neither")
    if (spec.count is None) == (spec.names is None):
        yield Fault(("personas",), 'personas needs either "count" or "names"')
    elif spec.per_item > spec.size:
        yield Fault(("personas", "per_item"), f"per_item is {spec.per_item}, but there are {spec.size} personas")
    elif gated and spec.size < FEWEST_PERSONAS:
        message = f"a decision needs at least {FEWEST_PERSONAS} personas, not {spec.size}"
        field = "count" if spec.names is None else "names"
        yield Fault(("personas", field), message, "what one does to all its items is not in the intervals")
    if spec.source is None and spec.count is not None and spec.count > known:
        yield Fault(("personas", "count"), f"count is {spec.count}, but {known} personas are known")


def _check_audits(suite: Suite, catalogue: Mapping[str, AuditFacts]) -> Check:
    for name, spec in suite.audits.items():
        yield Reference(("audits", name), "audit", name, catalogue)
        if name in catalogue:
            yield from _check_audit(("audits", name), spec, catalogue[name])


def _check_audit(place: tuple[str, str], spec: AuditSpec, facts: AuditFacts) -> Check:
    if spec.source is None:
        if isinstance(spec.items, tuple):
            yield from _known((*place, "items"), "item", spec.items, facts.items)
        elif spec.items != "all" and spec.items > len(facts.items):
            yield Fault((*place, "items"), f"{place[1]} has {len(facts.items)} items, not {spec.items}")
    if len(facts.challenges) > 1:
        yield from _known((*place, "challenges"), "challenge", spec.challenges or (), facts.challenges)
    taken = ["challenges"] if len(facts.challenges) == 1 and spec.challenges else []
    if not facts.multi_turn:
        taken += ["turns"] if spec.turns else []
        taken += ["user"] if spec.user != "scripted" else []
    if not facts.multi_turn or facts.seat:
        taken += ["rhetoric"] if "personal" in spec.rhetoric else []
    if facts.seat == "sender" and spec.user != "scripted":
        yield Fault((*place, "user"), f"{place[1]} talks with the suite's `receivers`", "leave `user` out")
    if not facts.seat and spec.repeats:
        yield Fault((*place, "repeats"), f"{place[1]} probes no belief", "leave `repeats` out")
    for field in taken:
        why = "has one turn" if not facts.multi_turn else "is an exchange"
        yield Fault((*place, field), f"{place[1]} {why} and takes no {field}")
