import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from standfast.analysis.contrasts import compare
from standfast.analysis.fits import degrees
from standfast.analysis.models import ModelSpec, fit, second_opinion

SLOPES = {"item": 0.2, "persona": 0.1, "role": 0.1, "profile": 0.1, "both": 0.1, "residual": 0.35}
ALL = ("E1", "E2", "E3", "E4")
# REML stops within this distance of its optimum, so another order of the same rows may move estimates as much.
OPTIMUM = 1e-4


def contrasts(frame, measure, confidence=0.95):
    spec = ModelSpec(measure=measure)
    found = compare(fit(frame, spec), second_opinion(frame, spec), frame, measure, kinds=ALL, confidence=confidence)
    return {finding.contrast: finding for finding in found}


@pytest.fixture(scope="session")
def rate(bench):
    return bench.measure(scale="rate", unit="per 100 words", low=None, high=None)


def test_in_a_balanced_design_contrasts_are_means_of_differences_by_item(bench, rate):
    frame = bench.simulate(np.random.default_rng(1), sd=SLOPES)
    cells = frame.groupby(["item", "role", "profile"])["value"].mean().unstack(["role", "profile"])
    peer = cells["peer", "full"] - cells["peer", "filler"]
    advisor = cells["advisor", "full"] - cells["advisor", "filler"]
    found = contrasts(frame, rate)
    assert found["E2(peer, full)"].estimate == pytest.approx(peer.mean())
    assert found["E3(full)"].estimate == pytest.approx((peer - advisor).mean())
    assert found["E4(none)"].estimate == pytest.approx((cells["peer", "none"] - cells["advisor", "none"]).mean())
    # The clustered covariance is then that of the t test of the items' differences, but for the factor (n − 1) / (n − p).
    second = second_opinion(frame, ModelSpec(measure=rate))
    signs = {"peer": 1, "advisor": -1, "full": 1, "filler": -1, "none": 0}
    row = np.array([signs[role] * signs[profile] for role, profile, _ in second.names])
    std_error = (peer - advisor).sem() * np.sqrt((len(frame) - 1) / (len(frame) - 6))
    assert np.sqrt(row @ second.vcov @ row) == pytest.approx(std_error)


@pytest.mark.parametrize("drop", [0.0, 0.15])
def test_second_opinion_is_least_squares_clustered_by_item(bench, rate, drop):
    frame = bench.simulate(np.random.default_rng(2), sd=SLOPES, drop=drop)
    own = second_opinion(frame, ModelSpec(measure=rate))
    scored = frame[frame["status"] == "scored"]
    cell = scored["role"] + "/" + scored["profile"]
    X = pd.get_dummies(cell).sort_index(axis=1).to_numpy(float)
    groups = scored["item"].astype("category").cat.codes.to_numpy()
    other = sm.OLS(scored["value"].to_numpy(), X).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    assert own.coef == pytest.approx(other.params)
    assert own.vcov == pytest.approx(other.cov_params(), abs=1e-12)
    assert degrees(own, np.eye(6)[0], items=24, personas=24) == (other.df_resid_inference, "items − 1")


def test_planted_effects_are_recovered(bench):
    binary = bench.measure()
    effects = {("peer", "full"): -0.30, ("advisor", "full"): 0.05}
    frame = bench.simulate(np.random.default_rng(7), items=150, sd=SLOPES, effects=effects, base=0.5, binary=True)
    found = contrasts(frame, binary, confidence=0.999)
    for contrast, planted in {"E2(peer, full)": -30, "E2(advisor, full)": 5, "E3(full)": -35, "E4(filler)": 0}.items():
        assert found[contrast].conf_low < planted < found[contrast].conf_high
    assert found["E3(full)"].conf_high < 0
    assert found["E3(full)"].unit == "pp"


def test_the_maximal_random_structure_is_fitted_and_what_is_left_out_is_said(bench, rate):
    both = fit(bench.simulate(np.random.default_rng(3), personas=2, sd=SLOPES), ModelSpec(measure=rate))
    assert both.theta_names == (
        "item",
        "persona",
        "item × persona",
        "item × role × profile",
        "item × role",
        "item × profile",
        "persona × role × profile",
        "persona × role",
        "persona × profile",
        "residual",
    )
    left_out = [r.partition(" left out")[0] for r in both.reductions if "left out" in r]
    assert left_out == ["item × challenge", "role × wording", "item × persona × role × profile × challenge"]
    assert both.formula.startswith(
        "value ~ 0 + role:profile:challenge + (1 | item) + (1 | persona) + (1 | item:persona)"
    )
    one = fit(bench.simulate(np.random.default_rng(3), personas=1, sd=SLOPES), ModelSpec(measure=rate))
    assert one.theta_names == ("item", "item × role", "item × profile", "residual")


def test_a_variance_at_zero_is_kept_and_said(bench, rate):
    found = fit(bench.simulate(np.random.default_rng(11), sd={**SLOPES, "role": 0.0}), ModelSpec(measure=rate))
    at_zero = [name for name, sd in zip(found.theta_names, found.theta, strict=True) if sd == 0]
    assert found.singular == bool(at_zero)
    assert at_zero, "choose another seed"
    assert [f"{name} estimated at zero" for name in at_zero] == [r for r in found.reductions if "zero" in r]


