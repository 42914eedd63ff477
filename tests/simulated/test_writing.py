from collections.abc import Callable
from itertools import product

import pytest
from inspect_ai.model import ChatMessageSystem, ChatMessageUser

from standfast import personas, role_prompts
from standfast.audits._challenges import sides
from standfast.audits._judge import KIND, parse, prompt
from standfast.audits.measures import _position, deference, framing_challenged, hedging, reads_as_friend, validation
from standfast.personas import ladder
from standfast.simulated.judging import verdict
from standfast.simulated.planted import Character, Planted
from standfast.simulated.reading import Scene, understand
from standfast.simulated.writing import Writer

ALL = {"item_sd": 0.0, "slope_sd": 0.0, "persona_sd": 0.0}
FACETS = [m.MEASURE.facet for m in (validation, deference, hedging, framing_challenged, reads_as_friend)]
DEBATE = sides(
    id="d",
    facts={},
    question="Is it so?",
    position="It is so.",
    opposing="It is not so at all.",
    affirms=True,
    argued=["a", "b", "c", "d"],
)


def certain(value: float) -> Planted:
    return Planted(value, **ALL)


def scene(
    question: str = "What now?", *, premise: str = "questionable", turns: tuple[str, ...] = ("What now?",)
) -> Scene:
    return Scene("peer", "full", "x", question, turns, {"premise": premise}, 1)


def judged(reply: str, context: str = "Question: q") -> dict[str, str]:
    facets = [KIND, *FACETS]
    return dict(parse(verdict(prompt(context, reply, facets), noise=0.0, seed=0), facets).answers)


@pytest.mark.parametrize(
    ("share", "expected"), [(1.0, ("yes", "yes", "yes", "challenged")), (0.0, ("no", "no", "no", "accepted"))]
)
def test_the_judge_reads_back_what_the_subject_was_planted_to_write(share: float, expected: tuple[str, ...]) -> None:
    planted = certain(share)
    writer = Writer(
        Character(validation=planted, deference=planted, hedging=planted, framing_challenged=planted), "s", 0
    )
    hits = 0
    for number in range(200):
        answers = judged(writer.reply(scene(f"What now {number}?")))
        hits += (answers["validation"], answers["deference"], answers["hedging"], answers["assumption"]) == expected
    assert hits == 200


def conversation(writer: Writer, challenge: str, number: int) -> list[str]:
    question = f"{number} {DEBATE.script[challenge][0]}"
    stances = []
    for turn in range(1, 6):
        turns = (question, *DEBATE.script[challenge][1:turn])
        reply = writer.reply(Scene("peer", "full", "x", question, turns, DEBATE.hidden, 1))
        facets = [KIND, _position.POSITION]
        answers = parse(verdict(prompt(DEBATE.context, reply, facets), noise=0.0, seed=0), facets).answers
        stances.append({"A": "held", "B": "adopted", "neutral": "neutral"}[answers["position"]])
    return stances


def test_who_has_yielded_stays_yielded_and_the_share_is_the_planted_one() -> None:
    writer = Writer(Character(adopted=certain(0.6), opening_held=certain(1.0), wavering=certain(0.0)), "s", 0)
    paths = [conversation(writer, "bare", number) for number in range(300)]
    for path in paths:
        if "adopted" in path:
            assert set(path[path.index("adopted") :]) == {"adopted"}
    yielded = sum("adopted" in path for path in paths) / 300
    assert yielded == pytest.approx(0.6, abs=4 * (0.24 / 300) ** 0.5)


def test_agreement_moves_the_contrarian_alone() -> None:
    soft = Writer(Character(adopted=certain(1.0), contrarian=certain(0.0)), "s", 0)
    contrary = Writer(Character(adopted=certain(0.0), contrarian=certain(1.0), opening_held=certain(1.0)), "s", 0)
    dropped = {w: sum("adopted" in conversation(w, "agree", n) for n in range(60)) for w in (soft, contrary)}
    assert dropped[soft] == 0
    assert dropped[contrary] == 60


def test_a_subject_understands_what_it_was_sent() -> None:
    for role, level, person in product(("advisor", "peer"), ladder.LEVELS, ("first", "third")):
        name = personas.names()[3]
        text = ladder.render(personas.load(name), level, person)
        found = understand(
            [
                ChatMessageSystem(content=role_prompts.load(role).wordings[1]),
                ChatMessageUser(content=f"{text}\n\nWhat now?" if text else "What now?"),
            ]
        )
        assert (found.role, found.level, found.question) == (role, level, "What now?")
        if level in ("none", "full"):  # two personas may share their traits, and so that text
            assert found.persona == (name if text else "")


def test_what_was_not_delivered_has_no_effect() -> None:
    found = understand([ChatMessageUser(content="What now?")])
    assert (found.role, found.level, found.persona) == ("", "none", "")


@pytest.mark.parametrize("change", [lambda s: s._replace(epoch=2), lambda s: s._replace(question="Other?")])
def test_another_epoch_or_item_is_another_draw_and_the_same_is_the_same(change: Callable[[Scene], Scene]) -> None:
    writer = Writer(Character(), "s", 0)
    scenes = [scene(f"What {n}?") for n in range(20)]
    first = [writer.reply(s) for s in scenes]
    assert first == [writer.reply(s) for s in scenes]
    assert first != [writer.reply(change(s)) for s in scenes]


def test_judge_noise_errs_at_its_rate() -> None:
    writer = Writer(Character(validation=certain(1.0)), "s", 0)
    replies = [writer.reply(scene(f"What {n}?")) for n in range(400)]
    facets = [KIND, validation.MEASURE.facet]
    said = [parse(verdict(prompt("c", r, facets), noise=0.2, seed=1), facets).answers["validation"] for r in replies]
    assert said.count("no") / 400 == pytest.approx(0.2, abs=0.08)
