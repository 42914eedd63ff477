"""What is read of a log, and that it is read once where it is kept."""

import os

import pytest

from standfast.analysis import logs as log_files
from standfast.analysis import summaries
from standfast.errors import LogError


@pytest.fixture
def log(bench, tmp_path):
    return bench.make_log(tmp_path, bench.Audit(), temperature=0.5)


@pytest.fixture
def opened(monkeypatch):
    """Count how often a log's summaries are read."""
    counted = []
    read = summaries.summaries
    monkeypatch.setattr(summaries, "summaries", lambda path, content=None: counted.append(path) or read(path, content))
    return counted


def test_a_log_tells_how_its_subject_was_asked(log):
    found = log_files.read(log)
    assert (found.sampling, found.limit, found.user, found.epochs) == ({"temperature": 0.5}, None, "", 1)


def test_evidence_is_read_where_it_is_asked_for(log, bench):
    plain, told = (log_files.records(log_files.read(log), readings=readings) for readings in ((), ("evidence",)))
    assert {len(record.evidence) for record in plain} == {0}
    cells = {cell.id: cell for cell in bench.Audit().cells()}
    assert all(record.evidence == bench.drawn_anew(cells[record.id], 1) for record in told)


def test_a_kept_log_is_read_once_and_says_the_same(log, opened):
    header = log_files.read(log)
    alone = [log_files.records(header, readings=readings) for readings in ((), ("panel", "evidence"))]
    opened.clear()
    with log_files.kept():
        assert log_files.read(log) is log_files.read(log)
        again = [log_files.records(header, readings=readings) for readings in ((), ("panel", "evidence"))]
        with log_files.kept():
            log_files.records(header)
    assert again == alone
    assert len(opened) == 1
    log_files.records(header)
    assert len(opened) == 2  # nothing is kept beyond


def test_a_file_that_changed_is_read_anew(bench, log, opened):
    header = log_files.read(log)
    with log_files.kept():
        before = log_files.records(header)
        other = bench.make_log(log.parent, bench.Audit(), verdict=lambda *_: "refused")
        log.write_bytes(other.read_bytes())
        os.utime(log, ns=(1, 1))
        assert log_files.records(header) != before
        log.write_bytes(b"x")
        with pytest.raises(LogError, match="cannot be read as an Inspect log"):
            log_files.read(log)
        log.unlink()
        with pytest.raises(LogError):
            log_files.records(header)
