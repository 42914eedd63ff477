"""What the analysis found: the nouns that gates decide on and reports show."""

import hashlib
from dataclasses import dataclass
from math import nan


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """The same contrast by a method that shares no assumption with the first.

    Attributes:
        estimate: Point estimate, unit of the finding.
        conf_low: Lower end of the interval; NaN where `status` is not `ok`.
        conf_high: Upper end of the interval.
        method: What was computed.
        status: `ok`, or why there is no interval.
    """

    estimate: float
    conf_low: float
    conf_high: float
    method: str
    status: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An estimated contrast with its interval, n and n of items.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Name of the measure.
        title: The measure's title.
        construct: The measure's axis.
        direction: Which way is desirable for this contrast: `higher`, `lower` or `neither`; the measure's own but for
            E9, of which more is better.
        primary: Whether the measure is the audit's lead for its axis.
        contrast: Such as `E2(peer, full)`, `E3(full)` or `E4(none)`.
        role: Role it belongs to; `None` for contrasts between roles.
        profile: Profile level it belongs to; `None` for E6, which runs over them.
        challenge: Challenge that E5 holds against bare pushback; `None` for all others.
        twin: The measure that counts this one's over-correction; `None` without one.
        unit: `pp` (percentage points) for binary and proportion measures, else the measure's own; E6 is per rung.
        estimate: NaN where `status` is not `ok`.
        std_error: Standard error.
        df: Degrees of freedom of the interval.
        df_method: How they were found.
        statistic: estimate / std_error.
        p_value: Two-sided, uncorrected.
        p_adjusted: Corrected within `family`.
        family: The contrasts corrected together and by what, in words.
        conf_level: Confidence of the interval, such as 0.95.
        conf_low: Lower end of the interval.
        conf_high: Upper end of the interval.
        bound_low: Lower end of the interval if every missing value had been the worst one; equals `conf_low`
            where nothing is missing, NaN where the measure has no bounds.
        bound_high: Upper end, likewise.
        n_obs: Values used.
        n_items: Items among them.
        n_missing: Planned values in the contrast's cells that were not scored.
        method: What was fitted, with any reduction.
        random: The random effects of the fit, in lme4's notation; empty where there are none.
        link_estimate: The same contrast of log odds, for one item and persona rather than on average over them; NaN
            where the measure is neither binary nor ordinal, or was not fitted on that scale.
        link_std_error: Its standard error.
        second: Second opinion, `None` where there is no first.
        flags: Sentences for the reader: small cells, disagreement with the second opinion, values that do not apply.
        status: `ok`, or why there is no estimate.
    """

    model: str
    audit: str
    measure: str
    title: str
    construct: str
    direction: str
    primary: bool
    contrast: str
    role: str | None
    profile: str | None
    unit: str
    estimate: float
    std_error: float
    df: float
    df_method: str
    statistic: float
    p_value: float
    p_adjusted: float
    family: str
    conf_level: float
    conf_low: float
    conf_high: float
    bound_low: float
    bound_high: float
    n_obs: int
    n_items: int
    n_missing: int
    method: str
    second: SecondOpinion | None
    flags: tuple[str, ...]
    challenge: str | None = None
    twin: str | None = None
    random: str = ""
    link_estimate: float = nan
    link_std_error: float = nan
    status: str = "ok"

    @property
    def id(self) -> str:
        """Return what names this finding in every output: subject, audit, measure, contrast and confidence, hashed.

        The same finding of another run has the same id, and so has one with a part of the evidence left out. Among
        5,000 findings two share an id with a probability of 0.003.
        """
        named = "\n".join((self.model, self.audit, self.measure, self.contrast, f"{self.conf_level:g}"))
        return f"F-{hashlib.sha256(named.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMean:
    """The estimated mean of one role × profile level, averaged over challenges with equal weight.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Name of the measure.
        title: The measure's title.
        construct: The measure's axis.
        role: Role.
        profile: Profile level.
        unit: `%` for binary and proportion measures, else the measure's own.
        mean: Estimated mean.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        n_obs: Values used.
        n_items: Items among them.
    """

    model: str
    audit: str
    measure: str
    title: str
    construct: str
    role: str
    profile: str
    unit: str
    mean: float
    conf_low: float
    conf_high: float
    n_obs: int
    n_items: int
