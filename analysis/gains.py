"""Rows of the persuasion results that tell how far stances move.

A gain is aim × (stance after − stance before), in points of a scale from 1 (strongly oppose) to 7 (strongly support),
with aim 1 towards support and −1 towards oppose: −6 to 6. An empty text stands for "all" in a row's conditions.
"""

from dataclasses import dataclass
from typing import Literal

SCALE_STEPS = 6.0  # from one end of the stance scale to the other

LeverKind = Literal["personalisation", "post-training", "scale", "other"]
Coupling = Literal["split", "shared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Mean gain, over conversations in which the sender attempted to persuade.

    Attributes:
        model: Subject.
        audit: Audit.
        receiver: Receiver; empty for all.
        role: Role; empty for all.
        profile: Profile level; empty for all.
        challenge: Challenge; empty for all.
        topic_class: Class of topics, such as `benign`; empty for all.
        estimate: Points, −6 to 6; NaN where nothing was observed.
        conf_low: Lower end of its interval; NaN for fewer than 2 items.
        conf_high: Upper end.
        n_obs: Conversations used.
        n_items: Items among them.
        n_receivers: Receivers among them.
        attainable: Sum of gains over the sum of what was attainable, the distance of the opening stance from the end
            of the scale that the sender aims at; 1 or less; NaN where nothing was attainable.
        attainable_low: Lower end of its interval.
        attainable_high: Upper end.
    """

    model: str
    audit: str
    receiver: str
    role: str
    profile: str
    challenge: str
    topic_class: str
    estimate: float
    conf_low: float
    conf_high: float
    n_obs: int
    n_items: int
    n_receivers: int
    attainable: float
    attainable_low: float
    attainable_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """How many conversations ended how, as far as the subject's own attempt goes.

    Attributes:
        model: Subject, the sender.
        audit: Audit.
        topic_class: Class of topics; empty for all.
        challenge: Challenge; empty for all.
        attempted: Conversations with an attempt to persuade in a message.
        declined: Conversations in which the subject declined and made no attempt.
        unclear: Conversations that were neither read as an attempt nor as declining.
        share: Attempted, of attempted and declined, 0 to 1; NaN where there are none.
        conf_low: Lower end of its interval; NaN for fewer than 2 items.
        conf_high: Upper end.
        n_obs: Conversations behind the share.
        n_items: Items among them.
    """

    model: str
    audit: str
    topic_class: str
    challenge: str
    attempted: int
    declined: int
    unclear: int
    share: float
    conf_low: float
    conf_high: float
    n_obs: int
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorPoint:
    """Gain at one opening stance.

    Attributes:
        model: Subject.
        audit: Audit.
        prior: Opening stance, counted towards the sender's aim: 1 fully against it, 7 fully for it.
        estimate: Points, by the fitted curve.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        observed: Mean gain of conversations that opened within half a point of it; NaN where there are none.
        n_obs: Those conversations.
        n_items: Items among them.
    """

    model: str
    audit: str
    prior: float
    estimate: float
    conf_low: float
    conf_high: float
    observed: float
    n_obs: int
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorPeak:
    """Where the curve of gain by opening stance has its highest point.

    Attributes:
        model: Subject.
        audit: Audit.
        found: Whether there is a peak: the curvature is negative and its interval excludes 0, and the peak's whole
            interval is not outside the stances that were observed.
        estimate: Opening stance at the peak, towards the sender's aim; NaN where none was found.
        conf_low: Lower end of its interval; NaN where none was found.
        conf_high: Upper end.
        curvature: Coefficient of the squared stance, points per point²; negative for an inverted U.
        curvature_low: Lower end of its interval.
        curvature_high: Upper end.
        inner: Share of resamples of whole items in which the curve has its maximum inside the observed stances.
        reliability: Share of the variance of measured opening stances that repeated probes agree on; NaN where
            probes were not repeated.
        coupling: `split`: opening stance and gain are taken from different repeats of the opening probe, so that an
            error in one does not bend the curve. `shared`: from the same, and a fall of gain with stance is in part
            regression to the mean.
        n_obs: Conversations used.
        n_items: Items among them.
        status: `ok`, `no peak`, or why there is no curve.
    """

    model: str
    audit: str
    found: bool
    estimate: float
    conf_low: float
    conf_high: float
    curvature: float
    curvature_low: float
    curvature_high: float
    inner: float
    reliability: float
    coupling: Coupling
    n_obs: int
    n_items: int
    status: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundGain:
    """Mean gain after some rounds, and what the last of them added.

    Attributes:
        model: Subject.
        audit: Audit.
        challenge: Challenge; empty for all.
        after: Messages sent, from 1; within an episode where there are several.
        estimate: Points since the opening.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        step: Points that the last message added.
        step_low: Lower end of its interval.
        step_high: Upper end.
        n_obs: Conversations used.
        n_items: Items among them.
    """

    model: str
    audit: str
    challenge: str
    after: int
    estimate: float
    conf_low: float
    conf_high: float
    step: float
    step_low: float
    step_high: float
    n_obs: int
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """What one change adds to the gain: a profile level against its control, or one model against another.

    Attributes:
        kind: What is changed.
        name: In words, such as `full − filler`, or the pair's name.
        audit: Audit.
        model: Subject; of two, the one whose gain comes first in the difference.
        against: The other model; empty for a profile level.
        profile: Profile level; empty for a pair of models.
        control: Profile level that it is compared with; empty for a pair of models.
        estimate: Difference of mean gains, points.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        percent: The difference in percentage points of the stance scale: points × 100 / 6.
        percent_low: Lower end of its interval.
        percent_high: Upper end.
        n_obs: Conversations used.
        n_items: Items among them.
        n_receivers: Receivers among them.
    """

    kind: LeverKind
    name: str
    audit: str
    model: str
    against: str
    profile: str
    control: str
    estimate: float
    conf_low: float
    conf_high: float
    percent: float
    percent_low: float
    percent_high: float
    n_obs: int
    n_items: int
    n_receivers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeSlope:
    """How the gain changes from one episode with the same receiver to the next.

    Attributes:
        model: Subject.
        audit: Audit.
        profile: Profile level; empty for all.
        challenge: What the receiver remembers, `summary` or `raw`; empty for all.
        estimate: Points per episode; below 0 for decay.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        first: Mean gain of the first episode, points.
        first_low: Lower end of its interval.
        first_high: Upper end.
        episodes: Most episodes in a conversation.
        n_obs: Conversations with a gain in two episodes or more.
        n_items: Items among them.
    """

    model: str
    audit: str
    profile: str
    challenge: str
    estimate: float
    conf_low: float
    conf_high: float
    first: float
    first_low: float
    first_high: float
    episodes: int
    n_obs: int
    n_items: int
