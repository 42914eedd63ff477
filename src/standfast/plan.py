"""What a suite asks, before anything is asked: its cast, its audits' tasks and the number of calls."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspect_ai import Task

from standfast import suite as suites
from standfast import tokens
from standfast._gating import may_stop
from standfast.audits._audit import Audit, make
from standfast.audits._panel import in_overlap, in_redacted
from standfast.audits._registry import AUDITS
from standfast.errors import SuiteError
from standfast.folder import is_simulated
from standfast.measure import Measure
from standfast.suite import AuditFacts, AuditSpec, PolicyFile, Suite
from standfast.tokens import Length

HEADER = (
    "title",
    "measures",
    "items",
    "turns",
    "placement",
    "person",
    "user",
    "source",
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
        text: The file's bytes.
        policy: Its gates' own file, where they have one: name of the policy, version and bytes.
        models: Subjects.
        judges: The judge, then those that read the overlap; none where none is named yet.
        limit: Samples per audit and subject, the first in the suite's order; all where `None`.
        tasks: Audit -> Inspect task.
        simulated: Whether a simulated subject or judge takes part.
    """

    suite: Suite
    text: bytes
    policy: PolicyFile | None
    models: tuple[str, ...]
    judges: tuple[str, ...]
    limit: int | None
    tasks: Mapping[str, Task]
    simulated: bool

    def key(self) -> str:
        """Return a short hash of what is asked of whom; the same command has the same."""
        asked = json.dumps([self.models, self.judges, self.limit]).encode()
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
            "seed": self.suite.seed,
            "epochs": self.suite.epochs,
            "limit": self.limit,
            "audits": {name: self._audit(task) for name, task in self.tasks.items()},
        }

    def calls(self) -> dict[str, Any]:
        """Return items, samples and calls.

        They are per subject in an audit's row, and over all subjects in `total`; epochs are counted. A judge that has
        to be asked again is not.
        """
        audits = {name: self._calls(task) for name, task in self.tasks.items()}
        counted = ("samples", "subject_calls", "judge_calls")
        total = {key: max(len(self.models), 1) * sum(row[key] for row in audits.values()) for key in counted}
        cast = {"models": list(self.models), "judges": list(self.judges)}
        return {"suite": self.suite.name, **cast, "audits": audits, "total": total}

    def usage(self, reply_tokens: float | None = None) -> dict[str, dict[str, Any]]:
        """Return the tokens that each audit will use per subject, and what the length of replies is taken from.

        Args:
            reply_tokens: Tokens of a reply, where they are known; else they are assumed, or tried out where all
                models are simulated.
        """
        found = {}
        for name, task in self.tasks.items():
            length = self._length(name, task, reply_tokens)
            samples = list(task.dataset)[: self.limit]
            judging, judges = _header(task)["judging"], max(len(self.judges), 1)
            used = tokens.usage(AUDITS[name], samples, length, judges, judging, self.suite.seed)
            found[name] = {**used.times(self.suite.epochs).rounded(), "basis": length.basis}
        return found

    def _length(self, name: str, task: Task, reply_tokens: float | None) -> Length:
        if reply_tokens is not None:
            return Length(reply=reply_tokens, basis="given")
        rehearsed = (*self.models[:1], *self.judges[:1])
        if len(rehearsed) == 2 and all(is_simulated(model) for model in (*self.models, *self.judges)):
            return tokens.rehearse(AUDITS[name], list(task.dataset)[: self.limit], *rehearsed)
        return Length()

    def _audit(self, task: Task) -> dict[str, Any]:
        header = _header(task)
        kept = {key: header[key] for key in HEADER}
        return {"version": header["audit_version"], **kept, "sample_ids": self._sample_ids(task)}

    def _calls(self, task: Task) -> dict[str, Any]:
        header = _header(task)
        samples = self.suite.epochs * len(self._sample_ids(task))
        calls = samples * header["turns"]
        more = [self._further(name, header["judging"]) for name in self._sample_ids(task)]
        read = calls + self.suite.epochs * header["turns"] * sum(more)
        sizes = {"items": len(header["items"]), "samples": samples, "subject_calls": calls, "judge_calls": read}
        return {"version": header["audit_version"], **sizes}

    def _further(self, sample: str, judging: Mapping[str, float]) -> int:
        """Return how often a sample is read beyond the first time."""
        others = max(len(self.judges), 1) - 1
        again = in_redacted(sample, judging["redacted"], self.suite.seed)
        return int(others * in_overlap(sample, judging["overlap"], self.suite.seed) + again)

    def _sample_ids(self, task: Task) -> list[str]:
        return [str(sample.id) for sample in task.dataset][: self.limit]


def plan(
    suite_file: Path,
    *,
    models: Sequence[str] = (),
    judges: Sequence[str] = (),
    limit: int | None = None,
    policy: Path | None = None,
) -> Plan:
    """Plan a suite; calls no model.

    Args:
        suite_file: The suite.
        models: Subjects; those of the suite where empty.
        judges: Judges; those of the suite where empty.
        limit: Samples per audit and subject.
        policy: gates.yaml, in the place of the suite's own gates.

    Raises:
        SuiteError: The suite or the policy is wrong, or a model is not written as provider/model.
    """
    known = catalogue()
    suite = suites.load(suite_file, known)
    own = suites.read_policy(policy, suite, known) if policy else None
    suite = own.suite if own else suite
    subjects = tuple(models) or suite.models
    read_by = tuple(judges) or suite.judges
    user = (suite.user,) if suite.user else ()
    for name in (*subjects, *read_by):
        if not all(name.partition("/")[::2]):
            message = f"model {name!r}: expected provider/model, such as openai/gpt-5 or standfast/sycophant"
            raise SuiteError(message)
    simulated = is_simulated(*subjects, *read_by, *user)
    tasks = {
        name: make(name, {**_options(suite, spec, cache=not simulated), **_looks(suite, name, limit)})
        for name, spec in suite.audits.items()
    }
    return Plan(
        suite=suite,
        text=suite_file.read_bytes(),
        policy=own,
        models=subjects,
        judges=read_by,
        limit=limit,
        tasks=tasks,
        simulated=simulated,
    )


def catalogue() -> dict[str, AuditFacts]:
    """Return what a suite may name, audit by audit."""
    return {name: _facts(audit) for name, audit in AUDITS.items()}


def _facts(audit: Audit) -> AuditFacts:
    measures = [measure for measure in audit.definitions(audit.turns) if measure.level == "sample"]
    return AuditFacts(
        measures={measure.name: measure.direction for measure in measures},
        constructs={measure.name: measure.construct for measure in measures},
        spans={measure.name: _span(measure) for measure in measures},
        items=[item.id for item in audit.items()],
        challenges=audit.challenges,
        multi_turn=audit.turns > 1,
        defined={m.name: m.applies["challenge"] for m in measures if "challenge" in m.applies},
        twins={m.name: m.twin for m in measures if m.twin},
    )


def _span(measure: Measure) -> float | None:
    if measure.low is None or measure.high is None:
        return None
    return (measure.high - measure.low) * (100 if measure.scale in ("binary", "proportion") else 1)


def _options(suite: Suite, spec: AuditSpec, *, cache: bool) -> dict[str, Any]:
    """Return the options of an audit's task. Simulated replies cost nothing, so they are not cached."""
    return {
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
        "cache": cache,
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
