"""Alpha spending: known answers, and how often looks err together."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from standfast.analysis.logs import Definition, Log
from standfast.analysis.sequential import confidences, confidences_at, reached, spent
from standfast.analysis.stops import MANAGER, Early, Looks
from standfast.errors import LogError

# Cumulative error at 4 equally spaced looks, one-sided 0.025, by hand from the formulas of Lan and DeMets (1983).
QUARTERS = (0.25, 0.5, 0.75, 1.0)
PUBLISHED = {
    "obrien-fleming": (0.00001, 0.00153, 0.00965, 0.025),
    "pocock": (0.00893, 0.01550, 0.02070, 0.025),
}
SHARES = st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True).map(
    lambda found: [s / 100 for s in sorted(found)]
)
SPENDING = st.sampled_from(["obrien-fleming", "pocock"])


@pytest.mark.parametrize("spending", PUBLISHED)
def test_the_error_spent_is_that_of_the_published_formula(spending):
    found = [spent(share, 0.025, spending) for share in QUARTERS]
    assert found == pytest.approx(PUBLISHED[spending], abs=6e-6)


def test_one_look_at_half_has_the_published_first_boundary():
    (first, _) = confidences([0.5], 0.95, "obrien-fleming")
    assert norm.ppf((1 + first) / 2) == pytest.approx(2.963, abs=0.0005)  # Lan and DeMets' for O'Brien and Fleming
    (first, _) = confidences([0.5], 0.95, "pocock")
    assert norm.ppf((1 + first) / 2) == pytest.approx(2.157, abs=0.0005)


@given(SHARES, st.floats(0.8, 0.999), SPENDING)
def test_what_the_looks_spend_adds_up_to_the_error_of_one(shares, confidence, spending):
    found = confidences(shares, confidence, spending)
    assert len(found) == len(shares) + 1
    assert math.fsum(1 - one for one in found) == pytest.approx(1 - confidence, abs=1e-10)
    assert all(confidence <= one <= 1 for one in found)


def test_confidences_are_rounded_up_so_that_rounding_spends_no_error():
    (first, last) = confidences([0.5], 0.9500000000004, "obrien-fleming")
    for one, exact in ((first, 1 - 2 * spent(0.5, (1 - 0.9500000000004) / 2, "obrien-fleming")), (last, 0)):
        assert one >= max(exact, 0.9500000000004)
        assert one == round(one, 12)
    assert confidences([0.01], 0.9500000000004, "obrien-fleming")[-1] == 0.950000000001  # all is left for the end


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.0005, 0.1), SPENDING)
def test_spending_never_falls(one, other, error, spending):
    low, high = sorted([one, other])
    assert spent(low, error, spending) <= spent(high, error, spending) <= error * (1 + 1e-9)


def test_the_page_on_gates_has_the_confidences_as_they_are():
    page = (Path(__file__).parents[2] / "docs" / "gates.md").read_text("utf-8")
    rows = re.findall(r"^\| ((?:0\.\d+, )+1) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert len(rows) == 3
    for shares, *columns in rows:
        at = [float(share) for share in shares.split(", ")[:-1]]
        for spending, told in zip(PUBLISHED, columns, strict=True):
            found = [100 * one for one in confidences(at, 0.95, spending)]
            assert [float(text.rstrip(" %")) for text in told.split(", ")] == pytest.approx(found, abs=0.0051)


def test_without_a_look_before_the_end_nothing_is_spent():
    assert confidences([], 0.95, "pocock") == (0.95,)
    assert confidences_at([30, 60], 100, 0.95, "pocock") == confidences([0.3, 0.6], 0.95, "pocock")


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.6, 0.4], [0.0], [1.0], [-0.1], [math.nan]])
def test_looks_that_do_not_rise_between_0_and_1_are_refused(shares):
    with pytest.raises(ValueError, match="rising shares between 0 and 1"):
        confidences(shares, 0.95, "pocock")


@pytest.mark.parametrize("spending", PUBLISHED)
@pytest.mark.parametrize("shares", [[0.5], [0.3, 0.6], [0.25, 0.5, 0.75], [0.1, 0.2, 0.9], [0.95, 0.97, 0.99]])
def test_a_subject_at_the_margin_passes_no_more_often_than_with_one_look(shares, spending):
    runs, error = 200_000, 0.025
    rng = np.random.default_rng(5)
    times = np.array([*shares, 1.0])
    steps = rng.standard_normal((runs, len(times))) * np.sqrt(np.diff(times, prepend=0.0))
    z = np.cumsum(steps, axis=1) / np.sqrt(times)
    bars = norm.ppf((1 + np.array(confidences(shares, 0.95, spending))) / 2)
    passes, fails = z > bars, z < -bars
    # It stops at the first look that is clear. Whoever chose among the looks after the fact would do no better.
    cleared = passes | fails
    first = cleared.argmax(axis=1)
    passed = (cleared.any(axis=1) & passes[np.arange(runs), first]).mean()
    noise = 4 * math.sqrt(error * (1 - error) / runs)
    assert passed <= passes.any(axis=1).mean() <= error + noise
    assert passed > 0.6 * error  # nor is the price of looking out of proportion
    unspent = norm.ppf(0.975)
    assert (z > unspent).any(axis=1).mean() > error + noise  # which is what the spending is for


# What logs claim.
ORDER = {(f"s{i}", epoch): i + 4 * (epoch - 1) for epoch in (1, 2) for i in range(4)}
LOOKS = Looks(at=(2, 4), spending="pocock")


def log(name="a.eval", *, looks=LOOKS, look=None, stops=(), manager=MANAGER, metadata=None):
    early = None
    if look is not None or stops or metadata is not None:
        noted = {"look": look} if metadata is None else metadata
        early = Early(manager=manager, stops=frozenset(stops), metadata=noted)
    definition = Definition(audit="advice", audit_version="1-A", measures=(), items={}, turns=1, hashes={}, looks=looks)
    return Log(
        path=Path(name),
        run="r",
        model="m/m",
        judge="",
        created="",
        definition=definition,
        sample_ids=tuple(f"s{i}" for i in range(4)),
        epochs=2,
        early=early,
    )


def beyond(count):
    return [key for key, place in ORDER.items() if place >= count]


@pytest.mark.parametrize(
    ("logs", "expected"),
    [
        ([log(looks=None)], None),
        ([log()], 3),  # cut short: it says nothing, so nothing was left out
        ([log(look=3)], 3),
        ([log(look=2, stops=beyond(4))], 2),
        ([log(look=1, stops=beyond(2))], 1),
        ([log(look=1, stops=beyond(5))], 1),  # one was under way when it stopped
        ([log("killed.eval"), log(look=2, stops=beyond(4))], 2),
        ([log("one.eval", look=2, stops=beyond(4)), log(look=2, stops=beyond(6))], 2),
        ([log(looks=None, metadata={}, manager="somebody's")], None),
    ],
)
def test_the_look_is_what_the_logs_say(logs, expected):
    assert reached(logs, ORDER) == expected


@pytest.mark.parametrize(
    ("logs", "says"),
    [
        ([log(looks=None, look=1, stops=beyond(2))], "6 samples were not asked because it stopped early, but no look"),
        ([log(looks=None, stops=beyond(7), manager="somebody's")], "1 samples were not asked"),
        ([log(look=1, stops=beyond(1))], "sample s1, epoch 1 was not asked .* among the first 2"),
        ([log(look=2, stops=beyond(2))], "sample s2, epoch 1 was not asked .* among the first 4"),
        ([log(look=3, stops=beyond(7))], "sample s3, epoch 2 was not asked .* among the first 8"),
        ([log(look=1, stops=[("other", 1)])], "sample other, epoch 1 was not asked"),
        ([log(look=0)], "which of its 3 looks it ended, but 0"),
        ([log(look=4)], "but 4"),
        ([log(look=True)], "but True"),
        ([log(metadata={})], "but None"),
        ([log(look=1, stops=beyond(2), manager="somebody's")], "a.eval: does not say at which of its 3 looks"),
        ([log("b.eval", look=1), log(look=2)], "b.eval and a.eval cannot be joined: they ended at looks 1 and 2"),
    ],
)
def test_a_log_that_leaves_out_what_no_look_allows_is_refused(logs, says):
    with pytest.raises(LogError, match=says):
        reached(logs, ORDER)


@pytest.mark.parametrize("at", [(), (0,), (3, 2), (2, 2), (-1, 4)])
def test_looks_at_samples_that_do_not_rise_are_refused(at):
    with pytest.raises(ValueError, match=r"at"):
        Looks(at=at, spending="pocock")
