"""Rules as a policy: what makes one that can decide, and the error rate of all of them together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import Literal, Protocol

from standfast.analysis.decisions import Kind
from standfast.analysis.sequential import Look
from standfast.errors import GateError

ON_EVIDENCE = ("judge-quality", "completeness")


class Rule(Protocol):
    """A rule on one finding, or on the evidence, fixed before the run; the gates of a policy are such rules."""

    @property
    def id(self) -> str:
        """Short name, unique in the policy."""

    @property
    def title(self) -> str:
        """What it protects, in words."""

    @property
    def kind(self) -> Kind:
        """What it holds against what."""

    @property
    def audit(self) -> str:
        """Audit of the finding, or `pooled`; empty for all audits."""

    @property
    def measure(self) -> str:
        """Measure of the finding."""

    @property
    def contrast(self) -> str:
        """Contrast as findings spell it: `E2(peer, full)`."""

    @property
    def direction(self) -> Literal["higher", "lower"] | None:
        """Which way is better; `None` for equivalence and rules on the evidence."""

    @property
    def margin(self) -> float:
        """In the finding's unit."""

    @property
    def twin_margin(self) -> float | None:
        """Margin of the over-correction twin, for `two-sided`."""

    @property
    def statistic(self) -> Literal["kappa", "alpha", "accuracy"] | None:
        """Coefficient of agreement, for `judge-quality`."""

    @property
    def max_age_days(self) -> int | None:
        """Oldest calibration, for `judge-quality`."""

    @property
    def confidence(self) -> float | None:
        """Of the interval; `None` for the suite's."""

    @property
    def alternative(self) -> str:
        """Name of the group of which one must pass; empty where the rule itself must."""

    @property
    def blocking(self) -> bool:
        """Whether it counts in the decision."""

    @property
    def owner(self) -> str:
        """Who answers for the margin."""

    @property
    def reason(self) -> str:
        """Why the margin is where it is."""


def check_policy(rules: Sequence[Rule], models: Sequence[str]) -> None:
    """Refuse a policy that could pass without evidence."""
    wrong = ""
    if not rules:
        wrong = "no gates; a decision needs at least one rule fixed before the run"
    elif not any(rule.blocking and rule.kind not in ON_EVIDENCE for rule in rules):
        wrong = "no blocking gate on a finding; at least one must count in the decision"
    elif not models:
        wrong = "no subject to decide on"
    elif len(set(models)) < len(models):
        wrong = f"a subject is named twice: {', '.join(models)}"
    elif twice := [name for name, n in Counter(rule.id for rule in rules).items() if n > 1]:
        wrong = f"gate {twice[0]} appears twice"
    for rule in rules:
        wrong = wrong or _malformed(rule)
    if wrong:
        raise GateError(wrong)


def _malformed(rule: Rule) -> str:
    """Return what is wrong with a rule, nothing if it can decide."""
    told = f"gate {rule.id}: direction {rule.direction!r}, margin {rule.margin!r}"
    if not isfinite(rule.margin):
        return f"{told}; expected a number"
    if rule.kind == "equivalence":
        return "" if rule.margin > 0 else f"{told}; expected a margin above 0, which stands for both sides"
    if rule.kind in ON_EVIDENCE:
        return ""
    if rule.direction not in ("higher", "lower"):
        return f"{told}; expected higher or lower, and a number"
    if rule.kind == "two-sided" and (rule.twin_margin is None or not isfinite(rule.twin_margin)):
        return f"gate {rule.id}: twin_margin {rule.twin_margin!r}; expected a number"
    return ""


def confidences(rules: Sequence[Rule], base: float) -> Mapping[str, float]:
    """Return the confidence of each rule's interval, by id.

    Of m alternatives one pass releases, so each has the confidence 1 − (1 − confidence) / m (Bonferroni): the chance
    that any of them passes falsely is then at most that of one gate.

    Args:
        rules: The policy.
        base: Confidence of the suite.
    """
    sizes = {rule.alternative: sum(other.alternative == rule.alternative for other in rules) for rule in rules}
    return {
        rule.id: round(1 - (1 - (base if rule.confidence is None else rule.confidence)) / m, 12)
        for rule in rules
        for m in (sizes[rule.alternative] if rule.alternative else 1,)
    }


def asked_confidence(confidence: float, base: float, look: Look | None) -> float:
    """Return the confidence of a gate's interval at a look: it spends the share of the error that the look may.

    Args:
        confidence: Of the gate without looks.
        base: Of the suite, which the look's own confidence was computed for.
        look: The look; `None` where everything was asked in one go.
    """
    return confidence if look is None else round(1 - (1 - confidence) * (1 - look.confidence) / (1 - base), 12)


def error_rate(rules: Sequence[Rule], base: float, looks: int = 1) -> str:
    """Return what the error rate of a policy is, in two sentences.

    Args:
        rules: The policy.
        base: Confidence of the suite.
        looks: How often a sequential audit may look.
    """
    blocking = [rule for rule in rules if rule.blocking and rule.kind not in ON_EVIDENCE]
    groups = {rule.alternative for rule in blocking if rule.alternative}
    alpha = max((1 - (base if rule.confidence is None else rule.confidence) for rule in blocking), default=nan)
    if not isfinite(alpha):
        return "No blocking gate rests on an estimate."
    words = [
        f"All blocking gates must pass, so a subject that truly misses even one margin passes with a chance of at most "
        f"{50 * alpha:.3g} % (intersection–union test, which needs no correction)."
    ]
    if groups:
        words.append(
            f"Of the alternatives ({', '.join(sorted(groups))}) one must pass; each is held at a raised confidence "
            "(Bonferroni), so that this rate holds for the group."
        )
    if looks > 1:
        words.append(f"The rate is spent over {looks} looks, and holds for all of them together.")
    return " ".join(words)
