"""The budget of a run, against a server on this machine that counts what reaches it."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from inspect_ai.model import ModelCost
from loopback import Fault, LoopbackServer
from test_run import ADVICE_ONLY, SECRET, SUITE, answering, read_logs

from standfast import budgets, halting, ledger, metering, slices, stages
from standfast.analysis import frames
from standfast.budgets import Budget
from standfast.cli import main
from standfast.errors import RunError, StoppedError, SuiteError
from standfast.folder import stopped
from standfast.run import run

WHOLE = 24  # calls: 12 samples of one turn, each judged once
CONNECTIONS = 3  # of the subject, and as many of the judge
COST = ModelCost(input=1.0, output=10.0, input_cache_write=1.0, input_cache_read=1.0)
PRICES = {"openai-api/loopback/subject": COST, "openai-api/loopback/judge": COST}


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(answering()) as opened:
        yield opened


@pytest.fixture(autouse=True)
def fresh(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOOPBACK_BASE_URL", server.base_url)
    monkeypatch.setenv("LOOPBACK_API_KEY", SECRET)
    server.reply, server.latency_s, server.faults = answering(), 0.02, {}
    server.requests.clear()
    (tmp_path / "suite.yaml").write_text(ADVICE_ONLY)


@pytest.fixture
def go(tmp_path: Path) -> Callable[..., Path]:
    def going(out: str = "run", **settings: object) -> Path:
        given = {"prices": PRICES, "max_connections": CONNECTIONS, "display": "none", **settings}
        return run(tmp_path / "suite.yaml", out=tmp_path / out, **given)  # type: ignore[arg-type]

    return going


def asked(server: LoopbackServer) -> Counter[str]:
    return Counter(json.dumps(request.body, sort_keys=True) for request in server.requests)


def calls(folder: Path) -> list[ledger.Call]:
    return [call for call in ledger.read(folder) if not call.is_session]


def sessions(folder: Path) -> list[str]:
    return [call.outcome for call in ledger.read(folder) if call.is_session]


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "standfast", "run", "suite.yaml", "--out", "run", "--only-logs", *options]
    return subprocess.Popen(
        words, cwd=folder, env=dict(os.environ), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.slow
def test_there_is_one_line_for_each_request_and_none_for_what_the_cache_answers(server, go, monkeypatch):
    server.faults = {2: Fault("server_error"), 4: Fault("rate_limit", seconds=0.2), 6: Fault("malformed")}
    folder = go(budget=Budget(calls=15))
    assert len(calls(folder)) == len(server.requests) == 15
    folder = go()
    assert len(calls(folder)) == len(server.requests) == WHOLE + 3
    assert Counter(asked(server).values()) == {1: WHOLE - 3, 2: 3}
    told = Counter(call.outcome for call in calls(folder))
    assert told == {"ok": WHOLE, "server_error": 1, "rate_limit": 1, "malformed": 1}
    assert Counter(call.role for call in calls(folder) if call.outcome == "ok") == {"subject": 12, "judge": 12}
    assert all((call.dollars is not None) == (call.outcome == "ok") for call in calls(folder))
    assert sessions(folder) == ["began", "budget", "began", "ended"]


@pytest.mark.parametrize("cap", [{"calls": 9}, {"tokens": 4000}, {"dollars": 0.006}, {"minutes": 0.015}])
def test_a_cap_is_overshot_by_no_more_than_the_calls_in_flight(server, go, cap):
    [(name, most)] = cap.items()
    if name == "minutes":
        server.latency_s = 0.5
    folder = go(budget=Budget(**cap))
    spent = ledger.spent(folder)
    assert len(server.requests) == spent.calls < WHOLE
    assert spent.answered == spent.calls  # what was in flight was waited for
    each = [(call.input or 0) + (call.output or 0) for call in calls(folder)]
    largest = 2 * CONNECTIONS * max(each)
    if name == "calls":
        assert spent.calls == 9
    elif name == "tokens":
        assert most <= sum(each) < most + largest
    elif name == "dollars":
        assert most <= (spent.dollars or 0) < most + 2 * CONNECTIONS * max(call.dollars or 0 for call in calls(folder))
    else:
        assert spent.minutes < most + 5 / 60
    assert stopped(folder).startswith("stopped by its budget: ")
    assert stopped(folder).endswith("of 12 samples asked")
    assert f" {name}; " in stopped(folder)
    assert sessions(folder) == ["began", "budget"]


def test_once_costs_are_known_calls_in_flight_are_reckoned_with(server, go):
    folder = go(budget=Budget(calls=6))
    before = ledger.spent(folder)
    mean = (before.dollars or 0) / before.answered
    cap = (before.dollars or 0) + 3.5 * mean
    spent = ledger.spent(go(budget=Budget(dollars=cap)))
    assert (spent.dollars or 0) < cap + 1.5 * mean  # three calls at once would go past it by more


def test_carried_on_with_larger_caps_it_ends_as_a_run_without_and_asks_nothing_twice(server, go, tmp_path):
    whole = go("whole")
    stages.analyse(whole)
    server.requests.clear()
    for most in (5, 5, 17):
        folder = go(budget=Budget(calls=most))
        assert len(server.requests) == most
        assert stopped(folder)
    folder = go()
    assert set(asked(server).values()) == {1}
    assert len(calls(folder)) == len(server.requests) == WHOLE
    assert stopped(folder) == ""
    stages.analyse(folder)
    found = [frames.sha256(frames.read(one / "frame.parquet")) for one in (whole, folder)]
    assert found[0] == found[1]
    assert not (folder / "cache").exists()


def test_the_cap_holds_over_the_slices_of_a_large_run(server, go, monkeypatch):
    monkeypatch.setattr(slices, "MOST", 4)
    folder = go(budget=Budget(calls=15))
    assert len(server.requests) == 15
    assert stopped(folder).startswith("stopped by its budget: 15 of 15 calls; ")
    go()
    assert set(asked(server).values()) == {1}
    assert len(server.requests) == WHOLE


def test_a_cap_that_is_just_enough_stops_nothing(server, go):
    folder = go(budget=Budget(calls=WHOLE))
    assert stopped(folder) == ""
    assert sessions(folder) == ["began", "ended"]


@pytest.mark.slow
def test_where_one_audit_ended_before_the_cap_the_run_is_stopped_all_the_same(server, go, tmp_path):
    (tmp_path / "suite.yaml").write_text(SUITE)
    folder = go(budget=Budget(calls=80))
    assert len(server.requests) == 80
    assert stopped(folder).startswith("stopped by its budget: 80 of 80 calls; ")
    statuses = {log.eval.metadata["standfast"]["audit"]: log.status for log in read_logs(folder)}
    assert statuses == {"advice": "success", "debate": "cancelled"}
    go()
    assert set(asked(server).values()) == {1}
    assert len(server.requests) == 2 * (12 + 8 * 5)


@pytest.mark.slow
def test_the_cap_holds_over_a_session_that_was_killed(server, go, tmp_path):
    server.latency_s = 0.1
    process = start(tmp_path, "--max-connections", str(CONNECTIONS), "--max-calls", "20")
    deadline = time.monotonic() + 60
    while len(server.requests) < 8 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    at_death = len(server.requests)
    folder = go(budget=Budget(calls=20))
    lost = at_death - sum(call.at <= server.requests[at_death - 1].time + 0.5 for call in calls(folder))
    # Of a killed session the calls in flight are in no ledger; a cap cannot know of them.
    assert 20 <= len(server.requests) <= 20 + 2 * CONNECTIONS
    assert lost <= 2 * CONNECTIONS
    folder = go()
    again = sum(count - 1 for count in asked(server).values())
    assert again <= 2 * CONNECTIONS
    stages.analyse(folder)
    assert "not_run" not in set(frames.read(folder / "frame.parquet")["status"])


@pytest.mark.slow
def test_only_the_cap_of_the_suite_changed_is_the_same_run(server, go, tmp_path):
    suite = tmp_path / "suite.yaml"
    suite.write_text(f"{ADVICE_ONLY}budget:\n  calls: 4\n")
    folder = go()
    assert len(server.requests) == 4
    suite.write_text(f"{ADVICE_ONLY}budget: {{calls: 6, dollars: 100}}\n")
    assert len(calls(go())) == 6
    assert len(calls(go(budget=Budget(calls=8)))) == 8
    assert metering.of(folder) == Budget(calls=8, dollars=100)
    assert "budget" not in (folder / "suite.yaml").read_text()
    assert (folder / "suite.yaml").read_text() == ADVICE_ONLY
    suite.write_text(f"{ADVICE_ONLY.replace('seed: 5', 'seed: 6')}budget:\n  calls: 9\n")
    with pytest.raises(RunError, match="holds another run"):
        go()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a: 1\nbudget:\n  calls: 5\nb: 2\n", "a: 1\nb: 2\n"),
        ("budget: {calls: 5}\na: 1\n", "a: 1\n"),
        ("a: 1\nbudget: {calls: 5}", "a: 1\n"),
        ("a:\n  budget: {calls: 5}\n", "a:\n  budget: {calls: 5}\n"),
        ("{a: 1, budget: {calls: 5}}\n", "{a: 1, budget: {calls: 5}}\n"),
        ("a: [\n", "a: [\n"),
    ],
)
def test_the_budget_is_cut_out_of_a_suite_by_its_lines(text, left):
    assert budgets.without(text.encode()) == left.encode()


def test_a_cap_in_dollars_without_the_price_of_the_judge_is_refused_before_anything_is_asked(server, go, tmp_path):
    only = {name: cost for name, cost in PRICES.items() if "judge" not in name}
    with pytest.raises(SuiteError, match="and there is none of judge openai-api/loopback/judge"):
        go(budget=Budget(dollars=5.0), prices=only)
    assert server.requests == []
    assert not (tmp_path / "run").exists()


def test_a_provider_that_reports_no_usage_stops_a_run_with_a_cap_on_it(server, go):
    server.choose = lambda _: Fault("altered", without=["usage"])
    try:
        folder = go(budget=Budget(tokens=10**6))
    finally:
        server.choose = lambda _: None
    assert "reports no usage, so a cap in tokens cannot be kept" in stopped(folder)
    assert len(server.requests) <= CONNECTIONS
    assert ledger.spent(folder).dollars is None


@pytest.mark.slow
def test_a_call_that_hangs_does_not_hold_the_end_for_ever(server, go, monkeypatch):
    monkeypatch.setattr(halting, "PATIENCE_SECONDS", 1.0)
    server.faults = {4: Fault("delay", seconds=60.0)}
    begun = time.monotonic()
    folder = go(budget=Budget(calls=8))
    assert time.monotonic() - begun < 30
    assert stopped(folder)
    assert Counter(call.outcome for call in calls(folder)) == {"ok": 7, "other": 1}


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_signal_lets_calls_in_flight_finish_and_the_run_goes_on_from_there(server, go, tmp_path, number):
    server.latency_s = 0.3
    before = {one: signal.getsignal(one) for one in halting.SIGNALS}

    def send() -> None:
        while len(server.requests) < 5:
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    with pytest.raises(StoppedError, match=f"stopped by {number.name}. Run the same command again to carry on") as told:
        go()
    sender.join()
    assert told.value.exit_code == 130
    assert {one: signal.getsignal(one) for one in halting.SIGNALS} == before
    folder = tmp_path / "run"
    assert sessions(folder) == ["began", "stopped"]
    assert {call.outcome for call in calls(folder)} == {"ok"}
    assert len(server.requests) < WHOLE
    go()
    assert set(asked(server).values()) == {1}
    assert len(server.requests) == WHOLE


@pytest.mark.slow
def test_a_process_that_is_told_to_end_says_so_in_one_line(server, tmp_path):
    server.latency_s = 0.3
    process = start(tmp_path, "--max-connections", str(CONNECTIONS))
    while len(server.requests) < 5 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped by SIGTERM. Run the same command again to carry on" in told.splitlines()[-1]
    assert "Traceback" not in told


def test_the_command_says_why_and_never_exits_0(server, tmp_path):
    words = ["run", str(tmp_path / "suite.yaml"), "--out", str(tmp_path / "run"), "--max-calls", "14"]
    words += ["--max-connections", "2"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code in (11, 12)
    why = "14 of 14 calls; "
    assert f"stopped by its budget: {why}" in done.stderr
    assert f"Stopped by its budget: {why}" in done.stdout
    for name in ("decision.json", "report.html", "report.md"):
        assert f"Stopped by its budget: {why}" in (tmp_path / "run" / name).read_text("utf-8")
    statuses = set(frames.read(tmp_path / "run" / "frame.parquet")["status"])
    assert statuses == {"scored", "not_run"}
    only = CliRunner().invoke(main, [*words, "--only-logs"])
    assert only.exit_code == 11
    assert only.stdout.strip() == str(tmp_path / "run")
    assert len(server.requests) == 14


def test_a_ledger_that_cannot_be_written_stops_the_run_with_one_line(server, go, tmp_path, monkeypatch):
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if b",ok," in data and len(calls(tmp_path / "run")) >= 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match=r"calls\.csv") as told:
        go()
    assert told.value.errno == errno.ENOSPC
    assert len(server.requests) <= 4 + 2 * CONNECTIONS
    monkeypatch.setattr(os, "write", write)
    go()
    assert len(asked(server)) == WHOLE
    assert sum(asked(server).values()) == WHOLE  # replies that no ledger holds are in the cache all the same


@pytest.mark.slow
def test_a_disk_that_is_full_stops_the_run_with_one_line_and_with_room_it_goes_on(server, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        words = [sys.executable, "-m", "standfast", "run", str(tmp_path / "suite.yaml"), "--out", str(disk / "run")]
        words += ["--only-logs", "--max-connections", str(CONNECTIONS)]
        done = subprocess.run(words, text=True, capture_output=True, check=False, env=dict(os.environ), timeout=120)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert done.stderr.strip().splitlines()[-1].endswith("No space left on device")
        before = len(server.requests)
        assert before < 2 * WHOLE
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        again = subprocess.run(words, text=True, capture_output=True, check=False, env=dict(os.environ), timeout=120)
        assert again.returncode == 0, again.stderr
        assert len(asked(server)) == WHOLE
    finally:
        subprocess.run(["umount", str(disk)], check=True)
