"""Degrees of freedom by the groups that limit what is known, and the choice of a method."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from standfast.analysis.mixed import MixedFit, glmm, lmm
from standfast.analysis.mixed.means.degrees import freedom
from standfast.analysis.mixed.means.marginal import contrasts, interaction_contrasts, linear_functions, marginal_means
from standfast.errors import FitError

Fit = Callable[..., MixedFit]

ITEMS, PERSONAS = 24, 6  # of the audit


def df_of(fit: MixedFit, *, by: Any = (), specs: Any = "role", method: Any = "levels") -> list[float]:
    return contrasts(marginal_means(fit, specs, by=by, df=method), "revpairwise").df.tolist()


def test_means_are_limited_by_the_factor_of_fewest_levels(fit_of: Fit) -> None:
    fit = fit_of("audit_slopes")
    assert marginal_means(fit, "role", df="levels").df.tolist() == [PERSONAS - 1] * 2


def test_a_difference_is_limited_by_the_groups_whose_slopes_it_meets(fit_of: Fit) -> None:
    fit = fit_of("audit_slopes")  # role × profile slopes by item, intercepts by persona
    assert df_of(fit) == [ITEMS - 1]
    assert df_of(fit, by="profile") == [ITEMS - 1] * 2
    cells = marginal_means(fit, ["role", "profile"], df="levels")
    assert interaction_contrasts(cells, "revpairwise").df.tolist() == [ITEMS - 1]


def test_slopes_by_persona_limit_the_difference_too(fit_of: Fit) -> None:
    fit = fit_of("slopes_4d")  # 30 items; role slopes by 10 personas, profile slopes by item alone
    assert df_of(fit) == [9]
    assert df_of(fit, specs="profile") == [29]


def test_of_an_interaction_with_a_condition_the_groups_count(fit_of: Fit) -> None:
    fit = fit_of("audit_compound")  # (1 | item:role), (1 | item:profile), (1 | persona:role)
    assert df_of(fit) == [PERSONAS - 1]
    assert df_of(fit, specs="profile") == [ITEMS - 1]


def test_without_slopes_nothing_but_the_rows_limits_a_difference(fit_of: Fit, synthetic: Any) -> None:
    gaussian, binary = fit_of("singular_zero"), fit_of("rare")
    assert df_of(gaussian) == [gaussian.n_obs - 2]
    assert df_of(binary) == [np.inf]


def test_groups_that_differ_in_a_condition_lose_one_for_each_of_them() -> None:
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"item": np.repeat(np.arange(15), 8), "role": np.tile(["a", "p"], 60)})
    data["arm"] = np.array(["s", "t", "u"])[data["item"] % 3]
    data["hard"] = rng.normal(size=15)[data["item"]]
    data["y"] = rng.normal(size=15)[data["item"]] + rng.normal(size=120)
    fit = lmm("y ~ arm + role + (1 | item)", data)
    assert df_of(fit, specs="arm") == [12, 12, 12]
    assert marginal_means(fit, "arm", df="levels").df.tolist() == [12, 12, 12]
    assert df_of(fit) == [120 - 4]
    harder = lmm("y ~ arm + hard + role + (1 | item)", data)
    assert df_of(harder, specs="arm") == [11, 11, 11]
    slope = marginal_means(harder, "hard", at={"hard": [0, 1]}, df="levels")
    assert contrasts(slope).df.tolist() == [11]


def test_conservative_is_the_smaller_of_satterthwaites_and_levels(fit_of: Fit) -> None:
    fit = fit_of("audit_slopes")
    satterthwaite, levels, both = (
        marginal_means(fit, ["role", "profile"], df=method).df for method in ("satterthwaite", "levels", "conservative")
    )
    assert (both == np.minimum(satterthwaite, levels)).all()


def test_wald_is_infinite(fit_of: Fit) -> None:
    assert np.isinf(marginal_means(fit_of("audit_slopes"), "role", df="wald").df).all()


def test_gaussian_models_take_satterthwaites_by_default_and_others_the_levels(fit_of: Fit) -> None:
    assert freedom(fit_of("audit_slopes")).method == "satterthwaite"
    assert freedom(fit_of("votes")).method == "levels"


def test_rows_of_beta_have_the_degrees_of_the_means_they_are(fit_of: Fit) -> None:
    fit = fit_of("audit_slopes")
    for method in ("satterthwaite", "kenward-roger", "levels"):
        means = marginal_means(fit, ["role", "profile"], df=method)
        assert linear_functions(fit, means.rows, df=method).df == pytest.approx(means.df, rel=1e-9)


def test_a_kenward_roger_error_is_the_adjusted_one(fit_of: Fit) -> None:
    fit = fit_of("audit_slopes")
    assert (marginal_means(fit, "role", df="kenward-roger").std_error > marginal_means(fit, "role").std_error).all()


def test_methods_that_do_not_exist_for_a_model_are_refused(fit_of: Fit) -> None:
    with pytest.raises(FitError, match="Satterthwaite: a binomial model"):
        marginal_means(fit_of("votes"), "role", df="satterthwaite")
    with pytest.raises(FitError, match="Kenward-Roger"):
        marginal_means(fit_of("votes"), "role", df="kenward-roger")
    with pytest.raises(ValueError, match=r"df: no method 'kr'\. Known: satterthwaite, kenward-roger, levels"):
        marginal_means(fit_of("votes"), "role", df="kr")  # type: ignore[arg-type]


def test_conservative_degrees_of_a_binomial_model_are_the_levels(synthetic: Any) -> None:
    fit = glmm("hit ~ role + (1 | item)", synthetic("votes"))
    assert marginal_means(fit, "role", df="conservative").df.tolist() == [23, 23]
