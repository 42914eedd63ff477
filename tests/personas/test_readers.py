"""Published persona sets: the GoalPref file with its traps, and files that only look like it."""

import json
from collections import Counter

import pytest

from standfast import personas
from standfast.errors import SuiteError
from standfast.personas import fidelity
from standfast.personas.ladder import earlier, levels, render, tokens

LABELLED = ("none", "filler", "stranger", "demographics", "traits", "full")
PROFILE = {
    "demographics": {
        "age": "65+",
        "gender": "Female",
        "education": "Some College",
        "employmentStatus": "Retired",
        "socioeconomicStatus": "Upper-middle income",
    },
    "bigFiveTraits": ["High", "Low", "High", "Low", "High"],
    "intelligence": {"emotionalIntelligence": "Low", "fluidIntelligence": "High"},
}
ELEMENT = {"profile": {"profile": PROFILE}, "persona": "I am a woman of 70. I paint."}


@pytest.fixture(scope="module")
def goalpref(data):
    return personas.cast("goalpref", data / "goalpref_bench" / "all_personas_first_person.json")


def test_goalpref_has_500_personas_of_whom_one_has_no_labels(goalpref):
    assert len(goalpref) == 500
    assert Counter(levels(persona) for persona in goalpref.values()) == {
        LABELLED: 499,
        ("none", "filler", "stranger", "full"): 1,
    }
    assert [name for name, persona in goalpref.items() if not persona.labels] == ["goalpref-148"]


def test_goalpref_labels_are_those_of_the_file(goalpref):
    ages = Counter(persona.labels.get("age") for persona in goalpref.values())
    assert ages == {"18-24": 79, "45-54": 94, "25-34": 84, "55-64": 97, "65+": 73, "35-44": 72, None: 1}
    assert Counter(persona.labels.get("gender") for persona in goalpref.values()) == {
        "Male": 248,
        "Female": 251,
        None: 1,
    }
    shares = {
        trait: sum(persona.labels.get(trait) == "high" for persona in goalpref.values()) / 499
        for trait in fidelity.TRAITS
    }
    published = (0.501, 0.487, 0.475, 0.481, 1 - 0.513)  # the last as neuroticism
    assert [round(share, 3) for share in shares.values()] == pytest.approx(published, abs=0.0005)


def test_bare_text_among_goalpref_personas_is_named_in_a_warning(data, caplog):
    personas.cast("goalpref", data / "goalpref_bench" / "all_personas_first_person.json")
    [record] = caplog.records
    assert (
        "element 148 is a text without a profile: goalpref-148 has no levels demographics and traits"
        in record.getMessage()
    )


def test_everybody_in_goalpref_has_a_matched_filler_and_all_but_the_shortest_a_stranger(goalpref, unmatched):
    shortest = min(goalpref, key=lambda name: tokens(goalpref[name].parts["full"].first))
    assert unmatched(goalpref) == {shortest} == {"goalpref-045"}


def test_goalpref_is_told_in_both_persons(goalpref):
    persona = goalpref["goalpref-000"]
    assert render(persona, "demographics") == (
        "A few things about me:\nI am a man aged 18 to 24. I am employed and have a high school diploma. "
        "My income is in the middle range."
    )
    assert render(persona, "demographics", "third").endswith(
        "The user is a man aged 18 to 24. They are employed and have a high school diploma. "
        "Their income is in the middle range."
    )
    assert "I score low on emotional stability: I worry" in render(persona, "traits")
    assert render(persona, "full").startswith("A few things about me:\nI am a young man in my late teens, navigating")
    assert render(persona, "full", "third").startswith("About the user:\nIn their own words: “I am a young man")


@pytest.mark.parametrize("level", ["beliefs", "history", "summary", "turns", "beliefs-aligned"])
def test_level_that_goalpref_does_not_have_is_refused_with_those_that_it_has(goalpref, level):
    with pytest.raises(
        ValueError, match=rf"'goalpref-000' has no profile level '{level}'; levels: none, .*, traits, full$"
    ):
        render(goalpref["goalpref-000"], level, "first", "it is so")
    with pytest.raises(ValueError, match="has no past messages; levels: none"):
        earlier(goalpref["goalpref-000"])


