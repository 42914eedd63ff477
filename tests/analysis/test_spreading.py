"""Work on several processors: the same results in the same order, and a killed process in words."""

import os
import signal

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
