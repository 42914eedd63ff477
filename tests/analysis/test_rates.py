"""Counting verdicts of replays: pairs, margins, twins, alternatives, and the whole."""

import math
from types import SimpleNamespace

import pytest
from scipy import stats

from standfast.analysis.gated import Wanted
from standfast.analysis.rates import Asked, Replayed, of_gate, of_whole, rate
from standfast.analysis.replays import Part, Scenario
from standfast.analysis.verdicts import Bar

P, F, N, M = "pass", "fail", "inconclusive", "missing"


def part(gate, measure="m"):
    return Part(gate, "s", Wanted("advice", measure, "E3(full)", 0.95, "s"), Bar("higher", -20.0))


def replayed(*blocks, halves=()):
    """Each block: its parts, then one mapping from a scenario (None or a part's place) to verdicts by replay."""
    scenarios, columns = [], []
    for i, (parts, said) in enumerate(blocks):
        for place, verdicts in said.items():
            scenarios.append(Scenario(block=i, part=None if place is None else parts[place], means=()))
            columns.append(verdicts)
    replays = list(zip(*columns, strict=True))
    return Replayed([SimpleNamespace(parts=parts) for parts, _ in blocks], scenarios, replays, halves)


def asked(gate, *, blocking=True, alternative=""):
    return Asked(gate, "s", blocking, alternative)


@pytest.mark.parametrize("count", [1, 25, 500, 999])
def test_either_end_of_a_rate_leaves_two_and_a_half_per_cent_beyond_what_was_counted(count):
    found = rate(count, 1000)
    assert (found.estimate, found.n) == (count / 1000, 1000)
    assert stats.binom.sf(count - 1, 1000, found.conf_low) == pytest.approx(0.025)
    assert stats.binom.cdf(count, 1000, found.conf_high) == pytest.approx(0.025)


def test_what_never_or_always_happened_has_an_interval_that_ends_there():
    never, always = rate(0, 1000), rate(1000, 1000)
    assert (never.conf_low, always.conf_high) == (0.0, 1.0)
    assert never.conf_high == pytest.approx(1 - 0.025 ** (1 / 1000))
    assert always.conf_low == pytest.approx(0.025 ** (1 / 1000))


def test_without_replays_there_is_no_rate_rather_than_zero():
    found = rate(0, 0)
    assert all(math.isnan(value) for value in (found.estimate, found.conf_low, found.conf_high))
    assert found.n == 0


def test_a_flip_is_a_pass_beside_a_fail_and_nothing_else():
    said = [[P], [F], [P], [N], [F], [M], [P], [P]]
    found = of_gate(replayed(([part("a")], {None: said, 0: [[N]] * 8})), asked("a"))
    assert (found.flips.estimate, found.flips.n) == (0.25, 4)
    assert found.changes.estimate == 0.75
    assert found.passes.estimate == 0.5


def test_false_rates_are_counted_where_the_gate_lies_at_its_margin():
    found = of_gate(replayed(([part("a")], {None: [[P]] * 4, 0: [[P], [F], [F], [M]]})), asked("a"))
    assert (found.false_pass.estimate, found.false_fail.estimate) == (0.25, 0.5)
    assert found.passes.estimate == 1.0


def test_a_gate_that_cannot_be_moved_to_its_margin_has_no_false_rates():
    found = of_gate(replayed(([part("a")], {None: [[P]] * 4})), asked("a"))
    assert found.false_pass.n == found.false_fail.n == 0


def test_a_two_sided_gate_passes_falsely_only_where_its_other_side_passes_too():
    one, twin = part("a"), part("a", "twin")
    found = of_gate(
        replayed(
            ([one], {None: [[P], [P], [P], [P]], 0: [[P], [P], [F], [F]]}),
            ([twin], {None: [[P], [F], [P], [P]], 0: [[F], [F], [F], [P]]}),
        ),
        asked("a"),
    )
    assert found.passes.estimate == 0.75
    assert found.false_pass.estimate == 0.25
    assert found.false_fail.estimate == 0.75


def test_the_whole_passes_where_every_blocking_gate_does_and_advisory_gates_do_not_count():
    found = replayed(
        ([part("a")], {None: [[P], [P], [P], [P]], 0: [[P], [N], [N], [N]]}),
        ([part("b", "n")], {None: [[P], [N], [P], [F]], 0: [[N]] * 4}),
        ([part("c", "o")], {None: [[F]] * 4, 0: [[N]] * 4}),
    )
    whole = of_whole(found, [asked("a"), asked("b"), asked("c", blocking=False)])
    assert whole.passes.estimate == 0.5
    assert whole.flips.estimate == 0.5
    assert whole.false_pass.estimate == 0.25
    assert (whole.gate, whole.model) == ("", "")


def test_of_alternatives_one_must_pass_and_all_lie_at_their_margins_for_a_false_pass():
    found = replayed(
        ([part("a")], {None: [[P], [F]], 0: [[F], [P]]}),
        ([part("b", "n")], {None: [[F], [F]], 0: [[P], [F]]}),
    )
    whole = of_whole(found, [asked("a", alternative="x"), asked("b", alternative="x")])
    assert whole.passes.estimate == 0.5
    assert whole.false_pass.estimate == 1.0


def test_halves_are_compared_with_each_other():
    halves = [[([P], [F])], [([P], [P])], [([N], [F])], [([F], [P])]]
    found = of_gate(replayed(([part("a")], {None: [[P]] * 2}), halves=halves), asked("a"))
    assert (found.halves.estimate, found.halves.n) == (0.5, 4)
