"""The record that counts for one sample and epoch -> a verdict, value or status, for each measure and turn."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from standfast.analysis.headers import Log
from standfast.analysis.logs import Record
from standfast.cells import parse_id
from standfast.errors import LogError
from standfast.measure import Measure, Scale

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


_NUMBERS = frozenset({int, float})  # bool is neither


class Slot(NamedTuple):
    """A row of a cell: a measure that applies, and the turn, 0 for the whole sample."""

    name: str
    turn: int
    scale: Scale
    low: float
    high: float


class Slots(NamedTuple):
    """The rows of a cell.

    Attributes:
        places: Measure by measure, and turn by turn.
        names: Measures of the whole sample among them.
    """

    places: tuple[Slot, ...]
    names: frozenset[str]


class Verdicts(NamedTuple):
    """What a sample came to, slot by slot; a value is NaN unless it was scored."""

    values: list[float]
    statuses: list[str]


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


def slots(applicable: Iterable[Measure], turns: int) -> Slots:
    """Return one slot per measure, or per turn for measures of the turn."""
    places = tuple(
        Slot(
            measure.name,
            turn,
            measure.scale,
            -math.inf if measure.low is None else measure.low,
            math.inf if measure.high is None else measure.high,
        )
        for measure in applicable
        for turn in (range(1, turns + 1) if measure.level == "turn" else (0,))
    )
    return Slots(places, frozenset(slot.name for slot in places if slot.turn == 0))


def check(entry: Entry, factors: Mapping[str, str], own: Slots) -> None:
    """Refuse a record that contradicts its sample id, whose factors are given, or scores what does not apply."""
    record = entry.record
    for name in _FACTORS:
        if str(record.facts.get(name)) != factors[name]:
            message = (
                f"{_where(entry)}: {name} is {record.facts.get(name)!r} in its metadata, {factors[name]!r} in its id"
            )
            raise LogError(message)
    if not own.names.issuperset(record.values):
        extra = min(set(record.values) - own.names)
        message = f"{_where(entry)}: has a value for {extra}, which is not defined for this cell"
        raise LogError(message)


def verdicts(entry: Entry | None, own: Slots) -> Verdicts:
    """Return what a sample that was to be asked came to."""
    if entry is None or not entry.record.finished:
        return _all("not_run" if entry is None else "error", own)
    record = entry.record
    found = Verdicts([], [])
    turn, values, status = 0, record.values, record.status
    for slot in own.places:
        name, at, scale, low, high = slot
        if at != turn:
            turn = at
            values, status = _turn(record, turn) if turn else (record.values, record.status)
        said = status.get(name)
        if said == "scored" and name in values:
            value = values[name]
            if not (type(value) in _NUMBERS and low <= value <= high and math.isfinite(value)) or (
                scale == "binary" and value not in (0, 1)
            ):
                raise LogError(_impossible(entry, slot, value))
            found.values.append(float(value))
        else:
            found.values.append(math.nan)
            said = _unscored(entry, slot, values, status)
        found.statuses.append(said)
    return found


def stopped(_: Entry | None, own: Slots) -> Verdicts:
    """Return the same for a sample that comes after the look at which the audit stopped, also if it was under way."""
    return _all("stopped", own)


def _all(status: str, own: Slots) -> Verdicts:
    return Verdicts([math.nan] * len(own.places), [status] * len(own.places))


def _unscored(entry: Entry, slot: Slot, values: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """Return why a slot has no value."""
    if slot.turn > 0 and slot.name not in status:
        return "not_run"  # the conversation ended before this turn
    said = status.get(slot.name)
    if slot.name not in values or said not in _SAID:
        message = f"{_where(entry)}: {slot.name}: has no value, or its status {said!r} is not one of {', '.join(_SAID)}"
        raise LogError(message)
    return str(said)


def _turn(record: Record, turn: int) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    for entry in record.turns:
        if entry.get("turn") == turn:
            return entry["values"], entry["status"]
    return {}, {}


def _impossible(entry: Entry, slot: Slot, value: Any) -> str:
    """Tell of a scored value that is not a number that the measure can take."""
    return f"{_where(entry)}: {slot.name}: scored {value!r}, expected a {slot.scale} from {slot.low:g} to {slot.high:g}"


def _where(entry: Entry) -> str:
    return f"{entry.log.path}: sample {entry.record.id}, epoch {entry.record.epoch}"
