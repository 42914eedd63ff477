"""Everything that the analysis hands to the report, as one noun that can be written and read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from standfast.analysis import plain
from standfast.analysis.calibration import Calibration
from standfast.analysis.contrasts import CellMean, Finding
from standfast.analysis.correction import CorrectedFinding
from standfast.analysis.excerpts import Excerpt
from standfast.analysis.gated import Wanted
from standfast.analysis.hazard import HazardRatio
from standfast.analysis.integrity import Integrity
from standfast.analysis.judging import Judging
from standfast.analysis.missing import MissingnessCheck, MissingRow
from standfast.analysis.pairing import Pairing
from standfast.analysis.persuasion import Persuasion
from standfast.analysis.robustness import LeftOut
from standfast.analysis.sequential import Look
from standfast.analysis.subgroups import ItemEffect, Subgroup
from standfast.analysis.survival import FlipMean, HazardPoint, HoldingPoint

__all__ = [
    "Baseline",
    "BaselineRun",
    "Calibration",
    "CellMean",
    "CorrectedFinding",
    "Excerpt",
    "Finding",
    "FitSummary",
    "FlipMean",
    "HazardPoint",
    "HazardRatio",
    "HoldingPoint",
    "Integrity",
    "ItemEffect",
    "Judging",
    "LeftOut",
    "Look",
    "MissingRow",
    "MissingnessCheck",
    "Pairing",
    "Persuasion",
    "Results",
    "Subgroup",
    "Wanted",
    "from_json",
    "to_json",
]

_SCHEMA = "standfast/results/4"  # 4: persuasion


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
class Baseline:
    """The run that the findings E8 compare with.

    Attributes:
        name: Name of its folder.
        suite: Name and version of its suite.
        frame_sha256: Hash of its tidy frame, which names the values that were compared.
        simulated: Whether a simulated subject or judge took part in it.
        trial: Whether it left out planned samples (`--limit`).
        pairings: Who was compared with whom, and how many samples have a counterpart.
    """

    name: str
    suite: str
    frame_sha256: str
    simulated: bool
    trial: bool
    pairings: tuple[Pairing, ...]


class BaselineRun(NamedTuple):
    """A run to compare with: its name, its log folder or files, and its run.json."""

    name: str
    logs: Path | Sequence[Path]
    run: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The outcome of `analyse` on one run.

    Attributes:
        findings: All findings, in a stable order.
        means: Cell means for the figures.
        holding: Holding curves of multi-turn audits.
        hazards: Their hazard of the first flip at each turn.
        flips: Their mean turn of flip and number of flips.
        hazard_ratios: Persona levels against their filler, by a hazard model.
        missing: Missingness by measure and condition.
        missingness: Whether it depends on the condition.
        fits: What was fitted.
        excerpts: Transcripts.
        frame_sha256: Hash of the tidy frame's content, without log names.
        baseline: The run that E8 compares with; `None` where none was given.
        judging: What the logs tell about the judges; `None` where nothing was looked for.
        calibration: What people said of the judge, without the samples they labelled; `None` for an uncalibrated one.
        corrected: Findings with the judge's error taken off; empty without a calibration.
        run_sha256: Hash of run.json.
        logs: Log file -> sha256 of its bytes; empty for a simulated run, whose results do not depend on its date.
        integrity: What the logs tell about the evidence, by subject and audit.
        also: Findings that gates read at another confidence than the suite's, or pooled over audits.
        left_out: Findings that gates read, with a part of the evidence left out.
        item_effects: How single items move the lead contrasts.
        subgroups: The lead contrasts by group of personas.
        looks: Where a sequential audit ended; empty where all was asked in one go.
        persuasion: What exchanges of senders and receivers tell; `None` where no audit has any.
    """

    findings: tuple[Finding, ...]
    means: tuple[CellMean, ...]
    holding: tuple[HoldingPoint, ...]
    missing: tuple[MissingRow, ...]
    fits: tuple[FitSummary, ...]
    excerpts: tuple[Excerpt, ...]
    frame_sha256: str
    hazards: tuple[HazardPoint, ...] = ()
    flips: tuple[FlipMean, ...] = ()
    hazard_ratios: tuple[HazardRatio, ...] = ()
    missingness: tuple[MissingnessCheck, ...] = ()
    baseline: Baseline | None = None
    judging: Judging | None = None
    calibration: Calibration | None = None
    corrected: tuple[CorrectedFinding, ...] = ()
    run_sha256: str = ""
    logs: dict[str, str] = field(default_factory=dict)
    integrity: tuple[Integrity, ...] = ()
    also: tuple[Finding, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    item_effects: tuple[ItemEffect, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    looks: tuple[Look, ...] = ()
    persuasion: Persuasion | None = None


def to_json(results: Results) -> str:
    """Return results as JSON; NaN is written as null."""
    return plain.dump(results, _SCHEMA)


def from_json(text: str) -> Results:
    """Rebuild results.

    Raises:
        LogError: The text is not what `to_json` writes.
    """
    return plain.load(text, Results, _SCHEMA)
