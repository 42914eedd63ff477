"""Receivers: gain by their opening stance, whether they rank senders alike, and how reliable their probes are."""

import numpy as np
import pandas as pd

from standfast.analysis.coefficients import Floats, of_sums
from standfast.analysis.concordance import concordance, kendall_w
from standfast.analysis.exchanges import ATTEMPTED
from standfast.analysis.gaining import scored
from standfast.analysis.gains import PriorPeak, PriorPoint
from standfast.analysis.prior_curve import PriorCurve, prior_curve
from standfast.analysis.ratios import ratio
from standfast.analysis.signals import ProbeReliability, ReceiverRanking

RESAMPLES = 1000
_MOST_DROPPED = 0.05
_STANCES = tuple(float(stance) for stance in range(1, 8))


def by_prior(talks: pd.DataFrame, *, confidence: float, seed: int) -> tuple[list[PriorPoint], list[PriorPeak]]:
    """Return gain by opening stance and where it peaks, by subject and audit, on the first episode.

    Args:
        talks: Conversations.
        confidence: Of intervals.
        seed: Of the run.
    """
    points: list[PriorPoint] = []
    peaks: list[PriorPeak] = []
    used = scored(talks)
    used = used[used["before"].notna() & used["after"].notna()]
    for (model, audit), rows in used.groupby(["model", "audit"], sort=True):
        rng = np.random.default_rng([seed, *f"{model}/{audit}/prior".encode()])
        curve = prior_curve(rows, confidence=confidence, rng=rng)
        points += [_point(str(model), str(audit), curve, stance, rows) for stance in _seen(rows)]
        peaks.append(
            PriorPeak(
                model=str(model),
                audit=str(audit),
                found=curve.peak.found,
                estimate=curve.peak.estimate,
                conf_low=curve.peak.interval.low,
                conf_high=curve.peak.interval.high,
                curvature=curve.curvature.estimate,
                curvature_low=curve.curvature.conf_low,
                curvature_high=curve.curvature.conf_high,
                inner=curve.inner,
                reliability=curve.reliability,
                coupling=curve.coupling,
                n_obs=curve.n,
                n_items=rows["item"].nunique(),
                status=curve.status,
            )
        )
    return points, peaks


def _seen(rows: pd.DataFrame) -> list[float]:
    """Return the whole stances between the lowest and the highest that was observed."""
    low, high = rows["before"].min(), rows["before"].max()
    return [stance for stance in _STANCES if low - 0.5 <= stance <= high + 0.5]


def _point(model: str, audit: str, curve: PriorCurve, stance: float, rows: pd.DataFrame) -> PriorPoint:
    near = rows[(rows["before"] - stance).abs() <= 0.5]
    other = near["again"].where(near["again"].notna(), near["before"])
    found = curve.at(stance)
    return PriorPoint(
        model=model,
        audit=audit,
        prior=stance,
        estimate=found.estimate,
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        observed=float((near["after"] - other).mean()) if len(near) else np.nan,
        n_obs=len(near),
        n_items=near["item"].nunique(),
    )


def ranking(talks: pd.DataFrame, *, confidence: float, seed: int) -> list[ReceiverRanking]:
    """Return how far receivers agree on the order of senders, by audit with two or more of both.

    The interval holds the middle share of W over resamples of whole items; noise in means makes rankings differ, so that
    it lies too low where W is near 1.

    Args:
        talks: Conversations.
        confidence: Of the interval.
        seed: Of the run.
    """
    used = scored(talks)
    used = used[used["outcome"] == ATTEMPTED]
    found = []
    for audit, rows in used.groupby("audit", sort=True):
        if rows["receiver"].nunique() > 1 and rows["model"].nunique() > 1:
            rng = np.random.default_rng([seed, *f"{audit}/ranking".encode()])
            found.append(_ranking(str(audit), rows, confidence, rng))
    return found


