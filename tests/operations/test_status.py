"""Status: while a run is under way, after it was killed, when it is done, and on folders that are damaged."""

import json
import os
import subprocess
import time

import pytest
from click.testing import CliRunner
from operating import REFUSED, SECRET, command, write_suite

from standfast import ledger, statusing
from standfast.cli import main
from standfast.folder import locked, mark_stopped
from standfast.ledger import Call
from standfast.progressing import Found
from standfast.run import run
from standfast.statusing import look

ITEMS = 2
N = 8  # samples of the suite: 2 items, 2 roles, 2 profiles
AT = 1_800_000_000.0


def call(role="subject", outcome="ok", **more):
    return Call(at=AT, seconds=1.0, role=role, model="a/b", outcome=outcome, **more)


def test_a_finished_run_is_told_with_what_it_cost_and_what_to_type_next(folder):
    status = look(folder)
    assert (status.state, status.exit_code, status.why) == ("finished", 0, ())
    assert (status.total("planned"), status.total("finished"), status.total("failed")) == (N, N, 0)
    assert {role: spent.calls for role, spent in status.spent.items()} == {"subject": N, "judge": N, "all": 2 * N}
    assert status.spent["subject"].tokens_out > 0
    assert status.spent["all"].dollars is None  # nobody gave a price; it is not zero
    assert (status.owner, status.pace, status.last_error, status.troubles) == (None, None, "", ())
    assert status.next == f"standfast analyse {folder}"
    brief = look(folder, brief=True)
    assert (brief.state, brief.progress) == ("finished", status.progress)


def test_the_next_command_follows_the_stages(folder):
    for file, verb in (("results.json", "gate"), ("decision.json", "report")):
        (folder / file).write_text('{"verdict": "pass"}')
        assert look(folder).next == f"standfast {verb} {folder}"
    assert look(folder).verdict == "pass"
    (folder / "report.html").touch()
    assert look(folder).next == ""


def test_a_run_is_seen_while_it_is_under_way_and_after_it_was_killed(opened, tmp_path):
    opened.latency_s = 0.1
    suite, folder = write_suite(opened, tmp_path, items=4), tmp_path / "run"
    words = command("run", suite, "--out", folder, "--only-logs", "--max-connections", "1")
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ.copy())
    deadline = time.monotonic() + 60
    while len(opened.requests) < 25 and time.monotonic() < deadline:
        time.sleep(0.01)
    under_way = look(folder)
    process.kill()
    process.wait()
    assert (under_way.state, under_way.exit_code) == ("running", 3)
    assert under_way.owner.process == process.pid
    assert under_way.total("planned") == 2 * N
    assert 0 < under_way.spent["all"].calls < 4 * N
    assert under_way.cache
    assert under_way.next == f"standfast status {folder}"

    killed = look(folder)
    assert (killed.state, killed.exit_code, killed.owner) == ("stopped", 3, None)
    assert killed.why == ("its last session was killed, or never closed its logs",)
    assert killed.total("finished") >= under_way.total("finished")
    assert killed.total("finished") < 2 * N
    assert "reply cache: there" in killed.keeps
    assert killed.next == f"standfast resume {folder}"


def test_errors_are_counted_by_class_and_their_last_message_holds_no_key(opened, tmp_path):
    opened.choose = lambda body: REFUSED if body["model"] == "judge" else None
    folder = run(write_suite(opened, tmp_path), out=tmp_path / "run", display="none")
    status = look(folder)
    assert (status.state, status.total("unjudged"), status.total("finished")) == ("finished", N, 0)
    assert {(one.where, one.kind): one.count for one in status.troubles} == {
        ("requests", "judge refused_request"): N,
        ("samples", "AuthenticationError 401"): N,
    }
    assert "no such key" in status.last_error
    assert status.cache
    assert status.next == f"standfast resume {folder}"
    done = CliRunner().invoke(main, ["status", str(folder)])
    assert done.exit_code == 0
    assert "AuthenticationError 401" in done.stdout
    assert SECRET not in done.stdout


def test_what_stopped_a_run_is_said_and_the_cap_is_named(folder):
    mark_stopped(folder, "stopped by its budget: 5.00 of 5.00 dollars; 3 of 8 samples asked")
    status = look(folder)
    assert (status.state, status.exit_code) == ("stopped", 3)
    assert status.why == ("stopped by its budget: 5.00 of 5.00 dollars; 3 of 8 samples asked",)
    assert status.next == f"standfast resume {folder} --max-dollars MORE"


