import hashlib
import json
import math
import random
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from inspect_ai.log import invalidate_samples, read_eval_log, write_eval_log

from standfast.analysis import archives, frames, logs
from standfast.errors import LogError
from standfast.measure import Measure

DEBATE_ITEMS = {"claim-a": {"side": "yes"}, "claim-b": {"side": "no"}}


@pytest.fixture(scope="session")
def audit(bench):
    return bench.Audit()


@pytest.fixture(scope="session")
def whole(bench, audit, tmp_path_factory) -> Path:
    """A finished log, made once; tests copy it."""
    return bench.make_log(tmp_path_factory.mktemp("whole"), audit, created="2026-11-20T10:00:00+00:00")


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    """A log folder with the finished log."""
    shutil.copy(whole, tmp_path)
    return tmp_path


def changed(path: Path, out: Path, **header) -> Path:
    """Copy a log with fields of its header's `eval` replaced."""
    log = read_eval_log(path)
    for name, value in header.items():
        setattr(log.eval, name, value)
    write_eval_log(log, out)
    return out


def of(frame, sample, measure, epoch=1, turn=0):
    """The one row of a sample and measure."""
    rows = frame[(frame["sample"] == sample) & (frame["measure"] == measure) & (frame["epoch"] == epoch)]
    rows = rows[rows["turn"] == turn]
    assert len(rows) == 1
    return rows.iloc[0]


def test_one_row_per_sample_and_applicable_measure(bench, audit, folder):
    frame = frames.collect(folder)
    assert list(frame.columns) == list(frames.COLUMNS)
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == frames.COLUMNS
    cells = audit.cells()
    questionable = [cell for cell in cells if audit.items[cell.item]["premise"] == "questionable"]
    assert len(frame) == 2 * len(cells) + len(questionable)
    assert not frame.duplicated(["sample", "epoch", "measure", "turn"]).any()
    assert set(frame["status"]) == {"scored"}
    for cell in cells:
        row = of(frame, cell.id, "validation")
        assert row["value"] == bench.flat(cell, 1, "validation")
        assert {name: str(row[name]) for name in cell.facts()} == cell.facts()
        assert (row["model"], row["judge"], row["audit_version"]) == ("mockllm/model", "mockllm/judge", "1-A")
    assert set(frame[frame["measure"] == "framing_challenged"]["item"]) == {cell.item for cell in questionable}


def test_measures_are_rebuilt_from_the_log_alone(audit, folder):
    found = frames.measures(folder)
    assert list(found.values()) == list(audit.measures)
    assert list(found) == [("advice", measure.name) for measure in audit.measures]
    assert isinstance(found["advice", "validation"], Measure)


def test_turns_have_rows_of_their_own(bench, tmp_path):
    def verdict(cell, epoch, measure):
        if cell.profile == "none" and measure == "position/3":
            return "judge_failed"
        return -1.0 if measure.startswith("position/") and cell.challenge == "bare" else 1.0

    held = bench.measure("belief_not_adopted", applies={"challenge": ("bare",)})
    audit = bench.Audit(
        name="debate", measures=(held, bench.position), turns=3, challenges=("bare", "agree"), items=DEBATE_ITEMS
    )
    bench.make_log(tmp_path, audit, verdict=verdict)
    frame = frames.collect(tmp_path)
    turns = frame[frame["measure"] == "position"]
    assert sorted(turns["turn"].unique()) == [1, 2, 3]
    assert len(turns) == 3 * len(audit.cells())
    assert set(frame[frame["measure"] == "belief_not_adopted"]["turn"]) == {0}
    assert set(frame[frame["measure"] == "belief_not_adopted"]["challenge"]) == {"bare"}
    failed = turns[(turns["turn"] == 3) & (turns["profile"] == "none")]
    assert set(failed["status"]) == {"judge_failed"}
    assert failed["value"].isna().all()
    assert set(turns[turns["challenge"] == "bare"]["value"].dropna()) == {-1.0}


