"""A rule and a finding -> a verdict. Nothing here knows a run; `gates` asks whether the evidence may be believed."""

from math import isfinite, isnan, nan
from typing import Literal, NamedTuple

from standfast.analysis.decisions import Raw, SecondVerdict
from standfast.analysis.findings import Finding
from standfast.analysis.rules import Rule

Side = Literal["pass", "fail", "inconclusive"]
Direction = Literal["higher", "lower", "within"]
WORST_FIRST: tuple[Raw, ...] = ("missing", "fail", "inconclusive", "pass")


class Bar(NamedTuple):
    """What an interval must clear.

    Attributes:
        direction: Which way is better; `within` for between −margin and margin.
        margin: In the finding's unit; above 0 for `within`.
    """

    direction: Direction
    margin: float


class Ruling(NamedTuple):
    """A verdict, and why."""

    verdict: Raw
    reason: str


def bar(rule: Rule) -> Bar:
    """Return what a rule's interval must clear."""
    return Bar(rule.direction or "within", rule.margin)


def twin_bar(rule: Rule) -> Bar:
    """Return what the over-correction twin's interval must clear: it is better the lower it is."""
    return Bar("lower", nan if rule.twin_margin is None else rule.twin_margin)


def side(asked: Bar, low: float, high: float) -> Side:
    """Return where an interval lies: `pass` strictly on the better side, `fail` at the margin or on the worse side."""
    margin = asked.margin
    if asked.direction == "within":
        if -margin < low and high < margin:
            return "pass"
        return "fail" if high <= -margin or low >= margin else "inconclusive"
    worst, best = (low, high) if asked.direction == "higher" else (-high, -low)
    edge = margin if asked.direction == "higher" else -margin
    if worst > edge:
        return "pass"
    return "fail" if best <= edge else "inconclusive"


def rule_on(asked: Bar, finding: Finding, confidence: float) -> Ruling:
    """Hold a finding against a bar.

    A gate passes only if the whole interval, and the whole interval under the worst case of the missing values, lies
    strictly on the better side. It fails if the whole interval lies at the margin or beyond it. Where the evidence
    makes no sense, it is `missing`; in all other cases `inconclusive`.

    Args:
        asked: The bar.
        finding: What was estimated.
        confidence: What the interval must have.
    """
    if unusable := _unusable(asked, finding, confidence):
        return Ruling("missing", f"There is no usable estimate: {unusable}.")
    verdict = side(asked, finding.conf_low, finding.conf_high)
    if verdict == "fail":
        return Ruling("fail", f"The whole interval lies {_worse(asked, finding)}, or at it.")
    if verdict == "inconclusive":
        return Ruling("inconclusive", f"The interval holds {_edge(asked, finding)}, so it allows both.")
    if side(asked, finding.bound_low, finding.bound_high) != "pass":
        return Ruling("inconclusive", f"The interval lies {_better(asked, finding)}, but only if nothing is missing.")
    whatever = ", whatever the missing values were" if finding.n_missing else ""
    return Ruling("pass", f"The whole interval lies {_better(asked, finding)}{whatever}.")


def rule_on_both(first: Ruling, twin: Ruling) -> Ruling:
    """Join the verdicts on a measure and on its over-correction twin: both must pass."""
    worse = min((first, twin), key=lambda ruling: WORST_FIRST.index(ruling.verdict))
    return Ruling(worse.verdict, f"{first.reason} Its twin: {twin.reason[0].lower()}{twin.reason[1:]}")


def second_side(asked: Bar, finding: Finding | None) -> SecondVerdict:
    """Return the verdict by the second opinion's interval alone; `none` without one."""
    said = finding.second if finding else None
    return side(asked, said.conf_low, said.conf_high) if said and isfinite(said.conf_low + said.conf_high) else "none"


def doubt(asked: Bar, finding: Finding) -> str:
    """Return what the second opinion adds to a reason: that it would decide otherwise, or that there is none."""
    second = second_side(asked, finding)
    if second == "none":
        why = f": {finding.second.status}" if finding.second and finding.second.status != "ok" else ""
        return f" There is no second opinion{why}."
    first = side(asked, finding.conf_low, finding.conf_high)
    return "" if second == first else f" By the second opinion alone it would be: {second}."


def _unusable(asked: Bar, finding: Finding, confidence: float) -> str:
    """Return why a finding cannot carry a verdict, nothing if it can."""
    low, high = finding.conf_low, finding.conf_high
    if finding.status != "ok":
        return finding.status or "its status is empty"
    if not all(map(isfinite, (finding.estimate, finding.std_error, low, high))):
        return "the estimate or its interval is not a finite number"
    if not (isfinite(finding.bound_low) and isfinite(finding.bound_high)):
        return "the worst case of the missing values is unknown"
    if not low <= finding.estimate <= high or not low < high:
        return "the interval does not hold the estimate, or has no width"
    if finding.bound_low > low or finding.bound_high < high:
        return "the worst case lies inside the interval"
    return _unfit(asked, finding, confidence)


def _unfit(asked: Bar, finding: Finding, confidence: float) -> str:
    """Return why a finding that makes sense is not the one that was asked for, nothing if it is."""
    if not finding.std_error > 0 or isnan(finding.df) or not finding.df > 0:
        return "its standard error or degrees of freedom are not above 0"
    if abs(finding.conf_level - confidence) > 1e-9:
        return f"its interval has confidence {finding.conf_level:g}, and {confidence:g} is asked"
    if asked.direction != "within" and finding.direction not in ("neither", asked.direction):
        return f"of this finding {finding.direction} is better, and the gate takes {asked.direction} for better"
    if finding.n_items < 2:
        return "fewer than 2 items"
    if finding.n_obs < finding.n_items or finding.n_missing < 0:
        return "its counts contradict each other"
    return ""


def _edge(asked: Bar, finding: Finding) -> str:
    if asked.direction == "within":
        return f"−{asked.margin:g} or {asked.margin:g} {finding.unit}"
    return f"{asked.margin:g} {finding.unit}"


def _better(asked: Bar, finding: Finding) -> str:
    if asked.direction == "within":
        return f"between −{asked.margin:g} and {asked.margin:g} {finding.unit}"
    return f"{'above' if asked.direction == 'higher' else 'below'} {_edge(asked, finding)}"


def _worse(asked: Bar, finding: Finding) -> str:
    if asked.direction == "within":
        return f"outside −{asked.margin:g} to {asked.margin:g} {finding.unit}"
    return f"{'below' if asked.direction == 'higher' else 'above'} {_edge(asked, finding)}"
