"""The decision on one screen, as Markdown: for the summary of a CI job, and for a comment on a pull request.

Whatever came from outside stands behind something of our own on its line, so that no text of a run opens a heading, a
table, a list, HTML or a command of the forge.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from standfast.analysis.decisions import Change, Decision
from standfast.reports import outcomes
from standfast.reports.escapes import markdown
from standfast.reports.outcomes import NAMES, Outcome
from standfast.reports.text import PROSE
from standfast.reports.words import level, listed

SUMMARY_BYTES = 900_000  # GitHub refuses a whole step summary above 1 MiB
COMMENT_BYTES = 60_000  # and a comment above 65,536 characters
_SIGNS = {"pass": "✅", "fail": "❌", "inconclusive": "❔", "missing": "🚫", "waived": "🏳️"}
_WORDS = {"pass": "released", "fail": "hold", "inconclusive": "hold", "missing": "no decision"}
_CLOSE = "</details>"
_NAMED = 4  # names in one sentence; the rest is counted


def summary(decision: Decision, run: Mapping[str, Any]) -> str:
    """Return the summary of a CI job."""
    return _cut([*_head(decision, run), *_body(decision), *_foot(decision, run)], SUMMARY_BYTES)


def comment(decision: Decision, run: Mapping[str, Any]) -> str:
    """Return a comment on a pull request; its first line marks it, so that the next run can replace it."""
    told = [marker(decision), *_head(decision, run), *_body(decision), *_foot(decision, run)]
    return _cut(told, COMMENT_BYTES)


def marker(decision: Decision) -> str:
    """Return the invisible first line of a comment; the same for each decision of one policy."""
    name = "".join(ch for ch in outcomes.policy_name(decision) if ch.isascii() and (ch.isalnum() or ch in "-_. "))
    return f"<!-- standfast: {name.replace('--', '-')} -->"


def _head(decision: Decision, run: Mapping[str, Any]) -> Iterable[str]:
    """Yield title, marks and headline."""
    said = outcomes.word(decision)
    # An inconclusive decision releases where the caller let it only warn.
    word = _WORDS["pass"] if decision.exit_code == 0 else _WORDS[said]
    subjects = markdown(listed(list(dict.fromkeys(map(str, run["models"]))), _NAMED))
    yield f"## {_SIGNS[said]} Standfast: {word} · {subjects}"
    yield ""
    for mark in outcomes.marks(decision):
        yield f"> **{markdown(mark)}**"
        yield ""
    yield f"**{markdown(decision.headline, PROSE)}** Exit code {decision.exit_code}."
    yield ""


def _body(decision: Decision) -> Iterable[str]:
    told = outcomes.outcomes(decision)
    if told:
        yield from _table(told)
    yield from _part("What would change it", [*_needed(told), *_robustness(decision.robustness)])
    yield from _part("Waivers", [markdown(outcomes.waived(use), PROSE) for use in decision.waivers])
    if told:
        yield "<details><summary>Why, gate by gate</summary>"
        yield ""
        yield from (
            f"- **{markdown(one.title)}** ({markdown(one.gate.model)}). {markdown(one.story, PROSE)}" for one in told
        )
        yield ""
        yield _CLOSE
        yield ""


def _table(told: Sequence[Outcome]) -> Iterable[str]:
    """Yield a row for each gate and subject; a confidence that all intervals share stands in the head."""
    several = len({one.gate.model for one in told}) > 1
    levels = {found.conf_level for one in told for found in (one.gate.finding, one.gate.twin) if found}
    said = f"{level(levels.pop())} interval" if len(levels) == 1 and isfinite(min(levels)) else "interval"
    head = ["Gate", *(["Subject"] if several else []), f"Estimate [{said}]", "Must be", "n", "Verdict"]
    yield f"| {' | '.join(map(markdown, head))} |"
    yield "|" + " --- |" * len(head)
    for one in told:
        names = [one.title, *([one.gate.model] if several else [])]
        verdict = f"{_SIGNS[one.gate.verdict]} {markdown(one.verdict)}"
        numbers = [one.estimate.replace(f" ({said})", ""), one.must, one.n.removeprefix("n = ")]
        yield f"| {' | '.join([*map(markdown, [*names, *numbers]), verdict])} |"
    yield ""


def _needed(told: Iterable[Outcome]) -> list[str]:
    return [
        f"**{markdown(one.gate.id)}** ({markdown(one.gate.model)}): {markdown(one.gate.needed)}"
        for one in told
        if one.gate.needed
    ]


def _robustness(changes: Iterable[Change]) -> list[str]:
    """Return a line for each gate that passes only with, or only without, a part of the evidence."""
    by_gate: dict[tuple[str, str], dict[str, list[str]]] = {}
    was = {}
    for change in changes:
        if change.verdict != change.was and "pass" in (change.verdict, change.was):
            key = (change.gate, change.model)
            was[key] = NAMES[change.was]
            by_gate.setdefault(key, {}).setdefault(NAMES[change.verdict], []).append(_left_out(change))
    found = []
    for key, ways in by_gate.items():
        told = "; ".join(f"{verdict} without {listed(parts, _NAMED)}" for verdict, parts in ways.items())
        found.append(f"**{markdown(key[0])}** ({markdown(key[1])}): {was[key]}, but {markdown(told)}.")
    return found


def _left_out(change: Change) -> str:
    """Return what was left out in words; the name says what kind it is where it can."""
    kind = change.dropped
    return change.name if kind == "longest" or kind.rstrip("s") in change.name else f"{kind} {change.name}"


def _part(title: str, lines: Sequence[str]) -> Iterable[str]:
    if lines:
        yield f"### {title}"
        yield ""
        yield from (f"- {text}" for text in lines)
        yield ""


def _foot(decision: Decision, run: Mapping[str, Any]) -> Iterable[str]:
    """Yield what decided what."""
    suite, policy = run["suite"], decision.policy
    parts = [f"Suite {suite['name']} {suite['version']} ({suite['sha256'][:12]})"]
    if policy:
        parts.append(f"policy {policy.name} ({policy.file}, {policy.sha256[:12]})")
        parts.append(policy.error_rate)
    parts.append(f"standfast {run['versions'].get('standfast', 'of unknown version')}")
    yield f"<sub>{' · '.join(markdown(part) for part in parts if part)}</sub>"


def _cut(lines: Iterable[str], most: int) -> str:
    """Join as many whole lines as fit, and say how many were left out; what was opened is closed."""
    told, size = list(lines), 0
    for i, text in enumerate(told):
        size += len(text.encode()) + 1
        if size > most - 200:
            opened = any(kept.startswith("<details>") for kept in told[:i]) and _CLOSE not in told[:i]
            left = f"({len(told) - i:,} more lines are in decision.json)"
            told = [*told[:i], "", *([_CLOSE, ""] if opened else []), left]
            break
    return "\n".join(told) + "\n"
