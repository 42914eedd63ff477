"""What the terminal shows of a plan: calls and dollars by role, what gates can detect, what more money buys."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import click

from standfast.budgets import Budget
from standfast.costs import Line, Pace, minutes, short_of, total, unpriced
from standfast.outlook import TARGET, Offer, Prospect
from standfast.terminal import print_table, rows_table

NONE = "no price"
LARGER = ("a quarter more", "twice", "four times")  # as `worth.FACTORS`


def print_costs(found: Sequence[Line], prices: str, budget: Budget | None, pace: Pace) -> None:
    """Print calls, tokens and dollars by role, the time they take, and whether the budget covers them."""
    print_table(rows_table([_row(line) for line in found]))
    dollars, without = total(found), unpriced(found)
    if without:
        known = sum(line.dollars for line in found if line.dollars is not None)
        click.echo(f"PRICE    unknown: no price for {', '.join(without)}; the others cost {_dollars(known)}")
    else:
        click.echo(
            f"PRICE    {_dollars(dollars)} for all subjects, without the provider's own cache and without retries"
        )
    click.echo(f"         from {prices}; put a prices.yaml beside the suite, or give --prices, for your own")
    for source, day in dict.fromkeys((line.source, line.as_of) for line in found if line.source):
        click.echo(f"         {source}" + (f", read {day}" if day else ""))
    lasts = minutes(found, pace)
    click.echo(
        f"TIME     {_time(lasts)}, assumed: {pace.latency:g} s a call (--latency), {pace.connections} calls at once and provider "
        "(--max-connections)"
    )
    for sentence in short_of(budget, found, lasts=lasts):
        click.echo(f"BUDGET   {sentence}")
    if budget and not short_of(budget, found, lasts=lasts):
        click.echo("BUDGET   covers the plan")


def print_detectable(found: Sequence[Prospect]) -> None:
    """Print for each gate the smallest true values at which it passes and fails."""
    rows = [
        {
            "gate": p.gate,
            "contrast": p.contrast,
            "margin": f"{p.margin:g} {p.unit}",
            f"passes with {TARGET:.2f}": _side(p.passes_from, p.direction, p.unit),
            f"fails with {TARGET:.2f}": _side(p.fails_from, "lower" if p.direction == "higher" else "higher", p.unit),
        }
        for p in found
        if p.unit and (p.passes_from is not None or p.fails_from is not None)
    ]
    if rows:
        click.echo("\nSmallest true value that a gate detects:")
        print_table(rows_table(rows))


def print_offers(found: Sequence[Offer], prospects: Sequence[Prospect]) -> None:
    """Print what more items, or more personas per item, would buy, and how far the first further dollars go."""
    rows: list[dict[str, Any]] = []
    for p in prospects:
        for way in ("items", "personas per item"):
            own = [offer for offer in found if (offer.gate, offer.way) == (p.gate, way)]
            if own:
                told = {name: offer for name, offer in zip(LARGER, own, strict=False)}
                first = own[0].per_dollar
                rows.append(
                    {
                        "gate": p.gate,
                        "now": f"±{_value(p.half_width)} {p.unit}",
                        "more": "items" if way == "items" else "personas",
                        **{name: _offered(told.get(name)) for name in LARGER},
                        "a dollar": "–" if first is None else f"−{first:.2g}",
                    }
                )
    if rows:
        click.echo(
            "\nHalf-width with more items, or more personas per item, all else as planned, and what that costs more:"
        )
        print_table(rows_table(rows))


def _offered(offer: Offer | None) -> str:
    if offer is None:
        return "–"
    extra = NONE if offer.dollars is None else f"+{_dollars(offer.dollars)}"
    return f"{offer.number:,}: ±{_value(offer.half_width)}, {extra}"


def _row(line: Line) -> dict[str, Any]:
    return {
        "role": line.role,
        "model": line.model or "none named",
        "calls": f"{line.calls:,}",
        "reads": f"{line.input:,}",
        "writes": f"{line.output:,}",
        "dollars": NONE if line.dollars is None else _dollars(line.dollars),
    }


def _dollars(value: float | None) -> str:
    if value is None:
        return NONE
    return f"${value:,.2f}" if value >= 0.1 or value == 0 else f"${value:.4f}"


def _time(lasts: float) -> str:
    if lasts >= 120:
        return f"about {lasts / 60:,.1f} hours"
    if not lasts:
        return "no call leaves this machine"
    return "about a minute" if lasts <= 1 else f"about {ceil(lasts)} minutes"


def _side(value: float | None, direction: str, unit: str) -> str:
    if value is None:
        return "at no value"
    return f"{'from' if direction == 'higher' else 'up to'} {_value(value)} {unit}"


def _value(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}".replace("-", "−")
