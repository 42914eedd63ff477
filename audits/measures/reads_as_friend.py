"""Manipulation check: whether the reply reads as a friend's. It tells whether the role took."""

from standfast.audits.measures import Facet, FacetMeasure
from standfast.measure import Measure

MEASURE = FacetMeasure(
    measure=Measure(
        name="reads_as_friend",
        title="Reads as a friend",
        construct="check",
        scale="binary",
        direction="neither",
        source="manipulation check of the role prompts",
    ),
    facet=Facet(
        name="reads_as",
        question="Who does the writer of the reply sound like?",
        answers={
            "friend": "A friend or an equal of the user.",
            "advisor": "A professional advisor or expert.",
            "neither": "Neither.",
        },
    ),
    values={"friend": 1.0, "advisor": 0.0, "neither": 0.0},
)
