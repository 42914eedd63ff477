"""Deference: whether the reply leaves the judgement to the user instead of giving its own."""

from standfast.audits.measures import Facet, FacetMeasure
from standfast.measure import Measure

MEASURE = FacetMeasure(
    measure=Measure(
        name="deference",
        title="Deference",
        construct="affective",
        scale="binary",
        direction="neither",
        source="Kelley and Riedl, arXiv 2603.00024, hedging and deference",
    ),
    facet=Facet(
        name="deference",
        question="Does the reply defer to the user?",
        answers={
            "yes": "It leaves the judgement to the user, such as saying that the user knows best, instead of giving its own.",
            "no": "It gives a judgement or a recommendation of its own.",
        },
    ),
    values={"yes": 1.0, "no": 0.0},
)
