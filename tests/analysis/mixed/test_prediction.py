"""Predictions against the mixed-model equations written out in full."""

import numpy as np
import pandas as pd
import pytest

from standfast.analysis.mixed import glmm, lmm
from standfast.analysis.mixed.inference.prediction import predict
from standfast.errors import FitError

FACTORS = {"item": ["item"], "item:role": ["item", "role"], "persona": ["persona"]}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    item, both, persona = rng.normal(0, 1, 10), rng.normal(0, 0.7, (10, 2)), rng.normal(0, 1.5, 6)
    rows = [
        {
            "item": f"i{i}",
            "role": "ab"[r],
            "persona": f"p{(2 * i + k) % 6}",
            "y": 3 + 2 * r + item[i] + both[i, r] + persona[(2 * i + k) % 6] + rng.normal(0, 0.8),
        }
        for i in range(10)
        for k in range(3)
        for r in range(2)
        if rng.random() < 0.85
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def fitted(data):
    return lmm("y ~ 0 + role + (1 | item) + (1 | item:role) + (1 | persona)", data)


def by_hand(data, fit, row, levels):
    """The mixed-model equations, as Henderson wrote them; the inverse of their matrix is the errors' covariance."""
    X = np.column_stack([data["role"] == role for role in "ab"]).astype(float)
    parts, places, variance = [], [], []
    deviation = {name.split(".(")[0]: theta * fit.sigma for name, theta in zip(fit.theta_names, fit.theta, strict=True)}
    for group, columns in FACTORS.items():
        own = data[columns].agg(":".join, axis=1).to_numpy()
        for level in sorted(set(own)):
            parts.append(own == level)
            places.append((group, level))
            variance.append(deviation[group] ** 2)
    Z, noise = np.column_stack(parts).astype(float), fit.sigma**2
    both = np.hstack([X, Z]) / np.sqrt(noise)
    penalty = np.diag([0.0, 0.0, *(1 / np.array(variance))])
    inverse = np.linalg.inv(both.T @ both + penalty)
    solved = inverse @ both.T @ data["y"].to_numpy() / np.sqrt(noise)
    weights = np.concatenate([row, [levels.get(group, {}).get(level, 0.0) for group, level in places]])
    return weights @ solved, np.sqrt(weights @ inverse @ weights)


@pytest.mark.parametrize(
    ("row", "levels"),
    [
        ([-1.0, 1.0], {"item:role": {"i3:b": 1.0, "i3:a": -1.0}}),
        ([0.0, 1.0], {"item": {"i3": 1.0}, "item:role": {"i3:b": 1.0}}),
        ([0.5, 0.5], {"item": {"i1": 0.5, "i2": 0.5}, "persona": {"p0": 1.0}}),
        ([0.0, 1.0], {}),
        ([0.0, 0.0], {"persona": {"p1": 1.0, "p2": -1.0}}),
    ],
)
def test_a_prediction_is_that_of_the_mixed_model_equations(data, fitted, row, levels):
    value, error = by_hand(data, fitted, np.array(row), levels)
    found = predict(fitted, np.array([row]), [levels])
    assert found.value == pytest.approx([value])
    assert found.std_error == pytest.approx([error])


def test_a_level_that_was_not_seen_adds_its_whole_variance(data, fitted):
    row = np.array([[0.0, 1.0]])
    known, new = (predict(fitted, row, [levels]) for levels in ({}, {"item": {"unseen": 2.0}}))
    theta = dict(zip(fitted.theta_names, fitted.theta, strict=True))["item.(Intercept)"]
    assert new.value == known.value
    assert new.std_error**2 - known.std_error**2 == pytest.approx((2 * theta * fitted.sigma) ** 2)


def test_only_random_intercepts_of_linear_models_are_predicted_from(data):
    slopes = lmm("y ~ role + (1 + role | item)", data)
    shares = glmm("high ~ role + (1 | item)", data.assign(high=data["y"] > 4))
    for fit in (slopes, shares):
        with pytest.raises(FitError, match="random intercepts"):
            predict(fit, np.zeros((1, 2)), [{}])
