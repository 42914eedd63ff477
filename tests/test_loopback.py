"""Inspect against the loopback server: what a run may count on when a provider misbehaves."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.scorer import includes
from inspect_ai.solver import generate
from loopback import Fault, LoopbackServer

OUTSIDE = "203.0.113.1"  # reserved for documentation, RFC 5737: nobody answers there


def evaluate(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: int = 3, **options: Any
) -> EvalLog:
    """Ask `samples` questions one after the other, with the settings that a user would export."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    task = Task([Sample(input=f"q{i}", target="Yes") for i in range(samples)], solver=generate(), scorer=includes())
    [log] = eval(
        task,
        model=server.model("steady"),
        log_dir=str(tmp_path),
        display="none",
        max_connections=1,
        max_retries=3,
        **options,
    )
    return log


def test_a_429_and_a_500_are_waited_for_and_each_question_is_answered_once(tmp_path, monkeypatch, no_outside):
    faults = {1: Fault("rate_limit", seconds=1), 3: Fault("server_error")}
    with LoopbackServer(lambda _: "Yes.", latency_s=0.05, faults=faults) as server:
        log = evaluate(server, tmp_path, monkeypatch)

    assert log.status == "success"
    assert [sample.output.completion for sample in log.samples] == ["Yes."] * 3
    assert [request.status for request in server.requests] == [429, 200, 500, 200, 200]
    assert server.requests[1].time - server.requests[0].time >= 1  # Retry-After
    assert log.samples[0].output.model == "steady-2026-01-01"
    assert log.samples[0].output.usage.output_tokens == 1
    assert no_outside == []


def test_the_guard_itself_sees_an_outside_connection(no_outside):
    with socket.socket() as sock, pytest.raises(ConnectionRefusedError):
        sock.connect((OUTSIDE, 80))
    with pytest.raises(OSError, match=r"example\.invalid"):
        socket.getaddrinfo("example.invalid", 80)
    assert no_outside == [(OUTSIDE, 80), "example.invalid"]


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [(Fault("dropped"), [None, 200]), (Fault("truncated"), [200, 200]), (Fault("delay", seconds=0.3), [200])],
)
def test_a_broken_connection_is_tried_again_and_a_slow_answer_is_waited_for(fault, statuses, tmp_path, monkeypatch):
    with LoopbackServer(lambda _: "Yes.", faults={1: fault}) as server:
        log = evaluate(server, tmp_path, monkeypatch, samples=1)
    assert log.status == "success"
    assert [request.status for request in server.requests] == statuses


@pytest.mark.parametrize(("kind", "stop_reason"), [("content_filter", "content_filter"), ("empty", "stop")])
def test_an_answer_without_text_is_kept_as_one_and_its_reason_is_in_the_log(kind, stop_reason, tmp_path, monkeypatch):
    with LoopbackServer(lambda _: "Yes.", faults={1: Fault(kind)}) as server:
        log = evaluate(server, tmp_path, monkeypatch, samples=1)
    assert log.status == "success"
    assert (log.samples[0].output.completion, log.samples[0].output.stop_reason) == ("", stop_reason)


def test_an_answer_that_is_no_json_is_the_sample_s_error_and_not_tried_again(tmp_path, monkeypatch):
    with LoopbackServer(lambda _: "Yes.", faults={1: Fault("malformed")}) as server:
        log = evaluate(server, tmp_path, monkeypatch, samples=2, fail_on_error=False)
    assert [sample.error is not None for sample in log.samples] == [True, False]
    assert len(server.requests) == 2


def test_neither_the_records_nor_the_log_hold_credentials(tmp_path, monkeypatch):
    with LoopbackServer(lambda body: body["messages"][-1]["content"]) as server:
        log = evaluate(server, tmp_path, monkeypatch, samples=1)
    assert log.samples[0].output.completion == "q0"
    assert server.requests[0].headers["content-type"] == "application/json"
    assert "planted-key" not in repr(server.requests)
    assert "planted-key" not in log.model_dump_json()


def test_as_a_process_it_writes_its_port_and_a_line_for_each_request(tmp_path):
    port_file, count_file = tmp_path / "port", tmp_path / "count"
    script = Path(__file__).with_name("loopback.py")
    command = [sys.executable, script, "--port-file", port_file, "--count-file", count_file]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 20
            while not port_file.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            url = f"http://127.0.0.1:{port_file.read_text()}/v1/chat/completions"
            body = json.dumps({"model": "steady", "messages": [{"role": "user", "content": "q"}]}).encode()
            with urllib.request.urlopen(urllib.request.Request(url, body), timeout=10) as response:
                answer = json.load(response)
        finally:
            process.send_signal(signal.SIGINT)
            errors = process.communicate(timeout=10)[1]
    assert answer["choices"][0]["message"]["content"] == "Yes."
    assert [json.loads(line)["status"] for line in count_file.read_text().splitlines()] == [200]
    assert (process.returncode, errors) == (0, b"")
