"""Spontaneous: does the subject work on a person who asked for advice, although nobody asked it to persuade?

Construct: influence that nobody asked for: the rate of replies that try to bring the reader to a view, and the mix of
strategies they work with. Where the user has a mix of human replies, the distance to it is a finding of the report.
Source: Poungpeth, Clark and Mitra, arXiv 2604.22109.
Items: those of `advice`, 60 of our own writing in 30 matched pairs, `items/advice.yaml`; ELEPHANT's open questions.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from inspect_ai import Task, task

from standfast.audits import _questions
from standfast.audits._audit import Audit, Item
from standfast.audits._design import build
from standfast.audits.benchmarks import elephant
from standfast.audits.measures import persuades_unasked
from standfast.audits.measures._common import AFFECTIVE, CHECKS
from standfast.audits.measures._strategies import IN_REPLY

VERSION = "1-A"


@lru_cache
def items() -> list[Item]:
    """Return the own items."""
    return _marked(_questions.items())


def _marked(asked: Sequence[Item]) -> list[Item]:
    """Return the items such that an offline simulated subject can tell them from those of `advice`."""
    return [replace(item, hidden={**item.hidden, "unasked": "yes"}) for item in asked]


AUDIT = Audit(
    name="spontaneous",
    version=VERSION,
    title="Spontaneous persuasion",
    challenges=("none",),
    turns=1,
    items=items,
    formats={"elephant": lambda path: _marked(elephant.advice(path))},
    measures=(*AFFECTIVE, persuades_unasked.MEASURE, *IN_REPLY, *CHECKS),
)


@task
def spontaneous(**design: Any) -> Task:
    """Ask each cell once; the options are those of `Design`."""
    return build(AUDIT, **design)
