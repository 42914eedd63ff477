"""The verbs after a run: analyse, gate and report."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from standfast import options
from standfast.errors import AuditError

# Inspect, pandas and matplotlib take seconds to import; each verb imports what it needs.
if TYPE_CHECKING:
    from standfast.analysis.decisions import Decision


@click.command()
@options.run_folder
@options.against
@options.policy
@options.as_json
@options.plain_errors
def analyse(run: Path, baseline: Path | None, policy: Path | None, as_json: bool) -> None:
    """Read a run's logs, fit the models and write findings.

    With --baseline also how the subject differs from an earlier release, on the same items, personas and conditions.
    Gates on E8 need it; without it they have no evidence. With --policy what another policy reads is found as well.

    \b
    Examples:
      standfast analyse runs/standard-1a2b3c4d
      standfast analyse runs/standard-1a2b3c4d --baseline runs/standard-5e6f7a8b
    """
    from standfast import stages
    from standfast.analysis import results
    from standfast.analysis.spreading import cores
    from standfast.terminal import findings_table, print_json, print_table

    found = stages.analyse(run, baseline=baseline, policy=policy, remember=True, processes=cores())
    if as_json:
        print_json(json.loads(results.to_json(found)))
        return
    print_table(findings_table(found))


@click.command()
@options.run_folder
@options.policy
@click.option(
    "--waivers", "waived", type=options.FILE, help="Which gates need not hold for a while; see docs/gates.md."
)
@click.option(
    "--on-inconclusive",
    "inconclusive",
    type=click.Choice(["block", "warn"]),
    default="block",
    show_default=True,
    help="Whether a decision that is merely inconclusive holds the release (exit 11) or lets it go on (exit 0).",
)
@options.machines
@options.allow_simulated
@options.exit_zero
@options.as_json
@options.plain_errors
def gate(
    run: Path,
    policy: Path | None,
    waived: Path | None,
    inconclusive: Literal["block", "warn"],
    machines: dict[str, Any],
    allow_simulated: bool,
    exit_zero: bool,
    as_json: bool,
) -> None:
    """Decide on a run by the gates that were fixed before it; the verdict is the exit code.

    Another policy than that one makes the decision post hoc: it is shown, marked, and never exits 0.

    \b
    Examples:
      standfast gate runs/standard-1a2b3c4d --junit gates.xml --annotations
      standfast gate runs/standard-1a2b3c4d --waivers waivers.yaml --json
    """
    from standfast import folder, stages
    from standfast.reports import machines as machine

    try:
        decision = stages.gate(
            run, allow_simulated=allow_simulated, policy=policy, waived=waived, inconclusive=inconclusive
        )
    except AuditError as error:
        machine.refuse(error, run, policy=policy, **machines)
        raise
    machine.write(decision, folder.read(run), policy=policy, **machines)
    show(decision, as_json=as_json)
    sys.exit(0 if exit_zero else decision.exit_code)


@click.command()
@options.run_folder
@click.option("--log-url", default="", help="Where Inspect's viewer shows the logs; samples are linked there.")
@options.as_json
@options.plain_errors
def report(run: Path, log_url: str, as_json: bool) -> None:
    """Write report.pdf, report.html and report.md into the run folder.

    \b
    Example:
      standfast report runs/standard-1a2b3c4d
    """
    from standfast import stages
    from standfast.terminal import print_json

    pdf, html, md = stages.report(run, log_url=log_url)
    print_json({"pdf": str(pdf), "html": str(html), "md": str(md)}) if as_json else click.echo(f"{pdf}\n{html}\n{md}")


@click.command()
@options.run_folder
@click.argument("base", type=options.FOLDER)
@options.as_json
@options.plain_errors
def compare(run: Path, base: Path, as_json: bool) -> None:
    """Show what changed since an earlier run: paired differences, and the items that flipped, with both transcripts.

    Refuses runs that are not comparable, and names every mismatch. Decides nothing: gates on E8 do.

    \b
    Example:
      standfast compare runs/standard-1a2b3c4d runs/standard-5e6f7a8b
    """
    from standfast.analysis import comparison
    from standfast.comparing import compare as hold
    from standfast.terminal import changes_table, findings_table, print_json, print_table, progress

    with progress("comparing"):
        found, page = hold(run, base)
    if as_json:
        print_json({**json.loads(comparison.to_json(found)), "html": str(page)})
        return
    print_table(findings_table(found))
    print_table(changes_table(found.items))
    click.echo(f"HTML     {page}")


def conclude(folder: Path, *, as_json: bool, allow_simulated: bool) -> "Decision":
    """Analyse, gate and report, and print the outcome."""
    from standfast import stages
    from standfast.analysis.spreading import cores
    from standfast.terminal import progress

    with progress("fitting models"):
        stages.analyse(folder, processes=cores())
    decision = stages.gate(folder, allow_simulated=allow_simulated)
    with progress("setting the report"):
        pdf, html, md = stages.report(folder)
    show(decision, as_json=as_json, pdf=str(pdf), html=str(html), md=str(md), run=str(folder))
    return decision


def show(decision: "Decision", *, as_json: bool, **files: str) -> None:
    """Print a decision, and where the files are."""
    from standfast.terminal import print_decision, print_json

    if not as_json:
        print_decision(decision, **{name: path for name, path in files.items() if name != "run"})
        return
    from standfast.analysis import decisions

    print_json({**json.loads(decisions.to_json(decision)), **files})


VERBS: tuple[click.Command, ...] = (analyse, gate, report, compare)
