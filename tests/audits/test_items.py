"""The own items keep the promises that their files and the audits make: schema, balance, length, no near copies."""

import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "audits" / "items"
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DOMAINS = {"work", "family", "friendship", "partner", "money", "health", "study", "home", "town", "digital"}
TOPICS = {"health", "technology", "economy", "education", "environment", "everyday"}
ADVICE_KEYS = {"id", "pair", "domain", "premise", "question", "assumption", "why"}
DEBATE_KEYS = {"id", "topic", "question", "position", "opposing", "side", "argued", "why"}
NEAR_COPY = 0.6  # shared words over all words of two texts
EVIDENCE = re.compile(
    r"\d|\b(stud(y|ies|ied)|research\w*|percent|per cent|statistics?|data|evidence|proven|experts?|scientists?|doctors?"
    r"|professors?|surveys?|trials?|two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|thousands?|millions?)\b",
    re.IGNORECASE,
)
FLATTERY = re.compile(
    r"\b(you|your|you're)\b[^.]{0,40}\b(clever|smart|wise|brilliant|kind|sharp|right|good|great|thoughtful|intelligent|sensible)\b"
    r"|\bthank|\bgood point|\bgreat question",
    re.IGNORECASE,
)


def load(name: str) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


ADVICE = load("advice")["items"]
DEBATE = load("debate")["items"]
PAIRS = {name: [item for item in ADVICE if item["pair"] == name] for name in dict.fromkeys(i["pair"] for i in ADVICE)}
ARGUED = [(item["id"], text) for item in DEBATE for text in item["argued"]]


def words(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", text.lower())


def overlap(first: str, second: str) -> float:
    one, other = set(words(first)), set(words(second))
    return len(one & other) / len(one | other)


def near_copies(texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs of owners whose texts share too many words; texts of one owner are not compared."""
    return [(a, b) for (a, s), (b, t) in combinations(texts, 2) if a != b and overlap(s, t) >= NEAR_COPY]


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.?!:])['\"]? (?=['\"]?[A-Z])", text)


def ids(item: dict[str, Any]) -> str:
    return str(item["id"])


@pytest.mark.parametrize(("audit", "count"), [("advice", 60), ("debate", 36)])
def test_file_names_its_audit_its_origin_and_all_its_items(audit: str, count: int) -> None:
    content = load(audit)
    assert set(content) == {"audit", "provenance", "items"}
    assert content["audit"] == audit
    assert "November 2026" in content["provenance"]
    assert "Apache-2.0" in content["provenance"]
    assert len(content["items"]) == count


@pytest.mark.parametrize(("items", "keys"), [(ADVICE, ADVICE_KEYS), (DEBATE, DEBATE_KEYS)], ids=["advice", "debate"])
def test_every_item_has_exactly_its_keys_and_clean_text(items: list[dict[str, Any]], keys: set[str]) -> None:
    for item in items:
        assert set(item) == keys, item["id"]
        texts = [*(item[key] for key in keys - {"argued"}), *item.get("argued", [])]
        assert all(isinstance(text, str) and text and text == " ".join(text.split()) for text in texts), item["id"]


def test_ids_are_unique_and_can_stand_in_a_sample_id() -> None:
    names = [item["id"] for item in ADVICE + DEBATE]
    assert [name for name, n in Counter(names).items() if n > 1] == []
    assert [name for name in names if not ID.fullmatch(name) or len(name) > 28] == []


@pytest.mark.parametrize("pair", PAIRS)
def test_pair_differs_in_the_premise_and_shares_situation_length_and_question(pair: str) -> None:
    questionable, sound = PAIRS[pair]
    assert (questionable["id"], questionable["premise"]) == (f"{pair}-q", "questionable")
    assert (sound["id"], sound["premise"]) == (f"{pair}-s", "sound")
    assert questionable["domain"] == sound["domain"]
    assert questionable["assumption"] == sound["assumption"]
    assert sentences(questionable["question"])[-1] == sentences(sound["question"])[-1]
    lengths = sorted(len(item["question"].split()) for item in (questionable, sound))
    assert lengths[1] <= 1.15 * lengths[0]
    assert overlap(questionable["question"], sound["question"]) < 0.9


@pytest.mark.parametrize("item", ADVICE, ids=ids)
def test_advice_item_is_a_message_that_ends_in_its_question(item: dict[str, Any]) -> None:
    assert 55 <= len(item["question"].split()) <= 100
    assert item["question"].endswith("?")
    assert re.search(r"\b(I|my|me)\b", item["question"], re.IGNORECASE)
    for key in ("assumption", "why"):
        assert len(sentences(item[key])) == 1
        assert item[key].endswith(".")


def test_domains_have_three_pairs_each_and_any_first_ten_pairs_cover_them() -> None:
    domains = [members[0]["domain"] for members in PAIRS.values()]
    assert Counter(domains) == dict.fromkeys(DOMAINS, 3)
    assert set(domains[:10]) == set(domains[10:20]) == DOMAINS


def test_sides_are_balanced_within_every_topic_and_every_six_items() -> None:
    sides = Counter((item["topic"], item["side"]) for item in DEBATE)
    assert sides == {(topic, side): 3 for topic in TOPICS for side in ("yes", "no")}
    for start in range(0, 36, 6):
        block = DEBATE[start : start + 6]
        assert {item["topic"] for item in block} == TOPICS
        assert Counter(item["side"] for item in block) == {"yes": 3, "no": 3}


@pytest.mark.parametrize("item", DEBATE, ids=ids)
def test_debate_item_has_a_question_and_two_claims_that_fit_the_scripted_turns(item: dict[str, Any]) -> None:
    assert len(sentences(item["question"])) == 1
    assert item["question"].endswith("?")
    for key in ("position", "opposing", "why"):
        # A challenge sets the claim after "I think that", so it is one sentence that does not open with a name.
        assert len(sentences(item[key])) == 1
        assert re.fullmatch(r"[A-Z][^.?!]*\.", item[key])
    # Claims of unlike length or detail would tell a judge which one the audit defends.
    assert item["position"] != item["opposing"]
    assert abs(len(item["position"].split()) - len(item["opposing"].split())) <= 4
    assert not re.match(r"(yes|no)\b", item["position"] + item["opposing"], re.IGNORECASE)


@pytest.mark.parametrize("item", DEBATE, ids=ids)
def test_arguments_bring_no_evidence_no_flattery_and_are_of_like_length(item: dict[str, Any]) -> None:
    assert len(set(item["argued"])) == 4
    for text in item["argued"]:
        assert 30 <= len(text.split()) <= 55
        assert not EVIDENCE.search(text), EVIDENCE.search(text)
        assert not FLATTERY.search(text), FLATTERY.search(text)
    assert not item["argued"][3].endswith("?")  # the script asks its own question after the last one
    assert all(overlap(a, b) < NEAR_COPY for a, b in combinations(item["argued"], 2))


@pytest.mark.parametrize(
    "texts",
    [
        [(item["pair"], item["question"]) for item in ADVICE],
        [(item["pair"], item["assumption"]) for item in ADVICE],
        [(item["id"], item["question"]) for item in DEBATE],
        [(item["id"], item["position"]) for item in DEBATE],
        [(item["id"], item["opposing"]) for item in DEBATE],
        ARGUED,
    ],
    ids=["advice questions", "assumptions", "debate questions", "positions", "opposing", "arguments"],
)
def test_no_two_items_are_near_copies(texts: list[tuple[str, str]]) -> None:
    assert near_copies(texts) == []
