"""Providers that go away and come back, clocks that jump, and machines on which nothing can be written."""

import multiprocessing
import re
import time
import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from faulting import (
    CATALOGUE,
    SUITE,
    Case,
    Script,
    as_parameter,
    fault_of,
    frame_of,
    go,
    impatient,
    named,
    serve,
    twice,
)
from loopback import Fault, LoopbackServer

from standfast.cli import main
from standfast.errors import RunError
from standfast.folder import locked
from standfast.resuming import resume
from standfast.run import run

SAMPLES = 8
ORIGIN = ["log", "run"]


@pytest.fixture
def playing(tmp_path, monkeypatch):
    """Yield the suite, and a server that suffers what a test puts into `server.choose`."""
    suite = tmp_path / "suite.yaml"
    suite.write_text(SUITE.format(items=SAMPLES // 4))
    script = Script.of(suite, [])
    impatient(monkeypatch)
    server = LoopbackServer(script.reply)
    return suite, server


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("undisturbed")
    suite = folder / "suite.yaml"
    suite.write_text(SUITE.format(items=SAMPLES // 4))
    script = Script.of(suite, [])
    with pytest.MonkeyPatch.context() as patch, LoopbackServer(script.reply) as server:
        serve(patch, server)
        impatient(patch)
        run(suite, out=folder / "run", display="none")
    return frame_of(folder / "run").drop(columns=ORIGIN)


def away(case: Case, met: list[str]) -> Any:
    """Fail every call of the case's model after the first ones."""

    def choose(body: dict[str, Any]) -> Fault | None:
        met.append(body["model"])
        failing = body["model"] == case["model"] and met.count(case["model"]) > case["after"]
        return fault_of(case["fault"]) if failing else None

    return choose


def shift(folder: Path, seconds: float) -> None:
    """Make the logs those of a clock that was wrong: the clock that goes on differs from theirs by so much."""
    for path in (folder / "logs").glob("*.eval"):
        with zipfile.ZipFile(path) as archive:
            parts = {member.filename: archive.read(member) for member in archive.infolist()}
        wrong = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - seconds)).encode()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, re.sub(rb'(?<="created":")[^"]+', wrong, content))


@pytest.mark.parametrize("case", named("outages"))
def test_what_was_answered_before_an_outage_is_kept_and_the_rest_is_asked_later(
    case, playing, sound, tmp_path, monkeypatch, tally
):
    suite, server = playing
    folder = tmp_path / "run"
    if case.get("absent"):
        with server:  # takes a port, and leaves it
            serve(monkeypatch, server)
        first = nullcontext()
    else:
        server.choose = away(case, [])
        first = server
    with first:
        if not case.get("absent"):
            serve(monkeypatch, server)
        gone = case.get("then") != "resume"
        with pytest.raises(RunError, match="a provider was away") if gone else nullcontext():
            run(suite, out=folder, display="none", max_connections=4)
        found = frame_of(folder)
        assert len(found) == len(sound)
        assert found[found["status"] != "scored"]["value"].isna().all()
        if not case.get("absent"):
            come_back(case, server, suite, folder)
    if case.get("absent"):
        with server:
            come_back(case, server, suite, folder)
    pd.testing.assert_frame_equal(frame_of(folder).drop(columns=ORIGIN), sound)
    faulty = case.get("fault", {}).get("status", 200) == 200 and not case.get("absent")
    assert twice(server.requests) <= (SAMPLES - case["after"] if faulty else 0)
    assert sum(r.status == 200 and r.body["model"] == "subject" for r in server.requests) == SAMPLES
    assert not (folder / "cache").exists()
    tally(case)


def come_back(case: Case, server: LoopbackServer, suite: Path, folder: Path) -> None:
    server.choose = lambda _: None
    if "jump" in case:
        shift(folder, case["jump"])
    if case.get("then") == "resume":
        resume(folder, display="none", max_connections=4)
    else:
        run(suite, out=folder, display="none", max_connections=4)


def of_machine(name: str) -> Case:
    return next(case for case in CATALOGUE["machine"] if case["id"] == name)


@pytest.mark.parametrize("case", [as_parameter(of_machine(name)) for name in ("disk-full", "disk-full-at-once")])
def test_a_full_disk_ends_the_run_and_an_emptier_one_carries_it_on(case, playing, sound, tmp_path, tally):
    suite, server = playing
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["faulting", "standfast.run"])
    codes = []
    with server:
        known = {"LOOPBACK_BASE_URL": server.base_url, "LOOPBACK_API_KEY": "planted-key-7f3a9c21"}
        known |= {"INSPECT_DISPLAY": "none", "XDG_DATA_HOME": str(tmp_path / "data")}
        for most in (case["bytes"], None):
            process = context.Process(target=go, args=(suite, tmp_path / "run", known, most), daemon=True)
            process.start()
            process.join(120)
            codes.append(process.exitcode)
    assert codes[0] not in (0, None)
    assert codes[1] == 0
    pd.testing.assert_frame_equal(frame_of(tmp_path / "run").drop(columns=ORIGIN), sound)
    assert twice(server.requests) <= 2 * SAMPLES  # what could not be written is not known
    tally(case)


def test_a_second_run_in_the_same_folder_is_refused_before_it_asks(playing, tmp_path, monkeypatch, tally):
    suite, server = playing
    with server, locked(tmp_path / "run"):
        serve(monkeypatch, server)
        with pytest.raises(RunError, match="in use by another standfast"):
            run(suite, out=tmp_path / "run", display="none")
    assert server.requests == []
    tally(of_machine("two-processes"))


@pytest.mark.parametrize("case", [as_parameter(of_machine(name)) for name in ("read-only", "out-file")])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_asked(case, playing, tmp_path, monkeypatch, tally):
    suite, server = playing
    (tmp_path / "taken").write_text("a file")
    with server:
        serve(monkeypatch, server)
        done = CliRunner().invoke(main, ["run", str(suite), "--only-logs", "--out", str(tmp_path / case["out"])])
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in (1, 2)
    assert "Traceback" not in done.output
    assert server.requests == []
    tally(case)


def test_a_clock_that_jumps_during_a_run_changes_nothing(playing, sound, tmp_path, monkeypatch, tally):
    suite, server = playing
    real, jumps = time.time, [0.0]

    def choose(_: dict[str, Any]) -> Fault | None:
        jumps[0] = 86_400.0 - jumps[0]
        return None

    server.choose = choose
    monkeypatch.setattr(time, "time", lambda: real() + jumps[0])
    with server:
        serve(monkeypatch, server)
        run(suite, out=tmp_path / "run", display="none")
    pd.testing.assert_frame_equal(frame_of(tmp_path / "run").drop(columns=ORIGIN), sound)
    assert len(server.requests) == 2 * SAMPLES
    tally(of_machine("clock-during"))
