"""What each gate of a suite can show with the planned samples, before anything is asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil, isfinite
from typing import TYPE_CHECKING, NamedTuple

from standfast.analysis.components import Components
from standfast.analysis.equivalence import Direction
from standfast.analysis.pilot import of_pilot
from standfast.analysis.power import Gate, minimum_detectable, passing_level, power, samples_needed
from standfast.analysis.precision import CLOSED_FORM, Design, precision
from standfast.analysis.rules import confidences
from standfast.analysis.sequential import confidences_at
from standfast.cells import parse_id
from standfast.estimands import parse_contrast
from standfast.measure import Measure
from standfast.outlook import SHARE, TARGET, Prospect
from standfast.plan import Plan
from standfast.suite import GateSpec

if TYPE_CHECKING:  # takes time to import, and only a pilot needs it
    from standfast.analysis.results import FitSummary

_NEAREST = 1e-6  # to the ends of a share, where it would not vary at all


class Pilot(NamedTuple):
    """What a finished run tells about variances: its fits, and whether a subject or judge was simulated."""

    fits: "Sequence[FitSummary]"
    simulated: bool


def prospects(plan: Plan, pilot: Pilot | None = None) -> list[Prospect]:
    """Return the prospects of every gate of a suite.

    Args:
        plan: The suite with its samples.
        pilot: A run to take the variances from; `None` for those that published data suggest.
    """
    return [_prospect(plan, spec, pilot) for spec in plan.suite.gates]


def _confidence(plan: Plan, spec: GateSpec) -> float:
    """Return the confidence of a gate's interval at the end, after what earlier looks may spend."""
    alone, base = confidences(plan.suite.gates, plan.suite.confidence)[spec.id], plan.suite.confidence
    task = plan.tasks[spec.audit]
    looks = (task.metadata or {})["standfast"]["looks"]
    if not looks:
        return alone
    *_, last = confidences_at(looks["at"], len(task.dataset) * plan.suite.epochs, base, looks["spending"])
    return 1 - (1 - alone) * (1 - last) / (1 - base)


class Asked(NamedTuple):
    """What is asked of one measure.

    Attributes:
        items: Items.
        units: Items, of which those that tell one situation count once.
        pairs: Pairs of an item with a persona.
        challenges: Challenges.
    """

    items: int
    units: int
    pairs: int
    challenges: int


def _measure(plan: Plan, spec: GateSpec) -> Measure:
    header = (plan.tasks[spec.audit].metadata or {})["standfast"]
    return next(Measure.from_log(data) for data in header["measures"] if data["name"] == spec.measure)


def _prospect(plan: Plan, spec: GateSpec, pilot: Pilot | None) -> Prospect:
    found = framed(plan, spec, pilot)
    if isinstance(found, Prospect):
        return found
    known, question, asked = found
    known = replace(known, passes_from=question.clear_from(better=True), fails_from=question.clear_from(better=False))
    return _level(known, question) if question.gate.kind == "L" else _contrast(known, question, asked)


class Framed(NamedTuple):
    """A gate that can be planned: what is known of it, the question, and what is asked of its measure."""

    known: Prospect
    question: "Question"
    asked: Asked


def framed(plan: Plan, spec: GateSpec, pilot: Pilot | None = None) -> Framed | Prospect:
    """Return what it takes to plan a gate, or a prospect that says why it cannot be planned."""
    blank = Prospect(
        gate=spec.id,
        contrast=spec.contrast or spec.kind,
        direction=spec.direction or "within",
        margin=spec.margin,
        unit="",
        items=0,
        basis=_basis(pilot),
    )
    if spec.on_evidence:
        return replace(blank, reason="decided on the evidence itself")
    if spec.audit not in plan.tasks or spec.direction is None:
        return replace(blank, reason="no planning formula")
    measure = _measure(plan, spec)
    asked = _asked(plan, spec.audit, measure)
    known = replace(blank, unit=measure.unit, items=asked.items)
    kind = parse_contrast(spec.contrast).kind
    if plan.limit is not None:
        return replace(known, doubtful=True, reason="cannot pass: a run cut by --limit decides nothing")
    if kind not in CLOSED_FORM:
        return replace(known, reason="no planning formula")
    if asked.units < 2:
        return replace(known, doubtful=True, reason="cannot pass: fewer than 2 items ask for it")
    components = _components(spec, measure, pilot, asked.challenges)
    if isinstance(components, str):
        return replace(known, reason=components)
    gate = Gate(
        kind=kind,
        margin=spec.margin / _points(measure),
        direction=spec.direction,
        confidence=_confidence(plan, spec),
    )
    return Framed(known, Question(gate, measure, _design(plan, asked), components), asked)


