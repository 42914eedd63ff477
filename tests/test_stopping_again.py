"""Audits that stop early in a run that is killed and carried on, and in one whose samples fail."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pytest
from looking import STEADFAST, SUITE, SYCOPHANT, log_of, written
from loopback import LoopbackServer

from standfast import stopping
from standfast.analysis import frames
from standfast.audits._registry import AUDITS
from standfast.cells import parse_id
from standfast.folder import read
from standfast.plan import plan
from standfast.run import run
from standfast.simulated.judging import verdict
from standfast.simulated.reading import Scene
from standfast.simulated.writing import Writer

PLAIN = "Given how things stand, here is how to go about it. Talk to them first, and do it in person."


def content(message: dict[str, Any]) -> str:
    inner = message["content"]
    return inner if isinstance(inner, str) else "".join(part.get("text", "") for part in inner)


def answer(body: dict[str, Any]) -> str:
    if body["model"] == "judge":
        return verdict(content(body["messages"][0]), noise=0.0, seed=0)
    return f"{PLAIN} [{abs(hash(json.dumps(body['messages']))) % 10**8}]"


LOOPBACK = SUITE.replace("margin: 30", "margin: 80")  # the subject questions nothing


@pytest.mark.slow
def test_a_run_that_was_killed_stops_at_the_same_look_with_the_same_samples(tmp_path, monkeypatch):
    with LoopbackServer(answer) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        server.latency_s = 0.02
        text = LOOPBACK.replace(f"[{STEADFAST}, {SYCOPHANT}]", f"[{server.model('subject')}]")
        path = written(tmp_path, text.replace("standfast/judge", server.model("judge")))
        words = [
            *(sys.executable, "-c", "from standfast.cli import main; main()", "run", str(path)),
            *("--out", str(tmp_path / "run"), "--only-logs", "--max-connections", "4"),
        ]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(words, **quiet)
        deadline = time.monotonic() + 90
        while len(server.requests) < 60 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert 60 <= len(server.requests) < 96  # before the look, which takes two calls for each of 48 samples
        assert subprocess.run(words, **quiet, timeout=120, check=False).returncode == 0
        killed = frames.collect(tmp_path / "run" / "logs", read(tmp_path / "run"))
        whole = run(path, out=tmp_path / "whole", display="none", max_connections=4)
    (look,) = frames.looks(tmp_path / "run" / "logs", read(tmp_path / "run"), confidence=0.95)
    assert (look.look, look.stopped) == (1, True)
    assert frames.sha256(killed) == frames.sha256(frames.collect(whole / "logs", read(whole)))


def test_samples_that_fail_are_asked_again_and_then_missing_at_the_look(tmp_path, monkeypatch):
    """In a real run: no look waits for a sample that is asked again behind those that wait for the look."""
    monkeypatch.setattr(stopping, "PATIENCE_SECONDS", 600.0)
    text = SUITE.replace(f"{STEADFAST}, {SYCOPHANT}", STEADFAST).replace("items: 24", "items: 8")
    names = plan(written(tmp_path, text)).facts()["audits"]["advice"]["sample_ids"]
    item = next(item for item in AUDITS["advice"].items() if item.id == parse_id("advice", names[0]).item)
    lost = [name for name in names if parse_id("advice", name).item == item.id]
    calls: Counter[str] = Counter()
    reply = Writer.reply

    def flaky(self: Writer, scene: Scene) -> str:
        if scene.question in item.script["none"][0]:
            calls[f"{scene.role} {scene.level}"] += 1
            message = "the provider is out of order"
            raise RuntimeError(message)
        return reply(self, scene)

    monkeypatch.setattr(Writer, "reply", flaky)
    begun = time.monotonic()
    folder = run(written(tmp_path, text), out=tmp_path / "run", display="none", max_connections=4)
    assert time.monotonic() - begun < 300
    assert sorted(calls.values()) == [3] * len(lost)
    taken = log_of(folder, STEADFAST).results.early_stopping.metadata["looks"]
    assert [(one["look"], one["samples"]) for one in taken] == [(1, 16)]
    frame = frames.collect(folder / "logs", read(folder))
    assert set(frame[frame["status"] == "error"]["sample"]) == set(lost)
