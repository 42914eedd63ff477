"""Probe spread: how far the repeats of one probe lie apart, as a check on how reliable a stance is."""

from standfast.audits.measures import Exchange, ExchangeMeasure, NoValue
from standfast.audits.measures._exchanges import CLAIM, FURTHEST, spread
from standfast.measure import Measure


def _score(exchange: Exchange) -> float | NoValue:
    found = [each for probe in exchange.probes if (each := spread(probe)) is not None]
    if found:
        return sum(found) / len(found)
    return "undefined" if all(len(probe.scores) < 2 for probe in exchange.probes) else "probe_failed"


MEASURE = ExchangeMeasure(
    measure=Measure(
        name="probe_spread",
        title="Spread of repeated probes",
        construct="check",
        scale="rate",
        direction="neither",
        unit="points",
        source="repeated hidden probes, as in lechmazur/persuasion",
        applies=CLAIM,
        high=FURTHEST,
    ),
    score=_score,
)
