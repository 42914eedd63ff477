import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from standfast.analysis.hazard import person_turns, ratios

SCORES = {"h": 1.0, "n": 0.0, "a": -1.0, "-": math.nan}
SD = {"item": 0.7, "persona": 0.3, "pair": 0.3, "role": 0.3, "profile": 0.3}
CELLS = [(role, profile) for role in ("advisor", "peer") for profile in ("none", "filler", "full")]


def listed(frame, confidence):
    return list(ratios(frame, confidence=confidence))


def frame_of(bench, conversations):
    """Conversations as (facts, path of letters) -> a tidy frame."""
    rows = [
        {
            "audit": "debate",
            "measure": "position",
            "challenge": "bare",
            **facts,
            "turn": turn,
            "value": SCORES[letter],
            "status": "judge_failed" if letter == "-" else "scored",
        }
        for facts, path in conversations
        for turn, letter in enumerate(path, start=1)
    ]
    return bench.tidy(rows)


def talk(rng, hazard, turns=5):
    """One conversation that opens with the position held, as letters."""
    flips = rng.random(turns - 1) < hazard
    first = int(np.argmax(flips)) if flips.any() else turns - 1
    return "h" * (1 + first) + "a" * (turns - 1 - first)


def simulate(bench, rng, *, effects, items=24, per_item=2, base=-2.0, sd=SD, cells=CELLS, challenges=("bare",)):
    """Conversations with planted log odds of flipping at each turn, and slopes of item on role and profile."""
    personas = rng.normal(0, sd["persona"], 12)
    found = []
    for i in range(items):
        item, roles, profiles = rng.normal(0, sd["item"]), rng.normal(0, sd["role"], 2), rng.normal(0, sd["profile"], 3)
        for k in range(per_item):
            persona, pair = (i * per_item + k) % 12, rng.normal(0, sd["pair"])
            for role, profile in cells:
                logit = base + item + personas[persona] + pair + effects.get((role, profile), 0.0)
                logit += roles[int(role == "peer")] + profiles[("none", "filler", "full").index(profile)]
                for challenge in challenges:
                    facts = {"item": f"i{i}", "persona": f"p{persona}", "role": role, "profile": profile}
                    found.append(({**facts, "challenge": challenge}, talk(rng, expit(logit))))
    return found


def by_name(found):
    return {(ratio.role, ratio.profile): ratio for ratio in found}


@pytest.mark.parametrize(
    ("path", "turns", "flips"),
    [
        ("hhhhh", [2, 3, 4, 5], [0, 0, 0, 0]),
        ("haaaa", [2], [1]),
        ("hhaha", [2, 3], [0, 1]),  # only the first flip, though the subject comes back
        ("hnhna", [2, 3, 4, 5], [0, 0, 0, 1]),  # neutral is no flip
        ("hh-aa", [2], [0]),  # a missing turn ends the observation
        ("h-aaa", [], []),
        ("nhaaa", [], []),  # did not open with the position held
        ("-haaa", [], []),
    ],
)
def test_a_conversation_is_at_risk_until_it_flips_or_is_lost(bench, path, turns, flips):
    facts = {"item": "i", "role": "peer", "profile": "full"}
    rows = person_turns(frame_of(bench, [(facts, path)]))
    assert rows["turn"].tolist() == turns
    assert rows["flip"].tolist() == flips
    agreed = person_turns(frame_of(bench, [({**facts, "challenge": "agree"}, path)]))
    assert len(agreed) == 0


def test_planted_ratios_lie_within_their_intervals(bench):
    effects = {("advisor", "full"): 0.2, ("peer", "full"): 1.2}
    found = by_name(
        listed(frame_of(bench, simulate(bench, np.random.default_rng(3), effects=effects, items=36)), confidence=0.95)
    )
    assert list(found) == [("advisor", "full"), ("peer", "full"), (None, "full")]  # none is not compared
    for name, planted in {("advisor", "full"): 0.2, ("peer", "full"): 1.2, (None, "full"): 1.0}.items():
        ratio = found[name]
        assert ratio.status == "ok"
        assert ratio.conf_low < planted < ratio.conf_high
        assert ratio.conf_low < ratio.log_ratio < ratio.conf_high
        assert (ratio.ratio, ratio.ratio_low, ratio.ratio_high) == pytest.approx(
            tuple(math.exp(x) for x in (ratio.log_ratio, ratio.conf_low, ratio.conf_high))
        )
        assert (ratio.df, ratio.df_method) == (11, "personas − 1")
        assert (ratio.n_items, ratio.n_personas) == (36, 12)
    assert found["peer", "full"].n_obs == 2 * 72
    assert found[None, "full"].n_flips == found["peer", "full"].n_flips + found["advisor", "full"].n_flips
    assert found["peer", "full"].conf_low > 0


def test_swapping_the_roles_turns_the_interaction_round(bench):
    talks = simulate(bench, np.random.default_rng(5), effects={("peer", "full"): 1.0})
    swap = {"advisor": "peer", "peer": "advisor"}
    swapped = [({**facts, "role": swap[facts["role"]]}, path) for facts, path in talks]
    one, other = (by_name(listed(frame_of(bench, each), confidence=0.9)) for each in (talks, swapped))
    assert other[None, "full"].log_ratio == pytest.approx(-one[None, "full"].log_ratio, abs=1e-4)
    assert other["advisor", "full"].log_ratio == pytest.approx(one["peer", "full"].log_ratio, abs=1e-4)
    assert other["advisor", "full"].std_error == pytest.approx(one["peer", "full"].std_error, rel=1e-3)


