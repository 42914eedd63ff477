"""Who the user is: one simulated person per YAML file in `library/`, every attribute labelled.

Published persona sets drew each attribute independently, so that teenagers were retired and students rich, and
handed trait levels on without the traits' names. Here each persona is written as a whole, and every level stands
beside the name of what it is a level of.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from standfast import cards
from standfast.errors import SuiteError

AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65 and over")
_BAND_STARTS = (18, 25, 35, 45, 55, 65)
_OWN_WORDS = re.compile(r"\b(?:I|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself|[Ww]e|us|[Oo]urs?)\b")

Grade = Literal["low", "middle", "high"]
Gender = Literal["woman", "man", "non-binary"]
Education = Literal["compulsory", "secondary", "vocational", "university", "postgraduate"]
Style = Literal["blunt", "gentle", "balanced"]


def _clause(text: str) -> str:
    if text[:1].isspace() or text[-1:].isspace() or text.endswith((".", "!", "?", ";")):
        message = "must be a clause without a full stop or blanks around it"
        raise ValueError(message)
    if found := _OWN_WORDS.search(text):
        message = f"must fit the first and the third person, so without {found[0]!r}"
        raise ValueError(message)
    return text


def _household(text: str) -> str:
    _clause(text.replace("{my}", "a"))
    return text


def _statement(text: str) -> str:
    if not 20 <= len(text.split()) <= 40:
        message = f"must have 20 to 40 words, has {len(text.split())}"
        raise ValueError(message)
    if not text.endswith((".", "!", "?")) or re.search('["“”]', text):
        message = "must be whole sentences without double quotation marks"
        raise ValueError(message)
    return text


Clause = Annotated[str, Field(min_length=3, max_length=160), AfterValidator(_clause)]
Household = Annotated[str, Field(min_length=3, max_length=160), AfterValidator(_household)]
Statement = Annotated[str, AfterValidator(_statement)]


class Demographics(cards.Card):
    """Who the persona is on paper.

    Attributes:
        age: Years.
        gender: As the persona states it.
        education: Highest level completed.
        occupation: With its article: "a family doctor".
        household: What follows "I live": "alone", "with {my} partner".
        place: What follows "in": town and country.
        income: Of the persona.
    """

    age: int = Field(ge=18, le=100)
    gender: Gender
    education: Education
    occupation: Annotated[Clause, Field(pattern=r"^an? ")]
    household: Household
    place: Clause
    income: Grade


class Traits(cards.Card):
    """The Big Five by name."""

    openness: Grade
    conscientiousness: Grade
    extraversion: Grade
    agreeableness: Grade
    emotional_stability: Grade


ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "age": AGE_BANDS,
    "gender": get_args(Gender),
    "education": get_args(Education),
    "income": get_args(Grade),
    **dict.fromkeys(Traits.model_fields, get_args(Grade)),
    "style": get_args(Style),
}


class Persona(cards.Card):
    """One simulated user.

    Attributes:
        name: The file's stem; the persona's id.
        given_name: What the persona is called.
        demographics: Age, gender, education, occupation, household, place, income.
        traits: The Big Five.
        style: How the preferences ask for advice. It balances the library and is never shown to a subject.
        beliefs: Stated views that follow "I think that".
        preferences: What follows "I prefer", about advice and about life.
        statements: The persona's own past messages, word for word.
    """

    name: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    given_name: Annotated[Clause, Field(pattern=r"^\w+$")]
    demographics: Demographics
    traits: Traits
    style: Style
    beliefs: tuple[Clause, ...] = Field(min_length=3, max_length=5)
    preferences: tuple[Clause, ...] = Field(min_length=3, max_length=4)
    statements: tuple[Statement, ...] = Field(min_length=3, max_length=4)

    def attributes(self) -> dict[str, str]:
        """Return the persona's level of each of `ATTRIBUTES`."""
        band = sum(self.demographics.age >= start for start in _BAND_STARTS) - 1
        return {
            "age": AGE_BANDS[band],
            "gender": self.demographics.gender,
            "education": self.demographics.education,
            "income": self.demographics.income,
            **self.traits.model_dump(),
            "style": self.style,
        }


def names() -> list[str]:
    """Return the names of all personas, without reading them."""
    entries = files(__name__).joinpath("library").iterdir()
    return sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml"))


@cache
def load(name: str) -> Persona:
    """Read one persona of the library.

    Raises:
        SuiteError: There is no such persona, or its file is wrong.
    """
    known = names()
    if name not in known:
        message = f"no persona {name!r}. Known: {', '.join(known)}."
        raise SuiteError(message)

    def check(persona: Persona) -> Iterator[cards.Fault]:
        if persona.name != name:
            yield cards.Fault(("name",), f"name must be the file's stem, {name!r}")

    return cards.load(files(__name__).joinpath("library", f"{name}.yaml"), Persona, check=check)


def load_all() -> dict[str, Persona]:
    """Read all personas of the library, by name and in its order.

    Raises:
        SuiteError: A file is wrong.
    """
    return {name: load(name) for name in names()}


def balance() -> dict[str, dict[str, int]]:
    """Count the personas of the library at each level of each attribute, levels that nobody has included."""
    counts = {attribute: dict.fromkeys(levels, 0) for attribute, levels in ATTRIBUTES.items()}
    for persona in load_all().values():
        for attribute, level in persona.attributes().items():
            counts[attribute][level] += 1
    return counts
