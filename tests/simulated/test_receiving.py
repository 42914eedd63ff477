"""The simulated receivers: what they read, what moves them, and how strictly they answer."""

from dataclasses import replace
from itertools import product
from statistics import fmean

import pytest
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

from standfast import personas
from standfast.audits import _partners
from standfast.audits._claims import claims, states
from standfast.personas import ladder
from standfast.simulated import Simulated
from standfast.simulated.phrases import banks
from standfast.simulated.receivers import FAMILIES, Receiving, family
from standfast.simulated.receiving import Receiver, plays

PERSONA = personas.load("apprentice-baker")
OWN, NOT_OWN = "an apprentice baker", "a retired chemist"
CLAIMS = [card.claim for card in claims()[:4]]
EVEN = {"claim_sd": 0.0, "persona_sd": 0.0}
FLAT = Receiving(**EVEN, persuadability=0.4, curvature=0.0)


def told(*starts: int) -> dict[str, object]:
    return {"claims": [{"claim": claim, "start": start} for claim, start in zip(CLAIMS, starts, strict=False)]}


def argument(*banks_used: str, claim: int = 0, side: str = "support", detail: str = OWN) -> str:
    said = [banks()[f"argue_{side}"][0], *(banks()[f"strategy_{name}"][0] for name in banks_used)]
    return " ".join(said).format(claim=CLAIMS[claim].rstrip("."), detail=detail)


def opening(what: dict[str, object], summary: str = "") -> list[ChatMessage]:
    text = _partners.receiver(ladder.render(PERSONA, "full"), what, summary)
    return [ChatMessageSystem(content=text, metadata={"epoch": 1})]


def heard(what: dict[str, object], *messages: str, summary: str = "") -> list[ChatMessage]:
    found = opening(what, summary)
    for message in messages:
        found += [ChatMessageUser(content=message), ChatMessageAssistant(content="Go on.")]
    return found


def stance(planted: Receiving, messages: list[ChatMessage], claim: int = 0, repeats: int = 400) -> float:
    receiver = Receiver(planted, "receiver", 0)
    asked = _partners.STANCE.format(claim=CLAIMS[claim])
    scores = []
    for repeat in range(1, repeats + 1):
        probe = ChatMessageUser(content=asked, metadata={"epoch": 1, "repeat": repeat})
        score, sure = _partners.parse("stance", receiver.reply([*messages, probe]))
        assert isinstance(score, int)
        assert isinstance(sure, int)
        scores.append(score)
    return fmean(scores)


def near(value: float) -> object:
    return pytest.approx(value, abs=4 * 0.5 / 400**0.5)


@pytest.mark.parametrize("start", range(1, 8))
def test_a_receiver_begins_where_it_was_told_to(start: int) -> None:
    assert stance(FLAT, opening(told(start)), repeats=20) == start
    assert stance(FLAT, opening(told(4, start)), claim=1, repeats=20) == start


@pytest.mark.parametrize(
    ("said", "moved"),
    [
        ([], 0.0),
        ([argument()], 0.4),
        ([argument(side="oppose")], -0.4),
        ([argument(), argument()], 0.8),
        ([argument("evidence")], 0.4 * 1.15),
        ([argument("emotion", "impact")], 0.4 * 1.2),
        ([argument("personal")], 0.4 * 1.4),
        ([argument("personal", detail=NOT_OWN)], 0.4 * 0.6),
        (["Believe me, this is so."], 0.0),
        ([argument(claim=1)], 0.0),
    ],
)
def test_it_is_moved_by_what_a_message_works_with(said: list[str], moved: float) -> None:
    assert stance(FLAT, heard(told(4), *said)) == near(4 + moved)


def test_no_stance_leaves_the_scale() -> None:
    pushed = [argument("emotion")] * 12
    assert stance(FLAT, heard(told(6), *pushed), repeats=20) == 7
    assert stance(FLAT, heard(told(2), *[argument(side="oppose")] * 12), repeats=20) == 1


@pytest.mark.parametrize(("side", "sign"), [("support", 1), ("oppose", -1)])
def test_gain_is_an_inverted_u_over_the_stance_counted_towards_the_aim(side: str, sign: int) -> None:
    planted = replace(FLAT, curvature=0.6, peak=3.0)
    for start in (2, 3, 5):
        towards = start if sign > 0 else 8 - start
        gain = 0.4 * (1 - 0.6 * ((towards - 3) / 3) ** 2)
        assert stance(planted, heard(told(start), argument(side=side))) == near(start + sign * gain)


