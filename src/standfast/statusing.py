"""A run folder -> what state the run is in, what it has cost, what went wrong, and the next command to type."""

import json
import os
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from standfast import keys, ledger, progressing
from standfast import suite as suites
from standfast.errors import AuditError, RunError
from standfast.folder import SCHEMA, read, stopped
from standfast.holding import Owner, owner
from standfast.ledger import Call, Spent
from standfast.progressing import Found, Progress

State = Literal["running", "finished", "stopped", "failed", "damaged", "other version"]
# 0: all that was planned has ended. 3: it is under way, or `resume` carries it on. 12: it cannot be told.
EXIT_CODES: Mapping[State, int] = {
    "finished": 0,
    "running": 3,
    "stopped": 3,
    "failed": 3,
    "damaged": 12,
    "other version": 12,
}
WINDOW_SECONDS = 600.0  # the rate is that of the last minutes: providers slow down and recover
LONGEST = 200  # characters that are shown of a provider's message
_NEEDED = ("suite", "models", "judges", "audits", "epochs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Requests or samples that went wrong alike.

    Attributes:
        where: `requests`, or `samples`.
        kind: Role and outcome of requests, such as `judge rate_limit`; class of error of samples.
        count: How many.
    """

    where: Literal["requests", "samples"]
    kind: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a run goes, where it is under way and enough is known.

    Attributes:
        samples_per_minute: Rate.
        minutes_left: What is left at this rate.
        basis: What both are taken from.
    """

    samples_per_minute: float
    minutes_left: float
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is known of a run.

    Attributes:
        run: The run folder.
        state: What state it is in.
        why: Why it stopped, or what is damaged, a line each; empty where there is nothing to say.
        suite: Name of its suite, empty where unknown.
        started: When it began, empty where unknown or simulated.
        models: Subjects.
        owner: Who holds the folder, `None` where nobody does.
        progress: One entry for each subject and audit.
        spent: Cost so far by role, and under `all` of the whole; empty where nothing was asked or no ledger is there.
        troubles: What went wrong, the most frequent first.
        last_error: The newest error of a sample: one line, without keys, cut; empty where there is none.
        pace: Rate and time left, `None` where unknown.
        cache: Whether the replies of unfinished samples are kept.
        buffer: Samples that finished in Inspect's buffer database and are in no log yet, `None` without a database.
        keeps: What carrying on rests on, in words.
        verdict: Verdict of decision.json, empty where nothing was decided.
        next: The command to type next, empty where there is nothing to do.
    """

    run: str
    state: State
    why: tuple[str, ...] = ()
    suite: str = ""
    started: str = ""
    models: tuple[str, ...] = ()
    owner: Owner | None = None
    progress: tuple[Progress, ...] = ()
    spent: Mapping[str, Spent] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    last_error: str = ""
    pace: Pace | None = None
    cache: bool = False
    buffer: int | None = None
    keeps: str = ""
    verdict: str = ""
    next: str = ""

    @property
    def exit_code(self) -> int:
        """Return the exit code of `standfast status`."""
        return EXIT_CODES[self.state]

    def total(self, name: Literal["planned", "finished", "failed", "unjudged"]) -> int:
        """Return a count of samples over all subjects and audits."""
        return sum(int(getattr(row, name)) for row in self.progress)


def look(folder: Path, *, brief: bool = False, now: float | None = None) -> Status:
    """Return what is known of a run; reads only, and may be asked while it runs.

    Args:
        folder: The run folder.
        brief: Whether headers of closed logs are enough, as for a list of many runs.
        now: Unix time; the clock's where `None`.
    """
    bare = Status(run=str(folder), state="damaged", owner=owner(folder, now or time.time()))
    try:
        run = read(folder)
    except RunError as error:
        return replace(bare, why=(str(error),))
    if run.get("schema") != SCHEMA:
        made = (run.get("versions") or {}).get("standfast", "unknown")
        why = f"run.json: schema is {run.get('schema')!r}, expected {SCHEMA!r}; look with the version that made it ({made})"
        return replace(bare, state="other version", why=(why,))
    if lacking := [name for name in _NEEDED if name not in run]:
        return replace(bare, why=(f"run.json: lacks {', '.join(lacking)}",))
    try:
        return _look(folder, run, bare, brief=brief, now=now or time.time())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return replace(bare, why=(f"run.json: is not the record of a run ({type(error).__name__}: {error})",))


def _look(folder: Path, run: Mapping[str, Any], bare: Status, *, brief: bool, now: float) -> Status:
    found, damaged = progressing.read(folder, run, brief=brief), list[str]()
    lines = _read(damaged, lambda: ledger.read(folder)) or []
    reason = _read(damaged, lambda: stopped(folder)) or ""
    state = _state(bare.owner, found, lines, reason)
    if state != "running":
        damaged += found.unreadable  # one that is being written may be torn for longer than we waited
    known = replace(
        bare,
        state="damaged" if damaged else state,
        why=tuple(damaged) if damaged else _why(state, reason, lines),
        suite=str(run["suite"]["name"]),
        started=str(run.get("started") or ""),
        models=tuple(map(str, run["models"])),
        progress=found.rows,
        spent=_spent(lines),
        troubles=tuple(_troubles(found, lines)),
        last_error=plain(found.last),
        pace=_pace(found, lines, now) if state == "running" else None,
        cache=(folder / "cache").is_dir(),
        buffer=_buffer(folder) if found.interrupted and state != "running" and not brief else None,
        verdict=_verdict(folder),
    )
    return replace(known, keeps=_keeps(known), next=_next(folder, known))


def plain(message: str) -> str:
    """Return a provider's message as one short line without keys and without what moves a cursor."""
    shown = " ".join(keys.mask(message, keys.known(os.environ)).split())
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in shown)
    return shown if len(shown) <= LONGEST else f"… {shown[-LONGEST:]}"  # the cause stands last


