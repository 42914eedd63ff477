"""What the verbs of the command line share: arguments, options, and how a mistake is told."""

import errno
import math
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from standfast.errors import AuditError

P = ParamSpec("P")
R = TypeVar("R")
# Not a bug, and not a wrong suite.
MACHINE = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.ENAMETOOLONG,
)

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object to standard output.")
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
OUT_FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
run_folder = click.argument("run", type=FOLDER)
allow_simulated = click.option(
    "--allow-simulated", is_flag=True, help="Let a run with a simulated subject or judge exit 0. For tests alone."
)
against = click.option(
    "--baseline",
    type=FOLDER,
    help="Run folder of an earlier release, to compare with pair by pair (E8).",
)
policy = click.option(
    "--policy", type=FILE, help="gates.yaml: gates in a file of their own, in the place of the suite's."
)
exit_zero = click.option("--exit-zero", is_flag=True, help="Exit 0 whatever the verdict; read it from the JSON.")
from_pilot = click.option(
    "--pilot", type=FOLDER, help="Run folder of a pilot, to take the variances from that gates are planned with."
)
subjects = click.option("--model", "models", multiple=True, help="Subject, provider/model; may be given several times.")
judged = click.option(
    "--judge",
    "judges",
    multiple=True,
    help="Judge, provider/model; further ones read the suite's overlap.",
)
received = click.option(
    "--receiver",
    "receivers",
    multiple=True,
    help="Model that plays the person to be persuaded, provider/model; several take turns.",
)
out = click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Run folder. [default: by its name]")
connections = click.option("--max-connections", type=click.IntRange(min=1), help="Calls at once, per provider.")
priced = click.option(
    "--prices", type=FILE, help="Price list. [default: prices.yaml beside the suite, else the shipped one]"
)
limited = click.option("--limit", type=click.IntRange(min=1), help="Samples per audit and subject.")


_MACHINES = (
    click.option("--junit", type=OUT_FILE, help="Write the gates as JUnit XML."),
    click.option("--summary", type=OUT_FILE, help='Write Markdown; "$GITHUB_STEP_SUMMARY" is added to.'),
    click.option("--comment", type=OUT_FILE, help="Write the comment for a pull request, as Markdown."),
    click.option("--sarif", type=OUT_FILE, help="Write the gates that did not pass as SARIF."),
    click.option("--annotations", is_flag=True, help="Print GitHub annotations to standard error."),
)


def machines(function: Callable[..., R]) -> Callable[..., R]:
    """Add the options of machine outputs; they arrive together as `machines`."""

    @wraps(function)
    def wrapped(
        junit: Path | None,
        summary: Path | None,
        comment: Path | None,
        sarif: Path | None,
        annotations: bool,
        **others: Any,
    ) -> R:
        chosen = {"junit": junit, "summary": summary, "comment": comment, "sarif": sarif, "annotations": annotations}
        return function(machines=chosen, **others)

    for option in reversed(_MACHINES):
        wrapped = option(wrapped)
    return wrapped


_CAPS = (
    click.option("--max-dollars", type=click.FloatRange(min=0, min_open=True), help="Cap on the price of all calls."),
    click.option("--max-tokens", type=click.IntRange(min=1), help="Cap on tokens, asked and answered."),
    click.option("--max-calls", type=click.IntRange(min=1), help="Cap on calls, repeated ones counted."),
    click.option("--max-minutes", type=click.FloatRange(min=0, min_open=True), help="Cap on the time under way."),
)


def capped(function: Callable[..., R]) -> Callable[..., R]:
    """Add the caps on a whole run; they arrive together as `budget`, empty where none is given."""

    @wraps(function)
    def wrapped(
        max_dollars: float | None,
        max_tokens: int | None,
        max_calls: int | None,
        max_minutes: float | None,
        **others: Any,
    ) -> R:
        from standfast.budgets import Budget

        caps = {"dollars": max_dollars, "tokens": max_tokens, "calls": max_calls, "minutes": max_minutes}
        if any(cap in (math.inf, -math.inf) or cap != cap for cap in caps.values()):
            message = "a cap must be a finite number; leave it out for none"
            raise click.BadParameter(message)
        return function(budget=Budget.model_validate(caps), **others)

    for option in reversed(_CAPS):
        wrapped = option(wrapped)
    return wrapped


def plain_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Print what the user can mend as one line and exit 2, or 12 for evidence; let bugs show their traceback."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except AuditError as error:
            click.echo(f"standfast: {error}", err=True)
            sys.exit(error.exit_code)
        except OSError as error:
            if error.errno not in MACHINE:
                raise
            click.echo(f"standfast: {error.filename or 'the run folder'}: {error.strerror}", err=True)
            sys.exit(1)

    return wrapped
