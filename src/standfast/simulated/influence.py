"""What is planted in a simulated subject that persuades or is persuaded, measure by measure.

An expected value is NaN where the subject alone does not determine it, as how far somebody else is moved: that follows
from the receiver as well, and `gain` tells it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from types import MappingProxyType
from typing import NamedTuple

from standfast.simulated import hearing
from standfast.simulated.behaviours import DOSE, Character
from standfast.simulated.persuaded import MESSAGES, STEP
from standfast.simulated.persuading import CLAIMS
from standfast.simulated.receivers import Receiving

STARTS = (2, 3, 4, 5, 6)  # stances that receivers are dealt, each as often, on either side of the aim
REPEATS = 2  # of a probe
QUALITIES = ("bare", "evidence", "falsified")
_SENDS = ("open", "honest", "deceptive", "summary", "raw")  # challenges of a sender with a claim
_BAD = "state-bad"


class Cell(NamedTuple):
    """Where a value is expected.

    Attributes:
        role: Role.
        level: Level of the profile ladder, without the form in which it is shown.
        challenge: Challenge.
        turns: User turns of the conversation.
    """

    role: str
    level: str
    challenge: str
    turns: int


Expected = Callable[[Character, Cell], float]


def planted(behaviour: str) -> Expected:
    """Return what reads a behaviour's probability."""
    return lambda character, cell: character[behaviour].probability(cell.role, cell.level)


def gain(character: Character, receiver: Receiving, cell: Cell, starts: Sequence[float] = STARTS) -> float:
    """Return how far one talk moves a receiver towards the aim, in points; no stance may reach an end of the scale.

    Args:
        character: The sender.
        receiver: The receiver.
        cell: Where they meet; `wrong` shows the sender the details of somebody else's life.
        starts: The receiver's stances before, counted towards the aim, each as often.
    """
    strength = 1 + receiver.evidence * CLAIMS * planted("claims")(character, cell)
    for name in hearing.STRATEGIES:
        if name not in ("evidence", "personal"):
            strength += float(getattr(receiver, name)) * planted(f"uses_{name}")(character, cell)
    known = -receiver.estranged if cell.level == "wrong" else receiver.personal
    strength += known * _personal(character, cell)
    return cell.turns * receiver.persuadability * fmean(map(receiver.curve, starts)) * strength


def slope(character: Character, receiver: Receiving, cell: Cell, talks: int = 4) -> float:
    """Return the least-squares slope of the gain over talks with a receiver that remembers, in points per talk.

    Args:
        character: The sender.
        receiver: The receiver.
        cell: Where they meet; its turns are those of one talk.
        talks: Their number.
    """
    middle = (talks - 1) / 2
    rise = sum((i - middle) * receiver.memory(i) for i in range(talks)) / sum((i - middle) ** 2 for i in range(talks))
    return gain(character, receiver, cell) * rise


def information(character: Character, cell: Cell, prior: float) -> float:
    """Return the mutual information of a state and of what the sender says of it, in bits.

    Args:
        character: The sender.
        cell: Where it sends.
        prior: Probability of the good state.
    """
    lies = planted("overstates")(character, cell)
    said = prior + (1 - prior) * lies
    return _entropy(said) - (1 - prior) * _entropy(lies)


def _entropy(share: float) -> float:
    return -sum(p * math.log2(p) for p in (share, 1 - share) if p > 0)


def _declines(character: Character, cell: Cell) -> float:
    added = character["declines_deceit"].shift(cell.role, cell.level) if cell.challenge == "deceptive" else 0.0
    return character["declines"].probability(cell.role, cell.level, added=added)


def _refuses(character: Character, cell: Cell) -> float:
    """Return the probability of a refusal to answer, or to persuade."""
    declines = _declines(character, cell) if cell.challenge in _SENDS else 0.0
    return 1 - (1 - planted("refusal")(character, cell)) * (1 - declines)


def _falsehood(character: Character, cell: Cell) -> float:
    licence = {"deceptive": "falsehood_allowed", "honest": "falsehood_forbidden"}.get(cell.challenge)
    added = character[licence].shift(cell.role, cell.level) if licence else 0.0
    return character["falsehood"].probability(cell.role, cell.level, added=added)


def _accuracy(character: Character, cell: Cell) -> float:
    """Return how accurate messages are that make a claim: 1 where all are true, 0 where none is, a half between."""
    false, makes = _falsehood(character, cell), planted("claims")(character, cell)
    found, weights = 0.0, 0.0
    for made in range(1, CLAIMS + 1):
        weight = math.comb(CLAIMS, made) * makes**made * (1 - makes) ** (CLAIMS - made)
        found += weight * (1 + (1 - false) ** made - false**made) / 2
        weights += weight
    return found / weights


def _deceives(character: Character, cell: Cell) -> float:
    """Return the probability that any message of a conversation makes a claim up."""
    honest = (1 - planted("claims")(character, cell) * _falsehood(character, cell)) ** CLAIMS
    anew = planted("adapts")(character, cell)
    all_honest = honest * (1 - anew + anew * honest) ** (cell.turns - 1)
    return (1 - _refuses(character, cell)) * float(1 - all_honest)


def _evidence(character: Character, cell: Cell) -> float:
    return 1 - float((1 - planted("claims")(character, cell)) ** CLAIMS)


def _personal(character: Character, cell: Cell) -> float:
    """Return the share of messages that name a detail: there is none to name where nothing of a person is shown."""
    return planted("uses_personal")(character, cell) if DOSE[cell.level] else 0.0


def _uses(name: str) -> Expected:
    return {"evidence": _evidence, "personal": _personal}.get(name, planted(f"uses_{name}"))


def _unasked(name: str) -> Expected:
    return lambda character, cell: planted("unasked")(character, cell) * _uses(name)(character, cell)


def _moved(character: Character, cell: Cell) -> float:
    """Return how far what it reads moves it, in points."""
    quality, _, who = cell.challenge.partition("-")
    if quality not in QUALITIES:
        return math.nan  # it is the receiver that moves
    added = character[f"from_{who}"].shift(cell.role, cell.level) if who else 0.0
    share = character[f"moved_{quality}"].probability(cell.role, cell.level, added=added)
    return STEP * share * (cell.turns - 1) / MESSAGES


def _still(character: Character, cell: Cell) -> float:
    """Return the probability that no repeat of the last probe is above the stance before."""
    return float(max(1 - _moved(character, cell), 0.0) ** REPEATS)


# Measure -> its expected value in a cell.
EXPECTED: Mapping[str, Expected] = MappingProxyType(
    {
        "over_refusal": _refuses,
        "willing": lambda character, cell: 1 - _refuses(character, cell),
        "claims_per_message": lambda character, cell: CLAIMS * planted("claims")(character, cell),
        "claim_accuracy": _accuracy,
        "deceives": _deceives,
        "says_state": lambda character, cell: planted("overstates")(character, cell) if cell.challenge == _BAD else 1.0,
        "persuades_unasked": planted("unasked"),
        "stance_shift": _moved,
        "shift_unsupported": _moved,
        "shift_evidence": _moved,
        "resisted": _still,
        "unmoved": _still,
        **{f"uses_{name}": _uses(name) for name in hearing.STRATEGIES},
        **{f"with_{name}": _unasked(name) for name in hearing.STRATEGIES},
    }
)
# In their own unit, not in percentage points.
POINTS = ("claims_per_message", "stance_shift", "shift_unsupported", "shift_evidence")
