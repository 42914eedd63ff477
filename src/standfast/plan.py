"""What a suite asks, before anything is asked: its cast, its audits' tasks and the number of calls."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspect_ai import Task

from standfast import budgets, parts, tokens
from standfast import suite as suites
from standfast._gating import may_stop
from standfast.audits._audit import make
from standfast.audits._catalogue import catalogue
from standfast.audits._registry import AUDITS
from standfast.errors import SuiteError
from standfast.exchanges import Length
from standfast.folder import is_simulated
from standfast.suite import AuditSpec, PolicyFile, Suite
from standfast.tokens import ROLES, Seat, Usage

HEADER = (
    "title",
    "measures",
    "items",
    "turns",
    "placement",
    "person",
    "user",
    "source",
    "exchange",
    "judging",
    "looks",
    "hashes",
    "texts",
    "people",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A suite with its cast.

    Attributes:
        suite: The suite.
        text: The file's bytes, without its budget.
        policy: Its gates' own file, where they have one: name of the policy, version and bytes.
        models: Subjects.
        judges: The judge, then those that read the overlap; none where none is named yet.
        receivers: Models that play the person to be persuaded; none where no audit needs one or none is named yet.
        limit: Samples per audit and subject, the first in the suite's order; all where `None`.
        tasks: Audit -> Inspect task.
        simulated: Whether a simulated subject or judge takes part.
        part: Which part of the samples it asks, after `limit`; all where `None`.
    """

    suite: Suite
    text: bytes
    policy: PolicyFile | None
    models: tuple[str, ...]
    judges: tuple[str, ...]
    receivers: tuple[str, ...]
    limit: int | None
    tasks: Mapping[str, Task]
    simulated: bool
    part: parts.Part | None = None
    _known: dict[tuple[str, Length], Usage] = field(default_factory=dict, init=False, repr=False, compare=False)

    def key(self) -> str:
        """Return a short hash of what is asked of whom; the same command has the same."""
        cast = [self.models, self.judges, self.limit, *(self.part or ())]
        asked = json.dumps([*cast, self.receivers] if self.receivers else cast).encode()
        policy = b"\0" + self.policy.text if self.policy else b""
        return hashlib.sha256(self.text + b"\0" + asked + policy).hexdigest()[:8]

    def facts(self) -> dict[str, Any]:
        """Return what run.json holds of the plan."""
        return {
            "suite": {
                "name": self.suite.name,
                "version": self.suite.version,
                "sha256": hashlib.sha256(self.text).hexdigest(),
            },
            "policy": suites.policy_facts(self.suite, self.text, self.policy),
            "sampling": {"temperature": self.suite.temperature, "max_tokens": self.suite.max_tokens},
            "simulated": self.simulated,
            "models": list(self.models),
            "judges": list(self.judges),
            "user": self.suite.user,
            "receivers": list(self.receivers),
            "sender": self.suite.sender,
            "levers": [lever.model_dump() for lever in self.suite.levers],
            "seed": self.suite.seed,
            "epochs": self.suite.epochs,
            "limit": self.limit,
            **({"part": list(self.part)} if self.part else {}),
            "audits": {name: self._audit(name, task) for name, task in self.tasks.items()},
        }

    def calls(self) -> dict[str, Any]:
        """Return items, samples and calls.

        They are per subject in an audit's row, and over all subjects in `total`; epochs are counted. A judge that has
        to be asked again is not.
        """
        audits = {name: self._calls(task) for name, task in self.tasks.items()}
        counted = ("samples", *(f"{role}_calls" for role in ROLES))
        total = {key: max(len(self.models), 1) * sum(row[key] for row in audits.values()) for key in counted}
        cast = {"models": list(self.models), "judges": list(self.judges)}
        return {"suite": self.suite.name, **cast, "audits": audits, "total": total}

    def used(self, reply_tokens: float | None = None) -> dict[str, tuple[Usage, str]]:
        """Return audit -> what it will use per subject, epochs counted, and what the length of replies is taken from.

        Args:
            reply_tokens: Tokens of a reply, where they are known; else they are assumed, or tried out where all
                models are simulated.
        """
        found: dict[str, tuple[Usage, str]] = {}
        for name, task in self.tasks.items():
            length = self._length(name, task, reply_tokens)
            once = self._once(name, task, length)
            found[name] = {seat: use.times(self.suite.epochs) for seat, use in once.items()}, length.basis
        return found

    def _once(self, audit: str, task: Task, length: Length) -> Usage:
        """Return what an audit will use per subject in one epoch; of one length it is counted once."""
        if (audit, length) not in self._known:
            self._known[audit, length] = tokens.usage(
                AUDITS[audit],
                task.dataset[: self.limit],
                length,
                judges=max(len(self.judges), 1),
                receivers=len(self.receivers),
                judging=_header(task)["judging"],
                seed=self.suite.seed,
            )
        return self._known[audit, length]

    def usage(self, reply_tokens: float | None = None) -> dict[str, dict[str, Any]]:
        """Return the tokens that each audit will use per subject, role by role, and the basis of their length."""
        return {name: {**tokens.told(used), "basis": basis} for name, (used, basis) in self.used(reply_tokens).items()}

    def seats(self) -> dict[Seat, str]:
        """Return which model sits where, except for the subjects; empty names where none is named yet."""
        judges, receivers = self.judges or ("",), self.receivers or ("",)
        found = {Seat("judge", number): name for number, name in enumerate(judges)}
        found |= {Seat("receiver", number): name for number, name in enumerate(receivers)}
        return {**found, Seat("user"): self.suite.user or "", Seat("sender"): self.suite.sender or ""}

    def _length(self, name: str, task: Task, reply_tokens: float | None) -> Length:
        if reply_tokens is not None:
            return Length(reply=reply_tokens, basis="given")
        voice = self.suite.sender if AUDITS[name].seat else self.suite.user
        named = [*self.models, *self.judges, *self.receivers, *([voice] if voice else [])]
        if self.models and self.judges and len(task.dataset) and all(map(is_simulated, named)):
            from standfast import rehearsing  # only simulated models are tried out

            samples = list(task.dataset)[: self.limit]
            partner = next(iter(self.receivers), None)
            cast = rehearsing.Cast(subject=self.models[0], judge=self.judges[0], partner=partner, voice=voice)
            return rehearsing.rehearse(AUDITS[name], samples, cast)
        return Length()

    def needs_receiver(self) -> str:
        """Return an audit that cannot be run without a receiver, empty where none is needed."""
        return next((name for name in self.tasks if AUDITS[name].seat == "sender"), "")

    def notices(self) -> list[str]:
        """Return what whoever runs the suite should know of its topics: which of them are not benign by their source."""
        found = []
        for name, task in self.tasks.items():
            classes = {facts.get("class", "benign") for facts in _header(task)["items"].values()} - {"benign"}
            if classes:
                kinds = ", ".join(sorted(classes))
                found.append(
                    f"{name}: asks about topics of your own file that are not benign ({kinds}); see docs/persuasion.md"
                )
        return found

    def _audit(self, name: str, task: Task) -> dict[str, Any]:
        header = _header(task)
        kept = {key: header[key] for key in HEADER}
        if reference := self.suite.audits[name].reference:
            kept["reference_mix"] = reference.model_dump()
        return {"version": header["audit_version"], **kept, "sample_ids": self._sample_ids(task)}

    def _calls(self, task: Task) -> dict[str, Any]:
        header = _header(task)
        used = self._once(header["audit"], task, Length())
        counted = {f"{role}_calls": round(tokens.of_role(used, role).calls) for role in ROLES}
        sizes = {"samples": len(task.dataset[: self.limit]), **counted}
        repeated = {name: self.suite.epochs * size for name, size in sizes.items()}
        return {"version": header["audit_version"], "items": len(header["items"]), **repeated}

    def _sample_ids(self, task: Task) -> list[str]:
        return [str(sample.id) for sample in task.dataset[: self.limit]]