@pytest.mark.parametrize("decay", [-0.25, 0.5, -2.0])
def test_what_it_remembers_of_earlier_talks_changes_how_far_it_is_moved(decay: float) -> None:
    planted = replace(FLAT, decay=decay)
    talks = [argument(claim=claim) for claim in range(3)]
    raw = heard(told(4, 4, 4), *talks)
    summary = Receiver(planted, "receiver", 0).reply([*heard(told(4, 4, 4), *talks[:2]), aside(_partners.SUMMARISE)])
    kept = heard(told(4, 4, 4), talks[2], summary=summary)
    expected = 4 + 0.4 * max(1 + 2 * decay, 0)
    assert stance(planted, raw, claim=2) == near(expected)
    assert stance(planted, kept, claim=2) == near(expected)
    assert stance(planted, raw, claim=0) == near(4.4)


def test_what_it_remembers_adds_up_over_summaries() -> None:
    receiver = Receiver(FLAT, "receiver", 0)
    first = receiver.reply([*heard(told(4, 4), argument()), aside(_partners.SUMMARISE)])
    second = receiver.reply([*heard(told(4, 4), argument(claim=1), summary=first), aside(_partners.SUMMARISE)])
    assert [first.split()[2], second.split()[2]] == ["1", "2"]


def aside(text: str, **facts: int) -> ChatMessage:
    return ChatMessageUser(content=text, metadata=facts)


def belief(planted: Receiving, card: int, *messages: str) -> tuple[float, str]:
    scenario = states()[card].model_dump()
    asked = aside(_partners.BELIEF.format(**scenario), epoch=1, repeat=1)
    answer = Receiver(planted, "receiver", 0).reply([*heard({"scenario": scenario}, *messages), asked])
    percent, choice = _partners.parse("belief", answer)
    assert isinstance(percent, float)
    assert isinstance(choice, str)
    return percent / 100, choice


GOOD, BAD = banks()["says_good"][0], banks()["says_bad"][0]


@pytest.mark.parametrize("card", range(len(states())))
def test_every_scenario_s_prior_and_threshold_are_read_from_its_text(card: int) -> None:
    scenario = states()[card]
    assert belief(FLAT, card) == (pytest.approx(scenario.prior), "no")
    # The lie that leaves the posterior just above the threshold makes it act, and just below it does not.
    lies = scenario.prior * (1 - scenario.threshold) / ((1 - scenario.prior) * scenario.threshold)
    assert belief(replace(FLAT, lies=lies * 0.99), card, GOOD)[1] == "yes"
    assert belief(replace(FLAT, lies=lies * 1.02), card, GOOD)[1] == "no"


@pytest.mark.parametrize(
    ("credulity", "lies", "said", "chance"),
    [
        (1.0, 0.0, GOOD, 1.0),
        (1.0, 0.0, BAD, 0.0),
        (1.0, 0.5, GOOD, 0.3 / 0.65),
        (0.0, 0.5, GOOD, 0.3),
        (0.5, 0.0, GOOD, 0.65),
        (1.0, 0.5, "It is a telephone.", 0.3),
        (1.0, 0.5, f"{GOOD} {BAD}", 0.3),
    ],
)
def test_a_belief_follows_bayes_as_far_as_it_is_credulous(
    credulity: float, lies: float, said: str, chance: float
) -> None:
    assert belief(replace(FLAT, credulity=credulity, lies=lies), 0, said)[0] == pytest.approx(chance, abs=0.0006)


def test_a_receiver_that_knows_the_scheme_is_right_on_average() -> None:
    planted = Receiving(lies=0.4)
    said = 0.3 + 0.7 * 0.4
    assert said * planted.posterior(0.3, "good") + (1 - said) * planted.posterior(0.3, "bad") == pytest.approx(0.3)


def test_probes_that_are_spoilt_are_spoilt_at_their_rate_and_can_be_asked_again() -> None:
    receiver = Receiver(FLAT, "receiver", 0, garble=0.3)
    asked = [[*opening(told(4)), aside(_partners.STANCE.format(claim=CLAIMS[0]), repeat=n)] for n in range(600)]
    read = [_partners.parse("stance", receiver.reply(messages))[0] for messages in asked]
    assert set(read) == {None, 4}
    assert read.count(None) / 600 == pytest.approx(0.3, abs=4 * (0.21 / 600) ** 0.5)
    again = [ChatMessageAssistant(content="Hm."), ChatMessageUser(content=_partners.AGAIN)]
    spoilt = [messages for messages, score in zip(asked, read, strict=True) if score is None]
    second = [_partners.parse("stance", receiver.reply([*messages, *again]))[0] for messages in spoilt]
    assert set(second) == {None, 4}


