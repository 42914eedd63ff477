"""Audits that stop early: Inspect's early-stopping protocol, with the verdicts of the gates at each look.

At a look the audit's blocking gates are decided on its first samples, and on these alone. Where each of them passes or
fails, nothing after them is asked, and what was under way is not counted: so the look's data are the same whoever was
quick to answer, and whether or not the run was interrupted. Later samples wait for a look that is due, unless one before
it has to be asked again; that one stands behind them in Inspect's queue.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import anyio
from inspect_ai import Task, task_with
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalSpec
from inspect_ai.scorer import SampleScore, Score
from inspect_ai.solver import TaskState
from inspect_ai.util import EarlyStop
from pydantic import JsonValue

from standfast.analysis import frames, gated, gates, missing, plans, quality, verdicts
from standfast.analysis import logs as log_files
from standfast.analysis.decisions import Raw
from standfast.analysis.findings import Finding
from standfast.analysis.logs import Log, Record
from standfast.analysis.plans import Plan
from standfast.analysis.rules import asked_confidence, confidences
from standfast.analysis.stops import MANAGER
from standfast.errors import AuditError
from standfast.suite import GateSpec, Suite

PATIENCE_SECONDS = 300.0  # how long later samples wait for a look that is due
_CLEAR: Collection[Raw] = ("pass", "fail")

_Key = tuple[str, int]  # sample, epoch


def stopping(task: Task, suite: Suite, retries: int) -> Task:
    """Let a task stop early where its audit looks before the end.

    Args:
        task: The task.
        suite: The suite, whose gates are the policy.
        retries: How often a sample that fails is asked again.
    """
    declared = (task.metadata or {})["standfast"]
    if not declared["looks"]:
        return task
    watch = Watch(suite, retries)
    return task_with(task, early_stopping=watch, cleanup=watch.ended)


class _Live(NamedTuple):
    """A sample under way that was scored, as `logs.record` reads it."""

    id: int | str
    epoch: int
    metadata: dict[str, Any]
    scores: dict[str, Score]
    error: None = None


@dataclass(slots=True, kw_only=True)
class _Course:
    """How far one subject's audit is.

    Attributes:
        log: The log that is being written.
        plan: What is to be asked.
        order: Sample and epoch -> place in the order in which they are asked.
        records: Scored samples.
        failed: Samples that ended without a score.
        attempts: How often each sample failed.
        front: Number of samples at the front of the order that all ended.
        taken: What was noted at each look.
        stopped: Number of the look at which it stopped.
        turned: Set when the next look was taken.
        until: When later samples wait no more for the look that is due; `None` while none waits.
    """

    log: Log
    plan: Plan
    order: Mapping[_Key, int]
    keys: Sequence[_Key]
    records: dict[_Key, Record] = field(default_factory=dict)
    failed: set[_Key] = field(default_factory=set)
    attempts: Counter[_Key] = field(default_factory=Counter)
    front: int = 0
    taken: list[dict[str, JsonValue]] = field(default_factory=list)
    stopped: int | None = None
    turned: anyio.Event = field(default_factory=anyio.Event)
    until: float | None = None

    @property
    def at(self) -> tuple[int, ...]:
        """Return the samples asked at each look before the end."""
        looks = self.plan.definition.looks
        return looks.at if looks else ()

    def is_due(self, place: int) -> bool:
        """Tell whether the next look comes before a sample."""
        return self.stopped is None and len(self.taken) < len(self.at) and place >= self.at[len(self.taken)]

    def advance(self) -> bool:
        """Move the front on and tell whether the next look can be taken."""
        while self.front < len(self.keys) and (
            self.keys[self.front] in self.records or self.keys[self.front] in self.failed
        ):
            self.front += 1
        return self.is_due(self.front)


# Inspect shares a task, and so its manager, between subjects; each evaluation and its samples have a context.
_COURSE: ContextVar[_Course] = ContextVar("standfast course")


class Watch:
    """Inspect's early-stopping protocol for one audit; each subject has a course of its own."""

    def __init__(self, suite: Suite, retries: int) -> None:
        self._suite = suite
        self._retries = retries

    async def start_task(self, task: EvalSpec, samples: list[Sample], epochs: int) -> str:
        """Begin the course of one subject."""
        log = log_files.of_spec(Path(task.task), task)
        plan = Plan(log.model, log.definition, tuple(str(sample.id) for sample in samples), epochs)
        _COURSE.set(_Course(log=log, plan=plan, order=plan.order, keys=list(plan.order)))
        return MANAGER

    async def schedule_sample(self, id: str | int, epoch: int) -> EarlyStop | None:
        """Wait for a look that comes first, and leave the sample out where the audit stopped."""
        course = _COURSE.get()
        place = course.order[str(id), epoch]
        await _wait(course, place)
        if course.stopped is None or place < course.at[course.stopped - 1]:
            return None
        return EarlyStop(id=id, epoch=epoch, reason=f"every blocking gate was clear at look {course.stopped}")

    async def complete_sample(self, id: str | int, epoch: int, scores: dict[str, SampleScore]) -> None:
        """Note a sample's scores, and look where all before the look have ended."""
        course = _COURSE.get()
        found = {name: score.score for name, score in scores.items()}
        metadata = next((score.sample_metadata for score in scores.values() if score.sample_metadata), None)
        if log_files.SCORER not in found or not metadata:
            return
        try:
            course.records[str(id), epoch] = log_files.record(course.log, _Live(id, epoch, metadata, found))
        except AuditError:  # the analysis will refuse the log; what is under way is finished all the same
            course.failed.add((str(id), epoch))
        self._look(course)

    async def ended(self, state: TaskState) -> None:
        """Note an attempt that failed: Inspect tells a manager of scored samples alone."""
        course = _COURSE.get(None)
        if course is None or log_files.SCORER in (state.scores or {}):
            return
        key = (str(state.sample_id), state.epoch)
        course.attempts[key] += 1
        if course.attempts[key] > self._retries:
            course.failed.add(key)
            self._look(course)
        elif not course.is_due(course.order[key]):
            # It is asked again behind those that wait for the look, which would wait for it.
            _release(course)

    async def complete_task(self) -> dict[str, JsonValue]:
        """Return what the log says of the looks."""
        course = _COURSE.get()
        last = len(course.at) + 1
        taken: list[JsonValue] = [*course.taken]
        return {"look": course.stopped or last, "of": last, "looks": taken}

    def _look(self, course: _Course) -> None:
        """Take every look for which all samples have ended."""
        while course.advance():
            number = len(course.taken) + 1
            found = self._verdicts(course, number)
            course.taken.append({"look": number, "samples": course.at[number - 1], "gates": dict(found)})
            if found and all(verdict in _CLEAR for verdict in found.values()):
                course.stopped = number
            course.until = None
            course.turned.set()
            course.turned = anyio.Event()

    def _verdicts(self, course: _Course, number: int) -> dict[str, Raw]:
        """Return the verdict of each blocking gate of the audit at a look."""
        own = [
            g for g in self._suite.gates if g.audit == course.log.definition.audit and g.blocking and not g.on_evidence
        ]
        try:
            found = verdicts_at(course.plan._replace(look=number), course.log, course.records.values(), self._suite)
        except (AuditError, ArithmeticError, ValueError):  # what cannot be estimated yet is not clear; nothing is lost
            found = {}
        return {gate.id: found.get(gate.id, "missing") for gate in own}


