"""The ledger: calls.csv in the run folder, one line for each request that left for a provider.

A line is appended by one write, so what was paid is known whatever kills the process; what a full disk tore off is
ignored. Lines with the role `run` mark the sessions in which a run was carried on.
"""

import errno
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from standfast.errors import RunError

FILE = "calls.csv"
HEADER = "at,seconds,role,model,outcome,input,output,dollars\n"
SESSION: Literal["run"] = "run"  # the role of lines that mark sessions

Role = Literal["subject", "judge", "user", "sender", "receiver", "run"]
Outcome = Literal[
    "ok", "rate_limit", "server_error", "timeout", "connection", "refused_request", "malformed", "other",
    "began", "ended", "budget", "stopped", "failed",
]  # fmt: skip
_ROLES, _OUTCOMES = frozenset(get_args(Role)), frozenset(get_args(Outcome))
_FIELDS = HEADER.count(",") + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, or the beginning or end of a session.

    Attributes:
        at: Unix time of the answer.
        seconds: How long it took; `None` for a session.
        role: Whose call it was; `run` for a session.
        model: provider/name; empty for a session.
        outcome: `ok`, or what went wrong; of a session `began`, `ended`, `budget` (stopped by its cap), `stopped`
            (a signal) or `failed`.
        input: Tokens asked with, `None` where unknown, which is never zero.
        output: Tokens answered with, `None` where unknown.
        dollars: Price, `None` where unknown.
    """

    at: float
    seconds: float | None = None
    role: Role
    model: str = ""
    outcome: Outcome
    input: int | None = None
    output: int | None = None
    dollars: float | None = None

    @property
    def is_session(self) -> bool:
        """Tell whether the line marks a session and is no request."""
        return self.role == SESSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run has cost so far, over all its sessions.

    Attributes:
        calls: Requests that left, answered or not.
        answered: Those that were answered.
        tokens_in: Tokens asked with, where they are known.
        tokens_out: Tokens answered with, where they are known.
        dollars: Sum of the prices that are known; `None` where calls were answered and no price is known.
        unpriced: Calls that were answered and whose price is not known.
        minutes: Time in which a session ran; a killed one ended with its last line.
    """

    calls: int
    answered: int
    tokens_in: int
    tokens_out: int
    dollars: float | None
    unpriced: int
    minutes: float


def append(folder: Path, call: Call) -> None:
    """Write one line at the end of the ledger, with the header first where it is new.

    Raises:
        OSError: The line could not be written whole, as on a full disk.
    """
    text = _line(call)
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        if size == 0:
            text = HEADER + text
        elif call.is_session and os.pread(descriptor, 1, size - 1) != b"\n":
            text = "\n" + text  # what tore the last line off must not tear this one
        whole = text.encode("utf-8", "replace")
        if os.write(descriptor, whole) != len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / FILE))
    except OSError as error:
        error.filename = error.filename or str(folder / FILE)
        raise
    finally:
        os.close(descriptor)


def mark(folder: Path, outcome: Literal["began", "ended", "budget", "stopped", "failed"]) -> None:
    """Note that a session began or how it ended."""
    append(folder, Call(at=time.time(), role=SESSION, outcome=outcome))


def read(folder: Path) -> list[Call]:
    """Return the lines of the ledger, none where there is no ledger. Torn lines are ignored.

    Raises:
        RunError: The file is no ledger.
    """
    path = folder / FILE
    try:
        text = path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return []
    if not text.startswith(HEADER):
        if HEADER.startswith(text):
            return []  # torn at the very beginning
        message = f"{path}: is no ledger; its first line should be {HEADER.strip()!r}"
        raise RunError(message)
    whole = text[len(HEADER) : text.rfind("\n") + 1]
    return [call for line in whole.split("\n") if line and (call := _call(line)) is not None]


def spent(folder: Path) -> Spent:
    """Return what a run has cost so far.

    Raises:
        RunError: The ledger is none.
    """
    return total(read(folder))


def total(lines: Iterable[Call]) -> Spent:
    """Return what lines of a ledger add up to."""
    known = list(lines)
    calls = [call for call in known if not call.is_session]
    answered = [call for call in calls if call.outcome == "ok"]
    prices = [call.dollars for call in calls if call.dollars is not None]
    return Spent(
        calls=len(calls),
        answered=len(answered),
        tokens_in=sum(call.input or 0 for call in calls),
        tokens_out=sum(call.output or 0 for call in calls),
        dollars=sum(prices) if prices or not answered else None,
        unpriced=sum(call.dollars is None for call in answered),
        minutes=_seconds(known) / 60,
    )


def _seconds(lines: Iterable[Call]) -> float:
    """Return how long sessions ran; time in which the clock was set back counts as none."""
    whole, began, last = 0.0, None, 0.0
    for call in lines:
        if call.outcome == "began":
            whole += max(last - began, 0.0) if began is not None else 0.0
            began = call.at
        last = call.at
    return whole + (max(last - began, 0.0) if began is not None else 0.0)


def _line(call: Call) -> str:
    model = call.model.translate({ord(mark): "_" for mark in ",\r\n"})
    seconds = "" if call.seconds is None else f"{call.seconds:.3f}"
    tokens = ["" if count is None else str(count) for count in (call.input, call.output)]
    dollars = "" if call.dollars is None else f"{call.dollars:.8f}"
    return ",".join([f"{call.at:.3f}", seconds, call.role, model, call.outcome, *tokens, dollars]) + "\n"


def _call(line: str) -> Call | None:
    """Return what a line says, `None` where it was torn."""
    fields = line.split(",")
    if len(fields) != _FIELDS:
        return None
    at, seconds, role, model, outcome, asked, answered, dollars = fields
    if role not in _ROLES or outcome not in _OUTCOMES:
        return None
    try:
        return Call(
            at=float(at),
            seconds=float(seconds) if seconds else None,
            role=cast("Role", role),
            model=model,
            outcome=cast("Outcome", outcome),
            input=int(asked) if asked else None,
            output=int(answered) if answered else None,
            dollars=float(dollars) if dollars else None,
        )
    except ValueError:
        return None
