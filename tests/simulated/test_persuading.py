"""Simulated subjects as senders and as receivers: what they say from message to message, and what they read."""

from dataclasses import replace
from itertools import pairwise
from statistics import fmean

import pytest
from inspect_ai.model import ChatMessageAssistant, ChatMessageUser
from talking import PERSONA, opened, probed, received

from standfast.audits import _questions, spontaneous
from standfast.audits._audit import Item
from standfast.audits._claims import claims, states
from standfast.audits._persuasion_items import received_claim, sent_claim, sent_state, series
from standfast.audits.measures.adaptation import similarity
from standfast.personas import ladder
from standfast.simulated import hearing
from standfast.simulated.behaviours import EVEN, Character, Planted
from standfast.simulated.planted import CHARACTERS
from standfast.simulated.reading import understand
from standfast.simulated.writing import Writer


def writer(**planted: float) -> Writer:
    fixed = {name: replace(CHARACTERS["sycophant"][name], **EVEN) for name in Character.__slots__}
    return Writer(Character(**fixed | {name: Planted(value, **EVEN) for name, value in planted.items()}), "s", 0)


def messages(
    subject: Writer, item: Item, challenge: str = "open", *, profile: str = "full", epoch: int = 1, said: str = "Go on."
) -> list[str]:
    conversation = opened(item, challenge, profile, "peer", epoch)
    found = []
    for line in item.script[challenge][:8]:
        if found:
            conversation.append(ChatMessageUser(content=line or said))
        found.append(subject.reply(understand(conversation)))
        conversation.append(ChatMessageAssistant(content=found[-1]))
    return found


CLAIM, SERIES, STATE = sent_claim(claims()[0]), series(claims())[0], sent_state(states()[0])


@pytest.mark.parametrize(("adapts", "apart"), [(0.0, (0.0, 0.0)), (0.5, (0.05, 0.35)), (1.0, (0.15, 0.6))])
def test_messages_differ_from_round_to_round_as_often_as_planted(adapts: float, apart: tuple[float, float]) -> None:
    subject = writer(adapts=adapts, declines=0.0)
    said = [messages(subject, CLAIM, epoch=epoch) for epoch in range(20)]
    same = [one == two for rounds in said for one, two in pairwise(rounds)]
    low, high = apart
    assert fmean(same) == pytest.approx(1 - adapts, abs=0.15)
    distance = fmean(1 - similarity(one, two) for rounds in said for one, two in pairwise(rounds))
    assert low - 1e-9 <= distance <= high + 1e-9


def test_what_a_sender_says_does_not_depend_on_what_the_receiver_says() -> None:
    subject = writer(declines=0.0)
    assert messages(subject, CLAIM) == messages(subject, CLAIM, said="Stop it.")
    assert messages(subject, CLAIM) != messages(subject, CLAIM, epoch=2)
    assert messages(subject, CLAIM) != messages(subject, CLAIM, "honest")


def test_a_sender_that_declines_does_so_in_the_whole_conversation() -> None:
    said = [messages(writer(declines=0.5), SERIES, "raw", epoch=epoch) for epoch in range(100)]
    refusals = [["cannot help" in message for message in rounds] for rounds in said]
    assert {len(set(rounds)) for rounds in refusals} == {1}
    assert fmean(rounds[0] for rounds in refusals) == pytest.approx(0.5, abs=0.2)


def test_in_repeated_talks_each_is_about_its_own_claim() -> None:
    said = messages(writer(declines=0.0, adapts=0.0), SERIES, "summary")
    told = SERIES.hidden["series"].split("\n")
    argued = [hearing.argued(message)[0][0] for message in said]
    assert argued == [claim.rstrip(".") for claim in told for _ in range(2)]


@pytest.mark.parametrize(("profile", "own"), [("full", True), ("demographics", True), ("wrong", False)])
def test_details_come_from_the_profile_that_it_was_shown(profile: str, own: bool) -> None:
    whole = ladder.render(PERSONA, "full")
    said = [
        m
        for epoch in range(10)
        for m in messages(writer(uses_personal=1.0, declines=0.0), CLAIM, profile=profile, epoch=epoch)
    ]
    named = [detail for message in said for detail in hearing.details(message)]
    assert len(named) == len(said)
    assert {detail in whole for detail in named} == {own}


@pytest.mark.parametrize("profile", ["none", "filler", "stranger"])
def test_no_detail_is_named_where_none_was_shown(profile: str) -> None:
    said = messages(writer(uses_personal=1.0, declines=0.0), CLAIM, profile=profile)
    assert not any(hearing.details(message) for message in said)


@pytest.mark.parametrize(("overstates", "said"), [(0.0, "bad"), (1.0, "good")])
def test_a_bad_state_is_called_good_as_often_as_planted_and_a_good_one_never_bad(overstates: float, said: str) -> None:
    subject = writer(overstates=overstates)
    assert {hearing.says(messages(subject, STATE, "state-good", epoch=n)[0]) for n in range(10)} == {"good"}
    assert {hearing.says(messages(subject, STATE, "state-bad", epoch=n)[0]) for n in range(10)} == {said}


def test_nothing_is_added_to_advice_but_where_nobody_asked_to_persuade_is_the_question() -> None:
    subject = writer(unasked=1.0)
    for plain, marked in zip(_questions.items()[:10], spontaneous.AUDIT.items(), strict=False):
        [advice], [worked] = messages(subject, plain, "none"), messages(subject, marked, "none")
        assert not hearing.strategies(advice)
        assert "my way" in worked or "win you over" in worked
        assert set(advice.split()) <= set(worked.split())


def test_another_stance_than_the_dialogue_s_is_drawn_for_no_condition() -> None:
    item = received_claim(claims()[0])
    subject = writer()
    before = {
        probed(subject, opened(item, challenge, profile, role, 1), item, 0, 1).scores
        for challenge in ("bare", "evidence")
        for profile in ("none", "filler", "full")
        for role in ("advisor", "peer")
    }
    assert len(before) == 1
    starts = {
        probed(subject, opened(received_claim(card), "bare", "none", "peer", 1), received_claim(card), 0, 1).stance
        for card in claims()
    }
    assert starts == {3.0, 4.0, 5.0}


def test_who_says_it_and_what_it_brings_moves_a_subject_as_planted() -> None:
    subject = writer(moved_bare=0.1, moved_evidence=0.5, moved_falsified=0.3, from_expert=0.2, from_stranger=-0.1)

    def shift(challenge: str) -> float:
        found = []
        for card in claims()[:20]:
            for epoch in range(3):
                held = received(subject, received_claim(card), challenge, epoch=epoch)
                before, after = held.probes[0].stance, held.probes[-1].stance
                assert before is not None
                assert after is not None
                found.append(held.aim * (after - before))
        return fmean(found)

    for challenge, points in (
        ("bare", 0.2),
        ("bare-expert", 0.6),
        ("bare-stranger", 0.0),
        ("evidence", 1.0),
        ("falsified-expert", 1.0),
    ):
        assert shift(challenge) == pytest.approx(points, abs=0.2), challenge
