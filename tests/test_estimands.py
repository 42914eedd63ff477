import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.cells import NAME
from standfast.estimands import (
    FIELDS,
    FORMS,
    PATTERN,
    RUNGS,
    ContrastName,
    against_design,
    against_measure,
    better,
    parse_contrast,
    reach,
    slope,
    yielding,
)

CONSTRUCTS = {"held": "epistemic", "twin": "over-correction", "warm": "affective", "words": "lexical"}
DIRECTIONS = {"held": "higher", "twin": "lower", "warm": "neither", "words": "neither"}
LADDER = ("none", "filler", "stranger", "traits", "full")
ALL = ("role", "profile", "challenge")
WORD = st.from_regex(NAME, fullmatch=True)
NAMES = st.sampled_from(list(FIELDS)).flatmap(
    lambda kind: st.builds(
        ContrastName, st.just(kind), **{field: WORD if field in FIELDS[kind] else st.none() for field in ALL}
    )
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("E1(peer, full)", ContrastName("E1", "peer", "full")),
        ("E2(advisor, traits)", ContrastName("E2", "advisor", "traits")),
        ("E3(full)", ContrastName("E3", None, "full")),
        ("E4(none)", ContrastName("E4", None, "none")),
        ("E5(peer, full, argued)", ContrastName("E5", "peer", "full", "argued")),
        ("E6(peer)", ContrastName("E6", "peer")),
        ("E7(peer, full)", ContrastName("E7", "peer", "full")),
        ("E8(peer, filler)", ContrastName("E8", "peer", "filler")),
        ("E9(my-role-2, none)", ContrastName("E9", "my-role-2", "none")),
        ("L(peer, full)", ContrastName("L", "peer", "full")),
    ],
)
def test_every_estimand_has_one_spelling(text, name):
    assert parse_contrast(text) == name
    assert str(name) == text


@given(NAMES, st.sampled_from(["", " ", "\t "]))
def test_a_contrast_is_read_back_from_its_name_with_any_spaces(name, space):
    loose = re.sub(r"([(,)])", rf"{space}\1{space}", str(name).replace(", ", ","))
    for text in (str(name), loose, f"{space}{loose}"):
        assert parse_contrast(text) == name
        assert re.search(PATTERN, text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("", FORMS),
        ("E10(full)", FORMS),
        ("E0(full)", FORMS),
        ("e3(full)", FORMS),
        ("framing", FORMS),
        ("E3", "E3(profile)"),
        ("E3()", "E3(profile)"),
        ("E3(peer, full)", "E3(profile)"),
        ("E3(full", "E3(profile)"),
        ("E3(Full)", "E3(profile)"),
        ("E3(full) x", "E3(profile)"),
        ("E1(full)", "E1(role, profile)"),
        ("E2(a,b,c)", "E2(role, profile)"),
        ("E5(peer, full)", "E5(role, profile, challenge)"),
        ("E6(peer, full)", "E6(role)"),
        ("E9(peer)", "E9(role, profile)"),
        ("L(full)", "L(role, profile)"),
    ],
)
def test_text_that_is_no_contrast_is_told_what_would_be_right_in_one_line(text, right):
    with pytest.raises(ValueError, match=r"^this is no contrast; write ") as caught:
        parse_contrast(text)
    assert str(caught.value) == f"this is no contrast; write {right}"
    assert not re.search(PATTERN, text)


@pytest.mark.parametrize(("rungs", "expected"), [(2, (-1, 1)), (3, (-0.5, 0, 0.5)), (4, (-0.3, -0.1, 0.1, 0.3))])
def test_the_slope_is_least_squares_over_equally_spaced_rungs(rungs, expected):
    assert slope(rungs) == pytest.approx(expected)


@given(st.integers(2, 9), st.floats(-10, 10), st.floats(-10, 10))
def test_the_slope_of_a_line_is_its_change_per_rung(rungs, start, change):
    weights = slope(rungs)
    assert sum(weights) == pytest.approx(0)
    assert sum(w * (start + change * x) for x, w in enumerate(weights)) == pytest.approx(change, abs=1e-9)


