"""Logs -> the tidy frame; its columns are declared here."""

import hashlib
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from standfast.analysis import logs as log_files
from standfast.analysis.logs import Definition, Log, Record
from standfast.analysis.plans import Plan, check_alike, plan_of
from standfast.cells import Cell, parse_id
from standfast.errors import LogError
from standfast.measure import Measure

COLUMNS = {
    "run": "string",
    "model": "string",
    "audit": "string",
    "audit_version": "string",
    "item": "string",
    "role": "string",
    "wording": "int64",
    "persona": "string",
    "profile": "string",
    "challenge": "string",
    "turn": "int64",
    "epoch": "int64",
    "measure": "string",
    "judge": "string",
    "value": "float64",
    "status": "string",
    "log": "string",
    "sample": "string",
}
STATUSES = (
    "scored",
    "no_position",
    "refused",
    "filtered",
    "judge_failed",
    "undelivered",
    "error",
    "not_run",
)
NOT_APPLICABLE = frozenset({"no_position"})

# Where a row came from; everything else is its content.
_ORIGIN = ["run", "log"]
_ORDER = ["model", "audit", "sample", "epoch", "measure", "turn"]
_FACTORS = ("item", "role", "wording", "persona", "profile", "challenge")


def collect(logs: Path | Sequence[Path], planned: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Read logs into one row per sample × epoch × turn × applicable measure.

    Of several logs that hold the same sample, the newest in which it finished counts, and only that one. What was
    planned and has no verdict gets a row with the status that says why; its value is NaN.

    Args:
        logs: A folder of `.eval` files, or the files.
        planned: run.json; without it, the plan is what the logs' headers say.

    Returns:
        The columns of `COLUMNS`, sorted. `turn` is 0 for measures of the whole sample and counts from 1 otherwise.

    Raises:
        LogError: A log is damaged, foreign, or does not fit the plan or the other logs; a value is out of range.
    """
    found = [log_files.read(path) for path in log_files.find(logs)]
    check_alike(found)
    plans = plan_of(found, planned)
    entries = _newest(found, plans)
    rows = [row for plan in plans.values() for row in _rows(plan, entries)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    return frame.sort_values(_ORDER, ignore_index=True)


def measures(logs: Path | Sequence[Path]) -> dict[tuple[str, str], Measure]:
    """Return the measures that logs define, by audit and name, in the order of their definition.

    Raises:
        LogError: A log is damaged or foreign, or two logs define an audit differently.
    """
    found = [log_files.read(path) for path in log_files.find(logs)]
    check_alike(found)
    return {(log.definition.audit, m.name): m for log in found for m in log.definition.measures}


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as Parquet; the file appears whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        frame.to_parquet(part, index=False)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read(path: Path) -> pd.DataFrame:
    """Read what `write` wrote.

    Raises:
        LogError: The file is damaged, or its columns are not those of `COLUMNS`.
    """
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are among these
        message = f"{path}: cannot be read as a frame ({error})"
        raise LogError(message) from error
    if list(frame.columns) != list(COLUMNS):
        message = f"{path}: columns {', '.join(map(str, frame.columns))}, expected {', '.join(COLUMNS)}"
        raise LogError(message)
    return frame.astype(COLUMNS)


def sha256(frame: pd.DataFrame) -> str:
    """Return the hash of a frame's content: without run and log names, and whatever the order of its rows."""
    content = frame.drop(columns=_ORIGIN)
    text = content.sort_values(list(content.columns)).to_csv(index=False, na_rep="NaN", lineterminator="\n")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class _Entry(NamedTuple):
    """The record that counts for one sample and epoch, and its log."""

    log: Log
    record: Record


_Key = tuple[str, str, str, int]  # model, audit, sample, epoch


def _newest(found: Sequence[Log], plans: Mapping[tuple[str, str], Plan]) -> dict[_Key, _Entry]:
    """Return, for each sample and epoch, the newest record that finished, else the newest."""
    entries: dict[_Key, _Entry] = {}
    for log in sorted(found, key=lambda log: (log.created, log.path.name), reverse=True):
        plan = plans[log.model, log.definition.audit]
        samples = frozenset(plan.samples)
        for record in log_files.records(log):
            if record.id not in samples or not 1 <= record.epoch <= plan.epochs:
                message = f"{log.path}: sample {record.id}, epoch {record.epoch} is not planned"
                raise LogError(message)
            key = (log.model, log.definition.audit, record.id, record.epoch)
            if key not in entries or (record.finished and not entries[key].record.finished):
                entries[key] = _Entry(log, record)
    return entries


def _rows(plan: Plan, entries: Mapping[_Key, _Entry]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of one subject and audit, in the order of `COLUMNS`."""
    definition = plan.definition
    for sample in plan.samples:
        cell, facts = _cell(definition, sample)
        applicable = [measure for measure in definition.measures if measure.applies_to(facts)]
        for epoch in range(1, plan.epochs + 1):
            entry = entries.get((plan.model, definition.audit, sample, epoch))
            factors = (cell.item, cell.role, cell.wording, cell.persona, cell.profile, cell.challenge)
            run, log, judge = ("", "", "")
            if entry:
                _check_record(entry, cell, applicable)
                run, log, judge = entry.log.run, entry.log.path.name, entry.record.judge
            for measure, turn, value, status in _verdicts(entry, applicable, definition.turns):
                head = (run, plan.model, definition.audit, definition.audit_version, *factors, turn, epoch)
                yield (*head, measure.name, judge, value, status, log, sample)


def _cell(definition: Definition, sample: str) -> tuple[Cell, dict[str, str]]:
    """Return a sample's cell, and its factors with the facts of its item."""
    try:
        cell = parse_id(definition.audit, sample)
        return cell, {**cell.facts(), **definition.items[cell.item]}
    except KeyError as error:
        message = f"{definition.audit}: sample {sample}: no item {error} among those defined"
        raise LogError(message) from error
    except ValueError as error:
        message = f"{definition.audit}: {error}"
        raise LogError(message) from error


def _check_record(entry: _Entry, cell: Cell, applicable: Iterable[Measure]) -> None:
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


class _Verdict(NamedTuple):
    measure: Measure
    turn: int
    value: float
    status: str


def _verdicts(entry: _Entry | None, applicable: Iterable[Measure], turns: int) -> Iterator[_Verdict]:
    """Yield one verdict per measure, or per turn for measures of the turn."""
    for measure in applicable:
        for turn in range(1, turns + 1) if measure.level == "turn" else (0,):
            if entry is None:
                yield _Verdict(measure, turn, math.nan, "not_run")
            elif not entry.record.finished:
                yield _Verdict(measure, turn, math.nan, "error")
            else:
                yield _verdict(entry, measure, turn)


def _verdict(entry: _Entry, measure: Measure, turn: int) -> _Verdict:
    record = entry.record
    values, status = (record.values, record.status) if turn == 0 else _turn(record, turn)
    where = f"{entry.log.path}: sample {record.id}, epoch {record.epoch}: {measure.name}"
    if turn > 0 and measure.name not in status:
        return _Verdict(measure, turn, math.nan, "not_run")  # the conversation ended before this turn
    if measure.name not in values or status.get(measure.name) not in STATUSES:
        message = (
            f"{where}: has no value, or its status {status.get(measure.name)!r} is not one of {', '.join(STATUSES)}"
        )
        raise LogError(message)
    if status[measure.name] != "scored":
        return _Verdict(measure, turn, math.nan, status[measure.name])
    return _Verdict(measure, turn, _checked(measure, values[measure.name], where), "scored")


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
