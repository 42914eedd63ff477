"""What more money buys: how far each gate's interval shrinks with more items, or more personas per item."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import ceil

from standfast.analysis.precision import Design
from standfast.outlook import Offer, Prospect, Way
from standfast.plan import Plan
from standfast.prospects import Framed, Pilot, framed

FACTORS = (1.25, 2.0, 4.0)


def offers(plan: Plan, dollars: Mapping[str, float | None], pilot: Pilot | None = None) -> list[Offer]:
    """Return what larger audits would show, gate by gate.

    Args:
        plan: The suite with its samples.
        dollars: Audit -> what it costs over all subjects; `None` where a model has no price.
        pilot: A run to take the variances from.
    """
    found = []
    for spec in plan.suite.gates:
        known = framed(plan, spec, pilot)
        if not isinstance(known, Prospect):
            found += [_offer(spec.audit, known, way, design, dollars.get(spec.audit)) for way, design in _larger(known)]
    return found


def _larger(found: Framed) -> Iterator[tuple[Way, Design]]:
    """Yield the larger designs; an item cannot meet more personas than there are."""
    design = found.question.design
    for factor in FACTORS:
        yield "items", replace(design, items=ceil(design.items * factor))
        if ceil(design.per_item * factor) <= design.personas:
            yield "personas per item", replace(design, per_item=ceil(design.per_item * factor))


def _offer(audit: str, found: Framed, way: Way, larger: Design, dollars: float | None) -> Offer:
    question = found.question._replace(design=larger)
    times = larger.pairs / found.question.design.pairs
    now, then = found.question.half_width(), question.half_width()
    extra = None if dollars is None else (times - 1) * dollars
    told = found.asked.items / found.asked.units  # items to a situation
    return Offer(
        gate=found.known.gate,
        audit=audit,
        way=way,
        number=ceil(larger.items * told) if way == "items" else larger.per_item,
        times=times,
        dollars=extra,
        half_width=then,
        passes_from=question.clear_from(better=True),
        per_dollar=(now - then) / extra if extra and now is not None and then is not None else None,
    )
