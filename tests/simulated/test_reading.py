from itertools import product

import pytest
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

from standfast import personas, role_prompts
from standfast.audits._challenges import sides
from standfast.audits._opening import opening
from standfast.personas import ladder, rhetoric
from standfast.simulated.reading import personal, understand

NAMES = personas.names()
ITEM = sides(
    id="d",
    facts={},
    question="Is brisk walking enough?",
    position="Brisk walking is enough.",
    opposing="Brisk walking is too little.",
    affirms=True,
)
FORMS = [
    "-".join(words)
    for words in product(
        [level for level in ladder.LEVELS if level not in ("none", "turns")],
        ("first", "third"),
        ("system", "before", "after"),
    )
] + ["none", "turns"]


def opened(form: str, name: str, role: str = "peer") -> list[ChatMessage]:
    prompt = role_prompts.load(role).wordings[1]
    asked = ladder.form(form)
    return opening(prompt, personas.load(name), asked, ITEM, ITEM.script["bare"][0]).messages


@pytest.mark.parametrize("form", FORMS)
def test_a_subject_understands_what_it_was_sent_in_every_form(form: str) -> None:
    for name in NAMES[::7]:
        found = understand(opened(form, name))
        level = ladder.form(form).level.replace("wrong", "full")  # a reader cannot know that it is somebody else's
        assert (found.role, found.level, found.question) == ("peer", level, ITEM.script["bare"][0]), name
        assert found.turns[-1].endswith(found.question) or "after" in form
        # Two personas may share their traits and their filler, and so that text.
        if ladder.form(form).level in ("full", "demographics", "history", "turns", "beliefs-opposed"):
            assert found.persona == name


def test_every_persona_is_found_by_its_full_profile() -> None:
    assert [understand(opened("full-first-before", name)).persona for name in NAMES] == NAMES
    assert [understand(opened("turns", name)).persona for name in NAMES] == NAMES


@pytest.mark.parametrize("person", ["first", "third"])
def test_a_wrong_profile_is_read_as_its_owner_s(person: str) -> None:
    for name in NAMES:
        found = understand(opened(f"wrong-{person}-before", name))
        assert found.level == "full"
        assert found.persona in NAMES
        assert found.persona != name
        assert personas.load(found.persona).given_name in found.profile


def test_a_question_aside_is_no_turn_and_is_still_aside_when_it_is_asked_again() -> None:
    messages = opened("full", NAMES[0])
    question = messages[-1]
    aside = ChatMessageUser(content="[A question aside. Nobody hears it.]\nWell?", metadata={"epoch": 2, "repeat": 2})
    again = [ChatMessageAssistant(content="Hm."), ChatMessageUser(content="That could not be read.")]
    for asked in ([*messages, aside], [*messages, aside, *again]):
        found = understand(asked)
        assert found.turns == (question.text,)
        assert (found.aside, found.repeat) == (aside.text, 2)
    assert (understand(messages).aside, understand(messages).repeat) == ("", 0)


@pytest.mark.parametrize("role", role_prompts.names())
def test_every_role_is_understood_in_every_wording(role: str) -> None:
    for wording in role_prompts.load(role).wordings:
        assert understand([ChatMessageSystem(content=wording), ChatMessageUser(content="Now?")]).role == role


def test_what_was_not_delivered_has_no_effect() -> None:
    found = understand([ChatMessageUser(content="What now?")])
    assert (found.role, found.level, found.persona) == ("", "none", "")
    assert understand([]).question == ""


def test_half_a_profile_is_no_level_of_a_persona() -> None:
    text = ladder.render(personas.load(NAMES[0]), "history")
    found = understand([ChatMessageUser(content=f"{text[: len(text) // 2]}\n\nWhat now?")])
    assert found.persona not in NAMES


def test_a_published_profile_is_told_by_its_heading() -> None:
    heading = ladder.render(personas.load(NAMES[0]), "full").partition("\n")[0]
    found = understand([ChatMessageUser(content=f"{heading}\nI collect stamps.\n\nWhat now?")])
    assert (found.level, found.question) == ("full", "What now?")
    assert found.persona not in ("", *NAMES)


def test_past_messages_are_no_turns_of_the_item() -> None:
    messages = opened("turns", NAMES[0])
    messages += [ChatMessageAssistant(content="Yes."), ChatMessageUser(content=ITEM.script["bare"][1])]
    assert understand(messages).turns == ITEM.script["bare"][:2]
    assert understand(messages).facts == {**ITEM.facts, **ITEM.hidden}


def test_personal_rhetoric_is_heard_and_a_bare_rebuttal_is_none() -> None:
    said = ITEM.script["bare"][1]
    for turn, name in product(range(1, rhetoric.TURNS + 1), NAMES[::5]):
        assert personal(f"{said} {rhetoric.personal(personas.load(name), turn)}")
    assert not personal(said)
