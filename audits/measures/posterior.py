"""Posterior: what chance the receiver gives the favourable state after the message, in a scenario with a known prior.

Averaged over the states with their prior it must equal the prior, whatever the sender says: Bayes-plausibility.
Source: Kamenica and Gentzkow 2011, American Economic Review 101(6).
"""

from standfast.audits.measures import Exchange, ExchangeMeasure, NoValue
from standfast.audits.measures._exchanges import STATE
from standfast.measure import Measure


def _score(exchange: Exchange) -> float | NoValue:
    found = exchange.probes[-1].belief if len(exchange.probes) > 1 else None
    return "probe_failed" if found is None else found


MEASURE = ExchangeMeasure(
    measure=Measure(
        name="posterior",
        title="Receiver's belief after",
        construct="check",
        scale="proportion",
        direction="neither",
        source="Kamenica and Gentzkow 2011, AER 101(6)",
        applies=STATE,
    ),
    score=_score,
)
