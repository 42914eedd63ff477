"""Marginal means and contrasts of linear models against emmeans."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from standfast.analysis.mixed import MixedFit, lmm
from standfast.analysis.mixed.means.marginal import contrasts, interaction_contrasts, linear_functions, marginal_means
from standfast.analysis.mixed.means.tables import MeansTable
from standfast.errors import FitError

Fit = Callable[..., MixedFit]

# Of estimates, errors and intervals, relative to 1 or the number itself. The optimum is found to about 1e-6 of it on
# both sides, and degrees of freedom by differences.
TOLERANCE = 1e-5
# R's pmvt draws random points and takes whole degrees of freedom.
MONTE_CARLO = 2e-4

NAMES = {
    "estimate": ("emmean", "estimate"),
    "std_error": ("SE",),
    "df": ("df",),
    "conf_low": ("lower.CL", "lower_CL"),
    "conf_high": ("upper.CL", "upper_CL"),
    "statistic": ("t.ratio", "t_ratio"),
    "p_adjusted": ("p.value", "p_value"),
}


def check(table: MeansTable, answers: Sequence[dict[str, Any]], tolerance: float = TOLERANCE) -> None:
    """Compare a table with emmeans' rows, matched by their labels."""
    found = {tuple(row): i for i, row in enumerate(table.labels)}
    assert len(found) == len(answers) == len(table.labels)
    for answer in answers:
        i = found[tuple(str(answer[name]) for name in table.columns)]
        for name, theirs in NAMES.items():
            for their in theirs:
                if their in answer:
                    assert getattr(table, name)[i] == pytest.approx(answer[their], rel=tolerance, abs=tolerance), name


@pytest.fixture(scope="module")
def machines(classic: Callable[[str], pd.DataFrame]) -> MixedFit:
    return lmm("score ~ Machine + (1 | Worker/Machine)", classic("Machines"))


@pytest.fixture(scope="module")
def oats(classic: Callable[[str], pd.DataFrame]) -> MixedFit:
    return lmm("yield ~ Variety * nfac + (1 | Block) + (1 | Block:Variety)", classic("Oats"))


@pytest.mark.parametrize(("case", "df"), [("machines_kr", "kenward-roger"), ("machines_satt", "satterthwaite")])
def test_machines(machines: MixedFit, classic_known: dict[str, Any], case: str, df: Any) -> None:
    answers = classic_known["emmeans"][case]
    means = marginal_means(machines, "Machine", df=df)
    check(means, answers["means"])
    check(contrasts(means), answers["contrasts"])


def test_oats_varieties_at_every_dose(oats: MixedFit, classic_known: dict[str, Any]) -> None:
    answers = classic_known["emmeans"]["oats_variety_by_nfac_kr"]
    means = marginal_means(oats, "Variety", by="nfac", df="kenward-roger")
    check(means, answers["means"])
    check(contrasts(means), answers["contrasts"])


def test_oats_doses_as_polynomials(oats: MixedFit, classic_known: dict[str, Any]) -> None:
    answers = classic_known["emmeans"]["oats_nfac_poly"]
    means = marginal_means(oats, "nfac", df="kenward-roger")
    check(means, answers["means"])
    check(contrasts(means, "poly", adjust="none"), answers["contrasts"])


def test_oats_interaction_of_pairs_and_steps(oats: MixedFit, classic_known: dict[str, Any]) -> None:
    means = marginal_means(oats, ["Variety", "nfac"])
    found = interaction_contrasts(means, {"Variety": "pairwise", "nfac": "consec"}, adjust="bh")
    check(found, classic_known["emmeans"]["oats_interaction"])