def _asked(plan: Plan, audit: str, measure: Measure) -> Asked:
    """Count what a measure applies to."""
    task = plan.tasks[audit]
    facts = (task.metadata or {})["standfast"]["items"]
    every = (parse_id(audit, str(sample.id)) for sample in task.dataset)
    cells = [cell for cell in every if measure.applies_to({**cell.facts(), **facts[cell.item]})]
    items = {cell.item for cell in cells}
    return Asked(
        items=len(items),
        units=len({facts[item].get("pair", item) for item in items}),
        pairs=len({(cell.item, cell.persona) for cell in cells}),
        challenges=len({cell.challenge for cell in cells}),
    )


def _design(plan: Plan, asked: Asked) -> Design:
    """Return the design; a situation that several items tell meets the personas of all of them."""
    cast = plan.suite.personas.size
    return Design(
        items=asked.units,
        personas=cast,
        per_item=min(cast, asked.pairs // asked.units),
        repetitions=plan.suite.epochs * asked.challenges,
        roles=len(plan.suite.roles),
        profiles=len(plan.suite.profiles),
    )


def _basis(pilot: Pilot | None) -> str:
    if pilot is None:
        return "published data"
    return "pilot, SIMULATED" if pilot.simulated else "pilot"


def _points(measure: Measure) -> int:
    """Return how many of a finding's units make 1 on the measure's own scale."""
    return 100 if measure.scale in ("binary", "proportion") else 1


def _components(
    spec: GateSpec, measure: Measure, pilot: Pilot | None, challenges: int
) -> Callable[[float], Components] | str:
    """Return what varies at a level of the measure, or why that is not known."""
    if pilot is None:
        if _points(measure) == 1:
            return f"no variances to plan a {measure.scale} with; give a --pilot"
        return lambda level: Components.for_shares(min(max(level, _NEAREST), 1 - _NEAREST))
    own = [
        fit.variance for fit in pilot.fits if (fit.audit, fit.measure) == (spec.audit, spec.measure) and fit.variance
    ]
    if not own:
        return f"the pilot has no variances of {spec.measure}"
    found = of_pilot(own, challenges)
    return lambda _: found


class Question(NamedTuple):
    """A gate and what it takes to plan it, on the measure's own scale.

    Attributes:
        gate: The gate.
        measure: Its measure.
        design: What is asked.
        components: What varies at a level of the measure.
    """

    gate: Gate
    measure: Measure
    design: Design
    components: Callable[[float], Components]

    def expected(self) -> Components:
        """Return what varies at the level that is planned for."""
        return self.components(SHARE if self.gate.direction == "higher" else 1 - SHARE)

    def clear_from(self, *, better: bool) -> float | None:
        """Return the value nearest to the margin whose whole interval lies on one side of it, mostly, in its unit.

        Args:
            better: Whether on the side where the gate passes; else where it fails.

        Returns:
            The true value at which that happens with probability `TARGET`; `None` where there is none.
        """
        opposite: Direction = "lower" if self.gate.direction == "higher" else "higher"
        towards = self.gate.direction if better else opposite
        if self.gate.kind == "L":
            gate, low, high = replace(self.gate, direction=towards), self.measure.low, self.measure.high
            level = passing_level(gate, self.design, self.components, low=low, high=high, target=TARGET)
            return None if level is None else level * _points(self.measure)
        confidence = self.gate.confidence
        shift = minimum_detectable(self.design, self.expected(), self.gate.kind, target=TARGET, confidence=confidence)
        value = self.gate.margin + (shift if towards == "higher" else -shift)
        return value * _points(self.measure) if isfinite(value) else None

    def half_width(self) -> float | None:
        """Return the half-width of the interval, in the finding's unit."""
        found = precision(self.design, self.expected(), self.gate.kind, self.gate.confidence).half_width
        return found * _points(self.measure) if isfinite(found) else None


def _level(known: Prospect, asked: Question) -> Prospect:
    level = known.passes_from
    return replace(
        known,
        half_width=asked.half_width(),
        level=level,
        doubtful=level is None,
        reason="" if level is not None else "cannot pass: as planned, the interval reaches the margin at every level",
    )


def _contrast(known: Prospect, asked: Question, counted: Asked) -> Prospect:
    chance = power(asked.gate, asked.design, asked.expected())
    needed = samples_needed(asked.gate, asked.design, asked.expected(), target=TARGET)
    told = counted.items / counted.units  # items to a situation
    return replace(
        known,
        half_width=asked.half_width(),
        power=chance if isfinite(chance) else None,
        items_needed=None if needed.items is None else ceil(needed.items * told),
        per_item_needed=None if needed.per_item is None else ceil(needed.per_item / told),
        doubtful=not chance >= 0.5,
        reason=needed.reason,
    )
