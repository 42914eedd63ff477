"""The front door: the verbs of the command line.

Results go to standard output and everything else to standard error. Exit codes: 0 pass, 10 fail, 11 inconclusive,
12 evidence missing or not comparable, 1 crash, 2 usage.
"""

import sys
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import standfast
from standfast import options, verbs, verbs_decision, verbs_judging, verbs_operating, verbs_planning, verbs_scale
from standfast.verbs import conclude

# Inspect, pandas and matplotlib take seconds to import; each verb imports what it needs.
if TYPE_CHECKING:
    from standfast.budgets import Budget

DEMO_SUITE = "smoke"
UNFINISHED = 11  # as an inconclusive verdict: nobody may go on with it as if all were there


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(standfast.__version__, prog_name="standfast")
def main() -> None:
    """Audit language models for sycophancy and role dependence.

    \b
    standfast demo                                   a whole audit offline, on simulated subjects
    standfast init                                   write a suite file to start from
    standfast check suite.yaml                       say what it would ask, before anything is paid
    standfast run suite.yaml --model openai/gpt-5 --judge anthropic/claude-sonnet-4-5
    standfast gate runs/standard-1a2b3c4d            the verdict again, as an exit code

    Exit codes: 0 pass, 10 fail, 11 inconclusive, 12 evidence missing, 2 usage, 1 crash.
    """


@main.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Run folder. [default: runs/demo]")
@options.plain_errors
def demo(out: Path | None) -> None:
    """Run a whole audit offline on simulated subjects.

    Leaves a PDF, an HTML page and a verdict. Nothing leaves this machine, and nothing is learnt about a real model.
    The exit code is 0 when everything worked, whatever the verdict.

    \b
    Example:
      standfast demo --out /tmp/demo
    """
    from standfast.terminal import display

    folder = _run(DEMO_SUITE, out=out or Path("runs") / "demo", display=display(quiet=False))
    conclude(folder, as_json=False, allow_simulated=True)


@main.command()
@click.argument("suite")
@options.subjects
@options.judged
@options.received
@options.policy
@options.limited
@options.out
@options.connections
@options.capped
@options.priced
@click.option(
    "--only-logs",
    is_flag=True,
    help="Stop after the logs: no analysis, no verdict; exit 0, or 11 where its budget stopped it.",
)
@options.allow_simulated
@options.exit_zero
@options.as_json
@verbs_scale.spread
@options.plain_errors
def run(
    suite: str,
    models: tuple[str, ...],
    judges: tuple[str, ...],
    receivers: tuple[str, ...],
    policy: Path | None,
    limit: int | None,
    out: Path | None,
    max_connections: int | None,
    budget: "Budget",
    prices: Path | None,
    only_logs: bool,
    allow_simulated: bool,
    exit_zero: bool,
    as_json: bool,
    asks: Callable[[], Callable[..., Path]],
) -> None:
    """Run a suite on one or more models, then analyse, gate and report.

    The same command carries on an unfinished run: finished samples are not asked again. A run that its budget stopped
    is carried on with a larger one; until then its verdict is inconclusive at best. SUITE is a file, or the name of a
    shipped suite.

    \b
    Examples:
      standfast run standard --model openai/gpt-5 --judge anthropic/claude-sonnet-4-5
      standfast run suite.yaml --model openai/gpt-5 --judge anthropic/claude-sonnet-4-5 --max-dollars 50
      standfast run smoke --limit 50 --out /tmp/try --allow-simulated
    """
    from standfast.folder import stopped
    from standfast.terminal import display, print_json

    folder = _run(
        suite,
        models=models,
        judges=judges,
        receivers=receivers,
        policy=policy,
        limit=limit,
        out=out,
        display=display(quiet=as_json),
        max_connections=max_connections,
        budget=budget,
        price_list=prices,
        asks=asks,
        gated=not only_logs,
    )
    why = stopped(folder)
    if why:
        click.echo(f"standfast: {folder}: {why}. Run the same command with a larger cap to carry on", err=True)
    if only_logs:
        print_json({"run": str(folder), "stopped": why}) if as_json else click.echo(folder)
        sys.exit(UNFINISHED if why and not exit_zero else 0)
    decision = conclude(folder, as_json=as_json, allow_simulated=allow_simulated)
    sys.exit(0 if exit_zero else decision.exit_code)


@main.command("list")
@click.argument(
    "what",
    type=click.Choice(
        ["audits", "measures", "benchmarks", "personas", "balance", "roles", "suites", "subjects", "runs"]
    ),
)
@click.argument("folder", required=False, type=options.FOLDER)
@options.as_json
@options.plain_errors
def list_(what: str, folder: Path | None, as_json: bool) -> None:
    """List what a suite may name, or the runs in FOLDER, which is `runs` where none is given.

    \b
    Examples:
      standfast list measures
      standfast list runs
    """
    from standfast.listing import listing
    from standfast.terminal import print_json, print_table, rows_table

    if what == "runs":
        verbs_operating.list_runs(folder, as_json=as_json)
        return
    if folder:
        message = f"{folder}: only `standfast list runs` takes a folder"
        raise click.UsageError(message)
    rows = listing(what)
    if as_json:
        print_json({what: rows})
        return
    print_table(rows_table(rows))


@main.command()
@click.argument("what", type=click.Choice(["suite", "policy", "decision"]), default="suite")
@options.plain_errors
def schema(what: str) -> None:
    """Print the JSON Schema of the suite file or a policy's, for editors, or of decision.json, for programs.

    \b
    Examples:
      standfast schema > suite.schema.json
      standfast schema policy > gates.schema.json
      standfast schema decision > decision.schema.json
    """
    if what == "decision":
        from standfast import decision_schema

        click.echo(decision_schema.schema_text(), nl=False)
        return
    from standfast.suite import Policy, Suite, schema_text

    click.echo(schema_text(Policy if what == "policy" else Suite), nl=False)


def _run(
    suite: str,
    *,
    price_list: Path | None = None,
    asks: Callable[[], Callable[..., Path]] = verbs_scale.here,
    **settings: Any,
) -> Path:
    from standfast.terminal import progress

    with progress("loading"):
        from standfast import prices
        from standfast.listing import suite_file

        run_suite = asks()
    # Inspect shows its own progress on a terminal; it writes that, and a closing line always, to standard output.
    shown = progress("asking") if settings.get("display") == "none" else nullcontext()
    with shown, redirect_stdout(sys.stderr):
        return run_suite(
            suite_file(suite),
            prices=prices.load(prices.where(suite_file(suite), price_list)),
            notify=lambda notice: click.echo(f"notice: {notice}", err=True),
            **settings,
        )


for verb in (
    *verbs.VERBS,
    *verbs_decision.VERBS,
    *verbs_judging.VERBS,
    *verbs_operating.VERBS,
    *verbs_planning.VERBS,
    *verbs_scale.VERBS,
):
    main.add_command(verb)