def _read(damaged: list[str], reading: Callable[[], Any]) -> Any:
    """Return what is read of a file beside the logs; a damaged one is named and does not hide the rest."""
    try:
        return reading()
    except RunError as error:
        damaged.append(str(error))
        return None


def _state(owner: Owner | None, found: Found, lines: Sequence[Call], reason: str) -> State:
    if owner is not None:
        return "running"
    if not reason and found.rows and all(row.ended for row in found.rows):
        return "finished"
    last = next((line.outcome for line in reversed(lines) if line.is_session), "")
    return "failed" if last == "failed" else "stopped"


def _why(state: State, reason: str, lines: Sequence[Call]) -> tuple[str, ...]:
    if state in ("running", "finished"):
        return ()
    last = next((line.outcome for line in reversed(lines) if line.is_session), "")
    told = {
        "stopped": "stopped by a signal",
        "failed": "its last session ended with an error",
        "budget": "stopped by its budget",
    }
    # A session that was killed has no closing line.
    return (reason or told.get(last, "its last session was killed, or never closed its logs"),)


def _spent(lines: Sequence[Call]) -> dict[str, Spent]:
    calls = [line for line in lines if not line.is_session]
    if not calls:
        return {}
    roles = dict.fromkeys(call.role for call in calls)
    by_role = {str(role): ledger.total(call for call in calls if call.role == role) for role in roles}
    return {**by_role, "all": ledger.total(lines)}


def _troubles(found: Found, lines: Sequence[Call]) -> Iterator[Trouble]:
    gone = Counter(f"{call.role} {call.outcome}" for call in lines if not call.is_session and call.outcome != "ok")
    for kind, count in gone.most_common():
        yield Trouble(where="requests", kind=kind, count=count)
    for kind, count in found.errors.items():
        yield Trouble(where="samples", kind=kind, count=count)


def _pace(found: Found, lines: Sequence[Call], now: float) -> Pace | None:
    """Return the rate over the last minutes of this session, `None` where fewer than two samples finished in them."""
    began = max((line.at for line in lines if line.outcome == "began"), default=0.0)
    recent = [at for at in found.done if at >= max(now - WINDOW_SECONDS, began)]
    if len(recent) < 2 or recent[-1] <= recent[0]:
        return None
    rate = 60 * (len(recent) - 1) / (recent[-1] - recent[0])
    left = sum(max(row.planned - row.finished - row.failed - row.unjudged, 0) for row in found.rows if not row.ended)
    minutes = (recent[-1] - recent[0]) / 60
    basis = f"{len(recent)} samples finished within {minutes:.1f} minutes, by the logs on disk; an audit that stops early ends sooner"
    return Pace(samples_per_minute=rate, minutes_left=left / rate, basis=basis)


def _buffer(folder: Path) -> int | None:
    from inspect_ai.log import recoverable_eval_logs

    try:
        found = recoverable_eval_logs(str(folder / "logs"))
    except Exception:  # a log that cannot be read is told of already
        return None
    return sum(max(one.completed_samples - one.flushed_samples, 0) for one in found) if found else None


def _verdict(folder: Path) -> str:
    try:
        return str(json.loads((folder / "decision.json").read_text("utf-8"))["verdict"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _keeps(status: Status) -> str:
    """Return in words what carrying on rests on, and what losing it would cost."""
    if all(row.ended for row in status.progress) and not _left(status):
        return ""
    told = [
        "reply cache: there; without it the calls of samples that are not in the logs are paid again"
        if status.cache
        else "reply cache: none; the calls of samples that are not in the logs are paid again"
    ]
    if status.buffer is not None:
        told.append(
            f"Inspect's buffer database: holds {status.buffer} samples that are in no log; without it they come from the cache"
        )
    elif status.state != "running":
        told.append("Inspect's buffer database: none; samples that are in no log come from the cache")
    return "; ".join(told)


def _left(status: Status) -> int:
    return status.total("failed") + status.total("unjudged")


def _next(folder: Path, status: Status) -> str:
    """Return the command to type next."""
    name = shlex.quote(str(folder))
    if status.state == "running":
        return f"standfast status {name}"
    if status.state in ("stopped", "failed"):
        cap = next((cap for cap in ("dollars", "tokens", "calls", "minutes") if cap in " ".join(status.why)), "")
        return f"standfast resume {name}" + (f" --max-{cap} MORE" if cap else "")
    if status.state == "damaged" or _left(status):
        return "" if status.state == "damaged" else f"standfast resume {name}"
    after = [
        ("results.json", "analyse"),
        *([("decision.json", "gate")] if _is_gated(folder) else []),
        ("report.html", "report"),
    ]
    return next((f"standfast {verb} {name}" for file, verb in after if not (folder / file).exists()), "")


def _is_gated(folder: Path) -> bool:
    """Tell whether the run has gates; a suite that cannot be read is told of by `gate`."""
    try:
        return (folder / suites.POLICY_FILE).exists() or bool(suites.load(folder / suites.SUITE_FILE).gates)
    except AuditError:
        return True
