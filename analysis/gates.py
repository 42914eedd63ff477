"""Results and rules -> a decision."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import nan

from standfast.analysis import quality, verdicts
from standfast.analysis.decisions import Change, Decision, GateResult
from standfast.analysis.findings import Finding
from standfast.analysis.gated import POOLED, Wanted
from standfast.analysis.outcome import Terms, outcome
from standfast.analysis.results import Results
from standfast.analysis.rules import ON_EVIDENCE, Rule, asked_confidence, check_policy, confidences
from standfast.analysis.sequential import Look
from standfast.analysis.verdicts import Ruling
from standfast.analysis.waiving import waive
from standfast.errors import GateError


def decide(
    results: Results, rules: Sequence[Rule], terms: Terms, *, needed: Callable[[GateResult], str] | None = None
) -> Decision:
    """Hold every rule against every subject.

    Args:
        results: What the analysis found.
        rules: The policy.
        terms: What the decision is taken under.
        needed: Tells what would settle an inconclusive gate.

    Raises:
        GateError: There is no rule, no blocking rule or no subject, a rule is malformed, or findings contradict.
    """
    check_policy(rules, terms.models)
    case = _Case(results, rules, terms)
    found = [_result(case, rule, model) for rule in rules for model in terms.models]
    if terms.partial:
        found = [_held(result, terms.partial) for result in found]
    if needed:
        found = [_settled(result, needed) for result in found]
    found, uses = waive(found, terms.waivers, terms.today or date.min) if terms.waivers else (found, [])
    whole = outcome(found, terms)
    return Decision(
        verdict=whole.verdict,
        exit_code=whole.exit_code,
        simulated=terms.simulated,
        headline=whole.headline,
        gates=tuple(found),
        policy=terms.policy,
        waivers=tuple(uses),
        robustness=tuple(_changes(case, found)),
        decided=terms.today.isoformat() if terms.today else "",
        allow_simulated=terms.allow_simulated,
        inconclusive=terms.inconclusive,
    )


def wanted(
    rules: Sequence[Rule], confidence: float, models: Sequence[str], looks: Sequence[Look], twins: Mapping[str, str]
) -> list[Wanted]:
    """Return the findings that a policy reads.

    Args:
        rules: The policy.
        confidence: Of the suite.
        models: Subjects.
        looks: Where sequential audits ended.
        twins: Measure -> its over-correction twin.
    """
    base, at = confidences(rules, confidence), {(look.model, look.audit): look for look in looks}
    found = []
    for rule in rules:
        for model in models if rule.kind not in ON_EVIDENCE else ():
            level = asked_confidence(base[rule.id], confidence, at.get((model, rule.audit)))
            both = [
                rule.measure,
                *([twins[rule.measure]] if rule.kind == "two-sided" and rule.measure in twins else []),
            ]
            found += [Wanted(rule.audit, measure, rule.contrast, level, model) for measure in both]
    return found


class _Case:
    """Look-ups in what was found."""

    def __init__(self, results: Results, rules: Sequence[Rule], terms: Terms) -> None:
        self.results, self.terms = results, terms
        self.base = confidences(rules, terms.confidence)
        self.known = _by_name([*results.findings, *results.also])
        self.looks = {(look.model, look.audit): look for look in results.looks}

    def confidence(self, rule: Rule, model: str) -> float:
        """Return the confidence of a rule's interval for one subject, after what earlier looks spent."""
        return asked_confidence(self.base[rule.id], self.terms.confidence, self.looks.get((model, rule.audit)))

    def finding(self, rule: Rule, model: str, measure: str) -> Finding | None:
        """Return the finding that a rule reads."""
        key = (model, rule.audit, measure, rule.contrast, round(self.confidence(rule, model), 9))
        return self.known.get(key)

    def audits(self, rule: Rule, model: str, measure: str) -> list[str]:
        """Return the audits that a rule's evidence is from."""
        rows = self.results.missing
        if rule.audit != POOLED:
            return [rule.audit]
        return sorted({row.audit for row in rows if row.model == model and row.measure == measure})

    def objection(self, rule: Rule, model: str, measure: str) -> str:
        """Return why the evidence of a finding may not be believed, nothing if it may."""
        audits = self.audits(rule, model, measure)
        problems = {(one.model, one.audit): one.problems for one in self.results.integrity}
        planned = {(row.model, row.audit, row.measure) for row in self.results.missing if row.planned > 0}
        fits = {(fit.model, fit.audit, fit.measure): fit for fit in self.results.fits}
        for audit in audits:
            fit = fits.get((model, audit, measure))
            if (model, audit, measure) not in planned:
                return f"no value of {measure} was planned in {audit}"
            if (model, audit) not in problems:
                return f"what the logs tell about {audit} is not known"
            if why := problems[model, audit]:
                return " ".join(why).strip() or "the logs speak against it"
            if fit is None or not fit.converged:
                return f"the fit of {measure} in {audit} {'did not converge' if fit else 'is not known'}"
        return "" if audits else f"no audit takes {measure}"


_Name = tuple[str, str, str, str, float]  # model, audit, measure, contrast, confidence


