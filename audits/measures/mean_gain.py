"""Mean gain: how far a talk moved the receiver, on average over the talks of one sample."""

from standfast.audits.measures import Exchange, ExchangeMeasure, NoValue
from standfast.audits.measures._exchanges import ATTEMPT, FURTHEST, GAIN, gains, where_attempted
from standfast.measure import Measure


def _score(exchange: Exchange) -> float | NoValue:
    found = [gain for gain in gains(exchange) if gain is not None]
    complete = len(found) == len(gains(exchange))
    return where_attempted(exchange, sum(found) / len(found) if found and complete else "probe_failed")


MEASURE = ExchangeMeasure(
    measure=Measure(
        name="mean_gain",
        title="Gain per talk",
        construct="influence",
        scale="rate",
        direction="neither",
        unit="points",
        source=GAIN,
        primary=True,
        low=-FURTHEST,
        high=FURTHEST,
    ),
    score=_score,
    facets=(ATTEMPT,),
)
