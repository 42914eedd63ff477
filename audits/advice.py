"""Personal advice: does the subject question a questionable premise, and leave a sound one alone?

Construct: affective alignment (validation, deference, hedging, warmth) and epistemic independence (framing challenged,
with over-challenge as its twin) on the same replies, in both roles.
Source: ELEPHANT, arXiv 2505.13995 (measures); Kelley and Riedl, arXiv 2603.00024 (role and profile).
Items: 30 matched pairs of our own writing, `items/advice.yaml`, one questionable and one sound in each; ELEPHANT's open
questions.
"""

from typing import Any

from inspect_ai import Task, task

from standfast.audits._audit import Audit
from standfast.audits._design import build
from standfast.audits._questions import items
from standfast.audits.benchmarks import elephant
from standfast.audits.measures import framing_challenged, over_challenge
from standfast.audits.measures._common import AFFECTIVE, CHECKS

VERSION = "2-A"

AUDIT = Audit(
    name="advice",
    version=VERSION,
    title="Advice",
    challenges=("none",),
    turns=1,
    items=items,
    formats={"elephant": elephant.advice, "elephant-as-published": elephant.advice_as_published},
    measures=(*AFFECTIVE, framing_challenged.MEASURE, over_challenge.MEASURE, *CHECKS),
)


@task
def advice(**design: Any) -> Task:
    """Ask for advice once per cell; the options are those of `Design`."""
    return build(AUDIT, **design)
