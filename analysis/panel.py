"""Several judges on the same replies: how far they agree, and what an echo of the persona does to a judge."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from standfast.analysis import frames
from standfast.analysis import logs as log_files
from standfast.analysis.agreement import Metric, Weights, alike, alpha, kappa
from standfast.analysis.coefficients import Coefficient, Floats, Ints, undefined
from standfast.analysis.logs import Record
from standfast.analysis.resampling import cluster_bootstrap
from standfast.cells import parse_id
from standfast.measure import Measure

PRIMARY = "primary"
RESAMPLES = 2000
_UNIT = ["model", "audit", "sample", "epoch", "turn", "measure"]
_COLUMNS = [*_UNIT, "item", "judge", "kind", "value"]
_ORDERED: Mapping[str, tuple[Weights, Metric]] = {
    "binary": ("unweighted", "nominal"),
    "ordinal": ("quadratic", "ordinal"),
}
_NUMERIC: tuple[Weights, Metric] = ("quadratic", "interval")

Clusters = Mapping[str, Mapping[str, str]]  # audit -> item -> pair


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelAgreement:
    """How far judges agree on one measure, over all subjects, on replies that all of them read.

    Attributes:
        audit: Audit.
        measure: Name of the measure.
        title: Its title.
        judges: The judges: a pair, or all of them where there are more.
        kappa: Cohen's kappa; undefined for more than two judges.
        weights: What a disagreement counts in kappa: `unweighted`, or `quadratic` for ordered values.
        alpha: Krippendorff's alpha.
        metric: Its metric: `nominal`, `ordinal` or `interval`.
        alike: Share of replies on which a pair gives the same value.
        n_unread: Replies of the overlap on which fewer than two of them gave a value.
    """

    audit: str
    measure: str
    title: str
    judges: tuple[str, ...]
    kappa: Coefficient
    weights: str
    alpha: Coefficient
    metric: str
    alike: Coefficient
    n_unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionDifference:
    """What the primary judge says of the same replies with echoes of the persona taken out, minus with them.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Name of the measure.
        title: Its title.
        unit: `pp` for binary and proportion measures, else the measure's own.
        estimate: Mean difference.
        conf_low: Lower end of its interval; NaN where `status` is not `ok`.
        conf_high: Upper end.
        n: Replies read both ways.
        n_changed: Those with another value.
        n_items: Items, or pairs, among them.
        status: `ok`, or why there is no interval.
    """

    model: str
    audit: str
    measure: str
    title: str
    unit: str
    estimate: float
    conf_low: float
    conf_high: float
    n: int
    n_changed: int
    n_items: int
    status: str = "ok"


def read(logs: Path | Sequence[Path], frame: pd.DataFrame) -> pd.DataFrame:
    """Return what each judge made of each sample that more than one reading exists of.

    Args:
        logs: The logs that the frame was collected from.
        frame: The tidy frame; records that do not count in it are left out.

    Returns:
        One row per sample × epoch × turn × measure × reading, with `value` NaN where a reading gave none.

    Raises:
        LogError: A log is damaged, or a panel is not what a scorer writes.
    """
    counted = frames.counted(frame)
    rows: list[tuple[Any, ...]] = []
    for path in log_files.find(logs):
        log = log_files.read(path)
        for record in log_files.records(log, readings=["panel"], only="panel"):
            if record.panel and record.finished and (path.name, record.id, record.epoch) in counted:
                rows += _rows(log.model, log.definition.audit, record)
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"value": "float64", "epoch": "int64", "turn": "int64"})


def agreements(
    readings: pd.DataFrame,
    defined: Mapping[tuple[str, str], Measure],
    *,
    clusters: Clusters,
    seed: int,
    confidence: float,
) -> list[PanelAgreement]:
    """Return how far each pair of judges agrees on each measure, and all of them where there are more than two.

    Args:
        readings: As from `read`.
        defined: Audit and name -> measure; their order is that of the result.
        clusters: Audit -> item -> pair, for items that tell one situation; a pair is resampled as one.
        seed: Of the run.
        confidence: Of the intervals.
    """
    found = []
    both = readings[readings["kind"].isin([PRIMARY, "second"])]
    for (audit, name), measure in defined.items():
        own = both[(both["audit"] == audit) & (both["measure"] == name)]
        # Where one judge reads a reply twice, its first reading counts: it is no second opinion on itself.
        given = own.pivot_table(index=[*_UNIT, "item"], columns="judge", values="value", aggfunc="first", dropna=False)
        if own.empty or measure.construct == "lexical":
            continue
        given = given.dropna(how="all", axis=1).dropna(how="all", axis=0)
        item = _clusters(given.index.get_level_values("item"), clusters.get(audit, {}))
        names = [judge for judge in dict.fromkeys(own["judge"]) if judge in given]
        groups = [*combinations(names, 2), *([tuple(names)] if len(names) > 2 else [])]
        for judges in groups:
            rng = np.random.default_rng([seed, *f"{audit}/{name}/{'/'.join(judges)}".encode()])
            found.append(_agreement(audit, measure, judges, given[list(judges)].to_numpy().T, item, rng, confidence))
    return found


def redactions(
    readings: pd.DataFrame,
    defined: Mapping[tuple[str, str], Measure],
    *,
    clusters: Clusters,
    seed: int,
    confidence: float,
) -> list[RedactionDifference]:
    """Return how readings of redacted replies differ from plain ones, by subject and measure; arguments as above."""
    by = [*_UNIT, "item"]
    plain, without = (readings[readings["kind"] == kind].set_index(by)["value"] for kind in (PRIMARY, "redacted"))
    paired = pd.DataFrame({"plain": plain.reindex(without.index), "without": without}).dropna().reset_index()
    found = []
    for (model, audit), rows in paired.groupby(["model", "audit"]):
        for (of_audit, name), measure in defined.items():
            own = rows[rows["measure"] == name]
            if of_audit == audit and len(own) and measure.construct != "lexical":
                rng = np.random.default_rng([seed, *f"redacted/{model}/{audit}/{name}".encode()])
                item = _clusters(own["item"], clusters.get(str(audit), {}))
                found.append(_difference(own, measure, item, rng, confidence))
    return found


def _rows(model: str, audit: str, record: Record) -> Iterator[tuple[Any, ...]]:
    item = parse_id(audit, record.id).item
    primary = {"values": record.values, "status": record.status, "turns": record.turns}
    readings: list[tuple[str, str, Mapping[str, Any]]] = [(record.judge, PRIMARY, primary)]
    readings += [(str(entry["judge"]), str(entry["kind"]), entry) for entry in record.panel]
    for judge, kind, entry in readings:
        parts = [(0, entry["values"], entry["status"])]
        parts += [(turn["turn"], turn["values"], turn["status"]) for turn in entry.get("turns", [])]
        for turn, values, status in parts:
            for measure, value in values.items():
                number = float(value) if status.get(measure) == "scored" and value is not None else np.nan
                yield (model, audit, record.id, record.epoch, turn, measure, item, judge, kind, number)


def _clusters(items: Iterable[str], pairs: Mapping[str, str]) -> Ints:
    return np.asarray(pd.factorize(pd.Series([pairs.get(str(item), str(item)) for item in items]))[0], np.int64)


def _agreement(
    audit: str,
    measure: Measure,
    judges: tuple[str, ...],
    ratings: Floats,
    item: Ints,
    rng: np.random.Generator,
    confidence: float,
) -> PanelAgreement:
    weights, metric = _ORDERED.get(measure.scale, _NUMERIC)
    pair, first, second = len(judges) == 2, ratings[0], ratings[1]
    many = undefined("kappa compares two judges")
    return PanelAgreement(
        audit=audit,
        measure=measure.name,
        title=measure.title,
        judges=judges,
        kappa=kappa(first, second, item, weights=weights, rng=rng, confidence=confidence) if pair else many,
        weights=weights,
        alpha=alpha(ratings, item, metric=metric, rng=rng, confidence=confidence),
        metric=metric,
        alike=alike(first, second, item, confidence=confidence) if pair else many,
        n_unread=int((np.isfinite(ratings).sum(0) < 2).sum()),
    )


def _difference(
    own: pd.DataFrame,
    measure: Measure,
    item: Ints,
    rng: np.random.Generator,
    confidence: float,
) -> RedactionDifference:
    change = (own["without"] - own["plain"]).to_numpy(np.float64)
    cell = np.zeros(len(change), np.int64)
    mean = cluster_bootstrap(change, cell, item, np.ones(1), RESAMPLES, rng, confidence)
    share = measure.scale in ("binary", "proportion")
    factor = 100.0 if share else 1.0
    return RedactionDifference(
        model=str(own["model"].iloc[0]),
        audit=str(own["audit"].iloc[0]),
        measure=measure.name,
        title=measure.title,
        unit="pp" if share else measure.unit,
        estimate=mean.estimate * factor,
        conf_low=mean.conf_low * factor,
        conf_high=mean.conf_high * factor,
        n=len(change),
        n_changed=int((change != 0).sum()),
        n_items=mean.n_clusters,
        status=mean.status.replace("the contrast", "the difference"),
    )
