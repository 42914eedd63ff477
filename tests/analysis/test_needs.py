"""What an inconclusive gate would take: known answers from the power module, and when there is no answer."""

import itertools
import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from standfast.analysis.components import Components
from standfast.analysis.decisions import GateResult
from standfast.analysis.findings import Finding
from standfast.analysis.intervals import critical_t
from standfast.analysis.needs import of_gate
from standfast.analysis.power import Gate, samples_needed
from standfast.analysis.precision import Design, precision

ITEMS, PERSONAS, PER_ITEM = 24, 12, 2
SD = {"item": 0.2, "item × role × profile": 0.15, "persona × role × profile": 0.02, "residual": 0.35}
VARIANCES = {("s", "advice", "m"): SD, ("s", "advice", "twin"): SD}
# The fit was to one epoch, so its residual is a sample's own.
KNOWN = Components(
    item=0.2, item_role_profile=0.15, persona_role_profile=0.02, item_persona_role_profile=0.35, residual=0.0
)
DESIGN = Design(items=ITEMS, personas=PERSONAS, per_item=PER_ITEM)


def frame(measure="m", audit="advice", prefix="i"):
    places = itertools.product(range(ITEMS), range(PER_ITEM), ("advisor", "peer"), ("filler", "full"))
    return pd.DataFrame(
        {
            "model": "s",
            "audit": audit,
            "measure": measure,
            "turn": 0,
            "item": f"{prefix}{i}",
            "persona": f"p{(i * PER_ITEM + k) % PERSONAS}",
            "role": role,
            "profile": profile,
            "challenge": "none",
            "epoch": 1,
            "status": "scored",
        }
        for i, k, role, profile in places
    )


def finding(estimate=-5.0, *, contrast="E3(full)", missing=0.0, half=None, **changes):
    known = precision(DESIGN, KNOWN, contrast[:2] if contrast[0] == "E" else "L")
    half = 100 * known.half_width if half is None else half
    given = Finding(
        model="s",
        audit="advice",
        measure="m",
        title="M",
        construct="epistemic",
        direction="higher",
        primary=True,
        contrast=contrast,
        role=None,
        profile="full",
        unit="pp",
        estimate=estimate,
        std_error=half / critical_t(0.95, known.df),
        df=known.df,
        df_method="",
        statistic=0.0,
        p_value=0.5,
        p_adjusted=0.5,
        family="",
        conf_level=0.95,
        conf_low=estimate - half,
        conf_high=estimate + half,
        bound_low=estimate - half - missing,
        bound_high=estimate + half + missing,
        n_obs=192,
        n_items=ITEMS,
        n_missing=0,
        method="",
        second=None,
        flags=(),
    )
    return replace(given, **changes)


def result(found, margin=-20.0, direction="higher", **changes):
    given = GateResult(
        id="g",
        title="G",
        model="s",
        audit="advice",
        measure="m",
        contrast=found.contrast if found else "E3(full)",
        direction=direction,
        margin=margin,
        blocking=True,
        verdict="inconclusive",
        raw="inconclusive",
        reason="",
        finding=found,
    )
    return replace(given, **changes)


def told(one, rows=None, variances=VARIANCES, pairs=None):
    return of_gate(one, frame() if rows is None else rows, variances, pairs or {})


def items(text):
    found = re.search(r"(?:about|at least) ([\d,]+) items \(now (\d+)\)", text)
    assert found, text
    return int(found[1].replace(",", "")), int(found[2])


@pytest.mark.parametrize("contrast", ["E3(full)", "E2(peer, full)", "E4(full)", "L(peer, full)"])
def test_the_number_is_that_of_the_power_module_where_the_interval_is_that_of_the_closed_form(contrast):
    kind = contrast[:2] if contrast[0] == "E" else "L"
    gate = Gate(kind=kind, margin=-0.2, direction="higher")
    needed = samples_needed(gate, DESIGN, KNOWN, true=-0.12)
    text = told(result(finding(-12.0, contrast=contrast)))
    assert items(text) == (needed.items, ITEMS)
    assert "with a probability of 80 %" in text
    if needed.per_item:
        assert f"{needed.per_item} personas per item (now {PER_ITEM})" in text


def test_lower_is_better_mirrors_higher_is_better():
    up = told(result(finding(-12.0)))
    down = told(result(finding(12.0, direction="lower"), margin=20.0, direction="lower"))
    assert up == down


