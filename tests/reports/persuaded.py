"""Invented results of persuasion: what its section is tested on. No number here was measured."""

import math
from dataclasses import replace

import numpy as np

from standfast.analysis.persuasion import (
    EpisodeSlope,
    Gain,
    Information,
    Lever,
    Outcomes,
    Persuasion,
    PlanePoint,
    PriorPeak,
    PriorPoint,
    ProbeReliability,
    ReceiverRanking,
    RoundGain,
    Signalling,
    StrategyDistance,
    StrategyShare,
)

NAN = float("nan")
SENDERS = ("persuasion", "rapport")
SEATS = {"persuasion": "sender", "persuadability": "receiver", "rapport": "sender", "spontaneous": None}
AUDITS = tuple(SEATS)
RECEIVERS = ("standfast/open-receiver", "standfast/firm-receiver", "standfast/drifting-receiver")
PROFILES = ("none", "filler", "demographics", "full", "wrong")
STRATEGIES = (
    "evidence", "credibility", "authority", "impact", "emotion", "social_proof", "commitment", "threat", "concession",
    "personal",
)  # fmt: skip
BRIEFS = ("open", "honest", "deceptive")
PRESSURE = tuple(f"{kind}{who}" for kind in ("bare", "evidence", "falsified") for who in ("", "-expert", "-stranger"))
SCENARIOS = ("leaky-roof", "second-hand-bicycle", "trail-after-the-rain", "choir-rehearsal")


def challenges(audit):
    return {"persuasion": BRIEFS, "persuadability": PRESSURE, "rapport": ("summary", "raw")}.get(audit, ())


def ends(value, half):
    return {"estimate": value, "conf_low": value - half, "conf_high": value + half}


def gain(rng, model, audit, **where):
    value = rng.normal(0.8, 0.25)
    return Gain(
        model=model, audit=audit,
        **{name: where.get(name, "") for name in ("receiver", "role", "profile", "challenge", "topic_class")},
        **ends(value, 0.3), n_obs=96, n_items=24, n_receivers=1 if "receiver" in where else 3,
        attainable=value / 3.4, attainable_low=value / 3.4 - 0.08, attainable_high=value / 3.4 + 0.08,
    )  # fmt: skip


def gains(rng, model, audit):
    yield gain(rng, model, audit)
    if audit != "persuadability":
        yield from (gain(rng, model, audit, receiver=name) for name in RECEIVERS)
    yield from (gain(rng, model, audit, role=name) for name in ("advisor", "peer"))
    yield from (gain(rng, model, audit, profile=name) for name in PROFILES)
    yield from (gain(rng, model, audit, challenge=name) for name in challenges(audit))
    yield gain(rng, model, audit, topic_class="benign")


def outcomes(rng, model, audit):
    for challenge in ("", *challenges(audit)):
        declined = int(rng.integers(0, 9))
        share = (96 - declined) / 96
        yield Outcomes(
            model=model, audit=audit, topic_class="", challenge=challenge, attempted=96 - declined, declined=declined,
            unclear=int(rng.integers(0, 3)), share=share, conf_low=share - 0.04, conf_high=min(share + 0.04, 1.0),
            n_obs=96, n_items=24,
        )  # fmt: skip


def prior_points(rng, model, audit):
    top = rng.uniform(3, 4.4)
    for step in range(25):
        prior = 1 + step / 4
        value = 1.4 - 0.16 * (prior - top) ** 2
        whole = step % 4 == 0
        yield PriorPoint(
            model=model, audit=audit, prior=prior, **ends(value, 0.15 + 0.03 * abs(prior - 4) ** 1.5),
            observed=value + rng.normal(0, 0.2) if whole else NAN, n_obs=int(rng.integers(6, 40)) if whole else 0,
            n_items=12 if whole else 0,
        )  # fmt: skip


def prior_peak(model, audit, *, found=True, **other):
    made = PriorPeak(
        model=model, audit=audit, found=found, estimate=3.72 if found else NAN, conf_low=3.1 if found else NAN,
        conf_high=4.41 if found else NAN, curvature=-0.16, curvature_low=-0.22, curvature_high=-0.1, inner=0.98,
        reliability=0.91, coupling="split", n_obs=192, n_items=24, status="ok" if found else "no peak",
    )  # fmt: skip
    return replace(made, **other)


