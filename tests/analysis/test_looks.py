"""Logs of audits that stopped early -> the frame: what was not asked is neither missing nor scored."""

import math
from pathlib import Path

import pytest
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.util import EarlyStop, EarlyStoppingSummary

from standfast.analysis import frames, missing
from standfast.analysis.stops import MANAGER
from standfast.errors import LogError

LOOKS = {"at": [4, 8], "spending": "obrien-fleming"}


@pytest.fixture(scope="session")
def audit(bench):
    return bench.Audit()


@pytest.fixture(scope="session")
def declared(audit):
    return {**audit.header(), "looks": LOOKS}


@pytest.fixture(scope="session")
def planned(bench, audit):
    run = bench.make_run(audit)
    run["audits"]["advice"]["looks"] = LOOKS
    return run


@pytest.fixture
def log(bench, audit, declared, tmp_path):
    """Make a log that stopped at a look, or never, and that holds the first samples."""

    def make(held: int, look: int | None, *, left_out: int | None = None, header=declared, **options) -> Path:
        names = [cell.id for cell in audit.cells()]
        path = bench.make_log(tmp_path, audit, only=set(names[:held]), header=header, **options)
        found = read_eval_log(path)
        if look is not None:
            stops = [EarlyStop(id=name, epoch=1) for name in names[held if left_out is None else left_out :]]
            found.results.early_stopping = EarlyStoppingSummary(
                manager=MANAGER, early_stops=stops, metadata={"look": look, "of": 3}
            )
            write_eval_log(found, path)
        return path

    return make


def statuses(frame, names):
    return set(frame[frame["sample"].isin(names)]["status"])


@pytest.mark.parametrize(("held", "look"), [(4, 1), (8, 2)])
def test_what_comes_after_the_look_is_stopped_and_neither_missing_nor_scored(audit, planned, log, held, look):
    path, names = log(held, look), [cell.id for cell in audit.cells()]
    for known in (planned, None):
        frame = frames.collect(path, known)
        assert statuses(frame, names[:held]) == {"scored"}
        assert statuses(frame, names[held:]) == {"stopped"}
        assert frame[frame["status"] == "stopped"]["value"].isna().all()
    assert "stopped" in frames.NOT_APPLICABLE
    asked = missing.checks(frame, seed=1)[0]
    assert (asked.n, asked.n_missing) == (held, 0)
    counts = [row.counts for row in missing.table(frame)]
    assert sum(count["stopped"] for count in counts) == (frame["status"] == "stopped").sum()


def test_a_sample_that_was_under_way_when_it_stopped_does_not_count(audit, planned, log):
    names = [cell.id for cell in audit.cells()]
    frame = frames.collect(log(6, 1), planned)
    assert statuses(frame, names[4:6]) == {"stopped"}
    assert frames.sha256(frame) == frames.sha256(frames.collect(log(4, 1), planned))


def test_a_sample_before_the_look_that_is_not_there_is_missing(audit, planned, log):
    names = [cell.id for cell in audit.cells()]
    frame = frames.collect(log(3, 1, left_out=4), planned)
    assert statuses(frame, names[3:4]) == {"not_run"}
    frame = frames.collect(log(4, 1, broken={names[0]}), planned)
    assert statuses(frame, names[:1]) == {"error"}


def test_an_audit_that_was_cut_short_says_nothing_and_so_misses_what_is_not_there(audit, planned, log):
    names = [cell.id for cell in audit.cells()]
    frame = frames.collect(log(4, None), planned)
    assert statuses(frame, names[4:]) == {"not_run"}


@pytest.mark.parametrize(
    ("held", "look", "stopped", "samples"), [(4, 1, True, 4), (8, 2, True, 8), (None, 3, False, None)]
)
def test_the_look_tells_where_it_ended_and_at_which_confidence(audit, planned, log, held, look, stopped, samples):
    total = len(audit.cells())
    path = log(held or total, look)
    (found,) = frames.looks(path, planned, confidence=0.95)
    assert (found.look, found.of, found.stopped, found.samples, found.planned) == (
        look,
        3,
        stopped,
        samples or total,
        total,
    )
    spent = [frames.looks(path, planned, confidence=c)[0].confidence for c in (0.9, 0.95)]
    assert 0.9 < spent[0] < spent[1] < 1


def test_an_audit_that_looks_at_the_end_alone_has_no_look(bench, audit, log):
    path = log(len(audit.cells()), None, header=audit.header())
    assert frames.looks(path, bench.make_run(audit), confidence=0.95) == ()


def test_a_log_that_claims_stops_without_planned_looks_is_refused(bench, audit, declared, planned, log):
    path = log(4, 1, header=audit.header())
    for known in (bench.make_run(audit), None):
        with pytest.raises(LogError, match=r"were not asked because it stopped early, but no look"):
            frames.collect(path, known)
    path.unlink()
    with pytest.raises(
        LogError, match=r"is not the log of this run\.json: advice looks at its results at other samples"
    ):
        frames.collect(log(4, 1), bench.make_run(audit))


def test_a_log_that_leaves_out_samples_which_the_look_needs_is_refused(planned, log):
    path = log(3, 1)
    with pytest.raises(LogError, match="not asked because it stopped early, but it is among the first 4"):
        frames.collect(path, planned)


def test_a_look_after_the_end_is_refused(audit, planned, log):
    total = len(audit.cells())
    looks = {**LOOKS, "at": [4, total]}
    planned = {**planned, "audits": {"advice": {**planned["audits"]["advice"], "looks": looks}}}
    path = log(4, 1, header={**audit.header(), "looks": looks})
    with pytest.raises(LogError, match=f"looks at sample {total} before the end, but {total} are planned"):
        frames.collect(path, planned)


@pytest.mark.parametrize(
    "looks", [{"at": [8, 4], "spending": "pocock"}, {"at": [4]}, {"at": [4], "spending": "all"}, 1]
)
def test_looks_that_make_no_sense_are_refused(audit, planned, log, looks):
    planned = {**planned, "audits": {"advice": {**planned["audits"]["advice"], "looks": looks}}}
    path = log(4, 1)
    with pytest.raises(LogError, match=r"run.json: audits.advice: looks"):
        frames.collect(path, planned)


def test_the_frame_under_way_is_the_one_that_the_log_gives(audit, planned, log):
    from standfast.analysis import logs, plans

    path = log(4, 1)
    whole = logs.read(path)
    (plan,) = plans.plan_of([whole], planned).values()
    live = frames.under_way(plan, whole, logs.records(whole))
    assert frames.sha256(live) == frames.sha256(frames.collect(path, planned))
    short = frames.under_way(plan, whole, logs.records(whole)[1:])
    gone = short[(short["status"] == "error")]
    assert gone["sample"].nunique() == 1
    assert all(math.isnan(value) for value in gone["value"])


@pytest.mark.parametrize("status", ["stopped", "skipped"])
def test_a_sample_cannot_say_of_itself_that_it_was_not_asked(audit, planned, log, status):
    path = log(len(audit.cells()), 3, verdict=lambda *_: status)
    with pytest.raises(LogError, match=f"its status '{status}' is not one of"):
        frames.collect(path, planned)
