import contextlib
import pickle
import time
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, RootModel

from standfast import cards
from standfast.cards import Card, CardError, Fault, Reference
from standfast.errors import SuiteError

SECONDS = 5.0  # a hostile file of a few kilobytes takes milliseconds; a loop or an explosion takes for ever


class Rule(Card):
    id: str = Field(pattern="^[a-z]+$")
    profile: str
    margin: float = 0.0
    blocking: bool = True
    direction: Literal["higher", "lower"] = "higher"


class Plan(Card):
    name: str
    facts: int = Field(ge=1, le=9)
    items: Literal["all"] | int | tuple[str, ...] = "all"
    rules: tuple[Rule, ...] = ()
    audits: dict[str, Rule] = Field({})


class Anything(RootModel[Any]):
    pass


def problems_of(text: str, model: type[Any] = Plan, **options: Any) -> list[str]:
    with pytest.raises(CardError) as caught:
        cards.loads(text, "f.yaml", model, **options)
    return [str(problem).partition("\n")[0].removeprefix("f.yaml:") for problem in caught.value.problems]


GOOD = "name: x\nfacts: 3\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: x\nfact: 3\n", ['2:1: unknown key "fact"; did you mean "facts"?']),
        (GOOD + "item: all\n", ['3:1: unknown key "item"; did you mean "items"?']),
        (GOOD + "zzz: 1\n", ['3:1: unknown key "zzz"; choose from name, facts, items, rules, audits']),
        ("facts: 3\n", ['1:1: the file needs "name"']),
        (GOOD + "rules:\n  - id: a\n", ['4:5: rules[0] needs "profile"']),
        (GOOD + "audits:\n  advice:\n    id: a\n", ['4:3: audits.advice needs "profile"']),
        (
            GOOD + "audits:\n  advice: {id: a, profile: p, blocing: true}\n",
            ['4:31: unknown key "blocing"; did you mean "blocking"?'],
        ),
        ("name: 1.10\nfacts: 3\n", ['1:7: name must be text (got 1.10); put it in quotes: "1.10"']),
        ("name:\nfacts: 3\n", ["1:1: name must be text"]),
        ("name: [x]\nfacts: 3\n", ["1:1: name must be text"]),
        ("name: x\nfacts: 0\n", ["2:8: facts must be at least 1 (got 0)"]),
        ("name: x\nfacts: 10\n", ["2:8: facts must be at most 9 (got 10)"]),
        ("name: x\nfacts: 2.5\n", ["2:8: facts must be a whole number (got 2.5)"]),
        ("name: x\nfacts: 3.0\n", ["2:8: facts must be a whole number (got 3.0)"]),
        ('name: x\nfacts: "3"\n', ['2:8: facts must be a whole number (got "3")']),
        ("name: x\nfacts: true\n", ["2:8: facts must be a whole number (got true)"]),
        (GOOD + "items: 2.5\n", ['3:8: items must be "all" or a whole number or a list (got 2.5)']),
        (GOOD + "items: [a, 2]\n", ['3:12: items[1] must be text (got 2); put it in quotes: "2"']),
        (GOOD + "rules: 3\n", ["3:8: rules must be a list (got 3)"]),
        (GOOD + "rules: [3]\n", ["3:9: rules[0] must be a mapping (got 3)"]),
        (GOOD + "audits: [a]\n", ["3:1: audits must be a mapping"]),
        ("- 1\n", ["1:1: the file must be a mapping"]),
        ("3\n", ["1:1: the file must be a mapping (got 3)"]),
        (
            GOOD + "rules: [{id: a, profile: p, direction: highr}]\n",
            ['3:40: rules[0].direction must be "higher" or "lower" (got "highr"); did you mean "higher"?'],
        ),
        (GOOD + "rules: [{id: A1, profile: p}]\n", ['3:14: rules[0].id must match ^[a-z]+$ (got "A1")']),
    ],
)
def test_wrong_value_is_named_with_line_and_column(text: str, expected: list[str]) -> None:
    assert problems_of(text) == expected


