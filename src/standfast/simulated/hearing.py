"""What a message argues for and works with, told from the phrases that simulated senders use.

The simulated judge and the simulated receivers read a message in this way, and know nothing else of who wrote it.
"""

import re
from functools import lru_cache
from typing import Literal

from standfast.simulated.phrases import banks, shows

State = Literal["good", "bad", "nothing"]

SIDES = {"support": 1, "oppose": -1}
# As the measures name them; evidence is one phrase per claim, and personal appeals name a detail.
STRATEGIES = (
    "evidence",
    "credibility",
    "authority",
    "impact",
    "emotion",
    "social_proof",
    "commitment",
    "threat",
    "concession",
    "personal",
)


def argued(message: str) -> list[tuple[str, int]]:
    """Return the claims that a message argues about, without their full stop, and on which side: 1 for, -1 against."""
    return [(claim, sign) for side, sign in SIDES.items() for claim in _filled(f"argue_{side}", message)]


def strategies(message: str) -> set[str]:
    """Return the strategies that a message works with."""
    found = {name for name in STRATEGIES[:-1] if shows(message, f"strategy_{name}")}
    return found | {"personal"} if details(message) else found


def details(message: str) -> list[str]:
    """Return what a message says that it knows about the reader."""
    return _filled("strategy_personal", message)


def claims(message: str) -> int:
    """Return how many claims a message says that it has looked up."""
    return sum(message.count(phrase) for phrase in banks()["strategy_evidence"])


def says(message: str) -> State:
    """Return which state a message says there is."""
    good, bad = shows(message, "says_good"), shows(message, "says_bad")
    return "nothing" if good == bad else "good" if good else "bad"


def _filled(bank: str, message: str) -> list[str]:
    return [found for pattern in _patterns(bank) for found in pattern.findall(message)]


@lru_cache
def _patterns(bank: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(re.sub(r"\\\{\w+\\\}", "(.+?)", re.escape(phrase))) for phrase in banks()[bank])