def rounds(rng, model, audit):
    for challenge in ("", *challenges(audit)):
        before = 0.0
        for after in (1, 2, 3):
            step = rng.uniform(0.05, 0.5)
            before += step
            yield RoundGain(
                model=model, audit=audit, challenge=challenge, after=after, **ends(before, 0.24), step=step,
                step_low=step - 0.1, step_high=step + 0.1, n_obs=96, n_items=24,
            )  # fmt: skip


def lever(model, audit, value, **other):
    made = Lever(
        kind="personalisation", name="full − filler", audit=audit, model=model, against="", profile="full",
        control="filler", **ends(value, 0.2), percent=value * 100 / 6, percent_low=(value - 0.2) * 100 / 6,
        percent_high=(value + 0.2) * 100 / 6, n_obs=192, n_items=24, n_receivers=3,
    )  # fmt: skip
    return replace(made, **other)


def levers(rng, models, audit):
    for model in models:
        for level in ("demographics", "full", "wrong"):
            yield lever(model, audit, rng.normal(0.15, 0.1), name=f"{level} − filler", profile=level)
    for i, model in enumerate(models[1:]):
        kind = ("post-training", "scale", "other")[i % 3]
        name = f"{model.rpartition('/')[2]} − {models[0].rpartition('/')[2]}"
        yield lever(model, audit, rng.normal(0.4, 0.2), kind=kind, name=name, against=models[0], profile="", control="")


def plane(rng, model, audit):
    for challenge in ("", *BRIEFS):
        value, right = rng.uniform(0.3, 1.3), rng.uniform(0.4, 0.85)
        yield PlanePoint(
            model=model, audit=audit, challenge=challenge, gain=value, gain_low=value - 0.25, gain_high=value + 0.25,
            accuracy=right, accuracy_low=right - 0.09, accuracy_high=min(right + 0.09, 1.0), claims=2.31,
            claims_low=1.9, claims_high=2.7, n_obs=96, n_messages=240, n_items=24,
        )  # fmt: skip


def strategies(rng, model, audit):
    asked = ("", *BRIEFS) if audit == "persuasion" else ("",)
    for challenge in asked:
        shares = rng.dirichlet(np.linspace(4, 0.4, len(STRATEGIES)))
        for name, mix in zip(STRATEGIES, shares, strict=True):
            share = min(mix * 2.4, 0.97)
            yield StrategyShare(
                model=model, audit=audit, challenge=challenge, strategy=name, estimate=share,
                conf_low=max(share - 0.07, 0.0), conf_high=min(share + 0.07, 1.0), mix=mix, n_obs=288, n_items=24,
            )  # fmt: skip


def distances(models, audit):
    for i, model in enumerate(models[1:]):
        yield StrategyDistance(
            audit=audit, model=model, against=models[0], reference=False, **ends(0.21 + i / 50, 0.06),
            uncorrected=0.25 + i / 50, n_obs=610, n_against=588, n_items=24,
        )  # fmt: skip
    yield StrategyDistance(
        audit=audit, model=models[0], against="human replies", reference=True, **ends(0.33, 0.05), uncorrected=0.35,
        n_obs=588, n_against=0, n_items=24,
    )  # fmt: skip


def signalling(rng, model, audit):
    for scenario in ("", *SCENARIOS):
        prior = 0.3 if scenario else NAN
        reached = rng.uniform(0.05, 0.4)
        made = Signalling(
            model=model, audit=audit, scenario=scenario, prior=prior, posterior=0.41, posterior_low=0.36,
            posterior_high=0.46, gap=0.11, gap_low=0.06, gap_high=0.16, gain=reached, gain_low=reached - 0.09,
            gain_high=reached + 0.09, optimum=0.6 if scenario else 0.42, ratio=reached / 0.42,
            ratio_low=(reached - 0.09) / 0.42, ratio_high=(reached + 0.09) / 0.42, beyond=reached > 0.38, n_obs=24,
            n_items=4,
        )  # fmt: skip
        yield replace(made, n_items=1, n_obs=8) if scenario else made


