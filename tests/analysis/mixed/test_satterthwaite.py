"""Degrees of freedom against lmerTest, and what must not change them."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from standfast.analysis.mixed import lmm
from standfast.analysis.mixed.inference.satterthwaite import degrees, f_test, unscaled_slopes, variance_jacobian
from standfast.analysis.mixed.likelihood.linear import System, factor_at, unscaled_covariance
from standfast.errors import FitError

# lmerTest differentiates numerically and its theta is known to about 1e-6; what is reached is 1e-8 to 9e-6.
DEGREES = 2e-5
# lme4's own optimiser stops earlier on the classic data; what is reached is 5e-6.
CLASSIC = 1e-5
CASES = ["audit_slopes", "audit_zerocorr", "audit_compound", "crossed_nested", "weighted", "covariate", "small_one"]
CLASSICS = {
    "sleep_slopes": ("Reaction ~ Days + (Days | Subject)", "sleepstudy"),
    "sleep_zerocorr": ("Reaction ~ Days + (Days || Subject)", "sleepstudy"),
    "sleep_int": ("Reaction ~ Days + (1 | Subject)", "sleepstudy"),
    "dyestuff": ("Yield ~ 1 + (1 | Batch)", "Dyestuff"),
    "penicillin_crossed": ("diameter ~ 1 + (1 | plate) + (1 | sample)", "Penicillin"),
    "pastes_nested": ("strength ~ 1 + (1 | batch/cask)", "Pastes"),
    "cake": ("angle ~ recipe * C(temperature, contr.poly) + (1 | recipe:replicate)", "cake"),
    "oats_splitplot": ("yield ~ Variety * nfac + (1 | Block) + (1 | Block:Variety)", "Oats"),
    "machines_int": ("score ~ Machine + (1 | Worker)", "Machines"),
    "machines_nested": ("score ~ Machine + (1 | Worker/Machine)", "Machines"),
    "machines_slopes": ("score ~ Machine + (Machine | Worker)", "Machines"),
}


def all_degrees(fit):
    return degrees(np.eye(len(fit.beta)), fit.vcov, variance_jacobian(fit))


def joint(fit, rows):
    return f_test(rows, fit.beta, fit.vcov, variance_jacobian(fit))


def type_three(fit, factors):
    """Return rows that say that the marginal means over `factors` do not interact, all cells counting the same."""
    names = list(fit.design.factors)
    grid = pd.DataFrame(list(product(*fit.design.factors.values())), columns=names)
    differences = [
        np.diff(np.eye(len(levels)), axis=0) if name in factors else np.full((1, len(levels)), 1 / len(levels))
        for name, levels in fit.design.factors.items()
    ]
    weights = differences[0]
    for other in differences[1:]:
        weights = np.kron(weights, other)
    return weights @ fit.design.model_matrix(grid)


@pytest.mark.parametrize("name", [*CASES, "audit_unscaled", "small_crossed", "slopes_4d"])
def test_degrees_of_freedom_agree_with_lmertest(fit_of, known, name):
    wanted = known["fits"][name]["reml"]["satterthwaite_df"]
    assert all_degrees(fit_of(name)) == pytest.approx(list(wanted.values()), rel=DEGREES)


@pytest.mark.parametrize("name", [*CASES, "slopes_4d"])
def test_joint_tests_agree_with_lmertest(fit_of, known, name):
    fit, wanted = fit_of(name), known["fits"][name]["reml"]
    for case in wanted["joint"].values():
        columns = [list(wanted["beta"]).index(column) for column in case["columns"]]
        found, told = joint(fit, np.eye(len(fit.beta))[columns]), case["satterthwaite"]
        assert found[:3] == pytest.approx((told["f"], told["df1"], told["df2"]), rel=DEGREES)
        assert found.p_value == pytest.approx(told["p"], rel=1e-4)


@pytest.mark.parametrize("name", CLASSICS)
def test_classic_models_agree_with_lmertest(classic, classic_known, name):
    formula, data = CLASSICS[name]
    fit, wanted = lmm(formula, classic(data)), classic_known[name]["reml"]
    assert all_degrees(fit) == pytest.approx(list(wanted["satterthwaite_df"].values()), rel=CLASSIC)


@pytest.mark.parametrize("name", ["cake", "oats_splitplot", "machines_int", "machines_nested", "machines_slopes"])
def test_type_three_tables_agree_with_lmertest(classic, classic_known, name):
    formula, data = CLASSICS[name]
    frame = classic(data)
    fit = lmm(formula, frame.astype({"temperature": "category"}) if name == "cake" else frame)
    for term, told in classic_known[name]["reml"]["anova3"].items():
        found = joint(fit, type_three(fit, term.split(":")))
        assert found[:3] == pytest.approx((told["F"], told["numdf"], told["dendf"]), rel=CLASSIC)
        assert found.p_value == pytest.approx(told["p"], rel=1e-4)


def test_degrees_of_freedom_by_maximum_likelihood_agree_with_lmertest(fit_of):
    # lmer(y ~ arm + (1 | a/b) + (1 | c) + (1 | d), REML = FALSE, rhoend = 1e-9)
    fit = fit_of("crossed_nested", reml=False)
    assert all_degrees(fit) == pytest.approx([19.32483763, 391.00661594, 390.61989739], rel=DEGREES)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("singular_zero", [16.41657876, 136.28972990]), ("singular_line", [13.49961713, 22.68756642])],
)
def test_variances_at_zero_are_left_out_as_by_lmertest(fit_of, name, wanted):
    fit = fit_of(name)
    jacobian = variance_jacobian(fit)
    assert fit.singular
    assert len(jacobian.free) == len(fit.theta) - 1
    assert jacobian.flat == 0
    assert all_degrees(fit) == pytest.approx(wanted, rel=1e-5)


def test_neither_the_unit_nor_the_origin_of_the_response_matters(fit_of):
    assert all_degrees(fit_of("audit_scaled")) == pytest.approx(all_degrees(fit_of("audit_unscaled")), rel=1e-6)


def test_the_scale_of_a_row_and_of_a_column_does_not_matter(synthetic, fit_of):
    fit = fit_of("covariate")
    frame = synthetic("covariate").assign(x=lambda data: 1e-6 * data["x"])
    scaled = lmm(fit.formula, frame)
    jacobian, rows = variance_jacobian(fit), np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]])
    assert degrees(-7 * rows, fit.vcov, jacobian) == pytest.approx(degrees(rows, fit.vcov, jacobian), rel=1e-12)
    assert all_degrees(scaled) == pytest.approx(all_degrees(fit), rel=1e-5)


def test_one_variance_of_a_balanced_design_has_its_textbook_degrees_of_freedom():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"g": np.repeat(np.arange(9), 4), "y": rng.normal(size=36) + np.repeat(rng.normal(size=9), 4)})
    assert all_degrees(lmm("y ~ 1 + (1 | g)", frame)) == pytest.approx([8], rel=1e-5)


def test_a_joint_test_of_one_row_is_the_square_of_its_t(fit_of):
    fit = fit_of("audit_slopes")
    row = np.array([[0.0, 1.0, 0.0, 0.5]])
    found = joint(fit, row)
    assert found.statistic == pytest.approx(float((row @ fit.beta)[0] ** 2 / (row @ fit.vcov @ row.T)[0, 0]))
    assert found.dendf == pytest.approx(degrees(row, fit.vcov, variance_jacobian(fit))[0])


def test_redundant_rows_change_nothing(fit_of):
    fit = fit_of("audit_slopes")
    rows = np.eye(4)[1:3]
    once, twice = joint(fit, rows), joint(fit, np.vstack([rows, rows[0] - 2 * rows[1]]))
    assert (once.numdf, twice.numdf) == (2, 2)
    assert twice.statistic == pytest.approx(once.statistic)


def test_rows_of_zeros_have_no_degrees_of_freedom_and_no_test(fit_of):
    fit = fit_of("small_one")
    jacobian = variance_jacobian(fit)
    assert np.isnan(degrees(np.zeros((1, 1)), fit.vcov, jacobian)).all()
    found = f_test(np.zeros((2, 1)), fit.beta, fit.vcov, jacobian)
    assert found.numdf == 0
    assert np.isnan([found.statistic, found.dendf, found.p_value]).all()


@pytest.mark.parametrize("name", ["audit_slopes", "audit_compound", "crossed_nested", "slopes_4d"])
def test_slopes_of_the_covariance_are_its_differences(fit_of, name):
    fit = fit_of(name)
    system, theta, step = fit.system, fit.inner.theta, 1e-5
    assert isinstance(system, System)

    def covariance(at):
        return unscaled_covariance(system, factor_at(system, at))

    found = unscaled_slopes(system, factor_at(system, theta), theta)
    for i, unit in enumerate(np.eye(len(theta))):
        difference = (covariance(theta + step * unit) - covariance(theta - step * unit)) / (2 * step)
        assert found[i] == pytest.approx(difference, abs=1e-6 * np.abs(found).max())


def test_models_without_residual_variance_are_refused(fit_of):
    with pytest.raises(FitError, match="a binomial model has no residual variance"):
        variance_jacobian(fit_of("votes"))
