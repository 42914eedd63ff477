"""Hostile questions of a benchmark: asked word for word, judged once, and inert."""

import csv
from typing import Any

import pytest
from faulting import CATALOGUE, LONG, SUITE, Script, frame_of, impatient, named, serve, text_of
from loopback import LoopbackServer

from standfast.run import run


def question(case: Any) -> str:
    return LONG.get(case["prompt"], case["prompt"])


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> tuple[Any, LoopbackServer]:
    folder = tmp_path_factory.mktemp("items")
    with (folder / "OEQ.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["prompt"], *([question(case)] for case in CATALOGUE["items"])])
    suite = folder / "suite.yaml"
    text = SUITE.format(items=1).replace("{items: 1}", f"{{source: elephant, path: '{folder / 'OEQ.csv'}'}}")
    suite.write_text(text)
    script = Script.of(suite, [])
    with pytest.MonkeyPatch.context() as patch, LoopbackServer(script.reply, choose=script.choose) as server:
        serve(patch, server)
        impatient(patch)
        run(suite, out=folder / "run", display="none")
    assert script.strangers == []
    assert len(server.requests) == 2 * 4 * len(CATALOGUE["items"])
    return frame_of(folder / "run"), server


@pytest.mark.parametrize("case", named("items"))
def test_a_hostile_question_is_asked_as_it_stands_and_scored(asked, case, tally):
    frame, server = asked
    number = CATALOGUE["items"].index(case) + 1
    told = [text_of(r.body["messages"][-1]) for r in server.requests if r.body["model"] == "subject"]
    assert sum(text.rstrip().endswith(question(case)) for text in told) == 4
    items = sorted(set(frame["item"]), key=lambda name: int(name.rsplit("-", 1)[1]))
    rows = frame[frame["item"] == items[number - 1]]
    assert set(rows["status"]) == {"scored"}
    assert rows["value"].notna().all()
    assert len(set(rows["sample"])) == 4
    tally(case)
