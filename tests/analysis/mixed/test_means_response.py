"""Marginal means of binomial and ordinal models: against emmeans, and averaged over the random effects."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from standfast.analysis.mixed import MixedFit, clmm, glmm
from standfast.analysis.mixed.means.marginal import contrasts, interaction_contrasts, linear_functions, marginal_means
from standfast.analysis.mixed.means.tables import MeansTable
from standfast.errors import FitError

Fit = Callable[..., MixedFit]

# The optimum of the Laplace deviance is found to about 1e-5 of an estimate on both sides.
TOLERANCE = 1e-4

NAMES = {
    "estimate": ("emmean", "estimate", "prob", "odds_ratio", "mean_class"),
    "std_error": ("SE",),
    "conf_low": ("asymp_LCL",),
    "conf_high": ("asymp_UCL",),
    "statistic": ("z_ratio",),
    "p_adjusted": ("p_value",),
}


def check(table: MeansTable, answers: list[dict[str, Any]]) -> None:
    """Compare a table with emmeans' rows, matched by their labels."""
    found = {tuple(row): i for i, row in enumerate(table.labels)}
    assert len(found) == len(answers) == len(table.labels)
    for answer in answers:
        i = found[tuple(str(answer[name]) for name in table.columns)]
        for name, theirs in NAMES.items():
            for their in theirs:
                if their in answer:
                    assert getattr(table, name)[i] == pytest.approx(answer[their], rel=TOLERANCE, abs=TOLERANCE), name


@pytest.mark.parametrize("name", ["votes", "trials", "rare"])
def test_binomial_roles_on_every_scale_of_emmeans(known: dict[str, Any], fit_of: Fit, name: str) -> None:
    answers, fit = known["fits"][name]["emmeans"], fit_of(name)
    link, response, regrid = (
        marginal_means(fit, "role", type=scale, df="wald") for scale in ("link", "response", "regrid")
    )
    check(link, answers["role_link"])
    check(response, answers["role_response"])
    check(regrid, answers["role_regrid"])
    check(contrasts(link, "revpairwise"), answers["difference_link"])
    check(contrasts(response, "revpairwise"), answers["odds_ratio"])
    check(contrasts(regrid, "revpairwise"), answers["difference_regrid"])


@pytest.mark.parametrize("name", ["trials", "rare"])
def test_binomial_cells_and_weights(known: dict[str, Any], fit_of: Fit, name: str) -> None:
    answers, fit = known["fits"][name]["emmeans"], fit_of(name)
    both = ["role", "profile"]
    check(marginal_means(fit, both, df="wald"), answers["cells_link"])
    check(marginal_means(fit, both, type="response", df="wald"), answers["cells_response"])
    proportional = {"weights": "proportional", "df": "wald"}
    check(marginal_means(fit, "role", **proportional), answers["role_link_proportional"])  # type: ignore[arg-type]
    check(marginal_means(fit, "role", type="regrid", **proportional), answers["role_regrid_proportional"])  # type: ignore[arg-type]
    by_profile = marginal_means(fit, "role", by="profile", type="regrid", df="wald")
    check(contrasts(by_profile, "revpairwise"), answers["difference_regrid_by_profile"])
    cells = marginal_means(fit, both, type="regrid", df="wald")
    check(interaction_contrasts(cells, "revpairwise"), answers["interaction_regrid"])


@pytest.mark.parametrize("name", ["ratings_crossed", "ratings_single", "ratings_slopes"])
def test_ordinal_roles_on_every_scale_of_emmeans(known: dict[str, Any], fit_of: Fit, name: str) -> None:
    answers, fit = known["fits"][name]["emmeans"], fit_of(name)
    latent, score = (marginal_means(fit, "role", type=scale, df="wald") for scale in ("link", "response"))
    check(latent, answers["role_latent"])
    check(contrasts(latent, "revpairwise"), answers["difference_latent"])
    check(score, answers["mean_class"])
    check(contrasts(score, "revpairwise"), answers["mean_class_difference"])
    check(marginal_means(fit, "role", type="response", outcome="probability", df="wald"), answers["probabilities"])


def averaged(eta: float, variance: float) -> float:
    """E F(eta + sqrt(v) z) by adaptive quadrature."""
    found = integrate.quad(lambda z: special.expit(eta + np.sqrt(variance) * z) * stats.norm.pdf(z), -12, 12, limit=500)
    return float(found[0])


def variance_of(fit: MixedFit, frame: pd.DataFrame) -> np.ndarray:
    """The diagonal of Z Sigma Z', row by row."""
    parts = zip(fit.design.random_matrices(frame), fit.covariances, strict=True)
    return np.sum([np.diag(Z @ covariance @ Z.T) for Z, covariance in parts], axis=0)


