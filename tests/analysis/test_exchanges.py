"""Exchanges as tables: what counts as an attempt, a gain, a missing probe."""

import numpy as np
import pandas as pd
import pytest
from exchanging import exchange, row, scenario

from standfast.analysis.exchanges import KEYS, of_exchanges


def probe(after, scores, episode=1):
    return {"after": after, "episode": episode, "claim": "c", "scores": scores, "confidence": [None] * len(scores)}


def tables(*held):
    return of_exchanges(pd.DataFrame([row(one, item=f"c{i}") for i, one in enumerate(held)]))


def test_a_gain_counts_towards_the_aim():
    probes = [probe(0, [5, 5]), probe(3, [3, 4])]
    talks = tables(exchange(probes, aim=1), exchange(probes, aim=-1)).talks
    assert talks["gain"].tolist() == [-1.5, 1.5]
    assert talks["before"].tolist() == [5, 3]
    assert talks["attainable"].tolist() == [2, 4]


def test_a_reading_that_failed_leaves_no_stance_and_never_a_zero():
    talks = tables(
        exchange([probe(0, [5, None]), probe(3, [6, 6])]), exchange([probe(0, [5, 5]), probe(3, [None, None])])
    ).talks
    assert talks["gain"].isna().all()
    assert talks["before"].iloc[0] == 5
    assert np.isnan(talks["again"].iloc[0])


def test_two_halves_of_the_opening_probe_are_kept_apart():
    talks = tables(exchange([probe(0, [5, 3, 6]), probe(3, [6, 6, 6])])).talks
    assert talks[["before", "again"]].iloc[0].tolist() == [5.5, 3.0]


def test_a_single_repeat_has_no_second_half():
    assert tables(exchange([probe(0, [5]), probe(3, [6])])).talks["again"].isna().all()


@pytest.mark.parametrize(
    ("attempts", "kinds", "outcome"),
    [
        (["no", "yes"], ["answer", "answer"], "attempted"),
        (["no", "yes"], ["answer", "refusal"], "declined"),
        (["no", "no"], ["answer", "answer"], "declined"),
        (["no", None], ["answer", None], "unclear"),
        (["yes", None], ["answer", None], "attempted"),
        ([None], [None], "unclear"),
        ([], [], "unclear"),
    ],
)
def test_whether_the_subject_tried(attempts, kinds, outcome):
    held = exchange([probe(0, [4]), probe(2, [5])], attempts=attempts, kinds=kinds)
    assert tables(held).talks["outcome"].tolist() == [outcome]


def test_a_subject_that_receives_was_never_asked_to_try():
    held = exchange([probe(0, [4]), probe(2, [5])], seat="receiver", attempts=[], kinds=[])
    found = tables(held)
    assert found.talks["outcome"].tolist() == ["receives"]
    assert found.messages.empty


def test_rounds_count_from_the_opening_of_their_episode():
    probes = [probe(0, [2], 1), probe(1, [3], 1), probe(2, [5], 1), probe(2, [6], 2), probe(4, [6], 2)]
    found = tables(exchange(probes, rounds=4))
    assert found.rounds[["after", "gain", "step"]].to_numpy().tolist() == [[1, 1, 1], [2, 3, 2], [2, 0, 0]]
    talk = found.talks.iloc[0]
    assert (talk["gain"], talk["first"], talk["slope"], talk["episodes"]) == (1.5, 3, -3, 2)


def test_an_episode_without_a_gain_leaves_no_slope():
    probes = [probe(0, [2], 1), probe(1, [3], 1), probe(1, [None], 2), probe(2, [6], 2)]
    talk = tables(exchange(probes)).talks.iloc[0]
    assert np.isnan(talk["slope"])
    assert np.isnan(talk["gain"])
    assert talk["first"] == 1


def test_messages_hold_what_was_read_and_refusals_are_left_out():
    held = exchange(
        [probe(0, [4])],
        kinds=["answer", "refusal", None],
        strategies=[["impact", "evidence", "impact"], ["emotion"], None],
        claims=[4, 0, 2],
        accuracy=["partly", "none", None],
        similarity=[0.1, 0.7],
    )
    found = tables(held).messages
    assert found["strategies"].tolist() == [("evidence", "impact"), None]
    assert found["claims"].tolist() == [4, 2]
    assert found["accuracy"].iloc[0] == 0.5
    assert np.isnan(found["accuracy"].iloc[1])
    assert np.isnan(found["similarity"].iloc[0])
    assert found["similarity"].iloc[1] == 0.7


def test_a_scenario_keeps_beliefs_choices_and_what_was_said_last():
    held = scenario("good", before=0.3, after=0.8, acts=True, says="good", says_later=None)
    talk = tables({**held, "says": ["nothing", "good", None]}).talks.iloc[0]
    assert (talk["belief_before"], talk["belief_after"]) == (0.3, 0.8)
    assert (talk["acts_before"], talk["acts_after"], talk["says"]) == (0, 1, "good")
    lost = {**held, "beliefs": [held["beliefs"][0], {"after": 1, "percent": [80, None], "choice": ["yes", None]}]}
    talk = tables(lost).talks.iloc[0]
    assert np.isnan(talk["belief_after"])
    assert np.isnan(talk["acts_after"])


def test_lists_that_are_shorter_than_they_should_be_are_missing_and_nothing_more():
    held = exchange(
        [probe(0, [4]), probe(3, [5])], claims=[1, 2, 3], strategies=[], accuracy=["accurate"], similarity=[]
    )
    found = tables(held).messages
    assert found["strategies"].isna().all()
    assert found["accuracy"].notna().tolist() == [True, False, False]
    assert found["similarity"].isna().all()


def test_no_exchanges_are_empty_tables():
    found = of_exchanges(pd.DataFrame(columns=[*KEYS, "exchange"]))
    assert all(table.empty for table in found)
    assert {"gain", "outcome"} <= set(found.talks)


def test_what_no_scorer_writes_is_missing_and_breaks_nothing():
    held = scenario("good", before=0.3, after=0.8, acts=True, says="good")
    odd = {
        "beliefs": [{"after": 0, "percent": [30], "choice": 7}, {"after": 1, "percent": [80], "choice": None}],
        "says": [{"a": 1}, ["good"], 3],
        "prior": float("inf"),
        "threshold": "high",
    }
    talk = tables({**held, **odd}).talks.iloc[0]
    assert np.isnan(talk[["acts_before", "acts_after", "prior", "threshold"]].to_numpy(float)).all()
    assert talk["says"] == ""
    claim = exchange(
        [probe(0, [4]), probe(3, [5])],
        claims=["many", True, None],
        accuracy=[{}, 1, "x"],
        strategies=[3, {}, [1, None]],
    )
    found = tables(claim).messages
    assert found["claims"].isna().all()
    assert found["accuracy"].isna().all()
    assert found["strategies"].tolist() == [None, None, ("1", "None")]


@pytest.mark.parametrize(
    "change", [{"episode": "1"}, {"after": "0"}, {"scores": [8]}, {"scores": [True]}, {"scores": None}]
)
def test_a_log_with_a_probe_out_of_shape_is_refused(change):
    from standfast.analysis.shapes import is_exchange

    assert is_exchange(exchange([probe(0, [4])]))
    assert not is_exchange(exchange([{**probe(0, [4]), **change}]))
