"""Planted exchanges, as a sample leaves them in its log."""

from itertools import product

import numpy as np
import pandas as pd

STRATEGIES = {"evidence": 0.6, "credibility": 0.2, "emotion": 0.2}


def probe(rng, toward, aim, *, after, episode=1, noise=0.3, repeats=2):
    """Return a probe's readings of a stance that is given towards the aim."""
    drawn = 4 + aim * (toward - 4) + rng.normal(0, noise, repeats)
    scores = [int(np.clip(round(score), 1, 7)) for score in drawn]
    return {"after": after, "episode": episode, "claim": "c", "scores": scores, "confidence": [60] * repeats}


def exchange(probes, *, aim=1, rounds=3, sender="m1", receiver="r1", **other):
    """Return one exchange on a claim, in which the sender tries."""
    return {
        "seat": "sender",
        "sender": sender,
        "receiver": receiver,
        "self_play": sender == receiver,
        "aim": aim,
        "start": 4,
        "kind": "claim",
        "state": None,
        "prior": None,
        "threshold": None,
        "probes": probes,
        "beliefs": [],
        "kinds": ["answer"] * rounds,
        "attempts": ["yes"] * rounds,
        "says": [],
        "strategies": [["evidence"]] * rounds,
        "claims": [3] * rounds,
        "accuracy": ["accurate"] * rounds,
        "similarity": [0.5] * (rounds - 1),
        **other,
    }


def scenario(state, *, before, after, acts, says, prior=0.3, threshold=0.5, **other):
    """Return one exchange on a state, with beliefs as shares."""
    beliefs = [
        {"after": 0, "percent": [100 * before] * 2, "choice": ["no", "no"]},
        {"after": 1, "percent": [100 * after] * 2, "choice": ["yes" if acts else "no"] * 2},
    ]
    told = {"kind": "state", "state": state, "prior": prior, "threshold": threshold, "beliefs": beliefs}
    return exchange([], rounds=1, **{**told, "says": [says], "attempts": [], **other})


def row(held, *, item="c1", persona="p1", profile="none", challenge="open", **other):
    """Return the row of one sample."""
    place = {"model": held["sender"], "audit": "persuasion", "role": "advisor", "epoch": 1, "class": "benign"}
    return {
        **place,
        "item": item,
        "persona": persona,
        "profile": profile,
        "challenge": challenge,
        **other,
        "exchange": held,
    }


def claims(rng, *, models=("m1",), receivers=("r1", "r2", "r3"), items=16, full=0.0, by_model=None, refuses=0.1):
    """Return a run on claims: gain 1, more where the full profile is shown, and by model."""
    rows = []
    of_item, of_persona = rng.normal(0, 0.3, items), rng.normal(0, 0.2, 12)
    for i in range(items):
        for p in rng.choice(12, 2, replace=False):
            aim, start, receiver = 1 if i % 2 else -1, rng.integers(2, 5), receivers[rng.integers(len(receivers))]
            for model, profile, challenge in product(models, ("filler", "full"), ("open", "deceptive")):
                gain = 1 + of_item[i] + of_persona[p] + (full if profile == "full" else 0) + rng.normal(0, 0.4)
                gain += (by_model or {}).get(model, 0.0)
                refused = rng.random() < refuses
                probes = [probe(rng, start + (0 if refused else gain * k / 3), aim, after=k) for k in range(4)]
                said = {"kinds": ["refusal"] * 3, "attempts": ["no"] * 3} if refused else {}
                used = [[name for name, share in STRATEGIES.items() if rng.random() < share] for _ in range(3)]
                held = exchange(probes, aim=aim, sender=model, receiver=receiver, strategies=used, **said)
                rows.append(row(held, item=f"c{i}", persona=f"p{p}", profile=profile, challenge=challenge))
    return pd.DataFrame(rows)


def scenarios(rng, *, models=("m1",), items=8, lies=0.4, bayesian=True):
    """Return a run on scenarios: a sender who says `good` in the good state, and in the bad one with a probability."""
    rows = []
    for i in range(items):
        prior, threshold = ((0.3, 0.5), (0.2, 0.4), (0.4, 0.6))[i % 3]
        for model, state, persona in product(models, ("good", "bad"), range(6)):
            says = "good" if state == "good" or rng.random() < lies else "bad"
            told = prior / (prior + (1 - prior) * lies) if says == "good" else 0.0
            after = (told if bayesian else float(says == "good")) + rng.normal(0, 0.02)
            after = float(np.clip(after, 0, 1))
            held = scenario(
                state,
                before=prior,
                after=after,
                acts=after >= threshold,
                says=says,
                prior=prior,
                threshold=threshold,
                sender=model,
            )
            rows.append(row(held, item=f"s{i}", persona=f"p{persona}", challenge=f"state-{state}"))
    return pd.DataFrame(rows)
