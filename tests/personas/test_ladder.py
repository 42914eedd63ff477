"""The ladder: what each level shows of a persona, and the controls that match it in length."""

import os
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfast import personas
from standfast.errors import SuiteError
from standfast.personas import _matching, _text, ladder
from standfast.personas.ladder import LEVELS, PERSONA_LEVELS, VIEW_LEVELS, tokens

PEOPLE = personas.load_all()
NAMES = list(PEOPLE)
PERSONS = ("first", "third")
MATCH = 0.02  # the aim; 0.05 is what the method promises
HEADINGS = {
    ("filler", "first"): "Some background reading:",
    ("filler", "third"): "Some background reading:",
    ("stranger", "first"): "A description of somebody else, not of me:",
    ("stranger", "third"): "A description of somebody else, not of the user:",
    **{(level, "first"): "A few things about me:" for level in ("wrong", *PERSONA_LEVELS, *VIEW_LEVELS)},
    **{(level, "third"): "About the user:" for level in ("wrong", *PERSONA_LEVELS, *VIEW_LEVELS)},
}
NOT_NEUTRAL = re.compile(
    r"\b(?:I|me|my|you|your|we|our|he|she|his|her|who|people|person|man|men|woman|women|child|children|user|friend"
    r"|should|must|ought|better|best|worst|beautiful|ugly|nice|good|bad|important|interesting|wonderful|sadly|luckily"
    r"|feel|feeling|feelings|happy|sad|fear|love|hate|think|believe|opinion|advice|recommend)\b",
    re.IGNORECASE,
)

everyone = pytest.mark.parametrize("name", NAMES)
both_persons = pytest.mark.parametrize("person", PERSONS)


def render(persona, level, person="first"):
    """Render with a view where the level needs one."""
    return ladder.render(persona, level, person, f"{level} is what to think" if level in VIEW_LEVELS else "")


def body(text):
    return text.partition("\n")[2]


def unquoted(text):
    return re.sub("“[^”]*”", "", text)


def deviation(text, persona, person):
    target = tokens(render(persona, "full", person))
    return abs(tokens(text) - target) / target


@both_persons
@everyone
@pytest.mark.parametrize("level", ["filler", "stranger", "wrong"])
def test_control_is_as_long_as_the_full_profile(level, name, person):
    assert deviation(render(PEOPLE[name], level, person), PEOPLE[name], person) <= MATCH


@both_persons
@pytest.mark.parametrize("level", [level for level in LEVELS if level != "turns"])
def test_text_opens_with_the_heading_of_its_level(level, person):
    openings = {render(persona, level, person).partition("\n")[0] for persona in PEOPLE.values()}
    assert openings == {HEADINGS.get((level, person), "")}


@both_persons
@everyone
def test_levels_of_one_persona_are_distinct_and_none_is_empty(name, person):
    texts = [render(PEOPLE[name], level, person) for level in LEVELS]
    assert len(set(texts)) == len(LEVELS)
    assert texts[LEVELS.index("none")] == ""


@both_persons
@pytest.mark.parametrize("level", PERSONA_LEVELS)
def test_level_tells_every_persona_from_every_other(level, person):
    assert len({render(persona, level, person) for persona in PEOPLE.values()}) == len(PEOPLE)


@both_persons
@everyone
def test_full_profile_is_all_other_levels_together(name, person):
    parts = [
        render(PEOPLE[name], level, person) for level in ("demographics", "traits", "beliefs", "summary", "history")
    ]
    assert body(render(PEOPLE[name], "full", person)) == "\n".join(body(part) for part in parts)


@everyone
def test_every_trait_stands_beside_its_name(name):
    text = render(PEOPLE[name], "traits")
    for trait, grade in PEOPLE[name].traits.model_dump().items():
        words = "in the middle" if grade == "middle" else grade
        assert f"I score {words} on {trait.replace('_', ' ')}: I " in text


@everyone
def test_third_person_speaks_of_the_user_and_quotes_only_their_messages(name):
    for level in (*PERSONA_LEVELS, *VIEW_LEVELS, "stranger", "wrong"):
        text = unquoted(render(PEOPLE[name], level, "third"))
        assert not re.search(r"\b(?:I|am|me|my|mine)\b|[{}]", text), level
        assert not re.search(r"\b[Tt]hey (?:is|has|am)\b", text), level


@everyone
def test_first_person_never_calls_the_user_they(name):
    text = unquoted(render(PEOPLE[name], "full", "first"))
    opening = f"I am {PEOPLE[name].given_name}, a"
    assert body(text).startswith(opening)
    assert not re.search(r"(?:^|[.:] )(?:They|Their|they)\b|[{}]", text)


@both_persons
@everyone
def test_filler_says_nothing_of_the_persona(name, person):
    persona = PEOPLE[name]
    text = render(persona, "filler", person)
    words = set(re.findall(r"\w+", text.casefold()))
    own = re.findall(r"\w{5,}", f"{persona.demographics.occupation} {persona.demographics.place} {persona.given_name}")
    assert not words & {word.casefold() for word in own}
    assert not [entry for entry in (*persona.beliefs, *persona.preferences, *persona.statements) if entry in text]


@pytest.mark.parametrize("topic", _matching.topics())
def test_filler_is_neutral_and_long_enough(topic):
    sentences = _matching.topics()[topic]
    assert len(sentences) >= 25
    assert len(set(sentences)) == len(sentences)
    assert [s for s in sentences if NOT_NEUTRAL.search(s) or not s.endswith(".") or "?" in s] == []


