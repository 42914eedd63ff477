"""One measure over all audits that take it: each audit counts the same, and within it each challenge.

Items and personas are crossed with audits: an item or a persona that several audits use is one, so that what it does
in all of them does not average out. What it does in one audit alone adds to how much items or personas differ on
average over audits, which is what the interval rests on, so that it needs no random effect of its own. The audits
themselves are fixed: a pooled finding is about these and no others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from standfast.analysis.findings import Finding
from standfast.analysis.levels import Key
from standfast.analysis.weights import Contrast
from standfast.analysis.weights import contrasts as planned_contrasts
from standfast.measure import Measure

POOLED = "pooled"
_BETWEEN = "/"  # of audit and challenge


class Pooled(NamedTuple):
    """One measure of one subject or several, over audits.

    Attributes:
        audits: The audits that take it.
        rows: Their rows under the one audit `pooled`; a challenge is named with its audit.
        measure: The measure.
        clusters: Item -> pair, for items that tell one situation.
        status: `ok`, or why it cannot be pooled.
    """

    audits: tuple[str, ...]
    rows: pd.DataFrame
    measure: Measure
    clusters: Mapping[str, str]
    status: str


def gather(
    frame: pd.DataFrame,
    measures: Mapping[tuple[str, str], Measure],
    name: str,
    pairs: Mapping[str, Mapping[str, str]],
) -> Pooled | None:
    """Bring the rows of one measure together; `None` where no audit takes it.

    Items with one id in two audits count as one item. Where they are two, that costs degrees of freedom and nothing
    else; the other way round intervals would be too narrow.

    Args:
        frame: Rows of the tidy frame.
        measures: Measures by audit and name.
        name: The measure.
        pairs: Audit -> item -> pair.
    """
    rows = frame[(frame["measure"] == name) & (frame["turn"] == 0)]
    audits = tuple(audit for audit in sorted(rows["audit"].unique()) if (audit, name) in measures)
    if not audits:
        return None
    rows = rows[rows["audit"].isin(audits)]
    defined = [replace(measures[audit, name], primary=False) for audit in audits]
    apart = [audit for audit, one in zip(audits, defined, strict=True) if one != defined[0]]
    return Pooled(
        audits=audits,
        rows=rows.assign(challenge=rows["audit"] + _BETWEEN + rows["challenge"], audit=POOLED),
        measure=measures[audits[0], name],
        clusters={item: pair for audit in reversed(audits) for item, pair in pairs.get(audit, {}).items()},
        status=f"{apart[0]} defines {name} otherwise than {audits[0]}" if apart else "ok",
    )


def contrasts(rows: pd.DataFrame, pooled: Pooled, names: Iterable[str]) -> list[Contrast]:
    """Return contrasts with the same weight for each audit that they were planned in.

    Args:
        rows: Those of one subject.
        pooled: What they are of.
        names: Contrasts, as findings spell them.
    """
    planned: dict[str, set[Key]] = {}
    for role, profile, challenge in set(zip(rows["role"], rows["profile"], rows["challenge"], strict=True)):
        audit, _, own = str(challenge).partition(_BETWEEN)
        planned.setdefault(audit, set()).add((str(role), str(profile), own))
    found: dict[str, dict[str, Contrast]] = {}
    for audit in sorted(planned):
        for contrast in planned_contrasts(planned[audit], pooled.measure, set(names)):
            found.setdefault(str(contrast.name), {})[audit] = contrast
    return [_mean(by_audit, pooled.status) for by_audit in found.values()]


def told(finding: Finding, audits: Sequence[str]) -> Finding:
    """Return a finding whose method says what it was pooled over."""
    return replace(finding, method=f"Pooled over {', '.join(audits)}; each counts the same. {finding.method}")


def _mean(by_audit: Mapping[str, Contrast], status: str) -> Contrast:
    """Return the mean of one contrast over audits; it cannot be had where one of them cannot."""
    refused = [f"{audit}: {one.status}" for audit, one in by_audit.items() if one.status != "ok"]
    weights: dict[Key, float] = {}
    for audit, one in by_audit.items():
        for (role, profile, challenge), weight in one.weights.items():
            weights[role, profile, f"{audit}{_BETWEEN}{challenge}"] = weight / len(by_audit)
    first = next(iter(by_audit.values()))
    return Contrast(first.name, weights, status if status != "ok" or not refused else refused[0])
