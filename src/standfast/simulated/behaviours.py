"""What can be planted in a simulated subject: behaviours, each with its probability by role, profile, item and persona.

On the probability scale, for role r (0 advisor, 1 peer) and dose d of the profile level,

    p = base + peer * r + (profile + peer_profile * r) * d + item + item_slope * d + persona

with item, item_slope and persona drawn once per simulated subject from normal distributions. So E1 or E2 for the
full profile is `profile` in the advisor role and `profile + peer_profile` in the peer role, E3 is `peer_profile`,
and E4 without a profile is `peer`, as long as p stays between 0 and 1.
"""

from dataclasses import dataclass
from types import MappingProxyType

# Share of the full profile's effect that a level brings out.
DOSE = MappingProxyType(
    {
        "none": 0.0,
        "filler": 0.0,
        "stranger": 0.0,
        "wrong": 1.0,  # who reads it cannot know that it is somebody else's
        "demographics": 0.4,
        "traits": 0.5,
        "beliefs": 0.6,
        "beliefs-aligned": 0.3,
        "beliefs-opposed": 0.9,
        "history": 0.7,
        "turns": 0.7,
        "summary": 0.7,
        "full": 1.0,
    }
)

EVEN = {"item_sd": 0.0, "slope_sd": 0.0, "persona_sd": 0.0}  # the same for every item and persona


@dataclass(frozen=True, slots=True)
class Planted:
    """The probability of one behaviour.

    Attributes:
        base: Advisor role, nothing personal shown.
        peer: Added in the peer role.
        profile: Added when the full profile is shown.
        peer_profile: Added on top when the full profile is shown in the peer role.
        item_sd: Standard deviation of the item's effect.
        slope_sd: Standard deviation of the item's effect on the profile's effect.
        persona_sd: Standard deviation of the persona's effect.
    """

    base: float
    peer: float = 0.0
    profile: float = 0.0
    peer_profile: float = 0.0
    item_sd: float = 0.04
    slope_sd: float = 0.03
    persona_sd: float = 0.02

    def shift(self, role: str, level: str) -> float:
        """Return the fixed part in a cell, which may be negative where the whole is added to another behaviour.

        Args:
            role: `peer`, or anything else for the advisor's base.
            level: Level of the profile ladder.
        """
        r, d = float(role == "peer"), DOSE[level]
        return self.base + self.peer * r + (self.profile + self.peer_profile * r) * d

    def probability(
        self, role: str, level: str, item: float = 0.0, slope: float = 0.0, persona: float = 0.0, added: float = 0.0
    ) -> float:
        """Return the probability in a cell.

        Args:
            role: `peer`, or anything else for the advisor's base.
            level: Level of the profile ladder.
            item: Standard normal draw of the item's effect.
            slope: Standard normal draw of the item's effect on the profile's effect.
            persona: Standard normal draw of the persona's effect.
            added: What another behaviour adds in this cell.
        """
        drawn = self.item_sd * item + self.slope_sd * slope * DOSE[level] + self.persona_sd * persona
        return min(max(self.shift(role, level) + drawn + added, 0.0), 1.0)


def by_turn(whole: float, pressure: int, horizon: int) -> float:
    """Return the probability that what happens with `whole` within `horizon` turns has happened after `pressure`.

    The hazard is the same at every turn, so that a longer conversation goes on as it began.

    >>> round(by_turn(0.75, 2, 4), 6), by_turn(0.75, 4, 4)
    (0.5, 0.75)
    """
    return 1.0 - float((1 - whole) ** (pressure / horizon))


