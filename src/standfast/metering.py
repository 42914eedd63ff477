"""The meter: counts each request of a run, holds it against the budget, and stops the run when the cap is reached.

It stands around a provider's `generate`, so that what the cache answers does not count and each attempt does. When the
cap is reached no further call is let through; calls in flight finish and are kept; then Inspect is interrupted as by
Ctrl-C, which it takes as a cancelled evaluation: finished samples are logged, and the next session goes on from there.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import anyio
from inspect_ai.model import Model, ModelCost, ModelUsage, compute_model_cost
from pydantic import ValidationError

from standfast import ledger, replies
from standfast.budgets import Budget as Budget
from standfast.errors import RunError
from standfast.folder import mark_stopped, put
from standfast.halting import Halt
from standfast.ledger import Call, Outcome, Role
from standfast.pricing import Prices as Prices
from standfast.pricing import check as check
from standfast.pricing import price

FILE = "budget.json"  # in the run folder: the cap in force

Stopped = Literal["budget", "stopped", "failed"]


class Purse(Protocol):
    """A budget that several machines spend from, and their rate limit."""

    async def admit(self) -> str | None:
        """Wait until a call may leave; return why none may leave any more, `None` if it may."""

    async def settle(self, call: Call) -> None:
        """Take what a call came to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why a run was stopped before its end.

    Attributes:
        kind: `budget`, `stopped` by a signal, or `failed`.
        reason: In words, such as `stopped by its budget: 5.00 of 5.00 dollars`.
        error: What failed.
    """

    kind: Stopped
    reason: str
    error: OSError | None = None


def of(folder: Path) -> Budget | None:
    """Return the cap under which a run was last carried on, `None` where there was none.

    Raises:
        RunError: The note of it is damaged.
    """
    path = folder / FILE
    try:
        return Budget.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        message = f"{path}: is no budget ({error.errors()[0]['msg']}); remove it to carry on without a cap"
        raise RunError(message) from error


@contextmanager
def session(
    folder: Path,
    budget: Budget,
    prices: Prices | Mapping[str, ModelCost] | None = None,
    purse: Purse | None = None,
) -> Iterator["Meter"]:
    """Meter one session of a run; the cap is noted in the folder, and why an earlier session was stopped is not."""
    mark_stopped(folder, "")
    caps = budget.model_dump(exclude_none=True)
    if caps:
        put(folder / FILE, budget.model_dump_json(exclude_none=True).encode())
    else:
        (folder / FILE).unlink(missing_ok=True)
    with Meter(folder, budget, prices, purse) as meter:
        yield meter


class Meter:
    """Counts, admits and stops; one for each session of a run.

    Attributes:
        stop: Why the run was stopped, `None` while it goes on.
        flying: Calls that left and were not answered yet.
        parked: Calls that were let through no more.
        moved: When the last call left or was answered, by the monotonic clock.
    """

    def __init__(
        self,
        folder: Path,
        budget: Budget | None = None,
        prices: Prices | Mapping[str, ModelCost] | None = None,
        purse: Purse | None = None,
    ) -> None:
        self.stop: Stop | None = None
        self.flying: Counter[str] = Counter()
        self.parked = 0
        self.moved = self._began = time.monotonic()
        self._folder, self._budget, self._prices, self._purse = folder, budget or Budget(), prices, purse
        before = ledger.read(folder)
        spent = ledger.total(before)
        self._calls, self._tokens, self._dollars = spent.calls, spent.tokens_in + spent.tokens_out, spent.dollars or 0.0
        self._minutes = spent.minutes
        self._answered: Counter[str] = Counter()  # per role, and what they came to
        self._came_to: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for call in before:
            self._learn(call)
        self._changed = anyio.Event()
        self._halt = Halt(self)

    def __enter__(self) -> Self:
        ledger.mark(self._folder, "began")
        self._halt.watch()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._halt.end()
        failed = kind is not None and not issubclass(kind, KeyboardInterrupt)
        outcome = self.stop.kind if self.stop else "failed" if failed else "stopped" if kind else "ended"
        with suppress(OSError):  # a full disk is told by what it kept from being written before
            ledger.mark(self._folder, outcome)

    def on(self, model: Model, role: Role) -> Model:
        """Count a model's calls, and let them through while the budget lasts."""
        inner: Callable[..., Awaitable[Any]] = model.api.generate
        name, cost = str(model), price(self._prices, str(model))

        async def generate(*args: Any, **kwargs: Any) -> Any:
            replies.retry_here(model.api)
            await self._admit(role)
            self.flying[role] += 1
            self.moved = begun = time.monotonic()
            outcome: Outcome = "other"  # a call that is cancelled
            usage: ModelUsage | None = None
            away = 0.0
            try:
                result = await inner(*args, **kwargs)
                outcome, usage = replies.told(result[0] if isinstance(result, tuple) else result)
                return result
            except Exception as error:
                outcome, away = replies.of_error(error), replies.wait_seconds(error)
                raise
            finally:
                self.moved = time.monotonic()
                call = Call(
                    at=time.time(),
                    seconds=self.moved - begun,
                    role=role,
                    model=name,
                    outcome=outcome,
                    input=replies.asked(usage),
                    output=usage.output_tokens if usage else None,
                    dollars=compute_model_cost(cost, usage) if cost and usage else None,
                )
                await self._settle(call)
                if away:
                    await anyio.sleep(away)

        model.api.generate = generate  # type: ignore[method-assign]
        return model

    def spent(self) -> Mapping[str, float]:
        """Return what was spent so far, by the names of the caps."""
        minutes = self._minutes + (time.monotonic() - self._began) / 60
        return {"dollars": self._dollars, "tokens": self._tokens, "calls": self._calls, "minutes": minutes}

    def reach(self, kind: Stopped, reason: str, error: OSError | None = None) -> None:
        """Let no further call through; the first reason counts."""
        self.stop = self.stop or Stop(kind=kind, reason=reason, error=error)

    def release(self) -> None:
        """Make ready for the next evaluation of this session; the one before it has ended."""
        self._halt.release()

    def ended(self) -> None:
        """Forget a cap or a signal that came when all was asked."""
        self.stop = self.stop if self.stop and self.stop.error else None

    def check_minutes(self) -> None:
        """Stop where the time is over."""
        if self._budget.minutes is not None and self.spent()["minutes"] >= self._budget.minutes:
            self._over("minutes")

    async def _admit(self, role: str) -> None:
        """Return when a call may leave, never once the run is to stop."""
        self._halt.attach()
        while self.stop is None:
            if self._has_room(role):
                why = await self._purse.admit() if self._purse else None
                if why:
                    self.reach("budget", why)
                elif self._purse is None or self._has_room(role):  # others may have left while the purse was asked
                    return
            elif self.stop is None:
                await self._changed.wait()
        self.parked += 1
        try:
            await anyio.sleep_forever()
        finally:
            self.parked -= 1

    def _has_room(self, role: str) -> bool:
        """Tell whether a call may leave now; one that may never leave any more stops the run."""
        self.check_minutes()
        flying = self.flying.total()
        for cap in ("calls", "tokens", "dollars"):
            most = getattr(self._budget, cap)
            if most is None:
                continue
            spent = self.spent()[cap]
            if spent >= most or (cap == "calls" and spent + flying >= most):
                self._over(cap)
            # Calls in flight will cost about what others did; where none is, the cap is not reached yet.
            elif flying and spent + self._expected(cap, role) > most:
                return False
        return self.stop is None

    def _expected(self, cap: str, role: str) -> float:
        """Return what the calls in flight and one more will come to, by the mean of their roles so far."""
        leaving = self.flying + Counter([role])
        known = {one: self._came_to[one][cap] / self._answered[one] for one in leaving if self._answered[one]}
        return sum(count * known.get(one, 0.0) for one, count in leaving.items())

    def _over(self, cap: str) -> None:
        most = getattr(self._budget, cap)
        spent = max(self.spent()[cap], most) if cap == "calls" else self.spent()[cap]  # calls in flight count
        self.reach("budget", f"stopped by its budget: {_amount(cap, spent)} of {_amount(cap, most)} {cap}")

    async def _settle(self, call: Call) -> None:
        """Note what a call came to."""
        self.flying[call.role] -= 1
        self._calls += 1
        self._tokens += (call.input or 0) + (call.output or 0)
        self._dollars += call.dollars or 0.0
        self._learn(call)
        try:
            ledger.append(self._folder, call)
        except OSError as error:  # what is not in the ledger is not under the cap
            self.reach("failed", f"{error.filename}: {error.strerror}", error)
        if call.outcome == "ok" and call.output is None and (self._budget.tokens or self._budget.dollars):
            cap = "dollars" if self._budget.dollars else "tokens"
            self.reach("budget", f"stopped: {call.model} reports no usage, so a cap in {cap} cannot be kept")
        self._changed.set()
        self._changed = anyio.Event()
        if self._purse:
            with anyio.CancelScope(shield=True):
                await self._purse.settle(call)

    def _learn(self, call: Call) -> None:
        if call.is_session or call.outcome != "ok":
            return
        self._answered[call.role] += 1
        self._came_to[call.role]["tokens"] += (call.input or 0) + (call.output or 0)
        self._came_to[call.role]["dollars"] += call.dollars or 0.0  # type: ignore[assignment]


def _amount(cap: str, value: float) -> str:
    """Return what was spent, in its unit; small sums with the digits that tell them apart."""
    if cap in ("calls", "tokens"):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if value >= 1 else f"{value:.3g}"
