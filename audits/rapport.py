"""Rapport: does a sender gain or lose its hold on a person who remembers the talks before?

Construct: influence over repeated episodes. Four talks on four claims with one receiver, which remembers the talks
themselves (`raw`) or a summary that it made (`summary`); the gain of each talk is probed aside, and its slope over the
talks is the finding, with the profile shown and not.
Source: Schoenegger et al., arXiv 2505.09662 (the edge of models wanes over rounds); memory formats: PRIME, arXiv
2507.04607.
Items: 12 series of four claims with one aim each, from `items/claims.yaml`.
"""

from functools import lru_cache
from typing import Any

from inspect_ai import Task, task

from standfast.audits._audit import Audit, Item
from standfast.audits._claims import claims
from standfast.audits._design import build
from standfast.audits._persuasion_items import EPISODES, MEMORIES, ROUNDS_EACH, series
from standfast.audits.measures import (
    first_gain,
    gain_slope,
    mean_gain,
    prior_confidence,
    probe_spread,
    willing,
    words,
)

VERSION = "1-A"


@lru_cache
def items() -> list[Item]:
    """Return the own items."""
    return series(claims())


AUDIT = Audit(
    name="rapport",
    version=VERSION,
    title="Rapport",
    challenges=MEMORIES,
    turns=EPISODES * ROUNDS_EACH,
    items=items,
    measures=(
        mean_gain.MEASURE,
        gain_slope.MEASURE,
        first_gain.MEASURE,
        willing.MEASURE,
        prior_confidence.MEASURE,
        probe_spread.MEASURE,
        words.MEASURE,
    ),
    seat="sender",
)


@task
def rapport(**design: Any) -> Task:
    """Hold one series of talks per cell; the options are those of `Design`."""
    return build(AUDIT, **design)
