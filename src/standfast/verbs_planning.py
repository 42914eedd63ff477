"""The verbs before a run: write a suite to start from, and say what it asks, costs and can show."""

from pathlib import Path

import click

from standfast import options
from standfast.errors import SuiteError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@options.plain_errors
def init(folder: Path) -> None:
    """Write a suite file and a price list to start from.

    \b
    Example:
      standfast init my-audit && standfast check my-audit/suite.yaml
    """
    from standfast import prices
    from standfast.listing import suite_file
    from standfast.suite import schema_text

    target, price_list = folder / "suite.yaml", folder / prices.PRICES_FILE
    for path in (target, price_list):
        if path.exists():
            message = f"{path}: exists already; nothing was written"
            raise SuiteError(message)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "suite.schema.json").write_text(schema_text(), encoding="utf-8")
    head = "# yaml-language-server: $schema=suite.schema.json\n"
    body = suite_file("standard").read_text("utf-8").split("\n", 1)[1]
    target.write_text(head + body, encoding="utf-8")
    price_list.write_bytes(prices.shipped().read_bytes())
    click.echo(f"wrote {target}, {price_list} and {folder / 'suite.schema.json'}")
    click.echo(f"next: standfast check {target}", err=True)


@click.command()
@click.argument("suite")
@options.subjects
@options.judged
@options.received
@options.policy
@options.limited
@options.from_pilot
@click.option("--reply-tokens", type=click.FloatRange(min=1), help="Tokens of a reply. [default: 250 assumed]")
@options.priced
@options.connections
@click.option("--latency", type=click.FloatRange(min=0), help="Seconds of a call. [default: 5 assumed]")
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
    prices: Path | None,
    max_connections: int | None,
    latency: float | None,
    as_json: bool,
) -> None:
    """Validate a suite, and say what it would ask, what that costs and what its gates can show; calls no model.

    \b
    Example:
      standfast check suites/standard.yaml --model openai/gpt-5 --judge anthropic/claude-sonnet-4-5
    """
    from standfast import checking, costs
    from standfast import prices as price_lists
    from standfast.listing import suite_file
    from standfast.plan_tables import print_costs, print_detectable, print_offers
    from standfast.terminal import plan_table, print_json, print_prospects, print_table, tokens_table

    file = suite_file(suite)
    asked = checking.Asked(
        suite=file,
        prices=price_lists.where(file, prices),
        policy=policy,
        pilot=pilot,
        models=models,
        judges=judges,
        receivers=receivers,
        limit=limit,
        reply_tokens=reply_tokens,
    )
    found = checking.check(asked)
    for notice in found.notices:
        click.echo(f"notice: {notice}", err=True)
    pace = costs.Pace(max_connections or costs.CONNECTIONS, costs.LATENCY if latency is None else latency)
    if as_json:
        print_json(found.told(pace))
        return
    print_table(plan_table(found.calls))
    print_table(tokens_table(found.tokens, len(found.calls["models"]) or 1))
    print_costs(found.lines, found.prices, found.budget, pace)
    print_prospects(found.gates)
    print_detectable(found.gates)
    print_offers(found.offers, found.gates)


VERBS: tuple[click.Command, ...] = (init, check)
