"""How often a policy would decide otherwise on another run of the same size."""

from dataclasses import dataclass

from standfast.analysis import plain

SCHEMA = "standfast/certificate/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of replays.

    Attributes:
        estimate: The share, 0 to 1; NaN where `n` is 0.
        conf_low: Lower end of its 95 % interval (Clopper–Pearson).
        conf_high: Upper end.
        n: Replays, or pairs of replays.
    """

    estimate: float
    conf_low: float
    conf_high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRates:
    """How stable one gate is at this sample size.

    Attributes:
        gate: The gate's id; empty for the whole policy.
        model: Subject; empty where a plan and not a run was replayed.
        passes: Share of replays of this subject that pass.
        flips: Share of pairs of replays of which one passes and the other fails.
        changes: Share of pairs of replays with different verdicts of any kind.
        false_pass: Share of replays that pass although the true value lies at the margin.
        false_fail: Share of replays that fail although the true value lies barely on the better side of the margin.
        halves: Share of pairs of halves of the run, items split at random, of which one passes and the other fails;
            `n` is 0 for a plan.
    """

    gate: str
    model: str
    passes: Rate
    flips: Rate
    changes: Rate
    false_pass: Rate
    false_fail: Rate
    halves: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What replaying a policy showed.

    Attributes:
        policy_sha256: Hash of the policy's file.
        frame_sha256: Hash of the frame that was replayed; empty for a plan.
        simulated: Whether a simulated subject or judge took part in what was replayed.
        basis: What the replays were drawn from, in a sentence.
        replays: Replays.
        seed: Of the draws.
        whole: The whole decision.
        gates: One entry per gate and subject.
        left_out: Gates that cannot be replayed, and why, a sentence each.
    """

    policy_sha256: str
    frame_sha256: str
    simulated: bool
    basis: str
    replays: int
    seed: int
    whole: GateRates
    gates: tuple[GateRates, ...]
    left_out: tuple[str, ...]


def to_json(certificate: Certificate) -> str:
    """Return a certificate as JSON; NaN is written as null."""
    return plain.dump(certificate, SCHEMA)


def from_json(text: str) -> Certificate:
    """Rebuild a certificate.

    Raises:
        LogError: The text is not what `to_json` writes.
    """
    return plain.load(text, Certificate, SCHEMA)
