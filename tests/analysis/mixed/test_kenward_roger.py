"""Adjusted covariances and degrees of freedom against pbkrtest, and what must not change them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.analysis.mixed import lmm
from standfast.analysis.mixed.inference import kenward_roger as module
from standfast.analysis.mixed.inference import precision
from standfast.analysis.mixed.inference.kenward_roger import degrees, f_test, kenward_roger
from standfast.errors import FitError

# Theta is known to about 1e-6; what is reached is 1e-6, on most models 1e-8.
CLOSE = 5e-6
CASES = ["audit_slopes", "audit_zerocorr", "audit_compound", "audit_scaled", "audit_unscaled", "crossed_nested"]
CASES += ["weighted", "covariate", "singular_zero", "singular_line", "small_one", "small_crossed"]
CLASSICS = {
    "sleep_slopes": ("Reaction ~ Days + (Days | Subject)", "sleepstudy"),
    "sleep_zerocorr": ("Reaction ~ Days + (Days || Subject)", "sleepstudy"),
    "penicillin_crossed": ("diameter ~ 1 + (1 | plate) + (1 | sample)", "Penicillin"),
    "pastes_nested": ("strength ~ 1 + (1 | batch/cask)", "Pastes"),
    "cake": ("angle ~ recipe * C(temperature, contr.poly) + (1 | recipe:replicate)", "cake"),
    "oats_splitplot": ("yield ~ Variety * nfac + (1 | Block) + (1 | Block:Variety)", "Oats"),
    "machines_nested": ("score ~ Machine + (1 | Worker/Machine)", "Machines"),
    "machines_slopes": ("score ~ Machine + (Machine | Worker)", "Machines"),
}


@pytest.mark.parametrize("name", CASES)
def test_errors_and_degrees_of_freedom_agree_with_pbkrtest(fit_of, known, name):
    found, wanted = kenward_roger(fit_of(name)), known["fits"][name]["reml"]["kenward_roger"]
    assert np.sqrt(np.diag(found.vcov)) == pytest.approx(list(wanted["se"].values()), rel=CLOSE)
    assert found.vcov == pytest.approx(np.array(wanted["vcov"]), abs=CLOSE * np.abs(found.vcov).max())
    assert degrees(np.eye(len(found.vcov)), found) == pytest.approx(list(wanted["df"].values()), rel=CLOSE)


@pytest.mark.parametrize("name", ["audit_slopes", "audit_zerocorr", "audit_compound", "crossed_nested", "covariate"])
def test_scaled_joint_tests_agree_with_pbkrtest(fit_of, known, name):
    fit, wanted = fit_of(name), known["fits"][name]["reml"]
    adjusted = kenward_roger(fit)
    for case in wanted["joint"].values():
        columns = [list(wanted["beta"]).index(column) for column in case["columns"]]
        found, told = f_test(np.eye(len(fit.beta))[columns], fit.beta, adjusted), case["kenward_roger"]
        numbers = (told["f"], told["df1"], told["df2"], told["scaling"])
        assert (*found[:3], found.scaling) == pytest.approx(numbers, rel=2e-5)
        assert found.p_value == pytest.approx(told["p"], rel=1e-4)


@pytest.mark.parametrize("name", CLASSICS)
def test_classic_models_agree_with_pbkrtest(classic, classic_known, name):
    formula, data = CLASSICS[name]
    found, wanted = kenward_roger(lmm(formula, classic(data))), classic_known[name]["reml"]
    assert np.sqrt(np.diag(found.vcov)) == pytest.approx(list(wanted["kr_se"].values()), rel=CLOSE)
    assert degrees(np.eye(len(found.vcov)), found) == pytest.approx(list(wanted["kr_df"].values()), rel=CLOSE)


def test_the_scaling_of_a_joint_test_on_unbalanced_data_is_that_of_pbkrtest(classic):
    # KRmodcomp(f <- lmer(score ~ Machine + (1 | Worker), M[-c(1, 2, 5, 9, 20, 21, 22, 33, 47), ]), update(f, . ~ . - Machine))
    frame = classic("Machines").drop(index=[0, 1, 4, 8, 19, 20, 21, 32, 46])
    fit = lmm("score ~ Machine + (1 | Worker)", frame)
    found = f_test(np.eye(3)[1:], fit.beta, kenward_roger(fit))
    assert found[:3] == pytest.approx((61.40194156, 2, 37.11908253), rel=1e-7)
    assert found.p_value == pytest.approx(1.688225816e-12, rel=1e-6)
    assert found.scaling == pytest.approx(0.9999997121, abs=1e-9)


def test_a_balanced_design_is_hotellings_test(classic):
    # score ~ Machine + (Machine | Worker): 6 workers, 2 differences, so F is scaled by (6 - 2) / (6 - 1)
    fit = lmm("score ~ Machine + (Machine | Worker)", classic("Machines"))
    found = f_test(np.eye(3)[1:], fit.beta, kenward_roger(fit))
    assert (found.numdf, found.dendf, found.scaling) == pytest.approx((2, 4, 0.8), abs=1e-9)


@pytest.mark.parametrize("name", ["audit_slopes", "weighted", "covariate", "small_crossed"])
def test_what_is_adjusted_is_the_covariance_of_the_fit(fit_of, name):
    fit = fit_of(name)
    assert kenward_roger(fit).unadjusted == pytest.approx(fit.vcov, abs=1e-10 * np.abs(fit.vcov).max())


@given(mixed=st.lists(st.floats(-3, 3), min_size=4, max_size=4).filter(lambda m: abs(m[0] * m[3] - m[1] * m[2]) > 0.1))
def test_how_a_hypothesis_is_written_does_not_matter(fit_of, mixed):
    fit = fit_of("audit_slopes")
    adjusted, rows = kenward_roger(fit), np.eye(4)[1:3]
    once = f_test(rows, fit.beta, adjusted)
    assert f_test(np.array(mixed).reshape(2, 2) @ rows, fit.beta, adjusted) == pytest.approx(once, rel=1e-6)
    assert f_test(np.vstack([rows, rows.sum(axis=0)]), fit.beta, adjusted) == pytest.approx(once, rel=1e-6)


def test_rows_of_zeros_have_no_degrees_of_freedom_and_no_test(fit_of):
    fit = fit_of("small_one")
    adjusted = kenward_roger(fit)
    assert np.isnan(degrees(np.zeros((1, 1)), adjusted)).all()
    assert f_test(np.zeros((1, 1)), fit.beta, adjusted).numdf == 0


@pytest.mark.parametrize(
    ("name", "reml", "said"), [("small_one", False, "gaussian one by ML"), ("votes", True, "binomial")]
)
def test_fits_it_is_not_defined_for_are_refused(fit_of, name, reml, said):
    with pytest.raises(FitError, match=said):
        kenward_roger(fit_of(name, reml=reml))


def test_more_random_effects_than_fit_into_memory_are_refused(fit_of, monkeypatch):
    monkeypatch.setattr(precision, "MOST_EFFECTS", 100)
    with pytest.raises(FitError, match=r"102 random effects .* up to 100 are supported. Use Satterthwaite's method"):
        module.kenward_roger(fit_of("audit_slopes"))
