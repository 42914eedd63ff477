"""More than one machine: a suite in parts, and the parts as one run."""

from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from standfast import options

if TYPE_CHECKING:
    from standfast.budgets import Budget

R = TypeVar("R")

# Inspect and Ray take seconds to import; each verb imports what it needs.


class Scale(NamedTuple):
    """How a run is spread over machines.

    Attributes:
        part: The part that this machine asks, as `3/16`; empty for all.
        engine: `local` or `ray`.
        of: How many parts a cluster asks.
        storage: Where they lie, `None` beside the run folder.
        rate: Calls a second at most, over all machines.
        address: Of the Ray cluster.
    """

    part: str
    engine: str
    of: int | None
    storage: str | None
    rate: float | None
    address: str | None


_SPREAD = (
    click.option("--part", default="", metavar="K/N", help="Ask one of N parts of the samples, such as 3/16."),
    click.option("--engine", type=click.Choice(["local", "ray"]), default="local", help="Where parts are asked."),
    click.option("--parts", "of", type=click.IntRange(min=1), help="How many parts the engine ray asks."),
    click.option("--storage", metavar="PLACE", help="Shared folder or s3://... of the parts. [default: OUT-parts]"),
    click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Calls a second, over all parts of ray."),
    click.option("--ray-address", "address", help="Of the Ray cluster. [default: RAY_ADDRESS, else this machine]"),
)


def spread(function: Callable[..., R]) -> Callable[..., R]:
    """Add how a run is spread over machines; it arrives as `asks`, which has the arguments of `run.run`."""

    @wraps(function)
    def wrapped(
        part: str,
        engine: str,
        of: int | None,
        storage: str | None,
        rate: float | None,
        address: str | None,
        **others: Any,
    ) -> R:
        scale = Scale(part, engine, of, storage, rate, address)
        _check(scale, others)
        return function(asks=lambda: _asks(scale), **others)

    for option in reversed(_SPREAD):
        wrapped = option(wrapped)
    return wrapped


def _check(scale: Scale, others: dict[str, Any]) -> None:
    """Refuse options that do not go together."""
    wrong = ""
    if scale.engine == "ray":
        if scale.part:
            wrong = "--part is for machines without an engine; --engine ray deals parts out itself"
        elif scale.of is None:
            wrong = "--engine ray needs --parts N, some four to each core of the cluster"
    elif any(given is not None for given in (scale.of, scale.storage, scale.rate, scale.address)):
        wrong = "--parts, --storage, --rate and --ray-address are for --engine ray"
    elif scale.part and not others.get("only_logs"):
        wrong = "--part needs --only-logs: a part alone has no verdict; `standfast collect` joins the parts"
    if wrong:
        raise click.UsageError(wrong)
    if scale.part:
        _parse(scale.part)


def _parse(text: str) -> Any:
    from standfast.parts import parse

    try:
        return parse(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def here() -> Callable[..., Path]:
    """Return what runs a whole suite in this process."""
    from standfast.run import run

    return run


def _asks(scale: Scale) -> Callable[..., Path]:
    """Return what runs a suite."""
    if scale.engine == "ray" and scale.of:
        from standfast import cluster

        return partial(cluster.run, of=scale.of, shared=scale.storage, rate=scale.rate, address=scale.address)
    return partial(here(), part=_parse(scale.part)) if scale.part else here()


@click.command()
@click.argument("suite")
@click.option("--of", type=click.IntRange(min=1), required=True, help="How many parts.")
@options.subjects
@options.judged
@options.received
@options.policy
@options.limited
@options.connections
@options.capped
@options.priced
@click.option("--image", default="standfast:0.1.0", show_default=True, help="Container image of the Kubernetes job.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The plan's folder, on storage that all machines see.",
)
@options.as_json
@options.plain_errors
def shard(
    suite: str,
    of: int,
    models: tuple[str, ...],
    judges: tuple[str, ...],
    receivers: tuple[str, ...],
    policy: Path | None,
    limit: int | None,
    max_connections: int | None,
    budget: "Budget",
    prices: Path | None,
    image: str,
    out: Path,
    as_json: bool,
) -> None:
    """Write a plan that several machines ask, one part each, with jobs for Slurm and Kubernetes; calls no model.

    Each part gets its share of the budget, so that all together keep it.

    \b
    Examples:
      standfast shard standard --of 16 --model openai/gpt-5 --judge anthropic/claude-sonnet-4-5 --out plan
      cd plan && sbatch slurm.sh
      standfast collect plan --out runs/standard
    """
    from standfast import metering, sharding
    from standfast import prices as price_lists
    from standfast.listing import suite_file
    from standfast.plan import plan
    from standfast.terminal import print_json

    source = suite_file(suite)
    todo = plan(source, models=models, judges=judges, receivers=receivers, limit=limit, policy=policy)
    listed = price_lists.where(source, prices)
    caps = (todo.suite.budget or metering.Budget()).under(budget)
    named = dict.fromkeys((*todo.models, *todo.judges, *todo.receivers), "model")
    metering.check(caps, price_lists.load(listed), named, source)
    sharding.shard(todo, of, out, caps=budget, prices=listed, max_connections=max_connections, image=image)
    files = [str(out / name) for name in sharding.JOBS]
    print_json({"plan": str(out), "of": of, "jobs": files}) if as_json else click.echo("\n".join([str(out), *files]))


@click.command()
@click.argument("folders", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Run folder to write.")
@click.option("--partial", is_flag=True, help="Join although parts are missing; the run is then an unfinished one.")
@options.as_json
@options.plain_errors
def collect(folders: tuple[str, ...], out: Path, partial: bool, as_json: bool) -> None:
    """Join the parts of a run into one run folder, with the findings of a run on one machine.

    FOLDERS are run folders of parts, a folder that holds them, the plan that `standfast shard` wrote, or the storage
    of a Ray run, such as s3://bucket/run.

    \b
    Examples:
      standfast collect plan --out runs/standard
      standfast analyse runs/standard
    """
    from tempfile import TemporaryDirectory

    from standfast import collecting, storage
    from standfast.terminal import print_json

    with TemporaryDirectory(prefix="standfast-") as scratch:
        held = [storage.fetch(folder, Path(scratch) / str(i)) for i, folder in enumerate(folders)]
        joined = collecting.collect(held, out, partial=partial)
    for number, why in joined.unfinished.items():
        click.echo(f"part {number} is not finished: {why}", err=True)
    if joined.missing:
        click.echo(f"of {joined.of} parts are missing: {', '.join(map(str, joined.missing))}", err=True)
    told = {"run": str(out), "of": joined.of, "missing": list(joined.missing), "unfinished": sorted(joined.unfinished)}
    print_json(told) if as_json else click.echo(out)


VERBS: tuple[click.Command, ...] = (shard, collect)
