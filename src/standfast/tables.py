"""Results as tables for the terminal. Names from outside are shown as text, never as rich's markup."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from standfast.analysis.contrasts import Finding
    from standfast.analysis.gates import Decision
    from standfast.analysis.results import Results

STYLES = {"pass": "green", "fail": "red", "inconclusive": "yellow", "missing": "red"}


def decision_table(decision: "Decision") -> Table:
    """Return one row per gate and subject."""
    table = _table(
        "gate", "subject", "measure", "contrast", "estimate [interval]", "better side", "n (items)", "verdict"
    )
    for gate in decision.gates:
        side = f"{'>' if gate.direction == 'higher' else '<'} {_signed(gate.margin)}"
        verdict = Text(gate.verdict if gate.blocking else f"{gate.verdict} (advisory)", style=STYLES[gate.verdict])
        finding = gate.finding
        sizes = f"{finding.n_obs} ({finding.n_items})" if finding else "–"
        estimate = _estimate(finding) if finding else "–"
        table.add_row(*_texts(gate.id, gate.model, gate.measure, gate.contrast, estimate, side, sizes), verdict)
    return table


def findings_table(results: "Results") -> Table:
    """Return one row per finding on a lead measure."""
    table = _table("subject", "audit", "measure", "contrast", "estimate [interval]", "p (Holm)", "n (items)")
    for finding in results.findings:
        if finding.primary:
            p = f"{finding.p_adjusted:.3f}" if finding.status == "ok" else "–"
            sizes = f"{finding.n_obs} ({finding.n_items})"
            row = (finding.model, finding.audit, finding.measure, finding.contrast, _estimate(finding), p, sizes)
            table.add_row(*_texts(*row))
    return table


def plan_table(plan: Mapping[str, Any]) -> Table:
    """Return one row per audit, and the sums."""
    table = _table("audit", "version", "items", "samples per subject", "subject calls", "judge calls")
    for name, row in plan["audits"].items():
        sizes = (row["items"], row["samples"], row["subject_calls"], row["judge_calls"])
        table.add_row(*_texts(name, row["version"], *(f"{size:,}" for size in sizes)))
    total = plan["total"]
    sums = (f"{total['samples']:,}", f"{total['subject_calls']:,}", f"{total['judge_calls']:,}")
    table.add_row(*_texts(f"all, × {len(plan['models']) or 1} subjects", "", "", *sums), style="bold")
    return table


def rows_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return plain rows under the keys of the first."""
    table = _table(*(rows[0] if rows else ["nothing"]))
    for row in rows:
        table.add_row(*_texts(*(str(value) for value in row.values())))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _texts(*values: str) -> list[Text]:
    return [Text(value) for value in values]


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _estimate(finding: "Finding") -> str:
    if finding.status != "ok":
        return f"not estimated: {finding.status}"
    interval = f"[{_signed(finding.conf_low)}, {_signed(finding.conf_high)}]"
    return f"{_signed(finding.estimate)} {interval} {finding.unit}"
