"""What each gate of a suite can show with the planned samples, before anything is asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil, isfinite
from typing import TYPE_CHECKING, NamedTuple

from standfast.analysis.components import Components
from standfast.analysis.pilot import of_pilot
from standfast.analysis.power import Gate, passing_level, power, samples_needed
from standfast.analysis.precision import CLOSED_FORM, Design, precision
from standfast.analysis.rules import confidences
from standfast.analysis.sequential import confidences_at
from standfast.cells import parse_id
from standfast.estimands import parse_contrast
from standfast.measure import Measure
from standfast.plan import Plan
from standfast.suite import GateSpec

if TYPE_CHECKING:  # takes time to import, and only a pilot needs it
    from standfast.analysis.results import FitSummary

TARGET = 0.8  # the usual power to plan for
SHARE = 0.8  # planned for, or 1 − SHARE where lower is better; both vary by 0.16
_NEAREST = 1e-6  # to the ends of a share, where it would not vary at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What one gate can show, in the finding's unit.

    Attributes:
        gate: The gate's id.
        contrast: Its contrast.
        direction: Which way is better.
        margin: The value to beat.
        unit: `pp` for binary and proportion measures, else the measure's own.
        items: Items that the measure applies to.
        basis: Where the variances are from: `published data`, `pilot` or `pilot, SIMULATED`.
        half_width: Of the interval; `None` where it is not known.
        power: Probability that a subject without any effect passes; `None` for a level.
        level: Nearest to the margin at which a subject passes with probability `TARGET`; `None` where there is none,
            and for a contrast.
        items_needed: Fewest items with which `power` is `TARGET`; `None` where no number suffices, and for a level.
        per_item_needed: Fewest personas per item, with as many items as planned; `None` likewise.
        doubtful: Whether no subject passes, or one without any effect does with less than an even chance.
        reason: Why a number is not there.
    """

    gate: str
    contrast: str
    direction: str
    margin: float
    unit: str
    items: int
    basis: str
    half_width: float | None = None
    power: float | None = None
    level: float | None = None
    items_needed: int | None = None
    per_item_needed: int | None = None
    doubtful: bool = False
    reason: str = ""


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


class _Asked(NamedTuple):
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
    question = _Question(gate, measure, _design(plan, asked), components)
    return _level(known, question) if kind == "L" else _contrast(known, question, asked)


def _asked(plan: Plan, audit: str, measure: Measure) -> _Asked:
    """Count what a measure applies to."""
    task = plan.tasks[audit]
    facts = (task.metadata or {})["standfast"]["items"]
    every = (parse_id(audit, str(sample.id)) for sample in task.dataset)
    cells = [cell for cell in every if measure.applies_to({**cell.facts(), **facts[cell.item]})]
    items = {cell.item for cell in cells}
    return _Asked(
        items=len(items),
        units=len({facts[item].get("pair", item) for item in items}),
        pairs=len({(cell.item, cell.persona) for cell in cells}),
        challenges=len({cell.challenge for cell in cells}),
    )


def _design(plan: Plan, asked: _Asked) -> Design:
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


class _Question(NamedTuple):
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

    def half_width(self) -> float | None:
        """Return the half-width of the interval, in the finding's unit."""
        found = precision(self.design, self.expected(), self.gate.kind, self.gate.confidence).half_width
        return found * _points(self.measure) if isfinite(found) else None


def _level(known: Prospect, asked: _Question) -> Prospect:
    low, high = asked.measure.low, asked.measure.high
    level = passing_level(asked.gate, asked.design, asked.components, low=low, high=high, target=TARGET)
    return replace(
        known,
        half_width=asked.half_width(),
        level=None if level is None else level * _points(asked.measure),
        doubtful=level is None,
        reason="" if level is not None else "cannot pass: as planned, the interval reaches the margin at every level",
    )


def _contrast(known: Prospect, asked: _Question, counted: _Asked) -> Prospect:
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