def test_long_verdicts_that_inspect_cuts_from_its_summaries_are_read_in_full(bench, tmp_path):
    many = tuple(bench.measure(f"measure_with_a_long_name_{k}") for k in range(40))
    audit = bench.Audit(measures=many, items={"item-0": {}}, profiles=("none",))
    bench.make_log(tmp_path, audit)
    frame = frames.collect(tmp_path)
    assert len(frame) == 40 * len(audit.cells())
    assert set(frame["status"]) == {"scored"}


@pytest.mark.parametrize("status", ["no_position", "refused", "filtered", "judge_failed", "undelivered"])
def test_what_was_not_scored_is_nan_and_never_zero(bench, audit, tmp_path, status):
    broken = audit.cells()[0].id
    bench.make_log(tmp_path, audit, verdict=lambda cell, *_: status if cell.id == broken else 1.0)
    frame = frames.collect(tmp_path)
    assert of(frame, broken, "validation")["status"] == status
    assert frame["value"].isna().sum() == (frame["sample"] == broken).sum()
    assert set(frame["value"].dropna()) == {1.0}


def test_a_sample_that_broke_is_an_error_for_each_of_its_measures(bench, audit, tmp_path):
    broken = audit.cells()[3].id
    bench.make_log(tmp_path, audit, broken=[broken])
    frame = frames.collect(tmp_path)
    rows = frame[frame["sample"] == broken]
    assert set(rows["status"]) == {"error"}
    assert rows["value"].isna().all()
    assert set(rows["measure"]) >= {"validation", "words"}
    assert set(frame[frame["sample"] != broken]["status"]) == {"scored"}


def test_what_never_ran_has_rows_and_no_value(bench, audit, tmp_path):
    ran = [cell.id for cell in audit.cells()][:10]
    bench.make_log(tmp_path, audit, only=ran)
    frame = frames.collect(tmp_path)
    absent = frame[~frame["sample"].isin(ran)]
    assert set(absent["status"]) == {"not_run"}
    assert absent["value"].isna().all()
    assert set(absent["log"]) == {""}
    assert frame["sample"].nunique() == len(audit.cells())


def test_the_plan_of_the_run_counts_models_audits_and_epochs_without_a_log(bench, audit, folder):
    other = bench.Audit(name="debate", measures=(bench.measure("belief_not_adopted"),), items=DEBATE_ITEMS)
    planned = bench.make_run(audit, other, models=["mockllm/model", "mockllm/second"], epochs=2)
    frame = frames.collect(folder, planned)
    status = {key: set(rows["status"]) for key, rows in frame.groupby(["model", "audit", "epoch"])}
    assert status.pop(("mockllm/model", "advice", 1)) == {"scored"}
    assert len(status) == 7
    assert all(found == {"not_run"} for found in status.values())


def test_each_epoch_is_a_row(bench, audit, tmp_path):
    bench.make_log(tmp_path, audit, epochs=2, verdict=lambda cell, epoch, measure: float(epoch - 1))
    frame = frames.collect(tmp_path)
    assert set(frame[frame["epoch"] == 1]["value"]) == {0.0}
    assert set(frame[frame["epoch"] == 2]["value"]) == {1.0}


def test_the_newest_log_that_holds_a_finished_sample_wins(bench, audit, tmp_path):
    """First run: one sample broke. Second: some ran again and finished. Third: one of them broke."""
    ids = [cell.id for cell in audit.cells()]
    first = {"verdict": lambda *_: 0.0, "broken": ids[:1], "created": "2026-01-01T00:00:00+00:00"}
    second = {"verdict": lambda *_: 1.0, "only": ids[:5], "created": "2026-01-02T00:00:00+00:00"}
    third = {"verdict": lambda *_: 0.0, "only": ids[:2], "broken": ids[:2], "created": "2026-01-03T00:00:00+00:00"}
    paths = [bench.make_log(tmp_path, audit, **case) for case in (first, second, third)]
    frame = frames.collect(tmp_path)
    assert len(frame) == len(frames.collect(paths[0]))
    assert set(frame["status"]) == {"scored"}
    assert set(frame[frame["sample"].isin(ids[:5])]["value"]) == {1.0}
    assert set(frame[~frame["sample"].isin(ids[:5])]["value"]) == {0.0}
    assert set(frame[frame["sample"].isin(ids[:5])]["log"]) == {paths[1].name}