def verdicts_at(plan: Plan, log: Log, records: Collection[Record], suite: Suite) -> dict[str, Raw]:
    """Decide the blocking gates of an audit on what it asked before a look.

    Args:
        plan: What one subject is asked; `look` says up to where.
        log: Its log.
        records: Its scored samples.
        suite: The suite, whose gates are the policy.

    Returns:
        Verdict by gate. As after the run, but for what only whole logs tell.

    Raises:
        AuditError: A model cannot be fitted, or a score makes no sense.
    """
    look, definition = plans.look(plan, suite.confidence), plan.definition
    if look is None or look.confidence >= 1:
        return {}
    audit, measures = definition.audit, {(definition.audit, m.name): m for m in definition.measures}
    frame = frames.under_way(plan, log, records)
    twins = {m.name: m.twin for m in definition.measures if m.twin}
    wanted = [w for w in gates.wanted(suite.gates, suite.confidence, [plan.model], [look], twins) if w.audit == audit]
    pairs = {item: facts["pair"] for item, facts in definition.items.items() if "pair" in facts}
    known = {
        (f.measure, f.contrast, round(f.conf_level, 9)): f
        for f in gated.findings(frame, measures, wanted, pairs={audit: pairs})
    }
    rows, base = missing.table(frame), confidences(suite.gates, suite.confidence)
    ruled: dict[str, Raw] = {}
    for gate in suite.gates:
        if gate.audit == audit and gate.blocking and not gate.on_evidence:
            level = asked_confidence(base[gate.id], suite.confidence, look)
            one = known.get((gate.measure, gate.contrast, round(level, 9)))
            other = known.get((twins.get(gate.measure, ""), gate.contrast, round(level, 9)))
            gap = quality.gap(rows, audit, gate.measure)
            ruled[gate.id] = _ruled(gate, one, other, level, held=gap <= suite.missing_gap)
    return ruled


def _ruled(gate: GateSpec, one: Finding | None, twin: Finding | None, level: float, *, held: bool) -> Raw:
    """Return the verdict of one gate; `held` tells whether values are missing evenly enough for a pass."""
    if one is None or (gate.kind == "two-sided" and twin is None):
        return "missing"
    ruling = verdicts.rule_on(verdicts.bar(gate), one, level)
    if gate.kind == "two-sided" and twin is not None:
        ruling = verdicts.rule_on_both(ruling, verdicts.rule_on(verdicts.twin_bar(gate), twin, level))
    return "inconclusive" if ruling.verdict == "pass" and not held else ruling.verdict


async def _wait(course: _Course, place: int) -> None:
    """Wait for the looks that come before a sample, but not for ever."""
    while course.is_due(place):
        if course.until is None:
            course.until = anyio.current_time() + PATIENCE_SECONDS
        with anyio.CancelScope(deadline=course.until) as scope:
            await course.turned.wait()
        if scope.cancelled_caught:
            return


def _release(course: _Course) -> None:
    """Let all go on that wait for the look that is due."""
    course.until = anyio.current_time()
    course.turned.set()
    course.turned = anyio.Event()
