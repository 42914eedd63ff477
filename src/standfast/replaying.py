"""What is replayed of a policy: its gates as bars on findings, and the studies that these are estimated from."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from standfast.analysis import frames, quality
from standfast.analysis.components import Components
from standfast.analysis.decisions import GateResult
from standfast.analysis.drawing import Study, study
from standfast.analysis.gated import Wanted
from standfast.analysis.missing import MissingRow
from standfast.analysis.pooled import POOLED
from standfast.analysis.rates import Asked
from standfast.analysis.replays import Pairs, Part
from standfast.analysis.rules import ON_EVIDENCE, Rule, confidences
from standfast.analysis.structure import Columns
from standfast.analysis.verdicts import Bar, bar, twin_bar
from standfast.cells import parse_id
from standfast.estimands import parse_contrast
from standfast.folder import read
from standfast.measure import Measure
from standfast.plan import Plan
from standfast.stored import read_decision, read_results, read_suite

SHARE = 0.8  # planned for, or 1 − SHARE where lower is better, as in `prospects`


class Gate(NamedTuple):
    """A gate on one subject.

    Attributes:
        asked: The gate.
        parts: What it holds against bars; nothing where it cannot be replayed.
        reason: Why not.
    """

    asked: Asked
    parts: tuple[Part, ...]
    reason: str = ""


class Setup(NamedTuple):
    """What is replayed.

    Attributes:
        gates: Every gate on every subject.
        studies: Subject, audit and measure -> what is drawn.
        pairs: Audit -> item -> pair, for items that tell one situation.
    """

    gates: list[Gate]
    studies: Mapping[tuple[str, str, str], Study]
    pairs: Pairs


def decided(folder: Path) -> Setup:
    """Return what is replayed of a run that was decided on.

    Raises:
        EvidenceError: The results are not of this run.
        RunError: The run was not decided on yet.
    """
    run = read(folder)
    found, most = read_results(folder, run), read_suite(folder, run).missing_gap
    decision = read_decision(folder, found)
    frame, measures = frames.read(folder / "frame.parquet"), frames.measures(folder / "logs")
    gates = [uneven(of_result(result), found.missing, most) for result in decision.gates]
    pairs = _pairs(run)
    return Setup(gates, _studies(gates, frame, measures, pairs), pairs)


def planned(plan: Plan) -> Setup:
    """Return what is replayed of a suite that was not asked yet."""
    measures = {
        (audit, data["name"]): Measure.from_log(data)
        for audit, task in plan.tasks.items()
        for data in (task.metadata or {})["standfast"]["measures"]
    }
    base = confidences(plan.suite.gates, plan.suite.confidence)
    gates = [_planned(rule, base[rule.id], measures) for rule in plan.suite.gates]
    read_by = {(p.wanted.audit, p.wanted.measure): p for gate in gates for p in gate.parts}
    studies = {
        ("", audit, name): _planned_study(plan, audit, measures[audit, name], part.bar)
        for (asked, name), part in read_by.items()
        for audit in plan.tasks
        if asked in (audit, POOLED) and (audit, name) in measures
    }
    pairs = _pairs({"audits": {audit: (task.metadata or {})["standfast"] for audit, task in plan.tasks.items()}})
    return Setup(gates, studies, pairs)


def of_result(result: GateResult) -> Gate:
    """Return a gate of a decision."""
    asked = Asked(result.id, result.model, result.blocking, result.alternative)
    if result.kind in ON_EVIDENCE:
        return Gate(asked, (), f"{result.id} is decided on the evidence itself, which every replay shares.")
    if parse_contrast(result.contrast).kind == "E8":
        return Gate(asked, (), f"{result.id} compares with another run, which is not replayed.")
    if result.raw == "missing":
        return Gate(asked, (), f"{result.id} has no usable evidence on {result.model}, so there is nothing to replay.")
    held = [(result.measure, Bar(result.direction, result.margin))]
    if result.twin is not None:
        held.append((result.twin.measure, Bar("lower", result.twin_margin)))
    return Gate(asked, _parts(asked, result.audit, result.contrast, result.confidence, held))


def _planned(rule: Rule, confidence: float, measures: Mapping[tuple[str, str], Measure]) -> Gate:
    """Return a gate of a suite."""
    asked = Asked(rule.id, "", rule.blocking, rule.alternative)
    if rule.kind in ON_EVIDENCE:
        return Gate(asked, (), f"{rule.id} is decided on the evidence itself.")
    if parse_contrast(rule.contrast).kind == "E8":
        return Gate(asked, (), f"{rule.id} compares with another run, which is not replayed.")
    own = [m for (audit, name), m in measures.items() if name == rule.measure and rule.audit in (audit, POOLED)]
    if any(m.scale not in ("binary", "proportion") for m in own):
        return Gate(asked, (), f"{rule.id}: no published data say how a {own[0].scale} varies; certify a run instead.")
    held = [(rule.measure, bar(rule))]
    if rule.kind == "two-sided":
        held.append((own[0].twin or "", twin_bar(rule)))
    return Gate(asked, _parts(asked, rule.audit, rule.contrast, confidence, held))


def _parts(
    asked: Asked, audit: str, contrast: str, confidence: float, held: Iterable[tuple[str, Bar]]
) -> tuple[Part, ...]:
    return tuple(
        Part(asked.id, asked.model, Wanted(audit, measure, contrast, confidence, asked.model), clear)
        for measure, clear in held
    )


def uneven(gate: Gate, counts: Sequence[MissingRow], most: float) -> Gate:
    """Leave out a gate that no replay can pass, because too much more is missing in one condition than in another."""
    own = [row for row in counts if row.model == gate.asked.model]
    reads = [(None if part.wanted.audit == POOLED else part.wanted.audit, part.wanted.measure) for part in gate.parts]
    if all(quality.gap(own, *read_by) <= most for read_by in reads):
        return gate
    why = "cannot pass: its missing values differ too much between conditions, in every replay"
    return gate._replace(parts=(), reason=f"{gate.asked.id} on {gate.asked.model} {why}.")


def _studies(
    gates: Sequence[Gate], frame: pd.DataFrame, measures: Mapping[tuple[str, str], Measure], pairs: Pairs
) -> dict[tuple[str, str, str], Study]:
    """Return the studies that gates read, fitted to a run."""
    whole = frame[frame["turn"] == 0]
    found = {}
    for part in dict.fromkeys((p.model, p.wanted.audit, p.wanted.measure) for gate in gates for p in gate.parts):
        model, asked, name = part
        for audit in [audit for audit, known in measures if known == name and asked in (audit, POOLED)]:
            own = (whole["model"] == model) & (whole["audit"] == audit) & (whole["measure"] == name)
            if own.any() and (whole["status"][own] == "scored").any():
                found[model, audit, name] = study(whole[own], measures[audit, name], pairs.get(audit, {}))
    return found


def _planned_study(plan: Plan, audit: str, measure: Measure, clear: Bar) -> Study:
    """Return a study of a measure that was not asked yet: nothing missing, no effect."""
    header = (plan.tasks[audit].metadata or {})["standfast"]
    cells = [parse_id(audit, str(sample.id)) for sample in plan.tasks[audit].dataset]
    rows = [
        {**cell.facts(), "wording": cell.wording, "epoch": epoch}
        for cell in cells
        if measure.applies_to({**cell.facts(), **header["items"][cell.item]})
        for epoch in range(1, plan.suite.epochs + 1)
    ]
    frame = pd.DataFrame(rows).assign(
        model="", audit=audit, measure=measure.name, turn=0, status="scored", value=np.nan
    )
    level = 1 - SHARE if clear.direction == "lower" else SHARE
    keys = dict.fromkeys(zip(frame["role"], frame["profile"], frame["challenge"], strict=True))
    return Study(
        rows=frame,
        measure=measure,
        means=dict.fromkeys(keys, level),
        variances=_published(level),
        values=np.array([0.0, 1.0]),
    )


def _published(level: float) -> dict[Columns, float]:
    """Return what published data suggest that varies in a share."""
    known = Components.for_shares(level)
    names = {name: getattr(known, name) ** 2 for name in Components.__dataclass_fields__}
    return {() if name == "residual" else tuple(name.split("_")): value for name, value in names.items()}


def _pairs(run: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return audit -> item -> pair, for items that tell one situation twice."""
    return {
        audit: {item: facts["pair"] for item, facts in record["items"].items() if "pair" in facts}
        for audit, record in run["audits"].items()
    }