def test_a_copied_log_is_not_counted_twice(folder, whole):
    before = frames.collect(folder)
    (folder / "copy").mkdir()
    shutil.copy(whole, folder / "copy")
    shutil.copy(whole, folder / "renamed.eval")
    assert frames.sha256(frames.collect(folder)) == frames.sha256(before)
    assert len(frames.collect(folder)) == len(before)


def test_a_log_without_its_end_keeps_what_was_finished(bench, audit, whole, tmp_path):
    """A process that was killed leaves samples and the journal of their summaries, but no header."""
    killed = tmp_path / "killed.eval"
    log = read_eval_log(whole)
    names = {f"samples/{sample.id}_epoch_1.json" for sample in log.samples[:7]}
    with zipfile.ZipFile(whole) as full, zipfile.ZipFile(killed, "w") as part:
        summaries = json.loads(full.read("summaries.json"))
        for name in full.namelist():
            if name in names or name == "_journal/start.json":
                part.writestr(name, full.read(name))
        kept = [s for s in summaries if f"samples/{s['id']}_epoch_1.json" in names]
        part.writestr("_journal/summaries/1.json", json.dumps(kept))
    frame = frames.collect(tmp_path, bench.make_run(audit))
    assert frame[frame["status"] == "scored"]["sample"].nunique() == 7
    assert frame[frame["status"] == "not_run"]["sample"].nunique() == len(audit.cells()) - 7


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": "2-A"}, "advice has versions 1-A and 2-A|advice has versions 2-A and 1-A"),
        ({"hashes": {"items": "x" * 64, "rubric": "r" * 64}}, "other items in each"),
        ({"hashes": {"items": "i" * 64}}, "other rubric in each"),
        ({"turns": 2}, "measures, items or turns"),
    ],
)
def test_logs_that_are_not_comparable_are_refused_and_both_are_named(bench, audit, folder, whole, change, words):
    header = replace(audit, **change).header()
    other = changed(whole, folder / "other.eval", metadata={"standfast": header})
    with pytest.raises(LogError, match=words) as refused:
        frames.collect(folder)
    assert whole.name in str(refused.value)
    assert other.name in str(refused.value)
    with pytest.raises(LogError, match=words):
        frames.measures(folder)


def test_two_judges_of_one_subject_are_refused(folder, whole):
    log = read_eval_log(whole)
    roles = {"grader": log.eval.model_roles["grader"].model_copy(update={"model": "mockllm/lenient"})}
    changed(whole, folder / "other.eval", model_roles=roles)
    with pytest.raises(LogError, match=r"judges 'mockllm/(judge|lenient)' and 'mockllm/(judge|lenient)'"):
        frames.collect(folder)


def test_a_log_of_another_run_is_refused(bench, audit, folder):
    with pytest.raises(LogError, match=r"not planned in run\.json"):
        frames.collect(folder, bench.make_run(audit, models=["mockllm/other"]))
    with pytest.raises(LogError, match=r"not the log of this run\.json: advice has versions"):
        frames.collect(folder, bench.make_run(replace(audit, version="2-A")))
    with pytest.raises(LogError, match=r"judged by 'mockllm/judge', run\.json says 'mockllm/other'"):
        frames.collect(folder, {**bench.make_run(audit), "judges": ["mockllm/other"]})
    fewer = bench.make_run(audit)
    gone = fewer["audits"]["advice"]["sample_ids"].pop()
    with pytest.raises(LogError, match=f"sample {gone}, epoch 1 is not planned"):
        frames.collect(folder, fewer)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run: run.pop("audits"),
        lambda run: run.update(epochs="x"),
        lambda run: run["audits"]["advice"].pop("measures"),
    ],
)
def test_a_damaged_run_json_is_refused(bench, audit, folder, spoil):
    planned = bench.make_run(audit)
    spoil(planned)
    with pytest.raises(LogError, match=r"^run\.json"):
        frames.collect(folder, planned)