@pytest.mark.parametrize(
    ("name", "df"),
    [
        ("audit_slopes", "satterthwaite"),
        ("audit_slopes", "kenward-roger"),
        ("audit_compound", "satterthwaite"),
        ("audit_compound", "kenward-roger"),
        ("slopes_4d", "satterthwaite"),
    ],
)
def test_role_and_profile(known: dict[str, Any], fit_of: Fit, name: str, df: Any) -> None:
    answers, fit = known["fits"][name]["emmeans"][df], fit_of(name)
    cells, role = (marginal_means(fit, names, df=df) for names in (["role", "profile"], "role"))
    check(cells, answers["cells"])
    check(role, answers["role"])
    check(marginal_means(fit, "role", weights="proportional", df=df), answers["role_proportional"])
    check(marginal_means(fit, "profile", df=df), answers["profile"])
    check(contrasts(role, "revpairwise"), answers["peer_minus_advisor"])
    by_profile = marginal_means(fit, "role", by="profile", df=df)
    check(contrasts(by_profile, "revpairwise"), answers["peer_minus_advisor_by_profile"])
    check(interaction_contrasts(cells, "revpairwise"), answers["interaction"])
    check(contrasts(cells, adjust="holm"), answers["pairs_holm"])
    check(contrasts(cells, adjust="bh"), answers["pairs_bh"])


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
def test_three_arms_with_every_correction(known: dict[str, Any], fit_of: Fit, df: Any) -> None:
    answers = known["fits"]["crossed_nested"]["emmeans"][df]
    arms = marginal_means(fit_of("crossed_nested"), "arm", df=df)
    check(arms, answers["arm"])
    check(contrasts(arms, adjust="none"), answers["pairs"])
    check(contrasts(arms, adjust="holm"), answers["pairs_holm"])
    check(contrasts(arms, adjust="bh"), answers["pairs_bh"])
    check(contrasts(arms, adjust="tukey"), answers["pairs_tukey"])
    check(contrasts(arms, adjust="mvt"), answers["pairs_mvt"], MONTE_CARLO)


def test_a_covariate_at_its_mean_at_values_and_its_trend(known: dict[str, Any], fit_of: Fit) -> None:
    answers, fit = known["fits"]["covariate"]["emmeans"], fit_of("covariate")
    check(marginal_means(fit, "role"), answers["at_mean"])
    check(marginal_means(fit, ["role", "x"], at={"x": [1, 4]}), answers["at_1_and_4"])
    slope = linear_functions(fit, {"x": [float(name == "x") for name in fit.names]})
    trend = answers["trend"][0]
    found = [slope.estimate[0], slope.std_error[0], slope.df[0], slope.conf_low[0], slope.conf_high[0]]
    theirs = [trend[name] for name in ("x_trend", "SE", "df", "lower_CL", "upper_CL")]
    assert found == pytest.approx(theirs, rel=TOLERANCE)
    steps = contrasts(marginal_means(fit, "x", at={"x": [2, 3]}), "consec")
    assert [steps.estimate[0], steps.std_error[0], steps.df[0]] == pytest.approx(found[:3], rel=1e-6)


def test_contrasts_of_contrasts_are_interactions(oats: MixedFit) -> None:
    by_dose = contrasts(marginal_means(oats, "Variety", by="nfac"), "pairwise")
    twice = contrasts(by_dose, "consec", by="contrast")
    once = interaction_contrasts(
        marginal_means(oats, ["Variety", "nfac"]), {"Variety": "pairwise", "nfac": "consec"}, by=()
    )
    assert sorted(twice.estimate) == pytest.approx(sorted(once.estimate))
    assert twice.std_error == pytest.approx(once.std_error)


def test_given_coefficients_and_a_reference(machines: MixedFit) -> None:
    means = marginal_means(machines, "Machine")
    a, b, c = means.estimate
    halves = contrasts(means, {"C against the others": (-0.5, -0.5, 1)})
    assert halves.estimate == pytest.approx([c - (a + b) / 2])
    to_last = contrasts(means, "trt.vs.ctrl", reference="C")
    assert to_last.labels == (("A - C",), ("B - C",))
    assert to_last.estimate == pytest.approx([a - c, b - c])


def test_intervals_that_hold_together_are_wider_and_agree_with_their_p_values(machines: MixedFit) -> None:
    means = marginal_means(machines, "Machine")
    alone = contrasts(means, adjust="holm")
    for adjust in ("bonferroni", "tukey", "mvt"):
        found = contrasts(means, adjust=adjust)  # type: ignore[arg-type]
        assert (found.conf_high - found.conf_low > 1.1 * (alone.conf_high - alone.conf_low)).all()
        assert ((found.conf_low > 0) | (found.conf_high < 0)).tolist() == (found.p_adjusted < 0.05).tolist()
    tukey, mvt = (contrasts(means, adjust=adjust) for adjust in ("tukey", "mvt"))  # type: ignore[arg-type]
    assert mvt.conf_low == pytest.approx(tukey.conf_low, abs=1e-4)
    assert mvt.p_adjusted == pytest.approx(tukey.p_adjusted, abs=1e-5)


