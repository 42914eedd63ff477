"""The verbs around a decision: certify, bundle and verify."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from standfast import options
from standfast.errors import RunError
from standfast.folder import put


@click.command()
@click.argument("target")
@click.option("--replays", type=click.IntRange(min=2), default=100, show_default=True, help="Replays.")
@click.option("--seed", type=click.IntRange(min=0), help="Fixes the draws. [default: the run's, or the suite's]")
@click.option("--workers", type=click.IntRange(min=1), help="Processes. [default: as many as there are processors]")
@options.policy
@click.option("--out", type=options.OUT_FILE, help="Where to for a suite, JSON. [default: printed only]")
@options.as_json
@options.plain_errors
def certify(
    target: str,
    replays: int,
    seed: int | None,
    workers: int | None,
    policy: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Replay a policy, and say how often it would decide otherwise on an identical rerun, or falsely at its margins.

    TARGET is a run folder that was decided on, which then holds certificate.json for the report; or a suite, before
    anything is asked, with gates of its own or those of --policy.

    \b
    Examples:
      standfast certify runs/standard-1a2b3c4d
      standfast certify release --replays 1000
    """
    from standfast import certifying
    from standfast.analysis import certificate
    from standfast.listing import suite_file
    from standfast.plan import plan
    from standfast.terminal import print_json, print_table, progress, rows_table

    folder = Path(target)
    if folder.is_dir() and (policy or out):
        message = f"{folder}: is a run folder, which is certified as it was decided; leave out --policy and --out"
        raise RunError(message)
    with progress("replaying"):
        if folder.is_dir():
            made = certifying.of_run(folder, replays=replays, seed=seed, workers=workers)
        else:
            planned = plan(suite_file(target), policy=policy)
            made = certifying.of_plan(planned, replays=replays, seed=seed, workers=workers)
    if out:
        put(out, certificate.to_json(made).encode())
    if as_json:
        print_json(json.loads(certificate.to_json(made)))
        return
    print_table(rows_table(certifying.rows(made)))
    for line in (*made.left_out, made.basis):
        click.echo(_visible(line))


@click.command()
@options.run_folder
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to; a folder, or a zip file where the name ends in .zip. [default: RUN.zip]",
)
@click.option("--sign", "key", type=options.FILE, help="Private ed25519 key, PEM or OpenSSH, to sign with.")
@options.against
@click.option(
    "--log-url", default="", help="Where Inspect's viewer will show the logs; the reports link samples there."
)
@click.option("--summary", type=click.Path(path_type=Path, dir_okay=False), help="Markdown file to add the hashes to.")
@options.as_json
@options.plain_errors
def bundle(
    run: Path,
    out: Path | None,
    key: Path | None,
    baseline: Path | None,
    log_url: str,
    summary: Path | None,
    as_json: bool,
) -> None:
    """Pack what a decision rests on, for someone who does not trust you: logs, policy, findings, decision, reports.

    Prints the hash of the bundle's manifest; keep it where the bundle is not. A run that was compared with an earlier
    one needs that one's folder as --baseline.

    \b
    Examples:
      standfast bundle runs/standard-1a2b3c4d --out evidence.zip
      standfast bundle runs/standard-1a2b3c4d --out evidence --sign release.pem
    """
    from standfast.bundling import bundle as pack
    from standfast.terminal import print_json, progress

    with progress("packing"):
        made = pack(run, out, key=key, baseline=baseline, log_url=log_url)
    if summary:
        with summary.open("a", encoding="utf-8") as file:
            file.write(f"\nEvidence `{made.evidence}`, manifest `{made.manifest_sha256}` (sha256)\n")
    if as_json:
        print_json({**asdict(made), "path": str(made.path)})
        return
    click.echo(f"{made.path}\n{'manifest':<9} {made.manifest_sha256}\n{'evidence':<9} {made.evidence}")
    click.echo(f"next: standfast verify {made.path}", err=True)


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, exists=True))
@click.option("--key", type=options.FILE, help="Public ed25519 key that must have signed it, PEM or OpenSSH.")
@click.option("--reports/--no-reports", default=True, help="Whether to set the reports again and compare every byte.")
@click.option("--replays", is_flag=True, help="Repeat the replays of the A/A certificate too.")
@options.as_json
@options.plain_errors
def verify(bundle: Path, key: Path | None, reports: bool, replays: bool, as_json: bool) -> None:
    """Hold a bundle against itself: every byte, then values, findings and decision computed from its logs again.

    Exits 0 where the bundle holds, whatever was decided, and 12 where anything differs, each difference named.

    \b
    Examples:
      standfast verify evidence.zip
      standfast verify evidence.zip --key release.pub
    """
    from standfast.terminal import print_json, progress
    from standfast.verifying import verify as hold

    with progress("reading every byte and computing everything again"):
        found = hold(bundle, key=key, reports=reports, replays=replays)
    if as_json:
        print_json({**asdict(found), "holds": found.holds})
    else:
        for head, lines in (("DIFFERS", found.differences), ("NOTE", found.notes)):
            for line in lines:
                click.echo(f"{head:<8} {_visible(line)}")
        click.echo(f"HOLDS    {'yes' if found.holds else 'no'}")
        if found.holds:
            click.echo(f"DECIDED  {found.verdict} (exit code {found.exit_code})\nMANIFEST {found.manifest_sha256}")
    sys.exit(0 if found.holds else 12)


def _visible(text: str) -> str:
    """Spell out what could move a terminal's cursor; the text comes with the bundle."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


VERBS: tuple[click.Command, ...] = (certify, bundle, verify)
