"""A decision as commands of a GitHub runner: annotations on the log, and outputs for the next step.

A runner takes commands from standard output and standard error alike, keeps ten annotations of a kind for a step and
drops the rest without a word; so the last one that fits says how many follow.
"""

import secrets
from collections.abc import Mapping

from standfast.analysis.decisions import Decision
from standfast.reports import outcomes
from standfast.reports.escapes import command, line
from standfast.reports.outcomes import Outcome
from standfast.reports.text import PROSE

MOST = 10  # annotations of a kind that GitHub keeps for a step
_KINDS = {"fail": "error", "missing": "error", "inconclusive": "warning", "waived": "notice"}
_WHOLE = {0: "notice", 11: "warning"}


def annotations(decision: Decision, file: str = "", lines: Mapping[str, int] | None = None) -> list[str]:
    """Return the commands: first the decision, then each gate that did not pass.

    Args:
        decision: What the gates say.
        file: The policy's file as the repository names it; without one the annotations point nowhere.
        lines: Gate -> its line in that file.
    """
    message = line(" ".join([*outcomes.marks(decision), decision.headline]), PROSE)
    whole = _WHOLE.get(decision.exit_code, "error")
    found: dict[str, list[str]] = {kind: [] for kind in ("error", "warning", "notice")}
    found[whole].append(command(whole, message, title=f"Standfast: {outcomes.word(decision)}"))
    for one in outcomes.outcomes(decision):
        if kind := _kind(one):
            place: dict[str, str | int] = {"file": file, "line": (lines or {}).get(one.gate.id, 1)} if file else {}
            title = f"{one.gate.id}: {one.verdict}"
            text = f"{line(one.gate.model)}: {line(one.story, PROSE)}"
            found[kind].append(command(kind, text, **place, title=title))
    ordered = sorted(found, key=lambda kind: kind != whole)
    return [told for kind in ordered for told in _fitting(kind, found[kind])]


def outputs(decision: Decision) -> str:
    """Return what a workflow reads as outputs of the step, in the form of `$GITHUB_OUTPUT`.

    The delimiter is drawn anew each time, so that no text of the run can end a value and begin another.
    """
    values = {
        "decided": str(bool(decision.gates)).lower(),
        "released": str(decision.exit_code == 0).lower(),
        "verdict": outcomes.word(decision),
        "exit-code": str(decision.exit_code),
        "simulated": str(decision.simulated).lower(),
        "headline": line(decision.headline, PROSE),
    }
    told = []
    for name, value in values.items():
        end = f"end-{secrets.token_hex(16)}"
        told.append(f"{name}<<{end}\n{value}\n{end}\n")
    return "".join(told)


def _kind(outcome: Outcome) -> str:
    """Return how loud a gate is: what does not hold the release is a notice."""
    if outcome.gate.verdict == "pass":
        return ""
    return _KINDS[outcome.gate.verdict] if outcome.counts else "notice"


def _fitting(kind: str, own: list[str]) -> list[str]:
    if len(own) <= MOST:
        return own
    more = f"{len(own) - MOST + 1} more: see the summary, or decision.json."
    return [*own[: MOST - 1], command(kind, more, title="Standfast")]
