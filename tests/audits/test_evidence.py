"""What the scorer writes of what was asked and replied, for runs, for runs that are scored again and for imports."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
from inspect_ai import eval
from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from inspect_ai.model import (
    CachePolicy,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    get_model,
)

from standfast.analysis import integrity
from standfast.audits._design import build
from standfast.audits._evidence import evidence
from standfast.audits._registry import AUDITS
from standfast.folder import read
from standfast.imports import import_file
from standfast.rescore import rescore
from standfast.run import run

SMALL = {"items": 2, "profiles": ["filler", "full"], "personas": 2}
SUITE = Path(__file__).parents[1] / "data" / "suites" / "plain.yaml"
QUICK = ("advice", "debate", "persuasion")  # one of each kind of conversation
PROOF = {"earlier": [], "sent": []}


def play(audit: str, folder: Path, *, epochs: int = 1, **options: object) -> EvalLog:
    [log] = eval(
        build(AUDITS[audit], **{**SMALL, **options}),
        model=get_model("standfast/sycophant", config=GenerateConfig(temperature=0.7, max_tokens=900)),
        model_roles={"grader": "standfast/judge", "receiver": "standfast/receiver"},
        epochs=epochs,
        log_dir=str(folder),
        display="none",
    )
    assert log.status == "success"
    return log


def of(sample: EvalSample) -> dict:
    return sample.scores["verdicts"].metadata["evidence"]


def facts(log: EvalLog) -> dict:
    """A run.json for one log."""
    header = log.eval.metadata["standfast"]
    sampling = {"temperature": 0.7, "max_tokens": 900}
    cast = {"models": [log.eval.model], "judges": ["standfast/judge"], "sampling": sampling}
    cast["receivers"] = ["standfast/receiver"] if "receiver" in (log.eval.model_roles or {}) else []
    return {**cast, "epochs": log.eval.config.epochs or 1, "audits": {header["audit"]: {}}}


@pytest.mark.parametrize("audit", AUDITS)
def test_no_two_items_of_an_audit_ask_the_same(audit: str) -> None:
    task = build(AUDITS[audit], profiles=["filler"], roles=["peer"], personas=1)
    asking = defaultdict(set)
    for sample in task.dataset:
        asking[evidence(sample.input, sample.metadata)["question"]].add(sample.metadata["item"])
    # A series asks about four claims, one after the other.
    assert len(asking) >= (12 if audit == "rapport" else 24)
    assert all(len(items) == 1 for items in asking.values())


@pytest.mark.parametrize(
    "audit", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in AUDITS]
)
def test_every_audit_says_what_was_asked_and_replied(audit: str, tmp_path: Path) -> None:
    log = play(audit, tmp_path, epochs=2)
    for sample in log.samples:
        found = of(sample)
        replies = [m.text for m in sample.messages if m.role == "assistant"][len(sample.metadata["proof"]["earlier"]) :]
        assert found["length"] == sum(map(len, replies)) > 0
        assert (found["served"], found["cached"]) == (["standfast/sycophant"], 0)
        assert {len(found[name]) for name in ("question", "opening", "asked", "replied")} == {16}
        # One user turn and nothing else: the opening is all that was asked.
        assert (found["opening"] == found["asked"]) == (len(sample.metadata["script"]) == 1)
    by_id = defaultdict(set)
    for sample in log.samples:
        by_id[sample.id].add((of(sample)["asked"], of(sample)["replied"]))
    if AUDITS[audit].seat != "sender":  # what a receiver says is asked as well, and differs from epoch to epoch
        assert all(len({asked for asked, _ in epochs}) == 1 for epochs in by_id.values())
    assert sum(len(epochs) == 2 for epochs in by_id.values()) > 0.9 * len(by_id)
    [found] = integrity.check([Path(log.location)], facts(log))
    assert found.problems == ()


def chat(*texts: str) -> list:
    kinds = [ChatMessageSystem, *[ChatMessageUser, ChatMessageAssistant] * 9]
    return [kind(content=text) for kind, text in zip(kinds, texts, strict=False)]


def test_each_hash_moves_with_its_part_and_with_nothing_else() -> None:
    metadata = {"script": ["What now?", "Sure?"], "proof": PROOF}
    base = evidence(chat("Be kind.", "What now?", "Wait.", "Sure?", "Yes."), metadata)
    assert (base["length"], "served" in base, "cached" in base) == (9, False, False)
    changed = {
        ("Be firm.", "What now?", "Wait.", "Sure?", "Yes."): {"opening", "asked"},
        ("Be kind.", "What next?", "Wait.", "Sure?", "Yes."): {"opening", "asked"},
        ("Be kind.", "What now?", "Wait.", "Really?", "Yes."): {"asked"},
        ("Be kind.", "What now?", "Go on", "Sure?", "Yes."): {"replied"},
        ("Be kind.", "What now?", "Wait.Y", "Sure?", "es."): {"replied"},
        ("Be kind.", "What now?", "Wait.", "Sure?", "Yes."): set(),
    }
    for texts, expected in changed.items():
        found = evidence(chat(*texts), metadata)
        assert {name for name in found if found[name] != base[name]} == expected, texts
    other = evidence(chat("Be kind.", "What now?", "Wait.", "Sure?", "Yes."), {**metadata, "script": ["Why?", "Sure?"]})
    assert {name for name in other if other[name] != base[name]} == {"question"}
    spaced = evidence(chat("Be kind.", "What now?", "Wait.", "Sure?", "Yes."), {**metadata, "script": ["what  NOW?"]})
    assert spaced == base


def test_replies_put_into_the_subjects_mouth_are_asked() -> None:
    metadata = {"script": ["Sure?"], "proof": {**PROOF, "earlier": ["What now?"]}}
    base = evidence(chat("Be kind.", "What now?", "Wait.", "Sure?", "Yes."), metadata)
    other = evidence(chat("Be kind.", "What now?", "Go on.", "Sure?", "Yes."), metadata)
    assert base["length"] == len("Yes.")
    assert base["opening"] == base["asked"] != other["asked"]
    assert base["replied"] == other["replied"]


def test_a_conversation_without_a_reply_has_evidence_too() -> None:
    found = evidence(chat("Be kind.", "What now?"), {"script": ["What now?"], "proof": PROOF})
    assert found["length"] == 0
    assert found["opening"] == found["asked"]


def test_replies_from_the_cache_are_counted_and_another_epoch_has_its_own(tmp_path: Path) -> None:
    first, again = (play("debate", tmp_path / name, items=2, cache=True, epochs=2) for name in ("one", "two"))
    assert {of(sample)["cached"] for sample in first.samples} == {0}
    assert {of(sample)["cached"] for sample in again.samples} == {len(again.samples[0].metadata["script"])}
    told = [{(s.id, s.epoch): of(s)["replied"] for s in log.samples} for log in (first, again)]
    assert told[0] == told[1]
    [found] = integrity.check([Path(again.location)], facts(again))
    assert (found.cached, found.problems) == (found.samples, ())


def test_a_cache_that_knows_no_epochs_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    careless = CachePolicy(expiry=None, per_epoch=False)
    monkeypatch.setattr("standfast.audits._dialogue.policy", lambda state: careless)
    monkeypatch.setattr("standfast.audits._dialogue.stamp", lambda state: None)  # its epoch would be part of the key
    play("advice", tmp_path / "one", cache=True)
    log = play("advice", tmp_path / "two", cache=True, epochs=2)
    [found] = integrity.check([Path(log.location)], facts(log))
    assert any(p.startswith("A reply from a cache is counted as another epoch in") for p in found.problems)


def test_scoring_again_keeps_what_is_known(tmp_path: Path) -> None:
    cast = {"models": ["standfast/sycophant"], "judges": ["standfast/judge"]}
    before = run(SUITE, **cast, limit=12, out=tmp_path / "run", display="none")
    after = rescore(before, judges=["standfast/judge@7"], out=tmp_path / "again", display="none")
    for path in (after / "logs").glob("*.eval"):
        old, new = (read_eval_log(folder / "logs" / path.name) for folder in (before, after))
        assert [of(sample) for sample in old.samples] == [of(sample) for sample in new.samples]
    assert [one.problems for one in integrity.check(after / "logs", read(after))] == [()] * len(read(after)["audits"])


def test_an_import_tells_nothing_of_its_provider(tmp_path: Path) -> None:
    items = [item.id for item in AUDITS["advice"].items()[:3]]
    said = {items[0]: "What now?", items[1]: "Whatever.", items[2]: "what  now?"}
    rows = [
        {"audit": "advice", "model": "acme/assistant", "item": item, "role": role,
         "messages": [{"role": "user", "content": said[item]}, {"role": "assistant", "content": f"{role}: {item}"}]}
        for item in items for role in ("advisor", "peer")
    ]  # fmt: skip
    file = tmp_path / "chats.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    made = import_file(file, judges=["standfast/judge"], out=tmp_path / "run", display="none")
    [found] = integrity.check(made / "logs", read(made))
    assert (found.samples, found.distinct, found.served, found.cached) == (6, 6, (), 0)
    assert found.duplicates == tuple(sorted((items[0], items[2])))
    assert found.problems[0].endswith("ask the same, so they are not independent items.")
