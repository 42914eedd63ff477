"""A budget and a rate limit that the machines of a cluster share: each call is asked for, and told when it is over.

One process keeps it, and hears each machine in turn. Calls in flight are taken to cost what others did, so that the
cap is met before it is passed. What a lost machine had in flight has left, and counts as a call.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import anyio

from standfast.budgets import Budget
from standfast.ledger import Call, Spent

POLL_SECONDS = 0.2  # until a call asks again that has to wait for others to land
_SHOWN = {"dollars": "{:.2f}", "tokens": "{:,.0f}", "calls": "{:,.0f}", "minutes": "{:.1f}"}
_TAKEN_OVER = "was taken over by another machine"


class Answer(NamedTuple):
    """What a call is told.

    Attributes:
        admitted: Whether it may leave, after `wait`.
        wait: Seconds to wait; then to ask again, where it was not admitted.
        reason: Why none may leave any more; empty while some may.
    """

    admitted: bool
    wait: float = 0.0
    reason: str = ""


class Account:
    """What all machines spent, and what they may.

    Attributes:
        budget: The caps, over all machines.
        spent: By the names of the caps, without minutes.
        flying: Part -> calls that left and are not over.
        lost: Calls that were in flight on a machine that was lost; what they cost is not known.
    """

    def __init__(
        self,
        budget: Budget,
        before: Spent | None = None,
        *,
        rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the account.

        Args:
            budget: The caps.
            before: What was spent in earlier sessions.
            rate: Calls a second at most, over all machines.
            clock: Seconds.
        """
        self.budget = budget
        self.spent: dict[str, float] = {"dollars": 0.0, "tokens": 0.0, "calls": 0.0}
        if before:
            self.spent = {
                "dollars": before.dollars or 0.0,
                "tokens": before.tokens_in + before.tokens_out,
                "calls": before.calls,
            }
        self._minutes = before.minutes if before else 0.0
        self.flying: Counter[int] = Counter()
        self.lost = 0
        self._answered = before.answered if before else 0
        self._attempts: Counter[int] = Counter()
        self._rate, self._clock = rate, clock
        self._began = self._next = clock()

    def begin(self, part: int) -> int:
        """Give a part to a machine, and take it from the one that had it; return the number of this attempt."""
        self._attempts[part] += 1
        self.end(part)
        return self._attempts[part]

    def end(self, part: int) -> None:
        """Count what a part still had in flight as calls that left."""
        gone = self.flying.pop(part, 0)
        self.lost += gone
        self.spent["calls"] += gone

    def owns(self, part: int, attempt: int) -> bool:
        """Tell whether a machine still has a part."""
        return self._attempts[part] == attempt

    def admit(self, part: int, attempt: int) -> Answer:
        """Tell whether a call may leave."""
        if not self.owns(part, attempt):
            return Answer(False, reason=f"part {part} {_TAKEN_OVER}")
        flying = self.flying.total()
        for cap, most in self.budget.model_dump(exclude_none=True).items():
            spent = self._minutes + (self._clock() - self._began) / 60 if cap == "minutes" else self.spent[cap]
            if spent >= most or (cap == "calls" and spent + flying >= most):
                shown = _SHOWN[cap]
                over = most if cap == "calls" else spent
                return Answer(
                    False,
                    reason=f"stopped by the budget of all machines: {shown.format(over)} of {shown.format(most)} {cap}",
                )
            if cap in ("dollars", "tokens") and flying and spent + (flying + 1) * self._each(cap) > most:
                return Answer(False, wait=POLL_SECONDS)
        self.flying[part] += 1
        return Answer(True, wait=self._turn())

    def settle(self, part: int, attempt: int, tokens: int, dollars: float, *, answered: bool) -> None:
        """Take what a call came to; one of a machine that lost the part was counted as a call already."""
        if self.owns(part, attempt) and self.flying[part]:
            self.flying[part] -= 1
            self.spent["calls"] += 1
        self.spent["tokens"] += tokens
        self.spent["dollars"] += dollars
        self._answered += answered

    def told(self) -> dict[str, Any]:
        """Return what was spent, with the calls in flight and those that were lost."""
        return {**self.spent, "flying": self.flying.total(), "lost": self.lost, "attempts": dict(self._attempts)}

    def _each(self, cap: str) -> float:
        """Return what a call came to so far, in the mean."""
        return self.spent[cap] / self._answered if self._answered else 0.0

    def _turn(self) -> float:
        """Return the seconds until a call's turn: turns are evenly spaced, and none is saved up."""
        if self._rate is None:
            return 0.0
        now = self._clock()
        turn = max(now, self._next)
        self._next = turn + 1 / self._rate
        return turn - now


class Share:
    """One machine's side of an account that lives elsewhere: what a run's meter asks.

    `ask` sends a method's name and its arguments to the account, and waits for what it says.
    """

    def __init__(self, ask: Callable[..., Any], part: int, attempt: int) -> None:
        self._ask, self._who = ask, (part, attempt)

    async def admit(self) -> str | None:
        """Wait until a call may leave; return why none may leave any more, `None` if it may."""
        while True:
            answer: Answer = await self._ask("admit", *self._who)
            if answer.reason:
                return answer.reason
            if answer.wait:
                await anyio.sleep(answer.wait)
            if answer.admitted:
                return None

    async def settle(self, call: Call) -> None:
        """Tell what a call came to."""
        tokens = (call.input or 0) + (call.output or 0)
        await self._ask("settle", *self._who, tokens, call.dollars or 0.0, answered=call.outcome == "ok")
