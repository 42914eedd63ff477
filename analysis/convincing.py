"""A judge of arguments held against a crowd: how often it names the argument that people found more convincing.

Length is a confound: people find the longer of two arguments more convincing in 77 % of UKPConvArg1's pairs, so a judge
that counts letters looks able. So accuracy stands beside that of length, is told apart where the shorter argument won,
and a logistic regression asks what the judge's choice adds to length.
"""

from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from standfast.analysis.coefficients import Coefficient, Floats, Ints, share, undefined
from standfast.analysis.intervals import critical_t

Bools = NDArray[np.bool_]

_STEPS, _CLOSE, _SURE = 60, 1e-10, 30.0  # iterations, change that ends them, log odds that no data can show


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """A log odds ratio of the crowd's choice.

    Attributes:
        estimate: NaN where `status` says why.
        std_error: Clustered by file.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        n_obs: Pairs.
        n_files: Files among them.
        status: `ok`, or why there is none.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    n_obs: int
    n_files: int
    status: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Convincing:
    """How far a judge of arguments agrees with a crowd; every interval is clustered by file.

    Attributes:
        accuracy: Share of pairs in which judge and crowd agree; a tie, or a choice that changes with the order in which
            the arguments are shown, is half.
        longer: What choosing the longer argument would reach, over all pairs that differ in length, judged or not.
        where_longer: Accuracy where the crowd chose the longer argument.
        where_shorter: Accuracy where the crowd chose the shorter one; a judge that counts letters has 0 here.
        chose_longer: How often the judge chose the longer argument, a tie counted half.
        beyond_length: Log odds of the crowd's choice that the judge's choice adds at a given length; 0 without skill.
        doubling: Log odds that each doubling of length adds at a given choice of the judge.
        first_chosen: Share of the verdicts with a winner in which it was shown first; one half without position bias.
        n_pairs: Pairs with a verdict in both orders.
        missing: Pairs that lack a verdict; they are left out.
    """

    accuracy: Coefficient
    longer: Coefficient
    where_longer: Coefficient
    where_shorter: Coefficient
    chose_longer: Coefficient
    beyond_length: Odds
    doubling: Odds
    first_chosen: Coefficient
    n_pairs: int
    missing: int


def convincing(crowd: Floats, verdicts: Floats, lengths: Floats, file: Ints, *, confidence: float = 0.95) -> Convincing:
    """Hold a judge's verdicts against a crowd's.

    Args:
        crowd: 1 where the crowd chose the first argument, 0 where the second, shape (n,).
        verdicts: The same for the judge, 0.5 for a tie and NaN where there is none; first column with the first
            argument shown first, second column with the second one first, shape (n, 2).
        lengths: Characters of the two arguments, at least 1, shape (n, 2).
        file: File, which is topic and side, of each pair, any numbers, shape (n,).
        confidence: Of the intervals.

    Raises:
        ValueError: Shapes differ, or a number is out of its range.
    """
    _check(crowd, verdicts, lengths, file)
    choice = verdicts.mean(axis=1)  # NaN where one of the two is missing
    read = np.isfinite(choice)
    agrees = np.where(crowd == 1, choice, 1 - choice)
    ratio = np.log2(lengths[:, 0] / lengths[:, 1])
    apart = ratio != 0
    long_won = (ratio > 0) == (crowd == 1)
    prefers_long = np.where(ratio > 0, choice, 1 - choice)
    odds = _odds(crowd[read], np.stack([choice - 0.5, ratio], axis=1)[read], file[read], confidence)
    return Convincing(
        accuracy=_share(agrees, read, file, confidence),
        longer=_share(long_won.astype(np.float64), apart, file, confidence),
        where_longer=_share(agrees, read & apart & long_won, file, confidence),
        where_shorter=_share(agrees, read & apart & ~long_won, file, confidence),
        chose_longer=_share(prefers_long, read & apart, file, confidence),
        beyond_length=odds[0],
        doubling=odds[1],
        first_chosen=_first(verdicts, file, confidence),
        n_pairs=int(read.sum()),
        missing=int((~read).sum()),
    )


def _share(values: Floats, used: Bools, file: Ints, confidence: float) -> Coefficient:
    return share(values[used], file[used], confidence) if used.any() else undefined("no pair of this kind")


def _first(verdicts: Floats, file: Ints, confidence: float) -> Coefficient:
    first = np.stack([verdicts[:, 0], 1 - verdicts[:, 1]], axis=1).ravel()
    return _share(first, np.isin(first, (0.0, 1.0)), np.repeat(file, 2), confidence)


def _odds(crowd: Floats, x: Floats, file: Ints, confidence: float) -> list[Odds]:
    """Return the log odds of each column; there is no intercept, since which argument comes first means nothing."""
    codes = np.unique(file, return_inverse=True)[1]
    n, groups = len(crowd), int(codes.max(initial=-1)) + 1
    fitted = _logistic(crowd, x) if groups > 1 and n > x.shape[1] else None
    if fitted is None:
        why = "fewer than 2 files" if groups < 2 else "the crowd's choice cannot be told from length and judge alone"
        none = Odds(estimate=nan, std_error=nan, conf_low=nan, conf_high=nan, n_obs=n, n_files=groups, status=why)
        return [none] * x.shape[1]
    scores = np.zeros((groups, x.shape[1]))
    np.add.at(scores, codes, x * fitted.residual[:, None])
    correction = groups / (groups - 1) * (n - 1) / (n - x.shape[1])  # CR1, as in `clustered`
    vcov = correction * fitted.bread @ (scores.T @ scores) @ fitted.bread
    critical = critical_t(confidence, groups - 1)
    found = []
    for estimate, variance in zip(fitted.coef, np.diag(vcov), strict=True):
        error = sqrt(float(variance))
        low, high = float(estimate) - critical * error, float(estimate) + critical * error
        found.append(
            Odds(estimate=float(estimate), std_error=error, conf_low=low, conf_high=high, n_obs=n, n_files=groups)
        )
    return found


class _Logistic(NamedTuple):
    """Coefficients (p,), inverse information (p, p), and observed minus expected (n,)."""

    coef: Floats
    bread: Floats
    residual: Floats


def _logistic(y: Floats, x: Floats) -> _Logistic | None:
    """Fit by Newton's method; nothing where no optimum is found, as where the data separate."""
    coef = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        linear = np.clip(x @ coef, -_SURE, _SURE)
        expected = 1 / (1 + np.exp(-linear))
        information = x.T @ (x * (expected * (1 - expected))[:, None])
        if not isfinite(float(np.linalg.cond(information))) or np.linalg.cond(information) > 1 / _CLOSE:
            return None
        step = np.linalg.solve(information, x.T @ (y - expected))
        coef = coef + step
        if float(np.abs(step).max()) < _CLOSE:
            sure = float(np.abs(x @ coef).max()) >= _SURE
            return None if sure else _Logistic(coef, np.asarray(np.linalg.inv(information), np.float64), y - expected)
    return None


def _check(crowd: Floats, verdicts: Floats, lengths: Floats, file: Ints) -> None:
    n = len(crowd)
    if verdicts.shape != (n, 2) or lengths.shape != (n, 2) or file.shape != (n,):
        message = f"expected {n} pairs throughout, got {verdicts.shape}, {lengths.shape} and {file.shape}"
        raise ValueError(message)
    if not np.isin(crowd, (0.0, 1.0)).all():
        message = "the crowd's choice must be 0 or 1"
        raise ValueError(message)
    if not np.isin(verdicts[np.isfinite(verdicts)], (0.0, 0.5, 1.0)).all():
        message = "a verdict must be 0, 0.5, 1 or NaN"
        raise ValueError(message)
    if not (lengths >= 1).all():
        message = "an argument must have at least one character"
        raise ValueError(message)
