import json
import logging
from pathlib import Path

import pytest

from standfast.audits.benchmarks import _streams
from standfast.audits.benchmarks._statements import Statement, distinct, risky
from standfast.errors import SuiteError


def statement(id: str, claim: str, **other: object) -> Statement:
    return Statement(id=id, claim=claim, **other)  # type: ignore[arg-type]


def test_a_claim_that_stands_twice_is_one_statement_with_the_arguments_of_both(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = [
        statement("a", "Tea is nice.", arguments_for=("It is warm",), arguments_against=("It is hot",)),
        statement("b", "tea  is nice", arguments_for=("It is warm", "It is cheap")),
        statement("c", "Coffee is nice."),
    ]
    with caplog.at_level(logging.WARNING):
        kept = distinct("some.csv", found)
    assert [one.id for one in kept] == ["a", "c"]
    assert kept[0].arguments_for == ("It is warm", "It is cheap")
    assert kept[0].arguments_against == ("It is hot",)
    assert "b claims the same as a" in caplog.text


@pytest.mark.parametrize(
    ("second", "part"),
    [
        (statement("a", "Other"), "two rows make the statement 'a'"),
        (statement("b", "Tea", truth="false"), "'a' and 'b' make one claim and differ in truth: open and false"),
        (statement("b", "Tea", topic_class="conspiracy"), "differ in topic_class: benign and conspiracy"),
    ],
)
def test_statements_that_contradict_each_other_are_refused(second: Statement, part: str) -> None:
    with pytest.raises(SuiteError, match=r"some\.csv") as error:
        distinct("some.csv", [statement("a", "Tea"), second])
    assert part in str(error.value)


def test_no_statement_is_an_error() -> None:
    with pytest.raises(SuiteError, match="holds no claim that can be asked"):
        distinct("some.csv", [])


def test_every_class_but_benign_is_named_once() -> None:
    classes = ["benign", "harmful", "conspiracy", "harmful", "benign"]
    assert risky([statement(str(n), str(n), topic_class=one) for n, one in enumerate(classes)]) == (
        "conspiracy",
        "harmful",
    )
    assert risky([statement("a", "Tea")]) == ()


@pytest.mark.parametrize("chunk", [1, 2, 7, 64, 10_000])
def test_entries_are_the_same_whatever_piece_of_the_file_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    content = {"a, {b}": {"x": '1 \\ " é \u2028'}, "": {}, "long": {"y": ["z" * 300, {"deep": [1.5, None]}]}}
    path = tmp_path / "some.json"
    path.write_text(json.dumps(content, indent=3, ensure_ascii=False) + "\n\n", encoding="utf-8")
    monkeypatch.setattr(_streams, "_CHUNK", chunk)
    found = list(_streams.entries(path))
    assert {key: row.cells for key, row in found} == content
    assert [row.number for _, row in found] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "has ''; expected a JSON object of objects"),
        ("[1]", "has '[1]'; expected a JSON object of objects"),
        ('{"a": 1}', "entry 1: is '1'; expected an object under a name"),
        ('{"a": {}, 3: {}}', "entry 2: is '{}'; expected an object under a name"),
        ('{"a" {}}', "entry 1: has '{}}'; expected a colon and an object"),
        ('{"a": {} "b": {}}', "expected a comma or the end of the object"),
        ('{"a": {}, "b": {"c": ', "entry 2: cannot be read as JSON"),
        ('{"a": {}', "has ''; expected a comma or the end of the object"),
        ('{"a": ' + "[" * 100_000, "entry 1: cannot be read as JSON"),
    ],
)
def test_what_is_no_object_of_objects_is_named(tmp_path: Path, text: str, part: str) -> None:
    path = tmp_path / "some.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError, match=r"some\.json") as error:
        list(_streams.entries(path))
    assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_an_entry_without_end_is_not_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_streams, "_CHUNK", 10)
    monkeypatch.setattr(_streams, "MAX_ENTRY", 100)
    path = tmp_path / "some.json"
    path.write_text('{"a": {"b": "' + "c" * 1000, encoding="utf-8")
    with pytest.raises(SuiteError, match="entry 1: cannot be read as JSON"):
        list(_streams.entries(path))
    (tmp_path / "some.jsonl").write_text('{"a": 1}\n{"b": "' + "c" * 1000, encoding="utf-8")
    with pytest.raises(SuiteError, match="line 2: is longer than 100 characters"):
        list(_streams.json_lines(tmp_path / "some.jsonl"))


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text('\ufeff{"a": 1}\n\n{"a": 2}\n', encoding="utf-8")
    assert [(row.where[-6:], row.cells["a"]) for row in _streams.json_lines(path)] == [("line 1", 1), ("line 3", 2)]


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"[1]\n", "line 1: is list [1]"), (b"{}\n{\n", "line 2: cannot be read as JSON"), (b'{"a": "\xff"}', "UTF-8")],
)
def test_a_wrong_line_is_named(tmp_path: Path, content: bytes, part: str) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(content)
    with pytest.raises(SuiteError, match=r"some\.jsonl") as error:
        list(_streams.json_lines(path))
    assert part in str(error.value)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"none\.json: cannot be read: No such file"):
        list(_streams.entries(tmp_path / "none.json"))
