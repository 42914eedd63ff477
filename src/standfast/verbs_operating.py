"""The verbs around a run that is under way, was stopped, or is long done: status, resume and drift."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from standfast import options

# Inspect takes more than a second to import; each verb imports what it needs.
if TYPE_CHECKING:
    from standfast.budgets import Budget
    from standfast.prices import Prices
    from standfast.statusing import Status

UNFINISHED = 11  # as an inconclusive verdict: nobody may go on with it as if all were there


@click.command()
@options.run_folder
@options.as_json
@options.plain_errors
def status(run: Path, as_json: bool) -> None:
    """Show how far a run is, what it has cost, what went wrong, and the next command to type.

    Reads only, and may be asked while the run is under way. Exits 0 where the run has ended, 3 where it is under way or
    can be resumed, and 12 where the folder is damaged or of another version.

    \b
    Example:
      standfast status runs/standard-1a2b3c4d
    """
    from standfast.statusing import look
    from standfast.terminal import print_json

    found = look(run)
    print_json({**asdict(found), "exit_code": found.exit_code}) if as_json else _show(found)
    sys.exit(found.exit_code)


def _show(found: "Status") -> None:
    from standfast.terminal import print_table, rows_table

    click.echo(f"STATE    {found.state}{_held(found)}")
    for line in found.why:
        click.echo(f"WHY      {line}")
    if found.progress:
        print_table(rows_table([_progress_row(asdict(row)) for row in found.progress]))
    if found.spent:
        print_table(rows_table([_spent_row(role, asdict(spent)) for role, spent in found.spent.items()]))
    if found.troubles:
        print_table(rows_table([{"in": one.where, "error": one.kind, "count": one.count} for one in found.troubles]))
    told = {
        "LAST": found.last_error,
        "RATE": f"{found.pace.samples_per_minute:.1f} samples per minute, {found.pace.minutes_left:.0f} minutes left ({found.pace.basis})"
        if found.pace
        else "",
        "KEPT": found.keeps,
        "VERDICT": found.verdict,
        "NEXT": found.next,
    }
    for head, text in told.items():
        if text:
            click.echo(f"{head:<8} {text}")


def _held(found: "Status") -> str:
    if found.owner is None:
        return ""
    process = "unknown process" if found.owner.process is None else f"process {found.owner.process}"
    return f", by {process}" + ("" if found.owner.minutes is None else f" for {found.owner.minutes:.0f} minutes")


def _progress_row(row: Mapping[str, Any]) -> dict[str, Any]:
    named = {"subject": row["model"], "audit": row["audit"]}
    counted = {name: f"{row[name]:,}" for name in ("planned", "finished", "failed", "unjudged")}
    return {**named, **counted, "log": "closed" if row["ended"] else "open"}


def _spent_row(role: str, spent: Mapping[str, Any]) -> dict[str, Any]:
    dollars = "unknown" if spent["dollars"] is None else f"{spent['dollars']:.4f}"
    counted = {name: f"{spent[name]:,}" for name in ("calls", "answered", "tokens_in", "tokens_out")}
    return {"role": role, **counted, "dollars": dollars, "without a price": f"{spent['unpriced']:,}"}


@click.command()
@options.run_folder
@options.capped
@options.priced
@options.connections
@click.option("--only-logs", is_flag=True, help="Stop after the logs: no analysis, no verdict, exit 0.")
@options.allow_simulated
@options.exit_zero
@options.as_json
@options.plain_errors
def resume(
    run: Path,
    budget: "Budget",
    prices: Path | None,
    max_connections: int | None,
    only_logs: bool,
    allow_simulated: bool,
    exit_zero: bool,
    as_json: bool,
) -> None:
    """Carry on a run as its folder records it, then analyse, gate and report.

    Suite, models, judges, receivers and limit are those of the run; nothing has to be said again. Samples that failed are
    asked again, and replies whose judge was away are judged. What was answered is not asked twice. The run's caps stay in
    force, but for those that are given.

    \b
    Examples:
      standfast resume runs/standard-1a2b3c4d
      standfast resume runs/standard-1a2b3c4d --max-dollars 80
    """
    from standfast.folder import stopped
    from standfast.terminal import display, print_json, progress
    from standfast.verbs import conclude

    with progress("loading"):
        from standfast.resuming import resume as carry_on
    shown = display(quiet=as_json)
    with _asking(shown):
        folder = carry_on(
            run,
            budget=budget,
            prices=_prices(run, prices),
            notify=_notify,
            display=shown,
            max_connections=max_connections,
        )
    if why := stopped(folder):
        click.echo(f"standfast: {folder}: {why}. Resume it with a larger cap to carry on", err=True)
    if only_logs:
        print_json({"run": str(folder), "stopped": why}) if as_json else click.echo(folder)
        sys.exit(UNFINISHED if why and not exit_zero else 0)
    decision = conclude(folder, as_json=as_json, allow_simulated=allow_simulated)
    sys.exit(0 if exit_zero else decision.exit_code)


@click.command()
@options.run_folder
@click.option(
    "--model", "models", multiple=True, help="Which subject of the run; may be given several times. [default: all]"
)
@click.option(
    "--anchors", type=click.IntRange(min=1), default=20, show_default=True, help="Samples per audit and subject."
)
@click.option(
    "--margin",
    type=click.FloatRange(min=0, max=100, min_open=True),
    default=20.0,
    show_default=True,
    help="Change that still counts as none, in percent of a measure's range.",
)
@options.capped
@options.priced
@options.connections
@options.as_json
@options.plain_errors
def drift(
    run: Path,
    models: tuple[str, ...],
    anchors: int,
    margin: float,
    budget: "Budget",
    prices: Path | None,
    max_connections: int | None,
    as_json: bool,
) -> None:
    """Ask the first samples of a run again, and say whether its endpoint is still the one that was audited.

    The served name, the system's fingerprint where there is one, and the lead measures, pair by pair. Exits 0 where all
    stayed within the margin, 10 where something changed, 11 where the anchors are too few to tell, and 12 without
    evidence. A run whose endpoint changed is no baseline any more.

    \b
    Examples:
      standfast drift runs/standard-1a2b3c4d
      standfast drift runs/standard-1a2b3c4d --model openai/gpt-5 --anchors 60 --max-dollars 2
    """
    from standfast.terminal import display, print_json, progress

    with progress("loading"):
        from standfast import drifting
    shown = display(quiet=as_json)
    with _asking(shown):
        found = drifting.drift(
            run,
            models=models,
            anchors=anchors,
            margin=margin,
            budget=budget,
            prices=_prices(run, prices),
            notify=_notify,
            display=shown,
            max_connections=max_connections,
        )
    if as_json:
        print_json(json.loads(drifting.to_json(found)))
    else:
        for model, told in found.subjects.items():
            for reason in told.reasons:
                click.echo(f"{model}: {reason}")
            click.echo(f"{model}: {told.verdict}")
        click.echo(f"DRIFT    {found.verdict} (exit code {found.exit_code})")
    sys.exit(found.exit_code)


@contextmanager
def _asking(shown: str) -> Iterator[None]:
    """Say that models are asked; what Inspect prints goes to standard error."""
    from standfast.terminal import progress

    with progress("asking") if shown == "none" else nullcontext(), redirect_stdout(sys.stderr):
        yield


def _notify(notice: str) -> None:
    click.echo(f"notice: {notice}", err=True)


def _prices(run: Path, given: Path | None) -> "Prices":
    from standfast import prices
    from standfast.suite import SUITE_FILE

    return prices.load(prices.where(run / SUITE_FILE, given))


def list_runs(folder: Path | None, *, as_json: bool) -> None:
    """Print the runs of a folder, of `runs` where none is given."""
    from standfast import registry
    from standfast.terminal import print_json, print_table, rows_table

    found = registry.runs(folder or registry.RUNS)
    if as_json:
        print_json({"runs": [asdict(one) for one in found]})
        return
    print_table(rows_table(registry.rows(found)))


VERBS: tuple[click.Command, ...] = (status, resume, drift)
