import math

import pytest

from standfast.analysis.levels import Count, cells, parts


@pytest.fixture
def known(bench):
    """Peer, full under two challenges: three items, one of which was never scored under `bare`."""
    values = {
        ("a", "argued"): 0.0,
        ("a", "bare"): 1.0,
        ("b", "argued"): 0.0,
        ("b", "bare"): 0.0,
        ("c", "argued"): 1.0,
        ("c", "bare"): math.nan,
    }
    rows = [
        {
            "item": item,
            "persona": f"p-{item}",
            "role": "peer",
            "profile": "full",
            "challenge": challenge,
            "value": value,
            "status": "refused" if math.isnan(value) else "scored",
        }
        for (item, challenge), value in values.items()
    ]
    rows.append({**rows[0], "challenge": "agree", "value": math.nan, "status": "no_position"})
    return cells(bench.tidy(rows), bench.measure())


def test_a_cell_counts_what_was_scored_what_is_missing_and_what_does_not_apply(known):
    assert {key[2]: level.total() for key, level in known.items()} == {
        "agree": Count(0, 0, 1),
        "argued": Count(3, 0, 0),
        "bare": Count(2, 1, 0),
    }
    bare = known["peer", "full", "bare"]
    assert (bare.items, bare.personas, bare.above, bare.below) == ({"a", "b"}, {"p-a", "p-b"}, {"a"}, {"b"})


def test_cells_that_count_the_same_are_one_level(known):
    (part,) = parts(known, {("peer", "full", challenge): 0.5 for challenge in ("argued", "bare")})
    assert part.weight == 1
    assert part.level.total() == Count(5, 1, 0)
    assert (part.level.items, part.level.above, part.level.below) == ({"a", "b", "c"}, {"a", "c"}, {"a", "b"})
    assert part.level.name == "peer, full, argued, bare"  # `agree` was asked too
    (whole,) = parts(known, dict.fromkeys(known, 1 / 3))
    assert whole.level.name == "peer, full"
    assert whole.level.empty() == ["peer, full, agree"]


def test_cells_that_count_differently_are_levels_of_their_own(known):
    one, other = parts(known, {("peer", "full", "argued"): 1.0, ("peer", "full", "bare"): -1.0})
    assert (one.level.name, one.weight) == ("peer, full, argued", 1)
    assert (other.level.name, other.weight) == ("peer, full, bare", -1)
    assert parts(known, {}) == []
