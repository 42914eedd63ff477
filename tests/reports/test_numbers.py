import pytest

from standfast.reports import numbers


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (-8.63, "pp", "−8.6"),
        (8.65, "pp", "+8.7"),
        (0.04, "pp", "0.0"),
        (-0.04, "pp", "0.0"),
        (-0.26, "turns", "−0.26"),
        (0.004, "flips", "0.00"),
        (-1234.5, "words", "−1,234.5"),
    ],
)
def test_differences_carry_a_sign_and_zero_has_none(value, unit, shown):
    assert numbers.signed(value, unit) == shown


def test_an_interval_stands_in_brackets():
    assert numbers.interval(-11.94, -5.26, "pp") == "[−11.9, −5.3]"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0152, "0.015"), (0.0009, "<0.001"), (0.0, "<0.001"), (0.9996, ">0.999"), (1.0, ">0.999"), (0.999, "0.999")],
)
def test_p_values_have_three_decimals(value, shown):
    assert numbers.p(value) == shown


def test_no_number_is_ever_printed_as_nan(mock):
    finding = mock.results().findings[0]
    unknown = mock.without_estimate(finding, "did not converge")
    assert numbers.estimate(unknown) == "not estimated"
    assert numbers.bounds(unknown) == ""
    assert numbers.p(float("nan")) == "–"
    assert numbers.p(float("inf")) == "–"


def test_an_infinite_interval_is_not_estimated(mock):
    finding = mock.replace(mock.results().findings[0], conf_high=float("inf"))
    assert numbers.estimate(finding) == "not estimated"


def test_a_finding_that_is_not_ok_prints_no_number_even_if_it_has_one(mock):
    finding = mock.replace(mock.results().findings[0], status="the model did not converge")
    assert numbers.estimate(finding) == "not estimated"
    assert numbers.bounds(finding) == ""


def test_worst_case_says_when_nothing_is_missing_and_when_there_is_none(mock):
    finding = mock.results().findings[0]
    assert numbers.bounds(mock.replace(finding, n_missing=0)) == "none missing"
    assert numbers.bounds(mock.replace(finding, n_missing=2, bound_low=float("nan"))) == "no bounds"
    assert numbers.bounds(mock.replace(finding, n_missing=2, bound_low=-9.0, bound_high=1.0)) == "[−9.0, +1.0]"


def test_a_share_of_nothing_is_none():
    assert numbers.share(0, 0) == "none"
    assert numbers.share(1, 8) == "12.5 %"
