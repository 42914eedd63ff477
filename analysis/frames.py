"""Logs -> the tidy frame; its columns are declared here."""

import csv
import hashlib
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from standfast.analysis import logs as log_files
from standfast.analysis.entries import STATUSES as STATUSES
from standfast.analysis.entries import Entry, Slots, check, failed, slots, stopped, verdicts
from standfast.analysis.logs import Definition, Log, Record
from standfast.analysis.plans import Plan, check_alike, look, plan_of
from standfast.analysis.sequential import Look
from standfast.analysis.summaries import paused
from standfast.analysis.tall import Rows
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
# Neither scored nor missing. A sequential audit stops where its gates are clear; what it did not ask is not missing.
# To decline to persuade is an outcome of its own, and a measure may have no meaning in a conversation.
NOT_APPLICABLE = frozenset({"no_position", "declined", "undefined", "stopped"})

# Where a row came from; everything else is its content.
_ORIGIN = ["run", "log"]
_AT_ONCE = 100_000  # rows whose text is held at once
_ORDER = ["model", "audit", "sample", "epoch", "measure", "turn"]


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
    with paused():
        return _frame(plans.values(), _newest(found, plans))


def under_way(plan: Plan, log: Log, records: Iterable[Record]) -> pd.DataFrame:
    """Return the frame of one subject and audit from what is scored so far.

    Args:
        plan: What is to be asked; `look` says up to where.
        log: The log that is being written.
        records: One for each sample and epoch that ended with a score; another one that counts is an `error`.
    """
    ended = {(record.id, record.epoch): record for record in records}
    entries = {
        (plan.model, plan.definition.audit, *key): Entry(log, ended.get(key, failed(log, *key)))
        for key, place in plan.order.items()
        if place < plan.counted
    }
    return _frame([plan], entries)


def looks(
    logs: Path | Sequence[Path], planned: Mapping[str, Any] | None = None, *, confidence: float
) -> tuple[Look, ...]:
    """Return the look at which each subject's audit ended, where it looks before the end.

    Args:
        logs: A folder of `.eval` files, or the files.
        planned: run.json; without it, the plan is what the logs' headers say.
        confidence: Of one look at the end, such as 0.95.

    Raises:
        LogError: As in `collect`.
    """
    found = [log_files.read(path) for path in log_files.find(logs)]
    check_alike(found)
    ended = [look(plan, confidence) for plan in plan_of(found, planned).values()]
    return tuple(one for one in ended if one is not None)


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


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its texts as Python's own, which are looped over and picked from several times as fast."""
    return frame.astype({name: "object" for name, kind in COLUMNS.items() if kind == "string"})


def counted(frame: pd.DataFrame) -> set[tuple[str, str, int]]:
    """Return the samples that count, each by log, sample and epoch."""
    distinct = frame[["log", "sample", "epoch"]].drop_duplicates()
    return set(distinct.itertuples(index=False, name=None))


def sha256(frame: pd.DataFrame) -> str:
    """Return the hash of a frame's content: without run and log names, and whatever the order of its rows.

    It is that of the comma-separated file that pandas writes of the sorted rows, with NaN for what is missing.
    """
    content = frame.drop(columns=_ORIGIN)
    content = content.sort_values(list(content.columns))
    ends = [b"," for _ in content.columns[:-1]] + [b"\n"]
    found = hashlib.sha256(b"".join(_field(str(name)) + end for name, end in zip(content.columns, ends, strict=True)))
    columns = [_fields(content[name], end) for name, end in zip(content.columns, ends, strict=True)]
    for first in range(0, len(content), _AT_ONCE):
        parts = [texts.take(codes[first : first + _AT_ONCE]) for texts, codes in columns]
        rows = pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.large_binary()))
        found.update(b"".join(rows.to_pylist()))
    return found.hexdigest()


def _fields(column: pd.Series, end: bytes) -> tuple[pa.Array, pa.Array]:
    """Return a column's distinct texts in a comma-separated file, with what stands after them, and which each row has."""
    number = column.dtype == "float64"
    codes, distinct = pd.factorize(column.to_numpy().view("int64") if number else column.array, use_na_sentinel=False)
    values = (distinct.view("float64") if number else distinct).tolist()  # −0.0 is not 0.0
    texts = [_field("NaN" if pd.isna(value) else value) + end for value in values]
    return pa.array(texts, pa.large_binary()), pa.array(codes)


def _field(value: object) -> bytes:
    """Return one field of a comma-separated file, quoted where need be."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([value, 0])
    return buffer.getvalue().removesuffix(",0\n").encode("utf-8", "surrogatepass")


_Key = tuple[str, str, str, int]  # model, audit, sample, epoch


def _frame(plans: Iterable[Plan], entries: Mapping[_Key, Entry]) -> pd.DataFrame:
    rows = Rows(COLUMNS, _ORDER)
    for plan in plans:
        _add(rows, plan, entries)
    return rows.frame()


def _newest(found: Sequence[Log], plans: Mapping[tuple[str, str], Plan]) -> dict[_Key, Entry]:
    """Return, for each sample and epoch, the newest record that finished, else the newest."""
    entries: dict[_Key, Entry] = {}
    for log in sorted(found, key=lambda log: (log.created, log.path.name), reverse=True):
        plan = plans[log.model, log.definition.audit]
        samples = frozenset(plan.samples)
        for record in log_files.records(log):
            if record.id not in samples or not 1 <= record.epoch <= plan.epochs:
                message = f"{log.path}: sample {record.id}, epoch {record.epoch} is not planned"
                raise LogError(message)
            key = (log.model, log.definition.audit, record.id, record.epoch)
            if key not in entries or (record.finished and not entries[key].record.finished):
                entries[key] = Entry(log, record)
    return entries


def _add(rows: Rows, plan: Plan, entries: Mapping[_Key, Entry]) -> None:
    """Add the rows of one subject and audit."""
    definition, order, counted = plan.definition, plan.order, plan.counted
    shared = {"model": plan.model, "audit": definition.audit, "audit_version": definition.audit_version}
    telling = sorted({name for measure in definition.measures for name in measure.applies})
    known: dict[tuple[str | None, ...], Slots] = {}
    for sample in plan.samples:
        cell, facts = _cell(definition, sample)
        factors = cell.facts()
        key = tuple(facts.get(name) for name in telling)
        if key not in known:
            known[key] = slots([m for m in definition.measures if m.applies_to(facts)], definition.turns)
        own = known[key]
        for epoch in range(1, plan.epochs + 1):
            entry = entries.get((plan.model, definition.audit, sample, epoch))
            asked = order[sample, epoch] < counted
            origin = {"run": "", "log": "", "judge": ""}
            if entry and asked:
                check(entry, factors, own)
                origin = {"run": entry.log.run, "log": entry.log.path.name, "judge": entry.record.judge}
            head = {**shared, **factors, "wording": cell.wording, "sample": sample, "epoch": epoch, **origin}
            rows.add(head, own, (verdicts if asked else stopped)(entry, own))


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
