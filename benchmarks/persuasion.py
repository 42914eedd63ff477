"""Coverage of the 95 % intervals of the persuasion results, over simulated studies with planted effects.

    python benchmarks/persuasion.py                       # 300 studies of each kind
    python benchmarks/persuasion.py --replicates 1000 --only peak

A study asks every claim of two personas, each in two profile levels and two challenges, and deals one receiver to each
pair of claim and persona. Claims, personas, their pairs, and claims and personas by profile level have effects of their
own; stances are read twice with an error of half a point. Truths are those planted; where receivers are few, they are the
same in every study, and where they are many, each study draws its own.
"""

import argparse
import itertools
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from standfast.analysis import gaining, scenarios
from standfast.analysis.divergence import distance, divergence
from standfast.analysis.information import bits, plug_in
from standfast.analysis.intervals import wilson
from standfast.analysis.prior_curve import prior_curve

CONFIDENCE = 0.95
ERROR = 0.5  # of one reading of a stance
FEW = np.array([-0.3, 0.0, 0.3])  # effects of three receivers
OWN = {"item": 0.3, "persona": 0.2, "item:persona": 0.2, "item:profile": 0.1, "persona:profile": 0.1}


class Found(NamedTuple):
    """One study's estimate with its interval, and what was planted."""

    estimate: float
    low: float
    high: float
    truth: float


Study = Callable[[np.random.Generator, int], Found | None]


def talks(
    rng: np.random.Generator,
    items: int,
    *,
    moved: Callable[[np.ndarray], np.ndarray] | None = None,
    full: float = 0.0,
    models: tuple[str, ...] = ("a",),
    large: float = 0.0,
    receivers: int = 3,
) -> pd.DataFrame:
    """Return conversations as the analysis knows them; the gain is 1 where nothing else is said."""
    base = pd.DataFrame({"item": np.repeat(np.arange(items), 2), "persona": rng.integers(0, 24, 2 * items)})
    base["receiver"] = rng.integers(0, receivers, len(base))
    base["stance"] = rng.integers(1, 6, len(base)) + rng.normal(0, 0.3, len(base))
    grid = pd.DataFrame(
        list(itertools.product(models, ("filler", "full"), ("open", "honest"))),
        columns=["model", "profile", "challenge"],
    )
    frame = base.merge(grid, how="cross")
    of_receiver = FEW if receivers == len(FEW) else rng.normal(0, 0.3, receivers)
    gain = (moved or np.ones_like)(frame["stance"].to_numpy(float)) + of_receiver[frame["receiver"]]
    gain += full * (frame["profile"] == "full") + large * (frame["model"] == models[-1]) * (len(models) > 1)
    for names, deviation in OWN.items():
        codes = frame.groupby(names.split(":")).ngroup().to_numpy()
        gain += deviation * rng.standard_normal(codes.max() + 1)[codes]
    gain += rng.normal(0, 0.6, len(frame))
    read = rng.normal(0, ERROR, (4, len(frame))) + frame["stance"].to_numpy()
    before, again, after = read[0], read[1], read[2:].mean(axis=0) + gain
    whole = (before + again) / 2
    return frame.assign(
        **{name: frame[name].astype(str) for name in ("item", "persona", "receiver")},
        **{
            "audit": "persuasion",
            "role": "advisor",
            "class": "benign",
            "kind": "claim",
            "outcome": "attempted",
            "epoch": 1,
        },
        before=before,
        again=again,
        after=after,
        gain=after - whole,
        attainable=7 - whole,
    )


def gain_of(receivers: int) -> Study:
    """Return the study of the mean gain with some number of receivers."""

    def study(rng: np.random.Generator, items: int) -> Found:
        (fit,) = gaining.fitted(talks(rng, items, receivers=receivers))
        found = fit.means.mean(gaining.matching(fit.means.cells, {}), CONFIDENCE)
        return Found(found.estimate, found.conf_low, found.conf_high, 1.0)

    return study


def attainable(rng: np.random.Generator, items: int) -> Found:
    """Study the share of the attainable gain: mean gain 1 over a mean distance of 4 from the end."""
    found = gaining.of_attainable(talks(rng, items), CONFIDENCE)
    return Found(found.value, found.conf_low, found.conf_high, 1 / 4)