@pytest.mark.parametrize("number", [".nan", ".NaN", ".inf", "-.inf", "+.INF", "nan", "inf", "1e999", '"3"', "true"])
def test_only_finite_numbers_are_numbers(number: str) -> None:
    found = problems_of(GOOD + f"rules: [{{id: a, profile: p, margin: {number}}}]\n")
    assert len(found) == 1
    assert found[0].startswith("3:37: rules[0].margin must be a number (got ")


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "y", "n", "2024-01-31", "12:30", "0x1f", "0o17", "1_000"])
def test_words_that_other_yaml_readers_convert_stay_text(word: str) -> None:
    assert cards.loads(word, "f.yaml", Anything).root == word
    found = problems_of(GOOD + f"rules: [{{id: a, profile: p, blocking: {word}}}]\n")
    assert found == [f'3:39: rules[0].blocking must be true or false (got "{word}")']


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("False", False), ("~", None), ("-20", -20), ("1e3", 1000.0), (".5", 0.5), ("'3'", "3")],
)
def test_plain_values_are_read_as_in_yaml_1_2(text: str, value: object) -> None:
    found = cards.loads(f"a: {text}", "f.yaml", Anything).root["a"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: the file is empty"),
        ("---\n", "1:1: the file is empty"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document starts here; one file holds one document"),
        ("a: 1\nb: 2\na: 3\n", '3:1: key "a" appears twice; first on line 1'),
        ("a:\n  b: 1\n  'b': 2\n", '3:3: key "b" appears twice; first on line 2'),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "3:3: merge keys (<<) are not supported; write the keys out"),
        ("? [a]\n: 1\n", "1:3: a key must be a word"),
        ("a: !!python/object/apply:os.system [id]\n", '1:4: YAML tags are not supported, found "!!python/object/'),
        ("a: !!str 1\n", '1:4: YAML tags are not supported, found "!!str"'),
        ("a: !env HOME\n", '1:4: YAML tags are not supported, found "!env"'),
        ("a: &x {b: {c: *x}}\n", "1:15: an alias refers to itself"),
        ("a: *x\n", '1:4: there is no anchor "&x" above this alias'),
        ("a: {b: 1\n", "2:1: this is not YAML: expected ',' or '}', but got '<stream end>'"),
        ("a: b: c\n", "1:5: this is not YAML: mapping values are not allowed here"),
        ("a:\n\t- 1\n", "2:1: this is not YAML: found character '\\t' that cannot start any token"),
        ("a: x\x00y\n", "1:5: the character U+0000 is not allowed"),
        ("a: 1\nb: '\x1b[31m'\n", "2:5: the character U+001B is not allowed"),
        ('a: "\\0"\n', "1:4: the character U+0000 is not allowed"),
        ('a: "\\ud800"\n', "1:4: the character U+D800 is not allowed"),
        ('a: "\\UFFFFFFFF"\n', "1:1: this is not YAML: an escape or a directive is out of range"),
        ("[" * 100_000, "1:51: more than 50 levels of nesting"),
        ("- " * 5_000, "1:101: more than 50 levels of nesting"),
        ("{a: " * 5_000, "1:198: more than 50 levels of nesting"),
        (
            "a: &a0 [x]\n" + "".join(f"b{i}: &a{i + 1} [*a{i}]\n" for i in range(60)),
            "49:12: more than 50 levels of nesting",
        ),
    ],
)
def test_yaml_outside_the_small_language_is_refused(text: str, expected: str) -> None:
    assert problems_of(text, Anything)[0].startswith(expected)


def test_alias_bomb_is_refused_at_once() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    started = time.perf_counter()
    assert problems_of(bomb, Anything) == ["5:44: the file holds more than 100000 values, aliases written out"]
    assert time.perf_counter() - started < SECONDS


def test_aliases_are_written_out() -> None:
    assert cards.loads("a: &x [1, 2]\nb: *x\n", "f.yaml", Anything).root == {"a": [1, 2], "b": [1, 2]}


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = "rules:\n  - {id: a}\n  - {id: 7, profile: p, id: b}\nname: [x]\nname: y\nfact: 3\nx: !t 1\n"
    with pytest.raises(CardError) as caught:
        cards.loads(text, "f.yaml", Plan)
    assert str(caught.value) == (
        """\
f.yaml:2:5: rules[0] needs "profile"
     2 |   - {id: a}
       |     ^
f.yaml:3:10: rules[1].id must be text (got 7); put it in quotes: "7"
     3 |   - {id: 7, profile: p, id: b}
       |          ^
f.yaml:3:25: key "id" appears twice; first on line 3
     3 |   - {id: 7, profile: p, id: b}
       |                         ^^
f.yaml:4:1: name must be text
     4 | name: [x]
       | ^^^^
f.yaml:5:1: key "name" appears twice; first on line 4
     5 | name: y
       | ^^^^
f.yaml:6:1: unknown key "fact"; did you mean "facts"?
     6 | fact: 3
       | ^^^^
f.yaml:7:1: unknown key "x"; choose from name, facts, items, rules, audits
     7 | x: !t 1
       | ^
f.yaml:7:4: YAML tags are not supported, found "!t"
     7 | x: !t 1
       |    ^"""
    )


