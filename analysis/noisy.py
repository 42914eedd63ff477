"""Correlations of means whose noise is known, with claims as what is drawn: as they are, without noise, and of ranks."""

from math import isfinite, nan, sqrt

import numpy as np

from standfast.analysis.coefficients import Coefficient, Floats, Ints, of_sums, undefined
from standfast.analysis.intervals import critical_t

FEWEST = 5  # claims below which nothing is computed
NOISE = "differ between claims hardly more than by noise"


def as_they_are(units: Floats, claim: Ints, rng: np.random.Generator, confidence: float) -> Coefficient:
    """Return Pearson's correlation of means as they are, whole claims resampled.

    Args:
        units: For each pair of means x and y: 1, x, y, x², y², xy, and the sampling variances of x and of y, NaN where
            not known, shape (n, 8).
        claim: Claim of each, from 0, shape (n,).
        rng: Source of the resamples.
        confidence: Of the interval.
    """
    groups = int(claim.max(initial=-1)) + 1
    if groups < FEWEST:
        return undefined(f"fewer than {FEWEST} claims", len(units), groups)
    return of_sums(np.nan_to_num(units), claim, _pearson, rng, confidence)  # noise plays no part, known or not


def without_noise(units: Floats, claim: Ints, reliable: bool, confidence: float) -> Coefficient:
    """Return the correlation less the noise of the means, by the jackknife: many resamples leave nothing but noise.

    Args:
        units: As for `as_they_are`.
        claim: As for `as_they_are`.
        reliable: Whether the means of both sides differ beyond their noise.
        confidence: Of the interval.
    """
    groups = int(claim.max(initial=-1)) + 1
    if groups < FEWEST:
        return undefined(f"fewer than {FEWEST} claims", len(units), groups)
    if not reliable:
        return undefined(f"the means of one side {NOISE}, or their noise is not known", len(units), groups)
    sums = np.zeros((groups, units.shape[1]))
    np.add.at(sums, claim, units)
    whole = sums.sum(0)
    value, left = float(_without_noise(whole[None])[0]), _without_noise(whole - sums)
    if not abs(value) < 1:
        return undefined("the means agree better than their noise allows", len(units), groups)
    return _jackknifed(value, left, len(units), confidence)


def _pearson(sums: Floats) -> Floats:
    return _ratio(sums, 0.0)


def _without_noise(sums: Floats) -> Floats:
    return _ratio(sums, 1.0)


def _ratio(sums: Floats, noisy: float) -> Floats:
    """Return covariance over deviations, less noise; NaN where nothing is left to vary."""
    n, x, y, xx, yy, xy, noise, other = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        own = (xx - x * x / n) / (n - 1) - noisy * noise / n
        second = (yy - y * y / n) / (n - 1) - noisy * other / n
        found = (xy - x * y / n) / (n - 1) / np.sqrt(own * second)
        small = 1e-12 * (xx + yy) / n
    return np.where((own > small) & (second > small), found, nan)


def of_ranks(x: Floats, y: Floats, claim: Ints, confidence: float) -> Coefficient:
    """Return Kendall's tau-b of means, by the jackknife: a resample holds claims twice, which are ties.

    Args:
        x: Shape (n,).
        y: Shape (n,).
        claim: Claim of each, from 0, shape (n,).
        confidence: Of the interval.
    """
    n, groups = len(x), int(claim.max(initial=-1)) + 1
    if groups < FEWEST:
        return undefined(f"fewer than {FEWEST} claims", n, groups)
    ahead, above = np.sign(x[:, None] - x), np.sign(y[:, None] - y)
    pairs = [_by_claim(product, claim) for product in (ahead * above, ahead**2, above**2)]
    whole = np.array([of_claims.sum() for of_claims in pairs])
    # Without a claim, all pairs but those that hold it on either side.
    left = whole[:, None] - np.array([2 * of_claims.sum(1) - np.diag(of_claims) for of_claims in pairs])
    with np.errstate(invalid="ignore", divide="ignore"):
        tau = float(whole[0] / np.sqrt(whole[1] * whole[2]))
        without = left[0] / np.sqrt(left[1] * left[2])
    if not isfinite(tau) or not np.isfinite(without).all():
        return undefined("one side does not vary", n, groups)
    if abs(tau) > 1 - 1e-9:
        return undefined("it is 1 or −1 without exception", n, groups, tau)
    return _jackknifed(tau, without, n, confidence)


def _by_claim(pairs: Floats, claim: Ints) -> Floats:
    """Return sums over pairs of units as sums over pairs of claims, shape (claims, claims)."""
    sums = np.zeros((int(claim.max()) + 1, pairs.shape[1]))
    np.add.at(sums, claim, pairs)
    twice = np.zeros((len(sums), len(sums)))
    np.add.at(twice, claim, sums.T)
    return twice


def _jackknifed(value: float, left: Floats, n: int, confidence: float) -> Coefficient:
    """Return a coefficient with the interval of Fisher's z; `left` has it without each claim in turn."""
    groups = len(left)
    if not np.isfinite(left).all():
        return undefined("without one of the claims nothing is left", n, groups, value)
    error = sqrt((groups - 1) / groups * float(((left - left.mean()) ** 2).sum())) / (1 - value**2)
    half, centre = critical_t(confidence, groups - 1) * error, float(np.arctanh(value))
    low, high = float(np.tanh(centre - half)), float(np.tanh(centre + half))
    return Coefficient(value=value, conf_low=low, conf_high=high, n=n, n_items=groups)
