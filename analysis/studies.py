"""What is looked into further than a finding: the fits of some measures, and the contrasts taken apart."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from standfast.analysis.findings import Finding
from standfast.analysis.fits import CELL, Fit
from standfast.analysis.levels import Key
from standfast.analysis.weights import contrasts, ladder
from standfast.estimands import is_personal, parse_contrast
from standfast.measure import Measure
from standfast.personas.ladder import PERSONA_LEVELS


class Study(NamedTuple):
    """One measure of one subject, fitted.

    Attributes:
        fit: The model.
        rows: What was fitted, with what was not scored.
        measure: The measure.
        findings: Its contrasts that are looked into.
    """

    fit: Fit
    rows: pd.DataFrame
    measure: Measure
    findings: Sequence[Finding]


def looked_into(
    findings: Iterable[Finding], gated: Collection[tuple[str, str, str]], profiles: Collection[str]
) -> list[Finding]:
    """Return the findings that items and personas are looked into for.

    These are the contrasts E2 on lead measures at the highest persona level, and those that gates read.

    Args:
        findings: The findings of a run.
        gated: Audit, measure and contrast that gates read.
        profiles: Profile levels that were asked.
    """
    levels = sorted((level for level in profiles if is_personal(level)), key=lambda level: ladder(("", level)))
    lead = [*levels, *(level for level in levels if level in PERSONA_LEVELS)][-1:]
    return [
        one
        for one in findings
        if one.status == "ok"
        and not one.contrast.startswith("E8(")
        and ((one.audit, one.measure, one.contrast) in gated or (_leads(one) and [one.profile] == lead))
    ]


def _leads(finding: Finding) -> bool:
    return finding.primary and finding.construct == "epistemic" and parse_contrast(finding.contrast).kind == "E2"


def weighted(study: Study) -> Iterator[tuple[Finding, dict[Key, float]]]:
    """Yield each contrast with its weights over cells."""
    planned = {(str(r), str(p), str(c)) for r, p, c in zip(*(study.rows[column] for column in CELL), strict=True)}
    for finding in study.findings:
        for contrast in contrasts(planned, study.measure, {finding.contrast}):
            yield finding, {key: weight for key, weight in contrast.weights.items() if weight}


def scored(study: Study, weights: Mapping[Key, float]) -> pd.DataFrame:
    """Return the scored rows of a contrast's cells."""
    rows = study.rows[study.rows["status"] == "scored"]
    inside = [key in weights for key in zip(*(rows[column] for column in CELL), strict=True)]
    return rows[inside]
