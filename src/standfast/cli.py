"""The front door: the verbs of the command line.

Results go to standard output and everything else to standard error. Exit codes: 0 pass, 10 fail, 11 inconclusive,
12 evidence missing or not comparable, 1 crash, 2 usage.
"""

import sys
from contextlib import nullcontext, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import standfast
from standfast import options, verbs, verbs_decision, verbs_judging
from standfast.errors import SuiteError
from standfast.verbs import conclude

# Inspect, pandas and matplotlib take seconds to import; each verb imports what it needs.
if TYPE_CHECKING:
    from standfast.prospects import Pilot

DEMO_SUITE = "smoke"


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
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@options.plain_errors
def init(folder: Path) -> None:
    """Write a suite file to start from.

    \b
    Example:
      standfast init my-audit && standfast check my-audit/suite.yaml
    """
    from standfast.listing import suite_file
    from standfast.suite import schema_text

    target = folder / "suite.yaml"
    if target.exists():
        message = f"{target}: exists already; nothing was written"
        raise SuiteError(message)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "suite.schema.json").write_text(schema_text(), encoding="utf-8")
    head = "# yaml-language-server: $schema=suite.schema.json\n"
    body = suite_file("standard").read_text("utf-8").split("\n", 1)[1]
    target.write_text(head + body, encoding="utf-8")
    click.echo(f"wrote {target} and {folder / 'suite.schema.json'}")
    click.echo(f"next: standfast check {target}", err=True)


@main.command()
@click.argument("suite")
@options.subjects
@options.judged
@options.received
@options.policy
@options.limited
@options.from_pilot
@click.option("--reply-tokens", type=click.FloatRange(min=1), help="Tokens of a reply. [default: 250 assumed]")
@options.as_json
@options.plain_errors
def check(
    suite: str,
    models: tuple[str, ...],
    judges: tuple[str, ...],
    receivers: tuple[str, ...],
    policy: Path | None,
    limit: int | None,
    pilot: Path | None,
    reply_tokens: float | None,
    as_json: bool,
) -> None:
    """Validate a suite, and say what it would ask and what its gates can show; calls no model.

    \b
    Example:
      standfast check suites/standard.yaml --model openai/gpt-5 --judge anthropic/claude-sonnet-4-5
    """
    from standfast.listing import suite_file
    from standfast.plan import plan
    from standfast.prospects import prospects
    from standfast.terminal import plan_table, print_json, print_prospects, print_table, tokens_table

    planned = plan(suite_file(suite), models=models, judges=judges, receivers=receivers, limit=limit, policy=policy)
    for notice in planned.notices():
        click.echo(f"notice: {notice}", err=True)
    found = prospects(planned, _pilot(pilot) if pilot else None)
    used = planned.usage(reply_tokens)
    if as_json:
        print_json({**planned.calls(), "tokens": used, "gates": [asdict(prospect) for prospect in found]})
        return
    print_table(plan_table(planned.calls()))
    print_table(tokens_table(used, len(planned.models) or 1))
    print_prospects(found)


@main.command()
@click.argument("suite")
@options.subjects
@options.judged
@options.received
@options.policy
@options.limited
@options.out
@options.connections
@click.option("--only-logs", is_flag=True, help="Stop after the logs: no analysis, no verdict, exit 0.")
@options.allow_simulated
@options.exit_zero
@options.as_json
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
    only_logs: bool,
    allow_simulated: bool,
    exit_zero: bool,
    as_json: bool,
) -> None:
    """Run a suite on one or more models, then analyse, gate and report.

    The same command carries on an unfinished run: finished samples are not asked again. SUITE is a file, or the name
    of a shipped suite.

    \b
    Examples:
      standfast run standard --model openai/gpt-5 --judge anthropic/claude-sonnet-4-5
      standfast run smoke --limit 50 --out /tmp/try --allow-simulated
    """
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
        gated=not only_logs,
    )
    if only_logs:
        print_json({"run": str(folder)}) if as_json else click.echo(folder)
        return
    decision = conclude(folder, as_json=as_json, allow_simulated=allow_simulated)
    sys.exit(0 if exit_zero else decision.exit_code)


@main.command("list")
@click.argument(
    "what",
    type=click.Choice(["audits", "measures", "benchmarks", "personas", "balance", "roles", "suites", "subjects"]),
)
@options.as_json
@options.plain_errors
def list_(what: str, as_json: bool) -> None:
    """List what a suite may name.

    \b
    Example:
      standfast list measures
    """
    from standfast.listing import listing
    from standfast.terminal import print_json, print_table, rows_table

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


def _pilot(run: Path) -> "Pilot":
    """Return what a finished run tells about variances."""
    from standfast import folder, stored
    from standfast.prospects import Pilot

    record = folder.read(run)
    return Pilot(stored.read_results(run, record).fits, record["simulated"])


def _run(suite: str, **settings: Any) -> Path:
    from standfast.terminal import progress

    with progress("loading"):
        from standfast.listing import suite_file
        from standfast.run import run as run_suite
    # Inspect shows its own progress on a terminal; it writes that, and a closing line always, to standard output.
    shown = progress("asking") if settings.get("display") == "none" else nullcontext()
    with shown, redirect_stdout(sys.stderr):
        return run_suite(suite_file(suite), notify=lambda notice: click.echo(f"notice: {notice}", err=True), **settings)


for verb in (*verbs.VERBS, *verbs_decision.VERBS, *verbs_judging.VERBS):
    main.add_command(verb)
