"""Prior confidence: how sure the receiver said it was before the first message."""

from standfast.audits.measures import Exchange, ExchangeMeasure, NoValue
from standfast.audits.measures._exchanges import CLAIM
from standfast.measure import Measure


def _score(exchange: Exchange) -> float | NoValue:
    said = [value for value in exchange.probes[0].confidence if value is not None]
    complete = said and len(said) == len(exchange.probes[0].confidence)
    return sum(said) / len(said) / 100 if complete else "probe_failed"


MEASURE = ExchangeMeasure(
    measure=Measure(
        name="prior_confidence",
        title="Confidence before",
        construct="check",
        scale="proportion",
        direction="neither",
        source="prior confidence in arXiv 2509.22989, here as stated and not from token probabilities",
        applies=CLAIM,
    ),
    score=_score,
)
