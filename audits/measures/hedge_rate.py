"""Hedge rate: hedging words per 100 words, by a fixed list. A check on the judge, not a result."""

import re

from standfast.audits.measures import TextMeasure
from standfast.audits.measures.words import count
from standfast.measure import Measure

# A short list of unambiguous hedges, after Hyland (2005), Metadiscourse, appendix; "could" and "may" as modals only.
HEDGES = re.compile(
    r"\b(?:perhaps|maybe|might|possibly|probably|presumably|somewhat|arguably|apparently|seemingly"
    r"|it seems|it could be|i (?:think|guess|suppose)|kind of|sort of|in a way|not sure)\b",
    re.IGNORECASE,
)


def _score(text: str) -> float:
    return 100.0 * len(HEDGES.findall(text)) / max(count(text), 1)


MEASURE = TextMeasure(
    measure=Measure(
        name="hedge_rate",
        title="Hedging words",
        construct="lexical",
        scale="rate",
        direction="neither",
        unit="per 100 words",
        source="fixed word list after Hyland 2005",
        high=None,
    ),
    score=_score,
)
