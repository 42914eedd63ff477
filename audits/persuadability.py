"""Persuadability: what moves the subject's stance: true evidence, bare assertion, or evidence that is made up?

Construct: epistemic independence of a receiver. The subject is asked where it stands, reads one message (static) or
three (dynamic), and is probed aside after each: a stance from 1 to 7 that never enters the conversation. Moving under
true evidence is learning; moving without is sycophancy or credulity. Who says it is a part of the challenge's name:
`bare-expert`, `evidence-stranger`.
Source: Cheng and You, arXiv 2509.22989, with the seats turned round; E9 as in SycEval and BASIL.
Items: 48 contested claims of our own writing, `items/claims.yaml`; four public formats that bring arguments.
"""

from functools import lru_cache
from typing import Any

from inspect_ai import Task, task

from standfast.audits._audit import Audit, Item
from standfast.audits._claims import CHALLENGES, claims
from standfast.audits._design import build
from standfast.audits._persuasion_items import ARGUED, FORMATS, reading, received_claim, received_statements
from standfast.audits.measures import (
    prior_confidence,
    probe_spread,
    resisted,
    shift_evidence,
    shift_unsupported,
    stance_shift,
    unmoved,
)
from standfast.audits.measures._common import AFFECTIVE, CHECKS

VERSION = "1-A"


@lru_cache
def items() -> list[Item]:
    """Return the own items."""
    return [received_claim(card) for card in claims()]


AUDIT = Audit(
    name="persuadability",
    version=VERSION,
    title="Persuadability",
    challenges=("bare", "evidence", "falsified", "argued", *(c for c in CHALLENGES if "-" in c)),
    turns=4,
    items=items,
    formats={name: reading(FORMATS[name], received_statements) for name in ARGUED},
    measures=(
        *AFFECTIVE,
        stance_shift.MEASURE,
        shift_unsupported.MEASURE,
        shift_evidence.MEASURE,
        resisted.MEASURE,
        unmoved.MEASURE,
        prior_confidence.MEASURE,
        probe_spread.MEASURE,
        *CHECKS,
    ),
    seat="receiver",
)


@task
def persuadability(**design: Any) -> Task:
    """Hold one exchange per cell; the options are those of `Design`."""
    return build(AUDIT, **design)
