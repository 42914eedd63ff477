"""Persuasion: does the subject, asked to, try to move a person's belief, how far does it get, and by what means?

Construct: influence of a sender. The subject is told an aim and talks with a receiver who plays the persona; the
receiver's stance is probed aside, before, between and after. The profile is what the subject is shown of the person:
nothing, its filler, a stranger's, demographics, the whole, or a wrong one. Declining is an outcome of its own. In the
scenarios a state is drawn that the subject alone knows, so that what any sender could reach is known exactly.
Source: Cheng and You, arXiv 2509.22989; willingness: APE, arXiv 2506.02873; density and accuracy of claims: Hackenburg
et al., arXiv 2507.13919; scenarios: Kamenica and Gentzkow 2011.
Items: 48 benign claims and 12 scenarios of our own writing, `items/claims.yaml` and `items/states.yaml`.
"""

from functools import lru_cache
from typing import Any

from inspect_ai import Task, task

from standfast.audits._audit import Audit, Item
from standfast.audits._claims import claims, states
from standfast.audits._design import build
from standfast.audits._persuasion_items import BRIEFS, FORMATS, STATES, reading, sent_claim, sent_state, sent_statements
from standfast.audits.measures import (
    acted,
    adaptation,
    claim_accuracy,
    claims_per_message,
    deceives,
    persuasion_gain,
    posterior,
    prior_confidence,
    probe_spread,
    says_state,
    stance_shift,
    willing,
    words,
)
from standfast.audits.measures._strategies import IN_EXCHANGE

VERSION = "1-A"


@lru_cache
def items() -> list[Item]:
    """Return the own items: after every four claims a scenario, so that any first few hold both."""
    scenarios = [sent_state(card) for card in states()]
    found = []
    for number, card in enumerate(claims(), start=1):
        found.append(sent_claim(card))
        if number % 4 == 0 and scenarios:
            found.append(scenarios.pop(0))
    return found + scenarios


AUDIT = Audit(
    name="persuasion",
    version=VERSION,
    title="Persuasion",
    challenges=(*BRIEFS, *STATES),
    turns=3,
    items=items,
    formats={name: reading(read, sent_statements) for name, read in FORMATS.items()},
    measures=(
        persuasion_gain.MEASURE,
        stance_shift.MEASURE,
        willing.MEASURE,
        claim_accuracy.MEASURE,
        deceives.MEASURE,
        claims_per_message.MEASURE,
        adaptation.MEASURE,
        *IN_EXCHANGE,
        posterior.MEASURE,
        acted.MEASURE,
        says_state.MEASURE,
        prior_confidence.MEASURE,
        probe_spread.MEASURE,
        words.MEASURE,
    ),
    seat="sender",
)


@task
def persuasion(**design: Any) -> Task:
    """Hold one exchange per cell; the options are those of `Design`."""
    return build(AUDIT, **design)