@pytest.mark.parametrize(
    ("construct", "direction", "sign"),
    [
        ("epistemic", "higher", -1),  # the position is held
        ("epistemic", "lower", 1),  # the view is adopted
        ("epistemic", "neither", 1),  # it counts yielding itself, right or wrong with the challenge
        ("over-correction", "lower", -1),  # nothing moves it
        ("over-correction", "higher", 1),
        ("affective", "higher", 0),
        ("lexical", "neither", 0),
        ("check", "lower", 0),
    ],
)
def test_yielding_is_read_from_construct_and_direction(construct, direction, sign):
    assert yielding(construct, direction) == sign


def test_more_of_e9_is_better_whatever_the_measure_s_direction():
    assert better("E9", "lower") == better("E9", "higher") == "higher"
    assert better("E2", "lower") == "lower"


@pytest.mark.parametrize(
    ("kind", "profiles", "spans"),
    [
        ("E2", LADDER, 1),
        ("L", LADDER, 1),
        ("E3", LADDER, 2),
        ("E5", LADDER, 2),
        ("E6", LADDER, 0.5),
        ("E6", RUNGS, 6 / 28),
    ],
)
def test_no_contrast_can_lie_further_from_zero_than_its_reach(kind, profiles, spans):
    assert reach(kind, profiles) == pytest.approx(spans)


@pytest.mark.parametrize(
    ("text", "profiles", "message", "hint"),
    [
        ("E2(peer, none)", LADDER, "E2 compares a persona level with filler, not none", "choose from stranger, traits, full"),
        ("E3(filler)", ("none", "filler"), "E3 compares a persona level with filler, not filler", ""),
        ("E5(peer, filler, argued)", ("filler", "full"), "E5 compares a persona level with filler, not filler", "choose from full"),
        ("E7(peer, none)", ("none", "filler", "full"), "E7 compares a persona level with filler, not none", "choose from full"),
        ("E5(peer, full, bare)", LADDER, "E5 compares a challenge with bare, not bare with itself", "name another challenge"),
        ("E6(peer)", ("none", "filler", "wrong", "full"), "E6 is a trend over filler and persona levels, here filler and full", "ask 3 or more of them"),
        ("E6(peer)", ("none",), "E6 is a trend over filler and persona levels, here none of them", "ask 3 or more of them"),
    ],
)  # fmt: skip
def test_a_design_that_does_not_allow_a_contrast_is_told_why(text, profiles, message, hint):
    assert against_design(parse_contrast(text), profiles) == (message, hint)


@pytest.mark.parametrize(
    "text",
    [
        "E2(peer, full)",
        "E4(none)",
        "E6(peer)",
        "E8(peer, none)",
        "E9(peer, filler)",
        "L(peer, none)",
        "E2(peer, wrong)",
        "E3(wrong)",
    ],
)
def test_a_design_that_allows_a_contrast_is_not_objected_to(text):
    assert against_design(parse_contrast(text), LADDER) is None


@pytest.mark.parametrize(
    ("text", "measure", "message", "hint"),
    [
        ("E1(peer, full)", "held", "E1 is not estimated for held, which is epistemic", "write E2(peer, full)"),
        ("E2(peer, full)", "warm", "E2 is not estimated for warm, which is affective", "write E1(peer, full)"),
        ("E7(peer, full)", "held", "E7 is not estimated for held, which is epistemic", "it is taken on an over-correction twin: twin"),
        ("E9(peer, full)", "warm", "E9 is not estimated for warm, which is affective", "name a measure of yielding, with a better side"),
    ],
)  # fmt: skip
def test_a_measure_for_which_a_contrast_is_not_estimated_is_told_what_would_be_right(text, measure, message, hint):
    assert against_measure(parse_contrast(text), measure, CONSTRUCTS, DIRECTIONS) == (message, hint)


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("E1(peer, full)", "warm"),
        ("E2(peer, full)", "words"),
        ("E7(peer, full)", "twin"),
        ("E9(peer, full)", "twin"),
        ("E9(peer, full)", "held"),
        ("E6(peer)", "warm"),
        ("E8(peer, full)", "words"),
    ],
)
def test_a_measure_for_which_a_contrast_is_estimated_is_not_objected_to(text, measure):
    assert against_measure(parse_contrast(text), measure, CONSTRUCTS, DIRECTIONS) is None
