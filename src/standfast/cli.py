"""The front door: the verbs of the command line.

Results go to standard output and everything else to standard error. Exit codes: 0 pass, 10 fail, 11 inconclusive,
12 evidence missing or not comparable, 1 crash, 2 usage.
"""

import errno
import json
import sys
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

import standfast
from standfast.errors import AuditError, SuiteError

# Inspect, pandas and matplotlib take seconds to import; each verb imports what it needs.
if TYPE_CHECKING:
    from standfast.analysis.gates import Decision

P = ParamSpec("P")
R = TypeVar("R")
USAGE = 2
MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)  # not a bug, and not a wrong suite
DEMO_SUITE = "smoke"

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object to standard output.")
run_folder = click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
allow_simulated = click.option(
    "--allow-simulated", is_flag=True, help="Let a run with a simulated subject or judge exit 0. For tests alone."
)
exit_zero = click.option("--exit-zero", is_flag=True, help="Exit 0 whatever the verdict; read it from the JSON.")


def plain_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Print what the user can mend as one line and exit 2; let bugs show their traceback."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except AuditError as error:
            click.echo(f"standfast: {error}", err=True)
            sys.exit(USAGE)
        except OSError as error:
            if error.errno not in MACHINE:
                raise
            click.echo(f"standfast: {error.filename or 'the run folder'}: {error.strerror}", err=True)
            sys.exit(1)

    return wrapped


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
@plain_errors
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
    _conclude(folder, as_json=False, allow_simulated=True)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@plain_errors
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
@click.option("--model", "models", multiple=True, help="Subject, provider/model; may be given several times.")
@click.option("--judge", help="Judge, provider/model.")
@click.option("--limit", type=click.IntRange(min=1), help="Samples per audit and subject.")
@as_json
@plain_errors
def check(suite: str, models: tuple[str, ...], judge: str | None, limit: int | None, as_json: bool) -> None:
    """Validate a suite and say what it would ask; calls no model.

    \b
    Example:
      standfast check suites/standard.yaml --model openai/gpt-5 --judge anthropic/claude-sonnet-4-5
    """
    from standfast.listing import suite_file
    from standfast.plan import plan
    from standfast.terminal import plan_table, print_json, print_table

    planned = plan(suite_file(suite), models=models, judge=judge, limit=limit).calls()
    if as_json:
        print_json(planned)
        return
    print_table(plan_table(planned))


@main.command()
@click.argument("suite")
@click.option("--model", "models", multiple=True, help="Subject, provider/model; may be given several times.")
@click.option("--judge", help="Judge, provider/model.")
@click.option("--limit", type=click.IntRange(min=1), help="Samples per audit and subject.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Run folder. [default: runs/<suite>-<hash>]"
)
@click.option("--max-connections", type=click.IntRange(min=1), help="Calls at once, per provider.")
@click.option("--only-logs", is_flag=True, help="Stop after the logs: no analysis, no verdict, exit 0.")
@allow_simulated
@exit_zero
@as_json
@plain_errors
def run(
    suite: str,
    models: tuple[str, ...],
    judge: str | None,
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
        judge=judge,
        limit=limit,
        out=out,
        display=display(quiet=as_json),
        max_connections=max_connections,
        gated=not only_logs,
    )
    if only_logs:
        print_json({"run": str(folder)}) if as_json else click.echo(folder)
        return
    decision = _conclude(folder, as_json=as_json, allow_simulated=allow_simulated)
    sys.exit(0 if exit_zero else decision.exit_code)


@main.command()
@run_folder
@as_json
@plain_errors
def analyse(run: Path, as_json: bool) -> None:
    """Read a run's logs, fit the models and write findings.

    \b
    Example:
      standfast analyse runs/standard-1a2b3c4d
    """
    from standfast import stages
    from standfast.analysis import results
    from standfast.terminal import findings_table, print_json, print_table

    found = stages.analyse(run)
    if as_json:
        print_json(json.loads(results.to_json(found)))
        return
    print_table(findings_table(found))


@main.command()
@run_folder
@allow_simulated
@exit_zero
@as_json
@plain_errors
def gate(run: Path, allow_simulated: bool, exit_zero: bool, as_json: bool) -> None:
    """Decide on a run by the gates of its suite; the verdict is the exit code.

    \b
    Example:
      standfast gate runs/standard-1a2b3c4d --json
    """
    from standfast import stages

    decision = stages.gate(run, allow_simulated=allow_simulated)
    _show(decision, as_json=as_json)
    sys.exit(0 if exit_zero else decision.exit_code)


@main.command()
@run_folder
@as_json
@plain_errors
def report(run: Path, as_json: bool) -> None:
    """Write report.pdf and report.html into the run folder.

    \b
    Example:
      standfast report runs/standard-1a2b3c4d
    """
    from standfast import stages
    from standfast.terminal import print_json

    pdf, html = stages.report(run)
    print_json({"pdf": str(pdf), "html": str(html)}) if as_json else click.echo(f"{pdf}\n{html}")


@main.command("list")
@click.argument("what", type=click.Choice(["audits", "measures", "personas", "roles", "suites", "subjects"]))
@as_json
@plain_errors
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
@plain_errors
def schema() -> None:
    """Print the JSON Schema of the suite file, for editors.

    \b
    Example:
      standfast schema > suite.schema.json
    """
    from standfast.suite import schema_text

    click.echo(schema_text(), nl=False)


def _run(suite: str, **options: Any) -> Path:
    from standfast.terminal import progress

    with progress("loading"):
        from standfast.listing import suite_file
        from standfast.run import run as run_suite
    # Inspect shows its own progress on a terminal; it writes that, and a closing line always, to standard output.
    shown = progress("asking") if options.get("display") == "none" else nullcontext()
    with shown, redirect_stdout(sys.stderr):
        return run_suite(suite_file(suite), **options)


def _conclude(folder: Path, *, as_json: bool, allow_simulated: bool) -> "Decision":
    """Analyse, gate and report, and print the outcome."""
    from standfast import stages
    from standfast.terminal import progress

    with progress("fitting models"):
        stages.analyse(folder)
    decision = stages.gate(folder, allow_simulated=allow_simulated)
    with progress("setting the report"):
        pdf, html = stages.report(folder)
    _show(decision, as_json=as_json, pdf=str(pdf), html=str(html), run=str(folder))
    return decision


def _show(decision: "Decision", *, as_json: bool, **files: str) -> None:
    from standfast.terminal import print_decision, print_json

    if not as_json:
        print_decision(decision, **{name: path for name, path in files.items() if name != "run"})
        return
    from standfast.analysis import gates

    print_json({**json.loads(gates.to_json(decision)), **files})
