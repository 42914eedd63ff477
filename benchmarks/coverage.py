"""Coverage of E3's 95 % interval and false passes of a gate at its margin, over simulated audits.

    python benchmarks/coverage.py                       # a quick look: 100 replicates of every small corner
    python benchmarks/coverage.py --replicates 1000 --workers 2 --only gaussian --items 24

An audit asks every item in two roles and two profile levels; each item meets two personas. On the latent scale item and
persona have an intercept and their own deviation in each role, each level and each cell of both; so does the model
where there are nine. E3 is 0 in truth for binary and ordinal outcomes by symmetry of the cells, and 0 for gaussian
ones. The interval is the one of a finding: `models.fit` and `estimates` for one model; the engine with the same rule
where nine models are random. A false pass is a gate at its margin that passes: true effect and margin are equal, so
that at most 2.5 % may.
"""

import argparse
import itertools
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from scipy import stats

from standfast.analysis import models, structure
from standfast.analysis.mixed import lmm
from standfast.analysis.mixed.inference import satterthwaite
from standfast.analysis.models import ModelSpec
from standfast.measure import Measure

CONFIDENCE = 0.95
# Standard deviations on the latent scale; the residual's is 1 for gaussian outcomes. Doubled on the logit scale.
DEVIATIONS = {
    ("item",): 0.5,
    ("item", "role"): 0.2,
    ("item", "profile"): 0.2,
    ("item", "role", "profile"): 0.25,
    ("item", "persona"): 0.2,
    ("persona",): 0.3,
    ("persona", "role"): 0.15,
    ("persona", "profile"): 0.15,
    ("persona", "role", "profile"): 0.2,
    ("model",): 0.3,
    ("model", "role"): 0.15,
    ("model", "profile"): 0.15,
    ("model", "role", "profile"): 0.2,
}
OUTCOMES = ("gaussian", "binomial 50 %", "binomial 5 %", "ordinal 5")
CUTS = np.array([-2.0, -0.7, 0.7, 2.0])


class Corner(NamedTuple):
    """One kind of audit."""

    outcome: str
    items: int
    personas: int
    models: int
    missing: float


class Replicate(NamedTuple):
    """What one audit gave: E3's estimate, half-width, standard error and degrees of freedom, and the link scale's t."""

    estimate: float
    half: float
    std_error: float
    df: float
    link_t: float
    link_df: float


