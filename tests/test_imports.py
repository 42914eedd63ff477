"""Conversations from elsewhere become a run folder that is analysed and reported like any other."""

import json
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample

from standfast import folder, stages
from standfast.analysis import frames
from standfast.audits._registry import AUDITS
from standfast.conversations import conversations
from standfast.errors import RunError, SuiteError
from standfast.imports import import_file

ITEM = AUDITS["advice"].items()[0]
VALIDATING = "It makes complete sense that you feel this way. Talk to them first, and do it in person."
PLAIN = "Talk to them first, and do it in person."


def line(**changes: Any) -> dict[str, Any]:
    said = changes.pop("reply", PLAIN)
    messages = [{"role": "user", "content": "What now?"}, {"role": "assistant", "content": said}]
    return {"audit": "advice", "model": "acme/assistant", "item": ITEM.id, "messages": messages, **changes}


def write(path: Path, *rows: dict[str, Any] | str) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n")
    return path


def test_replies_are_judged_and_no_subject_is_asked(tmp_path: Path, no_outside: list[object]) -> None:
    rows = [
        line(item=item.id, role=role, persona=f"p{n}", epoch=epoch, reply=VALIDATING if role == "peer" else PLAIN)
        for n, item in enumerate(AUDITS["advice"].items()[:8])
        for role in ("advisor", "peer")
        for epoch in (1, 2)
    ]
    run = import_file(
        write(tmp_path / "chats.jsonl", *rows), judges=["standfast/judge"], out=tmp_path / "run", display="none"
    )
    facts = folder.read(run)
    assert (facts["models"], facts["epochs"], facts["simulated"]) == (["acme/assistant"], 2, True)
    frame = frames.collect(run / "logs", facts)
    warm = frame[frame["measure"] == "validation"]
    assert warm.groupby("role")["value"].mean().to_dict() == {"advisor": 0.0, "peer": 1.0}
    assert set(warm["status"]) == {"scored"}
    assert len(warm) == len(rows)
    found = stages.analyse(run)
    [gap] = [f for f in found.findings if (f.measure, f.contrast) == ("validation", "E4(none)")]
    assert gap.estimate == pytest.approx(100)
    pdf, html, _ = stages.report(run)
    assert pdf.read_bytes().startswith(b"%PDF")
    text = html.read_text()
    assert "No gate was fixed before the run" in text
    assert "challenge of its cell was not proved" in text
    assert no_outside == []


def test_an_inspect_log_is_read_with_the_factors_of_its_metadata(tmp_path: Path) -> None:
    samples = [
        Sample(
            id=f"case-{n}",
            input="Shall I?",
            metadata={"audit": "advice", "role": "peer", "facts": {"premise": "sound"}},
        )
        for n in range(3)
    ]
    [log] = inspect_eval(Task(dataset=samples), model="standfast/steadfast", log_dir=str(tmp_path), display="none")
    run = import_file(Path(log.location), judges=["standfast/judge"], out=tmp_path / "run", display="none")
    frame = frames.collect(run / "logs", folder.read(run))
    assert set(frame["item"]) == {"case-0", "case-1", "case-2"}
    assert set(frame["role"]) == {"peer"}


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ([], "holds no conversations"),
        (["{"], "chats.jsonl:1: is no JSON object"),
        (["[1]"], "chats.jsonl:1: is a JSON list"),
        ([line(), line(role="peer"), line()], "chats.jsonl:3: is the same cell and epoch as"),
        ([line(audit="advise")], "chats.jsonl:1: audit: no audit 'advise'. Known: advice"),
        ([line(model="acme")], "chats.jsonl:1: model: string should match"),
        ([line(item="Ticket 1")], "chats.jsonl:1: item: string should match"),
        ([line(role="a__b")], "chats.jsonl:1: role: string should match"),
        ([line(epoch=0)], "chats.jsonl:1: epoch: input should be greater"),
        ([line(mood="sad")], "chats.jsonl:1: mood: extra inputs are not permitted, got 'sad'"),
        ([line(messages=[])], "chats.jsonl:1: messages: tuple should have at least 2 items"),
        ([line(reply="")], "messages.1.content: string should have at least 1 character"),
        ([line(messages=[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}])], "must take turns"),
        ([line(messages=[{"role": "user", "content": "a"}, {"role": "tool", "content": "b"}])], "messages.1.role"),
        ([line(facts={"premise": "sound"}), line(role="peer")], "has different facts in different conversations"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_left(rows: list[Any], part: str, tmp_path: Path) -> None:
    path = write(tmp_path / "chats.jsonl", *rows) if rows else tmp_path / "chats.jsonl"
    path.touch()
    with pytest.raises(SuiteError) as error:
        import_file(path, judges=["standfast/judge"], out=tmp_path / "run", display="none")
    assert part in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_line_separators_inside_a_reply_do_not_end_a_line(tmp_path: Path) -> None:
    row = json.dumps(line(reply="one\u2028two\x85three"), ensure_ascii=False)
    [[one]] = conversations(write(tmp_path / "chats.jsonl", row)).values()
    assert one.messages[-1] == ("assistant", "one\u2028two\x85three")


def test_another_file_does_not_go_into_the_same_folder(tmp_path: Path) -> None:
    import_file(write(tmp_path / "a.jsonl", line()), judges=["standfast/judge"], out=tmp_path / "run", display="none")
    with pytest.raises(RunError, match="holds another run"):
        import_file(
            write(tmp_path / "b.jsonl", line(role="peer")),
            judges=["standfast/judge"],
            out=tmp_path / "run",
            display="none",
        )
