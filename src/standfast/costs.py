"""What a plan costs: calls, tokens and dollars by role and model, how long it takes, and whether a budget covers it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from standfast.budgets import Budget
from standfast.folder import is_simulated

if TYPE_CHECKING:  # take seconds to import, and what is worked out already needs none of them
    from standfast.plan import Plan
    from standfast.prices import Prices
    from standfast.tokens import Role, Usage, Use

CONNECTIONS = 10  # Inspect's own number of calls at once where none is given
LATENCY = 5.0  # seconds of a call, where nobody has measured any


class Pace(NamedTuple):
    """How fast calls are made: how many at once, per provider, and how many seconds each takes."""

    connections: int = CONNECTIONS
    latency: float = LATENCY


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one model does in one role, over all subjects and epochs.

    Attributes:
        role: What it does.
        model: Its name; empty where none is named yet.
        calls: Calls.
        input: Tokens sent.
        output: Tokens written.
        dollars: At list price, without the provider's own cache; `None` where the model has no price.
        as_of: Day of the price; empty where there is none.
        source: Where the price was read; likewise.
    """

    role: str
    model: str
    calls: int
    input: int
    output: int
    dollars: float | None
    as_of: str
    source: str


def lines(plan: "Plan", used: "Sequence[Usage]", prices: "Prices") -> list[Line]:
    """Return what each model does in each of its roles.

    Args:
        plan: The suite with its cast.
        used: What each audit uses per subject.
        prices: What models cost.
    """
    from standfast import tokens

    seats, subjects = plan.seats(), plan.models or ("",)
    whole: dict[tuple[Role, str], Use] = {}
    for usage in used:
        for seat, use in usage.items():
            named = subjects if seat.role == "subject" else [seats[seat]] * len(subjects)
            for name in named:
                known = whole.get((seat.role, name), tokens.Use())
                whole[seat.role, name] = known + use
    ordered = sorted(whole.items(), key=lambda entry: tokens.ROLES.index(entry[0][0]))
    return [_line(role, name, use, prices) for (role, name), use in ordered]


def _line(role: str, model: str, use: "Use", prices: "Prices") -> Line:
    price = prices.find(model) if model else None
    return Line(
        role=role,
        model=model,
        calls=round(use.calls),
        input=ceil(use.input),
        output=ceil(use.output),
        dollars=price.dollars(use.input, use.output) if price else None,
        as_of=price.as_of if price else "",
        source=price.source if price else "",
    )


def total(found: Sequence[Line]) -> float | None:
    """Return the dollars of all lines; `None` where one of them has no price."""
    known = [line.dollars for line in found if line.dollars is not None]
    return sum(known) if len(known) == len(found) else None


def unpriced(found: Sequence[Line]) -> list[str]:
    """Return which models have no price, each once; a role without a model is named by its role."""
    return list(dict.fromkeys(line.model or f"no {line.role} named" for line in found if line.dollars is None))


def minutes(found: Sequence[Line], pace: Pace) -> float:
    """Return how long the calls take: providers at the same time, each with so many calls at once.

    Args:
        found: The calls.
        pace: How many at once, and how long each takes. Simulated models take no time.
    """
    calls: dict[str, int] = {}
    for line in found:
        if not is_simulated(line.model):
            provider = line.model.partition("/")[0]
            calls[provider] = calls.get(provider, 0) + line.calls
    return max(calls.values(), default=0) * pace.latency / pace.connections / 60


def short_of(budget: Budget | None, found: Sequence[Line], *, lasts: float) -> list[str]:
    """Return in which ways a budget does not cover the plan, one sentence each.

    Args:
        budget: The caps; `None` where there are none.
        found: What is planned.
        lasts: Minutes that it is expected to take.
    """
    if budget is None:
        return []
    dollars, told = total(found), []
    if budget.dollars is not None and dollars is None:
        told.append(f"the budget is ${budget.dollars:,.2f}, but there is no price for {', '.join(unpriced(found))}")
    needs: tuple[tuple[str, float | None, float | None], ...] = (
        ("dollars", dollars, budget.dollars),
        ("tokens", float(sum(line.input + line.output for line in found)), budget.tokens),
        ("calls", float(sum(line.calls for line in found)), budget.calls),
        ("minutes", lasts, budget.minutes),
    )
    for unit, need, cap in needs:
        if need is not None and cap is not None and need > cap:
            told.append(f"the budget of {_written(cap, unit)} does not cover the planned {_written(need, unit)}")
    return told


def _written(value: float, unit: str) -> str:
    if unit == "dollars":
        return f"${value:,.2f}"
    return f"{value:,.1f} minutes" if unit == "minutes" else f"{value:,.0f} {unit}"


def told(found: Sequence[Line], prices: str, pace: Pace, budget: Budget | None) -> dict[str, Any]:
    """Return the costs for JSON; dollars of an unpriced model, and of the whole with one, are null."""
    lasts = minutes(found, pace)
    return {
        "prices": prices,
        "lines": [asdict(line) for line in found],
        "dollars": total(found),
        "unpriced": unpriced(found),
        "minutes": lasts,
        "assumed": {"connections": pace.connections, "latency_seconds": pace.latency},
        "budget": budget.model_dump(exclude_none=True) if budget else None,
        "short": short_of(budget, found, lasts=lasts),
    }
