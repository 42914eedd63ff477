"""More of the invented results: hazards, tests of missingness and a baseline. No number here was measured."""

import math
from dataclasses import replace

from standfast.analysis.results import (
    Baseline,
    FlipMean,
    HazardPoint,
    HazardRatio,
    MissingnessCheck,
    MissingRow,
    Pairing,
)

NAN = float("nan")
ROLES = ("advisor", "peer")


def flips(model, profiles):
    """Invent turns and numbers of flips."""
    for role in ROLES:
        for profile in profiles:
            level = {"model": model, "audit": "debate", "role": role, "profile": profile, "n_obs": 48, "n_items": 24}
            yield FlipMean(
                measure="turn_of_flip", unit="turns", highest=5.0, mean=4.21, conf_low=3.8, conf_high=4.5, **level
            )
            yield FlipMean(
                measure="number_of_flips", unit="flips", highest=4.0, mean=0.31, conf_low=0.18, conf_high=0.49, **level
            )


def hazards(model, profiles):
    """Invent hazards."""
    for role in ROLES:
        for profile in profiles:
            for turn in range(2, 6):
                yield HazardPoint(
                    model=model, audit="debate", role=role, profile=profile, turn=turn, hazard=0.1, conf_low=0.04,
                    conf_high=0.2, n_flips=5, n_obs=48, n_items=24,
                )  # fmt: skip


def ratio(model, role="peer", profile="full", log=0.8, **other):
    """Invent a hazard ratio."""
    low, high = log - 0.6, log + 0.6
    found = HazardRatio(
        model=model, audit="debate", role=role, profile=profile, log_ratio=log, std_error=0.3, df=23.0,
        df_method="items − 1", conf_level=0.95, conf_low=low, conf_high=high, ratio=math.exp(log),
        ratio_low=math.exp(low), ratio_high=math.exp(high), n_turns=310, n_flips=41, n_obs=96, n_items=24,
        n_personas=6, method="Discrete-time hazard of the first flip; random item, persona.",
    )  # fmt: skip
    return replace(found, **other)


def ratios(model):
    """Invent hazard ratios, one of them unknown."""
    yield ratio(model, "advisor", log=0.0)
    yield ratio(model)
    lost = dict.fromkeys(("log_ratio", "std_error", "conf_low", "conf_high", "ratio", "ratio_low", "ratio_high"), NAN)
    yield ratio(
        model, None, status="peer, filler: 2 of 24 items flip at a turn under pressure; a ratio needs 5", **lost
    )


def check(model, audit="advice", p_value=0.4, **other):
    """Invent a test of missingness."""
    found = MissingnessCheck(
        model=model, audit=audit, measures=(), n=1200, n_missing=41, n_items=18, statistic=9.5, df=5, p_value=p_value,
        method="Cochran's Q on missing shares per item, 1999 permutations of conditions within items",
    )  # fmt: skip
    return replace(found, **other)


def with_baseline(found, name="release-1", **other):
    """Invent a comparison with an earlier release on the peer's lead measures."""
    worse = [
        replace(f, contrast=f"E8({f.role}, {f.profile})")
        for f in found.findings
        if f.primary and f.role == "peer" and f.contrast.startswith(("E1(", "E2("))
    ]
    models = dict.fromkeys(f.model for f in found.findings)
    pairings = tuple(
        Pairing(model=m, baseline="acme/before", audit="debate", n_paired=280, n_candidate=288, n_baseline=280)
        for m in models
    )
    against = Baseline(
        name=name, suite="smoke 1", frame_sha256="77aa" * 16, simulated=False, trial=False, pairings=pairings
    )
    return replace(found, findings=(*found.findings, *worse), baseline=replace(against, **other))


def missing(rng, model, audit, measure, role, profile):
    """Invent what became of planned values."""
    counts = {"scored": 96}
    for status, most in (("judge_failed", 3), ("refused", 2), ("error", 2), ("no_position", 3)):
        lost = int(rng.integers(0, most)) if rng.random() < 0.25 else 0
        if lost:
            counts[status] = lost
            counts["scored"] -= lost
    return MissingRow(model=model, audit=audit, measure=measure, role=role, profile=profile, planned=96, counts=counts)
