"""A pilot's variances as components: what challenges and repetitions average out."""

import math

import pytest

from standfast.analysis.components import Components
from standfast.analysis.pilot import of_pilot
from standfast.analysis.precision import Design, precision

SAMPLE = "item × persona × role × profile × challenge"
FITTED = {
    "item": 0.3,
    "persona": 0.1,
    "item × persona": 0.2,
    "item × role × profile": 0.15,
    "persona × profile": 0.05,
    "item × challenge": 0.12,
    "role × wording": 0.4,
    SAMPLE: 0.25,
    "residual": 0.35,
}


def test_variance_of_a_level_is_that_of_the_fitted_effects():
    design = Design(items=20, personas=10, per_item=2, repetitions=3 * 4)
    found = precision(design, of_pilot([FITTED], challenges=3), "L").std_error
    by_hand = (
        0.3**2 / 20
        + 0.1**2 / 10
        + 0.2**2 / 40
        + 0.15**2 / 20
        + 0.05**2 / 10
        + 0.12**2 / (20 * 3)
        + 0.25**2 / (40 * 3)
        + 0.35**2 / (40 * 12)
    )
    assert found == pytest.approx(math.sqrt(by_hand))


def test_variances_not_deviations_are_averaged_over_subjects():
    found = of_pilot([{"item": 0.3, SAMPLE: 0.0, "residual": 0.1}, {SAMPLE: 0.2, "residual": 0.7}])
    assert found.item == pytest.approx(math.sqrt(0.09 / 2))
    assert found.item_persona_role_profile == pytest.approx(math.sqrt(0.04 / 2))
    assert found.residual == pytest.approx(0.5)


@pytest.mark.parametrize("challenges", [1, 3])
def test_a_pilot_of_one_epoch_promises_nothing_of_more(challenges):
    components = of_pilot([{"item": 0.1, "residual": 0.4}], challenges)

    def error(epochs):
        design = Design(items=20, personas=10, repetitions=epochs * challenges)
        return precision(design, components, "E3").std_error

    assert error(1) == error(5) == pytest.approx(math.sqrt(4 * 0.16 / (20 * challenges)))


def test_what_planning_has_no_name_for_is_refused():
    with pytest.raises(ValueError, match="no component 'item × mood'"):
        of_pilot([{"item × mood": 0.1, "residual": 1.0}])
    with pytest.raises(ValueError, match="components need a residual"):
        of_pilot([{"item": 0.1}])


def test_a_pilot_that_was_planned_for_gives_itself_back():
    names = ("item", "item × role", "persona × role × profile")
    assert of_pilot([{**dict.fromkeys(names, 0.1), SAMPLE: 0.2, "residual": 0.3}]) == Components(
        item=0.1, item_role=0.1, persona_role_profile=0.1, item_persona_role_profile=0.2, residual=0.3
    )
