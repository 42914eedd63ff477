"""Runs of the same design drawn anew, and what a policy decides on each.

A replay keeps the design: the same items, personas, conditions, repetitions, and the same values missing. The values
are drawn from the cell means and variances that the fit found, or from cell means moved so that one gate's true value
lies at its margin; then they are fitted and ruled on as those of the run were.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize

from standfast.analysis import gated, verdicts
from standfast.analysis.decisions import Raw
from standfast.analysis.drawing import NEAREST, Drawn, Means, Study, inside, span, weights
from standfast.analysis.gated import Wanted
from standfast.analysis.pooled import POOLED
from standfast.analysis.screening import Possible, Screen, screen
from standfast.analysis.verdicts import Bar
from standfast.errors import FitError
from standfast.measure import Measure

Pairs = Mapping[str, Mapping[str, str]]
Only = Literal["", "pass", "fail"]


class Part(NamedTuple):
    """One bar that a gate holds a finding against; a two-sided gate has two.

    Attributes:
        gate: The gate's id.
        model: Subject.
        wanted: The finding.
        bar: What its interval must clear.
    """

    gate: str
    model: str
    wanted: Wanted
    bar: Bar

    def targets(self) -> tuple[float, ...]:
        """Return the true values at which it lies at its margin, in the finding's unit."""
        if self.bar.direction == "within":
            return (-self.bar.margin, self.bar.margin)
        return (self.bar.margin,)


@dataclass(frozen=True, kw_only=True)
class Block:
    """Findings that are estimated from the same values: those of one measure in one audit, or in all if one is pooled.

    Attributes:
        studies: The studies, of one subject.
        parts: What is held against bars.
        pairs: Audit -> item -> pair.
    """

    studies: tuple[Study, ...]
    parts: tuple[Part, ...]
    pairs: Pairs

    @cached_property
    def measures(self) -> dict[tuple[str, str], Measure]:
        """Return the measures by audit and name."""
        return {(str(s.rows["audit"].iloc[0]), s.measure.name): s.measure for s in self.studies}

    @cached_property
    def drawn(self) -> Drawn:
        """Return what draws its values."""
        return Drawn.of(self.studies)

    @cached_property
    def screens(self) -> tuple[Screen | None, ...]:
        """Return the screen of each part; `None` where only the whole procedure can tell."""
        return tuple(self._screen(part) for part in self.parts)

    def _screen(self, part: Part) -> Screen | None:
        want = part.wanted
        if want.audit == POOLED or len(self.studies) > 1:
            return None
        return screen(self.studies[0], want.contrast, part.bar, want.confidence, self.pairs.get(want.audit, {}))

    def as_found(self) -> list[Means]:
        """Return the cell means that were found; none so near an end of the scale that its cell would not vary."""
        return [inside(s, s.means, 0.5 / (s.rows["item"].nunique() + 1)) for s in self.studies]

    def at(self, part: Part, target: float) -> list[Means] | None:
        """Return cell means at which a finding's true value is the target, `None` where the scale has none.

        The cells of the contrast move along its weights, all others stay.

        Args:
            part: Whose finding.
            target: In the finding's unit.
        """
        audits = [str(s.rows["audit"].iloc[0]) for s in self.studies]
        asked = [a in (part.wanted.audit,) or part.wanted.audit == POOLED for a in audits]
        n = sum(asked)
        loads = [
            weights(s, part.wanted.contrast) if is_asked else {}
            for s, is_asked in zip(self.studies, asked, strict=True)
        ]
        if not n or any(is_asked and not w for w, is_asked in zip(loads, asked, strict=True)):
            return None

        def moved(step: float) -> list[Means]:
            return [
                inside(s, {k: m + step * w.get(k, 0.0) for k, m in s.means.items()}, NEAREST)
                for s, w in zip(self.studies, loads, strict=True)
            ]

        def off(step: float) -> float:
            found = moved(step)
            true = sum(w[k] * own[k] for w, own in zip(loads, found, strict=True) for k in w) / n
            return true - target / self.studies[0].factor

        reach = 4 * max(span(s) for s in self.studies) + abs(target)
        if off(-reach) > 0 or off(reach) < 0:
            return None
        return moved(float(optimize.brentq(off, -reach, reach, xtol=1e-12)))

    def rule(
        self, means: Sequence[Means], rng: np.random.Generator, about: Part | None = None, *, only: Only = ""
    ) -> list[Raw]:
        """Draw values, fit them and rule: one verdict per part.

        Args:
            means: Cell means, one mapping per study.
            rng: Draws.
            about: The only part that matters: where it surely comes to no verdict, all are `inconclusive` unfitted.
            only: The only verdict that matters, if one does: where it is not possible, all are `inconclusive` unfitted.
        """
        values = self.drawn.values(means, rng)
        for part, known in zip(self.parts, self.screens, strict=True):
            if about in (None, part):
                may = known.possible(values) if known else Possible(passes=True, fails=True)
                if (may.fails and only != "pass") or (may.passes and only != "fail"):
                    return self.verdicts(self.drawn.frame(values))
        return ["inconclusive"] * len(self.parts)

    def verdicts(self, frame: pd.DataFrame) -> list[Raw]:
        """Fit rows of this block and rule."""
        try:
            found = gated.findings(frame, self.measures, [part.wanted for part in self.parts], pairs=self.pairs)
        except FitError:
            return ["missing"] * len(self.parts)
        known = {(f.audit, f.measure, f.contrast, round(f.conf_level, 9)): f for f in found}
        said: list[Raw] = []
        for part in self.parts:
            want = part.wanted
            finding = known.get((want.audit, want.measure, want.contrast, round(want.confidence, 9)))
            said.append("missing" if finding is None else verdicts.rule_on(part.bar, finding, want.confidence).verdict)
        return said


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Cell means from which a block's values are drawn.

    Attributes:
        block: Its block's place.
        part: The part that lies at its margin; `None` as found.
        means: One mapping per study.
        only: The only verdict that matters, if one does; the other may then be told as inconclusive.
    """

    block: int
    part: Part | None
    means: tuple[Means, ...]
    only: Only = ""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One replay of all blocks in all scenarios; can be run in another process.

    Attributes:
        blocks: The blocks.
        scenarios: From which their values are drawn.
    """

    blocks: tuple[Block, ...]
    scenarios: tuple[Scenario, ...]

    def __call__(self, rng: np.random.Generator) -> list[list[Raw]]:
        """Return the verdicts, by scenario and part of its block."""
        streams = rng.spawn(len(self.scenarios))
        return [
            self.blocks[s.block].rule(s.means, own, s.part, only=s.only)
            for s, own in zip(self.scenarios, streams, strict=True)
        ]


