"""The judge held against people: agreement per question, and whom a calibration is good for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from standfast.analysis import plain
from standfast.analysis.agreement import Metric, Weights, alike, alpha, kappa
from standfast.analysis.bias import Bias, Labelled
from standfast.analysis.coefficients import Coefficient, Floats, Ints, undefined
from standfast.errors import LogError

SCHEMA = "standfast/calibration/1"
FILE = "calibration.json"
LANGUAGE = "en"  # of runs that name none


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question to judge and people.

    Attributes:
        facet: Its name.
        answers: Its closed vocabulary, in order.
        ordered: Whether that order means something: disagreements then count by the square of their distance.
    """

    facet: str
    answers: tuple[str, ...]
    ordered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One person's answer beside the judge's, on one reply.

    Attributes:
        facet: Name of the question.
        item: Item, or pair of items, with its audit.
        reply: Which reply, any text that is unique to it.
        rater: Who answered.
        human: Their answer.
        judge: The judge's; empty where it gave none.
    """

    facet: str
    item: str
    reply: str
    rater: str
    human: str
    judge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetAgreement:
    """How far the judge agrees with people on one question, over all audits that ask it.

    Each answer of a person is held against the judge's, so that replies on which people differ count as well, and the
    judge's agreement with a person can be compared with that of one person with another.

    Attributes:
        facet: Name of the question.
        ordered: Whether disagreements count by the square of their distance.
        n: Labelled replies that the judge gave an answer to.
        n_answers: People's answers to them.
        n_items: Items, or pairs, among them.
        n_unread: Labelled replies that the judge gave no answer to; they are left out.
        n_raters: Raters.
        kappa: Cohen's kappa of person and judge, quadratic weights where `ordered`.
        alpha: Krippendorff's alpha of the two.
        accuracy: Share of people's answers that are the judge's.
        between_raters: Krippendorff's alpha among the raters, on replies that more than one of them answered.
        confusion: A person's answer -> the judge's -> number of answers.
    """

    facet: str
    ordered: bool
    n: int
    n_answers: int
    n_items: int
    n_unread: int
    n_raters: int
    kappa: Coefficient
    alpha: Coefficient
    accuracy: Coefficient
    between_raters: Coefficient
    confusion: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What people said of a judge's answers, for one judge, one rubric and one language.

    Attributes:
        judge: Judge.
        rubric: Audit -> sha256 of everything that the judge is told.
        language: Language of items and replies.
        date: Day on which it was made, ISO 8601.
        conf_level: Confidence of every interval.
        simulated: Whether the replies or the judge's answers were simulated.
        drawn: Samples that the sheet drew; 0 where people rated what they chose, taken as drawn at random.
        facets: Agreement by question.
        biases: Human minus judge by measure, over all conditions and in each.
        labelled: The samples that were labelled, for the correction of findings.
    """

    judge: str
    rubric: dict[str, str]
    language: str
    date: str
    conf_level: float
    simulated: bool
    drawn: int
    facets: tuple[FacetAgreement, ...]
    biases: tuple[Bias, ...]
    labelled: tuple[Labelled, ...]


def to_json(calibration: Calibration) -> str:
    """Return a calibration as JSON; NaN is written as null."""
    return plain.dump(calibration, SCHEMA)


def from_json(text: str) -> Calibration:
    """Rebuild a calibration.

    Raises:
        LogError: The text is not what `to_json` writes.
    """
    return plain.load(text, Calibration, SCHEMA)


def check(
    calibration: Calibration, *, judge: str, rubric: Mapping[str, str], language: str = LANGUAGE, where: str
) -> None:
    """Refuse a calibration that is not of a run's judge, rubric and language.

    Args:
        calibration: The calibration.
        judge: The run's primary judge.
        rubric: Audit -> the run's rubric hash.
        language: The run's language.
        where: Name of the calibration's file, with which the message begins.

    Raises:
        LogError: It is of another judge, rubric or language, or has no audit of the run.
    """
    shared = [audit for audit in rubric if audit in calibration.rubric]
    moved = [audit for audit in shared if rubric[audit] != calibration.rubric[audit]]
    why = ""
    if calibration.judge != judge:
        why = f"is of judge {calibration.judge}, the run's is {judge}"
    elif calibration.language != language:
        why = f"is of replies in {calibration.language!r}, the run's are in {language!r}"
    elif not shared:
        why = f"is of {', '.join(calibration.rubric) or 'no audit'}, the run has {', '.join(rubric)}"
    elif moved:
        why = (
            f"is of another rubric for {', '.join(moved)}: what the judge is told has changed since {calibration.date}"
        )
    if why:
        message = f"{where}: {why}; label a sample of this run with `standfast calibrate`"
        raise LogError(message)


def facets(
    answers: Iterable[Answer], questions: Sequence[Question], *, seed: int, confidence: float
) -> list[FacetAgreement]:
    """Return the judge's agreement with people on each question that was answered, in the order of the questions."""
    rows = pd.DataFrame(
        [(a.facet, a.item, a.reply, a.rater, a.human, a.judge) for a in answers],
        columns=["facet", "item", "reply", "rater", "human", "judge"],
    )
    found = []
    for question in questions:
        own = rows[rows["facet"] == question.facet]
        if len(own):
            rng = np.random.default_rng([seed, *f"calibration/{question.facet}".encode()])
            found.append(_facet(own, question, rng, confidence))
    return found


def _facet(own: pd.DataFrame, question: Question, rng: np.random.Generator, confidence: float) -> FacetAgreement:
    code = {answer: float(i) for i, answer in enumerate(question.answers)}
    read = own["judge"].isin(question.answers)
    person, judge = (_coded(own[name][read], code) for name in ("human", "judge"))
    item: Ints = np.asarray(pd.factorize(own["item"][read])[0], np.int64)
    metric: Metric = "interval" if question.ordered else "nominal"
    weights: Weights = "quadratic" if question.ordered else "unweighted"
    confusion = {human: dict.fromkeys(question.answers, 0) for human in question.answers}
    for human, other in zip(own["human"][read], own["judge"][read], strict=True):
        confusion[human][other] += 1
    return FacetAgreement(
        facet=question.facet,
        ordered=question.ordered,
        n=own["reply"][read].nunique(),
        n_answers=int(read.sum()),
        n_items=own["item"][read].nunique(),
        n_unread=own["reply"][~read].nunique(),
        n_raters=own["rater"].nunique(),
        kappa=kappa(person, judge, item, weights=weights, rng=rng, confidence=confidence),
        alpha=alpha(np.stack([person, judge]), item, metric=metric, rng=rng, confidence=confidence),
        accuracy=alike(person, judge, item, confidence=confidence),
        between_raters=_between(own, code, metric, rng, confidence),
        confusion=confusion,
    )


def _between(
    own: pd.DataFrame, code: Mapping[str, float], metric: Metric, rng: np.random.Generator, confidence: float
) -> Coefficient:
    if own["rater"].nunique() < 2:
        return undefined("one rater")
    rated = own.assign(code=own["human"].map(code)).pivot_table(index=["item", "reply"], columns="rater", values="code")
    item: Ints = np.asarray(pd.factorize(rated.index.get_level_values("item"))[0], np.int64)
    return alpha(rated.to_numpy(np.float64).T, item, metric=metric, rng=rng, confidence=confidence)


def _coded(answers: "pd.Series[str]", code: Mapping[str, float]) -> Floats:
    return np.asarray(answers.map(code), np.float64)