def _by_name(findings: Iterable[Finding]) -> dict[_Name, Finding]:
    known: dict[_Name, Finding] = {}
    for finding in findings:
        level = round(finding.conf_level, 9)
        name = (finding.model, finding.audit, finding.measure, finding.contrast, level)
        if name in known:
            message = f"{finding.contrast} on {finding.measure} of {finding.audit}, {finding.model}: found twice"
            raise GateError(message)
        known[name] = finding
    return known


def _result(case: _Case, rule: Rule, model: str) -> GateResult:
    blank = GateResult(
        id=rule.id,
        title=rule.title,
        kind=rule.kind,
        model=model,
        audit=rule.audit,
        measure=rule.measure,
        contrast=rule.contrast,
        direction=rule.direction or ("higher" if rule.kind in ON_EVIDENCE else "within"),
        margin=rule.margin,
        twin_margin=nan if rule.twin_margin is None else rule.twin_margin,
        confidence=case.confidence(rule, model),
        blocking=rule.blocking,
        alternative=rule.alternative,
        verdict="missing",
        reason="",
        finding=None,
        owner=rule.owner,
        why=rule.reason,
    )
    if rule.kind in ON_EVIDENCE:
        judged = _on_evidence(case, rule, model)
        return _ruled(replace(blank, quality=judged.quality), judged.ruling)
    return _on_finding(case, rule, blank)


def _ruled(result: GateResult, ruling: Ruling) -> GateResult:
    return replace(result, verdict=ruling.verdict, raw=ruling.verdict, reason=ruling.reason)


def _on_evidence(case: _Case, rule: Rule, model: str) -> quality.Judged:
    if rule.kind == "judge-quality":
        return quality.judge_quality(rule, case.results.calibration, case.terms.today)
    return quality.completeness(rule, [row for row in case.results.missing if row.model == model])


def _on_finding(case: _Case, rule: Rule, blank: GateResult) -> GateResult:
    """Decide on a finding, and on that of its over-correction twin where both are asked."""
    model, asked = blank.model, verdicts.bar(rule)
    finding = case.finding(rule, model, rule.measure)
    ruling = _believed(case, rule, model, rule.measure, finding, asked)
    result = replace(blank, finding=finding, second=verdicts.second_side(asked, finding))
    if rule.kind == "two-sided":
        twin = finding.twin if finding else None
        other = case.finding(rule, model, twin) if twin else None
        bar = verdicts.twin_bar(rule)
        ruling = verdicts.rule_on_both(ruling, _believed(case, rule, model, twin or "its twin", other, bar))
        result = replace(result, twin=other)
    if finding and ruling.verdict != "missing":
        ruling = Ruling(ruling.verdict, ruling.reason + verdicts.doubt(asked, finding))
    return _ruled(result, ruling)


def _believed(
    case: _Case, rule: Rule, model: str, measure: str, finding: Finding | None, asked: verdicts.Bar
) -> Ruling:
    """Rule on a finding whose evidence may be believed."""
    if finding is None:
        needs = " It needs `standfast analyse RUN --baseline RUN0`." if rule.contrast.startswith("E8(") else ""
        return Ruling("missing", f"{rule.contrast} on {measure} was not estimated.{needs}")
    ruling = verdicts.rule_on(asked, finding, case.confidence(rule, model))
    if ruling.verdict == "missing":
        return ruling
    if objection := case.objection(rule, model, measure):
        return Ruling("missing", f"The evidence cannot be used: {objection.rstrip('.')}.")
    audit = None if rule.audit == POOLED else rule.audit
    apart = quality.gap([row for row in case.results.missing if row.model == model], audit, measure)
    if ruling.verdict == "pass" and apart > case.terms.missing_gap:
        told = f"The share of missing values differs by {apart:.1f} points between conditions"
        return Ruling("inconclusive", f"{told}, more than the {case.terms.missing_gap:g} that the policy allows.")
    return ruling


def _held(result: GateResult, partial: str) -> GateResult:
    """Hold back a pass of a run of which not all was asked."""
    if result.verdict != "pass":
        return result
    return _ruled(result, Ruling("inconclusive", f"{result.reason} The run was {partial}, so this is no pass."))


def _settled(result: GateResult, needed: Callable[[GateResult], str]) -> GateResult:
    """Say what would settle a gate whose interval holds the margin."""
    asks = result.raw == "inconclusive" and result.finding is not None
    return replace(result, needed=needed(result)) if asks else result


def _changes(case: _Case, results: Sequence[GateResult]) -> Iterable[Change]:
    """Yield the verdict of each gate on a finding with each part of the evidence left out."""
    parts = {(left.dropped, left.name): None for left in case.results.left_out}
    known = {
        (left.dropped, left.name, f.model, f.audit, f.measure, f.contrast, round(f.conf_level, 9)): f
        for left in case.results.left_out
        for f in (left.finding,)
    }
    for dropped, name in parts:
        for result in results:
            if result.finding is None:
                continue
            where = (result.model, result.audit, result.measure, result.contrast, round(result.confidence, 9))
            finding = known.get((dropped, name, *where))
            if finding is None:
                continue
            bar = verdicts.Bar(result.direction, result.margin)
            verdict = verdicts.rule_on(bar, finding, result.confidence).verdict
            was = verdicts.rule_on(bar, result.finding, result.confidence).verdict
            yield Change(
                dropped=dropped,
                name=name,
                gate=result.id,
                model=result.model,
                was=was,
                verdict=verdict,
                finding=finding,
            )
