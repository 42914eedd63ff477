"""What is read of a log directly is what Inspect reads of it; what was remembered is read again only where it fits."""

import json
import math
import zipfile

import pytest
import zstandard
from inspect_ai.log import read_eval_log, write_eval_log

from standfast.analysis import archives, frames, keeping, remembered, summaries
from standfast.analysis import logs as log_files

READINGS = ("answers", "panel", "evidence", "exchange")


@pytest.fixture(scope="module")
def log(bench, tmp_path_factory):
    """A log with what there may be: long panels that summaries cut, a missing value, a broken sample and epochs."""
    reading = {"judge": "mockllm/other", "kind": "second", "values": {}, "status": {}, "turns": []}
    broken = bench.Audit().cells()[2].id

    def verdict(cell, epoch, measure):
        return "judge_failed" if cell.profile == "none" else bench.flat(cell, epoch, measure)

    return bench.make_log(
        tmp_path_factory.mktemp("log"),
        bench.Audit(),
        verdict=verdict,
        epochs=2,
        broken=[broken],
        panel=lambda cell: [reading] * (40 if cell.role == "peer" else 1),
    )


def by_inspect(path, monkeypatch, readings):
    with monkeypatch.context() as patch:
        patch.setattr(summaries, "summaries", lambda *_: None)
        patch.setattr(summaries, "samples", lambda *_: None)
        return log_files.records(log_files.read(path), readings=readings)


def same(one, other):
    """Compare as text, since NaN is not equal to itself."""
    return [str(record) for record in one] == [str(record) for record in other]


@pytest.mark.parametrize("readings", [(), READINGS])
def test_both_ways_give_the_same_records(log, monkeypatch, readings):
    monkeypatch.setattr(log_files, "_is_cancelled", lambda _: False)
    direct = log_files.records(log_files.read(log), readings=readings)
    assert len(direct) == 2 * 24
    assert any(math.isnan(value) for record in direct for value in record.values.values())
    assert sum(not record.finished for record in direct) == 2
    assert same(direct, by_inspect(log, monkeypatch, readings))
    if readings:
        assert {len(record.panel) for record in direct if record.finished} == {1, 40}


def test_the_header_is_what_inspect_reads(log):
    header = read_eval_log(log, header_only=True)
    assert log_files.of_spec(log, header.eval).definition == log_files.read(log).definition
    assert log_files.read(log).format == header.version == summaries.FORMAT


def rewritten(log, out, name, change):
    """Copy a log with one member changed."""
    with zipfile.ZipFile(log) as source, zipfile.ZipFile(out, "w", 93) as target:
        for member in source.namelist():
            content = source.read(member)
            target.writestr(member, json.dumps(change(json.loads(content))) if member == name else content)
    return out


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: [{**rows[0], "id": 7}, *rows[1:]],
        lambda rows: [{**rows[0], "input": "half of a pair: \ud83d"}, *rows[1:]],
        lambda rows: [{**rows[0], "scores": {"verdicts": {"value": 1.0}}}, *rows[1:]],
        lambda rows: {"rows": rows},
        lambda rows: [[]],
    ],
    ids=["a number as id", "a surrogate", "one value", "no list", "no row"],
)
def test_what_is_not_as_expected_is_left_to_inspect(log, tmp_path, change):
    other = rewritten(log, tmp_path / "other.eval", "summaries.json", change)
    assert summaries.summaries(log) is not None
    assert summaries.summaries(other) is None


def test_a_log_of_another_format_is_left_to_inspect(log, tmp_path, monkeypatch):
    other = rewritten(log, tmp_path / "other.eval", "header.json", lambda header: {**header, "version": 1})
    monkeypatch.setattr(summaries, "summaries", lambda _: pytest.fail("was read directly"))
    header = log_files.read(other)
    assert len(log_files.records(header)) == 48


def test_a_summary_that_stands_twice_counts_once_as_inspect_counts_it(log, tmp_path, monkeypatch):
    def again(rows):
        return [*rows, {**rows[0], "scores": None}]

    other = rewritten(log, tmp_path / "other.eval", "summaries.json", again)
    direct = log_files.records(log_files.read(other))
    assert len(direct) == 48
    assert not direct[0].finished
    assert same(direct, by_inspect(other, monkeypatch, ()))


