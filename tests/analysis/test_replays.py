"""Replays of a run: the design stays, the margin is met exactly, and the short cut never changes a verdict."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from standfast.analysis import replays
from standfast.analysis.drawing import Study, study, weights
from standfast.analysis.gated import Wanted
from standfast.analysis.mixed.inference.replicates import replicate
from standfast.analysis.pooled import POOLED
from standfast.analysis.replays import Block, Halving, Part, Replay
from standfast.analysis.verdicts import Bar
from standfast.measure import Measure

MODEL = "mockllm/model"
PUBLISHED = {("item",): 0.3, ("persona",): 0.02, ("item", "role", "profile"): 0.07, (): 0.6}
CELLS = [(role, profile, "none") for role in ("advisor", "peer") for profile in ("filler", "full")]


def rows(items=24, personas=4, audit="advice", drop=0.0, seed=1):
    """A crossed design with values of 0 and 1; each item meets some of 24 personas."""
    rng = np.random.default_rng(seed)
    places = [(i, k, *key) for i in range(items) for k in range(personas) for key in CELLS]
    item, persona, role, profile, challenge = zip(*places, strict=True)
    keep = rng.random(len(places)) >= drop
    own = rng.normal(0, 0.2, items)[list(item)]
    return pd.DataFrame(
        {
            "model": MODEL,
            "audit": audit,
            "item": [f"i{i:03d}" for i in item],
            "role": role,
            "wording": 1,
            "persona": [f"p{(i * personas + k) % 24:02d}" for i, k in zip(item, persona, strict=True)],
            "profile": profile,
            "challenge": challenge,
            "turn": 0,
            "epoch": 1,
            "measure": "m",
            "value": np.where(keep, (rng.random(len(places)) < 0.7 + own).astype(float), np.nan),
            "status": np.where(keep, "scored", "judge_failed"),
        }
    )


def make_measure(name="m", **changes):
    given = {"title": "M", "construct": "epistemic", "scale": "binary", "direction": "higher", "source": "test"}
    return Measure(name=name, **{**given, **changes})


def made(frame=None, mean=0.8, **changes):
    given = Study(
        rows=rows() if frame is None else frame,
        measure=make_measure(),
        means=dict.fromkeys(CELLS, mean),
        variances=PUBLISHED,
        values=np.array([0.0, 1.0]),
    )
    return replace(given, **changes)


def part(contrast="E3(full)", margin=-20.0, direction="higher", gate="g", audit="advice", measure="m"):
    return Part(gate, MODEL, Wanted(audit, measure, contrast, 0.95, MODEL), Bar(direction, margin))


def block(*parts, studies=None, pairs=None):
    return Block(studies=studies or (made(),), parts=parts or (part(),), pairs=pairs or {})


def true_value(one: Block, means, contrast):
    values = []
    for own, known in zip(one.studies, means, strict=True):
        values.append(sum(w * known[key] for key, w in weights(own, contrast).items()))
    return 100 * float(np.mean(values))


def test_a_replay_keeps_rows_conditions_and_what_is_missing():
    frame = rows(drop=0.2)
    one = block(studies=(made(frame),))
    drawn = one.drawn.frame(one.drawn.values(one.as_found(), np.random.default_rng(3)))
    same = [name for name in frame.columns if name != "value"]
    pd.testing.assert_frame_equal(drawn[same], frame[same].reset_index(drop=True))
    scored = drawn["status"] == "scored"
    assert set(drawn["value"][scored]) == {0.0, 1.0}
    assert (~scored).any()
    assert drawn["value"][~scored].isna().all()


def test_drawn_cells_have_the_means_that_were_asked():
    one = block(studies=(made(rows(items=400, personas=6)),))
    means = {key: mean for key, mean in zip(CELLS, (0.2, 0.5, 0.8, 0.95), strict=True)}
    values = np.mean([one.drawn.values([means], np.random.default_rng(seed)) for seed in range(20)], axis=0)
    frame = one.drawn.frame(values)
    found = frame.groupby(["role", "profile", "challenge"])["value"].mean()
    assert [found[key] for key in CELLS] == pytest.approx([0.2, 0.5, 0.8, 0.95], abs=0.02)


@pytest.mark.parametrize(
    ("contrast", "margin", "direction"),
    [
        ("E3(full)", -20.0, "higher"),
        ("E2(peer, full)", -15.0, "higher"),
        ("E4(full)", 10.0, "lower"),
        ("L(peer, full)", 50.0, "higher"),
        ("L(advisor, filler)", 5.0, "lower"),
    ],
)
def test_at_its_margin_the_true_value_is_the_margin(contrast, margin, direction):
    own = part(contrast, margin, direction)
    one = block(own)
    (found,) = [one.at(own, target) for target in own.targets()]
    assert true_value(one, found, contrast) == pytest.approx(margin, abs=1e-6)
    assert all(0 < mean < 1 for mean in found[0].values())


def test_an_equivalence_gate_has_a_margin_on_each_side():
    own = part(margin=20.0, direction="within")
    one = block(own)
    assert [true_value(one, one.at(own, target), "E3(full)") for target in own.targets()] == pytest.approx([-20, 20])


@pytest.mark.parametrize(
    ("contrast", "margin"), [("E3(full)", -250.0), ("L(peer, full)", 100.0), ("E2(nobody, full)", 0.0)]
)
def test_a_margin_that_no_cell_means_give_is_named_and_not_replayed(contrast, margin):
    found, without = replays.scenarios([block(part(contrast, margin))])
    assert [scenario.part for scenario in found] == [None]
    assert len(without) == 1
    assert contrast in without[0]


def test_a_cell_that_never_varied_is_not_taken_for_certain():
    one = block(studies=(made(mean=1.0),))
    (means,) = one.as_found()
    assert set(means.values()) == {1 - 0.5 / 25}


def test_the_short_cut_changes_no_verdict_that_counts():
    own, other = part(), part("L(peer, full)", 50.0, gate="h")
    one = block(own, other, studies=(made(rows(items=14, personas=2, drop=0.1)),))
    decided = 0
    for scenario in replays.scenarios([one])[0][1:]:
        place = one.parts.index(scenario.part)
        for seed in range(8):
            quick = one.rule(scenario.means, np.random.default_rng(seed), scenario.part)
            values = one.drawn.values(scenario.means, np.random.default_rng(seed))
            assert quick[place] == one.verdicts(one.drawn.frame(values))[place]
            decided += one.screens[place].possible(values) == (False, False)
    assert decided >= 8


def test_sparse_levels_have_no_short_cut():
    one = block(part("L(peer, full)", 50.0), studies=(made(mean=0.99),))
    values = np.ones(len(one.drawn.scored))
    assert one.screens[0].possible(values) == (True, True)


def test_measures_that_are_no_shares_have_no_short_cut():
    measure = make_measure(scale="rate", low=None, high=None)
    assert block(studies=(made(measure=measure, values=np.array([1.0, 2.0, 5.0])),)).screens == (None,)


def test_a_rate_without_ends_is_drawn_around_its_means():
    frame = rows(items=30, personas=2)
    frame["value"] = np.random.default_rng(2).normal(7.0, 1.0, len(frame))
    measure = make_measure(scale="rate", low=None, high=None)
    one = block(studies=(study(frame, measure, {}),))
    values = one.drawn.values(one.as_found(), np.random.default_rng(1))
    assert values.mean() == pytest.approx(7.0, abs=0.5)
    assert values.std() == pytest.approx(frame["value"].std(), rel=0.3)


def test_the_variances_of_a_study_are_those_of_its_fit():
    found = study(rows(items=30), make_measure(), {})
    assert set(found.means) == set(CELLS)
    assert () in found.variances
    assert ("item",) in found.variances
    assert sum(found.variances.values()) == pytest.approx(np.var(found.values), rel=0.15)


def test_half_of_the_items_share_none_with_the_other_and_pairs_stay_together(monkeypatch):
    frame = rows(items=12)
    pairs = {"advice": {item: f"pair {int(item[1:]) // 2}" for item in frame["item"].unique() if item[1:].isdigit()}}
    one = block(studies=(made(frame),), pairs=pairs)
    seen = []
    monkeypatch.setattr(Block, "verdicts", lambda self, half: seen.append(set(half["item"])) or ["pass"])
    Halving(blocks=(one,))(np.random.default_rng(0))
    first, second = seen
    assert first | second == set(frame["item"])
    assert not first & second
    assert len(first) == len(second) == 6
    together = [{pairs["advice"].get(item, item) for item in half} for half in seen]
    assert not together[0] & together[1]


def test_a_pooled_gate_reads_every_audit_and_its_margin_is_their_mean():
    studies = {(MODEL, audit, "m"): made(rows(audit=audit, items=12)) for audit in ("advice", "debate")}
    pooled, single = part(audit=POOLED), part("L(peer, full)", 50.0, audit="debate", gate="h")
    (one,) = replays.blocks(studies, [pooled, single], {})
    assert len(one.studies) == 2
    assert true_value(one, one.at(pooled, -20.0), "E3(full)") == pytest.approx(-20.0, abs=1e-6)
    found = one.at(single, 50.0)
    assert found[1]["peer", "full", "none"] == pytest.approx(0.5)
    assert found[0]["peer", "full", "none"] == pytest.approx(0.8)
    assert one.screens[0] is None


def test_gates_on_the_same_values_are_fitted_together_and_others_apart():
    studies = {(MODEL, "advice", name): made(measure=make_measure(name)) for name in ("m", "n")}
    found = replays.blocks(studies, [part(), part("E2(peer, full)", gate="h"), part(measure="n", gate="i")], {})
    assert [[p.gate for p in one.parts] for one in found] == [["g", "h"], ["i"]]


def test_replays_are_the_same_again_and_whatever_else_is_replayed():
    one = block(studies=(made(rows(items=10, personas=2)),))
    found, _ = replays.scenarios([one])
    task = Replay(blocks=(one,), scenarios=tuple(found))
    again = [replicate(task, 3, 5, n_workers=1) for _ in range(2)]
    assert again[0] == again[1]
    assert replicate(task, 5, 5, n_workers=1)[:3] == again[0]


def test_an_effect_clear_of_its_margin_passes_and_one_far_short_of_it_fails():
    far = {key: 0.9 if key[0] == "peer" else 0.5 for key in CELLS}
    own, beyond = part("E4(full)", 0.0), part("E4(full)", 80.0, gate="h")
    one = block(own, beyond, studies=(made(rows(items=40), means=far),))
    assert one.rule(one.as_found(), np.random.default_rng(0)) == ["pass", "fail"]