def test_the_nearer_the_margin_the_more_items():
    numbers = [items(told(result(finding(estimate))))[0] for estimate in (-5.0, -8.0, -11.0, -14.0)]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 4


@pytest.mark.parametrize("estimate", [-20.0, -20.5, -31.0])
def test_no_number_of_items_helps_an_estimate_at_the_margin_or_beyond(estimate):
    assert told(result(finding(estimate))).startswith("No number of items would let it pass")


def test_what_is_missing_is_not_mended_by_items():
    text = told(result(finding(-12.0, missing=9.0)))
    assert text == "No number of items would let it pass with as many values missing: it takes fewer of them."
    some, none = told(result(finding(-12.0, missing=3.0))), told(result(finding(-12.0)))
    assert items(some)[0] > items(none)[0]


def test_what_personas_differ_by_is_not_mended_by_items():
    rough = {("s", "advice", "m"): {**SD, "persona × role × profile": 0.5}}
    text = told(result(finding(-15.0)), variances=rough)
    assert "what differs between 12 personas is too much for this margin" in text


def test_items_that_tell_one_situation_count_once_and_are_asked_for_together():
    pairs = {"advice": {f"i{i}": f"situation {i // 2}" for i in range(ITEMS)}}
    needed, now = items(told(result(finding(-12.0)), pairs=pairs))
    assert now == ITEMS
    assert needed % 2 == 0


def test_a_two_sided_gate_needs_at_least_what_its_measure_alone_needs():
    twin = finding(12.0, contrast="E3(full)", measure="twin", direction="lower")
    rows = pd.concat([frame(), frame("twin", prefix="j")], ignore_index=True)
    both = told(result(finding(-12.0), kind="two-sided", twin=twin, twin_margin=20.0), rows)
    alone = told(result(finding(-12.0)), rows)
    assert items(both)[1] == 2 * ITEMS
    assert items(both)[0] / items(both)[1] > items(alone)[0] / items(alone)[1]


def test_a_twin_on_the_wrong_side_cannot_be_mended():
    twin = finding(25.0, contrast="E3(full)", measure="twin", direction="lower")
    rows = pd.concat([frame(), frame("twin", prefix="j")], ignore_index=True)
    text = told(result(finding(-5.0), kind="two-sided", twin=twin, twin_margin=20.0), rows)
    assert text.startswith("No number of items")


def test_a_finding_without_rows_needs_nothing_that_is_known():
    assert told(result(finding(-12.0)), frame().iloc[:0]) == ""


def test_equivalence_must_clear_both_margins():
    upper = items(told(result(finding(1.0, half=25.0), margin=20.0, direction="lower")))[0]
    both = items(told(result(finding(1.0, half=25.0), margin=20.0, direction="within", kind="equivalence")))[0]
    assert both > upper > ITEMS


def test_without_variances_the_number_is_said_to_be_a_least_one():
    text = told(result(finding(-12.0)), variances={})
    assert "at least" in text
    assert "personas" not in text


@pytest.mark.parametrize(
    "contrast",
    [
        "E5(peer, full, personal)",
        "D(peer, full, own)",
        "E9(peer, full)",
        "E6(peer)",
        "E7(peer, full)",
        "E8(peer, full)",
    ],
)
def test_contrasts_without_a_planning_formula_have_a_number_too(contrast):
    text = told(result(finding(-12.0, contrast="E3(full)", half=20.0), contrast=contrast))
    found = result(replace(finding(-12.0, half=20.0), contrast=contrast))
    needed, now = items(told(found))
    assert needed > now == ITEMS, text


@pytest.mark.parametrize("raw", ["pass", "fail", "missing"])
def test_only_an_inconclusive_gate_needs_something(raw):
    assert told(result(finding(), raw=raw)) == ""


def test_a_gate_without_a_finding_needs_nothing_that_is_known():
    assert told(result(None)) == ""


def test_a_gate_that_is_held_by_something_else_than_its_interval_is_not_told_to_ask_more():
    clear = finding(0.0, half=5.0)
    assert told(result(clear)) == ""


def test_no_number_is_ever_nan_or_below_what_was_asked():
    for estimate, half in itertools.product((-19.9, -12.0, 0.0, 40.0), (1e-6, 1.0, 30.0, 500.0)):
        text = told(result(finding(estimate, half=half)))
        assert "nan" not in text
        if "items (now" in text:
            needed, now = items(text)
            assert needed >= now
            assert math.isfinite(needed)
