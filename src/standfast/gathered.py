"""The parts of a run as the machines left them: found, held against each other, and whether they are finished."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from standfast import folder as folders
from standfast import parts, unanswered
from standfast.analysis import logs as log_files
from standfast.errors import LogError, RunError
from standfast.folder import read
from standfast.stored import read_suite

# What differs between parts of one plan, or between machines.
OWN = ("part", "started", "versions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One part as a machine left it.

    Attributes:
        folder: Its run folder.
        part: Which part.
        run: Its run.json.
        unfinished: Why it is not finished, empty where it is.
    """

    folder: Path
    part: parts.Part
    run: Mapping[str, Any]
    unfinished: str


def find(given: Sequence[Path]) -> list[Asked]:
    """Return the parts in their order.

    Raises:
        RunError: There is none, or one is given twice.
    """
    paths = list(dict.fromkeys(path.resolve() for one in given for path in _folders(one)))
    asked = sorted((_part(path) for path in paths), key=lambda one: one.part)
    for one, other in pairwise(asked):
        if one.part == other.part:
            message = f"{one.folder} and {other.folder}: both are part {one.part}; give one of them"
            raise RunError(message)
    return asked


def _folders(given: Path) -> list[Path]:
    """Return the run folders in a folder: itself, those in it, or those in its `parts`."""
    if (given / "run.json").exists():
        return [given]
    inner = given / "parts" if (given / "parts").is_dir() else given
    found = sorted(path.parent for path in inner.glob("*/run.json"))
    if not found:
        message = f"{given}: holds no part of a run; expected folders that `standfast run --part K/N` made"
        raise RunError(message)
    return found


def _part(path: Path) -> Asked:
    run = read(path)
    try:
        number, of = run["part"]
        part = parts.parse(f"{number}/{of}")
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path}: is no part of a run; expected a folder that `standfast run --part K/N` made"
        raise RunError(message) from error
    if run.get("schema") != folders.SCHEMA:
        message = f"{path / 'run.json'}: schema is {run.get('schema')!r}, expected {folders.SCHEMA!r}; run it again"
        raise RunError(message)
    read_suite(path, run)  # refuses a suite that was changed since
    return Asked(folder=path, part=part, run=run, unfinished=_unfinished(path, run))


def _unfinished(path: Path, run: Mapping[str, Any]) -> str:
    """Return why a part is not finished, empty where it is.

    Raises:
        LogError: A log is damaged.
        RunError: A log is not of this part.
    """
    if why := folders.stopped(path):
        return why
    done: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file in sorted((path / "logs").glob("*.eval")):
        key, samples = _finished(file, run)
        done[key] |= samples
    for model in run["models"]:
        for audit, facts in run["audits"].items():
            if left := len(set(facts["sample_ids"]) - done[model, audit]):
                return f"{left:,} of {len(facts['sample_ids']):,} samples of {audit} with {model}"
    met = sum(one.is_outage for one in unanswered.find(path))
    return f"{met} samples met an outage" if met else ""


def _finished(file: Path, run: Mapping[str, Any]) -> tuple[tuple[str, str], set[str]]:
    """Return the subject and audit of a log, and the samples that it was to hold if it holds all of them."""
    from inspect_ai.log import read_eval_log

    try:
        header = read_eval_log(str(file), header_only=True)
    except Exception as error:  # whatever a damaged file makes a reader raise
        message = f"{file}: cannot be read as an Inspect log ({type(error).__name__}: {error})"
        raise LogError(message) from error
    if header.invalidated:  # some samples are to be asked again
        return ("", ""), set()
    log = log_files.read(file)
    key, planned = (log.model, log.definition.audit), run["audits"].get(log.definition.audit, {}).get("sample_ids", [])
    if log.model not in run["models"] or not set(log.sample_ids) <= set(planned):
        message = f"{file}: is not a log of this part; it asks {key[1]} of {key[0]}, samples that are not planned here"
        raise RunError(message)
    results = header.results
    # Inspect tells so of a log that was ended early and is a success all the same.
    held = results.total_samples if results and results.logged_samples is None else results and results.logged_samples
    whole = header.status == "success" and (held or 0) >= len(log.sample_ids) * int(run["epochs"])
    return key, set(log.sample_ids) if whole else set()


def check_same(asked: Sequence[Asked]) -> None:
    """Refuse parts of different plans.

    Raises:
        RunError: Two differ.
    """
    first, known = asked[0], common(asked[0].run)
    for one in asked[1:]:
        other = common(one.run)
        changed = sorted(key for key in known.keys() | other.keys() if known.get(key) != other.get(key))
        if one.part.of != first.part.of:
            changed = [f"one of {one.part.of} parts, not of {first.part.of}", *changed]
        if changed:
            message = f"{one.folder}: is of another plan than {first.folder} (differs in {', '.join(changed)})"
            raise RunError(message)


def common(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what all parts of a plan share."""
    versions = {f"versions.{name}": run.get("versions", {}).get(name) for name in ("standfast", "inspect_ai")}
    audits = {name: {**facts, "sample_ids": None} for name, facts in run["audits"].items()}
    return {**{key: value for key, value in run.items() if key not in OWN}, "audits": audits, **versions}