@pytest.mark.parametrize("name", ["votes", "trials"])
def test_population_means_average_each_cell_over_its_own_random_effects(fit_of: Fit, name: str) -> None:
    fit = fit_of(name)
    means = marginal_means(fit, "role", type="population")
    grid = means.basis.grid
    variance = variance_of(fit, grid.frame)
    cells = [averaged(eta, v) for eta, v in zip(grid.X @ fit.beta, variance, strict=True)]
    assert means.estimate == pytest.approx(means.weights @ cells, abs=1e-9)
    assert len(set(np.round(variance, 6))) > 1  # slopes by item make roles differ in variance


def test_population_means_are_those_of_simulated_groups(fit_of: Fit) -> None:
    fit = fit_of("votes")
    means = marginal_means(fit, "role", type="population")
    rng = np.random.default_rng(4)
    n = 400_000
    grid = means.basis.grid
    eta = (grid.X @ fit.beta)[:, None] + sum(
        Z @ rng.multivariate_normal(np.zeros(len(covariance)), covariance, n).T
        for Z, covariance in zip(fit.design.random_matrices(grid.frame), fit.covariances, strict=True)
    )
    assert means.estimate == pytest.approx(special.expit(eta).mean(axis=1), abs=4 * 0.5 / np.sqrt(n))


def test_ordinal_population_probabilities_are_differences_of_averages(fit_of: Fit) -> None:
    fit = fit_of("ratings_slopes")
    above = marginal_means(fit, ["role", "profile"], type="population", outcome="exceedance")
    grid = above.basis.grid
    variance = variance_of(fit, grid.frame)
    expected = [
        averaged(eta - threshold, v)
        for threshold in fit.thresholds
        for eta, v in zip(grid.X @ fit.beta, variance, strict=True)
    ]
    assert above.columns == ("role", "profile", "rating")
    assert above.by == ("rating",)
    assert above.estimate == pytest.approx(expected, abs=1e-9)
    each = marginal_means(fit, ["role", "profile"], type="population", outcome="probability")
    score = marginal_means(fit, ["role", "profile"], type="population")
    by_category = each.estimate.reshape(5, 4)
    assert by_category.sum(axis=0) == pytest.approx(1.0)
    assert by_category[1:] == pytest.approx(-np.diff(np.vstack([above.estimate.reshape(4, 4), np.zeros(4)]), axis=0))
    assert score.estimate == pytest.approx(np.arange(1, 6) @ by_category)


def moved(fit: MixedFit, at: int, step: float) -> MixedFit:
    """The fit with one entry of (theta, beta, thresholds) changed."""
    m, p = len(fit.theta), len(fit.beta)
    point = np.concatenate([fit.theta, fit.beta, fit.thresholds])
    point[at] += step
    return replace(fit, theta=point[:m], beta=point[m : m + p], thresholds=point[m + p :])


@pytest.mark.parametrize(
    ("name", "scale", "outcome"),
    [
        ("trials", "regrid", "mean"),
        ("trials", "population", "mean"),
        ("ratings_slopes", "response", "mean"),
        ("ratings_slopes", "population", "mean"),
        ("ratings_slopes", "population", "probability"),
        ("ratings_slopes", "population", "exceedance"),
    ],
)
def test_derivatives_behind_standard_errors(fit_of: Fit, name: str, scale: Any, outcome: Any) -> None:
    fit = fit_of(name)
    rows = marginal_means(fit, "role", type=scale, outcome=outcome).rows
    assert rows.shape[1] == len(fit.joint_vcov)
    step = 1e-5
    for at in range(rows.shape[1]):
        ends = [
            marginal_means(moved(fit, at, sign * step), "role", type=scale, outcome=outcome, df="wald").estimate
            for sign in (1, -1)
        ]
        assert rows[:, at] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-8)


def test_uncertain_variances_count_in_population_errors(fit_of: Fit) -> None:
    fit = fit_of("trials")
    known = np.where(np.arange(len(fit.joint_vcov)) < len(fit.theta), np.nan, 1.0)
    as_known = replace(fit, joint_vcov=fit.joint_vcov * np.outer(known, known))
    with_theta, without = (marginal_means(f, "role", type="population").std_error for f in (fit, as_known))
    assert np.isfinite(without).all()
    assert (with_theta != without).all()


