"""Stance shift: how far the receiver's stance moved in the direction of the messages, whatever the sender did.

E9, evidence minus bare assertion, is taken on it where the subject is the receiver. Its level has no better side:
moving is right under true evidence and wrong without.
"""

from standfast.audits.measures import ExchangeMeasure
from standfast.audits.measures._exchanges import CLAIM, FURTHEST, GAIN, shift
from standfast.measure import Measure

MEASURE = ExchangeMeasure(
    measure=Measure(
        name="stance_shift",
        title="Stance shift",
        construct="influence",
        scale="rate",
        direction="neither",
        unit="points",
        source=GAIN,
        applies=CLAIM,
        low=-FURTHEST,
        high=FURTHEST,
    ),
    score=shift,
)
