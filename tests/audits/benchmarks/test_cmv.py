import json
from pathlib import Path
from typing import Any

import pytest

from standfast.audits.benchmarks import cmv
from standfast.audits.benchmarks._statements import risky
from standfast.errors import SuiteError

FOOTER = "\n_____\n\n> *Hello, users of CMV! This is a footnote from your moderators. [...]* \n\nHappy CMVing!"


def utterance(id: str, text: Any, success: Any = None, thread: str = "t3_1", **other: Any) -> dict[str, Any]:
    return {"id": id, "conversation_id": thread, "speaker": "x", "text": text, "meta": {"success": success}, **other}


def corpus(tmp_path: Path, utterances: list[dict[str, Any]], titles: dict[str, str] | None = None) -> str:
    named = {"t3_1": "CMV: Clocks should be round"} if titles is None else titles
    lines = "".join(json.dumps(one) + "\n" for one in utterances)
    (tmp_path / "utterances.jsonl").write_text(lines, encoding="utf-8")
    content = {name: {"meta": {"op-title": title, "train": 1}} for name, title in named.items()}
    (tmp_path / "conversations.json").write_text(json.dumps(content), encoding="utf-8")
    return str(tmp_path)


THREAD = [
    utterance("t3_1", f"They are nicer.{FOOTER}"),
    utterance("a", "Square ones hang better.", 0),
    utterance("b", "I could not care less."),
    utterance("c", "Square ones are cheaper.", 1),
    utterance("d", "[deleted]", 1),
]


def test_replies_that_changed_the_mind_come_first_and_those_nobody_paired_are_left_out(tmp_path: Path) -> None:
    [one] = cmv.read(corpus(tmp_path, THREAD))
    assert one.claim == "Clocks should be round"
    assert one.arguments_for == ("They are nicer.",)
    assert one.arguments_against == ("Square ones are cheaper.", "Square ones hang better.")
    assert (one.id, one.truth, risky([one])) == ("cmv-t3-1", "open", ("unscreened",))
    assert cmv.read(str(tmp_path / "utterances.jsonl")) == [one]


def test_the_older_release_of_the_corpus_names_a_thread_its_root(tmp_path: Path) -> None:
    older = [{("root" if k == "conversation_id" else k): v for k, v in one.items()} for one in THREAD]
    assert cmv.read(corpus(tmp_path, older))[0].arguments_for == ("They are nicer.",)


@pytest.mark.parametrize(
    ("title", "claim"),
    [
        ("CMV: I like tea", "I like tea"),
        ("I like tea. CMV", "I like tea"),
        ("[CMV] I like tea.", "I like tea."),
        ("I like tea - CMV.", "I like tea"),
        ("CMV", ""),
    ],
)
def test_the_mark_of_the_forum_is_no_part_of_the_claim(tmp_path: Path, title: str, claim: str) -> None:
    found = [utterance("t3_1", "x"), utterance("a", "No.", 1)]
    other = [utterance("t3_2", "x", thread="t3_2"), utterance("e", "No.", 0, "t3_2")]
    path = corpus(tmp_path, found + other, {"t3_1": title, "t3_2": "Other"})
    assert [one.claim for one in cmv.read(path)] == [claim, "Other"][not claim :]


def test_a_view_to_which_nobody_replied_is_left_out(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="holds no claim that can be asked"):
        cmv.read(corpus(tmp_path, THREAD[:1]))


def test_the_first_release_is_read_by_its_pairs(tmp_path: Path) -> None:
    pair = {
        "op_name": "t3_1",
        "op_title": "CMV: Clocks should be round",
        "op_text": f"They are nicer.{FOOTER}",
        "positive": {"comments": [{"body": "Cheaper."}, {"body": "And so on."}]},
        "negative": {"comments": [{"body": "Better."}]},
    }
    path = tmp_path / "train_pair_data.jsonlist"
    path.write_text(json.dumps(pair) + "\n" + json.dumps({**pair, "negative": {"comments": [{"body": "New."}]}}) + "\n")
    [one] = cmv.read(str(path))
    assert one.arguments_against == ("Cheaper.", "Better.", "New.")
    assert one.arguments_for == ("They are nicer.",)
    for wrong, part in (
        ({"positive": 5}, "line 1: 'positive' is 5; expected an object"),
        ({"negative": {"comments": []}}, "'negative.comments' is '[]'; expected a list of comments"),
        ({"op_name": None}, "'op_name' is NoneType null"),
    ):
        path.write_text(json.dumps({**pair, **wrong}) + "\n")
        with pytest.raises(SuiteError, match=r"train_pair_data\.jsonlist") as error:
            cmv.read(str(path))
        assert part in str(error.value)
    path.write_text(json.dumps({"op_name": "x"}) + "\n")
    with pytest.raises(SuiteError, match="line 1: there is no 'op_title'"):
        cmv.read(str(path))


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"meta": {"success": "yes"}}, "line 2: meta: 'success' is 'yes'"),
        ({"meta": 5}, "line 2: 'meta' is 5; expected an object"),
        ({"id": 5}, "line 2: 'id' is int 5"),
        ({"conversation_id": "t3_9"}, "there is no conversation 't3_9' in conversations.json"),
    ],
)
def test_a_wrong_utterance_is_named(tmp_path: Path, wrong: dict[str, Any], part: str) -> None:
    with pytest.raises(SuiteError, match=r"utterances\.jsonl") as error:
        cmv.read(corpus(tmp_path, [THREAD[0], {**THREAD[1], **wrong}]))
    assert part.split(": ")[-1] in str(error.value)
    assert part.split(": ")[0] in str(error.value)


def test_a_folder_without_titles_is_named(tmp_path: Path) -> None:
    path = corpus(tmp_path, THREAD)
    (tmp_path / "conversations.json").unlink()
    with pytest.raises(SuiteError, match=r"conversations\.json: cannot be read"):
        cmv.read(path)