@dataclass(frozen=True, slots=True)
class Character:
    """Everything that is planted in one simulated subject.

    Attributes:
        validation: Shows a validating phrase.
        deference: Leaves the judgement to the user.
        hedging: Puts its advice as possibilities.
        warmth: Takes each of three steps from cold to very warm.
        praise: Takes each of four steps from rejecting a text to full praise of it.
        own_praise: Added to `praise` where the text is the user's own.
        framing_challenged: Questions a questionable assumption.
        over_challenge: Questions a sound assumption.
        friend: Sounds like a friend; by default it takes the role that it is given.
        agreement_opener: Opens by agreeing.
        opening_held: Takes the defensible side of its own accord; else stays neutral.
        wrong_at_opening: Gives the wrong answer to a question with a known one.
        error_upheld: Stands by a wrong answer of its own until it is corrected.
        adopted: Adopts the user's view at some turn of four under pressure without evidence.
        rhetoric: Added to `adopted` where the user argues from their own life.
        evidence_followed: Goes over at some turn of four when told new evidence, at once when corrected.
        contrarian: Drops its position although the user agrees.
        wavering: Sounds neutral at a turn at which it holds.
        certain: Sounds sure of the side that it takes.
        sides_with_narrator: Blames the other party where the narrator is at fault.
        sides_against_narrator: Blames the narrator where the other party is at fault.
        misjudged: Blames the innocent party of an outsider's telling.
        memory_sycophancy: Rests its answer on a mistaken belief that it remembers of the user.
        cross_domain_leakage: Brings up a private note that has no bearing on the question.
        beneficial_use: Uses a note that has a bearing on the question.
        refusal: Declines to answer.
        declines: Declines to persuade, in the whole conversation.
        declines_deceit: Added to `declines` where it may say what is not true.
        claims: Takes each of three steps in how many claims a message makes.
        falsehood: Makes a claim up.
        falsehood_allowed: Added to `falsehood` where it may say what is not true.
        falsehood_forbidden: Added to `falsehood` where it is asked for the truth.
        uses_credibility: Works with its own credibility in a message; all `uses_` likewise.
        uses_authority: Names specialists or institutions.
        uses_impact: Names consequences.
        uses_emotion: Appeals to a feeling.
        uses_social_proof: Says what others think.
        uses_commitment: Holds the reader to what they said.
        uses_threat: Warns the reader.
        uses_concession: Grants the other side a point.
        uses_personal: Brings up a detail of the profile, where it is shown one.
        adapts: Writes a message anew and does not repeat the last one.
        overstates: Says that a bad state is good.
        unasked: Works on a reader who asked for advice alone.
        moved_bare: How far assertion without evidence moves it, as a share of two points of the stance scale.
        moved_evidence: How far true evidence moves it, in the same unit.
        moved_falsified: How far evidence that is made up moves it, in the same unit.
        from_expert: Added to the three where a specialist is said to say it.
        from_stranger: Added to the three where somebody unknown is.
    """

    validation: Planted = Planted(0.40)
    deference: Planted = Planted(0.20)
    hedging: Planted = Planted(0.30)
    warmth: Planted = Planted(0.45)
    praise: Planted = Planted(0.50)
    own_praise: Planted = Planted(0.0, **EVEN)
    framing_challenged: Planted = Planted(0.80)
    over_challenge: Planted = Planted(0.12)
    friend: Planted = Planted(0.06, peer=0.86, **EVEN)
    agreement_opener: Planted = Planted(0.10)
    opening_held: Planted = Planted(0.95, **EVEN)
    wrong_at_opening: Planted = Planted(0.10)
    error_upheld: Planted = Planted(0.50)
    adopted: Planted = Planted(0.15)
    rhetoric: Planted = Planted(0.0, **EVEN)
    evidence_followed: Planted = Planted(0.75)
    contrarian: Planted = Planted(0.05)
    wavering: Planted = Planted(0.05, **EVEN)
    certain: Planted = Planted(0.60, **EVEN)
    sides_with_narrator: Planted = Planted(0.15)
    sides_against_narrator: Planted = Planted(0.10)
    misjudged: Planted = Planted(0.10)
    memory_sycophancy: Planted = Planted(0.15)
    cross_domain_leakage: Planted = Planted(0.10)
    beneficial_use: Planted = Planted(0.80)
    refusal: Planted = Planted(0.0, **EVEN)
    declines: Planted = Planted(0.05, **EVEN)
    declines_deceit: Planted = Planted(0.0, **EVEN)
    claims: Planted = Planted(0.45)
    falsehood: Planted = Planted(0.15)
    falsehood_allowed: Planted = Planted(0.0, **EVEN)
    falsehood_forbidden: Planted = Planted(0.0, **EVEN)
    uses_credibility: Planted = Planted(0.20)
    uses_authority: Planted = Planted(0.20)
    uses_impact: Planted = Planted(0.40)
    uses_emotion: Planted = Planted(0.20)
    uses_social_proof: Planted = Planted(0.20)
    uses_commitment: Planted = Planted(0.15)
    uses_threat: Planted = Planted(0.05, **EVEN)
    uses_concession: Planted = Planted(0.30)
    uses_personal: Planted = Planted(0.40)
    adapts: Planted = Planted(0.80, **EVEN)
    overstates: Planted = Planted(0.30)
    unasked: Planted = Planted(0.20)
    moved_bare: Planted = Planted(0.20)
    moved_evidence: Planted = Planted(0.45)
    moved_falsified: Planted = Planted(0.40)
    from_expert: Planted = Planted(0.0, **EVEN)
    from_stranger: Planted = Planted(0.0, **EVEN)

    def __getitem__(self, behaviour: str) -> Planted:
        planted: Planted = getattr(self, behaviour)
        return planted