@pytest.mark.parametrize("value", [2.0, -0.5, 0.5, math.nan, math.inf])
def test_a_value_out_of_range_is_refused_and_never_a_number(bench, audit, tmp_path, value):
    path = bench.make_log(tmp_path, audit, verdict=lambda cell, epoch, measure: value)
    with pytest.raises(LogError, match="expected a binary from 0 to 1") as refused:
        frames.collect(tmp_path)
    assert str(path) in str(refused.value)


def test_a_status_that_is_not_known_is_refused(bench, audit, tmp_path):
    bench.make_log(tmp_path, audit, verdict=lambda *_: "fine")
    with pytest.raises(LogError, match="status 'fine' is not one of scored, no_position"):
        frames.collect(tmp_path)


def test_a_sample_whose_metadata_contradict_its_id_is_refused(folder, whole):
    log = read_eval_log(whole)
    log.samples[0].metadata["role"] = "oracle"
    write_eval_log(log, folder / whole.name)
    with pytest.raises(LogError, match="role is 'oracle' in its metadata"):
        frames.collect(folder)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda score: setattr(score, "value", 1.0),
        lambda score: score.metadata.update(status=["scored"]),
        lambda score: score.metadata.update(turns={"turn": 1}),
        lambda score: score.metadata.update(turns=[{"turn": 1, "values": 1.0}]),
    ],
)
def test_a_score_of_another_shape_is_refused(folder, whole, spoil):
    log = read_eval_log(whole)
    spoil(log.samples[0].scores["verdicts"])
    write_eval_log(log, folder / whole.name)
    with pytest.raises(LogError, match="lacks values, statuses or turns"):
        frames.collect(folder)


def test_a_sample_without_verdicts_is_an_error_and_not_a_zero(folder, whole):
    log = read_eval_log(whole)
    log.samples[0].scores = None
    write_eval_log(log, folder / whole.name)
    frame = frames.collect(folder)
    assert set(frame[frame["sample"] == log.samples[0].id]["status"]) == {"error"}
    assert frame["value"].isna().sum() == (frame["sample"] == log.samples[0].id).sum()


def test_a_value_for_a_measure_that_does_not_apply_is_refused(folder, whole):
    log = read_eval_log(whole)
    log.samples[0].scores["verdicts"].value["stray"] = 0.0
    write_eval_log(log, folder / whole.name)
    with pytest.raises(LogError, match="has a value for stray"):
        frames.collect(folder)


def test_an_invalidated_log_is_refused(folder, whole):
    log = read_eval_log(whole)
    edited = invalidate_samples(log, [log.samples[0].uuid], provenance=_provenance())
    write_eval_log(edited, folder / whole.name)
    with pytest.raises(LogError, match="invalidated"):
        frames.collect(folder)


def _provenance():
    from inspect_ai.log import ProvenanceData

    return ProvenanceData(author="test", reason="test")


@pytest.mark.parametrize("declared", [None, "text", {}, {"schema": 2}, {"schema": 1, "audit": "advice"}])
def test_a_log_that_declares_no_audit_is_refused(folder, whole, declared):
    changed(whole, folder / whole.name, metadata={"standfast": declared} if declared is not None else {})
    with pytest.raises(LogError, match=whole.name):
        frames.collect(folder)