@pytest.fixture
def unpacked(monkeypatch):
    """Names of the members that are unpacked."""
    names = []
    read = archives.Archive.read
    monkeypatch.setattr(
        archives.Archive, "read", lambda self, member: names.append(member.filename) or read(self, member)
    )
    return names


@pytest.fixture
def folder(log, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / log.name).write_bytes(log.read_bytes())
    return tmp_path


def collected(folder):
    with keeping.kept(folder / "memory"):
        return frames.collect(folder / "logs")


def test_only_a_new_log_is_read_again(bench, log, folder, unpacked):
    first = collected(folder)
    assert len(unpacked) > 48
    unpacked.clear()
    assert frames.sha256(collected(folder)) == frames.sha256(first)
    assert set(unpacked) == {"header.json"}
    bench.make_log(folder / "logs", bench.Audit(), only=[bench.Audit().cells()[2].id], epochs=2)
    unpacked.clear()
    again = collected(folder)
    assert frames.sha256(again) == frames.sha256(frames.collect(folder / "logs")) != frames.sha256(first)
    entries = sorted(path.name for path in (folder / "memory").iterdir())
    assert entries == sorted(f"{keeping.digest(path)}.zst" for path in (folder / "logs").glob("*.eval"))


def test_a_log_that_changed_is_read_again_and_its_entry_is_gone(bench, folder):
    collected(folder)
    (path,) = (folder / "logs").glob("*.eval")
    whole = read_eval_log(path)
    whole.samples[0].scores["verdicts"].value["words"] = 1.0
    write_eval_log(whole, path)
    assert frames.sha256(collected(folder)) == frames.sha256(frames.collect(folder / "logs"))
    assert [entry.stem for entry in (folder / "memory").iterdir()] == [keeping.digest(path)]


def test_what_is_remembered_is_enough_for_every_reading(folder, log, unpacked):
    (path,) = (folder / "logs").glob("*.eval")
    with keeping.kept(folder / "memory"):
        before = log_files.records(log_files.read(path), readings=READINGS)
    unpacked.clear()
    with keeping.kept(folder / "memory"):
        assert same(log_files.records(log_files.read(path), readings=READINGS), before)
    assert set(unpacked) == {"header.json"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda packed: b"",
        lambda packed: packed[:-20],
        lambda packed: zstandard.compress(b"{}"),
        lambda packed: zstandard.compress(b"[" * 100_000),
        lambda packed: zstandard.compress(
            zstandard.decompress(packed).replace(b"standfast/read/1", b"standfast/read/0")
        ),
        lambda packed: zstandard.compress(zstandard.decompress(packed).replace(b'"epoch":1', b'"epoch":"1"')),
    ],
    ids=["empty", "torn", "nothing in it", "deep", "of another reader", "of another shape"],
)
def test_an_entry_that_cannot_be_read_is_as_good_as_none(folder, unpacked, spoil):
    before = collected(folder)
    (entry,) = (folder / "memory").iterdir()
    entry.write_bytes(spoil(entry.read_bytes()))
    unpacked.clear()
    assert frames.sha256(collected(folder)) == frames.sha256(before)
    assert len(unpacked) > 48
    assert remembered.load(folder / "memory", entry.stem) is not None


def test_an_entry_under_the_hash_of_another_log_is_not_taken(folder):
    collected(folder)
    (entry,) = (folder / "memory").iterdir()
    other = entry.with_stem("0" * 64)
    other.write_bytes(entry.read_bytes())
    assert remembered.load(folder / "memory", other.stem) is None


def test_nothing_is_remembered_unless_it_is_asked_for(folder):
    collected(folder)
    (entry,) = (folder / "memory").iterdir()
    lie = zstandard.decompress(entry.read_bytes()).replace(b'"scored"', b'"refused"')
    entry.write_bytes(zstandard.compress(lie))
    with keeping.kept():
        assert "scored" in set(frames.collect(folder / "logs")["status"])


def test_a_folder_that_cannot_be_written_costs_time_alone(folder):
    (folder / "memory").write_text("a file")
    assert len(collected(folder))
