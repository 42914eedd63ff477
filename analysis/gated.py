"""Only those findings that gates read, on any rows: for other confidences, halves, replays and what is left out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from standfast.analysis import contrasts, models, pooled
from standfast.analysis.findings import Finding
from standfast.analysis.models import ModelSpec
from standfast.analysis.pooled import POOLED, Pooled
from standfast.analysis.structure import RANDOM_EFFECTS, Columns
from standfast.estimands import parse_contrast
from standfast.measure import Measure

__all__ = ["POOLED", "Terms", "Wanted", "findings"]


class Wanted(NamedTuple):
    """A finding that a gate reads.

    Attributes:
        audit: Its audit, or `pooled`.
        measure: Its measure.
        contrast: Its contrast, as findings spell it.
        confidence: Of its interval.
        model: Subject; `None` for all.
    """

    audit: str
    measure: str
    contrast: str
    confidence: float
    model: str | None = None


# Subject, audit and measure -> the random effects to try, in place of all.
Terms = Mapping[tuple[str, str, str], tuple[Columns, ...]]
_ALL: Terms = {}


def findings(
    frame: pd.DataFrame,
    measures: Mapping[tuple[str, str], Measure],
    wanted: Iterable[Wanted],
    *,
    pairs: Mapping[str, Mapping[str, str]],
    quick: bool = True,
    random: Terms = _ALL,
) -> list[Finding]:
    """Estimate what gates read, within one run.

    Args:
        frame: The tidy frame, or some of its rows.
        measures: Measures by audit and name.
        wanted: What is read; contrasts with a baseline (E8) are none of it.
        pairs: Audit -> item -> pair, for items that tell one situation.
        quick: Whether to leave out the fit on the link scale and the second opinion, which decide nothing.
        random: Subject, audit and measure -> the random effects to try; all where it names none.

    Returns:
        One finding per subject and wanted contrast that these rows planned; `p_adjusted` is NaN.
    """
    todo: dict[tuple[str, str], list[Wanted]] = {}
    for one in dict.fromkeys(wanted):
        if parse_contrast(one.contrast).kind != "E8":
            todo.setdefault((one.audit, one.measure), []).append(one)
    whole = frame[frame["turn"] == 0]
    found = []
    for (audit, name), asked in todo.items():
        if audit == POOLED:
            found += _over_audits(whole, measures, name, asked, pairs, quick=quick, random=random)
        elif measure := measures.get((audit, name)):
            rows = whole[(whole["audit"] == audit) & (whole["measure"] == name)]
            for model, own in rows.groupby("model"):
                clusters, terms = pairs.get(audit, {}), random.get((str(model), audit, name), RANDOM_EFFECTS)
                found += _of_model(own, measure, asked, str(model), clusters, quick=quick, random=terms)
    return found


def _over_audits(
    frame: pd.DataFrame,
    measures: Mapping[tuple[str, str], Measure],
    name: str,
    asked: Sequence[Wanted],
    pairs: Mapping[str, Mapping[str, str]],
    *,
    quick: bool,
    random: Terms,
) -> list[Finding]:
    """Estimate one measure over all audits that take it; on the measure's own scale alone."""
    together = pooled.gather(frame, measures, name, pairs)
    if together is None:
        return []
    found = []
    for model, own in together.rows.groupby("model"):
        found += _of_model(
            own,
            together.measure,
            asked,
            str(model),
            together.clusters,
            quick=quick,
            random=random.get((str(model), POOLED, name), RANDOM_EFFECTS),
            over=together,
        )
    return [pooled.told(finding, together.audits) for finding in found]


def _of_model(
    rows: pd.DataFrame,
    measure: Measure,
    asked: Sequence[Wanted],
    model: str,
    clusters: Mapping[str, str],
    *,
    quick: bool,
    random: tuple[Columns, ...],
    over: Pooled | None = None,
) -> list[Finding]:
    """Fit once and estimate at each confidence."""
    by_confidence: dict[float, set[str]] = {}
    for one in asked:
        if one.model in (None, model):
            by_confidence.setdefault(one.confidence, set()).add(one.contrast)
    if not by_confidence:
        return []
    spec = ModelSpec(
        measure=measure,
        clusters=clusters,
        link=not (quick or over),
        random=random,
    )
    fit, second = models.both(rows, spec)
    return [
        finding
        for confidence, names in sorted(by_confidence.items())
        for finding in contrasts.compare(
            fit,
            second,
            rows,
            measure,
            kinds=names,
            confidence=confidence,
            clusters=clusters,
            quick=quick,
            planned=pooled.contrasts(rows, over, names) if over else None,
        )
    ]
