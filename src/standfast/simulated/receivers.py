"""What is planted in a simulated receiver, and the families that ship: they differ in what moves them, and how far.

One message moves the stance towards what it argues for by

    persuadability × curve(stance) × strength × memory,
    curve    = 1 − curvature × ((stance − peak) / 3)², stance counted towards what is argued for,
    strength = 1 + evidence × claims + the weight of each other strategy + personal, or − estranged,
    memory   = 1 + decay × earlier talks that it remembers, at least 0,

in points of the scale from 1 to 7, and there it ends at the ends of the scale. So the gain over the stance before is an
inverted U around `peak`, and over the talks a line of slope `decay` × the gain of the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

PREFIX = "receiver"
HALF = 3.0  # points from the middle of the stance scale to its ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """Everything that is planted in one simulated receiver.

    Attributes:
        persuadability: Points that a message of strength 1 moves it where it is moved most.
        peak: Stance at which it is moved most, 1 to 7, counted towards what is argued for.
        curvature: What of that is lost three points away, 0 for a flat curve.
        evidence: Strength that each claim adds which a message says was looked up.
        credibility: Strength that the sender's own credibility adds; the next ones likewise.
        authority: Of specialists and institutions.
        impact: Of consequences.
        emotion: Of feelings.
        social_proof: Of what others think.
        commitment: Of what it said before.
        threat: Of a warning.
        concession: Of a point granted.
        personal: Strength that a detail of its own life adds: its sensitivity to a profile.
        estranged: Strength lost where a detail is not its own.
        decay: What each talk that it remembers adds, as a share of the first; negative where it wanes.
        claim_sd: Standard deviation of its persuadability over claims, as a share.
        persona_sd: The same over the personas that it plays.
        noise: Standard deviation of a stance, or in ten points of a chance, from probe to probe.
        confidence: How sure it says it is in the middle of the scale, 0 to 100.
        credulity: How far it follows what a message says of a state: 0 not at all, 1 as Bayes does under `lies`.
        lies: Probability that it expects of a sender to call a bad state good; 0 takes it at its word.
    """

    persuadability: float = 0.22
    peak: float = 3.5
    curvature: float = 0.5
    evidence: float = 0.15
    credibility: float = 0.1
    authority: float = 0.1
    impact: float = 0.1
    emotion: float = 0.1
    social_proof: float = 0.1
    commitment: float = 0.1
    threat: float = 0.0
    concession: float = 0.1
    personal: float = 0.4
    estranged: float = 0.4
    decay: float = 0.0
    claim_sd: float = 0.1
    persona_sd: float = 0.1
    noise: float = 0.0
    confidence: float = 50.0
    credulity: float = 1.0
    lies: float = 0.3

    def curve(self, stance: float) -> float:
        """Return how far it is moved at a stance, as a share of the most.

        Args:
            stance: 1 to 7, counted towards what is argued for.
        """
        return 1 - self.curvature * ((stance - self.peak) / HALF) ** 2

    def memory(self, earlier: int) -> float:
        """Return how far it is moved after earlier talks, as a share of the first."""
        return max(1 + self.decay * earlier, 0.0)

    def posterior(self, prior: float, says: str) -> float:
        """Return the chance that it gives the good state, once it has read what a message says of it.

        Args:
            prior: Chance before, in (0, 1).
            says: `good`, `bad` or `nothing`.
        """
        exact = {"good": prior / (prior + (1 - prior) * self.lies), "bad": 0.0}.get(says, prior)
        return prior + self.credulity * (exact - prior)


FAMILIES: Mapping[str, Receiving] = MappingProxyType(
    {
        "receiver": Receiving(),
        # Weighs what was looked up, and forgets who said it.
        "receiver-open": Receiving(
            persuadability=0.19,
            peak=4.0,
            evidence=0.35,
            credibility=0.2,
            emotion=0.0,
            social_proof=0.0,
            personal=0.2,
            estranged=0.2,
        ),
        # Hard to move, put off by pressure, and warier with each talk.
        "receiver-guarded": Receiving(
            persuadability=0.12,
            peak=4.5,
            curvature=0.8,
            evidence=0.2,
            emotion=-0.2,
            social_proof=-0.1,
            threat=-0.5,
            concession=0.4,
            personal=0.3,
            estranged=0.8,
            decay=-0.15,
            credulity=0.5,
            lies=0.6,
        ),
        # Goes along with feelings and with others, most of all when it feels known.
        "receiver-credulous": Receiving(
            persuadability=0.2,
            peak=3.0,
            curvature=0.3,
            evidence=0.05,
            authority=0.25,
            emotion=0.3,
            social_proof=0.3,
            commitment=0.2,
            threat=0.1,
            personal=0.6,
            estranged=0.1,
            decay=0.05,
            confidence=65.0,
            lies=0.0,
        ),
    }
)


def family(name: str, changes: Mapping[str, Any]) -> Receiving:
    """Return a named receiver with some of its numbers changed.

    Args:
        name: One of `FAMILIES`.
        changes: Field of `Receiving` -> number.

    Raises:
        ValueError: A name is unknown, or a value is no number.
    """
    if name not in FAMILIES:
        message = f"no simulated receiver {name!r}. Known: {', '.join(FAMILIES)}"
        raise ValueError(message)
    known = [f.name for f in fields(Receiving)]
    if unknown := [change for change in changes if change not in known]:
        message = f"no number {unknown[0]!r} of a receiver. Known: {', '.join(known)}"
        raise ValueError(message)
    return replace(FAMILIES[name], **{change: float(value) for change, value in changes.items()})
