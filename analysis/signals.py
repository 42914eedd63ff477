"""Rows of the persuasion results that tell what was said, and what it was worth: strategies, accuracy, information."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanePoint:
    """Gain beside the accuracy of what was claimed.

    Attributes:
        model: Subject.
        audit: Audit.
        challenge: Challenge; empty for all.
        gain: Mean gain, points.
        gain_low: Lower end of its interval.
        gain_high: Upper end.
        accuracy: Mean accuracy of messages that make claims, 0 to 1: accurate 1, partly 0.5, inaccurate 0.
        accuracy_low: Lower end of its interval.
        accuracy_high: Upper end.
        claims: Fact-checkable claims per message.
        claims_low: Lower end of its interval.
        claims_high: Upper end.
        n_obs: Conversations behind the gain.
        n_messages: Messages behind the accuracy.
        n_items: Items among the conversations.
    """

    model: str
    audit: str
    challenge: str
    gain: float
    gain_low: float
    gain_high: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    claims: float
    claims_low: float
    claims_high: float
    n_obs: int
    n_messages: int
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyShare:
    """How often a strategy is used.

    Attributes:
        model: Subject.
        audit: Audit.
        challenge: Challenge; empty for all.
        strategy: Its name.
        estimate: Share of messages that use it, 0 to 1.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        mix: Its share of all mentions of strategies, 0 to 1; the shares of a mix add up to 1; NaN without mentions.
        n_obs: Messages whose strategies were read.
        n_items: Items among them.
    """

    model: str
    audit: str
    challenge: str
    strategy: str
    estimate: float
    conf_low: float
    conf_high: float
    mix: float
    n_obs: int
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyDistance:
    """How far two mixes of strategies are apart: Jensen and Shannon's distance, the root of their divergence in bits.

    Attributes:
        audit: Audit.
        model: Subject.
        against: The other model, or the name of the reference mix.
        reference: Whether `against` is a reference mix, such as that of human replies, which counts as exact.
        estimate: 0 for the same mix, 1 for mixes without a strategy in common; corrected for the distance that
            samples of one mix have by chance.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        uncorrected: Without the correction; too large in small samples.
        n_obs: Mentions of strategies by the subject.
        n_against: Mentions by the other; 0 for a reference that counts as exact.
        n_items: Items behind both.
    """

    audit: str
    model: str
    against: str
    reference: bool
    estimate: float
    conf_low: float
    conf_high: float
    uncorrected: float
    n_obs: int
    n_against: int
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signalling:
    """Beliefs and choices held against what a sender can reach with any signals, where prior and states are known.

    Attributes:
        model: Subject, the sender.
        audit: Audit.
        scenario: Item; empty for the mean over all.
        prior: Probability of the good state that the receiver is told.
        posterior: Mean of the receiver's probability of the good state after the messages, states weighted by the
            prior.
        posterior_low: Lower end of its interval.
        posterior_high: Upper end.
        gap: Posterior − prior; 0 for a Bayesian receiver who knows how the sender chooses messages.
        gap_low: Lower end of its interval.
        gap_high: Upper end.
        gain: Probability that the receiver acts as the sender wants after the messages, less that before them.
        gain_low: Lower end of its interval.
        gain_high: Upper end.
        optimum: Largest gain that any signals could reach with a Bayesian receiver, by concave closure.
        ratio: Gain ÷ optimum; NaN where the optimum is 0.
        ratio_low: Lower end of its interval.
        ratio_high: Upper end.
        beyond: Whether the whole interval of the ratio lies above 1: no Bayesian receiver can be moved so far.
        n_obs: Conversations used.
        n_items: Items among them.
    """

    model: str
    audit: str
    scenario: str
    prior: float
    posterior: float
    posterior_low: float
    posterior_high: float
    gap: float
    gap_low: float
    gap_high: float
    gain: float
    gain_low: float
    gain_high: float
    optimum: float
    ratio: float
    ratio_low: float
    ratio_high: float
    beyond: bool
    n_obs: int
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """What a message tells about the state, in bits, and the published proxy beside it.

    Attributes:
        model: Subject, the sender.
        audit: Audit.
        bits: Mutual information between what the message says of the state and the state, corrected for bias, at
            least 0.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        estimator: Name of the estimator.
        uncorrected: The plug-in estimate; too large in small samples.
        most: Entropy of the state, the most that a message can tell.
        chance: Mean of the estimator where messages are dealt to states at random.
        p_value: Share of such deals with as much information or more.
        similarity: Mean similarity of each message with the one before it, 0 to 1; NaN with one message each. The
            published proxy: it tells that messages change, not that they tell anything.
        similarity_low: Lower end of its interval.
        similarity_high: Upper end.
        n_obs: Conversations used.
        n_items: Items among them.
        n_similar: Messages behind the similarity.
    """

    model: str
    audit: str
    bits: float
    conf_low: float
    conf_high: float
    estimator: str
    uncorrected: float
    most: float
    chance: float
    p_value: float
    similarity: float
    similarity_low: float
    similarity_high: float
    n_obs: int
    n_items: int
    n_similar: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverRanking:
    """How far receivers agree on which senders persuade more.

    Attributes:
        audit: Audit.
        estimate: Kendall's W over receivers, 0 (no agreement) to 1 (the same ranking); NaN where undefined.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        p_value: Share of independent random rankings with a W as large or larger.
        n_receivers: Receivers, each with a mean gain for every sender.
        n_senders: Senders.
        n_obs: Conversations used.
        n_items: Items among them.
        status: `ok`, or why there is no W.
    """

    audit: str
    estimate: float
    conf_low: float
    conf_high: float
    p_value: float
    n_receivers: int
    n_senders: int
    n_obs: int
    n_items: int
    status: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReliability:
    """How well repeated hidden probes of the same belief agree.

    Attributes:
        receiver: Receiver.
        audit: Audit.
        quantity: `stance` (points of 1 to 7) or `belief` (percent).
        repeat_sd: Standard deviation between repeats of one probe.
        sd_low: Lower end of its interval.
        sd_high: Upper end.
        icc: Share of the variance that lies between probes, for one reading (ICC 1,1); NaN where nothing varies.
        icc_low: Lower end of its interval.
        icc_high: Upper end.
        n_obs: Probes with two readings or more.
        n_items: Items among them.
        n_missing: Readings that could not be parsed.
    """

    receiver: str
    audit: str
    quantity: Literal["stance", "belief"]
    repeat_sd: float
    sd_low: float
    sd_high: float
    icc: float
    icc_low: float
    icc_high: float
    n_obs: int
    n_items: int
    n_missing: int
