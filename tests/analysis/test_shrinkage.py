import numpy as np
import pytest
from scipy import stats

from standfast.analysis.shrinkage import shrink

EVEN = np.diag([1.0, 1.0, 1.0, 1.0])


def test_groups_that_do_not_differ_are_drawn_onto_their_mean():
    found = shrink(np.array([2.0, 2.0, 2.0, 2.0]), EVEN, 0.95)
    assert found.mean == pytest.approx(2.0)
    assert (found.high - found.low < 2 * 1.96).all()  # narrower than each alone
    assert (found.high - found.low > 2 * 1.96 / 2).all()  # wider than the mean of all four, if groups were one


def test_small_differences_are_mostly_noise_and_large_ones_are_not():
    spread = np.array([-1.0, 0.0, 0.0, 1.0])
    near, far = shrink(spread, EVEN, 0.95).mean, shrink(20 * spread, EVEN, 0.95).mean
    assert 0 < near[3] < 0.6
    assert far[3] == pytest.approx(20, abs=0.2)
    assert near == pytest.approx(-near[::-1])


def test_the_group_with_the_larger_error_is_drawn_further():
    found = shrink(np.array([-2.0, 0.0, 0.0, 2.0]), np.diag([9.0, 1.0, 1.0, 1.0]), 0.95).mean
    assert abs(found[0]) < abs(found[3])


def test_another_unit_or_zero_gives_the_same_groups():
    y, covariance = np.array([3.0, -1.0, 0.5]), np.array([[2.0, 0.3, 0.1], [0.3, 1.0, 0.2], [0.1, 0.2, 1.5]])
    found, moved = shrink(y, covariance, 0.9), shrink(10 * y + 7, 100 * covariance, 0.9)
    for one, other in zip(found[:3], moved[:3], strict=True):
        assert 10 * one + 7 == pytest.approx(other)


def test_posterior_of_two_groups_is_that_of_brute_force_integration():
    y, covariance = np.array([1.0, -0.5]), np.array([[1.0, 0.4], [0.4, 2.0]])
    scale = np.sqrt(np.diag(covariance)).mean()

    # tau on a fine grid of its logarithm; the common mean has a prior so wide that it says nothing.
    logs = np.linspace(-9, np.log(5000), 3000)
    weights, means, errors = [], [], []
    for tau in np.exp(logs):
        prior = tau**2 * np.eye(2) + 1e6
        total = prior + covariance
        gain = prior @ np.linalg.inv(total)
        weights.append(stats.multivariate_normal(cov=total).pdf(y) * stats.halfcauchy(scale=scale).pdf(tau) * tau)
        means.append((gain @ y)[0])
        errors.append(np.sqrt((prior - gain @ prior)[0, 0]))
    weight, mean, error = np.array(weights) / np.sum(weights), np.array(means), np.array(errors)
    found = shrink(y, covariance, 0.9)
    assert found.mean[0] == pytest.approx(weight @ mean, abs=0.005)
    for end, share in ((found.low[0], 0.05), (found.high[0], 0.95)):
        assert weight @ stats.norm(mean, error).cdf(end) == pytest.approx(share, abs=0.002)


@pytest.mark.parametrize("tau", [0.0, 0.7, 3.0])
def test_intervals_cover_what_is_true_of_each_group(tau):
    rng, inside, runs = np.random.default_rng([3, int(10 * tau)]), 0, 400
    root = np.linalg.cholesky(np.array([[1.0, 0.3, 0.3], [0.3, 2.0, 0.3], [0.3, 0.3, 0.5]]))
    for _ in range(runs):
        truth = 5 + tau * rng.normal(size=3)
        found = shrink(truth + root @ rng.normal(size=3), root @ root.T, 0.9)
        inside += int(((found.low <= truth) & (truth <= found.high)).sum())
    assert inside / (3 * runs) >= 0.9 - 2.5 * np.sqrt(0.9 * 0.1 / runs)
