"""Standard errors and degrees of freedom of a design: by hand, from its expected information, by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from standfast.analysis.components import Components
from standfast.analysis.precision import Design, precision
from standfast.cells import cross

KINDS = ("E1", "E2", "E3", "E4", "L")
# Role × profile: advisor filler, advisor full, peer filler, peer full.
WEIGHTS = {
    "E1": np.array([[0, 0], [-1, 1]]),
    "E2": np.array([[0, 0], [-1, 1]]),
    "E3": np.array([[1, -1], [-1, 1]]),
    "E4": np.array([[0, -1], [0, 1]]),
    "L": np.array([[0, 0], [0, 1]]),
}
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


def pairs(items, per_item, personas):
    """The design's own dealing: item and persona of each pair."""
    cells = cross(
        "a",
        items=[str(i) for i in range(items)],
        roles=["r"],
        wordings=1,
        personas=[str(p) for p in range(personas)],
        per_item=per_item,
        profiles=["x"],
        challenges=["none"],
        seed=1,
    )
    return np.array([int(c.item) for c in cells]), np.array([int(c.persona) for c in cells])


def simulate(rng, design, components, runs):
    """Gaussian values, means over repetitions: shape (runs, pairs, role, profile)."""
    item, persona = pairs(design.items, design.per_item, design.personas)
    levels = {"item": (design.items, item), "persona": (design.personas, persona)}
    levels["item_persona"] = (len(item), np.arange(len(item)))
    total = np.zeros((runs, len(item), 2, 2))
    for group, (n, codes) in levels.items():
        for suffix, shape in (("", (1, 1)), ("_role", (2, 1)), ("_profile", (1, 2)), ("_role_profile", (2, 2))):
            if sd := getattr(components, group + suffix, 0.0):
                total += rng.normal(0, sd, (runs, n, *shape))[:, codes]
    return total + rng.normal(0, components.residual / math.sqrt(design.repetitions), total.shape)


def check_errors(runs, designs):
    rng = np.random.default_rng(1)
    for design in designs:
        means = simulate(rng, design, MIXED, runs).mean(axis=1)
        for kind in KINDS:
            observed = float(np.std(np.tensordot(means, WEIGHTS[kind], 2)))
            expected = precision(design, MIXED, kind).std_error
            # An observed standard deviation has a relative error of 1 / sqrt(2 runs).
            assert observed == pytest.approx(expected, rel=4 / math.sqrt(2 * runs)), (design, kind)


DESIGNS = (
    Design(items=24, personas=24, per_item=1),
    Design(items=24, personas=7, per_item=3, repetitions=2),
    Design(items=10, personas=6, per_item=6),
    Design(items=5, personas=24, per_item=2),
)


def test_standard_errors_are_those_of_simulated_cell_means():
    check_errors(1000, DESIGNS)


@pytest.mark.slow
def test_standard_errors_are_those_of_many_simulated_cell_means():
    check_errors(20_000, (*DESIGNS, STANDARD))


def test_standard_error_of_a_role_gap_by_hand():
    found = precision(Design(items=20, personas=10, per_item=2, repetitions=3), MIXED, "E3")
    variance = 4 * (0.12**2 / 20 + 0.06**2 / 10 + 0.25**2 / 40 + 0.4**2 / 120)
    assert found.std_error == pytest.approx(math.sqrt(variance))
    assert found.floor == pytest.approx(math.sqrt(4 * 0.06**2 / 10))
    assert found.df <= 9
    assert found.half_width == pytest.approx(stats.t.ppf(0.975, found.df) * found.std_error)


def information_df(design, variances):
    """Satterthwaite's df from the expected REML information of the design as it is dealt, by dense matrices."""
    item, persona = pairs(design.items, design.per_item, design.personas)
    parts = [np.equal.outer(codes, codes).astype(float) for codes in (item, persona, np.arange(len(item)))]
    inverse = np.linalg.inv(sum(v * part for v, part in zip(variances, parts, strict=True)))
    one = inverse.sum(axis=1)
    projected = [(inverse - np.outer(one, one) / one.sum()) @ part for part in parts]
    information = np.array([[np.sum(a * b.T) / 2 for b in projected] for a in projected])
    gradient = np.array([one @ part @ one for part in parts]) / one.sum() ** 2
    return 2 / one.sum() ** 2 / float(gradient @ np.linalg.solve(information, gradient))


@pytest.mark.parametrize("shape", [(24, 2, 24), (24, 4, 24), (30, 4, 22), (48, 2, 24), (24, 6, 6), (10, 3, 24)])
@pytest.mark.parametrize("variances", [(0.05, 0.02, 1), (0.5, 0.02, 1), (0.05, 0.3, 1), (0.2, 0.1, 1)])
def test_degrees_of_freedom_are_those_of_the_expected_information(shape, variances):
    design = Design(items=shape[0], per_item=shape[1], personas=shape[2])
    item, persona, residual = map(math.sqrt, variances)
    found = precision(design, Components(item=item, persona=persona, residual=residual), "L").df
    levels = min(design.items, design.used) - 1
    assert found == pytest.approx(min(levels, information_df(design, variances)), rel=0.03)


@pytest.mark.parametrize(
    ("design", "persona", "df"),
    [
        (Design(items=24, personas=6, per_item=2), 0.0, 23),  # no persona effect: items alone
        (Design(items=24, personas=6, per_item=1), 0.2, 5),  # items within personas
        (Design(items=8, personas=24, per_item=3), 0.2, 7),  # each persona once
        (STANDARD, 1e-6, 23),  # many profile levels: what limits is the number of personas
        (Design(items=2, personas=1), 0.2, 0),
    ],
)
def test_degrees_of_freedom_never_exceed_the_limiting_factor(design, persona, df):
    components = Components(residual=1, item_role_profile=0.3, persona_role_profile=persona)
    assert precision(design, components, "E3").df == pytest.approx(df)


def test_more_repetitions_do_not_help_without_end():
    def width(repetitions):
        design = Design(items=30, personas=24, per_item=4, repetitions=repetitions)
        return precision(design, Components.for_shares(0.5), "E3").half_width

    assert width(1) > width(4) > 0.75 * width(1)


@pytest.mark.parametrize("wrong", [{"items": 1}, {"per_item": 25}, {"per_item": 0}, {"repetitions": 0}])
def test_a_design_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="a design needs 2 items"):
        Design(**{"items": 24, "personas": 24, **wrong})


@settings(max_examples=50, deadline=None)
@given(
    items=st.integers(2, 300),
    personas=st.integers(1, 60),
    per_item=st.integers(1, 60),
    scale=st.floats(0.01, 100),
    kind=st.sampled_from(KINDS),
)
def test_precision_is_finite_scales_and_grows_with_items(items, personas, per_item, scale, kind):
    design = Design(items=items, personas=personas, per_item=min(per_item, personas))
    found = precision(design, MIXED, kind)
    assert found.floor <= found.std_error
    assert 0 <= found.df <= items - 1
    scaled = Components(**{name: scale * getattr(MIXED, name) for name in Components.__dataclass_fields__})
    assert precision(design, scaled, kind).std_error == pytest.approx(scale * found.std_error)
    assert precision(design, scaled, kind).df == pytest.approx(found.df, rel=1e-6)
    twice = Design(items=2 * items, personas=personas, per_item=design.per_item)
    assert precision(twice, MIXED, kind).std_error < found.std_error