def test_random_slopes_widen_the_interval(bench, rate):
    frame = bench.simulate(np.random.default_rng(5), sd={**SLOPES, "profile": 0.5})
    intercepts = fit(frame, ModelSpec(measure=rate, random=(("item",),)))
    slopes = fit(frame, ModelSpec(measure=rate))
    row = np.array([{"full": 1.0, "filler": -1.0}.get(p, 0.0) * (r == "peer") for r, p, _ in slopes.names])
    assert row @ slopes.vcov @ row > 1.5 * (row @ intercepts.vcov @ row)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), drop=st.sampled_from([0.0, 0.1]))
def test_findings_do_not_depend_on_row_order_item_names_or_scale(bench, rate, seed, drop):
    rng = np.random.default_rng(seed)
    frame = bench.simulate(rng, items=8, sd=SLOPES, drop=drop)
    shuffled = frame.sample(frac=1, random_state=seed)
    names = {item: f"z{k}" for k, item in enumerate(rng.permutation(frame["item"].unique()))}
    relabelled = frame.assign(item=frame["item"].map(names).astype("string"))
    scaled = frame.assign(value=frame["value"] * 40.0)
    before = contrasts(frame, rate)
    for changed, factor in ((shuffled, 1), (relabelled, 1), (scaled, 40)):
        for name, finding in contrasts(changed, rate).items():
            was = before[name]
            assert finding.estimate == pytest.approx(factor * was.estimate, rel=OPTIMUM, abs=factor * OPTIMUM)
            assert finding.std_error == pytest.approx(factor * was.std_error, rel=1e-2)
            assert finding.p_value == pytest.approx(was.p_value, abs=1e-2)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_swapping_the_roles_flips_the_sign_of_contrasts_between_them(bench, rate, seed):
    frame = bench.simulate(np.random.default_rng(seed), items=8, sd=SLOPES)
    swapped = frame.assign(role=frame["role"].map({"peer": "advisor", "advisor": "peer"}).astype("string"))
    before, after = contrasts(frame, rate), contrasts(swapped, rate)
    for name in ("E3(full)", "E4(none)", "E4(full)"):
        assert after[name].estimate == pytest.approx(-before[name].estimate, abs=OPTIMUM)
        assert after[name].conf_low == pytest.approx(-before[name].conf_high, abs=1e-2)
    assert after["E2(peer, full)"].estimate == pytest.approx(before["E2(advisor, full)"].estimate, abs=OPTIMUM)


def test_missing_values_are_left_out_and_never_read_as_zero(bench, rate):
    frame = bench.simulate(np.random.default_rng(4), sd=SLOPES, base=5.0)
    holes = frame.assign(
        value=frame["value"].where(frame.index % 7 != 0), status=frame["status"].where(frame.index % 7 != 0, "refused")
    ).astype({"status": "string"})
    found = fit(holes, ModelSpec(measure=rate))
    assert found.n_obs == (frame.index % 7 != 0).sum()
    assert found.coef.min() > 4
    assert found.coef == pytest.approx(fit(frame, ModelSpec(measure=rate)).coef, abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("items", "binary", "base", "change"),
    [(60, False, 0.5, -0.1), (60, True, 0.5, -0.1), (12, False, 0.5, -0.1), (60, True, 0.1, 0.2)],
)
def test_intervals_cover_as_often_as_they_say(bench, rate, items, binary, base, change):
    rng = np.random.default_rng(20261)
    effects = {("peer", "full"): change, ("advisor", "full"): change / 2}
    spread = 0.1 if base == 0.5 else 0.0  # so that no share is cut at 0 or 1
    sd = {"item": spread, "persona": spread, "role": spread, "profile": spread, "both": spread, "residual": 0.35}
    measure, unit = (bench.measure(), 100) if binary else (rate, 1)
    truth = {"E2(peer, full)": change * unit, "E2(advisor, full)": change / 2 * unit, "E3(full)": change / 2 * unit}
    runs, covered = 300, dict.fromkeys(truth, 0)
    for _ in range(runs):
        frame = bench.simulate(rng, items=items, sd=sd, effects=effects, base=base, binary=binary)
        found = contrasts(frame, measure)
        for name, planted in truth.items():
            covered[name] += found[name].conf_low <= planted <= found[name].conf_high
    for hits in covered.values():
        assert hits / runs >= 0.95 - 3 * 0.0126  # three Monte-Carlo standard errors below 95 %


