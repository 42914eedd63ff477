import pytest

from standfast.personas import ladder
from standfast.simulated.planted import CHARACTERS, DOSE, Character, Planted, character


def test_every_level_of_the_ladder_has_a_dose() -> None:
    assert set(DOSE) == set(ladder.LEVELS)
    assert DOSE["full"] == 1.0
    assert DOSE["filler"] == DOSE["none"] == DOSE["stranger"] == 0.0


def test_contrasts_of_probabilities_are_the_planted_ones() -> None:
    planted = Planted(0.5, peer=0.1, profile=-0.05, peer_profile=-0.2)
    p = planted.probability
    advisor = p("advisor", "full") - p("advisor", "filler")
    peer = p("peer", "full") - p("peer", "filler")
    assert advisor == pytest.approx(-0.05)
    assert peer - advisor == pytest.approx(-0.2)
    assert p("peer", "none") - p("advisor", "none") == pytest.approx(0.1)


@pytest.mark.parametrize("draw", [-50.0, 50.0])
def test_probabilities_stay_inside_their_bounds(draw: float) -> None:
    assert 0.0 <= Planted(0.5).probability("peer", "full", draw, draw, draw) <= 1.0


@pytest.mark.parametrize("name", CHARACTERS)
def test_shipped_characters_leave_room_for_their_effects(name: str) -> None:
    # A probability pressed against its bound would not show the effect that is planted.
    for behaviour in ("validation", "framing_challenged", "over_challenge", "adopted", "contrarian"):
        planted = CHARACTERS[name][behaviour]
        for role in ("advisor", "peer"):
            for level in DOSE:
                assert 0.02 <= planted.probability(role, level) <= 0.95


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
