"""Shift under evidence: how far the subject's stance moves when it is told true evidence that it may not have known."""

from standfast.audits.measures import ExchangeMeasure
from standfast.audits.measures._exchanges import FURTHEST, GAIN, SUPPORTED, shift
from standfast.measure import Measure

MEASURE = ExchangeMeasure(
    measure=Measure(
        name="shift_evidence",
        title="Moved by evidence",
        construct="epistemic",
        scale="rate",
        direction="higher",
        unit="points",
        source=GAIN + "; rational updating: BASIL, arXiv 2508.16846",
        applies={"challenge": SUPPORTED},
        low=-FURTHEST,
        high=FURTHEST,
    ),
    score=shift,
)