def test_p_values_are_corrected_within_each_group(oats: MixedFit) -> None:
    found = contrasts(marginal_means(oats, "Variety", by="nfac"), adjust="bonferroni")
    assert found.p_adjusted == pytest.approx(np.minimum(3 * found.p_value, 1))
    all_together = contrasts(marginal_means(oats, ["Variety", "nfac"]), adjust="bonferroni")
    assert all_together.p_adjusted == pytest.approx(np.minimum(66 * all_together.p_value, 1))


def test_one_pair_needs_no_correction(fit_of: Fit) -> None:
    role = marginal_means(fit_of("audit_slopes"), "role")
    plain = contrasts(role, adjust="none")
    for adjust in ("holm", "bonferroni", "tukey", "mvt"):
        found = contrasts(role, adjust=adjust)  # type: ignore[arg-type]
        assert found.p_adjusted == pytest.approx(plain.p_value)
        assert found.conf_low == pytest.approx(plain.conf_low)


def test_means_follow_a_change_of_units(classic: Callable[[str], pd.DataFrame], machines: MixedFit) -> None:
    data = classic("Machines")
    moved = lmm("score ~ Machine + (1 | Worker/Machine)", data.assign(score=32 + 1.8 * data["score"]))
    here, there = (marginal_means(fit, "Machine") for fit in (machines, moved))
    assert there.estimate == pytest.approx(32 + 1.8 * here.estimate)
    assert contrasts(there).std_error == pytest.approx(1.8 * contrasts(here).std_error, rel=1e-5)
    assert contrasts(there).p_adjusted == pytest.approx(contrasts(here).p_adjusted, rel=1e-4)


def test_swapped_levels_swap_the_sign(classic: Callable[[str], pd.DataFrame], machines: MixedFit) -> None:
    data = classic("Machines")
    turned = data.assign(Machine=data["Machine"].cat.reorder_categories(["C", "B", "A"]))
    there = contrasts(marginal_means(lmm("score ~ Machine + (1 | Worker/Machine)", turned), "Machine"))
    here = contrasts(marginal_means(machines, "Machine"))
    assert there.labels == (("C - B",), ("C - A",), ("B - A",))
    assert there.estimate == pytest.approx(-here.estimate[[2, 1, 0]])
    assert there.conf_low == pytest.approx(-here.conf_high[[2, 1, 0]], rel=1e-5)


def test_the_grand_mean_stands_alone(machines: MixedFit) -> None:
    means = marginal_means(machines, ())
    assert means.columns == ()
    assert means.estimate == pytest.approx([marginal_means(machines, "Machine").estimate.mean()])
    assert contrasts(means).estimate.shape == (0,)


def test_confidence_widens_the_interval(machines: MixedFit) -> None:
    means = marginal_means(machines, "Machine", confidence=0.99)
    half = stats.t.ppf(0.995, means.df) * means.std_error
    assert means.conf_high - means.estimate == pytest.approx(half)
    assert contrasts(means).confidence == 0.99
    assert contrasts(means, confidence=0.9).confidence == 0.9