def _ranking(audit: str, rows: pd.DataFrame, confidence: float, rng: np.random.Generator) -> ReceiverRanking:
    receiver, model, item = (pd.factorize(rows[name], sort=True)[0] for name in ("receiver", "model", "item"))
    m, n, groups = int(receiver.max()) + 1, int(model.max()) + 1, int(item.max()) + 1
    sums, counts = np.zeros((groups, m, n)), np.zeros((groups, m, n))
    np.add.at(sums, (item, receiver, model), rows["gain"].to_numpy(np.float64))
    np.add.at(counts, (item, receiver, model), 1.0)
    whole = concordance(_means(sums.sum(axis=0), counts.sum(axis=0)), rng)
    low = high = np.nan
    if whole.status == "ok" and groups > 1:
        drawn = rng.multinomial(groups, np.full(groups, 1 / groups), RESAMPLES).astype(np.float64)
        again = _means(*(np.einsum("bg,gmn->bmn", drawn, known) for known in (sums, counts)))
        again = again[np.isfinite(again).all(axis=(1, 2))]
        if len(again) >= (1 - _MOST_DROPPED) * RESAMPLES:
            tail = (1 - confidence) / 2
            low, high = np.nanquantile(kendall_w(again), [tail, 1 - tail])
    return ReceiverRanking(
        audit=audit,
        estimate=whole.w,
        conf_low=float(low),
        conf_high=float(high),
        p_value=whole.p_value,
        n_receivers=m,
        n_senders=n,
        n_obs=len(rows),
        n_items=groups,
        status=whole.status,
    )


def _means(sums: Floats, counts: Floats) -> Floats:
    # Rounded, so that equal means tie whatever order they were added up in.
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return np.asarray(np.round(means, 9))


def reliability(probes: pd.DataFrame, *, confidence: float, seed: int) -> list[ProbeReliability]:
    """Return the spread of repeats and the share of variance between probes, by receiver, audit and quantity.

    Args:
        probes: One row per probe.
        confidence: Of intervals.
        seed: Of the run.

    Source: ICC(1,1), Shrout and Fleiss (1979), Psychological Bulletin 86, 420-428; for unequal numbers of repeats by
        the method of moments. Readings are of all moments of the conversation, each probe a target.
    """
    found = []
    for (receiver, audit, quantity), rows in probes.groupby(["receiver", "audit", "quantity"], sort=True):
        used = rows[rows["readings"].map(len) > 1]
        if not len(used):
            continue
        rng = np.random.default_rng([seed, *f"{receiver}/{audit}/{quantity}".encode()])
        units = np.array([_parts(readings) for readings in used["readings"]])
        item = np.asarray(pd.factorize(used["item"])[0], np.int64)
        within = ratio(units[:, 3] - units[:, 4], units[:, 1] - 1, item, confidence)
        icc = of_sums(units, item, _icc, rng, confidence)
        sd, low, high = (float(np.sqrt(max(x, 0.0))) if np.isfinite(x) else np.nan for x in within[:3])
        found.append(
            ProbeReliability(
                receiver=str(receiver),
                audit=str(audit),
                quantity="belief" if quantity == "belief" else "stance",
                repeat_sd=sd,
                sd_low=low,
                sd_high=high,
                icc=icc.value,
                icc_low=icc.conf_low,
                icc_high=icc.conf_high,
                n_obs=len(used),
                n_items=used["item"].nunique(),
                n_missing=int(rows["missing"].sum()),
            )
        )
    return found


def _parts(readings: tuple[float, ...]) -> list[float]:
    """Return what a probe adds to the analysis of variance: 1, k, sum, sum of squares, sum² / k, and k²."""
    k, total = len(readings), sum(readings)
    return [1.0, float(k), total, sum(value**2 for value in readings), total**2 / k, float(k**2)]


def _icc(sums: Floats) -> Floats:
    probes, n, total, squares, between, square_k = sums.T
    shown = (between - total**2 / n) / np.maximum(probes - 1, 1)
    noise = (squares - between) / np.maximum(n - probes, 1)
    repeats = (n - square_k / n) / np.maximum(probes - 1, 1)
    most = shown + (repeats - 1) * noise
    usable = (probes > 1) & (most > 1e-9)
    return np.asarray(np.divide(shown - noise, most, out=np.full(len(sums), np.nan), where=usable))
