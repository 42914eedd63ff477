"""Work on several processors: the same results in the same order, and a killed process in words."""

import os
import signal

import numpy as np
import pandas as pd
import pytest

from standfast.analysis import spreading
from standfast.errors import FitError


def with_process(number, text):
    return number, text, os.getpid()


def fails(number):
    message = f"{number} cannot be fitted"
    raise FitError(message)


def is_killed(_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_their_arguments(processes):
    with spreading.over(processes) as each:
        found = list(each(with_process, ((i, "x" * i) for i in range(20))))
        assert list(each(with_process, [])) == []
    assert [one[:2] for one in found] == [(i, "x" * i) for i in range(20)]
    assert (os.getpid() in {one[2] for one in found}) == (processes == 1)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_is_that_of_the_work(processes):
    with pytest.raises(FitError, match="3 cannot be fitted"), spreading.over(processes) as each:
        list(each(fails, [(3,)]))


def test_a_killed_process_is_told_in_one_line():
    with pytest.raises(FitError, match="a process that fitted models was killed"), spreading.over(2) as each:
        list(each(is_killed, [(1,)]))


def given_back(frame):
    return frame


def test_a_frame_arrives_as_it_left_with_its_texts_as_objects():
    texts = ["", "a,b", "−", "x" * 1000, "NaN", "é"] * 50
    frame = pd.DataFrame(
        {
            "string": pd.array(texts, "string"),
            "object": pd.Series(texts, dtype=object),
            "mixed": pd.Series([1, "1", True] * 100, dtype=object),
            "missing": pd.array([None, "a", "b"] * 100, "string"),
            "category": pd.Categorical(texts),
            "number": np.where(np.arange(300) % 3, -0.0, np.nan),
            "many": [f"sample-{i}" for i in range(300)],
        },
        index=np.arange(300)[::-1] * 2,
    )
    empty = frame.iloc[:0]
    with spreading.over(2, ahead="json") as each:
        found, nothing = each(given_back, [(frame,), (empty,)])
    expected = frame.astype({"string": object, "many": object})
    assert nothing.columns.equals(frame.columns)
    assert nothing.empty
    for name in frame:
        one, other = found[name], expected[name]
        assert one.index.equals(other.index)
        same = [(type(a), a) == (type(b), b) or (pd.isna(a) and pd.isna(b)) for a, b in zip(one, other, strict=True)]
        assert all(same), name
    assert np.signbit(found["number"].to_numpy()).sum() == 200