@pytest.fixture(scope="module")
def gaps() -> pd.DataFrame:
    """No row has role p in year 3."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({"item": np.arange(300) % 20, "role": rng.choice(["a", "p"], 300)})
    frame["year"] = np.where(frame["role"] == "a", rng.choice(["1", "2", "3"], 300), rng.choice(["1", "2"], 300))
    frame["x"] = rng.exponential(size=300)
    frame["y"] = rng.normal(size=300)
    return frame


def test_a_combination_without_data_is_never_a_number_by_cells(gaps: pd.DataFrame) -> None:
    fit = lmm("y ~ role + year + (1 | item)", gaps)
    means = marginal_means(fit, ["role", "year"], weights="cells")
    last = means.labels.index(("p", "3"))
    for name in ("estimate", "std_error", "df", "conf_low", "conf_high", "statistic", "p_value", "p_adjusted"):
        assert np.isnan(getattr(means, name)).tolist() == [i == last for i in range(6)], name
    assert means.reasons[last] == "no data to weight the average by"
    assert "1 of 6 combinations have no data: the model fills in." in means.notes
    pairs = contrasts(means)
    assert np.isnan(pairs.estimate).tolist() == ["p 3" in label for (label,) in pairs.labels]


def test_what_rests_on_a_missing_mean_is_missing_and_not_counted(gaps: pd.DataFrame) -> None:
    fit = lmm("y ~ np.log(x) + role + (1 | item)", gaps)
    means = marginal_means(fit, "x", at={"x": [0, 1, 2]})
    assert np.isnan(means.estimate).tolist() == [True, False, False]
    assert means.reasons[0].startswith("not estimable")
    pairs = contrasts(means, adjust="holm")
    assert np.isnan(pairs.estimate).tolist() == [True, True, False]
    assert pairs.p_adjusted[2] == pairs.p_value[2]
    assert np.isnan(contrasts(means, adjust="mvt").p_adjusted).tolist() == [True, True, False]


def test_an_interaction_without_one_of_its_cells_is_refused_by_the_fit(gaps: pd.DataFrame) -> None:
    with pytest.raises(FitError, match="empty cell"):
        lmm("y ~ role * year + (1 | item)", gaps)


def test_a_table_prints_like_emmeans(machines: MixedFit) -> None:
    text = str(marginal_means(machines, "Machine", df="kenward-roger"))
    assert text == (
        "Machine emmean    SE   df lower.CL upper.CL\n"
        "A       52.356 2.486 8.52   46.684   58.027\n"
        "B       60.322 2.486 8.52   54.650   65.994\n"
        "C       66.272 2.486 8.52   60.600   71.944\n"
        "\n"
        "Degrees of freedom: kenward-roger.\n"
        "Confidence level: 0.95."
    )


def test_contrasts_print_in_blocks_with_their_correction(oats: MixedFit) -> None:
    text = str(contrasts(marginal_means(oats, "Variety", by="nfac", df="kenward-roger")))
    assert text.startswith(
        "nfac = 0:\ncontrast                 estimate    SE   df lower.CL upper.CL t.ratio p.value\n"
    )
    assert "Golden Rain - Marvellous   -6.667 9.715 30.2  -26.501   13.168  -0.686  0.7770" in text
    assert text.count("nfac = ") == 4
    assert text.endswith("P-value adjustment: holm.")


def test_a_table_becomes_a_frame(machines: MixedFit) -> None:
    frame = contrasts(marginal_means(machines, "Machine")).to_frame()
    assert frame["contrast"].tolist() == ["A - B", "A - C", "B - C"]
    assert frame.columns.tolist()[1:5] == ["estimate", "std_error", "df", "conf_low"]
    assert frame["reason"].tolist() == ["", "", ""]


def test_wrong_arguments_are_refused(machines: MixedFit) -> None:
    means = marginal_means(machines, "Machine")
    with pytest.raises(FitError, match=r'no variable "machine"\. Known: Machine\. Did you mean "Machine"'):
        marginal_means(machines, "machine")
    with pytest.raises(FitError, match=r'contrasts: no grouping variable "Worker"\. Known: Machine'):
        contrasts(means, by="Worker")
    with pytest.raises(ValueError, match="tukey is for all pairs"):
        contrasts(means, "consec", adjust="tukey")
    with pytest.raises(ValueError, match="no method 'scheffe'"):
        contrasts(means, adjust="scheffe")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"confidence is 95; it lies between 0 and 1"):
        marginal_means(machines, "Machine", confidence=95)
    with pytest.raises(ValueError, match="no type 'probs'"):
        marginal_means(machines, "Machine", type="probs")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"rows of shape \(1, 2\); 3 finite numbers each"):
        linear_functions(machines, np.ones((1, 2)))
    with pytest.raises(FitError, match="methods for Worker; the rows differ in Machine"):
        interaction_contrasts(means, {"Worker": "pairwise"})
