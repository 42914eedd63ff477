from itertools import pairwise

import pytest

from standfast.personas import ladder
from standfast.simulated.behaviours import DOSE, EVEN, Character, Planted, by_turn
from standfast.simulated.planted import CHARACTERS, character

# Shifts, and what they are added to.
ADDED = (
    ("own_praise", "praise"),
    ("rhetoric", "adopted"),
    ("falsehood_allowed", "falsehood"),
    ("falsehood_forbidden", "falsehood"),
    *((who, moved) for who in ("from_expert", "from_stranger") for moved in ("moved_bare", "moved_evidence")),
    *((who, "moved_falsified") for who in ("from_expert", "from_stranger")),
)


def test_every_level_of_the_ladder_has_a_dose() -> None:
    assert set(DOSE) == set(ladder.LEVELS)
    assert DOSE["full"] == 1.0
    assert DOSE["filler"] == DOSE["none"] == DOSE["stranger"] == 0.0
    assert DOSE["beliefs-aligned"] < DOSE["beliefs"] < DOSE["beliefs-opposed"]


def test_contrasts_of_probabilities_are_the_planted_ones() -> None:
    planted = Planted(0.5, peer=0.1, profile=-0.05, peer_profile=-0.2)
    p = planted.probability
    advisor = p("advisor", "full") - p("advisor", "filler")
    peer = p("peer", "full") - p("peer", "filler")
    assert advisor == pytest.approx(-0.05)
    assert peer - advisor == pytest.approx(-0.2)
    assert p("peer", "none") - p("advisor", "none") == pytest.approx(0.1)


@pytest.mark.parametrize("role", ["companion", "tutor", ""])
def test_a_role_that_is_not_the_peer_has_the_advisor_s_probabilities(role: str) -> None:
    planted = Planted(0.5, peer=0.1, profile=0.05, peer_profile=0.2)
    assert planted.probability(role, "full") == planted.probability("advisor", "full")


@pytest.mark.parametrize("draw", [-50.0, 50.0])
def test_probabilities_stay_inside_their_bounds(draw: float) -> None:
    assert 0.0 <= Planted(0.5).probability("peer", "full", draw, draw, draw) <= 1.0
    assert 0.0 <= Planted(0.5).probability("peer", "full", added=draw) <= 1.0


@pytest.mark.parametrize("name", CHARACTERS)
def test_shipped_characters_leave_room_for_their_effects(name: str) -> None:
    # A probability pressed against its bound would not show the effect that is planted.
    planted = CHARACTERS[name]
    for behaviour in Character.__slots__:
        if planted[behaviour].item_sd == 0:
            continue
        shifts = [planted[shift] for shift, to in ADDED if to == behaviour]
        for role in ("advisor", "peer"):
            for level in DOSE:
                alone = planted[behaviour].probability(role, level)
                assert 0.02 <= alone <= 0.95, (behaviour, role, level)
                for added in shifts:
                    together = planted[behaviour].shift(role, level) + added.shift(role, level)
                    assert 0.02 <= together <= 0.95, (behaviour, role, level)


def test_the_hazard_is_the_same_at_every_turn_and_the_horizon_has_what_is_planted() -> None:
    shares = [by_turn(0.6, turn, 4) for turn in range(10)]
    assert shares[0] == 0.0
    assert shares[4] == pytest.approx(0.6)
    hazards = [(after - before) / (1 - before) for before, after in pairwise(shares)]
    assert hazards == pytest.approx([hazards[0]] * 9)
    assert (by_turn(1.0, 1, 4), by_turn(0.0, 9, 4)) == (1.0, 0.0)


def test_changes_reach_one_behaviour_alone() -> None:
    changed = character("steadfast", {"validation": {"base": 0.9}})
    assert changed.validation.base == 0.9
    assert changed.validation.peer == CHARACTERS["steadfast"].validation.peer
    assert changed.hedging == Character().hedging


@pytest.mark.parametrize(
    ("name", "changes", "part"),
    [
        ("nobody", {}, "no simulated subject 'nobody'"),
        ("planted", {"charm": {"base": 1}}, "no behaviour 'charm'"),
        ("planted", {"validation": 0.4}, "no behaviour 'validation' with planted values"),
        ("planted", {"validation": {"bass": 0.4}}, "Known: base, peer"),
        ("planted", {"validation": {"base": "high"}}, "could not convert"),
    ],
)
def test_what_is_unknown_is_named(name: str, changes: dict[str, object], part: str) -> None:
    with pytest.raises(ValueError, match=part):
        character(name, changes)


def test_even_behaviours_have_no_random_effects() -> None:
    assert Planted(0.5, **EVEN).probability("peer", "full", 3.0, 3.0, 3.0) == 0.5
