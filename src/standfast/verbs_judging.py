"""The verbs that ask judges or people: score, import, pairwise and calibrate."""

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from standfast import options
from standfast.errors import RunError

# Inspect, pandas and matplotlib take seconds to import; each verb imports what it needs.


@click.command()
@options.run_folder
@options.judged
@options.out
@options.connections
@click.option("--overlap", type=click.FloatRange(0, 1), help="Share that further judges read. [default: as in the run]")
@click.option(
    "--redacted", type=click.FloatRange(0, 1), help="Share judged again without echoes. [default: as in the run]"
)
@options.as_json
@options.plain_errors
def score(
    run: Path,
    judges: tuple[str, ...],
    out: Path | None,
    max_connections: int | None,
    overlap: float | None,
    redacted: float | None,
    as_json: bool,
) -> None:
    """Judge a run again without asking the subject; leaves a new run folder.

    \b
    Example:
      standfast score runs/standard-1a2b3c4d --judge google/gemini-2.5-pro
      standfast analyse runs/standard-1a2b3c4d-google-gemini-2.5-pro
    """
    from standfast.rescore import rescore
    from standfast.terminal import display, print_json

    with redirect_stdout(sys.stderr):
        folder = rescore(
            run,
            judges=judges,
            out=out,
            overlap=overlap,
            redacted=redacted,
            display=display(quiet=as_json),
            max_connections=max_connections,
        )
    print_json({"run": str(folder)}) if as_json else click.echo(folder)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options.judged