def test_a_folder_in_use_is_looked_at_without_disturbing_it(folder):
    with locked(folder):
        assert look(folder).state == "running"
        assert look(folder).owner.process == os.getpid()
    with locked(folder):
        pass
    assert look(folder).owner is None


@pytest.mark.parametrize(
    ("damage", "state", "told"),
    [
        (lambda f: (f / "run.json").unlink(), "damaged", "cannot be read"),
        (lambda f: (f / "run.json").write_text("{"), "damaged", "cannot be read"),
        (lambda f: (f / "run.json").write_text("[]"), "damaged", "is no run record"),
        (lambda f: (f / "run.json").write_text('{"schema": "standfast/run/2"}'), "damaged", "lacks suite, models"),
        (lambda f: (f / "run.json").write_text('{"schema": "standfast/run/9", "versions": {"standfast": "7.1"}}'), "other version", "7.1"),
        (lambda f: edit(f, audits={"advice": 3}), "damaged", "is not the record of a run"),
        (lambda f: edit(f, models=None), "damaged", "models is a NoneType"),
        (lambda f: next((f / "logs").glob("*.eval")).write_bytes(b"no log"), "damaged", "cannot be read as an Inspect log"),
        (lambda f: (f / "calls.csv").write_text("a,b\n1,2\n"), "damaged", "is no ledger"),
        (lambda f: (f / "stopped.json").write_text("{"), "damaged", "stopped.json: cannot be read"),
    ],
)  # fmt: skip
def test_a_damaged_folder_says_so_and_exits_12(folder, damage, state, told):
    damage(folder)
    done = CliRunner().invoke(main, ["status", str(folder), "--json"])
    assert done.exit_code == 12
    assert done.exception is None or isinstance(done.exception, SystemExit)
    shown = json.loads(done.stdout)
    assert (shown["state"], shown["exit_code"]) == (state, 12)
    assert told in " ".join(shown["why"])


def edit(folder, **change):
    path = folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


def test_a_log_that_is_gone_leaves_the_run_unfinished(folder):
    next((folder / "logs").glob("*.eval")).unlink()
    status = look(folder)
    assert (status.state, status.total("finished"), status.total("planned")) == ("stopped", 0, N)


def test_costs_are_added_up_by_role_and_an_unknown_price_is_none(folder):
    (folder / ledger.FILE).unlink()
    for one in (call(input=10, output=5, dollars=0.5), call(input=10, output=5), call("judge", "rate_limit")):
        ledger.append(folder, one)
    spent = look(folder).spent
    assert (spent["subject"].dollars, spent["subject"].unpriced, spent["subject"].tokens_in) == (0.5, 1, 20)
    assert (spent["judge"].calls, spent["judge"].answered, spent["judge"].dollars) == (1, 0, 0)


def test_the_pace_is_that_of_the_last_minutes_of_this_session_and_absent_where_unknown():
    began = [Call(at=AT - 300, role="run", outcome="began")]

    def pace(*done):
        rows = (statusing.Progress(model="m", audit="a", planned=100, finished=40, failed=0, unjudged=0, ended=False),)
        known = Found(rows=rows, errors={}, last="", done=done, unreadable=(), interrupted=True)
        return statusing._pace(known, began, AT)

    assert pace() is None
    assert pace(AT - 10) is None
    assert pace(AT - 10, AT - 10) is None
    assert pace(AT - 5000, AT - 400, AT - 10) is None  # before this session, or the window
    found = pace(AT - 5000, *(AT - 60 + 6 * k for k in range(11)))
    assert found.samples_per_minute == pytest.approx(10)
    assert found.minutes_left == pytest.approx(6)
    assert "11 samples finished within 1.0 minutes" in found.basis


def test_a_provider_s_message_is_shown_short_and_inert(monkeypatch):
    monkeypatch.setenv("ACME_API_KEY", SECRET)
    shown = statusing.plain(f"a\nb \x1b[2J {SECRET} " + "w" * 500 + " the cause")
    assert SECRET not in shown
    assert shown.isprintable()
    assert len(shown) <= statusing.LONGEST + 2
    assert shown.endswith("the cause")
