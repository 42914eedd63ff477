"""Joint tests of terms."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from standfast.analysis.mixed import MixedFit, glmm, lmm
from standfast.analysis.mixed.means.joint import joint_tests
from standfast.analysis.mixed.means.marginal import contrasts, marginal_means
from standfast.errors import FitError

Fit = Callable[..., MixedFit]

# emmeans rounds F to three decimals and degrees of freedom to two.
OF_F, OF_DF = 6e-4, 6e-3


@pytest.fixture(scope="module")
def oats(classic: Callable[[str], pd.DataFrame]) -> MixedFit:
    return lmm("yield ~ Variety * nfac + (1 | Block) + (1 | Block:Variety)", classic("Oats"))


def test_varieties_at_every_dose_are_emmeans(oats: MixedFit, classic_known: dict[str, Any]) -> None:
    found = joint_tests(oats, by="nfac", df="kenward-roger")
    for i, answer in enumerate(classic_known["emmeans"]["oats_joint"]):
        assert (found.terms[i], found.labels[i]) == ("Variety", (answer["nfac"],))
        assert found.numdf[i] == answer["df1"]
        assert found.dendf[i] == pytest.approx(answer["df2"], abs=OF_DF)
        assert found.statistic[i] == pytest.approx(answer["F.ratio"], abs=OF_F)
        assert found.p_value[i] == pytest.approx(answer["p.value"], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "df"),
    [
        ("audit_slopes", "satterthwaite"),
        ("audit_slopes", "kenward-roger"),
        ("audit_compound", "satterthwaite"),
        ("audit_compound", "kenward-roger"),
        ("crossed_nested", "satterthwaite"),
        ("crossed_nested", "kenward-roger"),
        ("slopes_4d", "satterthwaite"),
    ],
)
def test_tests_of_all_terms_are_emmeans(known: dict[str, Any], fit_of: Fit, name: str, df: Any) -> None:
    answers = known["fits"][name]["emmeans"][df]["joint_tests_rounded"]
    found = joint_tests(fit_of(name), df=df)
    assert len(found.terms) == len(answers)
    for i, answer in enumerate(answers):
        assert found.terms[i] == answer["model term"]
        assert found.numdf[i] == answer["df1"]
        assert found.statistic[i] == pytest.approx(answer["F_ratio"], abs=OF_F)
        # With several contrasts emmeans takes the smallest degrees of freedom of single ones.
        assert found.dendf[i] == pytest.approx(answer["df2"], abs=OF_DF if answer["df1"] == 1 else 1.0)
        assert found.p_value[i] == pytest.approx(answer["p_value"], rel=1e-3 if answer["df1"] == 1 else 0.02)


def test_balanced_data_give_the_split_plot_table(oats: MixedFit) -> None:
    """R's aov(yield ~ Variety * nfac + Error(Block / Variety)): 1.485 on 2, 10; 37.686 on 3, 45; 0.303 on 6, 45."""
    found = joint_tests(oats, df="kenward-roger")
    assert found.terms == ("Variety", "nfac", "Variety:nfac")
    assert found.numdf.tolist() == [2, 3, 6]
    assert found.dendf == pytest.approx([10, 45, 45])
    assert found.statistic == pytest.approx([1.4853, 37.6856, 0.3028], abs=1e-4)


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger", "levels", "conservative", "wald"])
def test_one_contrast_tested_jointly_is_its_own_test(fit_of: Fit, df: Any) -> None:
    fit = fit_of("audit_slopes")
    one, joint = contrasts(marginal_means(fit, "role", df=df)), joint_tests(fit, df=df)
    assert joint.statistic[0] == pytest.approx(one.statistic[0] ** 2)
    assert joint.dendf[0] == pytest.approx(one.df[0])
    assert joint.p_value[0] == pytest.approx(one.p_value[0])


def test_many_contrasts_with_infinite_degrees_are_a_chi_square(oats: MixedFit) -> None:
    found = joint_tests(oats, df="wald")
    assert np.isinf(found.dendf).all()
    assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic * found.numdf, found.numdf))


def test_the_coding_of_factors_does_not_matter(classic: Callable[[str], pd.DataFrame], oats: MixedFit) -> None:
    summed = lmm(
        "yield ~ C(Variety, contr.sum) * C(nfac, contr.sum) + (1 | Block) + (1 | Block:Variety)", classic("Oats")
    )
    here, there = joint_tests(oats), joint_tests(summed)
    assert there.terms == here.terms
    assert there.statistic == pytest.approx(here.statistic, rel=1e-5)


def test_a_covariate_is_tested_by_its_slope(fit_of: Fit) -> None:
    fit = fit_of("covariate")
    found, at = joint_tests(fit), fit.names.index("x")
    assert found.terms == ("x", "role")
    assert found.statistic[0] == pytest.approx((fit.beta[at] / fit.std_error[at]) ** 2)


def test_binomial_terms_are_tested_on_the_link_scale(synthetic: Callable[[str], pd.DataFrame]) -> None:
    fit = glmm("hit ~ role + (1 + role | item)", synthetic("votes"))
    found = joint_tests(fit)
    assert found.statistic == pytest.approx([(fit.beta[1] / fit.std_error[1]) ** 2])
    assert found.dendf.tolist() == [23]


def test_effects_without_a_finite_estimate_have_no_test(synthetic: Callable[[str], pd.DataFrame]) -> None:
    votes = synthetic("votes")
    fit = glmm("hit ~ role + (1 | item)", votes.assign(hit=np.where(votes["role"] == "peer", 1, votes["hit"])))
    assert np.isnan(joint_tests(fit).p_value).all()


def test_a_slope_where_the_formula_is_not_finite_has_no_test() -> None:
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"item": np.arange(90) % 15, "x": rng.uniform(0.1, 1.0, 90), "y": rng.normal(size=90)})
    found = joint_tests(lmm("y ~ np.log(x) + (1 | item)", data))  # the mean minus 1 is below 0
    assert np.isnan(found.statistic).all()
    assert np.isfinite(joint_tests(lmm("y ~ np.log(x) + (1 | item)", data), at={"x": [0.2, 0.4]}).statistic).all()


def test_joint_tests_print_and_become_a_frame(oats: MixedFit) -> None:
    found = joint_tests(oats, df="kenward-roger")
    assert str(found).splitlines()[:4] == [
        "model term   df1 df2 F.ratio p.value",
        "Variety        2  10   1.485  0.2724",
        "nfac           3  45  37.686 <0.0001",
        "Variety:nfac   6  45   0.303  0.9322",
    ]
    assert found.to_frame().columns.tolist() == ["term", "num_df", "den_df", "statistic", "p_value"]
    assert joint_tests(oats, by="nfac").to_frame()["nfac"].tolist() == ["0", "0.2", "0.4", "0.6"]


def test_nothing_to_test_is_refused(oats: MixedFit, fit_of: Fit) -> None:
    with pytest.raises(FitError, match=r"`y ~ 1 \+ \(1 \| sample\)` has no term to test"):
        joint_tests(fit_of("small_one"))
    with pytest.raises(FitError, match=r'joint tests: no variable "Nfac"\. Known: Variety, nfac'):
        joint_tests(oats, by="Nfac")