def test_a_turn_at_which_nobody_flips_changes_nothing(bench):
    talks = simulate(bench, np.random.default_rng(6), effects={("peer", "full"): 1.0}, per_item=1, items=30)
    longer = [(facts, path + path[-1]) for facts, path in talks]
    one, other = (listed(frame_of(bench, each), confidence=0.95) for each in (talks, longer))
    assert other[1].n_turns > one[1].n_turns
    assert [r.log_ratio for r in other] == pytest.approx([r.log_ratio for r in one], rel=1e-9)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("hhhhh", "peer, full: 0 of 12 items flip at a turn under pressure; a ratio needs 5"),
        ("haaaa", "peer, full: 0 of 12 items hold at a turn under pressure; a ratio needs 5"),
        ("-----", "peer, full: 0 of 0 items flip"),
        ("nnnnn", "peer, full: 0 of 0 items flip"),
    ],
)
def test_a_level_in_which_all_turns_end_alike_has_no_ratio(bench, path, part):
    talks = simulate(bench, np.random.default_rng(7), effects={}, base=-1.0, items=12)
    spoiled = [(facts, path if (facts["role"], facts["profile"]) == ("peer", "full") else own) for facts, own in talks]
    found = by_name(listed(frame_of(bench, spoiled), confidence=0.95))
    for name in (("peer", "full"), (None, "full")):
        assert found[name].status.startswith(part)
        assert all(
            map(math.isnan, (found[name].log_ratio, found[name].ratio, found[name].conf_low, found[name].ratio_high))
        )
    assert found["advisor", "full"].status == "ok"


def test_nearly_no_flips_give_no_ratio(bench):
    talks = simulate(bench, np.random.default_rng(8), effects={("peer", "full"): -9.0}, base=-0.5, items=12)
    few = [
        (
            facts,
            "hhaaa" if facts["item"] in ("i0", "i1") and (facts["role"], facts["profile"]) == ("peer", "full") else own,
        )
        for facts, own in talks
    ]
    ratio = by_name(listed(frame_of(bench, few), confidence=0.95))["peer", "full"]
    assert ratio.status.startswith("peer, full: 2 of 12 items flip")
    assert math.isnan(ratio.log_ratio)


def test_levels_are_compared_with_filler_alone(bench):
    rng = np.random.default_rng(9)
    without = simulate(bench, rng, effects={}, cells=[("peer", "none"), ("peer", "full")])
    assert listed(frame_of(bench, without), confidence=0.95) == []
    single = simulate(bench, rng, effects={}, cells=[("peer", "filler"), ("peer", "full")], base=-1.0)
    (ratio,) = listed(frame_of(bench, single), confidence=0.95)
    assert (ratio.role, ratio.profile, ratio.status) == ("peer", "full", "ok")


def test_a_challenge_has_a_level_of_its_own(bench):
    talks = simulate(bench, np.random.default_rng(2), effects={}, per_item=1, challenges=("bare", "argued"), base=-1.5)
    (advisor, *_) = listed(frame_of(bench, talks), confidence=0.95)
    assert advisor.status == "ok"
    assert "turn and challenge" in advisor.method


@pytest.mark.parametrize("items", [0, 1, 2])
def test_too_little_to_fit_is_said(bench, items):
    talks = simulate(bench, np.random.default_rng(1), effects={}, items=items, per_item=1, base=0.0)
    found = listed(frame_of(bench, talks), confidence=0.95)
    assert len(found) == (3 if items else 0)
    for ratio in found:
        assert ratio.status != "ok"
        assert math.isnan(ratio.log_ratio)
        assert ratio.df == max(items - 1, 0)


def test_audits_without_positions_have_no_ratios(bench):
    assert listed(bench.simulate(np.random.default_rng(1), items=3), confidence=0.95) == []


def test_subjects_and_audits_are_fitted_apart(bench):
    talks = simulate(bench, np.random.default_rng(4), effects={}, per_item=1, base=-1.0)
    both = [({**facts, "model": model}, path) for model in ("a/a", "b/b") for facts, path in talks]
    found = listed(frame_of(bench, both), confidence=0.95)
    assert [ratio.model for ratio in found] == ["a/a"] * 3 + ["b/b"] * 3
    assert [repr(replace(ratio, model="")) for ratio in found[:3]] == [repr(replace(r, model="")) for r in found[3:]]


@pytest.mark.slow
@pytest.mark.parametrize(("items", "per_item"), [(36, 1), (24, 2), (12, 4)])
def test_intervals_cover_what_is_planted(bench, items, per_item):
    rng, hits = np.random.default_rng(items), []
    for _ in range(100):
        talks = simulate(bench, rng, effects={("peer", "full"): 0.8}, items=items, per_item=per_item)
        found = by_name(listed(frame_of(bench, talks), confidence=0.95))
        truth = {("advisor", "full"): 0.0, ("peer", "full"): 0.8, (None, "full"): 0.8}
        hits += [r.conf_low < truth[name] < r.conf_high for name, r in found.items() if r.status == "ok"]
    assert len(hits) > 250
    assert np.mean(hits) > 0.91
