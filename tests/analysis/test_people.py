"""Published files of human studies become one frame, and what is wrong in them is named by its row."""

from collections.abc import Callable, Mapping, Sequence
from math import isnan, log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from standfast.analysis import people
from standfast.analysis.agreement import kappa
from standfast.errors import SuiteError

Row = dict[str, object]
Save = Callable[[Sequence[Mapping[str, object]]], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(rows: Sequence[Mapping[str, object]]) -> Path:
        path = tmp_path / "some.csv"
        pd.DataFrame(rows).to_csv(path, index=False)
        return path

    return write


def answer(**other: object) -> Row:
    return {"participant": "p1", "claim": "Clocks help", "condition": "expert", "before": 3, "after": 5.5, **other}


def rating(**other: object) -> Row:
    return {
        "worker_id": "1",
        "claim": "Robots should carry plates",
        "argument": "Cars do.",
        "source": "Claude 2",
        "prompt_type": "Compelling Case",
        "rating_initial": "3 - Somewhat oppose",
        "rating_final": "5 - Somewhat support",
        "persuasiveness_metric": 2,
        **other,
    }


def prepared(**other: object) -> Row:
    return {
        "dv_response_mean": 50.75,
        "message_id": 669,
        "condition": "AI",
        "model": "GPT-4-Turbo",
        "issue": "Worker Pensions",
        "parameters": "",
        "party": 2,
        "ideology": 2,
        "knowledge": 3,
        **other,
    }


def test_a_file_of_one_s_own_is_read_with_its_covariates(save: Save) -> None:
    found = people.generic(save([answer(age=31), answer(participant="p2", before="", after="NA", age="")]))
    assert list(found) == [*people.COLUMNS, "age"]
    assert found.loc[0, ["before", "after", "model", "message"]].tolist() == [3.0, 5.5, "", ""]
    assert isnan(found.loc[1, "before"])  # missing stays missing
    assert isnan(found.loc[1, "after"])


def test_the_persuasion_study_gives_ratings_and_who_wrote_the_argument(save: Save) -> None:
    human = rating(source="Human", prompt_type="N/A", worker_id="2")
    control = rating(source="Control", prompt_type="Control", claim="Water freezes", persuasiveness_metric=-1)
    control["rating_final"] = "2 - Oppose"
    found = people.anthropic(save([rating(), human, control]))
    assert found["condition"].tolist() == ["Compelling Case", "human", "control"]
    assert found["model"].tolist() == ["Claude 2", "", ""]
    assert found["before"].tolist() == [3, 3, 3]
    assert found["after"].tolist() == [5, 5, 2]
    assert found["message"].nunique() == 1  # the same words are the same message


def test_a_copy_that_calls_the_participant_id_is_read_too(save: Save) -> None:
    copy = {("ID" if name == "worker_id" else name): value for name, value in rating().items()}
    assert people.anthropic(save([copy]))["participant"].tolist() == ["1"]
    nobody = {name: value for name, value in copy.items() if name != "ID"}
    with pytest.raises(SuiteError, match="there is no column 'worker_id'"):
        people.anthropic(save([nobody]))


def test_the_scaling_study_was_asked_after_alone(save: Save) -> None:
    rows = [
        prepared(),
        prepared(parameters=7, model="Falcon-7B"),
        prepared(condition="human", model="human"),
        prepared(condition="control", model="", message_id=0),
    ]
    found = people.scaling(save(rows))
    assert found["before"].isna().all()
    assert found["model"].tolist() == ["GPT-4-Turbo", "Falcon-7B", "", ""]
    assert found["message"].tolist() == ["669", "669", "669", ""]
    assert found["participant"].nunique() == 4
    assert found.loc[[0, 1], "log_parameters"].tolist() == pytest.approx([log(300e9), log(7e9)])
    assert found.loc[[2, 3], "log_parameters"].isna().all()
    assert people.scaling(save(rows), frontier_billions=1000).loc[0, "log_parameters"] == pytest.approx(log(1e12))


@pytest.mark.parametrize(
    ("read", "rows", "part"),
    [
        (people.generic, [{"participant": 1}], "there is no column 'claim'; found participant"),
        (
            people.generic,
            [answer(), answer(claim="Other", after="much")],
            "row 2: 'after' is 'much'; expected a number",
        ),
        (people.generic, [answer(before="inf")], "row 1: 'before' is 'inf'; expected a number"),
        (people.generic, [answer(condition=" ")], "row 1: 'condition' is empty"),
        (people.generic, [answer(), answer()], "row 2: the participant has answered on this claim before"),
        (people.anthropic, [rating(rating_initial="8 - Love")], "row 1: 'rating_initial' is '8 - Love'"),
        (people.anthropic, [rating(), rating(rating_final="5")], "row 2: 'rating_final' is '5'; expected a rating"),
        (people.anthropic, [rating(persuasiveness_metric=3)], "row 1: 'persuasiveness_metric' is not"),
        (people.anthropic, [rating(persuasiveness_metric="")], "row 1: 'persuasiveness_metric' is not"),
        (people.anthropic, [rating(claim="")], "row 1: 'claim' is empty"),
        (people.scaling, [prepared(dv_response_mean="x")], "row 1: 'dv_response_mean' is 'x'"),
        (people.scaling, [prepared(issue="")], "row 1: 'issue' is empty"),
    ],
)
def test_a_wrong_row_is_named(save: Save, read: Callable[[Path], object], rows: list[Row], part: str) -> None:
    with pytest.raises(SuiteError, match=r"some\.csv: ") as error:
        read(save(rows))
    assert part in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "cannot be read as CSV"),
        (b"participant,claim,condition,before,after\n", "has no rows"),
        (b"participant,claim\n\xff,x\n", "cannot be read as CSV"),
        (b'participant,claim\n"a,b\n', "cannot be read as CSV"),
        (b"a,b\n1,2,3\n1,2,3,4\n", "cannot be read as CSV"),
    ],
)
def test_another_file_is_named(tmp_path: Path, content: bytes, part: str) -> None:
    path = tmp_path / "some.csv"
    path.write_bytes(content)
    with pytest.raises(SuiteError, match=r"some\.csv: ") as error:
        people.generic(path)
    assert part in str(error.value)
    with pytest.raises(SuiteError, match=r"none\.csv: cannot be read: No such file"):
        people.generic(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("file", "first", "second", "published"),
    [
        ("completed_annotations_final.csv", "legibility_p", "legibility", 0.672),
        ("completed_annotations_final.csv", "on-topic_p", "on-topic", 0.808),
        ("completed_annotations_final.csv", "valence_p", "valence", 0.938),
        ("gpt-legibility_on-topic_valence_scores.csv", "legibility_final", "gpt_legibility", 0.735),
        ("gpt-legibility_on-topic_valence_scores.csv", "on-topic_final", "gpt_on_topic", 0.945),
        ("gpt-legibility_on-topic_valence_scores.csv", "valence_final", "gpt_valence", 0.842),
    ],
)
def test_agreement_on_the_200_annotated_messages_is_the_known_one(
    data: Path, file: str, first: str, second: str, published: float
) -> None:
    rows = pd.read_csv(data / "scaling_llm_persuasion" / file)
    assert len(rows) == 200
    one, other = (_codes(rows[name]) for name in (first, second))
    issue = pd.factorize(rows["issue_short"])[0].astype(np.int64)
    found = kappa(one, other, issue, rng=np.random.default_rng(1))
    assert round(found.value, 3) == published
    assert (found.n, found.n_items) == (200, 10)
    assert found.conf_low < found.value < found.conf_high


def _codes(said: "pd.Series[str]") -> np.ndarray:  # type: ignore[type-arg]
    """0 and 1 stand as numbers in one file and as 0.0 and 1.0 in the other."""
    return said.astype(str).str.removesuffix(".0").map({"0": 0.0, "1": 1.0, "anti": 2.0, "pro": 3.0}).to_numpy(float)


def test_the_words_of_all_730_messages_are_as_many_as_the_authors_counted(data: Path) -> None:
    rows = pd.read_csv(data / "scaling_llm_persuasion" / "all_responses_combined.csv")
    assert len(rows) == 730
    assert (rows["response"].str.split().str.len() == rows["response_word_count"]).all()
