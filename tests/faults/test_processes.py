"""Runs that are killed, stopped or put to sleep, and carried on: what was answered is not asked again."""

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from faulting import SUITE, Script, frame_of, go, named, twice
from loopback import LoopbackServer

SAMPLES = 24
PATIENCE_SECONDS = 90


@pytest.fixture(scope="module")
def nursery() -> Any:
    """Processes that have imported everything already, each made in no time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["faulting", "standfast.run"])
    return context


@contextmanager
def playing(tmp_path: Path, **options: Any) -> Iterator[tuple[LoopbackServer, Path, dict[str, str]]]:
    """A server that answers an audit of 24 samples, the suite, and what a process needs to find the server."""
    suite = tmp_path / "suite.yaml"
    suite.write_text(SUITE.format(items=SAMPLES // 4))
    script = Script.of(suite, [])
    with LoopbackServer(script.reply, choose=script.choose, latency_s=0.05, **options) as server:
        known = {"LOOPBACK_BASE_URL": server.base_url, "LOOPBACK_API_KEY": "planted-key-7f3a9c21"}
        yield server, suite, {**known, "INSPECT_DISPLAY": "none", "XDG_DATA_HOME": str(tmp_path / "data")}


def start(nursery: Any, *arguments: Any) -> BaseProcess:
    process: BaseProcess = nursery.Process(target=go, args=arguments, daemon=True)
    process.start()
    return process


def called(server: LoopbackServer, model: str) -> int:
    return sum(request.body["model"] == model for request in list(server.requests))


def await_calls(server: LoopbackServer, model: str, count: int, process: BaseProcess) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while called(server, model) < count and process.is_alive() and time.monotonic() < until:
        time.sleep(0.005)


def stop(process: BaseProcess, how: str) -> None:
    assert process.pid is not None
    if how == "SLEEP":
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(process.pid, signal.SIGCONT)
        return
    os.kill(process.pid, getattr(signal, f"SIG{how}"))
    process.join(PATIENCE_SECONDS)
    assert not process.is_alive(), "the signal did not end it"


def lose(what: str, tmp_path: Path, folder: Path) -> None:
    """Take from a run what its case says is lost."""
    if what == "buffer":
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
    elif what == "cache":
        shutil.rmtree(folder / "cache", ignore_errors=True)
    elif what == "half-cache":
        kept = [path for path in (folder / "cache").rglob("*") if path.is_file()]
        assert kept
        for path in kept:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.fixture(scope="module")
def sound(tmp_path_factory, nursery) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("undisturbed")
    with playing(folder) as (server, suite, known):
        process = start(nursery, suite, folder / "run", known)
        process.join(PATIENCE_SECONDS)
        assert len(server.requests) == 2 * SAMPLES
    return frame_of(folder / "run").drop(columns=["log", "run"])


@pytest.mark.parametrize("case", named("processes"))
def test_what_was_answered_before_the_stop_is_not_asked_again(tmp_path, nursery, sound, case, tally):
    folder = tmp_path / "run"
    with playing(tmp_path) as (server, suite, known):
        process = start(nursery, suite, folder, known)
        await_calls(server, case["model"], case["after"], process)
        stop(process, case["stop"])
        if case["stop"] != "SLEEP":
            assert len(server.requests) <= 2 * SAMPLES
            lose(case.get("lost", ""), tmp_path, folder)
            process = start(nursery, suite, folder, known)
        process.join(PATIENCE_SECONDS)
        assert process.exitcode == 0
        again = twice(server.requests)
    pd.testing.assert_frame_equal(frame_of(folder).drop(columns=["log", "run"]), sound)
    assert again <= case["again"], f"{again} calls were paid twice"
    tally(case)
