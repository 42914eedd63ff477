"""Effects on people: planted ones are recovered, and a published analysis is."""

from math import isnan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from standfast.analysis import people
from standfast.analysis.shifts import Against, against_control, shifts
from standfast.errors import FitError

COVARIATES = ("party", "ideology", "knowledge")


def before_and_after(effect: float = 0.6, claims: int = 30, each: int = 8, seed: int = 1) -> pd.DataFrame:
    """Two conditions, the second `effect` stronger, on claims that move by themselves."""
    rng = np.random.default_rng(seed)
    rows = []
    for claim in range(claims):
        own = rng.normal(0, 0.4)
        for condition, strength in (("mild", 0.2), ("strong", 0.2 + effect)):
            for n in range(each):
                before = float(rng.integers(1, 8))
                rows.append(
                    {
                        "participant": f"{claim}.{condition}.{n}",
                        "claim": f"c{claim}",
                        "condition": condition,
                        "model": "x",
                        "message": f"{condition} {claim}.{n % 2}",
                        "before": before,
                        "after": before + strength + own + rng.normal(0, 0.8),
                    }
                )
    return pd.DataFrame(rows)


def after_alone(effect: float = 8.0, slope: float = 1.5, seed: int = 1, claims: int = 12) -> pd.DataFrame:
    """People who read one of six models' messages, or none, and whose variance differs between messages."""
    rng = np.random.default_rng(seed)
    rows, size = [], np.array([-3.0, -2, -1, 1, 2, 3])
    for claim in range(claims):
        level, own, bend = rng.uniform(40, 60), rng.normal(0, 2), rng.normal(0, 0.5)
        for n in range(120):
            knows = float(rng.integers(0, 4))
            base = level + 2 * knows
            if n < 48:
                rows.append((f"c{claim}", "control", "", "", base + rng.normal(0, 12), knows, np.nan))
            else:
                model = n % 6
                shift = effect + own + (slope + bend) * size[model]
                spread = 6 + 3 * model
                rows.append(
                    (
                        f"c{claim}",
                        "AI",
                        f"m{model}",
                        f"{model}",
                        base + shift + rng.normal(0, spread),
                        knows,
                        size[model],
                    )
                )
    names = ["claim", "condition", "model", "message", "after", "knowledge", "size"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(participant=[str(n) for n in range(len(frame))], before=np.nan)


def test_the_mean_shift_of_each_condition_is_recovered_with_the_claims_in_its_error() -> None:
    mild, strong = shifts(before_and_after())
    assert (mild.condition, strong.condition) == ("mild", "strong")
    assert mild.conf_low < 0.2 < mild.conf_high
    assert strong.conf_low < 0.8 < strong.conf_high
    assert (strong.n_obs, strong.n_claims, strong.n_messages, strong.n_missing) == (240, 30, 60, 0)
    assert strong.df <= 29
    # With 30 claims that differ by 0.4 the error is at least 0.4 / √30, whatever the number of people.
    assert 0.05 < strong.std_error < 0.14


def test_as_a_column_of_its_own_any_name_can_be_the_condition() -> None:
    frame = before_and_after().assign(model=lambda rows: rows["condition"].str.upper())
    assert [one.condition for one in shifts(frame, by="model")] == ["MILD", "STRONG"]


def test_intervals_hold_the_planted_shift_as_often_as_they_say() -> None:
    held = [
        one.conf_low < 0.8 < one.conf_high
        for seed in range(60)
        for one in shifts(before_and_after(claims=12, each=4, seed=seed))[1:]
    ]
    assert sum(held) >= 52  # 95 % of 60 is 57; fewer than 52 happen by chance once in 200 times


def test_an_answer_that_is_missing_is_counted_and_is_no_shift_of_zero() -> None:
    frame = before_and_after()
    frame.loc[frame.index % 5 == 0, "after"] = np.nan
    for one in shifts(frame):
        assert (one.n_obs, one.n_missing) == (192, 48)
        assert one.conf_low < {"mild": 0.2, "strong": 0.8}[one.condition] < one.conf_high
    nothing = shifts(frame.assign(before=np.nan))
    assert all(isnan(one.estimate) and one.n_obs == 0 and one.status != "ok" for one in nothing)


def test_without_two_claims_or_any_variation_there_is_no_interval() -> None:
    frame = before_and_after()
    one = shifts(frame[frame["claim"] == "c0"])[0]
    assert one.status == "fewer than 2 claims"
    assert isnan(one.conf_low)
    still = shifts(frame.assign(after=frame["before"]))[0]
    assert (still.estimate, still.status) == (0.0, "the shift does not vary between claims")
    assert isnan(still.conf_high)


def test_the_order_of_the_rows_and_the_names_change_nothing() -> None:
    frame = before_and_after()
    other = frame.sample(frac=1, random_state=3).assign(claim=lambda rows: "z" + rows["claim"])
    for one, two in zip(shifts(frame), shifts(other), strict=True):
        assert one.estimate == pytest.approx(two.estimate, rel=1e-6)
        assert one.std_error == pytest.approx(two.std_error, rel=1e-4)


@pytest.fixture(scope="module")
def planted() -> Against:
    return against_control(after_alone(), slope="size", covariates=("knowledge",))


def test_effect_and_slope_against_control_are_recovered(planted: Against) -> None:
    effect, slope = planted.effects
    assert effect.conf_low < 8 < effect.conf_high
    assert slope.conf_low < 1.5 < slope.conf_high
    assert (effect.n_obs, effect.n_claims, effect.n_messages) == (1440, 12, 6)
    assert planted.centre == 0
    assert 0.5 < planted.deviations["claim"] < 5
    assert set(planted.deviations) == {"claim", "claim: size", "message", "model"}
    assert effect.df <= 11


def test_of_people_who_were_asked_before_the_shift_is_compared(planted: Against) -> None:
    frame = after_alone()
    rng = np.random.default_rng(5)
    was = rng.uniform(20, 80, len(frame))
    shifted = frame.assign(before=was, after=frame["after"] + was)
    found = against_control(shifted, slope="size", covariates=("knowledge",))
    assert found.effects[0].estimate == pytest.approx(planted.effects[0].estimate, rel=1e-6)


def test_without_a_slope_and_with_one_message_a_claim_the_effect_stands_alone() -> None:
    frame = after_alone()
    one = frame[(frame["condition"] == "control") | (frame["model"] == "m5")]
    found = against_control(one, covariates=("knowledge",))
    assert len(found.effects) == 1
    assert found.effects[0].conf_low < 8 + 1.5 * 3 < found.effects[0].conf_high
    assert set(found.deviations) == {"claim"}
    assert isnan(found.correlation)
    assert isnan(found.centre)


def test_a_claim_without_control_says_nothing_and_no_control_at_all_is_an_error() -> None:
    frame = after_alone(claims=6)
    short = frame[(frame["claim"] != "c0") | (frame["condition"] != "control")]
    assert against_control(short).effects[0].n_claims == 5
    with pytest.raises(FitError, match="no claim has answers in the condition 'control' and in another one"):
        against_control(frame[frame["condition"] != "control"])


@pytest.fixture
def prepared(data: Path) -> Path:
    path = data / "scaling_llm_persuasion" / "prepared_data.csv"
    if not path.is_file():
        pytest.skip(f"prepared_data.rds of the repository, saved as CSV, is not at {path}")
    return path


def test_the_published_meta_regression_is_recovered_from_the_people(prepared: Path) -> None:
    found = against_control(people.scaling(prepared), slope="log_parameters", covariates=COVARIATES, fewest=2)
    published = {"against control": (5.77, 4.07, 7.48), "log_parameters": (1.26, 0.65, 1.87)}
    for one in found.effects:
        ends = [one.estimate + side * 1.96 * one.std_error for side in (-1, 1)]  # normal, as published
        assert [round(value, 2) for value in (one.estimate, *ends)] == pytest.approx(
            published[one.condition], abs=0.011
        )
        assert (one.n_obs, one.n_claims, one.n_messages) == (24692, 10, 720)
    known = {"message": 3.42, "model": 0.98, "claim": 2.32, "claim: log_parameters": 0.87}
    assert found.deviations == pytest.approx(known, abs=0.01)
    assert found.correlation == pytest.approx(0.35, abs=0.005)


def test_the_published_robustness_tables_are_recovered_to_every_digit(prepared: Path) -> None:
    frame = people.scaling(prepared)
    smaller = against_control(
        frame[frame["model"] != "Pythia-70M"], slope="log_parameters", covariates=COVARIATES, fewest=2
    )
    tables = prepared.parent / "published_tables"
    dropped = pd.read_csv(tables / "table_drop_pythia70m.csv")
    for one, (_, row) in zip(smaller.effects, dropped.iterrows(), strict=True):
        assert [round(one.estimate, 2), round(one.std_error, 2)] == [float(row["estimate"]), float(row["std.error"])]
    for billions, _, estimate, error, _ in pd.read_csv(tables / "table_robust_frontier.csv").itertuples(index=False):
        assumed = people.scaling(prepared, frontier_billions=billions)
        slope = against_control(assumed, slope="log_parameters", covariates=COVARIATES, fewest=2).effects[1]
        assert (round(slope.estimate, 2), round(slope.std_error, 2)) == (estimate, error), billions