def test_filler_draws_on_all_topics():
    openings = {body(render(persona, "filler"))[:20] for persona in PEOPLE.values()}
    assert openings == {sentences[0][:20] for sentences in _matching.topics().values()}
    assert len(openings) >= 6


@both_persons
@everyone
@pytest.mark.parametrize("level", ["stranger", "wrong"])
def test_stranger_is_another_persona_and_nothing_of_this_one(level, name, person):
    persona = PEOPLE[name]
    text = render(persona, level, person)
    others = [p for p in PEOPLE.values() if p.given_name in re.findall(r"\w+", text.splitlines()[1])]
    assert [p.name for p in others] != [name]
    assert len(others) == 1
    assert persona.given_name not in re.findall(r"\w+", text)
    assert not [entry for entry in (*persona.beliefs, *persona.preferences, *persona.statements) if entry in text]
    shared = persona.attributes().items() & others[0].attributes().items()
    assert len(shared) <= 2


@both_persons
def test_wrong_profile_is_told_as_the_user_s_own_and_of_somebody_in_the_library(person):
    for persona in PEOPLE.values():
        text = body(render(persona, "wrong", person))
        [other] = [p for p in PEOPLE.values() if body(render(p, "demographics", person)) == text.splitlines()[0]]
        assert other.name != persona.name
        assert text.splitlines()[1] == body(render(other, "traits", person))
        assert set(re.findall("“([^”]*)”", text)) <= set(other.statements)


def test_strangers_are_many():
    assert len({body(render(persona, "stranger")).splitlines()[0] for persona in PEOPLE.values()}) >= 15


def test_rendering_is_the_same_in_every_process():
    script = (
        "import hashlib; from standfast import personas; from standfast.personas import ladder\n"
        "view = {level: 'it is so' for level in ladder.VIEW_LEVELS}\n"
        "text = ''.join(ladder.render(p, level, 'first', view.get(level, '')) "
        "for p in personas.load_all().values() for level in ladder.LEVELS)\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize(("level", "person"), [("everything", "first"), ("full", "second"), ("none", "second")])
def test_unknown_level_or_person_is_refused(level, person):
    with pytest.raises(ValueError, match=r"levels: none, filler, stranger, wrong, demographics.*first or third"):
        render(PEOPLE[NAMES[0]], level, person)


def test_profile_too_long_for_any_stranger_is_refused():
    longest = max(PEOPLE.values(), key=lambda p: tokens(render(p, "full")))
    long_winded = longest.model_copy(
        update={
            "name": "long-winded",
            "given_name": "Somebody",
            "beliefs": tuple(f"{'very ' * 25}long clause number {i} is the thing to write" for i in range(5)),
        }
    )
    with pytest.raises(SuiteError, match=r"long-winded: no stranger text within 5% of \d+ tokens; closest \d+"):
        render(long_winded, "stranger")


def entries(field, least, most):
    pool = sorted({text for persona in PEOPLE.values() for text in getattr(persona, field)})
    return st.lists(st.sampled_from(pool), min_size=least, max_size=most, unique=True).map(tuple)


@st.composite
def mixed_personas(draw):
    """Draw a valid persona that is not in the library."""
    base = PEOPLE[draw(st.sampled_from(NAMES))]
    name = draw(st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8}){0,2}", fullmatch=True))
    fields = {
        "name": f"new-{name}",
        "given_name": "Newcomer",
        "beliefs": draw(entries("beliefs", 3, 5)),
        "preferences": draw(entries("preferences", 3, 4)),
        "statements": draw(entries("statements", 3, 4)),
    }
    return personas.Persona.model_validate({**base.model_dump(), **fields})


@settings(max_examples=60, deadline=None)
@given(mixed_personas(), st.sampled_from(PERSONS))
def test_new_persona_gets_a_matched_filler_and_a_matched_stranger_or_an_error(persona, person):
    assert deviation(render(persona, "filler", person), persona, person) <= MATCH
    try:
        text = render(persona, "stranger", person)
    except SuiteError:
        assert tokens(render(persona, "full", person)) > max(tokens(render(p, "full", person)) for p in PEOPLE.values())
    else:
        assert deviation(text, persona, person) <= _text.TOLERANCE


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.integers(150, 2500))
def test_filler_reaches_any_length_and_keeps_the_opening_of_each_topic(name, target):
    text = _matching.filler(name, PEOPLE[name].demographics.place, target)
    assert abs(tokens(text) - target) <= _text.TOLERANCE * target
    openings = {sentences[0] for sentences in _matching.topics().values()}
    assert all(any(line.startswith(opening) for opening in openings) for line in body(text).splitlines())


def test_filler_beyond_all_topics_is_refused():
    with pytest.raises(SuiteError, match="no filler text within 5% of 100000 tokens"):
        _matching.filler(NAMES[0], "", 100_000)


@given(st.text(), st.text())
def test_tokens_add_up_over_a_blank(left, right):
    assert tokens(f"{left} {right}") == tokens(left) + tokens(right)


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("I am 41.", 4), ("don't", 3), ("well-cut", 3), ("“Łódź”", 3), (" \n", 0), ("a_b", 1)],
)
def test_tokens_are_words_and_punctuation_marks(text, count):
    assert tokens(text) == count


def test_levels_are_those_of_the_method():
    assert " ".join(LEVELS) == (
        "none filler stranger wrong demographics traits beliefs history summary full beliefs-aligned beliefs-opposed turns"
    )
    assert " ".join(PERSONA_LEVELS) == "demographics traits beliefs history summary full"
