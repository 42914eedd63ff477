"""Inspect logs as files: found, checked before they are trusted, and read once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import from_json

from standfast.analysis import archives, shapes, stops, summaries
from standfast.analysis.headers import Definition as Definition
from standfast.analysis.headers import Log as Log
from standfast.analysis.headers import define as define
from standfast.analysis.headers import of_spec as of_spec
from standfast.analysis.keeping import digest, known_of
from standfast.analysis.keeping import kept as kept
from standfast.analysis.shapes import Ended
from standfast.analysis.summaries import SCORER as SCORER
from standfast.analysis.summaries import Key, Slim, paused
from standfast.errors import LogError

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

# What a log may unpack to. A sample of an audit is some tens of kilobytes, its longest replies a megabyte.
MEMBER_LIMIT = 256 * 2**20
TOTAL_LIMIT = 8 * 2**30
_HEADER = "header.json"
Reading = Literal["answers", "panel", "evidence", "exchange"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One sample's verdicts.

    Attributes:
        id: Sample id.
        epoch: Epoch, from 1.
        facts: The sample's metadata, such as `item` and `role`.
        finished: Whether it ended without an error and was scored.
        values: Measure -> value.
        status: Measure -> status.
        turns: What the scorer wrote per turn.
        judge: Judge, empty where unknown.
        answers: `turn 1`, ... -> facet -> the judge's answer; empty unless asked for.
        panel: Other readings, with `judge`, `kind` (`second` or `redacted`) and the like; empty unless asked for.
        evidence: Hashes of what was asked and replied, and what is known of the provider; empty unless asked for, and
            in a log of an older version.
        exchange: What sender and receiver did, in an audit about persuasion; empty unless asked for.
    """

    id: str
    epoch: int
    facts: Mapping[str, Any]
    finished: bool
    values: Mapping[str, Any]
    status: Mapping[str, Any]
    turns: Sequence[Mapping[str, Any]]
    judge: str
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    panel: Sequence[Mapping[str, Any]] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    exchange: Mapping[str, Any] = field(default_factory=dict)


def find(logs: Path | Sequence[Path]) -> list[Path]:
    """Return the log files of a folder, or those named.

    Raises:
        LogError: There is none, or one does not exist.
    """
    from inspect_ai.log import list_eval_logs

    if isinstance(logs, Path) and logs.is_dir():
        found = [Path(info.name.removeprefix("file://")) for info in list_eval_logs(str(logs), formats=["eval"])]
    else:
        found = [logs] if isinstance(logs, Path) else list(logs)
    if not found:
        message = f"{logs}: no .eval log" if isinstance(logs, Path) else "no log was named"
        raise LogError(message)
    for path in found:
        if not path.is_file():
            message = f"{path}: no such log"
            raise LogError(message)
    return sorted(found)


def digests(logs: Path | Sequence[Path]) -> dict[str, str]:
    """Return log file -> sha256 of its bytes, in the order of their names.

    Raises:
        LogError: There is none, or one does not exist.
    """
    return {path.name: digest(path) for path in find(logs)}


def size(folder: Path) -> int:
    """Return the bytes of the logs in a folder."""
    return sum(path.stat().st_size for path in folder.glob("*.eval"))


def read(path: Path) -> Log:
    """Check a file and read its header.

    Raises:
        LogError: It is damaged, unpacks to more than the limits, or is no log of a Standfast audit.
    """
    known = known_of(path)
    if known.log is not None:
        return known.log
    with reading(path), paused():
        limits = {"largest": MEMBER_LIMIT, "total": TOTAL_LIMIT}
        wanted = [_HEADER] if known.samples else [_HEADER, summaries.SUMMARIES]
        held = archives.check(path, **limits, keep=wanted, alone=bool(known.samples))
        found = _header(path, held.get(_HEADER))
    if found.invalidated:
        message = (
            f"{path}: holds samples that were invalidated, to be asked again; `standfast resume` its run to have them"
        )
        raise LogError(message)
    known.summaries = held.get(summaries.SUMMARIES)
    known.log = replace(of_spec(path, found.eval), early=stops.early(found.results), format=found.version)
    return known.log


def header(path: Path) -> "EvalLog":
    """Read the header of a log that this run wrote, and hold nothing against its checksum.

    Raises:
        LogError: It cannot be read.
    """
    with reading(path):
        (content,) = archives.contents(path, [_HEADER])
        return _header(path, content)


def _header(path: Path, content: bytes | None) -> "EvalLog":
    """Return the header; Inspect's own reading of it reads what its scores were reduced to, too, sample by sample."""
    from inspect_ai.log import EvalLog, read_eval_log

    found = EvalLog.model_validate(from_json(content)) if content is not None else None
    return found if found and found.version == summaries.FORMAT else read_eval_log(path, header_only=True)