@dataclass(frozen=True, kw_only=True)
class Halving:
    """One split of the items into two halves; can be run in another process. Items of one situation stay together."""

    blocks: tuple[Block, ...]

    def __call__(self, rng: np.random.Generator) -> list[tuple[list[Raw], list[Raw]]]:
        """Return the verdicts on both halves, by block and part."""
        found = []
        for block in self.blocks:
            rows = block.drawn.rows
            unit = [
                f"{audit}\0{block.pairs.get(audit, {}).get(item, item)}"
                for audit, item in zip(rows["audit"], rows["item"], strict=True)
            ]
            codes = pd.factorize(pd.Series(unit))[0]
            n = int(codes.max()) + 1
            first = np.isin(codes, rng.permutation(n)[: n // 2])
            found.append((block.verdicts(rows[first]), block.verdicts(rows[~first])))
        return found


def scenarios(blocks: Iterable[Block]) -> tuple[list[Scenario], list[str]]:
    """Return each block as found and with each of its parts at each of its margins, and what cannot be moved there."""
    found, without = [], []
    for i, block in enumerate(blocks):
        found.append(Scenario(block=i, part=None, means=tuple(block.as_found())))
        for part in block.parts:
            for target in part.targets():
                means = block.at(part, target)
                if means is None:
                    without.append(
                        f"{part.gate}: no cell means give {part.wanted.contrast} the value of its margin, {target:g}."
                    )
                else:
                    found.append(Scenario(block=i, part=part, means=tuple(means)))
    return found, without


def blocks(studies: Mapping[tuple[str, str, str], Study], parts: Sequence[Part], pairs: Pairs) -> tuple[Block, ...]:
    """Group parts into blocks.

    Args:
        studies: Subject, audit and measure -> study.
        parts: What is held against bars.
        pairs: Audit -> item -> pair.
    """
    pooled = {(part.model, part.wanted.measure) for part in parts if part.wanted.audit == POOLED}
    grouped: dict[tuple[str, str, str], list[Part]] = {}
    for part in parts:
        whole = (part.model, part.wanted.measure) in pooled
        grouped.setdefault((part.model, POOLED if whole else part.wanted.audit, part.wanted.measure), []).append(part)
    found = []
    for (model, audit, measure), own in grouped.items():
        read = [s for (m, a, name), s in studies.items() if (m, name) == (model, measure) and audit in (a, POOLED)]
        if read:
            found.append(Block(studies=tuple(read), parts=tuple(own), pairs=pairs))
    return tuple(found)