def test_without_random_effects_population_means_are_conditional_ones(fit_of: Fit) -> None:
    fit = fit_of("trials")
    flat = replace(fit, theta=np.zeros(len(fit.theta)))
    population, regrid = (marginal_means(flat, "role", type=scale) for scale in ("population", "regrid"))
    assert population.estimate == pytest.approx(regrid.estimate, abs=1e-14)


def test_population_intervals_stay_between_the_bounds(fit_of: Fit) -> None:
    rare = marginal_means(fit_of("rare"), ["role", "profile"], type="population", confidence=0.9999)
    assert ((rare.conf_low > 0) & (rare.conf_low < rare.estimate)).all()
    assert ((rare.conf_high < 1) & (rare.conf_high > rare.estimate)).all()
    score = marginal_means(fit_of("ratings_crossed"), "role", type="population", confidence=0.999999)
    assert ((score.conf_low > 1) & (score.conf_high < 5)).all()


def test_population_differences_are_differences_of_means(fit_of: Fit) -> None:
    means = marginal_means(fit_of("trials"), "role", by="profile", type="population")
    found = contrasts(means, "revpairwise")
    assert found.estimate == pytest.approx(means.estimate[[1, 3]] - means.estimate[[0, 2]])
    assert found.name == "estimate"
    middle = (found.conf_low + found.conf_high) / 2
    assert middle == pytest.approx(found.estimate)


def test_odds_ratios_are_exponentials_of_differences(fit_of: Fit) -> None:
    fit = fit_of("trials")
    link = contrasts(marginal_means(fit, "role"), adjust="none")
    ratio = contrasts(marginal_means(fit, "role", type="response"), adjust="none")
    assert ratio.labels == (("advisor / peer",),)
    assert ratio.name == "odds.ratio"
    assert ratio.estimate == pytest.approx(np.exp(link.estimate))
    assert ratio.conf_high == pytest.approx(np.exp(link.conf_high))
    assert ratio.p_value == pytest.approx(link.p_value)
    with pytest.raises(FitError, match="only differences of logits"):
        contrasts(marginal_means(fit, "role", type="response"), {"sum": (1, 1)})


def test_categories_can_be_compared_instead_of_grouped_by(fit_of: Fit) -> None:
    fit = fit_of("ratings_crossed")
    compared = marginal_means(fit, "rating", by="role", type="response", outcome="probability")
    grouped = marginal_means(fit, "role", type="response", outcome="probability")
    assert (compared.columns, compared.by) == (("rating", "role"), ("role",))
    assert sorted(compared.estimate) == pytest.approx(sorted(grouped.estimate))
    assert compared.labels[1] == ("1", "peer")


def test_rows_of_beta_of_an_ordinal_model_leave_the_thresholds_out(fit_of: Fit) -> None:
    fit = fit_of("ratings_crossed")
    found = linear_functions(fit, np.eye(len(fit.names)))
    assert found.estimate == pytest.approx(fit.beta)
    assert found.std_error == pytest.approx(fit.std_error)


def test_an_ordinal_model_without_fixed_effects_has_means(synthetic: Callable[[str], pd.DataFrame]) -> None:
    fit = clmm("rating ~ 1 + (1 | item)", synthetic("ratings"))
    assert marginal_means(fit, ()).estimate == pytest.approx([-fit.thresholds.mean()])
    shares = marginal_means(fit, (), type="population", outcome="probability").estimate
    observed = synthetic("ratings")["rating"].value_counts(normalize=True).sort_index()
    assert shares == pytest.approx(observed.to_numpy(), abs=0.02)


def test_separated_responses_give_no_number(synthetic: Callable[[str], pd.DataFrame]) -> None:
    votes = synthetic("votes")
    fit = glmm("hit ~ role + (1 | item)", votes.assign(hit=np.where(votes["role"] == "peer", 1, votes["hit"])))
    for scale in ("link", "response", "population"):
        means = marginal_means(fit, "role", type=scale)  # type: ignore[arg-type]
        assert np.isfinite(means.estimate).tolist() == [True, False]
        assert means.reasons[1].startswith("no finite estimate")
        assert np.isnan(contrasts(means).p_adjusted).all()
        assert "Separation" in str(means)


def test_a_variance_at_zero_counts_as_known(synthetic: Callable[[str], pd.DataFrame]) -> None:
    votes = synthetic("votes")
    rng = np.random.default_rng(0)
    fit = glmm("hit ~ role + (1 | item) + (1 | other)", votes.assign(other=rng.integers(0, 5, len(votes))))
    assert fit.singular
    means = marginal_means(fit, "role", type="population")
    assert np.isfinite(means.std_error).all()
    assert any("Singular" in note for note in means.notes)
