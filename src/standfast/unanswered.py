"""Samples that have to be asked again: those that failed, and those whose judge could not be reached.

Inspect's log of a task is a `success` also where samples in it failed, and `eval_set` leaves it alone. It carries on a
log that holds samples marked as invalid, and asks these alone: all others are taken over. So they are marked, by
Inspect's own means; their replies are in the run's cache, where a failed judge left them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from standfast.analysis import logs as log_files
from standfast.analysis.archives import contents
from standfast.analysis.headers import Log, of_spec
from standfast.analysis.summaries import FORMAT, SUMMARIES

if TYPE_CHECKING:
    from inspect_ai.log import EvalSampleSummary

Why = Literal["failed", "unjudged"]
JUDGE_RAISED = "the judge raised "  # how the scorer begins to say so
_RAISED = re.compile(rb'"error"\s*:\s*[^\sn]|' + JUDGE_RAISED.encode())  # in the bytes of the summaries
# Of exceptions that may go by themselves: a limit, a server's error, a lost connection.
_PASSING = re.compile(
    r"RateLimit|TooManyRequests|Throttl|Timeout|TimedOut|Connect|ServerError|Unavailable|Overloaded|RemoteProtocol|ReadError"
)
_PASSING_STATUS = re.compile(r"408|409|429|5\d\d")
# How Inspect words them: the request stands first, and what its repeats ended with is named.
_REQUEST = re.compile(r".*(?:\\+n|\n)(?:\\+n|\n)(?=\S)", re.DOTALL)
_REPEATED = re.compile(r"^\W*RetryError\b.*?raised (\w+)>", re.DOTALL)
_CLASS = re.compile(r"^\W*(?:RetryError\W+)?(?:\w+\.)*(\w+(?:Error|Exception|Timeout|Exceeded))\b")
_STATUS = re.compile(r"[Ee]rror code: (\d{3})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """One sample that has to be asked again.

    Attributes:
        log: The newest log of its subject and audit, which holds it.
        model: Subject.
        audit: Audit.
        sample: Sample id.
        epoch: Epoch, from 1.
        uuid: Inspect's id of this attempt.
        why: `failed`, without a score; or `unjudged`: its replies are there, and its judge raised.
        message: What was raised, in the provider's words; not to be trusted, and it may hold a key.
    """

    log: Path
    model: str
    audit: str
    sample: str
    epoch: int
    uuid: str
    why: Why
    message: str

    @property
    def is_outage(self) -> bool:
        """Tell whether what failed may have gone by itself: a limit, a server's error, a lost connection."""
        kind = cause(self.message)
        status = kind.rpartition(" ")[2]
        return bool(_PASSING_STATUS.fullmatch(status) if status.isdigit() else _PASSING.search(kind))


def find(folder: Path) -> list[Unanswered]:
    """Return the samples of a run that have to be asked again, in the order of its logs.

    Args:
        folder: The run folder.

    Raises:
        LogError: A log is damaged or foreign.
    """
    return [one for log in _newest(folder) for one in _in_log(log)]


def set_aside(folder: Path, *, outages_only: bool = False) -> int:
    """Mark these samples, so that the next `run` asks them and no other again; return how many.

    A log is written anew beside its folder and then renamed, so that a killed process leaves the one or the other.

    Args:
        folder: The run folder, which the caller holds locked.
        outages_only: Whether to leave out what no second attempt is likely to mend.

    Raises:
        LogError: A log is damaged or foreign.
    """
    from inspect_ai.log import ProvenanceData, invalidate_samples, read_eval_log, write_eval_log

    count = 0
    for own in _newest(folder):
        found = [one for one in _in_log(own) if one.is_outage or not outages_only]
        if not found:
            continue
        log = read_eval_log(own.path)
        reason = ProvenanceData(author="standfast", reason="to be asked again")
        log = invalidate_samples(log, [one.uuid for one in found], reason)
        if log.status == "started":  # its process is gone, or the folder would be locked
            log.status = "cancelled"
        part = folder / f"part-{own.path.name}"  # beside the logs: a killed write is no log
        write_eval_log(log, str(part))
        part.replace(own.path)
        count += len(found)
    return count


def _newest(folder: Path) -> list[Log]:
    """Return the log that counts of each subject and audit: each is begun with all that the one before it held."""
    if not any((folder / "logs").glob("*.eval")):
        return []
    found: dict[tuple[str, str, tuple[str, ...]], Log] = {}  # a large audit has a log for each slice
    for path in log_files.find(folder / "logs"):
        header = log_files.header(path)
        log = replace(of_spec(path, header.eval), format=header.version)
        key = (log.model, log.definition.audit, log.sample_ids)
        if key not in found or (found[key].created, found[key].path.name) < (log.created, path.name):
            found[key] = log
    return list(found.values())


def _in_log(log: Log) -> Iterator[Unanswered]:
    from inspect_ai.log import read_eval_log_sample_summaries

    with log_files.reading(log.path):
        summaries = read_eval_log_sample_summaries(log.path) if _may_hold(log) else []
    for summary in summaries:
        why, message = reason(summary)
        if why and summary.uuid:
            yield Unanswered(
                log=log.path,
                model=log.model,
                audit=log.definition.audit,
                sample=str(summary.id),
                epoch=summary.epoch,
                uuid=summary.uuid,
                why=why,
                message=message,
            )


def _may_hold(log: Log) -> bool:
    """Tell whether anything in the summaries reads as an error; Inspect's reading of them takes a second per thousand."""
    if log.format != FORMAT:
        return True
    (content,) = contents(log.path, [SUMMARIES])
    return content is None or _RAISED.search(content) is not None


def reason(summary: "EvalSampleSummary") -> tuple[Why | None, str]:
    """Return why a sample has to be asked again, and what was raised.

    `None` where it has an answer, and where it was under way when its run was stopped: Inspect asks that by itself.
    """
    if summary.error is not None:
        return (None, "") if was_cancelled(summary) else ("failed", summary.error)
    score = (summary.scores or {}).get(log_files.SCORER)
    told = (score.explanation or "") if score else ""
    _, raised, message = told.partition(JUDGE_RAISED)
    return ("unjudged", message) if raised else (None, "")


def was_cancelled(summary: "EvalSampleSummary") -> bool:
    """Tell whether a sample was under way when its run was stopped, so that it was never answered."""
    return summary.error is not None and summary.error.startswith("CancelledError")


def cause(message: str) -> str:
    """Return what was raised, by the message that Inspect keeps: the exception's name, and the status where one is told.

    A provider's own words stand after both and decide nothing.

    Example:
        >>> cause("RetryError(<Future at 0x7f state=finished raised InternalServerError>)")
        'InternalServerError'
    """
    told = _REQUEST.sub("", message)
    named, status = _REPEATED.search(told) or _CLASS.search(told), _STATUS.search(told)
    name = named[1] if named else "status" if status else "unknown"
    return f"{name} {status[1]}" if status else name
