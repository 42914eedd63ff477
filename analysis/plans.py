"""What was to be asked, from run.json or from the logs themselves, and whether logs may be read together."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from standfast.analysis import logs as log_files
from standfast.analysis import sequential
from standfast.analysis.logs import Definition, Log
from standfast.analysis.sequential import Look
from standfast.errors import LogError


class Plan(NamedTuple):
    """What one subject was to be asked in one audit.

    Attributes:
        model: Subject.
        definition: What the audit declares.
        samples: Sample ids, in the order in which they are asked; all in the first epoch, then all in the next.
        epochs: Repetitions.
        look: Look at which the audit ended, from 1; `None` where it looks at the end alone.
    """

    model: str
    definition: Definition
    samples: tuple[str, ...]
    epochs: int
    look: int | None = None

    @property
    def planned(self) -> int:
        """Return the number of samples, epochs counted."""
        return len(self.samples) * self.epochs

    @property
    def counted(self) -> int:
        """Return how many samples count, the first in order; what comes after the look that ended it does not."""
        looks = self.definition.looks
        at = (*looks.at, self.planned) if looks else (self.planned,)
        return at[(self.look or len(at)) - 1]

    @property
    def order(self) -> dict[tuple[str, int], int]:
        """Return the place of each sample and epoch in the order in which they are asked, from 0."""
        epochs = range(1, self.epochs + 1)
        return {key: i for i, key in enumerate((sample, epoch) for epoch in epochs for sample in self.samples)}


def check_alike(found: Sequence[Log]) -> None:
    """Refuse logs of one audit that are not comparable.

    Raises:
        LogError: Two differ in audit version, in hashes, measures or items, or in the judge of one subject.
    """
    first: dict[str, Log] = {}
    judges: dict[tuple[str, str], Log] = {}
    for log in found:
        other = first.setdefault(log.definition.audit, log)
        if why := _difference(log.definition, other.definition):
            message = f"{other.path} and {log.path} cannot be joined: {why}"
            raise LogError(message)
        other = judges.setdefault((log.definition.audit, log.model), log)
        if log.judge != other.judge:
            message = f"{other.path} and {log.path} cannot be joined: judges {other.judge!r} and {log.judge!r}"
            raise LogError(message)


def _difference(one: Definition, other: Definition) -> str:
    """Return in what two definitions of an audit differ, nothing if in nothing."""
    if one.audit_version != other.audit_version:
        return f"{one.audit} has versions {other.audit_version} and {one.audit_version}"
    for name in sorted(one.hashes.keys() | other.hashes.keys()):
        if one.hashes.get(name) != other.hashes.get(name):
            return f"{one.audit} has other {name.replace('_', ' ')} in each, by their hash"
    if (one.measures, one.items, one.turns) != (other.measures, other.items, other.turns):
        return f"{one.audit} defines its measures, items or turns differently in each"
    if one.texts != other.texts:
        return f"{one.audit} has other texts in each, by their hashes"
    return "" if one.looks == other.looks else f"{one.audit} looks at its results at other samples in each"


def plan_of(found: Sequence[Log], planned: Mapping[str, Any] | None) -> dict[tuple[str, str], Plan]:
    """Return what each subject was to be asked in each audit.

    Args:
        found: The logs.
        planned: run.json, `None` to go by the logs' headers.

    Raises:
        LogError: run.json is damaged, or a log is not of its run.
    """
    plans = _of_logs(found) if planned is None else _of_run(planned)
    if planned is not None:
        _check_of_run(found, plans, planned)
    return {
        key: _looked(plan, [log for log in found if (log.model, log.definition.audit) == key])
        for key, plan in plans.items()
    }


def look(plan: Plan, confidence: float) -> Look | None:
    """Return the look at which a subject's audit ended, `None` where it looks at the end alone.

    Args:
        plan: What was to be asked.
        confidence: Of one look at the end.
    """
    looks = plan.definition.looks
    if looks is None or plan.look is None:
        return None
    each = sequential.confidences_at(looks.at, plan.planned, confidence, looks.spending)
    return Look(
        model=plan.model,
        audit=plan.definition.audit,
        look=plan.look,
        of=len(each),
        confidence=each[plan.look - 1],
        stopped=plan.look < len(each),
        samples=plan.counted,
        planned=plan.planned,
    )


def _looked(plan: Plan, own: Sequence[Log]) -> Plan:
    """Return a plan with the look at which its logs say that it ended."""
    looks = plan.definition.looks
    if looks and looks.at[-1] >= plan.planned:
        message = (
            f"{plan.definition.audit}: looks at sample {looks.at[-1]} before the end, but {plan.planned} are planned"
        )
        raise LogError(message)
    return plan._replace(look=sequential.reached(own, plan.order) if own else None)


def _check_of_run(found: Sequence[Log], plans: Mapping[tuple[str, str], Plan], planned: Mapping[str, Any]) -> None:
    """Refuse logs that are not of a run."""
    for log in found:
        key = (log.model, log.definition.audit)
        if key not in plans:
            message = f"{log.path}: {key[1]} with {key[0]} is not planned in run.json"
            raise LogError(message)
        if planned.get("judges") and log.judge != ", ".join(planned["judges"]):
            message = f"{log.path}: judged by {log.judge!r}, run.json says {', '.join(planned['judges'])!r}"
            raise LogError(message)
        if why := _difference(log.definition, plans[key].definition):
            message = f"{log.path}: is not the log of this run.json: {why}"
            raise LogError(message)


def _of_logs(found: Sequence[Log]) -> dict[tuple[str, str], Plan]:
    plans: dict[tuple[str, str], Plan] = {}
    for log in found:
        key = (log.model, log.definition.audit)
        before = plans.get(key, Plan(log.model, log.definition, (), 1))
        samples = tuple(dict.fromkeys((*before.samples, *log.sample_ids)))
        plans[key] = before._replace(samples=samples, epochs=max(before.epochs, log.epochs))
    return plans


def _of_run(run: Mapping[str, Any]) -> dict[tuple[str, str], Plan]:
    plans = {}
    try:
        for audit, facts in run["audits"].items():
            declared = {**facts, "audit": audit, "audit_version": facts["version"]}
            definition = log_files.define(declared, f"run.json: audits.{audit}")
            samples = tuple(str(sample) for sample in facts["sample_ids"])
            for model in run["models"]:
                plans[str(model), audit] = Plan(str(model), definition, samples, int(run["epochs"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"run.json: is not the record of a run ({type(error).__name__}: {error})"
        raise LogError(message) from error
    return plans
