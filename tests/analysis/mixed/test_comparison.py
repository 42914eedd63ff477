"""Likelihood-ratio tests and information criteria against R's anova; what is refused."""

import numpy as np
import pytest
from scipy import stats

from standfast.analysis.mixed import glmm, lmm
from standfast.analysis.mixed.inference.comparison import (
    BOUNDARY,
    NOT_NESTED,
    aic,
    bic,
    compare,
    mixture_p,
    n_parameters,
)
from standfast.analysis.mixed.inference.nesting import by_cell, nesting
from standfast.errors import FitError

CLOSE = 1e-7  # of a deviance; what is reached is 1e-9
INTERCEPTS = "y ~ role * profile + (1 | item) + (1 | persona)"
SLOPES = "y ~ role * profile + (1 + role | item) + (1 | persona)"


@pytest.mark.parametrize(
    "name", ["audit_interaction", "audit_slope", "crossed_arm", "crossed_variance", "votes_slope", "votes_role"]
)
def test_likelihood_ratios_agree_with_r(synthetic, known, name):
    case = known["comparisons"][name]
    fitted = glmm if case["method"] == "Laplace" else lmm
    small, large = (fitted(case[which], synthetic(case["data"])) for which in ("smaller", "larger"))
    found = compare(large, small, method="REML" if case["method"] == "REML" else "ML")
    first, second = found.models
    assert found.method == case["method"]
    assert (first.formula, second.formula) == (small.formula, large.formula)
    assert first.deviance == pytest.approx(case["criterion_smaller"], abs=CLOSE)
    assert second.deviance == pytest.approx(case["criterion_larger"], abs=CLOSE)
    assert second.statistic == pytest.approx(case["chisq"], abs=CLOSE)
    assert second.df == case["df"]
    assert second.p_value == pytest.approx(case["p"], rel=1e-6)
    assert np.isnan([first.statistic, first.df, first.p_value, first.p_mixture]).all()


@pytest.mark.parametrize("name", ["audit_slopes", "crossed_nested", "weighted", "covariate", "singular_zero"])
def test_information_criteria_agree_with_r(fit_of, known, name):
    wanted = known["fits"][name]["reml"]
    assert aic(fit_of(name)) == pytest.approx(wanted["aic"], abs=CLOSE)
    assert bic(fit_of(name)) == pytest.approx(wanted["bic"], abs=CLOSE)


def test_thresholds_count_as_parameters(fit_of):
    assert n_parameters(fit_of("ratings_single")) == 4 + 2 + 1
    assert n_parameters(fit_of("votes")) == 2 + 4


def test_a_variance_on_its_boundary_is_said_and_has_a_mixture(synthetic):
    frame = synthetic("audit")
    tested = compare(lmm(INTERCEPTS, frame), lmm(SLOPES, frame)).models[1]
    assert tested.note == BOUNDARY
    halves = (stats.chi2.sf(tested.statistic, 1) + stats.chi2.sf(tested.statistic, 2)) / 2
    assert tested.p_mixture == pytest.approx(halves, rel=1e-9)
    assert tested.p_mixture < tested.p_value


def test_fixed_effects_have_no_mixture(synthetic):
    frame = synthetic("audit")
    tested = compare(lmm("y ~ role + (1 | item)", frame), lmm("y ~ role * profile + (1 | item)", frame)).models[1]
    assert tested.df == 2
    assert np.isnan(tested.p_mixture)
    assert tested.note == ""


def test_two_more_variances_have_no_mixture(synthetic):
    frame = synthetic("audit")
    both = "y ~ role * profile + (1 + role || item) + (1 | persona) + (1 | item:persona)"
    tested = compare(lmm(INTERCEPTS, frame), lmm(both, frame)).models[1]
    assert (tested.df, tested.note) == (2, BOUNDARY)
    assert np.isnan(tested.p_mixture)


@pytest.mark.parametrize(
    ("statistic", "df", "wanted"), [(0.0, 1, 1.0), (2.705543, 1, 0.05), (-1e-9, 1, 1.0), (0.0, 2, 1.0)]
)
def test_the_mixture_has_half_its_mass_one_degree_below(statistic, df, wanted):
    assert mixture_p(statistic, df) == pytest.approx(wanted, abs=1e-6)


