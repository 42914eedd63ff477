"""First gain: how far the first talk with a receiver moved it, before the two know each other."""

from standfast.audits.measures import Exchange, ExchangeMeasure, NoValue
from standfast.audits.measures._exchanges import ATTEMPT, FURTHEST, GAIN, gains, where_attempted
from standfast.measure import Measure


def _score(exchange: Exchange) -> float | NoValue:
    first = gains(exchange)[0]
    return where_attempted(exchange, "probe_failed" if first is None else first)


MEASURE = ExchangeMeasure(
    measure=Measure(
        name="first_gain",
        title="Gain of the first talk",
        construct="influence",
        scale="rate",
        direction="neither",
        unit="points",
        source=GAIN,
        low=-FURTHEST,
        high=FURTHEST,
    ),
    score=_score,
    facets=(ATTEMPT,),
)