def test_persona_without_labels_has_no_labelled_levels(goalpref):
    assert render(goalpref["goalpref-148"], "full").startswith("A few things about me:\nI am a 39-year-old retired man")
    with pytest.raises(
        ValueError, match="'goalpref-148' has no profile level 'traits'; levels: none, filler, stranger, full"
    ):
        render(goalpref["goalpref-148"], "traits")


def test_a_published_persona_is_not_shown_as_somebody_else(goalpref):
    with pytest.raises(ValueError, match="'goalpref-148' has no profile level 'wrong'; levels: none, filler, stranger"):
        render(goalpref["goalpref-148"], "wrong")


def altered(*path, value):
    element = json.loads(json.dumps(ELEMENT))
    target = element
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return json.dumps([ELEMENT, element])


INSIDE = ("profile", "profile")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{}", r"set\.json: must be a list of personas"),
        ("[]", r"set\.json: must be a list of personas"),
        ("[7]", r'set\.json: element 0 must be a text, or an object with "profile" and "persona"'),
        ('["  "]', r"element 0 must be a text, got '  '"),
        ("not json", r"set\.json: not JSON: .* line 1, column 1"),
        (altered("persona", value=None), r"element 1: persona must be a text, got 'None'"),
        (altered("extra", value=1), r"element 1 must be a text, or an object"),
        (altered("profile", value=[]), r'element 1: profile must be an object that holds "profile"'),
        (altered(*INSIDE, value="x"), r'element 1: profile must be an object that holds "profile"'),
        (altered(*INSIDE, "demographics", value={}), r"element 1: demographics must be an object with age, gender"),
        (
            altered(*INSIDE, "demographics", "age", value="17"),
            r"element 1: demographics\.age must be '18-24' or .*, got '17'",
        ),
        (
            altered(*INSIDE, "demographics", "gender", value=["Male"]),
            r"demographics\.gender must be 'Female' or 'Male'",
        ),
        (
            altered(*INSIDE, "bigFiveTraits", value=["High"] * 4),
            r"bigFiveTraits must be a list of five levels: openness",
        ),
        (altered(*INSIDE, "bigFiveTraits", value={"O": "High"}), r"bigFiveTraits must be a list of five levels"),
        (altered(*INSIDE, "bigFiveTraits", 3, value="Mid"), r"bigFiveTraits\[3\] must be 'Low' or 'High', got 'Mid'"),
    ],
)
def test_what_is_no_goalpref_file_is_refused_with_its_element(written, content, complaint):
    with pytest.raises(SuiteError, match=complaint):
        personas.cast("goalpref", written(content))


def test_neuroticism_stands_last_in_the_list_without_names(written):
    person = personas.cast("goalpref", written(json.dumps([ELEMENT])))["goalpref-000"]
    assert [person.labels[trait] for trait in fidelity.TRAITS] == ["high", "low", "high", "low", "low"]


def test_only_persona_of_a_set_has_no_stranger(written):
    person = personas.cast("goalpref", written(json.dumps([ELEMENT])))["goalpref-000"]
    with pytest.raises(SuiteError, match=r"goalpref-000: no stranger text within 5% of .*; the set has nobody else"):
        render(person, "stranger")


def test_sources_are_found_and_others_refused(tmp_path):
    assert personas.sources() == ["anthropic", "goalpref"]
    for source in ("goalprefs", "_files", "__init__", "../goalpref", ""):
        with pytest.raises(SuiteError, match=r"no persona source .*\. Known: anthropic, goalpref\."):
            personas.cast(source, tmp_path)


@pytest.mark.parametrize("source", ["anthropic", "goalpref"])
def test_missing_file_and_empty_folder_are_refused(source, tmp_path):
    with pytest.raises(SuiteError, match=r"nothing\.json: cannot be read: No such file"):
        personas.cast(source, tmp_path / "nothing.json")
    with pytest.raises(SuiteError, match=r"holds no \*\.jsonl|cannot be read: Is a directory"):
        personas.cast(source, tmp_path)
