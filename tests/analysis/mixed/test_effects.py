"""Conditional modes and explained variance against lme4 and ordinal."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from standfast.analysis.mixed import lmm
from standfast.analysis.mixed.inference.effects import LOGISTIC, conditional_modes, explained

LINEAR = ["audit_slopes", "audit_zerocorr", "audit_compound", "audit_scaled", "crossed_nested", "weighted", "covariate"]
LINEAR += ["singular_zero", "singular_line", "small_crossed", "slopes_4d"]
# Relative to the largest mode or standard deviation. Theta of the linear models is known to about 1e-6; glmer's own
# search for the modes stops about 1e-3 short, ours at 1e-15 (the test below).
TOLERANCE = {name: 5e-6 for name in LINEAR} | {name: 2e-3 for name in ("votes", "trials", "rare")}
TOLERANCE |= {name: 5e-6 for name in ("ratings_crossed", "ratings_single")}


@pytest.mark.parametrize("name", TOLERANCE)
def test_modes_and_their_standard_deviations_agree_with_r(fit_of, known, name):
    found, wanted = conditional_modes(fit_of(name)), known["fits"][name]["modes"]
    for group, told in wanted.items():
        own = found[found["group"] == group]
        for effect, column in zip(own["effect"].unique(), told["mode"], strict=True):
            values = own[own["effect"] == effect].set_index("level").loc[told["levels"]]
            for key, r_key in (("mode", "mode"), ("std_dev", "sd")):
                numbers = np.array(told[r_key][column])
                close = TOLERANCE[name] * max(float(np.abs(numbers).max()), 1e-9)
                assert values[key].to_numpy() == pytest.approx(numbers, abs=close)


def test_the_frame_is_tidy(fit_of):
    fit = fit_of("audit_slopes")
    found = conditional_modes(fit)
    assert list(found.columns) == ["group", "level", "effect", "mode", "std_dev"]
    assert len(found) == 24 * 4 + 6
    assert not found.duplicated(["group", "level", "effect"]).any()
    assert found["effect"].unique().tolist()[0] == "(Intercept)"


@pytest.mark.parametrize("name", ["votes", "trials", "rare", "ratings_slopes"])
def test_modes_of_counts_are_where_the_penalised_likelihood_is_flat(fit_of, name):
    fit = fit_of(name)
    system, b = fit.system, np.zeros(fit.system.q)
    found = conditional_modes(fit)
    for term, position, z in zip(system.terms, system.places.positions, fit.design.scaling.z, strict=True):
        own = found[found["group"] == term.group]
        b[position] = own["mode"].to_numpy().reshape(term.q, term.s) * z
    eta = system.design @ np.concatenate([b, fit.inner.beta])
    score = (system.transposed @ system.response.evaluate(eta, fit.thresholds).score)[: system.q]
    for position, z, covariance in zip(system.places.positions, fit.design.scaling.z, fit.covariances, strict=True):
        pulled = score[position] @ (covariance * np.outer(z, z))  # b = Sigma Z' score at the mode
        assert pulled == pytest.approx(b[position], abs=1e-10)


@pytest.mark.parametrize("name", [*LINEAR, "small_one", "votes", "trials", "rare"])
def test_explained_variance_agrees_with_r(fit_of, known, name):
    told = known["fits"][name].get("explained")
    if told is None:
        assert name == "weighted"
        return
    found = explained(fit_of(name))
    numbers = (found.fixed, sum(found.random.values()), found.residual, found.r2_marginal, found.r2_conditional)
    wanted = [told[key] for key in ("fixed", "random", "residual", "r2_marginal", "r2_conditional")]
    assert numbers == pytest.approx(tuple(wanted), rel=1e-5, abs=1e-12)
    assert sum(found.icc.values()) == pytest.approx(told["icc_adjusted"], rel=1e-5)


def test_an_intraclass_correlation_is_the_share_of_its_variance(fit_of):
    fit = fit_of("small_crossed")
    plate, sample = (covariance[0, 0] for covariance in fit.covariances)
    found = explained(fit)
    assert found.icc == pytest.approx(
        {"plate": plate / (plate + sample + fit.sigma**2), "sample": sample / (plate + sample + fit.sigma**2)}
    )
    assert found.r2_marginal == 0


def test_counts_have_the_residual_of_the_latent_scale(fit_of):
    draws = np.random.default_rng(1).logistic(size=400_000)
    assert pytest.approx(draws.var(), rel=0.01) == LOGISTIC
    assert explained(fit_of("ratings_slopes")).residual == explained(fit_of("votes")).residual == LOGISTIC


def test_terms_of_one_factor_are_added(synthetic):
    fit = lmm("z ~ role + (1 + role || item)", synthetic("audit"))
    assert list(explained(fit).random) == ["item"]


def test_a_slope_counts_by_how_much_its_covariate_varies():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"g": np.repeat(np.arange(20), 30), "x": np.tile(expit(np.linspace(-3, 3, 30)), 20)})
    slope = np.repeat(rng.normal(size=20), 30)
    fit = lmm("y ~ x + (1 + x | g)", frame.assign(y=slope * frame["x"] + 0.1 * rng.normal(size=600)))
    Z = np.column_stack([np.ones(30), frame["x"][:30]])
    by_hand = float(np.einsum("np,pq,nq->n", Z, fit.covariances[0], Z).mean())
    assert explained(fit).random["g"] == pytest.approx(by_hand, rel=1e-9)
