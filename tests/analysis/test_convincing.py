"""The judge of arguments: known answers on planted judges, and beside statsmodels."""

from math import isnan

import numpy as np
import pytest
from numpy.typing import NDArray

from standfast.analysis.convincing import Convincing, convincing

Floats = NDArray[np.float64]


def planted(n: int = 4000, files: int = 32, skill: float = 1.0, length: float = 1.0, seed: int = 1) -> Convincing:
    """A crowd that follows quality and length, and a judge that sees quality with some error."""
    rng = np.random.default_rng(seed)
    quality, ratio = rng.normal(size=n), rng.normal(size=n)
    crowd = (rng.uniform(size=n) < 1 / (1 + np.exp(-(skill * np.sign(quality) + length * ratio)))).astype(float)
    choice = (quality > 0).astype(float)
    lengths = np.stack([100 * 2**ratio, np.full(n, 100.0)], axis=1)
    return convincing(crowd, np.stack([choice, choice], axis=1), lengths, rng.integers(0, files, n))


def test_what_the_judge_adds_to_length_is_recovered() -> None:
    found = planted(skill=0.8, length=0.5)
    # From −1 to 1 of the planted quality is from −½ to ½ of the judge's choice.
    assert found.beyond_length.conf_low < 1.6 < found.beyond_length.conf_high
    assert found.doubling.conf_low < 0.5 < found.doubling.conf_high
    assert found.beyond_length.std_error < 0.15
    assert (found.beyond_length.n_obs, found.beyond_length.n_files, found.n_pairs) == (4000, 32, 4000)


def test_a_judge_that_counts_letters_adds_nothing_and_fails_where_the_shorter_won() -> None:
    rng = np.random.default_rng(2)
    n = 3000
    ratio = rng.normal(size=n)
    crowd = (rng.uniform(size=n) < 1 / (1 + np.exp(-1.5 * ratio))).astype(float)
    noise = rng.uniform(size=n) < 0.02  # without it choice and length are one column
    choice = ((ratio > 0) ^ noise).astype(float)
    lengths = np.stack([200 * 2**ratio, np.full(n, 200.0)], axis=1)
    found = convincing(crowd, np.stack([choice, choice], axis=1), lengths, np.arange(n) % 30)
    assert found.accuracy.value > 0.7
    assert abs(found.accuracy.value - found.longer.value) < 0.02
    assert found.where_shorter.conf_high < 0.1
    assert found.where_longer.value > 0.9
    assert found.chose_longer.value == pytest.approx(0.98, abs=0.02)
    assert found.beyond_length.conf_low < 0 < found.beyond_length.conf_high


def test_a_judge_without_skill_has_half_in_its_interval_and_no_odds() -> None:
    found = planted(skill=0.0)
    assert found.accuracy.conf_low < 0.5 < found.accuracy.conf_high
    assert found.beyond_length.conf_low < 0 < found.beyond_length.conf_high
    assert found.doubling.conf_low > 0.8


def test_coefficients_and_clustered_errors_are_those_of_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(3)
    n = 500
    ratio, choice, file = rng.normal(size=n), rng.choice([0.0, 0.5, 1.0], n), rng.integers(0, 12, n)
    crowd = (rng.uniform(size=n) < 1 / (1 + np.exp(-(0.6 * ratio + choice - 0.5)))).astype(float)
    found = convincing(
        crowd, np.stack([choice, choice], axis=1), np.stack([100 * 2**ratio, np.full(n, 100.0)], axis=1), file
    )
    x = np.stack([choice - 0.5, ratio], axis=1)
    fit = api.Logit(crowd, x).fit(disp=0, cov_type="cluster", cov_kwds={"groups": file})
    mine = [found.beyond_length, found.doubling]
    np.testing.assert_allclose([one.estimate for one in mine], fit.params, rtol=1e-6)
    np.testing.assert_allclose([one.std_error for one in mine], fit.bse, rtol=1e-6)


def test_the_order_of_the_arguments_and_their_names_change_nothing() -> None:
    rng = np.random.default_rng(4)
    n = 300
    crowd, file = rng.integers(0, 2, n).astype(float), rng.integers(0, 10, n)
    verdicts = rng.choice([0.0, 0.5, 1.0, np.nan], (n, 2), p=[0.4, 0.1, 0.4, 0.1])
    lengths = rng.integers(10, 500, (n, 2)).astype(float)
    one = convincing(crowd, verdicts, lengths, file)
    # The second argument is called the first: verdicts swap value and, with the order of showing, column.
    other = convincing(1 - crowd, (1 - verdicts)[:, ::-1], lengths[:, ::-1], file)
    for name in ("accuracy", "longer", "where_longer", "where_shorter", "chose_longer", "first_chosen"):
        assert getattr(one, name).value == pytest.approx(getattr(other, name).value), name
    assert one.beyond_length.estimate == pytest.approx(other.beyond_length.estimate)
    assert one.doubling.std_error == pytest.approx(other.doubling.std_error)


def test_a_choice_that_follows_the_order_is_half_right_and_shown_as_such() -> None:
    n = 40
    first = np.stack([np.ones(n), np.zeros(n)], axis=1)  # always the one shown first
    found = convincing(np.ones(n), first, np.full((n, 2), 9.0), np.arange(n) % 8)
    assert found.accuracy.value == 0.5
    assert found.first_chosen.value == 1.0
    assert found.longer.status == "no pair of this kind"  # all are of one length


def test_a_pair_without_both_verdicts_is_missing_and_no_half() -> None:
    crowd = np.array([1.0, 1.0, 0.0, 1.0])
    verdicts = np.array([[1, 1], [np.nan, 1], [0, 0], [np.nan, np.nan]])
    found = convincing(crowd, verdicts, np.array([[9.0, 4]] * 4), np.array([0, 0, 1, 1]))
    assert (found.n_pairs, found.missing) == (2, 2)
    assert found.accuracy.value == 1.0
    assert found.longer.n == 4  # the rule needs no judge


@pytest.mark.parametrize("files", [1, 4])
def test_where_nothing_can_be_told_there_is_no_number(files: int) -> None:
    crowd = np.array([1.0, 0, 1, 0, 1, 0, 1, 0])
    verdicts = np.stack([crowd, crowd], axis=1)  # a perfect judge: its odds have no end
    found = convincing(crowd, verdicts, np.array([[9.0, 4]] * 8), np.arange(8) % files)
    assert isnan(found.beyond_length.estimate)
    assert found.beyond_length.status != "ok"
    assert isnan(found.accuracy.conf_low) == (files == 1)


@pytest.mark.parametrize(
    ("crowd", "verdicts", "lengths", "part"),
    [
        ([1.0], [[1.0, 1.0]], [[1.0, 1.0]] * 2, "expected 1 pairs throughout"),
        ([0.5], [[1.0, 1.0]], [[1.0, 1.0]], "crowd's choice must be 0 or 1"),
        ([1.0], [[1.0, 0.7]], [[1.0, 1.0]], "a verdict must be 0, 0.5, 1 or NaN"),
        ([1.0], [[1.0, 0.0]], [[0.0, 1.0]], "at least one character"),
        ([1.0], [[1.0, 0.0]], [[np.nan, 1.0]], "at least one character"),
    ],
)
def test_wrong_numbers_are_refused(crowd: list[float], verdicts: object, lengths: object, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        convincing(np.array(crowd), np.array(verdicts), np.array(lengths), np.zeros(len(crowd), np.int64))