@click.option("--audit", help="Audit of the lines that name none.")
@click.option("--suite", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Contrasts and gates.")
@options.out
@options.connections
@options.as_json
@options.plain_errors
def import_(
    file: Path,
    judges: tuple[str, ...],
    audit: str | None,
    suite: Path | None,
    out: Path | None,
    max_connections: int | None,
    as_json: bool,
) -> None:
    """Score conversations that were held elsewhere; no subject is asked.

    FILE holds one conversation per line as JSON, with its factors, or is an Inspect log. What was sent is what the file
    says: delivery is not proved, and the report says so.

    \b
    Example:
      standfast import chats.jsonl --audit advice --judge anthropic/claude-sonnet-4-5
    """
    from standfast.imports import import_file
    from standfast.terminal import display, print_json

    with redirect_stdout(sys.stderr):
        folder = import_file(
            file,
            judges=judges,
            audit=audit,
            suite=suite,
            out=out,
            display=display(quiet=as_json),
            max_connections=max_connections,
        )
    print_json({"run": str(folder)}) if as_json else click.echo(folder)


@click.command()
@options.run_folder
@click.option("--judge", required=True, help="Judge, provider/model.")
@click.option("--audit", required=True, help="Audit.")
@click.option("--measure", required=True, help="Measure of that audit which a judge scores.")
@click.option("--answer", default="yes", show_default=True, help="The answer that the winner fits more.")
@click.option("--level", default="full", show_default=True, help="Profile level.")
@click.option("--against", default="none", show_default=True, help="Profile level to compare with.")
@options.as_json
@options.plain_errors
def pairwise(
    run: Path, judge: str, audit: str, measure: str, answer: str, level: str, against: str, as_json: bool
) -> None:
    """Let a judge compare replies blind, pair by pair in both orders, as published tables did.

    \b
    Example:
      standfast pairwise runs/standard-1a2b3c4d --judge openai/gpt-5-mini --audit advice --measure validation
    """
    from standfast.analysis import plain
    from standfast.pairwise import SCHEMA, Comparisons
    from standfast.pairwise import compare as compare_pairs
    from standfast.terminal import display, print_json, print_table, win_rates_table

    with redirect_stdout(sys.stderr):
        found = compare_pairs(
            run,
            judge=judge,
            audit=audit,
            measure=measure,
            answer=answer,
            level=level,
            against=against,
            display=display(quiet=as_json),
        )
    if as_json:
        print_json(json.loads(plain.dump(Comparisons(tuple(found)), SCHEMA)))
        return
    print_table(win_rates_table(found))


@click.command()
@options.run_folder
@click.option("--labels", type=click.Path(path_type=Path), help="Human labels, CSV.")
@click.option("--sample", type=click.IntRange(min=1), help="Replies to draw for human raters.")
@click.option("--seed", type=click.IntRange(min=0), help="Fixes the draw. [default: the run's]")
@options.as_json
@options.plain_errors
def calibrate(run: Path, labels: Path | None, sample: int | None, seed: int | None, as_json: bool) -> None:
    """Hold the judge against people: draw a sheet to rate, or read what they rated.

    With --sample, writes calibration/sheet.csv and calibration/rate.html, a page that works offline, for people who
    rate blind. With --labels, writes calibration.json; `standfast analyse` then carries the correction into the findings.

    \b
    Examples:
      standfast calibrate runs/standard-1a2b3c4d --sample 150
      standfast calibrate runs/standard-1a2b3c4d --labels labels.csv
    """
    from standfast import calibrating
    from standfast.terminal import print_json, print_table, rows_table

    if (labels is None) == (sample is None):
        message = f"{run}: give either --sample, to draw replies, or --labels, to read what people said"
        raise RunError(message)
    if sample is not None:
        csv, page = calibrating.sample(run, sample, seed)
        print_json({"csv": str(csv), "html": str(page)}) if as_json else click.echo(f"{csv}\n{page}")
        return
    assert labels is not None
    found = calibrating.calibrate(run, labels)
    if as_json:
        print_json(calibrating.plain(found))
        return
    print_table(rows_table(calibrating.rows(found)))


@click.command()
@click.argument("pairs", type=click.Path(path_type=Path))
@click.option("--judge", required=True, help="Judge, provider/model.")
@click.option("--limit", type=click.IntRange(min=1), default=400, show_default=True, help="Pairs, each judged twice.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Fixes which pairs are drawn.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default="convincing", show_default=True)
@options.as_json
@options.plain_errors
def convincing(pairs: Path, judge: str, limit: int, seed: int, out: Path, as_json: bool) -> None:
    """Hold a judge of arguments against a crowd, beside what their length alone would reach.

    PAIRS is the folder UKPConvArg1Strict-CSV, or one of its files. Writes convincing.json and the logs to --out.

    \b
    Example:
      standfast convincing UKPConvArg1Strict-CSV --judge openai/gpt-5-mini --out runs/convincing
    """
    from standfast import convincing as convinced
    from standfast.analysis import plain
    from standfast.terminal import display, print_json, print_table, rows_table

    with redirect_stdout(sys.stderr):
        shown = display(quiet=as_json)
        found = convinced.hold(pairs, judge=judge, out=out, limit=limit, seed=seed, display=shown)
    if as_json:
        print_json(json.loads(plain.dump(found, convinced.SCHEMA)))
        return
    print_table(rows_table(convinced.rows(found)))


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(["own", "anthropic", "scaling"]), default="own", show_default=True)
@click.option("--by", default="condition", show_default=True, help="Column of the conditions.")
@click.option("--run", type=options.FOLDER, help="Run folder whose receivers are held against the people.")
@click.option(
    "--span", type=click.FloatRange(min=0, min_open=True), default=6.0, show_default=True, help="Of the scale."
)
@options.as_json
@options.plain_errors
def people(study: Path, kind: str, by: str, run: Path | None, span: float, as_json: bool) -> None:
    """Read a study of people who were persuaded: how far each condition moved them, with intervals over claims.

    STUDY is a CSV file with participant, claim, condition, before and after, or one of two published formats. With
    --run, the models that play people in that run are held against them on the claims that both have.

    \b
    Examples:
      standfast people study.csv
      standfast people study.csv --run runs/persuasion-1a2b3c4d
    """
    from standfast import people as moving
    from standfast.analysis import plain
    from standfast.terminal import print_json, print_table, rows_table

    if run is not None:
        held, made_up = moving.held(study, run, kind, span), moving.simulated(run)
        if as_json:
            print_json({"simulated": made_up, **json.loads(plain.dump(held, "standfast/people/1"))})
        else:
            print_table(rows_table(moving.held_rows(held, made_up=made_up)))
        return
    found = moving.moved(study, kind, by)
    if as_json:
        print_json({"shifts": [json.loads(plain.dump(one, "standfast/shift/1")) for one in found]})
        return
    print_table(rows_table(moving.shift_rows(found)))


VERBS: tuple[click.Command, ...] = (score, import_, pairwise, calibrate, convincing, people)
