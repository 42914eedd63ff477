"""Model receivers against people: planted slopes and correlations are recovered, and noise does not flatten them."""

from math import isnan, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from standfast.analysis.receivers import Held, hold

SLOPE, INTERCEPT, EXTRA = 0.7, 0.05, 0.1


def planted(
    claims: int = 60, each: int = 10, slope: float = SLOPE, noise: float = 0.4, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """People's shift is `slope` × the models' true gain; both are seen through single answers."""
    rng = np.random.default_rng(seed)
    gain = rng.normal(0.15, 0.2, claims)
    shift = INTERCEPT + slope * gain + rng.normal(0, EXTRA, claims)
    claim = np.repeat([f"c{n}" for n in range(claims)], each)
    codes = np.repeat(np.arange(claims), each)
    models = pd.DataFrame({"claim": claim, "gain": gain[codes] + rng.normal(0, noise, len(codes))})
    people = pd.DataFrame({"claim": claim, "shift": shift[codes] + rng.normal(0, noise, len(codes))})
    return models, people


@pytest.fixture(scope="module")
def held() -> Held:
    return hold(*planted(), spans=(1.0, 1.0))


def test_the_slope_is_recovered_where_least_squares_is_flattened_by_noise(held: Held) -> None:
    assert held.slope.conf_low < SLOPE < held.slope.conf_high
    assert held.intercept.conf_low < INTERCEPT < held.intercept.conf_high
    assert held.uncorrected.conf_high < SLOPE
    assert held.uncorrected.estimate == pytest.approx(held.slope.estimate * held.reliability)
    # True variance 0.2²; each mean is of ten answers with 0.4.
    assert held.reliability == pytest.approx(0.04 / (0.04 + 0.016), abs=0.12)
    assert (held.n_units, held.n_claims, held.n_answers, held.n_people) == (60, 60, 600, 600)


def test_the_correlation_is_that_of_the_means_and_beside_it_without_their_noise(held: Held) -> None:
    true = SLOPE * 0.2 / sqrt((SLOPE * 0.2) ** 2 + EXTRA**2)
    assert held.correlation.conf_low < held.correlation.value < held.correlation.conf_high
    assert held.correlation.value < true
    assert held.corrected.value > held.correlation.value
    assert held.corrected.conf_low < true < held.corrected.conf_high
    models, people = planted()
    one, other = models.groupby("claim")["gain"].mean(), people.groupby("claim")["shift"].mean()
    assert held.correlation.value == pytest.approx(float(np.corrcoef(one, other)[0, 1]))
    assert held.rank.value == pytest.approx(float(stats.kendalltau(one, other).statistic))
    assert held.rank.conf_low < held.rank.value < held.rank.conf_high


def test_without_noise_and_with_one_answer_a_claim_the_slope_is_least_squares() -> None:
    models, people = planted(noise=0.0, each=2)
    found = hold(models, people, spans=(1.0, 1.0))
    assert found.reliability == pytest.approx(1)
    assert found.slope.estimate == pytest.approx(found.uncorrected.estimate)
    x, y = models.groupby("claim")["gain"].mean(), people.groupby("claim")["shift"].mean()
    assert found.slope.estimate == pytest.approx(float(stats.linregress(x, y).slope))
    assert found.intercept.estimate == pytest.approx(float(stats.linregress(x, y).intercept))
    single = hold(*planted(each=1), spans=(1.0, 1.0))
    assert isnan(single.slope.estimate)  # how noisy a mean of one answer is cannot be known
    assert "every mean is of one answer" in single.slope.status
    assert single.correlation.status == "ok"


def test_receivers_that_have_nothing_to_do_with_people_are_not_correlated() -> None:
    models, _ = planted(seed=2)
    _, people = planted(seed=3)
    found = hold(models, people, spans=(1.0, 1.0))
    for one in (found.correlation, found.rank, found.slope):
        assert one.conf_low < 0 < one.conf_high


def test_receivers_that_move_twice_as_far_have_slope_one_half_and_the_scale_plays_no_part() -> None:
    models, people = planted(slope=0.5)
    found = hold(models, people, spans=(1.0, 1.0))
    assert found.slope.conf_low < 0.5 < found.slope.conf_high
    percent = people.assign(shift=100 * people["shift"])
    stretched = hold(models.assign(gain=6 * models["gain"]), percent, spans=(6.0, 100.0))
    assert stretched.slope.estimate == pytest.approx(found.slope.estimate)
    assert stretched.slope.std_error == pytest.approx(found.slope.std_error)
    assert stretched.bias.estimate == pytest.approx(found.bias.estimate)


def test_what_is_missing_is_left_out_and_counted() -> None:
    models, people = planted()
    with_holes = models.copy()
    with_holes.loc[::7, "gain"] = np.nan
    found = hold(with_holes, people, spans=(1.0, 1.0))
    dropped = hold(models.drop(index=models.index[::7]), people, spans=(1.0, 1.0))
    assert found.n_missing == 86
    assert found.slope == dropped.slope
    assert found.correlation == dropped.correlation
    half = people[~people["claim"].isin([f"c{n}" for n in range(10)])]
    found = hold(models[models["claim"] != "c59"], half, spans=(1.0, 1.0))
    assert (found.n_claims, found.unmatched) == (49, 11)


def test_conditions_of_one_claim_are_no_independent_claims() -> None:
    models, people = planted()
    twice = [pd.concat([rows.assign(condition="a"), rows.assign(condition="b")]) for rows in (models, people)]
    once = hold(models, people, spans=(1.0, 1.0))
    found = hold(*twice, by=("claim", "condition"), spans=(1.0, 1.0))
    assert (found.n_units, found.n_claims) == (120, 60)
    # Nothing new was learnt; as independent units the errors would shrink by √2.
    assert found.slope.std_error == pytest.approx(once.slope.std_error, rel=0.05)
    width = [one.conf_high - one.conf_low for one in (found.correlation, once.correlation)]
    assert width[0] == pytest.approx(width[1], rel=0.1)


def test_of_four_claims_nothing_is_said() -> None:
    found = hold(*planted(claims=4, each=3), spans=(1.0, 1.0))
    for one in (found.slope, found.intercept, found.uncorrected, found.bias):
        assert one.status == "fewer than 5 claims"
        assert isnan(one.estimate)
        assert isnan(one.conf_low)
    assert isnan(found.corrected.value)


def test_where_claims_differ_by_noise_alone_there_is_hardly_ever_a_slope() -> None:
    found = [hold(*planted(claims=30, each=3, noise=5.0, seed=seed), spans=(1.0, 1.0)) for seed in range(60)]
    none = [one for one in found if one.slope.status != "ok"]
    assert len(none) >= 53  # the F test lets 5 % pass, 3 of 60; more than 7 happen by chance once in 100 times
    for one in none:
        assert "hardly more than by noise" in one.slope.status
        assert isnan(one.slope.estimate)
        assert isnan(one.corrected.value)


def test_gains_that_never_vary_have_no_slope_and_no_correlation() -> None:
    models, people = planted()
    found = hold(models.assign(gain=0.5), people, spans=(1.0, 1.0))
    assert found.slope.status != "ok"
    assert found.correlation.status != "ok"
    assert found.rank.status == "one side does not vary"
    nobody = hold(models.assign(claim="z" + models["claim"]), people)
    assert (nobody.n_claims, nobody.unmatched) == (0, 120)
    assert nobody.slope.status == nobody.rank.status == "fewer than 5 claims"


def test_the_interval_holds_the_planted_slope_as_often_as_it_says() -> None:
    found = [hold(*planted(claims=30, each=8, seed=seed), spans=(1.0, 1.0)).slope for seed in range(100)]
    held = [one.conf_low < SLOPE < one.conf_high for one in found if one.status == "ok"]
    assert len(held) >= 95
    assert sum(held) >= 0.88 * len(held)  # nominal 95 %; of 100, fewer than 88 happen by chance once in 200 times


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"by": ("condition",)}, "by must begin with 'claim'"),
        ({"by": ("claim", "condition")}, "models needs columns claim, condition, gain; condition is absent"),
        ({"spans": (6.0, 0.0)}, "spans must be above 0"),
    ],
)
def test_wrong_arguments_are_refused(options: dict[str, object], part: str) -> None:
    with pytest.raises(ValueError, match=part):
        hold(*planted(claims=6), **options)  # type: ignore[arg-type]
