"""Scenarios with a known prior -> beliefs and choices against what signals can reach, and bits in the messages.

States are asked about equally often by design, and count with their prior. The mean over scenarios has a t interval over
scenarios; one scenario's own interval takes its conversations as independent.
"""

from collections.abc import Iterator
from math import nan
from typing import NamedTuple

import numpy as np
import pandas as pd

from standfast.analysis.information import PRIMARY, Floats, Ints, bits, entropy
from standfast.analysis.intervals import critical_t
from standfast.analysis.ratios import ratio
from standfast.analysis.signalling import optimum, threshold_game
from standfast.analysis.signals import Information, Signalling

STATES = ("bad", "good")
_SYMBOLS = ("bad", "good", "nothing")
_NOTHING = 1e-12


class _Scenario(NamedTuple):
    """One scenario: prior, largest gain, and the prior-weighted mean of each quantity with its error and df."""

    item: str
    prior: float
    optimum: float
    posterior: "_Mean"
    gain: "_Mean"
    n: int


class _Mean(NamedTuple):
    """A mean, its standard error and degrees of freedom; NaN where they are not known."""

    value: float
    std_error: float
    df: float


def signalling(talks: pd.DataFrame, confidence: float) -> list[Signalling]:
    """Return a row for each scenario in which both states were asked, and their mean, by subject and audit."""
    found = []
    for (model, audit), rows in _usable(talks).groupby(["model", "audit"], sort=True):
        scenarios = list(_scenarios(rows))
        if scenarios:
            found.append(_pooled(str(model), str(audit), scenarios, confidence))
        found += [_alone(str(model), str(audit), one, confidence) for one in scenarios]
    return found


def _usable(talks: pd.DataFrame) -> pd.DataFrame:
    """Return the conversations of scenarios whose design is whole, and of which everything could be read."""
    own = talks[(talks["kind"] == "state") & talks["state"].isin(STATES)]
    inside = own["prior"].between(0, 1, inclusive="neither") & (own["threshold"] > 0) & (own["threshold"] <= 1)
    return own[inside & own["belief_after"].notna() & own["acts_after"].notna() & own["acts_before"].notna()]


def _scenarios(rows: pd.DataFrame) -> Iterator[_Scenario]:
    for item, own in rows.groupby("item", sort=True):
        if own["state"].nunique() < len(STATES) or own["prior"].nunique() > 1 or own["threshold"].nunique() > 1:
            continue
        prior, threshold = float(own["prior"].iloc[0]), float(own["threshold"].iloc[0])
        shares = np.array([1 - prior, prior])
        moved = (own["acts_after"] - own["acts_before"]).to_numpy(np.float64)
        state = np.asarray(own["state"] == "good", np.int64)
        yield _Scenario(
            item=str(item),
            prior=prior,
            optimum=optimum(threshold_game(threshold), shares).gain,
            posterior=_weighted(own["belief_after"].to_numpy(np.float64), state, shares),
            gain=_weighted(moved, state, shares),
            n=len(own),
        )


def _weighted(values: Floats, state: Ints, shares: Floats) -> _Mean:
    """Return the mean with states weighted by the prior; degrees of freedom by Welch and Satterthwaite."""
    parts = [values[state == s] for s in range(len(shares))]
    mean = float(sum(share * part.mean() for share, part in zip(shares, parts, strict=True)))
    if min(len(part) for part in parts) < 2:
        return _Mean(mean, nan, nan)
    variances = [share**2 * float(part.var(ddof=1)) / len(part) for share, part in zip(shares, parts, strict=True)]
    total = sum(variances)
    if total <= _NOTHING:
        return _Mean(mean, nan, nan)
    df = total**2 / sum(variance**2 / (len(part) - 1) for variance, part in zip(variances, parts, strict=True))
    return _Mean(mean, float(np.sqrt(total)), df)


def _half(mean: _Mean, confidence: float) -> float:
    return critical_t(confidence, mean.df) * mean.std_error if np.isfinite(mean.std_error) else nan


