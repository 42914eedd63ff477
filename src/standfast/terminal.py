"""What the terminal shows. Names from outside are shown as text, never as rich's markup."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from standfast.analysis.comparison import Comparison as ReleaseComparison
    from standfast.analysis.comparison import ItemChange
    from standfast.analysis.contrasts import Finding
    from standfast.analysis.decisions import Decision, GateResult
    from standfast.analysis.results import Results
    from standfast.outlook import Prospect
    from standfast.pairwise import Comparison

STYLES = {"pass": "green", "fail": "red", "inconclusive": "yellow", "missing": "red", "waived": "magenta"}


def print_json(data: Any) -> None:
    """Print one object to standard output."""
    click.echo(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(table: Table) -> None:
    """Print a table to standard output."""
    console = Console()
    # Away from a terminal rich assumes 80 columns and squeezes the names out of a table.
    (console if console.is_terminal else Console(width=120)).print(table)


def print_decision(decision: "Decision", **files: str) -> None:
    """Print the gates, where the files are and, last, the verdict."""
    print_table(decision_table(decision))
    for name, path in files.items():
        click.echo(f"{name.upper():<8} {path}")
    click.echo(f"VERDICT  {decision.verdict} (exit code {decision.exit_code}): {decision.headline}")


def print_prospects(prospects: "Sequence[Prospect]") -> None:
    """Print a line per gate on what it can show, and what that rests on."""
    from standfast.outlook import SHARE

    click.echo()
    names = [max(len(text) for text in texts) for texts in zip(*((p.gate, p.contrast) for p in prospects), strict=True)]
    for p in prospects:
        mark = "!" if p.doubtful else " "
        width = "" if p.half_width is None else f"half-width ±{_rounded(p.half_width, p.unit)}  "
        click.echo(f"{mark} {p.gate:<{names[0]}}  {p.contrast:<{names[1]}}  {width}{_outlook(p)}")
    if any(p.doubtful for p in prospects):
        click.echo("! less than an even chance to pass, even for a subject without any effect")
    for basis in sorted({p.basis for p in prospects}):
        advice = "; better ones come with --pilot RUN" if basis == "published data" else ""
        levels = f"at {SHARE:.0%} ({1 - SHARE:.0%} where lower is better)".replace("%", " %")
        click.echo(f"Planned for a subject without any effect, {levels}. Variances: {basis}{advice}.")


def display(*, quiet: bool) -> str:
    """Return Inspect's display: its progress on a terminal, nothing beside JSON or in a pipe."""
    return "rich" if sys.stderr.isatty() and not quiet else "none"


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say on standard error that something takes its time."""
    console = Console(stderr=True)
    if not console.is_terminal:
        click.echo(f"{what} …", err=True)
        yield
        return
    with console.status(f"{what} …"):
        yield


def decision_table(decision: "Decision") -> Table:
    """Return one row per gate and subject."""
    table = _table("gate", "subject", "estimate [interval]", "must be", "n (items)", "verdict")
    for gate in decision.gates:
        word = gate.verdict if gate.verdict != "waived" else f"waived ({gate.raw})"
        verdict = Text(word if gate.blocking else f"{word} (advisory)", style=STYLES[gate.verdict])
        table.add_row(*_texts(gate.id, gate.model, _evidence(gate), _bar(gate), _sizes(gate)), verdict)
    return table


def findings_table(results: "Results | ReleaseComparison") -> Table:
    """Return one row per finding on a lead measure."""
    table = _table("subject", "audit", "measure", "contrast", "estimate [interval]", "p (Holm)", "n (items)")
    for finding in results.findings:
        if finding.primary:
            p = _p(finding.p_adjusted) if finding.status == "ok" else "–"
            sizes = f"{finding.n_obs} ({finding.n_items})"
            row = (finding.model, finding.audit, finding.measure, finding.contrast, _estimate(finding), p, sizes)
            table.add_row(*_texts(*row))
    return table


def changes_table(items: "Sequence[ItemChange]", most: int = 12) -> Table:
    """Return one row per item that flipped, those that got worse most often first."""
    table = _table("subject", "audit", "measure", "item", "worse", "better", "of pairs")
    for one in items[:most]:
        table.add_row(*_texts(one.model, one.audit, one.measure, one.item, str(one.worse), str(one.better), str(one.n)))
    if len(items) > most:
        table.caption = f"{len(items) - most} more items changed; comparison.json has them all"
    return table


def plan_table(plan: Mapping[str, Any]) -> Table:
    """Return one row per audit, and the sums."""
    total = plan["total"]
    counted = ["samples", "subject_calls", "judge_calls"] + ["receiver_calls"] * bool(total["receiver_calls"])
    heads = ["samples per subject", "subject calls", "judge calls", "receiver calls"][: len(counted)]
    table = _table("audit", "version", "items", *heads)
    for name, row in plan["audits"].items():
        sizes = (row["items"], *(row[one] for one in counted))
        table.add_row(*_texts(name, row["version"], *(f"{size:,}" for size in sizes)))
    sums = (f"{total[one]:,}" for one in counted)
    table.add_row(*_texts(f"all, × {len(plan['models']) or 1} subjects", "", "", *sums), style="bold")
    return table


def tokens_table(tokens: Mapping[str, Mapping[str, Any]], subjects: int) -> Table:
    """Return the tokens of each audit per subject, and the sums."""
    names = ["subject_input", "subject_output", "judge_input", "judge_output"]
    heads = ["subject reads", "subject writes", "judges read", "judges write"]
    if any(row["receiver_input"] for row in tokens.values()):
        names += ["receiver_input", "receiver_output"]
        heads += ["receivers read", "receivers write"]
    table = _table("audit", *heads, "length of replies")
    for audit, row in tokens.items():
        table.add_row(*_texts(audit, *(f"{row[name]:,}" for name in names), row["basis"]))
    sums = (subjects * sum(row[name] for row in tokens.values()) for name in names)
    table.add_row(*_texts(f"tokens, × {subjects} subjects", *(f"{total:,}" for total in sums), ""), style="bold")
    return table


def win_rates_table(found: "Sequence[Comparison]") -> Table:
    """Return one row per subject and role."""
    table = _table(
        "subject", "role", "compared", "more of it", "won [interval]", "ties", "pairs (items)", "first shown won"
    )
    for one in found:
        rate = one.rate
        won = f"{100 * rate.rate:.1f} [{100 * rate.conf_low:.1f}, {100 * rate.conf_high:.1f}] %"
        sizes = f"{rate.n_pairs} ({rate.n_items})"
        row = (one.model, one.role, f"{one.level} − {one.against}", f"{one.measure}: {one.answer}", won)
        table.add_row(*_texts(*row, str(rate.ties), sizes, f"{100 * rate.first_chosen:.1f} %"))
    return table


def rows_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return plain rows under the keys of the first."""
    table = _table(*(rows[0] if rows else ["nothing"]))
    for row in rows:
        table.add_row(*_texts(*(str(value) for value in row.values())))
    return table


