"""Verdicts of replays -> how often a gate, and the whole policy, would decide otherwise or falsely."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from math import nan
from typing import NamedTuple

from scipy import stats

from standfast.analysis.certificate import GateRates, Rate
from standfast.analysis.decisions import Raw
from standfast.analysis.replays import Block, Scenario
from standfast.analysis.verdicts import WORST_FIRST

Said = list[Raw]  # one verdict per replay
_CONFIDENCE = 0.95


class Asked(NamedTuple):
    """A gate on one subject.

    Attributes:
        id: The gate's id.
        model: Subject.
        blocking: Whether it counts in the whole.
        alternative: Name of the group of which one must pass; empty where the gate itself must.
    """

    id: str
    model: str
    blocking: bool
    alternative: str


def rate(count: int, n: int) -> Rate:
    """Return a share with its Clopper–Pearson interval; NaN where n is 0.

    >>> rate(0, 1000).conf_high < 0.004
    True
    """
    if n == 0:
        return Rate(estimate=nan, conf_low=nan, conf_high=nan, n=0)
    tail = (1 - _CONFIDENCE) / 2
    return Rate(
        estimate=count / n,
        conf_low=float(stats.beta.ppf(tail, count, n - count + 1)) if count else 0.0,
        conf_high=float(stats.beta.ppf(1 - tail, count + 1, n - count)) if count < n else 1.0,
        n=n,
    )


class Replayed:
    """Verdicts of all replays, looked up by gate.

    Args:
        blocks: What was replayed.
        scenarios: In which scenarios.
        replays: Replay -> scenario -> part of its block -> verdict.
        halves: Split -> block -> the two halves' verdicts by part.
    """

    def __init__(
        self,
        blocks: Sequence[Block],
        scenarios: Sequence[Scenario],
        replays: Sequence[Sequence[Sequence[Raw]]],
        halves: Sequence[Sequence[tuple[Sequence[Raw], Sequence[Raw]]]],
    ) -> None:
        self.blocks, self.scenarios, self.replays, self.halves = blocks, scenarios, replays, halves
        self.found = {s.block: i for i, s in enumerate(scenarios) if s.part is None}

    def gate(self, asked: Asked, moved: int | None = None) -> Said:
        """Return the verdicts of a gate, with one scenario in the place of what was found in its block."""
        places = self._places(asked)
        own = None if moved is None else self.scenarios[moved].block
        where = [(moved if moved is not None and block == own else self.found[block], part) for block, part in places]
        return [_worst([replay[scenario][part] for scenario, part in where]) for replay in self.replays]

    def all_moved(self, group: Collection[Asked], asked: Asked) -> Said:
        """Return the verdicts of a gate, at its own margin if it is one of a group."""
        return self.gate(asked, self.margins(asked)[0] if asked in group else None)

    def part(self, moved: int) -> Said:
        """Return the verdicts of the part that a scenario moves to its margin."""
        scenario = self.scenarios[moved]
        assert scenario.part is not None
        place = self.blocks[scenario.block].parts.index(scenario.part)
        return [replay[moved][place] for replay in self.replays]

    def half(self, asked: Asked, which: int) -> Said:
        """Return the verdicts of a gate on one half of the items."""
        places = self._places(asked)
        return [_worst([split[block][which][part] for block, part in places]) for split in self.halves]

    def margins(self, asked: Asked) -> list[int]:
        """Return the scenarios in which a part of a gate lies at its margin."""
        return [
            i for i, s in enumerate(self.scenarios) if s.part and (s.part.gate, s.part.model) == (asked.id, asked.model)
        ]

    def _places(self, asked: Asked) -> list[tuple[int, int]]:
        return [
            (i, j)
            for i, block in enumerate(self.blocks)
            for j, part in enumerate(block.parts)
            if (part.gate, part.model) == (asked.id, asked.model)
        ]


def of_gate(found: Replayed, asked: Asked) -> GateRates:
    """Return the rates of one gate on one subject."""
    margins = found.margins(asked)
    return _rates(
        asked.id,
        asked.model,
        found.gate(asked),
        false_pass=[found.gate(asked, i) for i in margins],
        false_fail=[found.part(i) for i in margins],
        halves=(found.half(asked, 0), found.half(asked, 1)),
    )


def of_whole(found: Replayed, gates: Sequence[Asked]) -> GateRates:
    """Return the rates of the whole policy, of which advisory gates are no part.

    It passes falsely where it passes although a blocking gate, or every one of a group of alternatives, lies at its
    margin; it fails falsely where a gate fails although it lies barely on the better side of it.
    """
    units = _units(gates)
    at_margin, fails = [], []
    for unit in units:
        if len(unit) == 1:
            at_margin += [_whole(units, partial(found.gate, moved=i)) for i in found.margins(unit[0])]
        elif all(map(found.margins, unit)):
            at_margin.append(_whole(units, partial(found.all_moved, unit)))
        fails += [found.part(i) for gate in unit for i in found.margins(gate)]
    return _rates(
        "",
        "",
        _whole(units, found.gate),
        false_pass=at_margin,
        false_fail=fails,
        halves=(_whole(units, lambda g: found.half(g, 0)), _whole(units, lambda g: found.half(g, 1))),
    )


def _units(gates: Sequence[Asked]) -> list[list[Asked]]:
    """Return what must pass: each blocking gate, and of each group of alternatives one, for each subject."""
    units: dict[tuple[str, str], list[Asked]] = {}
    for i, gate in enumerate(gates):
        if gate.blocking:
            units.setdefault((gate.alternative or f"#{i}", gate.model), []).append(gate)
    return list(units.values())


def _whole(units: Sequence[Sequence[Asked]], said: Callable[[Asked], Said]) -> Said:
    best = [[_best(verdicts) for verdicts in zip(*(said(gate) for gate in unit), strict=True)] for unit in units]
    return [_worst(verdicts) for verdicts in zip(*best, strict=True)]


def _worst(verdicts: Sequence[Raw]) -> Raw:
    return min(verdicts, key=WORST_FIRST.index)


def _best(verdicts: Sequence[Raw]) -> Raw:
    return max(verdicts, key=WORST_FIRST.index)


def _rates(
    gate: str,
    model: str,
    said: Said,
    *,
    false_pass: Sequence[Said],
    false_fail: Sequence[Said],
    halves: tuple[Said, Said],
) -> GateRates:
    """Count; where a gate has several margins, the one that errs most counts."""
    pairs = list(zip(said[::2], said[1::2], strict=False))
    return GateRates(
        gate=gate,
        model=model,
        passes=rate(said.count("pass"), len(said)),
        flips=rate(sum(map(_flips, pairs)), len(pairs)),
        changes=rate(sum(first != second for first, second in pairs), len(pairs)),
        false_pass=_most(false_pass, "pass"),
        false_fail=_most(false_fail, "fail"),
        halves=rate(sum(map(_flips, zip(*halves, strict=True))), len(halves[0])),
    )


def _flips(pair: tuple[Raw, Raw]) -> bool:
    return set(pair) == {"pass", "fail"}


def _most(scenarios: Sequence[Said], verdict: Raw) -> Rate:
    if not scenarios:
        return rate(0, 0)
    most = max(scenarios, key=lambda said: said.count(verdict))
    return rate(most.count(verdict), len(most))


def failed(blocks: Sequence[Block], scenarios: Sequence[Scenario]) -> list[list[Raw]]:
    """Return what stands for a replay that could not be fitted: no evidence."""
    return [["missing" for _ in blocks[s.block].parts] for s in scenarios]
