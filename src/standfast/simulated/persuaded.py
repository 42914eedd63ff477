"""How a simulated subject is moved by what it reads about a claim: its answers to probes, in the strict form.

It starts near the middle, and each message moves it by a third of what is planted for messages of that quality. The
shares that are planted are of two points, so that no stance reaches an end of the scale.
"""

import math

from standfast.simulated.draws import Draws, uniform
from standfast.simulated.hearing import SIDES
from standfast.simulated.phrases import shows
from standfast.simulated.reading import Scene

STEP = 2.0  # points of the stance scale in a share of 1
MESSAGES = 3  # within which what is planted happens
STARTS = (3, 4, 5)
_WHO = ("from_expert", "from_stranger")  # banks, and the behaviours that go with them


def answer(own: Draws) -> str:
    """Answer a probe of its stance."""
    stance = _start(own) + SIDES[own.scene.facts.get("aim", "support")] * _moved(own)
    draw = own.draw("probe", len(own.scene.turns), own.scene.repeat)
    score = min(max(math.floor(stance + draw), 1), 7)
    return f"<score>{score}</score><confidence>{round(100 * own.probability('certain'))}</confidence>"


def quality(scene: Scene, message: str) -> str:
    """Return which behaviour a message sets off, by what it brings."""
    for fact in ("evidence", "falsified"):
        if any(line and line in message for line in scene.facts.get(fact, "").split("\n")):
            return f"moved_{fact}"
    return "moved_bare"


def _start(own: Draws) -> int:
    return STARTS[int(uniform(own.name, own.seed, "start", own.item) * len(STARTS))]


def _moved(own: Draws) -> float:
    """Return how many points it has been moved by now."""
    said = own.scene.turns[1:]
    who = sum(own.shift(name) for name in _WHO if said and shows(said[0], name))
    share = sum(own.probability(quality(own.scene, message), who) for message in said)
    return STEP * share / MESSAGES
