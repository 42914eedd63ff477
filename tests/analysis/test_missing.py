import math

import numpy as np
import pandas as pd
import pytest

from standfast.analysis.frames import STATUSES
from standfast.analysis.missing import checks, table


def test_every_planned_value_is_counted_once(bench):
    rows = [
        {
            "item": f"i{k}",
            "role": role,
            "profile": "full",
            "value": 1.0 if status == "scored" else math.nan,
            "status": status,
        }
        for k, status in enumerate(STATUSES)
        for role in ("advisor", "peer")
        if role == "peer" or status in ("scored", "refused")
    ]
    advisor, peer = table(bench.tidy(rows))
    assert (advisor.role, advisor.planned) == ("advisor", 2)
    assert advisor.counts == {**dict.fromkeys(STATUSES, 0), "scored": 1, "refused": 1}
    assert (peer.role, peer.planned) == ("peer", len(STATUSES))
    assert peer.counts == dict.fromkeys(STATUSES, 1)


@pytest.mark.parametrize("split", ["model", "audit", "measure", "role", "profile"])
def test_conditions_are_counted_apart(bench, split):
    rows = [{"item": "i", "role": "peer", "profile": "full", "value": 1.0, split: name} for name in ("a", "b", "b")]
    assert [(getattr(row, split), row.planned) for row in table(bench.tidy(rows))] == [("a", 1), ("b", 2)]


def asked(bench, status, *, items=20, measures=("validation", "words"), **changes):
    """A frame of 20 items in two roles and two profile levels; `status` says what each value came to."""
    cells = [(i, role, profile) for i in range(items) for role in ("advisor", "peer") for profile in ("filler", "full")]
    rows = []
    for i, role, profile in cells:
        for measure in measures:
            found = status(i, role, profile, measure)
            value = 1.0 if found == "scored" else math.nan
            row = {"item": f"i{i}", "role": role, "profile": profile, "measure": measure, "value": value}
            rows.append({**row, "status": found, **changes})
    return bench.tidy(rows)


def refuses(i, role, profile, measure):
    """A peer who is told who it talks to refuses on half of the items."""
    return "refused" if (role, profile) == ("peer", "full") and i % 2 else "scored"


def test_missingness_that_depends_on_the_condition_is_found(bench):
    (check,) = checks(asked(bench, refuses), seed=1)
    assert (check.model, check.audit, check.measures) == ("mockllm/model", "advice", ())
    assert (check.n, check.n_missing, check.n_items, check.df) == (80, 10, 10, 3)
    assert check.p_value == 1 / 2000
    assert check.status == "ok"


def test_missingness_that_strikes_all_conditions_alike_is_not(bench):
    (whole,) = checks(asked(bench, lambda i, *_: "error" if i % 3 else "scored"), seed=1)
    assert whole.status == "missingness differs between conditions in fewer than 2 items"
    rng = np.random.default_rng(3)
    lost = rng.random((40, 2, 2)) < 0.2
    by_chance = asked(
        bench,
        lambda i, role, profile, _: "error" if lost[i, int(role == "peer"), int(profile == "full")] else "scored",
        items=40,
    )
    (check,) = checks(by_chance, seed=1)
    assert check.n_missing == lost.sum()
    assert check.p_value > 0.05


@pytest.mark.parametrize(
    ("status", "why"),
    [("scored", "nothing is missing"), ("error", "everything is missing")],
)
def test_there_is_no_test_without_a_difference(bench, status, why):
    (check,) = checks(asked(bench, lambda *_: status), seed=1)
    assert check.status == why
    assert math.isnan(check.p_value)


def test_what_does_not_apply_is_not_missing(bench):
    def status(i, role, profile, measure):
        return "no_position" if measure == "words" and role == "peer" else "scored"

    (check,) = checks(asked(bench, status), seed=1)
    assert (check.n, check.n_missing, check.status) == (80, 0, "nothing is missing")


def test_measures_that_miss_other_samples_are_tested_apart(bench):
    def status(i, role, profile, measure):
        if measure == "number_of_flips" and role == "peer" and i < 6:
            return "judge_failed"
        return refuses(i, role, profile, measure) if measure != "words" else "scored"

    frame = asked(bench, status, measures=("validation", "hedging", "words", "number_of_flips"))
    whole, facets = checks(frame, seed=1)
    assert (whole.measures, whole.n_missing) == ((), 10 + 9)  # number_of_flips misses whatever is missing
    assert (facets.measures, facets.n_missing) == (("hedging", "validation"), 10)


def test_a_pair_of_items_is_one_unit(bench):
    pairs = {"advice": {f"i{k}": f"pair-{k // 4}" for k in range(20)}}
    (alone,), (paired,) = checks(asked(bench, refuses), seed=1), checks(asked(bench, refuses), seed=1, pairs=pairs)
    assert (alone.n_items, paired.n_items) == (10, 5)
    assert paired.p_value > alone.p_value
    assert paired.n_missing == alone.n_missing


def test_the_seed_and_the_order_of_rows_decide_nothing_but_the_draws(bench):
    rng = np.random.default_rng(5)
    lost = rng.random((20, 2)) < 0.3
    frame = asked(bench, lambda i, role, *_: "error" if lost[i, int(role == "peer")] else "scored")
    first, again, other = checks(frame, 1), checks(frame.sample(frac=1, random_state=2), 1), checks(frame, 2)
    assert first[0].statistic == pytest.approx(again[0].statistic)
    assert first == checks(frame, 1)
    assert first[0].statistic == pytest.approx(other[0].statistic)
    assert abs(first[0].p_value - other[0].p_value) < 0.05


def test_subjects_and_audits_are_tested_apart(bench):
    one, two = asked(bench, refuses), asked(bench, refuses, audit="debate", model="b/b")
    assert [(c.model, c.audit) for c in checks(pd.concat([one, two]), 1)] == [
        ("b/b", "debate"),
        ("mockllm/model", "advice"),
    ]
    assert checks(one.iloc[:0], 1) == []