def _alone(model: str, audit: str, one: _Scenario, confidence: float) -> Signalling:
    belief, half = one.posterior.value, _half(one.posterior, confidence)
    gain, wide = one.gain.value, _half(one.gain, confidence)
    ratios = [x / one.optimum if one.optimum > 0 else nan for x in (gain, gain - wide, gain + wide)]
    return Signalling(
        model=model,
        audit=audit,
        scenario=one.item,
        prior=one.prior,
        posterior=belief,
        posterior_low=max(belief - half, 0.0) if half == half else nan,
        posterior_high=min(belief + half, 1.0) if half == half else nan,
        gap=belief - one.prior,
        gap_low=belief - one.prior - half,
        gap_high=belief - one.prior + half,
        gain=gain,
        gain_low=gain - wide,
        gain_high=gain + wide,
        optimum=one.optimum,
        ratio=ratios[0],
        ratio_low=ratios[1],
        ratio_high=ratios[2],
        beyond=ratios[1] > 1,
        n_obs=one.n,
        n_items=1,
    )


def _pooled(model: str, audit: str, scenarios: list[_Scenario], confidence: float) -> Signalling:
    """Return the mean over scenarios, each counting the same; the ratio is that of mean gain and mean optimum."""
    prior, best, belief, gain = (
        np.array(values)
        for values in zip(
            *((one.prior, one.optimum, one.posterior.value, one.gain.value) for one in scenarios), strict=True
        )
    )
    each, one = np.arange(len(scenarios)), np.ones(len(scenarios))
    posterior, gap, moved = (ratio(values, one, each, confidence) for values in (belief, belief - prior, gain))
    of_best = ratio(gain, best, each, confidence)
    return Signalling(
        model=model,
        audit=audit,
        scenario="",
        prior=float(prior.mean()),
        posterior=posterior.value,
        posterior_low=posterior.conf_low,
        posterior_high=posterior.conf_high,
        gap=gap.value,
        gap_low=gap.conf_low,
        gap_high=gap.conf_high,
        gain=moved.value,
        gain_low=moved.conf_low,
        gain_high=moved.conf_high,
        optimum=float(best.mean()),
        ratio=of_best.value,
        ratio_low=of_best.conf_low,
        ratio_high=of_best.conf_high,
        beyond=of_best.conf_low > 1,
        n_obs=sum(scenario.n for scenario in scenarios),
        n_items=len(scenarios),
    )


def information(talks: pd.DataFrame, messages: pd.DataFrame, *, confidence: float, seed: int) -> list[Information]:
    """Return bits in messages at the mean prior of the scenarios, and similarity, by subject and audit.

    Args:
        talks: Conversations; those on scenarios in which something was read of the messages count.
        messages: Messages; those on claims and scenarios with a message before them count for the similarity.
        confidence: Of intervals.
        seed: Of the run.
    """
    told = talks[(talks["kind"] == "state") & talks["state"].isin(STATES) & (talks["says"] != "")]
    told = told[told["prior"].between(0, 1, inclusive="neither")]
    similar = messages[messages["similarity"].notna()]
    places = {(str(m), str(a)) for rows in (told, similar) for m, a in zip(rows["model"], rows["audit"], strict=True)}
    found = []
    for model, audit in sorted(places):
        own, alike = (rows[(rows["model"] == model) & (rows["audit"] == audit)] for rows in (told, similar))
        found.append(_information(model, audit, own, alike, confidence, seed))
    return found


def _information(
    model: str, audit: str, told: pd.DataFrame, similar: pd.DataFrame, confidence: float, seed: int
) -> Information:
    good = float(told.groupby("item")["prior"].first().mean()) if len(told) else nan
    state, message = (
        np.array([names.index(value) for value in told[column]], dtype=np.int64)
        for column, names in (("state", STATES), ("says", _SYMBOLS))
    )
    item = np.asarray(pd.factorize(told["item"])[0], np.int64)
    rng = np.random.default_rng([seed, *f"{model}/{audit}/information".encode()])
    found = (
        bits(state, message, item, np.array([1 - good, good]), rng=rng, confidence=confidence) if len(told) else None
    )
    alike = ratio(
        similar["similarity"].to_numpy(np.float64),
        np.ones(len(similar)),
        np.asarray(pd.factorize(similar["item"])[0], np.int64),
        confidence,
    )
    return Information(
        model=model,
        audit=audit,
        bits=found.estimate if found else nan,
        conf_low=found.conf_low if found else nan,
        conf_high=found.conf_high if found else nan,
        estimator=PRIMARY if found else "",
        uncorrected=found.uncorrected if found else nan,
        most=float(entropy(np.array([1 - good, good]))) if found else nan,
        chance=found.chance if found else nan,
        p_value=found.p_value if found else nan,
        similarity=alike.value,
        similarity_low=alike.conf_low,
        similarity_high=alike.conf_high,
        n_obs=len(told),
        n_items=told["item"].nunique(),
        n_similar=len(similar),
    )
