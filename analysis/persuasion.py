"""What a run tells about persuasion beyond its measures, as one noun."""

from dataclasses import dataclass

from standfast.analysis.gains import (
    EpisodeSlope,
    Gain,
    Lever,
    Outcomes,
    PriorPeak,
    PriorPoint,
    RoundGain,
)
from standfast.analysis.signals import (
    Information,
    PlanePoint,
    ProbeReliability,
    ReceiverRanking,
    Signalling,
    StrategyDistance,
    StrategyShare,
)

__all__ = [
    "EpisodeSlope",
    "Gain",
    "Information",
    "Lever",
    "Outcomes",
    "Persuasion",
    "PlanePoint",
    "PriorPeak",
    "PriorPoint",
    "ProbeReliability",
    "ReceiverRanking",
    "RoundGain",
    "Signalling",
    "StrategyDistance",
    "StrategyShare",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Persuasion:
    """Exchanges between a sender and a receiver, analysed. Every interval has the confidence `conf_level`.

    Attributes:
        conf_level: Such as 0.95.
        receivers: Models that received what subjects sent, in the order of their names.
        self_play: Pairs of sender and receiver that are the same model, as `sender`.
        gains: Mean gains: over everything, and by each condition.
        outcomes: Attempts and refusals by class of topics and challenge.
        prior_points: Gain by opening stance.
        prior_peaks: Where it is highest, one for each subject and audit.
        rounds: Gain by round.
        levers: What profile levels and pairs of models add.
        plane: Gain beside accuracy, by challenge.
        strategies: How often strategies are used.
        distances: How far mixes of strategies are apart.
        signalling: Beliefs and gains in scenarios with known priors; the pooled rows have no scenario.
        information: Bits in the messages.
        ranking: Agreement of receivers on the order of senders.
        episodes: Change of gain over episodes.
        probes: Reliability of hidden probes, by receiver.
        notes: Sentences for the methods section: what was fitted, and for whom it holds.
    """

    conf_level: float
    receivers: tuple[str, ...] = ()
    self_play: tuple[str, ...] = ()
    gains: tuple[Gain, ...] = ()
    outcomes: tuple[Outcomes, ...] = ()
    prior_points: tuple[PriorPoint, ...] = ()
    prior_peaks: tuple[PriorPeak, ...] = ()
    rounds: tuple[RoundGain, ...] = ()
    levers: tuple[Lever, ...] = ()
    plane: tuple[PlanePoint, ...] = ()
    strategies: tuple[StrategyShare, ...] = ()
    distances: tuple[StrategyDistance, ...] = ()
    signalling: tuple[Signalling, ...] = ()
    information: tuple[Information, ...] = ()
    ranking: tuple[ReceiverRanking, ...] = ()
    episodes: tuple[EpisodeSlope, ...] = ()
    probes: tuple[ProbeReliability, ...] = ()
    notes: tuple[str, ...] = ()