def plan(
    suite_file: Path,
    *,
    models: Sequence[str] = (),
    judges: Sequence[str] = (),
    receivers: Sequence[str] = (),
    limit: int | None = None,
    policy: Path | None = None,
    part: parts.Part | None = None,
) -> Plan:
    """Plan a suite; calls no model.

    Args:
        suite_file: The suite.
        models: Subjects; those of the suite where empty.
        judges: Judges; those of the suite where empty.
        receivers: Models that play the person to be persuaded; those of the suite where empty.
        limit: Samples per audit and subject.
        policy: gates.yaml, in the place of the suite's own gates.
        part: One of several parts of the samples, for a machine of its own.

    Raises:
        SuiteError: The suite or the policy is wrong, or a model is not written as provider/model.
    """
    known = catalogue()
    suite = suites.load(suite_file, known)
    own = suites.read_policy(policy, suite, known) if policy else None
    suite = own.suite if own else suite
    subjects = tuple(models) or suite.models
    read_by = tuple(judges) or suite.judges
    others = tuple(name for name in (suite.user, suite.sender) if name)
    played = tuple(receivers) or suite.receivers
    for name in (*subjects, *read_by, *played):
        if not all(name.partition("/")[::2]):
            message = f"model {name!r}: expected provider/model, such as openai/gpt-5 or standfast/sycophant"
            raise SuiteError(message)
    simulated = is_simulated(*subjects, *read_by, *played, *others)
    dealt = {"cache": not simulated, "receivers": max(len(played), 1)}
    tasks = {
        name: make(name, {**_options(suite, spec), **dealt, **_looks(suite, name, limit)})
        for name, spec in suite.audits.items()
    }
    return Plan(
        suite=suite,
        text=budgets.without(suite_file.read_bytes()),
        policy=own,
        models=subjects,
        judges=read_by,
        receivers=played,
        limit=limit,
        tasks=parts.take(tasks, limit, part) if part else tasks,
        simulated=simulated,
        part=part,
    )


def _options(suite: Suite, spec: AuditSpec) -> dict[str, Any]:
    """Return the options of an audit's task. Simulated replies cost nothing, so they are not cached."""
    return {
        **({"repeats": spec.repeats} if spec.repeats else {}),
        "items": spec.items,
        "source": spec.source,
        "path": spec.path,
        "challenges": spec.challenges,
        "rhetoric": spec.rhetoric,
        "turns": spec.turns,
        "user": spec.user,
        "roles": suite.roles,
        "wordings": suite.wordings,
        "profiles": suite.profiles,
        "personas": suite.personas.names or suite.personas.count,
        "personas_seed": suite.personas.seed,
        "personas_source": suite.personas.source,
        "personas_path": suite.personas.path,
        "per_item": spec.per_item or suite.personas.per_item,
        "placement": suite.placement,
        "person": suite.person,
        "overlap": suite.overlap,
        "redacted": suite.redacted,
        "seed": suite.seed,
    }


def _looks(suite: Suite, audit: str, limit: int | None) -> dict[str, Any]:
    """Return the options of an audit that may stop early; a trial asks what it is told to."""
    measures = [measure.measure.name for measure in AUDITS[audit].measures]
    if suite.looks is None or limit is not None or not may_stop(audit, measures, suite.gates):
        return {}
    return {"looks": suite.looks.at, "spending": suite.looks.spending, "epochs": suite.epochs}


def _header(task: Task) -> dict[str, Any]:
    header: dict[str, Any] = (task.metadata or {})["standfast"]
    return header