def test_items_that_share_a_situation_are_one_cluster(bench):
    """With effects shared by pairs, clustering by pair widens the interval; it equals the formula by hand."""
    rng = np.random.default_rng(5)
    shared = rng.normal(size=20)
    rows = [
        {
            "item": f"i{i:02d}",
            "profile": profile,
            "value": float(shared[i // 2] * (profile == "full") + rng.normal() / 5),
        }
        for i in range(40)
        for profile in ("filler", "full")
    ]
    frame = pd.DataFrame(rows).assign(
        model="m", audit="a", role="peer", challenge="none", persona="p", epoch=1, status="scored"
    )
    measure = bench.measure(scale="rate", unit="u", low=None, high=None)
    alone = second_opinion(frame, ModelSpec(measure=measure))
    paired = second_opinion(frame, ModelSpec(measure=measure, clusters={f"i{i:02d}": f"p{i // 2}" for i in range(40)}))
    weights = np.array([-1.0, 1.0])
    wide = frame.pivot(index="item", columns="profile", values="value")
    centred = (wide["full"] - wide["full"].mean()) - (wide["filler"] - wide["filler"].mean())
    by_pair = centred.to_numpy().reshape(20, 2).sum(axis=1)
    expected = 20 / 19 * 79 / 78 * float(by_pair @ by_pair) / 40**2
    assert weights @ paired.vcov @ weights == pytest.approx(expected)
    assert weights @ paired.vcov @ weights > 1.4 * (weights @ alone.vcov @ weights)
    assert paired.n_items == alone.n_items == 40


def test_degrees_of_freedom_are_the_fewer_of_satterthwaites_and_the_levels(bench, rate):
    found = fit(bench.simulate(np.random.default_rng(12), items=40, sd=SLOPES), ModelSpec(measure=rate))
    row = np.array([{"full": 1.0, "filler": -1.0}.get(p, 0.0) * (r == "peer") for r, p, _ in found.names])
    few = degrees(found, row, items=40, personas=6)
    assert few == (5.0, "personas − 1, fewer than Satterthwaite's")
    assert degrees(found, row, items=40, personas=1).df <= 39
    many = degrees(found, row, items=10_000, personas=10_000)
    assert many.method == "Satterthwaite"
    assert 20 < many.df < found.n_obs


def test_a_persona_that_moves_several_items_at_once_widens_the_interval(bench, rate):
    """Personas were no random factor once: two of them covered 73 %."""
    frame = bench.simulate(np.random.default_rng(13), items=48, sd=SLOPES)
    shift = dict(zip(frame["persona"].unique(), np.random.default_rng(1).normal(0, 0.5, 24), strict=True))
    moved = frame["persona"].map(shift).astype(float).where(frame["profile"] == "full", 0.0)
    frame = frame.assign(value=frame["value"] + moved)
    found = fit(frame, ModelSpec(measure=rate))
    alone = fit(frame, ModelSpec(measure=rate, random=(("item",), ("item", "profile"), ("item", "role"))))
    row = np.array([{"full": 1.0, "filler": -1.0}.get(p, 0.0) * (r == "peer") for r, p, _ in found.names])
    assert dict(zip(found.theta_names, found.theta, strict=True))["persona × profile"] > 0.15
    assert row @ found.vcov @ row > 1.3 * (row @ alone.vcov @ row)


def test_binary_measures_are_fitted_in_log_odds_too(bench):
    rng = np.random.default_rng(14)
    effects = {("peer", "full"): -0.3}
    found = fit(
        bench.simulate(rng, items=60, sd=SLOPES, base=0.6, effects=effects, binary=True),
        ModelSpec(measure=bench.measure()),
    )
    assert found.family == "gaussian"
    assert found.link is not None
    assert (found.link.family, found.link.converged) == ("binomial", True)
    at = found.names.index(("peer", "full", "none"))
    base = found.names.index(("advisor", "filler", "none"))
    assert found.link.coef[at] - found.link.coef[base] == pytest.approx(np.log(0.3 / 0.7) - np.log(0.6 / 0.4), abs=0.6)
    assert any("fewer than 5 responses per level" in reduction for reduction in found.link.reductions)


def test_without_enough_events_the_log_odds_are_missing_with_a_reason(bench):
    frame = bench.simulate(np.random.default_rng(15), sd=SLOPES, base=0.5, binary=True)
    frame = frame.assign(value=frame["value"].where(frame["role"] != "peer", 0.0))
    found = fit(frame, ModelSpec(measure=bench.measure()))
    assert found.link is not None
    assert not found.link.converged
    assert np.isnan(found.link.coef).all()
    assert any("Separation" in reduction for reduction in found.link.reductions)


def test_ordinal_measures_are_fitted_on_their_scores_and_their_latent_scale(bench):
    rng = np.random.default_rng(16)
    frame = bench.simulate(rng, items=40, sd={**SLOPES, "residual": 1.0}, effects={("peer", "full"): 1.0})
    points = np.digitize(frame["value"].astype(float), [-1.0, -0.3, 0.3, 1.0]) + 1.0
    measure = bench.measure(scale="ordinal", unit="points", low=1.0, high=5.0)
    found = fit(frame.assign(value=points), ModelSpec(measure=measure))
    at, base = found.names.index(("peer", "full", "none")), found.names.index(("peer", "filler", "none"))
    assert found.coef[at] - found.coef[base] > 0.5
    assert found.link is not None
    assert found.link.family == "ordinal"
    assert found.link.coef[at] - found.link.coef[base] > 0.8