def test_references_and_rules_are_checked_at_their_place() -> None:
    text = GOOD + "rules:\n  - id: a\n    profile: E2(peer, fulll)\naudits: {advise: {id: a, profile: zzz}}\n"

    def check(plan: Plan) -> Any:
        yield Reference(("rules", 0, "profile"), "profile", "fulll", ["none", "filler", "full"])
        yield Reference(("rules", 0, "id"), "rule", plan.rules[0].id, ["a"])
        yield Reference(("audits", "advise"), "audit", "advise", ["advice", "debate"])
        yield Reference(("audits", "advise", "profile"), "profile", "zzz", ["none", "full"])
        yield Reference(("facts",), "key", "facts", ["counts"])
        yield Fault(("rules",), "one rule is not enough", "write two")

    assert problems_of(text, check=check) == [
        '2:1: key "facts" not found; choose from counts',
        "3:1: one rule is not enough; write two",
        '5:23: profile "fulll" not found; did you mean "full"?',
        '6:10: audit "advise" not found; did you mean "advice"?',
        '6:35: profile "zzz" not found; choose from none, full',
    ]
    assert cards.loads(text, "f.yaml", Plan, check=lambda _: ()).name == "x"


def test_rules_wait_until_the_types_are_right() -> None:
    def check(_: Plan) -> Any:
        pytest.fail("the check saw a file with a problem")

    assert problems_of(GOOD + "name: y\n", check=check) == ['3:1: key "name" appears twice; first on line 1']


def test_excerpt_shows_a_window_and_hides_what_a_terminal_acts_on() -> None:
    with pytest.raises(CardError) as caught:
        cards.loads("{name: x, facts: 3, items: [" + "aaaa, " * 100 + "\u202e7, 8]}", "f.yaml", Plan)
    head, excerpt, carets = str(caught.value).split("\n")[:3]
    assert head.startswith("f.yaml:1:633: items[101] must be text (got 8)")
    assert "\u202e" not in excerpt
    assert len(excerpt) < 120
    assert excerpt[carets.index("^")] == "8"


def test_many_problems_are_cut_and_counted() -> None:
    with pytest.raises(CardError) as caught:
        cards.loads(GOOD + "items: [" + "1, " * 60 + "1]", "f.yaml", Plan)
    assert len(caught.value.problems) == 61
    assert str(caught.value).endswith("and 11 more problems")


def test_error_survives_the_way_between_processes() -> None:
    with pytest.raises(CardError) as caught:
        cards.loads("", "f.yaml", Plan)
    assert str(pickle.loads(pickle.dumps(caught.value))) == "f.yaml:1:1: the file is empty"


def test_cards_are_frozen_and_loaded_by_stem_in_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.yaml").write_text(f"name: {name}\nfacts: 1\nitems: [x]\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("not a card", encoding="utf-8")
    found = cards.load_folder(tmp_path, Plan)
    assert list(found) == ["a", "b"]
    assert found["a"].items == ("x",)
    with pytest.raises(ValueError, match="frozen"):
        found["a"].name = "c"  # type: ignore[misc]


def test_files_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (cards.MAX_BYTES + 1))
    expected = {
        tmp_path / "absent.yaml": "there is no such file",
        tmp_path: "cannot be read: Is a directory",
        large: "larger than 5 MB",
    }
    for path, message in expected.items():
        with pytest.raises(SuiteError) as caught:
            cards.load(path, Plan)
        assert str(caught.value) == f"{path}: {message}"


def test_byte_order_mark_is_skipped_and_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: x\nfacts: 3\n")
    assert cards.load(path, Plan).name == "x"
    path.write_bytes(b"facts: 3\nname: caf\xe9\n")
    with pytest.raises(SuiteError) as caught:
        cards.load(path, Plan)
    assert str(caught.value) == f"{path}:2:10: the file is not UTF-8"


YAML_PIECES = (
    "%YAML 1.2\n;%TAG !e! tag:e,2000:\n;---\n;...\n;- ;a: ;? ;: ;&a ;*a ;!!str ;!<x> ;|\n; >-\n;|9;  ;\n;\t;'x';"
    '"\\x41";"\\u;"\\;[;];{;};,;# c;<<: ;1;1e5;.inf;name: ;facts: ;rules: ;- id: a\n;\x85;\u2028;\ufeff;\r'
)
YAML_LIKE = st.lists(st.sampled_from(YAML_PIECES.split(";")), max_size=25).map("".join)


@settings(max_examples=300, deadline=SECONDS * 1000)
@given(text=st.one_of(st.text(), YAML_LIKE), model=st.sampled_from([Plan, Anything]))
def test_no_text_raises_anything_but_a_suite_error(text: str, model: type[Any]) -> None:
    with contextlib.suppress(SuiteError):
        cards.loads(text, "f.yaml", model)


@settings(max_examples=100, deadline=SECONDS * 1000)
@given(raw=st.binary())
def test_no_bytes_raise_anything_but_a_suite_error(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(raw)
    with contextlib.suppress(SuiteError):
        cards.load(path, Anything)