def personalisation(rng: np.random.Generator, items: int) -> Found:
    """Study what the full profile adds to its filler."""
    (found,) = gaining.personalisation(gaining.fitted(talks(rng, items, full=0.3)), CONFIDENCE)
    return Found(found.estimate, found.conf_low, found.conf_high, 0.3)


def models(rng: np.random.Generator, items: int) -> Found:
    """Study the difference of two subjects."""
    pair = gaining.Pair("scale", "b − a", "b", "a")
    (found,) = gaining.between(talks(rng, items, models=("a", "b"), large=0.4), [pair], CONFIDENCE)
    return Found(found.estimate, found.conf_low, found.conf_high, 0.4)


def peak(rng: np.random.Generator, items: int) -> Found | None:
    """Study the peak of an inverted U; studies without a peak are not counted."""
    rows = talks(rng, items, moved=lambda stance: 1.5 - 0.2 * (stance - 3.5) ** 2)
    found = prior_curve(rows, confidence=CONFIDENCE, rng=rng).peak
    return Found(found.estimate, found.interval.low, found.interval.high, 3.5) if found.found else None


def curvature(rng: np.random.Generator, items: int) -> Found:
    """Study the curvature of the same curve."""
    rows = talks(rng, items, moved=lambda stance: 1.5 - 0.2 * (stance - 3.5) ** 2)
    found = prior_curve(rows, confidence=CONFIDENCE, rng=rng).curvature
    return Found(found.estimate, found.conf_low, found.conf_high, -0.2)


def no_peak(rng: np.random.Generator, items: int) -> Found | None:
    """Study a line: the share of studies that is counted is that of false peaks."""
    rows = talks(rng, items, moved=lambda stance: 1 - 0.2 * (stance - 3))
    found = prior_curve(rows, confidence=CONFIDENCE, rng=rng).peak
    return Found(found.estimate, found.interval.low, found.interval.high, np.nan) if found.found else None


def slope(rng: np.random.Generator, items: int) -> Found:
    """Study the change of gain over four episodes."""
    rows = talks(rng, items)
    n = len(rows)
    own = 0.1 * rng.standard_normal(items)[rows["item"].astype(int)]
    gains = rows["gain"].to_numpy()[:, None] + (own - 0.15)[:, None] * np.arange(4) + rng.normal(0, ERROR, (n, 4))
    rows = rows.assign(slope=(gains - gains.mean(axis=1, keepdims=True)) @ (np.arange(4) - 1.5) / 5, first=gains[:, 0])
    found = gaining.episodes(rows.assign(episodes=4, gain=gains.mean(axis=1)), CONFIDENCE)[0]
    return Found(found.estimate, found.conf_low, found.conf_high, -0.15)


def information(rng: np.random.Generator, items: int) -> Found:
    """Study the bits of a channel that is the same for all claims, 8 conversations per scenario and state."""
    channel, prior = np.array([[0.5, 0.2, 0.3], [0.1, 0.7, 0.2]]), np.array([0.7, 0.3])
    item, state = np.repeat(np.arange(items), 16), np.tile(np.repeat([0, 1], 8), items)
    message = np.array([rng.choice(3, p=channel[s]) for s in state])
    found = bits(state, message, item, prior, rng=rng, confidence=CONFIDENCE, deals=1)
    return Found(found.estimate, found.conf_low, found.conf_high, float(plug_in(channel, prior)))


def beliefs(rng: np.random.Generator, items: int) -> pd.DataFrame:
    """Return conversations on scenarios: posteriors too high by 0.05 on average, and receivers that act at 0.5."""
    item = np.repeat(np.arange(items), 16)
    good = np.tile(np.repeat([0.0, 1.0], 8), items)
    prior = np.tile([0.2, 0.3, 0.4], items)[:items][item]
    lies = np.clip(0.4 + rng.normal(0, 0.1, items), 0, 1)[item]
    says = (good == 1) | (rng.random(len(item)) < lies)
    # A receiver who does not know this claim's sender takes the mean one, so that beliefs are off by claim.
    told = np.where(says, prior / (prior + (1 - prior) * 0.4), 0.0)
    belief = told + 0.05 + rng.normal(0, 0.05, items)[item] + rng.normal(0, 0.05, len(item))
    acts = says & (rng.random(len(item)) < 0.8)
    return pd.DataFrame(
        {
            "model": "a",
            "audit": "persuasion",
            "item": item.astype(str),
            "kind": "state",
            "state": np.where(good == 1, "good", "bad"),
            "prior": prior,
            "threshold": 0.5,
            "belief_after": belief,
            "acts_before": 0.0,
            "acts_after": acts.astype(float),
        }
    )