def test_foreign_logs_are_refused_by_name(data):
    foreign = sorted((data / "inspect_eval_logs").glob("*.eval"))
    assert len(foreign) > 10
    for path in foreign:
        with pytest.raises(LogError) as refused:
            frames.collect([path])
        assert path.name in str(refused.value)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"hello",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-30],
        lambda content: content[:900] + bytes(byte ^ 255 for byte in content[900:940]) + content[940:],
    ],
    ids=["empty", "text", "half", "no end", "altered"],
)
def test_a_damaged_log_is_refused_by_name(folder, whole, damage):
    (folder / whole.name).write_bytes(damage(whole.read_bytes()))
    with pytest.raises(LogError, match=f"{whole.name}: cannot be read as an Inspect log"):
        frames.collect(folder)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(folder, monkeypatch):
    assert logs.MEMBER_LIMIT <= 2**30
    monkeypatch.setattr(logs, "MEMBER_LIMIT", 2**23)
    bomb = folder / "bomb.eval"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", bytes(2**24))
    assert bomb.stat().st_size < 2**15
    monkeypatch.setattr(archives.Archive, "read", lambda *_: pytest.fail("was unpacked"))
    with pytest.raises(LogError, match=r"bomb\.eval: unpacks to 16 MiB"):
        frames.collect([bomb])


def test_many_parts_that_are_large_together_are_refused(whole, monkeypatch):
    monkeypatch.setattr(logs, "TOTAL_LIMIT", 1000)
    with pytest.raises(LogError, match="unpacks to"):
        frames.collect([whole])


def test_no_log_is_an_error_and_not_an_empty_frame(tmp_path):
    for nothing in (tmp_path, [], [tmp_path / "absent.eval"]):
        with pytest.raises(LogError, match=r"no \.eval log|no log|no such log"):
            frames.collect(nothing)


def test_a_frame_survives_a_round_trip(folder, tmp_path):
    frame = frames.collect(folder)
    path = tmp_path / "frame.parquet"
    frames.write(frame, path)
    pd.testing.assert_frame_equal(frames.read(path), frame)
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


def test_a_damaged_frame_is_refused(folder, tmp_path):
    path = tmp_path / "frame.parquet"
    path.write_bytes(b"PAR1 not quite")
    with pytest.raises(LogError, match="cannot be read as a frame"):
        frames.read(path)
    frames.collect(folder).drop(columns=["status"]).to_parquet(path)
    with pytest.raises(LogError, match="expected run, model"):
        frames.read(path)


HOSTILE = ["", "NaN", 'say "no"', "a,b", "line\nbreak", "return\rhere", "\0", "−", "'", " ", "1.0", "é", None]
NUMBERS = [0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 1e-300, 0.1 + 0.2, 1e22, 5e-324]


@pytest.mark.parametrize("rows", [0, 1, 2, 300])
def test_the_hash_is_that_of_the_sorted_comma_separated_file(rows, monkeypatch):
    monkeypatch.setattr(frames, "_AT_ONCE", 70)
    draw = random.Random(rows)
    kinds = {"string": HOSTILE, "int64": [0, -1, 2**62], "float64": NUMBERS}
    columns = {
        name: pd.Series(draw.choices(kinds[kind], k=rows), dtype="object" if kind == "string" else kind)
        for name, kind in frames.COLUMNS.items()
    }
    frame = pd.DataFrame(columns)
    content = frame.drop(columns=["run", "log"])
    content = content.sort_values(list(content.columns))
    written = content.to_csv(index=False, na_rep="NaN", lineterminator="\n").encode("utf-8", "surrogatepass")
    assert frames.sha256(frame) == hashlib.sha256(written).hexdigest()


def test_the_hash_is_of_the_content_and_not_of_where_it_lies(folder):
    frame = frames.collect(folder)
    shuffled = frame.sample(frac=1, random_state=1).assign(run="other", log="other.eval")
    assert frames.sha256(shuffled.astype(frames.COLUMNS)) == frames.sha256(frame)
    for column, value in (("value", 0.25), ("status", "refused"), ("model", "x/y")):
        edited = frame.copy()
        edited.loc[3, column] = value
        assert frames.sha256(edited) != frames.sha256(frame)
