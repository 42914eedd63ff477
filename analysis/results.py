"""Everything that the analysis hands to the report, as one noun that can be written and read."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from standfast.analysis import contrasts as comparing
from standfast.analysis import excerpts as choosing
from standfast.analysis import frames, missing, models, plain, survival
from standfast.analysis.contrasts import CellMean, Finding
from standfast.analysis.excerpts import Excerpt
from standfast.analysis.missing import MissingRow
from standfast.analysis.models import Fit, ModelSpec
from standfast.analysis.survival import HoldingPoint
from standfast.measure import Measure

__all__ = [
    "CellMean",
    "Excerpt",
    "Finding",
    "FitSummary",
    "HoldingPoint",
    "MissingRow",
    "Results",
    "analyse",
    "from_json",
    "to_json",
]

_SCHEMA = "standfast/results/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSummary:
    """What was fitted for one measure, for the methods section.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Name of the measure.
        method: In words.
        converged: Whether it converged.
        singular: Whether a variance lies on its boundary.
        reductions: Random terms left out, and why.
        variance: Random effect -> standard deviation in the measure's own scale.
        n_obs: Rows used.
        n_items: Items among them.
    """

    model: str
    audit: str
    measure: str
    method: str
    converged: bool
    singular: bool
    reductions: tuple[str, ...]
    variance: dict[str, float]
    n_obs: int
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The outcome of `analyse` on one run.

    Attributes:
        findings: All findings, in a stable order.
        means: Cell means for the figures.
        holding: Holding curves of multi-turn audits.
        missing: Missingness by measure and condition.
        fits: What was fitted.
        excerpts: Transcripts.
        frame_sha256: Hash of the tidy frame's content, without log names.
    """

    findings: tuple[Finding, ...]
    means: tuple[CellMean, ...]
    holding: tuple[HoldingPoint, ...]
    missing: tuple[MissingRow, ...]
    fits: tuple[FitSummary, ...]
    excerpts: tuple[Excerpt, ...]
    frame_sha256: str


def analyse(
    logs: Path | Sequence[Path], run: Mapping[str, Any], *, contrasts: Collection[str], confidence: float
) -> tuple[pd.DataFrame, Results]:
    """Read the logs of a run, fit every measure and compare.

    Args:
        logs: The log folder, or the files.
        run: run.json.
        contrasts: Estimands, such as `E2`.
        confidence: Of every interval, such as 0.95.

    Returns:
        The tidy frame, and what follows from it.

    Raises:
        LogError: A log is damaged, foreign or not of this run.
    """
    frame = frames.collect(logs, run)
    studied = list(_studies(frame, frames.measures(logs)))
    found, means, fits = [], [], []
    for rows, measure in studied:
        spec = ModelSpec(measure=measure, clusters=_pairs(run, str(rows["audit"].iloc[0])))
        fit, second = models.fit(rows, spec), models.second_opinion(rows, spec)
        found += comparing.compare(fit, second, rows, measure, kinds=contrasts, confidence=confidence)
        means += comparing.cell_means(fit, second, rows, measure, confidence=confidence)
        fits.append(_summary(fit))
    return frame, Results(
        findings=tuple(comparing.adjust(found)),
        means=tuple(means),
        holding=tuple(survival.holding(frame)),
        missing=tuple(missing.table(frame)),
        fits=tuple(fits),
        excerpts=choosing.choose(logs, frame, int(run["seed"])),
        frame_sha256=frames.sha256(frame),
    )


def to_json(results: Results) -> str:
    """Return results as JSON; NaN is written as null."""
    return plain.dump(results, _SCHEMA)


def from_json(text: str) -> Results:
    """Rebuild results.

    Raises:
        LogError: The text is not what `to_json` writes.
    """
    return plain.load(text, Results, _SCHEMA)


class _Rows(NamedTuple):
    """The rows of one measure of one subject."""

    rows: pd.DataFrame
    measure: Measure


def _studies(frame: pd.DataFrame, defined: Mapping[tuple[str, str], Measure]) -> Iterator[_Rows]:
    """Yield what is fitted: subject by subject, audit by audit, measures in the order of their definition."""
    groups = {key: rows for key, rows in frame[frame["turn"] == 0].groupby(["model", "audit", "measure"])}
    for model, audit in dict.fromkeys((model, audit) for model, audit, _ in groups):
        for (of_audit, name), measure in defined.items():
            if of_audit == audit and (model, audit, name) in groups:
                yield _Rows(groups[model, audit, name], measure)


def _pairs(run: Mapping[str, Any], audit: str) -> dict[str, str]:
    """Return item -> pair, for items that tell one situation twice."""
    facts = run["audits"][audit]["items"]
    return {item: known["pair"] for item, known in facts.items() if "pair" in known}


def _summary(fit: Fit) -> FitSummary:
    return FitSummary(
        model=fit.model,
        audit=fit.audit,
        measure=fit.measure,
        method=fit.method,
        converged=fit.converged,
        singular=fit.singular,
        reductions=fit.reductions,
        variance=dict(zip(fit.theta_names, map(float, fit.theta), strict=True)),
        n_obs=fit.n_obs,
        n_items=fit.n_items,
    )