def test_three_models_are_tested_one_against_the_next(synthetic):
    frame = synthetic("audit")
    fits = [lmm(f"y ~ {fixed} + (1 | item)", frame) for fixed in ("role * profile", "1", "role")]
    table = compare(*fits).frame()
    assert table["n_parameters"].tolist() == [3, 4, 6]
    assert table["df"].tolist()[1:] == [1, 2]
    assert table["statistic"].iloc[1] == pytest.approx(-np.diff(table["deviance"])[0])


def test_a_comparison_by_maximum_likelihood_does_not_depend_on_how_models_were_fitted(synthetic):
    frame = synthetic("audit")
    restricted = compare(*(lmm(f, frame) for f in (INTERCEPTS, SLOPES)))
    direct = compare(*(lmm(f, frame, reml=False) for f in (INTERCEPTS, SLOPES)))
    assert restricted.models[1].statistic == pytest.approx(direct.models[1].statistic, abs=CLOSE)


def test_models_that_are_not_nested_get_criteria_but_no_test(synthetic):
    frame = synthetic("audit")
    tested = compare(
        lmm("y ~ role + (1 | item)", frame), lmm("y ~ profile + (1 | item) + (1 | persona)", frame)
    ).models[1]
    assert tested.note == NOT_NESTED
    assert np.isnan([tested.statistic, tested.p_value]).all()
    assert np.isfinite([tested.aic, tested.bic]).all()


NESTED = [
    ("1 + (1 | item)", "role + (1 | item)"),
    ("role + (1 | item)", "role + (1 + role | item)"),
    ("role + (1 | item)", "role + (0 + role | item)"),
    ("role + (1 + role || item)", "role + (1 + role | item)"),
    ("role + (1 | item)", "role * profile + (1 | item) + (1 | item:persona) + (1 | persona)"),
    ("role:profile + (1 | item)", "role * profile + (1 | item)"),
    ("0 + role + (1 | item)", "role + (1 | item)"),
]
APART = [
    ("role + (1 | item)", "profile + (1 | item)"),
    ("role + (1 | item)", "role + (1 | persona)"),
    ("role + (1 + role | item)", "role + (1 + role || item) + (1 | persona)"),
    ("role + (1 + profile | item)", "role + (1 + role | item) + (1 | persona)"),
]


@pytest.mark.parametrize(("small", "large"), NESTED)
def test_a_special_case_is_found_with_the_columns_that_it_keeps(synthetic, small, large):
    frame = synthetic("audit")
    null, full = (lmm(f"y ~ {formula}", frame) for formula in (small, large))
    found = nesting(null.design, full.design)
    assert found is not None
    assert by_cell(null.design)[found.cells] == pytest.approx(by_cell(full.design) @ found.x, abs=1e-9)
    (ZX0, XX0), (ZX, XX) = products(null.system), products(full.system)
    assert found.x.T @ XX @ found.x == pytest.approx(XX0, abs=1e-8)
    assert found.z.T @ ZX @ found.x == pytest.approx(ZX0, abs=1e-8)


def products(system):
    """Return Z'X and X'X."""
    A, r = system.blocks, system.places.rest
    lead = A.border[:, :, r:-1].reshape(-1, system.p)
    return np.vstack([lead, A.rest[:r, r:-1]]), A.rest[r:-1, r:-1]


@pytest.mark.parametrize(("small", "large"), APART)
def test_what_is_not_a_special_case_is_not_taken_for_one(synthetic, small, large):
    frame = synthetic("audit")
    assert nesting(lmm(f"y ~ {small}", frame).design, lmm(f"y ~ {large}", frame).design) is None


@pytest.mark.parametrize(
    ("change", "method", "said"),
    [
        ("one", "ML", "1 fit given; a comparison needs at least two"),
        ("rows", "ML", "different rows, 490, 489"),
        ("family", "ML", "different families, gaussian, binomial"),
        ("response", "ML", "different responses, y, z"),
        ("fixed", "REML", r"REML cannot compare different fixed parts, here in role\[T.peer\]; use method='ML'"),
    ],
)
def test_what_cannot_be_compared_is_refused(synthetic, change, method, said):
    frame = synthetic("audit")
    fit = lmm("y ~ role + (1 | item)", frame)
    others = {
        "one": [],
        "rows": [lmm("y ~ role + (1 | item)", frame[1:])],
        "family": [glmm("high ~ role + (1 | item)", frame.assign(high=(frame["y"] > 2).astype(float)))],
        "response": [lmm("z ~ role + (1 | item)", frame)],
        "fixed": [lmm("y ~ 1 + (1 | item)", frame)],
    }
    with pytest.raises(FitError, match=said):
        compare(fit, *others[change], method=method)
