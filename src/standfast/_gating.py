"""The rules that gates must keep, of a suite or in a file of their own."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from standfast import estimands
from standfast._problems import quoted
from standfast._spec import AuditFacts, AuditSpec, GateSpec, Suite
from standfast.cards import Fault, Reference
from standfast.cells import voiced
from standfast.estimands import BETWEEN, ContrastName, parse_contrast

Check = Iterator[Reference | Fault]
POOLED = "pooled"
# Kinds of gates that take one estimand only.
_TAKES = {"role-gap": "E3", "non-inferiority": "E8"}


def check(suite: Suite, catalogue: Mapping[str, AuditFacts] | None) -> Check:
    """Yield what is wrong with the gates of a suite.

    Args:
        suite: The suite.
        catalogue: What is known about each audit; without it nothing about measures is checked.
    """
    yield from _check_names(suite)
    for i, gate in enumerate(suite.gates):
        yield from _check_fields(i, gate)
        if gate.on_evidence:
            yield from _check_on_evidence(i, gate, suite)
        elif gate.contrast:
            yield from _check_contrast(i, gate, suite)
            if catalogue is not None:
                yield from _check_measures(i, gate, suite, catalogue)
    if suite.looks and suite.gates and catalogue is not None:
        known = [name for name in suite.audits if name in catalogue]
        if not any(may_stop(name, catalogue[name].measures, suite.gates) for name in known):
            hint = "a blocking gate on one audit is, one pooled over audits or on E8 is not"
            yield Fault(("looks",), "no gate is decided within one audit, so none may stop early", hint)


def may_stop(audit: str, measures: Collection[str], gates: Sequence[GateSpec]) -> bool:
    """Tell whether an audit may stop early: its own blocking gates, and no others, rest on its samples.

    A gate that is pooled over audits, or that compares with a baseline, cannot be decided within one audit under way.

    Args:
        audit: Name of the audit.
        measures: Names of its measures.
        gates: The policy.
    """
    on_findings = [gate for gate in gates if not gate.on_evidence]
    if any(gate.audit == POOLED and gate.measure in measures for gate in on_findings):
        return False
    own = [gate for gate in on_findings if gate.audit == audit and gate.blocking]
    return bool(own) and all(parse_contrast(gate.contrast).kind != "E8" for gate in own)


def _check_names(suite: Suite) -> Check:
    seen: set[str] = set()
    for i, gate in enumerate(suite.gates):
        if gate.id in seen:
            yield Fault(("gates", i, "id"), f"{quoted(gate.id)} appears twice")
        seen.add(gate.id)
    if suite.gates and not any(gate.blocking and not gate.on_evidence for gate in suite.gates):
        hint = "a policy must hold at least one finding to a margin"
        yield Fault(("gates",), "no blocking gate is on a finding", hint)
    groups: dict[str, list[int]] = {}
    for i, gate in enumerate(suite.gates):
        if gate.alternative:
            groups.setdefault(gate.alternative, []).append(i)
    for name, members in groups.items():
        if len(members) == 1:
            message = f"{quoted(name)} names one gate, which is no alternative"
            yield Fault(("gates", members[0], "alternative"), message, "give another gate the same name")
        if len({suite.gates[i].blocking for i in members}) > 1:
            message = f"the alternatives {quoted(name)} are partly advisory"
            yield Fault(("gates", members[0], "alternative"), message, "all of them block, or none")
        if any(suite.gates[i].on_evidence for i in members):
            message = f"a gate on the evidence is no alternative ({quoted(name)})"
            yield Fault(("gates", members[0], "alternative"), message)


def _check_fields(i: int, gate: GateSpec) -> Check:
    """Refuse fields that a kind lacks or does not know."""
    needs, takes = ["audit", "measure", "contrast", "direction"], {"confidence", "alternative"}
    if gate.kind == "equivalence":
        needs.remove("direction")
    if gate.kind == "two-sided":
        needs.append("twin_margin")
    if gate.on_evidence:
        needs, takes = (
            [],
            {"audit", "measure"} if gate.kind == "completeness" else {"measure", "statistic", "max_age_days"},
        )
    given = {
        "audit": gate.audit,
        "measure": gate.measure,
        "contrast": gate.contrast,
        "direction": gate.direction,
        "twin_margin": gate.twin_margin,
        "statistic": gate.statistic,
        "max_age_days": gate.max_age_days,
        "confidence": gate.confidence,
        "alternative": gate.alternative,
    }
    empty = ("", None)
    for name in needs:
        if given[name] in empty:
            yield Fault(("gates", i), f"{_a(gate)} gate needs {name}")
    for name, value in given.items():
        if value not in empty and name not in needs and name not in takes:
            yield Fault(("gates", i, name), f"{_a(gate)} gate takes no {name}")
    yield from _check_kind_of_margin(("gates", i, "margin"), gate)


def _a(gate: GateSpec) -> str:
    return f"{'an' if gate.kind == 'equivalence' else 'a'} {gate.kind}"


def _check_kind_of_margin(place: tuple[str | int, ...], gate: GateSpec) -> Check:
    if gate.kind == "equivalence" and gate.margin <= 0:
        yield Fault(place, "of equivalence the margin is above 0", "it stands for both sides")
    if gate.kind == "completeness" and not 0 < gate.margin <= 100:
        yield Fault(place, f"{gate.margin:g} is no share in per cent", "such as 95")
    if gate.kind == "judge-quality" and not -1 <= gate.margin < 1:
        yield Fault(place, f"{gate.margin:g} is no coefficient of agreement", "such as 0.6")


def _check_on_evidence(i: int, gate: GateSpec, suite: Suite) -> Check:
    if gate.audit:
        yield Reference(("gates", i, "audit"), "audit", gate.audit, suite.audits)


def _check_contrast(i: int, gate: GateSpec, suite: Suite) -> Check:
    if gate.audit and gate.audit != POOLED:
        yield Reference(("gates", i, "audit"), "audit", gate.audit, suite.audits)
    place = ("gates", i, "contrast")
    contrast = parse_contrast(gate.contrast)
    taken = _TAKES.get(gate.kind)
    if taken and contrast.kind != taken:
        yield Fault(place, f"a {gate.kind} gate takes {taken}, not {contrast.kind}")
    if gate.kind == "equivalence" and contrast.kind == "L":
        yield Fault(place, "a level is not equivalent to 0", "name a contrast")
    if gate.audit == POOLED and contrast.kind in ("E5", "E8", "E9", "D"):
        yield Fault(place, f"{contrast.kind} is not pooled over audits", "name an audit")
    if contrast.profile is not None:
        yield Reference(place, "profile", contrast.profile, suite.profiles)
    if contrast.kind not in ("L", "E8", *suite.contrasts):
        yield Fault(place, f"{contrast.kind} is not among the suite's contrasts", f"add {contrast.kind} to contrasts")
    if objection := estimands.against_design(contrast, suite.profiles):
        yield Fault(place, *objection)
    for role in BETWEEN if contrast.role is None else (contrast.role,):
        yield Reference(place, "role", role, suite.roles)


def _check_measures(i: int, gate: GateSpec, suite: Suite, catalogue: Mapping[str, AuditFacts]) -> Check:
    """Check a gate against the audits that it reads."""
    known = {name: catalogue[name] for name in suite.audits if name in catalogue}
    if gate.audit == POOLED:
        takers = [name for name, facts in known.items() if gate.measure in facts.measures]
        if len(takers) < 2:
            message = f"{len(takers)} audits of the suite take {gate.measure}, and pooling needs 2"
            yield Fault(("gates", i, "measure"), message)
        for name in takers:
            yield from _check_measure(i, gate, suite, name, known[name])
    elif gate.audit in known:
        yield from _check_measure(i, gate, suite, gate.audit, known[gate.audit])


def _check_measure(i: int, gate: GateSpec, suite: Suite, audit: str, facts: AuditFacts) -> Check:
    yield Reference(("gates", i, "measure"), "measure", gate.measure, facts.measures)
    if gate.measure not in facts.measures:
        return
    place, contrast = ("gates", i, "contrast"), parse_contrast(gate.contrast)
    yield from _check_challenges(place, contrast, gate, _voiced(suite.audits[audit], facts), facts)
    better = estimands.better(contrast.kind, facts.measures[gate.measure])
    if gate.direction and better not in ("neither", gate.direction):
        yield Fault(
            ("gates", i, "direction"),
            f"of {gate.measure}, {better} is better, not {gate.direction}",
            f"direction: {better}",
        )
    yield from _check_margin(("gates", i, "margin"), gate.margin, gate, suite, facts.spans.get(gate.measure))
    if objection := estimands.against_measure(contrast, gate.measure, facts.constructs, facts.measures):
        yield Fault(place, *objection)
    if gate.kind == "two-sided":
        yield from _check_twin(i, gate, suite, facts)


def _check_challenges(
    place: tuple[str | int, ...], contrast: ContrastName, gate: GateSpec, asked: list[str], facts: AuditFacts
) -> Check:
    defined = [challenge for challenge in asked if challenge in facts.defined.get(gate.measure, asked)]
    for challenge in contrast.challenges(asked):
        yield Reference(place, "challenge", challenge, defined)


def _check_twin(i: int, gate: GateSpec, suite: Suite, facts: AuditFacts) -> Check:
    twin = facts.twins.get(gate.measure)
    if twin is None:
        yield Fault(("gates", i, "measure"), f"{gate.measure} has no over-correction twin", "use a bound gate")
    elif gate.twin_margin is not None:
        yield from _check_margin(("gates", i, "twin_margin"), gate.twin_margin, gate, suite, facts.spans.get(twin))


def _voiced(spec: AuditSpec, facts: AuditFacts) -> list[str]:
    """Return the challenges that are asked, in each rhetoric."""
    return voiced(spec.challenges or tuple(facts.challenges), spec.rhetoric)


def _check_margin(
    place: tuple[str | int, ...], margin: float, gate: GateSpec, suite: Suite, span: float | None
) -> Check:
    """Refuse a margin that no subject can miss."""
    reach = None if span is None else span * estimands.reach(parse_contrast(gate.contrast).kind, suite.profiles)
    if reach is not None and abs(margin) >= reach:
        message = f"{gate.contrast} of {gate.measure} lies within {reach:g} of 0, so this margin decides nothing"
        yield Fault(place, message, "the margin is in the finding's unit")
