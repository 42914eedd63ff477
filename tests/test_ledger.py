"""The ledger of calls: what is written is read, torn lines are not, and what was spent adds up."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast import ledger
from standfast.errors import RunError
from standfast.ledger import Call

SUBJECT = Call(
    at=1000.5, seconds=1.25, role="subject", model="openai/gpt-5", outcome="ok", input=10, output=20, dollars=0.0001
)

calls = st.builds(
    Call,
    at=st.integers(0, 2**32).map(float),
    seconds=st.none() | st.integers(0, 10**6).map(float),
    role=st.sampled_from(["subject", "judge", "user", "sender", "receiver"]),
    model=st.text(st.characters(exclude_characters=",\r\n", exclude_categories=["Cs"]), max_size=20),
    outcome=st.sampled_from(["ok", "rate_limit", "timeout", "malformed"]),
    input=st.none() | st.integers(0, 10**9),
    output=st.none() | st.integers(0, 10**9),
    dollars=st.none() | st.integers(0, 10**6).map(lambda cents: cents / 100),
)


@given(lines=st.lists(calls, max_size=8))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, lines: list[Call]) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    for call in lines:
        ledger.append(folder, call)
    assert ledger.read(folder) == lines


@given(cut=st.integers(0, 400))
def test_a_line_that_was_torn_off_anywhere_is_ignored_and_tears_no_other(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    for _ in range(3):
        ledger.append(folder, SUBJECT)
    path = folder / ledger.FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    kept = whole[:cut].count(b"\n") - 1
    assert ledger.read(folder) == [SUBJECT] * max(kept, 0)
    if kept >= 0:
        ledger.mark(folder, "began")
        ledger.append(folder, SUBJECT)
        again = ledger.read(folder)
        assert [call.outcome for call in again[-2:]] == ["began", "ok"]
        assert len(again) in (kept + 2, kept + 3)  # a line that lacks its last mark alone is whole after all


def test_a_name_with_commas_or_lines_stays_one_field(tmp_path: Path) -> None:
    ledger.append(tmp_path, Call(at=1.0, role="judge", model='a/b,c\nd"e\ud800', outcome="ok"))
    [call] = ledger.read(tmp_path)
    assert call.model == 'a/b_c_d"e?'


def test_another_file_is_refused_and_none_is_empty(tmp_path: Path) -> None:
    assert ledger.read(tmp_path) == []
    (tmp_path / ledger.FILE).write_text("a,b\n1,2\n")
    with pytest.raises(RunError, match="is no ledger; its first line should be"):
        ledger.read(tmp_path)


def test_what_was_spent_over_sessions_of_which_one_was_killed(tmp_path: Path) -> None:
    def session(at: float, outcome: ledger.Outcome) -> Call:
        return Call(at=at, role="run", outcome=outcome)

    told = [
        session(0.0, "began"),
        Call(at=30.0, seconds=1.0, role="subject", model="a/b", outcome="ok", input=10, output=5, dollars=0.5),
        Call(at=60.0, seconds=1.0, role="judge", model="a/j", outcome="rate_limit"),  # and killed
        session(1000.0, "began"),
        Call(at=1060.0, seconds=1.0, role="judge", model="a/j", outcome="ok", input=7),
        session(1120.0, "budget"),
    ]
    for call in told:
        ledger.append(tmp_path, call)
    spent = ledger.spent(tmp_path)
    assert (spent.calls, spent.answered, spent.tokens_in, spent.tokens_out) == (3, 2, 17, 5)
    assert spent.dollars == 0.5
    assert spent.unpriced == 1
    assert spent.minutes == pytest.approx(3.0)


def test_nothing_asked_costs_nothing_and_an_unknown_price_is_not_zero(tmp_path: Path) -> None:
    assert ledger.spent(tmp_path).dollars == 0.0
    ledger.append(tmp_path, Call(at=1.0, role="subject", model="a/b", outcome="ok"))
    assert ledger.spent(tmp_path).dollars is None


def test_a_clock_that_is_set_back_takes_no_time_away(tmp_path: Path) -> None:
    for at, outcome in ((1000.0, "began"), (400.0, "ended"), (500.0, "began"), (560.0, "ended")):
        ledger.append(tmp_path, Call(at=at, role="run", outcome=outcome))  # type: ignore[arg-type]
    assert ledger.spent(tmp_path).minutes == pytest.approx(1.0)


def test_a_line_that_is_not_written_whole_is_an_error_that_names_the_ledger(tmp_path, monkeypatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:5]))
    with pytest.raises(OSError, match=r"calls\.csv") as told:
        ledger.append(tmp_path, SUBJECT)
    assert told.value.errno == errno.ENOSPC


def test_a_process_that_is_killed_leaves_every_line_it_wrote(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from standfast import ledger; from standfast.ledger import Call\n"
        "for i in range(10**9):\n"
        "    ledger.append(Path(sys.argv[1]), Call(at=float(i), role='subject', model='a/b', outcome='ok'))\n"
        "    if i == 100: print('going', flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    found = ledger.read(tmp_path)
    assert [call.at for call in found] == [float(i) for i in range(len(found))]
    assert len(found) > 100
