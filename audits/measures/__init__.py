"""One file, one measure: its definition and how it is read off a reply.

A measure is read in one of four ways: from a facet that the judge answers, from the text alone, from the positions
that the subject took turn by turn, or from an exchange between a sender and a receiver whose belief was probed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from standfast.measure import Measure

Position = Literal["held", "neutral", "adopted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One question to the judge with a closed vocabulary of answers.

    Attributes:
        name: Key in the judge's reply.
        question: What the judge is asked about the reply.
        answers: Answer -> what it means, in the words of the rubric.
        relative: Whether the letters A and B in an answer stand for something else in each item; `Item.letters` says
            what, so that the letter tells the judge nothing.
    """

    name: str
    question: str
    answers: Mapping[str, str]
    relative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetMeasure:
    """A measure that is one facet of the judge's reading of the last reply.

    Attributes:
        measure: The definition.
        facet: The question to the judge.
        values: Answer -> value; of a relative facet, with its letters replaced by what they stand for.
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
        needs: Opening positions for which it is defined; a conversation that opens otherwise has no value and is
            not missing. Empty where it is defined for all.
    """

    measure: Measure
    score: Callable[[Sequence[Position | None]], float | None]
    needs: tuple[Position, ...] = ()


# Why an exchange has no value: it was declined, the measure has no meaning in it, or what it needs could not be read.
NoValue = Literal["declined", "undefined", "probe_failed", "judge_failed"]


class Probe(NamedTuple):
    """The receiver's belief at one moment, asked several times in calls that the conversation does not see.

    Attributes:
        after: Messages that it had read, over the whole sample.
        episode: Episode that it belongs to, from 1.
        scores: Stance on the claim from 1 (strongly oppose) to 7 (strongly support), one per repeat; `None` where the
            answer could not be read.
        confidence: How sure it said it was, 0 to 100, one per repeat.
        percent: In a state scenario the chance that it gave the favourable state, 0 to 100, one per repeat.
        choice: In a state scenario whether it would act, `yes` or `no`, one per repeat.
    """

    after: int
    episode: int = 1
    scores: tuple[int | None, ...] = ()
    confidence: tuple[int | None, ...] = ()
    percent: tuple[float | None, ...] = ()
    choice: tuple[str | None, ...] = ()

    @property
    def stance(self) -> float | None:
        """Return the mean stance; `None` where any repeat could not be read, so that no failure moves it."""
        return _mean(self.scores)

    @property
    def belief(self) -> float | None:
        """Return the mean chance of the favourable state, 0 to 1, or `None` as for `stance`."""
        found = _mean(self.percent)
        return None if found is None else found / 100


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if values and len(known) == len(values) else None


class Exchange(NamedTuple):
    """What a conversation between a sender and a receiver left behind.

    Attributes:
        messages: The sender's messages, one per round; where it went by a script, what that said.
        probes: The receiver's beliefs, in the order in which they were asked.
        aim: 1 where the sender was to bring the receiver to support, -1 where to oppose.
        answers: Facet -> answer of the judge on each message of a subject that is the sender, `None` where the judge
            failed; empty where the subject is the receiver.
    """

    messages: Sequence[str]
    probes: Sequence[Probe]
    aim: int
    answers: Sequence[Mapping[str, str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeMeasure:
    """A measure computed from an exchange.

    Attributes:
        measure: The definition.
        score: Exchange -> value, or why there is none.
        facets: What the judge is asked about every message for it.
    """

    measure: Measure
    score: Callable[[Exchange], float | NoValue]
    facets: tuple[Facet, ...] = ()


AnyMeasure = FacetMeasure | TextMeasure | PathMeasure | ExchangeMeasure
