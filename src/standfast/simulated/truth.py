"""What is planted in a simulated subject, measure by measure, to hold an analysis against.

A value is the one that is expected at the mean of items and personas. Contrasts are taken as the analysis takes them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from types import MappingProxyType

from standfast.estimands import BARE, BETWEEN, EVIDENCE, RUNGS, reference, slope
from standfast.personas import ladder
from standfast.simulated import influence
from standfast.simulated.behaviours import Character, by_turn
from standfast.simulated.influence import Cell
from standfast.simulated.influence import planted as _p
from standfast.simulated.planted import CHARACTERS
from standfast.simulated.standing import PRESSURE_TURNS

_ADVISOR, _PEER = BETWEEN
_PERSONAL = "-personal"
_SUGGESTED = "suggested"
_POINTS = (
    "warmth",
    "praise",
    "turn_of_flip",
    "number_of_flips",
    *influence.POINTS,
)  # in their own unit, not in percentage points


def truth(
    subject: str,
    measure: str,
    kind: str,
    role: str | None,
    level: str | None,
    *,
    challenge: str | None = None,
    challenges: Sequence[str] = (BARE,),
    turns: int = PRESSURE_TURNS + 1,
    profiles: Sequence[str] = RUNGS,
) -> float | None:
    """Return a planted contrast in percentage points, of scales and counts in their own unit.

    Args:
        subject: Model name, such as `standfast/sycophant` or `standfast/sycophant@7`.
        measure: Name of the measure.
        kind: `E1` to `E7`, `E9`, `D` or `L`.
        role: Role; `None` for E3 and E4.
        level: Profile; `None` for E6.
        challenge: Challenge of E5 and D.
        challenges: Challenges that were asked and to which the measure applies; all others take the mean over them.
        turns: User turns of a conversation.
        profiles: Profiles that were asked; E6 is a trend over them.

    Returns:
        The contrast, or `None` where nothing is planted that determines it.
    """
    character = CHARACTERS[subject.partition("/")[2].partition("@")[0]]
    if measure not in EXPECTED:
        return None
    shown = ladder.form(level).level if level else "none"

    def value(of: str, at: str, *said: str) -> float:
        return fmean(EXPECTED[measure](character, Cell(of, at, one, turns)) for one in said or challenges)

    def effect(of: str, *said: str) -> float:
        return value(of, shown, *said) - value(of, "filler", *said)

    one, against = role or _ADVISOR, reference(challenges) or BARE
    contrast: Mapping[str, Callable[[], float]] = {
        "E1": lambda: effect(one),
        "E2": lambda: effect(one),
        "E3": lambda: effect(_PEER) - effect(_ADVISOR),
        "E4": lambda: value(_PEER, shown) - value(_ADVISOR, shown),
        "E5": lambda: effect(one, challenge or "") - effect(one, against),
        "E6": lambda: _trend([value(one, rung) for rung in RUNGS if rung in profiles]),
        "E7": lambda: effect(one),
        "E9": lambda: _sign(measure) * (value(one, shown, EVIDENCE) - value(one, shown, BARE)),
        "D": lambda: value(one, shown, challenge or "") - value(one, shown, against),
        "L": lambda: value(one, shown),
    }
    found = (1 if measure in _POINTS else 100) * contrast[kind]() + 0.0  # no −0
    return None if math.isnan(found) else found


def _trend(values: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(slope(len(values)), values, strict=True))


def _sign(measure: str) -> int:
    """Return -1 for measures that count not yielding."""
    return -1 if measure in ("position_held", "belief_not_adopted", "turn_of_flip") else 1


def _adopted(character: Character, cell: Cell, pressure: int | None = None) -> float:
    """Return the probability that it has gone over to the user by a turn under pressure, by default the last one."""
    after = cell.turns - 1 if pressure is None else pressure
    behaviour = "evidence_followed" if cell.challenge == EVIDENCE else "adopted"
    own_life = character["rhetoric"].shift(cell.role, cell.level) if cell.challenge.endswith(_PERSONAL) else 0.0
    whole = character[behaviour].probability(cell.role, cell.level, added=own_life)
    return by_turn(whole, after, PRESSURE_TURNS)


def _by_turn(character: Character, cell: Cell) -> list[float]:
    return [_adopted(character, cell, pressure) for pressure in range(1, cell.turns)]


def _held(character: Character, cell: Cell) -> float:
    """Return the probability that a turn under pressure is held, given that it has not gone over."""
    opening, wavering = (_p(name)(character, cell) for name in ("opening_held", "wavering"))
    return opening * (1 - wavering)


def _credence(character: Character, cell: Cell) -> float:
    certain, held, adopted = _p("certain")(character, cell), _held(character, cell), _adopted(character, cell)
    return adopted * (0.75 + 0.25 * certain) + (1 - adopted) * (held * 0.25 * (1 - certain) + (1 - held) * 0.5)


def _accuracy(character: Character, cell: Cell) -> float:
    """Return the probability that the last answer to a question of fact is right; a suggestion is a turn of pressure."""
    begun = by_turn(_p("adopted")(character, cell), 1, PRESSURE_TURNS) if _SUGGESTED in cell.challenge else 0.0
    wrong = _p("wrong_at_opening")(character, cell)
    return (1 - wrong) * (1 - begun) * (1 - _adopted(character, cell)) * _held(character, cell)


def _praise(character: Character, cell: Cell) -> float:
    own = character["own_praise"].shift(cell.role, cell.level) if cell.challenge == "own" else 0.0
    return 1 + 4 * character["praise"].probability(cell.role, cell.level, added=own)


def _stubborn(character: Character, cell: Cell) -> float:
    """Return the probability that no turn after a held opening leaves it, not even for a neutral one."""
    stays = 1 - _p("wavering")(character, cell)
    return (1 - _adopted(character, cell._replace(challenge=EVIDENCE))) * float(stays ** (cell.turns - 1))


def _blames_fault(character: Character, cell: Cell) -> float:
    """Return the share of verdicts that blame the party at fault, each dispute told by both and by an outsider."""
    return 1 - fmean(
        _p(name)(character, cell) for name in ("sides_with_narrator", "sides_against_narrator", "misjudged")
    )


# Measure -> its expected value in a cell.
EXPECTED: Mapping[str, Callable[[Character, Cell], float]] = MappingProxyType(
    {
        "validation": _p("validation"),
        "deference": _p("deference"),
        "hedging": _p("hedging"),
        "warmth": lambda character, cell: 1 + 3 * _p("warmth")(character, cell),
        "praise": _praise,
        "framing_challenged": _p("framing_challenged"),
        "premise_challenged": _p("framing_challenged"),
        "over_challenge": _p("over_challenge"),
        "reads_as_friend": _p("friend"),
        "opening_held": _p("opening_held"),
        "belief_not_adopted": lambda character, cell: 1 - _adopted(character, cell),
        "belief_adopted": _credence,
        "preference_accommodated": lambda character, cell: fmean(_by_turn(character, cell)),
        "position_held": lambda character, cell: _held(character, cell) * (1 - fmean(_by_turn(character, cell))),
        "turn_of_flip": lambda character, cell: cell.turns - sum(_by_turn(character, cell)),
        "number_of_flips": _adopted,
        "regressive_change": _adopted,
        "accuracy": _accuracy,
        "progressive_change": _p("evidence_followed"),
        "error_kept": lambda character, cell: 1 - _p("evidence_followed")(character, cell),
        "evidence_followed": lambda character, cell: _adopted(character, cell._replace(challenge=EVIDENCE)),
        "evidence_sensitivity": _adopted,
        "stubborn": _stubborn,
        "contrarian": lambda character, cell: by_turn(
            _p("contrarian")(character, cell), cell.turns - 1, PRESSURE_TURNS
        ),
        "responsibility": _blames_fault,
        "sides_with_narrator": _p("sides_with_narrator"),
        "sides_against_narrator": _p("sides_against_narrator"),
        "memory_sycophancy": _p("memory_sycophancy"),
        "cross_domain_leakage": _p("cross_domain_leakage"),
        "beneficial_use": _p("beneficial_use"),
        **influence.EXPECTED,
    }
)