def records(log: Log, *, readings: Collection[Reading] = (), only: Reading | None = None) -> list[Record]:
    """Read what each sample of a log was scored.

    The summaries hold it all, unless a dictionary grew past Inspect's limit for them; then the sample is read itself.

    Args:
        log: The log.
        readings: What else to read, often past the limit.
        only: One of `readings`, to leave out the samples without it.

    Raises:
        LogError: The samples cannot be read.
    """
    known = known_of(log.path)
    with reading(log.path):
        if not known.samples:
            known.samples, known.is_new = _summaries(log, known.summaries), True
            known.summaries = None
        needed = ("status", "turns", *readings)
        cut = [key for key, sample in known.samples.items() if _is_cut(sample, needed)]
        if cut:
            known.samples, known.is_new = {**known.samples, **_samples(log, cut)}, True
    return [
        record(log, sample, readings)
        for sample in known.samples.values()
        if not _is_cancelled(sample.error) and (only is None or _holds(sample, only))
    ]


def _is_cancelled(error: object) -> bool:
    """Tell whether a sample was under way when its run was stopped; it has no answer, and is asked again."""
    told = error.get("message") if isinstance(error, Mapping) else getattr(error, "message", error)
    return str(told or "").startswith("CancelledError(")


def _summaries(log: Log, content: bytes | None) -> dict[Key, Slim]:
    from inspect_ai.log import read_eval_log_sample_summaries

    direct = summaries.summaries(log.path, content) if log.format == summaries.FORMAT else None
    if direct is not None:
        return direct
    return {(one.id, one.epoch): _slim(one) for one in read_eval_log_sample_summaries(log.path)}


def _samples(log: Log, keys: Sequence[Key]) -> dict[Key, Slim]:
    from inspect_ai.log import read_eval_log_samples_by_id

    direct = summaries.samples(log.path, keys) if log.format == summaries.FORMAT else None
    if direct is not None:
        return direct
    whole = read_eval_log_samples_by_id(log.path, list(keys), exclude_fields={"events", "messages", "store"})
    return {(one.id, one.epoch): _slim(one) for one in whole}


def _slim(sample: Ended) -> Slim:
    scores = {name: score for name, score in (sample.scores or {}).items() if name == SCORER}
    return Slim(sample.id, sample.epoch, sample.metadata, scores, sample.error)


def transcript(path: Path, sample: str, epoch: int) -> "EvalSample":
    """Read one whole sample.

    Raises:
        LogError: It cannot be read.
    """
    from inspect_ai.log import read_eval_log_sample

    with reading(path):
        return read_eval_log_sample(
            path, id=sample, epoch=epoch, resolve_attachments="core", exclude_fields={"events", "store"}
        )


def quotes(sample: "EvalSample") -> dict[str, str]:
    """Return the judge's quotes from a sample's reply, by facet."""
    score = (sample.scores or {}).get(SCORER)
    found = (score.metadata or {}).get("quotes", {}) if score else {}
    return {str(facet): str(quote) for facet, quote in found.items()} if isinstance(found, Mapping) else {}


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file makes a reader raise into an error that names the file."""
    try:
        yield
    except LogError:
        raise
    except Exception as error:
        message = f"{path}: cannot be read as an Inspect log ({type(error).__name__}: {error})"
        raise LogError(message) from error


def _holds(sample: Ended, reading: Reading) -> bool:
    score = (sample.scores or {}).get(SCORER)
    return bool(score and (score.metadata or {}).get(reading))


def _is_cut(sample: Ended, needed: Sequence[str]) -> bool:
    score = (sample.scores or {}).get(SCORER)
    return score is not None and any(isinstance((score.metadata or {}).get(key), str) for key in needed)


def record(log: Log, sample: Ended, readings: Collection[Reading] = ()) -> Record:
    """Return what a sample was scored.

    Raises:
        LogError: Its score is not what a scorer writes.
    """
    score = (sample.scores or {}).get(SCORER)
    found = (score.metadata or {}) if score else {}
    values, status, turns = (score.value if score else {}), found.get("status", {}), found.get("turns", [])
    if not (isinstance(values, Mapping) and isinstance(status, Mapping) and shapes.are_turns(turns)):
        message = f"{log.path}: sample {sample.id}: the score '{SCORER}' lacks values, statuses or turns by measure"
        raise LogError(message)
    answers = (found.get("answers") or {}) if "answers" in readings else {}
    panel = (found.get("panel") or []) if "panel" in readings else []
    evidence = (found.get("evidence") or {}) if "evidence" in readings else {}
    held = (found.get("exchange") or {}) if "exchange" in readings else {}
    whole = shapes.are_answers(answers) and shapes.is_panel(panel) and shapes.is_evidence(evidence)
    if not (whole and shapes.is_exchange(held)):
        message = f"{log.path}: sample {sample.id}: the judges' answers, the panel, the evidence or the exchange are not what a scorer writes"
        raise LogError(message)
    return Record(
        id=str(sample.id),
        epoch=sample.epoch,
        facts=sample.metadata,
        finished=score is not None and sample.error is None,
        values=values,
        status=status,
        turns=turns,
        judge=str(found.get("judge") or log.judge),
        answers=answers,
        panel=panel,
        evidence=evidence,
        exchange=held,
    )
