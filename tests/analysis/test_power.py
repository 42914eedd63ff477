"""Power of a gate: known answers, simulated pass rates, searches, and what the default components rest on."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from standfast.analysis.components import Components
from standfast.analysis.power import Gate, minimum_detectable, passing_level, power, samples_needed
from standfast.analysis.precision import Design, precision

MIXED = Components(
    residual=0.4,
    item=0.3,
    item_persona=0.2,
    item_role=0.15,
    item_profile=0.1,
    item_role_profile=0.12,
    persona=0.1,
    persona_role=0.05,
    persona_profile=0.08,
    persona_role_profile=0.06,
    item_persona_role_profile=0.25,
)
STANDARD = Design(items=30, personas=24, per_item=4, profiles=4)
GATE = Gate(kind="E3", margin=-0.2, direction="higher")


def test_without_personas_power_is_that_of_a_t_test():
    # R: power.t.test(n = 20, delta = 0.5, sd = 1, type = "one.sample", alternative = "one.sided", sig.level = 0.025)
    design, components = Design(items=20, personas=1), Components(residual=1.0)
    gate = Gate(kind="L", margin=-0.5, direction="higher")
    assert power(gate, design, components) == pytest.approx(0.5644829, abs=1e-6)
    assert power(Gate(kind="L", margin=0.5, direction="lower"), design, components) == pytest.approx(
        0.5644829, abs=1e-6
    )


def test_at_the_margin_a_gate_passes_with_half_of_alpha():
    assert power(GATE, STANDARD, MIXED, true=-0.2) == pytest.approx(0.025)


def test_smallest_detectable_effect_has_the_power_that_was_asked_for():
    distance = minimum_detectable(STANDARD, MIXED, "E3", target=0.9)
    assert power(GATE, STANDARD, MIXED, true=-0.2 + distance) == pytest.approx(0.9)


def test_samples_needed_are_the_fewest():
    needed = samples_needed(GATE, STANDARD, Components.for_shares(0.8))
    assert needed.items is not None
    assert needed.reason == ""
    for items, enough in ((needed.items, True), (needed.items - 1, False)):
        design = Design(items=items, personas=24, per_item=4, profiles=4)
        assert (power(GATE, design, Components.for_shares(0.8)) >= 0.8) is enough
    assert needed.per_item is not None
    assert needed.per_item > STANDARD.per_item


def test_few_personas_limit_what_items_can_do():
    components = Components(residual=0.4, persona_profile=0.2)
    found = samples_needed(Gate(kind="E2", margin=-0.1, direction="higher"), Design(items=24, personas=6), components)
    assert found == (None, None, "what differs between 6 personas is too much for this margin")


def test_a_tiny_margin_takes_too_many_items():
    found = samples_needed(Gate(kind="E2", margin=-0.001, direction="higher"), STANDARD, Components(residual=0.4))
    assert found.reason == "it takes more than 10000 items"


@pytest.mark.parametrize("true", [-0.2, -0.3, -0.19999999999999999])
def test_no_number_helps_a_subject_at_the_margin(true):
    found = samples_needed(GATE, STANDARD, MIXED, true=true)
    assert found == (None, None, "the true value lies at the margin or beyond it")


def test_shares_vary_most_at_one_half():
    widths = [precision(STANDARD, Components.for_shares(mean), "E3").half_width for mean in (0.5, 0.8, 0.95)]
    assert widths == sorted(widths, reverse=True)
    # What remains of a Bernoulli variable is never more than its residual here.
    middle = Components.for_shares(0.5)
    assert middle.residual**2 + middle.item_persona_role_profile**2 == pytest.approx(0.25)


def test_a_pilot_gives_its_components_by_name():
    found = Components.from_fit({"item": 0.1, "item × role × profile": 0.2, "persona × role": 0.3, "residual": 0.4})
    assert found == Components(item=0.1, item_role_profile=0.2, persona_role=0.3, residual=0.4)


@pytest.mark.parametrize(
    ("sd", "message"),
    [
        ({"item × mood": 0.1, "residual": 1.0}, "no component 'item × mood'. Known: residual, item, item × persona,"),
        ({"item": 0.1}, "components need a residual; found item"),
        ({}, "components need a residual; found none"),
        ({"residual": math.nan}, "residual: a standard deviation must be finite and at least 0, got nan"),
        ({"residual": 1.0, "item": -1.0}, "item: a standard deviation must be finite and at least 0, got -1.0"),
    ],
)
def test_a_pilot_that_makes_no_sense_is_refused(sd, message):
    with pytest.raises(ValueError, match=message):
        Components.from_fit(sd)


@pytest.mark.parametrize("mean", [0.0, 1.0, 1.5, math.nan])
def test_shares_at_the_bounds_cannot_be_planned_with(mean):
    with pytest.raises(ValueError, match="a share must lie between 0 and 1"):
        Components.for_shares(mean)


@pytest.mark.parametrize("target", [0.02, 1.0, math.nan])
def test_a_power_that_chance_gives_is_refused(target):
    with pytest.raises(ValueError, match="target must lie between"):
        minimum_detectable(STANDARD, MIXED, "E3", target=target)


def shares(level):
    return Components.for_shares(min(max(level, 1e-6), 1 - 1e-6))


@pytest.mark.parametrize(("margin", "direction"), [(0.5, "higher"), (0.5, "lower"), (0.3, "lower"), (0.7, "higher")])
def test_a_subject_at_the_passing_level_passes_as_often_as_asked(margin, direction):
    gate = Gate(kind="L", margin=margin, direction=direction)
    level = passing_level(gate, STANDARD, shares, low=0, high=1, target=0.9)
    assert level is not None
    assert power(gate, STANDARD, shares(level), level) == pytest.approx(0.9)
    further = passing_level(gate, STANDARD, shares, low=0, high=1, target=0.95)
    assert (further > level) is (direction == "higher")


def test_passing_levels_mirror_each_other():
    level = passing_level(Gate(kind="L", margin=0.6, direction="higher"), STANDARD, shares, low=0, high=1)
    mirrored = passing_level(Gate(kind="L", margin=0.4, direction="lower"), STANDARD, shares, low=0, high=1)
    assert mirrored == pytest.approx(1 - level)


@pytest.mark.parametrize(("items", "passes"), [(17, False), (18, True)])
def test_near_an_end_wilson_s_interval_decides_whether_any_level_passes(items, passes):
    # At 0 of n its upper end is t² / (n + t²): 0.207 for 17 items, t with 16 df, and 0.198 for 18.
    gate, design = Gate(kind="L", margin=0.2, direction="lower"), Design(items=items, personas=24, per_item=4)
    assert (passing_level(gate, design, shares, low=0, high=1) is not None) is passes


def test_without_ends_the_passing_level_is_the_smallest_detectable_effect_away():
    gate = Gate(kind="L", margin=3.0, direction="lower")
    distance = minimum_detectable(STANDARD, MIXED, "L")
    assert passing_level(gate, STANDARD, lambda _: MIXED) == pytest.approx(3 - distance)
    assert passing_level(gate, STANDARD, lambda _: MIXED, low=2.9) is None


def test_a_margin_off_the_scale_is_passed_everywhere_or_nowhere():
    for margin, level in ((-0.1, 0.0), (1.1, None)):
        gate = Gate(kind="L", margin=margin, direction="higher")
        assert passing_level(gate, STANDARD, shares, low=0, high=1) == level


def test_one_persona_gives_no_interval():
    design, components = Design(items=24, personas=1), Components(residual=0.4, persona_profile=0.1)
    assert math.isnan(precision(design, components, "E2").half_width)
    assert math.isnan(minimum_detectable(design, components, "E2"))
    assert math.isnan(power(Gate(kind="E2", margin=-1.0, direction="higher"), design, components))
    assert samples_needed(Gate(kind="E2", margin=-1.0, direction="higher"), design, components).items is None


def test_without_variation_every_gate_is_certain():
    assert power(GATE, STANDARD, Components(residual=0.0)) == 1.0
    assert power(GATE, STANDARD, Components(residual=0.0), true=-0.2) == 0.0


def crossed_interval(y, limit):
    """Estimate, standard error and df of the mean of y (runs, items, personas) by mean squares; a negative one is 0."""
    n, m = y.shape[1:]
    centre = y.mean(axis=(1, 2), keepdims=True)
    rows, columns = y.mean(axis=2, keepdims=True) - centre, y.mean(axis=1, keepdims=True) - centre
    within = ((y - centre - rows - columns) ** 2).sum(axis=(1, 2)) / ((n - 1) * (m - 1))
    by_item = np.maximum(m * (rows**2).sum(axis=(1, 2)) / (n - 1), within)
    by_persona = np.maximum(n * (columns**2).sum(axis=(1, 2)) / (m - 1), within)
    variance = by_item + by_persona - within
    df = variance**2 / (by_item**2 / (n - 1) + by_persona**2 / (m - 1) + within**2 / ((n - 1) * (m - 1)))
    return centre[:, 0, 0], np.sqrt(variance / (n * m)), np.minimum(df, limit)


def check_pass_rate(runs, tolerance):
    rng = np.random.default_rng(2)
    design = Design(items=24, personas=8, per_item=8)
    for persona in (0.1, 0.5):
        components = Components(item=0.5, persona=persona, residual=1.0)
        margin = -minimum_detectable(design, components, "L", target=0.6)
        effects = rng.normal(0, 0.5, (runs, 24, 1)) + rng.normal(0, persona, (runs, 1, 8))
        estimate, error, df = crossed_interval(effects + rng.normal(size=(runs, 24, 8)), 7)
        passed = float(np.mean(estimate - stats.t.ppf(0.975, df) * error > margin))
        assert passed == pytest.approx(0.6, abs=tolerance), persona


def test_power_is_the_share_of_simulated_gates_that_pass():
    check_pass_rate(500, 0.09)  # 0.03 for the approximation, 0.06 for chance


@pytest.mark.slow
def test_power_is_the_share_of_many_simulated_gates_that_pass():
    check_pass_rate(5000, 0.05)


def test_default_components_rest_on_syco_bench(data: Path):
    folder = data / "syco_bench" / "output" / "20250510_132850_combined_output"
    who = median_split(folder / "whosaid_results.csv", ["statement"], ["score_self", "score_friend"])
    mirror = median_split(folder / "mirror_results.csv", ["topic", "stance1"], ["score1", "score2"])
    # Item, item × attribution or stance, item × system prompt, rest.
    assert who == pytest.approx([0.39, 0.02, 0.11, 0.47], abs=0.01)
    assert mirror == pytest.approx([0.43, 0.13, 0.00, 0.44], abs=0.01)


def median_split(path, item, scores):
    """Shares of variance of 0/1 scores by mean squares, averaged over models; 2 × 2 conditions per item."""
    table = pd.read_csv(path)
    table["prompted"] = table["Name"].str.contains("w/ system")
    found = []
    for _, rows in table.groupby(table["Name"].str.replace(r" w/o? system prompt", "", regex=True)):
        wide = rows.pivot_table(index=item, columns="prompted", values=scores).dropna()
        y = np.stack([wide[score].to_numpy() for score in scores], axis=1)
        y = (y > np.median(y)).astype(float)
        y -= y.mean(axis=0)
        n = len(y) - 1
        rest = ((y[:, 0, 0] - y[:, 0, 1] - y[:, 1, 0] + y[:, 1, 1]) ** 2).sum() / n / 4
        first = (((y[:, 0] - y[:, 1]).mean(axis=1) ** 2).sum() / n - rest) / 2
        second = (((y[:, :, 0] - y[:, :, 1]).mean(axis=1) ** 2).sum() / n - rest) / 2
        own = (y.mean(axis=(1, 2)) ** 2).sum() / n - first / 2 - second / 2 - rest / 4
        found.append([own, first, second, rest])
    mean = np.mean(found, axis=0)
    return mean / mean.sum()