def audit(corner: Corner, rng: np.random.Generator, per_item: int = 2) -> pd.DataFrame:
    """Return a tidy frame with a latent value per row."""
    deals = -(-corner.items * per_item // corner.personas) + 1
    dealt = np.concatenate([rng.permutation(corner.personas) for _ in range(deals)])[: corner.items * per_item]
    base = pd.DataFrame({"item": np.repeat(np.arange(corner.items), per_item), "persona": dealt})
    grid = pd.DataFrame(
        list(itertools.product(range(corner.models), ("advisor", "peer"), ("filler", "full"))),
        columns=["model", "role", "profile"],
    )
    frame = base.merge(grid, how="cross")
    frame = frame[rng.random(len(frame)) >= corner.missing].reset_index(drop=True)
    scale = 1.0 if corner.outcome == "gaussian" else 2.0
    latent = np.zeros(len(frame))
    for columns, deviation in DEVIATIONS.items():
        if columns[0] != "model" or corner.models > 1:
            codes = structure.coded(frame, columns)
            latent += scale * deviation * rng.standard_normal(int(codes.max()) + 1)[codes]
    return frame.assign(value=outcome(corner.outcome, latent, rng))


def outcome(kind: str, latent: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return observed values from latent ones."""
    if kind == "gaussian":
        return latent + rng.standard_normal(len(latent))
    noisy = latent + rng.logistic(size=len(latent))
    if kind == "ordinal 5":
        return 1.0 + (noisy[:, None] > CUTS).sum(axis=1)
    return (noisy + np.log({"binomial 50 %": 1.0, "binomial 5 %": 0.05 / 0.95}[kind]) > 0).astype(float)


def measure(kind: str) -> Measure:
    """Return the measure of an outcome."""
    scale = {"gaussian": "rate", "ordinal 5": "ordinal"}.get(kind, "binary")
    bounds = {"rate": (None, None), "ordinal": (1.0, 5.0), "binary": (0.0, 1.0)}[scale]
    return Measure(
        name="m",
        title="M",
        construct="epistemic",
        scale=scale,  # type: ignore[arg-type]
        direction="higher",
        source="benchmark",
        unit="points",
        low=bounds[0],
        high=bounds[1],
    )


def replicate(corner: Corner, seed: int) -> Replicate:
    """Simulate and analyse one audit."""
    frame = audit(corner, np.random.default_rng([seed, *map(ord, corner.outcome), corner.items, corner.personas]))
    return crossed(frame) if corner.models > 1 else finding(frame, corner)


def finding(frame: pd.DataFrame, corner: Corner) -> Replicate:
    """Return E3 as the analysis of one subject gives it."""
    from standfast.analysis.contrasts import compare

    text = frame.assign(
        item=frame["item"].map("i{:03d}".format),
        persona=frame["persona"].map("p{:02d}".format),
        model="subject",
        audit="advice",
        audit_version="1-A",
        run="r",
        wording=1,
        challenge="none",
        turn=0,
        epoch=1,
        measure="m",
        judge="j",
        status="scored",
        log="x",
        sample="",
    )
    m = measure(corner.outcome)
    spec = ModelSpec(measure=m)
    fit = models.fit(text, spec)
    second = models.second_opinion(text, spec)
    found = next(
        f for f in compare(fit, second, text, m, kinds=("E3",), confidence=CONFIDENCE) if f.contrast == "E3(full)"
    )
    link_t = np.nan
    if fit.link is not None and fit.link.converged:
        row = np.array([1.0, -1.0, -1.0, 1.0])
        link_t = float(row @ fit.link.coef / np.sqrt(row @ fit.link.vcov @ row))
    # An interval from shares is not symmetric: what counts is whether it covers 0.
    covers = found.conf_low <= 0 <= found.conf_high
    half = np.inf if np.isnan(found.estimate) else abs(found.estimate) * (1.01 if covers else 0.99) + 0.0
    symmetric = np.isclose(found.conf_high - found.estimate, found.estimate - found.conf_low)
    half = (found.conf_high - found.conf_low) / 2 if symmetric else half
    levels = min(corner.items, corner.personas) - 1
    return Replicate(found.estimate, half, found.std_error, found.df, link_t, levels)


TERMS = [":".join(columns) for columns in DEVIATIONS]
CROSSED = "value ~ 0 + role:profile + " + " + ".join(f"(1 | {term})" for term in TERMS)


def crossed(frame: pd.DataFrame) -> Replicate:
    """Return E3 with models as a random factor."""
    fit = lmm(CROSSED, frame.astype({"item": str, "persona": str, "model": str}))
    row = np.array([1.0, -1.0, -1.0, 1.0])
    own = float(satterthwaite.degrees(row[None], fit.vcov, satterthwaite.variance_jacobian(fit))[0])
    df = min(own, min(fit.n_groups[name] for name in ("item", "persona", "model")) - 1)
    std_error = float(np.sqrt(row @ fit.vcov @ row))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, df)) * std_error
    return Replicate(float(row @ fit.beta), half, std_error, df, np.nan, np.nan)


def corners(arguments: argparse.Namespace) -> Iterator[Corner]:
    """Yield the corners that were asked for."""
    for kind, items, personas, n_models, missing in itertools.product(
        OUTCOMES, arguments.items, arguments.personas, arguments.models, arguments.missing
    ):
        if arguments.only in kind:
            yield Corner(kind, items, personas, n_models, missing)


def line(corner: Corner, found: list[Replicate], seconds: float) -> str:
    """Return one line of the table."""
    values = np.array(found)
    ok = np.isfinite(values[:, 0])
    estimate, half = values[ok, 0], values[ok, 1]
    covered = np.abs(estimate) <= half
    passed = estimate - half > 0  # a gate whose margin is the truth
    link = values[np.isfinite(values[:, 4])]
    link_covered = np.abs(link[:, 4]) <= stats.t.ppf((1 + CONFIDENCE) / 2, link[:, 5])
    error = 100 * np.sqrt(0.95 * 0.05 / len(found))
    share = f"{100 * link_covered.mean():5.1f} ({len(link)})" if len(link) else "-"
    return (
        f"| {corner.outcome} | {corner.items} | {corner.personas} | {corner.models} | {100 * corner.missing:.0f} % "
        f"| {len(found)} | {100 * covered.mean():.1f} ± {2 * error:.1f} | {100 * passed.mean():.1f} | {share} "
        f"| {np.median(values[ok, 3]):.0f} | {1000 * seconds / len(found):.0f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="part of an outcome's name")
    parser.add_argument("--items", type=int, nargs="+", default=[24, 100])
    parser.add_argument("--personas", type=int, nargs="+", default=[10, 40])
    parser.add_argument("--models", type=int, nargs="+", default=[1])
    parser.add_argument("--missing", type=float, nargs="+", default=[0.0, 0.1])
    arguments = parser.parse_args()
    print(
        "| outcome | items | personas | models | missing | replicates | coverage % | false pass % | link scale % (n) | df | ms |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(arguments.workers) as pool:
        for corner in corners(arguments):
            start = time.perf_counter()
            found = list(pool.map(replicate, itertools.repeat(corner), range(arguments.replicates), chunksize=10))
            print(line(corner, found, (time.perf_counter() - start) * arguments.workers), flush=True)


if __name__ == "__main__":
    main()