def _evidence(gate: "GateResult") -> str:
    """Return what a gate was decided on."""
    if (found := gate.quality) is not None:
        write = f"{found.estimate:.1f} %" if found.unit == "%" else f"{found.estimate:.2f}"
        return write if found.counted else f"{write} [{found.conf_low:.2f}, {found.conf_high:.2f}]"
    told = [_estimate(finding) for finding in (gate.finding, gate.twin) if finding]
    return "; twin ".join(told) or "–"


def _bar(gate: "GateResult") -> str:
    """Return what it must clear."""
    if gate.kind == "completeness":
        return f"≥ {gate.margin:g} %"
    if gate.direction == "within":
        return f"within ±{gate.margin:g}"
    write = _plain if gate.contrast.startswith("L(") else _signed
    side = ">" if gate.direction == "higher" else "<"
    bar = f"{side} {gate.margin:.2f}" if gate.kind == "judge-quality" else f"{side} {write(gate.margin)}"
    return f"{bar}; twin < {write(gate.twin_margin)}" if gate.kind == "two-sided" else bar


def _sizes(gate: "GateResult") -> str:
    if gate.quality:
        return f"{gate.quality.n}"
    return f"{gate.finding.n_obs} ({gate.finding.n_items})" if gate.finding else "–"


def _outlook(prospect: "Prospect") -> str:
    """Return what a gate can show in words."""
    from standfast.outlook import TARGET

    if prospect.level is not None:
        side, safely = ("from", ceil) if prospect.direction == "higher" else ("up to", floor)
        level = f"{safely(prospect.level)} %" if prospect.unit == "pp" else _rounded(prospect.level, prospect.unit)
        return f"passes with {TARGET:.2f} {side} a level of {level}"
    if prospect.power is None:
        return prospect.reason
    chance = f"power {prospect.power:.2f} at margin {prospect.margin:+g}".replace("-", "−")
    if prospect.power >= TARGET:
        return chance
    ways = {"items": prospect.items_needed, "personas per item": prospect.per_item_needed}
    needed = ", or ".join(f"{number:,} {what}" for what, number in ways.items() if number is not None)
    return f"{chance}  (for {TARGET:.2f}: {needed or prospect.reason})"


def _rounded(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}" if unit == "pp" else f"{value:.2g} {unit}"


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _texts(*values: str) -> list[Text]:
    return [Text(value) for value in values]


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _estimate(finding: "Finding") -> str:
    if finding.status != "ok":
        return f"not estimated: {finding.status}"
    write = _plain if finding.unit == "%" else _signed  # a level has no sign
    return f"{write(finding.estimate)} [{write(finding.conf_low)}, {write(finding.conf_high)}] {finding.unit}"


def _plain(value: float) -> str:
    return f"{value:.1f}"