def gap(rng: np.random.Generator, items: int) -> Found:
    """Study the plausibility gap."""
    found = scenarios.signalling(beliefs(rng, items), CONFIDENCE)[0]
    return Found(found.gap, found.gap_low, found.gap_high, 0.05)


def optimum(rng: np.random.Generator, items: int) -> Found:
    """Study the sender's gain over the optimum: acts in 0.8 of prior + (1 − prior) × 0.4, optimum prior / 0.5."""
    found = scenarios.signalling(beliefs(rng, items), CONFIDENCE)[0]
    prior = np.tile([0.2, 0.3, 0.4], items)[:items]
    truth = float((0.8 * (prior + (1 - prior) * 0.4)).sum() / (prior / 0.5).sum())
    return Found(found.ratio, found.ratio_low, found.ratio_high, truth)


def mixes(rng: np.random.Generator, items: int) -> Found:
    """Study the distance of two mixes of five strategies, with mixes of their own by claim."""
    one, other = np.array([0.4, 0.25, 0.15, 0.1, 0.1]), np.array([0.2, 0.2, 0.2, 0.2, 0.2])
    counts = [
        np.array([rng.multinomial(rng.poisson(8), rng.dirichlet(10 * mix)) for _ in range(items)], dtype=float)
        for mix in (one, other)
    ]
    found = distance(*counts, confidence=CONFIDENCE)
    return Found(found.estimate, found.conf_low, found.conf_high, float(np.sqrt(divergence(one, other))))


STUDIES: dict[str, tuple[Study, tuple[int, ...]]] = {
    "gain, 3 receivers": (gain_of(3), (12, 24, 48)),
    "gain, 8 receivers": (gain_of(8), (24, 48)),
    "share of the attainable": (attainable, (12, 24, 48)),
    "personalisation": (personalisation, (12, 24, 48)),
    "between models": (models, (24, 48)),
    "prior: peak": (peak, (24, 48)),
    "prior: curvature": (curvature, (24, 48)),
    "prior: peak of a line": (no_peak, (24, 48)),
    "slope over episodes": (slope, (12, 24)),
    "information": (information, (6, 12, 24)),
    "plausibility gap": (gap, (6, 12, 24)),
    "gain ÷ optimum": (optimum, (6, 12, 24)),
    "distance of mixes": (mixes, (12, 24, 48)),
}


def coverage(study: Study, items: int, replicates: int, seed: int) -> Iterator[str]:
    """Yield the cells of one row: how often there is an interval, mean estimate, width, and coverage with its own."""
    rng = np.random.default_rng([seed, items])
    found = [one for one in (study(rng, items) for _ in range(replicates)) if one is not None]
    known = [one for one in found if np.isfinite(one.low) and np.isfinite(one.truth)]
    yield f"{100 * len(found) / replicates:.0f} %"
    if not known:
        yield from ("", "", "", "")
        return
    hits = np.mean([one.low <= one.truth <= one.high for one in known])
    ends = wilson(np.array([hits]), np.array([float(len(known))]), 1.96)
    yield f"{known[0].truth:.3f}"
    yield f"{np.mean([one.estimate for one in known]):.3f}"
    yield f"{np.median([one.high - one.low for one in known]):.2f}"
    yield f"{100 * hits:.1f} ({100 * ends.low[0]:.1f} to {100 * ends.high[0]:.1f})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=300)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print("| quantity | items | estimated | truth | mean estimate | median width | covers, % |")
    print("|---|---|---|---|---|---|---|")
    for name, (study, sizes) in STUDIES.items():
        for items in sizes if chosen.only in name else ():
            cells = " | ".join(coverage(study, items, chosen.replicates, chosen.seed))
            print(f"| {name} | {items} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
