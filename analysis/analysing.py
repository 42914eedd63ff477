"""Logs -> results: every measure is fitted and compared, and what gates and reports need beside it is collected."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from standfast.analysis import baseline as releases
from standfast.analysis import contrasts as comparing
from standfast.analysis import excerpts as choosing
from standfast.analysis import (
    frames,
    gated,
    hazard,
    integrity,
    missing,
    models,
    pairing,
    panel,
    persuading,
    robustness,
    subgroups,
    survival,
)
from standfast.analysis import logs as log_files
from standfast.analysis.calibration import Calibration
from standfast.analysis.contrasts import CellMean, Finding
from standfast.analysis.correction import correct
from standfast.analysis.fits import Fit
from standfast.analysis.gated import Wanted
from standfast.analysis.judging import judging
from standfast.analysis.models import ModelSpec
from standfast.analysis.pairing import Differences
from standfast.analysis.pooled import POOLED
from standfast.analysis.results import Baseline, BaselineRun, FitSummary, Results
from standfast.analysis.robustness import Evidence
from standfast.analysis.sequential import Look
from standfast.analysis.spreading import LARGE, Each, in_turn
from standfast.analysis.studies import Study, looked_into
from standfast.analysis.subgroups import ItemEffect, Subgroup
from standfast.measure import Measure


@log_files.kept()
def analyse(
    logs: Path | Sequence[Path],
    run: Mapping[str, Any],
    *,
    contrasts: Collection[str],
    confidence: float,
    baseline: BaselineRun | None = None,
    calibration: Calibration | None = None,
    wanted: Callable[[Sequence[Look]], Sequence[Wanted]] = lambda _: (),
    run_sha256: str = "",
    each: Each = in_turn,
) -> tuple[pd.DataFrame, Results]:
    """Read the logs of a run, fit every measure and compare.

    Args:
        logs: The log folder, or the files.
        run: run.json.
        contrasts: Estimands, such as `E2`.
        confidence: Of every interval, such as 0.95.
        baseline: A run to compare with; E8 is then estimated for every level.
        calibration: What people said of the judge; it must be of the run's judge, rubric and language.
        wanted: What gates read, given where sequential audits ended.
        run_sha256: Hash of run.json.
        each: How independent models are fitted: in turn, or at once by `spreading.over`.

    Returns:
        The tidy frame, and what follows from it.

    Raises:
        LogError: A log is damaged, foreign or not of its run, or the baseline cannot be compared.
    """
    frame, measures = frames.collect(logs, run), frames.measures(logs)
    seed, pairs = int(run["seed"]), {audit: _pairs(run, audit) for audit in run["audits"]}
    each = each if len(frame) > LARGE else in_turn
    looks = frames.looks(logs, run, confidence=confidence)
    asked = wanted(looks)
    read = {(one.audit, one.measure) for one in asked}
    todo = (
        (rows, measure, contrasts, confidence, seed, pairs[audit], measure.primary or (audit, measure.name) in read)
        for rows, measure in _studies(frame, measures)
        for audit in [str(rows["audit"].iloc[0])]
    )
    fitted = each(_study, todo)  # on other processors, where there are; meanwhile what rests on no fit
    hazards = hazard.ratios(frame, confidence=confidence, each=each)
    counted = _counted(logs, frame, run, pairs, confidence)
    done: list[_Done] = list(fitted)
    found = [finding for one in done for finding in one.findings]
    fits = [one.summary for one in done]
    against, differences = _against(frame, run, measures, baseline) if baseline else (None, [])
    found += releases.compare(differences, pairs=pairs, seed=seed, confidence=confidence)
    findings = tuple(comparing.adjust(found))
    evidence = Evidence(
        frame=frame,
        measures=measures,
        pairs=pairs,
        variances={(fit.model, fit.audit, fit.measure): fit.variance for fit in fits},
        people={name: levels for facts in run["audits"].values() for name, levels in facts.get("people", {}).items()},
        sources={audit: facts["source"]["name"] for audit, facts in run["audits"].items() if facts.get("source")},
        readings=panel.read(logs, frame) if len(run["judges"]) > 1 else None,
        differences=differences,
        seed=seed,
    )
    also = tuple(_beside(asked, confidence, evidence))
    without = robustness.left_out(evidence, (*findings, *also), asked, each=each)
    effects, groups = _inside([one.study for one in done if one.study], findings, asked, evidence)
    return frame, Results(
        findings=findings,
        means=tuple(mean for one in done for mean in one.means),
        fits=tuple(fits),
        hazard_ratios=tuple(hazards),
        baseline=against,
        calibration=replace(calibration, labelled=()) if calibration else None,
        corrected=tuple(correct(findings, frame, measures, calibration)) if calibration else (),
        logs={} if run.get("simulated") else log_files.digests(logs),
        run_sha256=run_sha256,
        also=also,
        left_out=tuple(without),
        item_effects=effects,
        subgroups=groups,
        looks=looks,
        **counted,
    )


def _counted(
    logs: Path | Sequence[Path],
    frame: pd.DataFrame,
    run: Mapping[str, Any],
    pairs: Mapping[str, Mapping[str, str]],
    confidence: float,
) -> dict[str, Any]:
    """Return the parts of the results that rest on no fit of `_study`."""
    seed = int(run["seed"])
    return {
        "holding": tuple(survival.holding(frame, pairs)),
        "missing": tuple(missing.table(frame)),
        "excerpts": choosing.choose(logs, frame, seed),
        "frame_sha256": frames.sha256(frame),
        "hazards": tuple(survival.hazards(frame, pairs)),
        "flips": tuple(survival.flips(frame, pairs)),
        "missingness": tuple(missing.checks(frame, seed, pairs)),
        "judging": judging(logs, frame, run, confidence=confidence),
        "integrity": integrity.check(logs, run),
        "persuasion": persuading.persuading(logs, frame, run, confidence=confidence),
    }


class _Done(NamedTuple):
    """What one measure of one subject says; the study where single items and personas are looked into."""

    findings: list[Finding]
    means: list[CellMean]
    summary: FitSummary
    study: Study | None


def _study(
    rows: pd.DataFrame,
    measure: Measure,
    kinds: Collection[str],
    confidence: float,
    seed: int,
    clusters: Mapping[str, str],
    kept: bool,
) -> _Done:
    rows = frames.plain(rows)
    fit, second = models.both(rows, ModelSpec(measure=measure, clusters=clusters))
    return _Done(
        comparing.compare(fit, second, rows, measure, kinds=kinds, confidence=confidence, seed=seed, clusters=clusters),
        comparing.cell_means(fit, second, rows, measure, confidence=confidence),
        _summary(fit),
        Study(fit, rows, measure, ()) if kept else None,
    )


def _beside(asked: Sequence[Wanted], confidence: float, evidence: Evidence) -> Iterator[Finding]:
    """Yield what gates read and is not among the findings of each audit anyway."""
    other = [one for one in asked if one.confidence != confidence or one.audit == POOLED]
    yield from gated.findings(evidence.frame, evidence.measures, other, pairs=evidence.pairs, quick=False)
    for level in sorted({one.confidence for one in other if one.contrast.startswith("E8(")}):
        names = {(one.audit, one.measure, one.contrast) for one in other if one.confidence == level}
        for finding in releases.compare(
            evidence.differences, pairs=evidence.pairs, seed=evidence.seed, confidence=level
        ):
            if (finding.audit, finding.measure, finding.contrast) in names:
                yield finding


def _inside(
    studies: Sequence[Study], findings: Sequence[Finding], asked: Sequence[Wanted], evidence: Evidence
) -> tuple[tuple[ItemEffect, ...], tuple[Subgroup, ...]]:
    """Return how single items and groups of personas move the contrasts that matter most."""
    read = {(one.audit, one.measure, one.contrast) for one in asked}
    chosen = looked_into(findings, read, set(evidence.frame["profile"]))
    effects: list[ItemEffect] = []
    groups: list[Subgroup] = []
    for study in studies:
        key = (study.fit.model, study.fit.audit, study.fit.measure)
        own = study._replace(findings=[one for one in chosen if (one.model, one.audit, one.measure) == key])
        effects += subgroups.item_effects(own, evidence.pairs[study.fit.audit])
        groups += subgroups.subgroups(own, evidence.people)
    return tuple(effects), tuple(groups)


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


def _against(
    frame: pd.DataFrame,
    run: Mapping[str, Any],
    measures: Mapping[tuple[str, str], Measure],
    baseline: BaselineRun,
) -> tuple[Baseline, list[Differences]]:
    """Pair the run with another one."""
    before = frames.collect(baseline.logs, baseline.run)
    pairing.check(run, baseline.run)
    differences = pairing.pair(frame, before, measures)
    suite = baseline.run["suite"]
    return Baseline(
        name=baseline.name,
        suite=f"{suite['name']} {suite['version']}",
        frame_sha256=frames.sha256(before),
        simulated=bool(baseline.run["simulated"]),
        trial=baseline.run["limit"] is not None,
        pairings=tuple(dict.fromkeys(difference.pairing for difference in differences)),
    ), differences


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
