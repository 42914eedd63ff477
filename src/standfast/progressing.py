"""How far a run is, by what its logs hold; the logs may be growing meanwhile."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from standfast import unanswered

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSampleSummary

_ATTEMPTS, _WAIT_SECONDS = 3, 0.2  # a log that is being written may be torn for a moment

Key = tuple[str, str]  # subject, audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one subject is in one audit.

    Attributes:
        model: Subject.
        audit: Audit.
        planned: Samples, epochs counted.
        finished: Samples that were asked and judged, as far as the log on disk shows: Inspect writes some at a time.
        failed: Samples that ended without a score.
        unjudged: Samples whose replies are there and whose judge raised.
        ended: Whether Inspect closed its log as a success; with fewer samples than planned where it stopped early.
    """

    model: str
    audit: str
    planned: int
    finished: int
    failed: int
    unjudged: int
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the logs of a run tell.

    Attributes:
        rows: One for each subject and audit.
        errors: Class of what was raised -> how many samples ended with it.
        last: Message of the newest of these samples, empty where there is none; not to be trusted.
        done: Unix times at which samples finished, sorted; none where only headers were read.
        unreadable: Logs that cannot be read, and why, a line each.
        interrupted: Whether a log was begun and never closed.
    """

    rows: tuple[Progress, ...]
    errors: Mapping[str, int]
    last: str
    done: tuple[float, ...]
    unreadable: tuple[str, ...]
    interrupted: bool


class _Slice(NamedTuple):
    """What the newest log of some samples tells: a large audit is asked slice after slice."""

    planned: int
    ended: bool  # whether it was closed as a success
    counted: tuple[int, int] | None  # finished and failed, where its header is enough


@dataclass(slots=True)
class _Course:
    """What is known of one subject and audit; a sample counts once."""

    slices: dict[tuple[str, ...], _Slice] = field(default_factory=dict)  # by their sample ids
    samples: dict[tuple[str, int], str] = field(default_factory=dict)  # -> finished, failed or unjudged


@dataclass(slots=True)
class _Tally:
    """What the samples tell beyond their number."""

    errors: Counter[str] = field(default_factory=Counter)
    done: list[float] = field(default_factory=list)
    last: tuple[str, str] = ("", "")  # when it ended, and what was raised

    def take(self, course: _Course, summary: "EvalSampleSummary") -> None:
        """Count a sample, unless a newer log holds it; of several logs the one in which it finished counts."""
        key = (str(summary.id), summary.epoch)
        why, message = unanswered.reason(summary)
        known = course.samples.get(key)
        if known == "finished" or (known and why) or unanswered.was_cancelled(summary):
            return
        course.samples[key] = why or "finished"
        if why:
            self.errors[unanswered.cause(message)] += 1
            self.last = max(self.last, (summary.completed_at or "", message))
        elif at := _time(summary):
            self.done.append(at)


def read(folder: Path, run: Mapping[str, Any], *, brief: bool = False) -> Found:
    """Read how far a run is.

    Args:
        folder: The run folder.
        run: run.json.
        brief: Whether the header of a closed log is enough, which tells neither errors nor times.
    """
    courses: dict[Key, _Course] = {(m, a): _Course() for m in run["models"] for a in run["audits"]}
    tally, unreadable, interrupted = _Tally(), list[str](), False
    for path, header in _headers(folder, unreadable):
        interrupted |= header.status == "started"
        course = courses.setdefault(_key(header), _Course())
        ids = tuple(str(name) for name in header.eval.dataset.sample_ids or ())
        newest = course.slices.setdefault(ids, _slice(header, len(ids), brief=brief))
        if newest.counted is None:
            for summary in _summaries(path, unreadable):
                tally.take(course, summary)
    planned = _planned(run)
    return Found(
        rows=tuple(_row(key, course, planned.get(key[1], 0)) for key, course in courses.items()),
        errors=dict(tally.errors.most_common()),
        last=tally.last[1],
        done=tuple(sorted(tally.done)),
        unreadable=tuple(unreadable),
        interrupted=interrupted,
    )


def _slice(header: "EvalLog", samples: int, *, brief: bool) -> _Slice:
    planned, ended = samples * (header.eval.config.epochs or 1), header.status == "success" and not header.invalidated
    return _Slice(planned, ended, _counts(header) if brief else None)


def _key(header: "EvalLog") -> Key:
    return header.eval.model, str((header.eval.metadata or {})["standfast"]["audit"])


def _headers(folder: Path, unreadable: list[str]) -> "Iterator[tuple[Path, EvalLog]]":
    """Yield the logs' headers, the newest first."""
    from inspect_ai.log import read_eval_log

    found = []
    for path in sorted((folder / "logs").glob("*.eval")):
        if (header := _patiently(path, unreadable, lambda p: read_eval_log(p, header_only=True))) is not None:
            if "audit" in ((header.eval.metadata or {}).get("standfast") or {}):
                found.append((header.eval.created, path.name, path, header))
            else:
                unreadable.append(f"{path.name}: is no log of a Standfast audit")
    yield from ((path, header) for *_, path, header in sorted(found, key=lambda one: one[:2], reverse=True))


def _summaries(path: Path, unreadable: list[str]) -> "Sequence[EvalSampleSummary]":
    from inspect_ai.log import read_eval_log_sample_summaries

    return _patiently(path, unreadable, read_eval_log_sample_summaries) or []


def _patiently(path: Path, unreadable: list[str], reading: Any) -> Any:
    """Return what is read, `None` where the file stays unreadable."""
    why = ""
    for _ in range(_ATTEMPTS):
        try:
            return reading(path)
        except Exception as error:  # whatever a damaged or growing file makes a reader raise
            why = f"{path.name}: cannot be read as an Inspect log ({type(error).__name__})"
            time.sleep(_WAIT_SECONDS)
    unreadable.append(why)
    return None


def _counts(header: "EvalLog") -> tuple[int, int] | None:
    """Return the samples that finished and that failed, where a closed log's header tells."""
    found = header.results
    if header.status != "success" or header.invalidated or found is None or found.early_stopping is not None:
        return None
    return found.completed_samples, found.total_samples - found.completed_samples


def _time(summary: "EvalSampleSummary") -> float | None:
    try:
        return datetime.fromisoformat(summary.completed_at).timestamp() if summary.completed_at else None
    except ValueError:
        return None


def _planned(run: Mapping[str, Any]) -> dict[str, int]:
    return {name: len(audit["sample_ids"]) * int(run["epochs"]) for name, audit in run["audits"].items()}


def _row(key: Key, course: _Course, planned: int) -> Progress:
    counts, slices = Counter(course.samples.values()), course.slices.values()
    told = [one.counted for one in slices if one.counted is not None]
    return Progress(
        model=key[0],
        audit=key[1],
        planned=planned,
        finished=counts["finished"] + sum(finished for finished, _ in told),
        failed=counts["failed"] + sum(failed for _, failed in told),
        unjudged=counts["unjudged"],
        ended=all(one.ended for one in slices) and 0 < planned <= sum(one.planned for one in slices),
    )
