import pytest

from standfast import reports
from standfast.errors import ReportError


def test_all_three_files_are_written_and_nothing_else(mock, tmp_path):
    written = reports.write(tmp_path, *mock.inputs(models=("a",), audits=("advice",)))
    assert written == tuple(tmp_path / f"report.{ending}" for ending in ("pdf", "html", "md"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.md", "report.pdf"]
    assert written[2].read_text("utf-8").startswith("# a\n")
    assert written[0].read_bytes().startswith(b"%PDF-1.7")
    assert written[1].read_text("utf-8").startswith("<!doctype html>")


def test_the_same_inputs_give_the_same_files(mock, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        reports.write(tmp_path / name, *mock.inputs(models=("a",), audits=("advice",)))
    for file in ("report.pdf", "report.html", "report.md"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_report_that_cannot_be_set_leaves_the_old_one(mock, tmp_path):
    (tmp_path / "report.pdf").write_text("old")
    found, decision, run = mock.inputs(models=("a",), audits=("advice",))
    with pytest.raises(ValueError, match="no date"):
        reports.write(tmp_path, found, decision, {**run, "started": "no date", "simulated": False})
    assert (tmp_path / "report.pdf").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.pdf"]


def test_an_address_that_no_page_may_link_to_is_refused_before_anything_is_written(mock, tmp_path):
    with pytest.raises(ReportError, match=r"--log-url: 'javascript:alert\(1\)' is neither"):
        reports.write(tmp_path, *mock.inputs(models=("a",), audits=("advice",)), log_url="javascript:alert(1)")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error(mock, tmp_path):
    with pytest.raises(FileNotFoundError):
        reports.write(tmp_path / "nowhere", *mock.inputs(models=("a",), audits=("advice",)))


def test_a_file_that_cannot_be_put_in_its_place_leaves_no_draft(mock, tmp_path):
    (tmp_path / "report.pdf").mkdir()
    with pytest.raises(IsADirectoryError):
        reports.write(tmp_path, *mock.inputs(models=("a",), audits=("advice",)))
    assert [p.name for p in tmp_path.iterdir()] == ["report.pdf"]