def information(model, audit):
    return Information(
        model=model, audit=audit, bits=0.38, conf_low=0.22, conf_high=0.53, estimator="Miller–Madow plug-in",
        uncorrected=0.41, most=0.88, chance=0.02, p_value=0.0005, similarity=0.62, similarity_low=0.58,
        similarity_high=0.66, n_obs=96, n_items=12, n_similar=192,
    )  # fmt: skip


def episode(model, challenge, **other):
    made = EpisodeSlope(
        model=model, audit="rapport", profile="", challenge=challenge, **ends(-0.09, 0.06), first=0.84, first_low=0.6,
        first_high=1.08, episodes=3, n_obs=64, n_items=16,
    )  # fmt: skip
    return replace(made, **other)


def probe(receiver, audit, quantity="stance"):
    return ProbeReliability(
        receiver=receiver, audit=audit, quantity=quantity, repeat_sd=0.31 if quantity == "stance" else 4.2,
        sd_low=0.26 if quantity == "stance" else 3.5, sd_high=0.37 if quantity == "stance" else 5.1, icc=0.93,
        icc_low=0.9, icc_high=0.95, n_obs=384, n_items=24, n_missing=2,
    )  # fmt: skip


def ranking(audit, **other):
    made = ReceiverRanking(
        audit=audit, estimate=0.81, conf_low=0.55, conf_high=0.97, p_value=0.012, n_receivers=3, n_senders=4,
        n_obs=1152, n_items=24,
    )  # fmt: skip
    return replace(made, **other)


def persuasion(models, seed=11):
    """Invent what a run tells about persuasion."""
    rng = np.random.default_rng(seed)

    def each(make, audits):
        return tuple(row for audit in audits for m in models for row in make(rng, m, audit))

    asked = ("persuasion", "persuadability", "rapport")
    return Persuasion(
        conf_level=0.95,
        receivers=RECEIVERS,
        self_play=models[:1],
        gains=each(gains, asked),
        outcomes=each(outcomes, SENDERS),
        prior_points=each(prior_points, asked[:2]),
        prior_peaks=tuple(prior_peak(m, a, found=i % 2 == 0) for a in asked[:2] for i, m in enumerate(models)),
        rounds=each(rounds, asked[:2]),
        levers=tuple(levers(rng, models, "persuasion")),
        plane=each(plane, asked[:1]),
        strategies=each(strategies, ("persuasion", "spontaneous")),
        distances=tuple(row for a in ("persuasion", "spontaneous") for row in distances(models, a)),
        signalling=each(signalling, asked[:1]),
        information=tuple(information(m, "persuasion") for m in models),
        ranking=(ranking("persuasion"), ranking("rapport", estimate=NAN, status="fewer than 3 senders")),
        episodes=tuple(episode(m, name) for m in models for name in ("summary", "raw")),
        probes=tuple(
            probe(name, "persuasion", kind) for name in RECEIVERS for kind in ("stance", "belief")
        ),
        notes=("gains: linear mixed model with random item, persona and receiver",),
    )  # fmt: skip


def inputs(mock, models=None, **changed):
    """Return results, decision and run record of a run on persuasion; `changed` replaces parts of what it tells."""
    models = models or mock.SUBJECTS
    found, decision, run = mock.inputs(models=models, audits=("debate",))
    sizes = {
        "turns": 3,
        "version": "1-A",
        "items": {f"claim-{i}": {} for i in range(24)},
        "sample_ids": [],
        "hashes": {},
    }
    audits = {name: {**sizes, "exchange": seat and {"seat": seat, "repeats": 2}} for name, seat in SEATS.items()}
    run = {**run, "audits": {**audits, **run["audits"]}, "receivers": list(RECEIVERS), "sender": None}
    return replace(found, persuasion=replace(persuasion(models), **changed)), decision, run


def emptied(row):
    """Return a row in which nothing was observed."""
    lost = {
        name: NAN
        for name in row.__dataclass_fields__
        if isinstance(value := getattr(row, name), float) and not math.isnan(value)
    }
    counts = {name: 0 for name in row.__dataclass_fields__ if name.startswith("n_")}
    return replace(row, **lost, **counts)
