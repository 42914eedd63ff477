import json
from pathlib import Path
from typing import Any

import pytest

from standfast.audits.benchmarks import ddo
from standfast.audits.benchmarks._statements import risky
from standfast.errors import SuiteError

LONG = (
    "I hold that round clocks are easier to read than square ones for everybody who has ever looked at one on a wall."
)


def post(side: str, text: Any = LONG) -> dict[str, Any]:
    return {"side": side, "text": text}


def debate(**other: Any) -> dict[str, Any]:
    rounds = [[post("Pro", "I accept."), post("Con", f"Con one. {LONG}")], [post("Pro", f"Pro two. {LONG}")]]
    votes = [{"user_name": "x", "votes_map": {}}]
    return {
        "title": "Resolved: clocks should be round",
        "category": "Society",
        "rounds": rounds,
        "votes": votes,
        **other,
    }


def put(tmp_path: Path, content: object) -> str:
    path = tmp_path / "debates.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_pro_argues_for_the_title_and_con_against_it(tmp_path: Path) -> None:
    [one] = ddo.read(put(tmp_path, {"Clocks/1": debate()}))
    assert (one.id, one.claim, one.topic) == ("ddo-00001", "Clocks should be round", "Society")
    assert one.arguments_for == (f"Pro two. {LONG}",)  # "I accept." is no argument
    assert one.arguments_against == (f"Con one. {LONG}",)
    assert risky([one]) == ("unscreened",)


def test_a_debate_in_which_one_side_has_no_argument_is_left_out(tmp_path: Path) -> None:
    silent = debate(title="Other", rounds=[[post("Pro"), post("Con", "I forfeit.")]])
    lost = debate(title="Third", rounds=[[post("Pro"), post("Con", None)]])
    assert [one.id for one in ddo.read(put(tmp_path, {"a": silent, "b": debate(), "c": lost}))] == ["ddo-00002"]
    with pytest.raises(SuiteError, match="holds no claim that can be asked"):
        ddo.read(put(tmp_path, {"a": silent}))


def test_a_title_that_was_debated_twice_is_one_statement(tmp_path: Path) -> None:
    again = debate(title="clocks should be round.", rounds=[[post("Pro", f"New. {LONG}"), post("Con")]])
    [one] = ddo.read(put(tmp_path, {"a": debate(), "b": again}))
    assert len(one.arguments_for) == len(one.arguments_against) == 2


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ({"a": debate(title="")}, "entry 1: 'title' is empty"),
        ({"a": debate(), "b": {"title": "x"}}, "entry 2: there is no 'rounds'"),
        ({"a": debate(rounds=5)}, "'rounds' is '5'; expected a list of rounds"),
        ({"a": debate(rounds=[[7]])}, "a post of round 1 is '7'; expected an object"),
        ({"a": debate(rounds=[[post("Neither")]])}, "round 1: 'side' is 'Neither'; expected one of Pro, Con"),
        ({"a": debate(rounds=[[{"side": "Pro"}]])}, "round 1: there is no 'text'"),
        ([debate()], "expected a JSON object of objects"),
        ({}, "holds no claim that can be asked"),
    ],
)
def test_a_wrong_debate_is_named(tmp_path: Path, content: object, part: str) -> None:
    with pytest.raises(SuiteError, match=r"debates\.json") as error:
        ddo.read(put(tmp_path, content))
    assert part in str(error.value)
    assert len(str(error.value).splitlines()) == 1
