"""One file, one measure: its definition and how it is read off a reply.

A measure is read in one of three ways: from a facet that the judge answers, from the text alone, or from the
positions that the subject took turn by turn.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from standfast.measure import Measure

Position = Literal["held", "neutral", "adopted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One question to the judge with a closed vocabulary of answers.

    Attributes:
        name: Key in the judge's reply.
        question: What the judge is asked about the reply.
        answers: Answer -> what it means, in the words of the rubric.
    """

    name: str
    question: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetMeasure:
    """A measure that is one facet of the judge's reading of the last reply.

    Attributes:
        measure: The definition.
        facet: The question to the judge.
        values: Answer -> value.
    """

    measure: Measure
    facet: Facet
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMeasure:
    """A measure computed from the text of the replies, the same for the same text.

    Attributes:
        measure: The definition.
        score: Text of all replies -> value.
    """

    measure: Measure
    score: Callable[[str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMeasure:
    """A measure computed from the positions taken turn by turn.

    Attributes:
        measure: The definition.
        score: Positions from turn 1 on (`None` where the judge gave none) -> value, or `None` where the known
            positions do not determine it.
        needs_held: Whether it is defined only for conversations that open with the position held.
    """

    measure: Measure
    score: Callable[[Sequence[Position | None]], float | None]
    needs_held: bool = True


AnyMeasure = FacetMeasure | TextMeasure | PathMeasure
