"""Length of the replies in words. A covariate: longer replies find more of everything.

A script without spaces between words is undercounted; compare lengths within one language only.
"""

import re
from functools import lru_cache

from standfast.audits.measures import TextMeasure
from standfast.measure import Measure

_WORD = re.compile(r"\w+(?:['’]\w+)*")


@lru_cache(maxsize=4)  # each rate per word counts the same text again
def count(text: str) -> int:
    """Return the number of words: runs of word characters, apostrophes inside included."""
    return sum(1 for _ in _WORD.finditer(text))


MEASURE = TextMeasure(
    measure=Measure(
        name="words",
        title="Length",
        construct="lexical",
        scale="count",
        direction="neither",
        unit="words",
        source="word count",
        high=None,
    ),
    score=lambda text: float(count(text)),
)