def test_noise_spreads_the_repeats_of_a_probe_and_moves_no_mean() -> None:
    messages = heard(told(4), argument())
    noisy = replace(FLAT, noise=0.8)
    receiver = Receiver(noisy, "receiver", 0)
    probe = _partners.STANCE.format(claim=CLAIMS[0])
    scores = {receiver.reply([*messages, aside(probe, repeat=n)]).partition("</score>")[0] for n in range(50)}
    assert len(scores) > 3
    assert stance(noisy, messages) == pytest.approx(4.4, abs=4 * 1.0 / 400**0.5)


def test_persuadability_differs_by_claim_and_persona_where_that_is_planted() -> None:
    varied = replace(FLAT, claim_sd=0.3, persona_sd=0.0)
    found = {
        round(stance(varied, heard(told(4, 4, 4, 4), argument(claim=claim)), claim=claim), 1) for claim in range(4)
    }
    assert len(found) > 1


def test_the_same_is_answered_to_the_same_and_another_seed_epoch_or_repeat_draws_anew() -> None:
    messages, probe = heard(told(4), argument()), _partners.STANCE.format(claim=CLAIMS[0])

    def answers(seed: int = 0, epoch: int = 1, first: int = 1) -> list[str]:
        receiver = Receiver(FLAT, "receiver", seed)
        system = ChatMessageSystem(content=messages[0].text, metadata={"epoch": epoch})
        return [
            receiver.reply([system, *messages[1:], aside(probe, epoch=epoch, repeat=n)])
            for n in range(first, first + 30)
        ]

    assert answers() == answers()
    assert len({tuple(found) for found in (answers(), answers(seed=1), answers(epoch=2), answers(first=50))}) == 4


def test_it_says_in_words_what_a_message_did_and_never_a_number() -> None:
    receiver = Receiver(family("receiver", {}), "receiver", 0)
    for bank, said in (
        ("received_moved", argument("evidence")),
        ("received_put_off", argument("personal", detail=NOT_OWN)),
        ("received_unmoved", "It is so, because it is so."),
    ):
        messages = [*opening(told(4)), ChatMessageUser(content=said)]
        answer = receiver.reply(messages)
        assert answer in banks()[bank]
        assert not any(character.isdigit() for character in answer)
    assert receiver.reply(opening(told(4)))


def test_a_simulated_subject_that_meets_itself_plays_the_receiver() -> None:
    messages = opening(told(4))
    assert plays(messages)
    subject = Simulated("sycophant")
    said = subject._say([*messages, aside(_partners.STANCE.format(claim=CLAIMS[0]), repeat=1)])
    assert _partners.parse("stance", said)[0] == 4
    assert not plays([ChatMessageSystem(content="You are an adviser.")])


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_is_a_model_whose_numbers_can_be_changed(name: str) -> None:
    changed = Simulated(f"{name}@7", persuadability=0.5, garble=0.25, noise=0.1)
    assert changed.receiver == Receiver(replace(FAMILIES[name], persuadability=0.5, noise=0.1), name, 7, garble=0.25)
    assert Simulated(name).receiver == Receiver(FAMILIES[name], name, 0)


def test_families_leave_room_on_the_scale_for_three_messages() -> None:
    for planted, start in product(FAMILIES.values(), range(2, 7)):
        assert planted.curve(start) > 0
        assert start + 3 * planted.persuadability * planted.curve(start) * 1.3 <= 7.3


@pytest.mark.parametrize(
    ("name", "changes", "part"),
    [
        ("receiver-shy", {}, "no simulated receiver 'receiver-shy'. Known: receiver, receiver-open"),
        ("receiver", {"charm": 1}, "no number 'charm' of a receiver. Known: persuadability, peak"),
        ("receiver", {"peak": "high"}, "could not convert"),
    ],
)
def test_what_is_unknown_of_a_receiver_is_named(name: str, changes: dict[str, object], part: str) -> None:
    with pytest.raises(ValueError, match=part):
        Simulated(name, **changes)
