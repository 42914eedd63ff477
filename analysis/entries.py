"""The record that counts for one sample and epoch -> a verdict, value or status, for each measure and turn."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from standfast.analysis.headers import Log
from standfast.analysis.logs import Record
from standfast.cells import Cell, parse_id
from standfast.errors import LogError
from standfast.measure import Measure

STATUSES = (
    "scored",
    "no_position",
    "declined",
    "undefined",
    "refused",
    "filtered",
    "judge_failed",
    "probe_failed",
    "undelivered",
    "error",
    "not_run",
    "stopped",
)
# What a record may say of itself. That a sample was not asked since its audit stopped is for the log to say.
_SAID = tuple(status for status in STATUSES if status != "stopped")
_FACTORS = ("item", "role", "wording", "persona", "profile", "challenge")


class Entry(NamedTuple):
    """The record that counts for one sample and epoch, and its log."""

    log: Log
    record: Record


class Verdict(NamedTuple):
    """What one measure came to; `turn` is 0 for the whole sample, and the value is NaN unless it was scored."""

    measure: Measure
    turn: int
    value: float
    status: str


def failed(log: Log, sample: str, epoch: int) -> Record:
    """Return the record of a sample that ended without a score."""
    return Record(
        id=sample,
        epoch=epoch,
        facts=parse_id(log.definition.audit, sample).facts(),
        finished=False,
        values={},
        status={},
        turns=(),
        judge=log.judge,
    )


def check(entry: Entry, cell: Cell, applicable: Iterable[Measure]) -> None:
    """Refuse a record that contradicts its sample id or scores what does not apply."""
    record = entry.record
    where = f"{entry.log.path}: sample {record.id}, epoch {record.epoch}"
    for name in _FACTORS:
        if str(record.facts.get(name)) != cell.facts()[name]:
            message = f"{where}: {name} is {record.facts.get(name)!r} in its metadata, {cell.facts()[name]!r} in its id"
            raise LogError(message)
    if extra := sorted(set(record.values) - {m.name for m in applicable if m.level == "sample"}):
        message = f"{where}: has a value for {extra[0]}, which is not defined for this cell"
        raise LogError(message)


def verdicts(entry: Entry | None, applicable: Iterable[Measure], turns: int) -> Iterator[Verdict]:
    """Yield one verdict per measure, or per turn for measures of the turn."""
    for measure in applicable:
        for turn in range(1, turns + 1) if measure.level == "turn" else (0,):
            if entry is None:
                yield Verdict(measure, turn, math.nan, "not_run")
            elif not entry.record.finished:
                yield Verdict(measure, turn, math.nan, "error")
            else:
                yield _verdict(entry, measure, turn)


def stopped(_: Entry | None, applicable: Iterable[Measure], turns: int) -> Iterator[Verdict]:
    """Yield the same for a sample that comes after the look at which the audit stopped, also if it was under way."""
    for measure in applicable:
        for turn in range(1, turns + 1) if measure.level == "turn" else (0,):
            yield Verdict(measure, turn, math.nan, "stopped")


def _verdict(entry: Entry, measure: Measure, turn: int) -> Verdict:
    record = entry.record
    values, status = (record.values, record.status) if turn == 0 else _turn(record, turn)
    where = f"{entry.log.path}: sample {record.id}, epoch {record.epoch}: {measure.name}"
    if turn > 0 and measure.name not in status:
        return Verdict(measure, turn, math.nan, "not_run")  # the conversation ended before this turn
    if measure.name not in values or status.get(measure.name) not in _SAID:
        message = f"{where}: has no value, or its status {status.get(measure.name)!r} is not one of {', '.join(_SAID)}"
        raise LogError(message)
    if status[measure.name] != "scored":
        return Verdict(measure, turn, math.nan, status[measure.name])
    return Verdict(measure, turn, _checked(measure, values[measure.name], where), "scored")


def _turn(record: Record, turn: int) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    for entry in record.turns:
        if entry.get("turn") == turn:
            return entry["values"], entry["status"]
    return {}, {}


def _checked(measure: Measure, value: Any, where: str) -> float:
    """Return a scored value, which must be a number that the measure can take."""
    low = -math.inf if measure.low is None else measure.low
    high = math.inf if measure.high is None else measure.high
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not low <= value <= high or (measure.scale == "binary" and value not in (0, 1)):
        message = f"{where}: scored {value!r}, expected a {measure.scale} from {low:g} to {high:g}"
        raise LogError(message)
    return float(value)
