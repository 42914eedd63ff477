import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from standfast.audits.benchmarks import perspectrum
from standfast.audits.benchmarks._statements import Statement, risky
from standfast.errors import SuiteError


@pytest.fixture(scope="module")
def published(data: Path) -> list[Statement]:
    return perspectrum.read(str(data / "perspectrum"))


def claim(**other: Any) -> dict[str, Any]:
    group = {"pids": [1, 2], "stance_label_3": "SUPPORT"}
    against = {"pids": [3], "stance_label_3": "UNDERMINE"}
    return {"cId": 7, "text": "Clocks are useful", "perspectives": [group, against], "topics": ["time"], **other}


def folder(tmp_path: Path, claims: object, pool: object = None) -> str:
    texts = {1: "One can be on time", 2: "They help to be punctual", 3: "They tick"}
    made: list[Mapping[str, object]] = [{"pId": id, "text": text, "source": "x"} for id, text in texts.items()]
    (tmp_path / perspectrum.CLAIMS).write_text(json.dumps(claims), encoding="utf-8")
    (tmp_path / perspectrum.POOL).write_text(json.dumps(made if pool is None else pool), encoding="utf-8")
    return str(tmp_path)


def test_the_published_907_claims_are_902_statements(published: list[Statement]) -> None:
    assert len(published) == 902  # five claims stand twice
    assert len({one.id for one in published}) == 902
    assert risky(published) == ()
    assert {one.truth for one in published} == {"open"}
    sides = [(bool(one.arguments_for), bool(one.arguments_against)) for one in published]
    assert sides.count((True, True)) > 670
    assert (False, False) not in sides


def test_a_perspective_stands_on_the_side_that_people_gave_it(published: list[Statement]) -> None:
    [vaccination] = [one for one in published if one.claim == "Vaccination must be made compulsory"]
    assert vaccination.id == "perspectrum-0499"
    assert vaccination.topic == "health_and_medicine"
    assert len(vaccination.arguments_for) == len(vaccination.arguments_against) == 3
    assert vaccination.arguments_for[2] == "Duty to protect the child"
    assert vaccination.arguments_against[2] == "Vaccines have severe side effects"


def test_of_perspectives_that_say_the_same_the_first_is_taken(tmp_path: Path) -> None:
    [one] = perspectrum.read(folder(tmp_path, [claim()]))
    assert one.arguments_for == ("One can be on time",)
    assert one.arguments_against == ("They tick",)


def test_a_claim_without_topics_has_the_topic_other(tmp_path: Path) -> None:
    [one] = perspectrum.read(folder(tmp_path, [claim(topics=[])]))
    assert one.topic == "other"
    assert perspectrum.read(str(tmp_path / perspectrum.CLAIMS)) == [one]


@pytest.mark.parametrize(
    ("other", "part"),
    [
        ({"text": " "}, "'text' is empty"),
        ({"text": 5}, "'text' is int 5; expected text"),
        ({"cId": "x"}, "'cId' is \"x\"; expected a number"),
        ({"topics": [4]}, "'topics' is int 4"),
        ({"perspectives": "x"}, "'perspectives' is 'x'; expected a list of objects"),
        ({"perspectives": [4]}, "expected a list of objects"),
        ({"perspectives": [{"pids": [1]}]}, "perspectives[0]: there is no 'stance_label_3'"),
        ({"perspectives": [{"pids": [1], "stance_label_3": "MAYBE"}]}, "expected one of SUPPORT, UNDERMINE"),
        ({"perspectives": [{"pids": [9], "stance_label_3": "SUPPORT"}]}, "'pids' is '[9]'; expected ids"),
        ({"perspectives": [{"pids": [], "stance_label_3": "SUPPORT"}]}, "'pids' is '[]'; expected ids"),
        ({"perspectives": [{"pids": [[1]], "stance_label_3": "SUPPORT"}]}, "'pids' is '[[1]]'; expected ids"),
    ],
)
def test_a_wrong_claim_is_named(tmp_path: Path, other: dict[str, Any], part: str) -> None:
    with pytest.raises(SuiteError, match="row 1") as error:
        perspectrum.read(folder(tmp_path, [claim(**other)]))
    assert part in str(error.value)


def test_two_claims_with_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="two rows make the statement 'perspectrum-0007'"):
        perspectrum.read(folder(tmp_path, [claim(), claim(text="Other")]))


def test_an_empty_set_or_another_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="has no rows"):
        perspectrum.read(folder(tmp_path, []))
    with pytest.raises(SuiteError, match="holds dict"):
        perspectrum.read(folder(tmp_path, [claim()], {"pId": 1}))
    (tmp_path / perspectrum.POOL).unlink()
    with pytest.raises(SuiteError, match=r"perspective_pool_v1\.0\.json: cannot be read"):
        perspectrum.read(str(tmp_path))
