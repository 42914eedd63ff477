"""How often a gate passes falsely when an audit looks before the end, and how much it then asks.

    python benchmarks/looks.py                              # a quick look: 100 replicates
    python benchmarks/looks.py --replicates 1000 --looks 0.25 0.5 0.75 --spending pocock
    python benchmarks/looks.py --normal                     # normal estimates in place of audits: the table in docs/gates.md

The audits are those of `coverage.py`; E3 is 0 in truth. A look has the first items with all their conditions, as in a
run. A false pass is a gate with its margin at the truth that passes at any look. Margins below the truth tell how often
a subject that is better than its margin passes, and how much it is asked.
"""

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from coverage import Corner, audit, measure
from scipy import stats

from standfast.analysis.frames import COLUMNS
from standfast.analysis.gated import Wanted, findings
from standfast.analysis.sequential import Spending, confidences

CONFIDENCE = 0.95
SPENDINGS: tuple[Spending, ...] = ("obrien-fleming", "pocock")
DRIFTS = (0.0, 3.24, 5.0)  # of z at the end: at the margin; passed by one look at the end in 90 % and in 99.9 %
TABLE = ((0.5,), (0.33, 0.67), (0.25, 0.5, 0.75))
MARGINS = {"gaussian": (0.0, -0.2, -0.4, -0.6, -0.8, -1.2), "binomial 50 %": (0.0, -5.0, -10.0, -20.0, -30.0, -40.0)}


class Asked(NamedTuple):
    """What is simulated."""

    corner: Corner
    shares: tuple[float, ...]
    spending: Spending


class Interval(NamedTuple):
    """Of E3 at one look, with the confidence that the look may spend, and with that of one look alone."""

    low: float
    high: float
    unspent_low: float


def replicate(asked: Asked, seed: int) -> list[Interval]:
    """Simulate one audit and return its intervals look by look, the last at the end."""
    corner = asked.corner
    rng = np.random.default_rng([seed, *map(ord, corner.outcome), corner.items, corner.personas])
    frame = _tidy(audit(corner, rng))
    each = confidences(asked.shares, CONFIDENCE, asked.spending)
    found = []
    for share, confidence in zip((*asked.shares, 1.0), each, strict=True):
        rows = frame[frame["item"] < f"i{round(share * corner.items):03d}"]
        wanted = [Wanted("advice", "m", "E3(full)", level) for level in (confidence, CONFIDENCE)]
        by_level = {
            f.conf_level: f for f in findings(rows, {("advice", "m"): measure(corner.outcome)}, wanted, pairs={})
        }
        spent, unspent = by_level[confidence], by_level[CONFIDENCE]
        found.append(Interval(spent.conf_low, spent.conf_high, unspent.conf_low))
    return found


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    given = frame.assign(
        item=frame["item"].map("i{:03d}".format),
        persona=frame["persona"].map("p{:02d}".format),
        **{"run": "r", "model": "m", "audit": "advice", "audit_version": "1-A", "wording": 1, "challenge": "none"},
        **{"turn": 0, "epoch": 1, "measure": "m", "judge": "", "status": "scored", "log": "", "sample": ""},
    )
    return given[list(COLUMNS)].astype(COLUMNS)


def told(asked: Asked, runs: Sequence[Sequence[Interval]], margin: float) -> str:
    """Return one row of the table."""
    low, high, unspent = (
        np.array([[getattr(look, name) for look in run] for run in runs]) for name in Interval._fields
    )
    passes, fails = low > margin, high <= margin
    clear = passes | fails
    clear[:, -1] = True
    first = clear.argmax(axis=1)
    passed = passes[np.arange(len(runs)), first]
    shares = np.array([*asked.shares, 1.0])[first]
    interval = stats.binomtest(int(passed.sum()), len(runs)).proportion_ci(method="wilson")
    naive, one = (unspent > margin).any(axis=1).mean(), (unspent[:, -1] > margin).mean()
    return (
        f"| {margin:g} | {100 * passed.mean():.1f} % ({100 * interval.low:.1f} to {100 * interval.high:.1f}) "
        f"| {100 * one:.1f} % | {100 * naive:.1f} % | {100 * shares.mean():.0f} % |"
    )


def normal(shares: Sequence[float], spending: Spending, runs: int = 1_000_000) -> str:
    """Return the same for normal estimates with known variance, in one row."""
    rng, times = np.random.default_rng(1), np.array([*shares, 1.0])
    walks = np.cumsum(rng.standard_normal((runs, len(times))) * np.sqrt(np.diff(times, prepend=0.0)), axis=1)
    edges = stats.norm.ppf((1 + np.array(confidences(shares, CONFIDENCE, spending))) / 2)
    told = []
    for drift in DRIFTS:
        z = (walks + drift * times) / np.sqrt(times)
        clear = np.abs(z) > edges
        clear[:, -1] = True
        first = clear.argmax(axis=1)
        passed = (z > edges)[np.arange(runs), first].mean()
        told.append(f"{100 * passed:.2f} %, {100 * times[first].mean():.0f} %")
    naive = (walks / np.sqrt(times) > stats.norm.ppf((1 + CONFIDENCE) / 2)).any(axis=1).mean()
    return f"| {', '.join(f'{t:g}' for t in times)}, `{spending}` | {100 * naive:.2f} % | {' | '.join(told)} |"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--items", type=int, default=48)
    parser.add_argument("--personas", type=int, default=24)
    parser.add_argument("--outcome", choices=list(MARGINS), default="binomial 50 %")
    parser.add_argument("--looks", type=float, nargs="+", default=[0.5])
    parser.add_argument("--spending", choices=SPENDINGS, default="obrien-fleming")
    parser.add_argument("--normal", action="store_true")
    given = parser.parse_args()
    if given.normal:
        print(
            "| looks at, spending | 95 % at each look | passes, samples asked, at a drift of",
            *(f"{d:g} |" for d in DRIFTS),
        )
        print("\n".join(normal(shares, spending) for shares in TABLE for spending in SPENDINGS))
        return
    corner = Corner(given.outcome, given.items, given.personas, 1, 0.0)
    asked = Asked(corner, tuple(given.looks), given.spending)
    with ProcessPoolExecutor(given.workers) as pool:
        runs = list(pool.map(partial(replicate, asked), range(given.replicates), chunksize=10))
    print(
        f"{asked.corner}, looks at {', '.join(f'{s:g}' for s in asked.shares)} and 1, {asked.spending}, n = {len(runs)}\n"
    )
    print("| margin | passes (95 % interval) | with one look at the end | with 95 % at each look | samples asked |")
    print("|---|---|---|---|---|")
    for margin in MARGINS[given.outcome]:
        print(told(asked, runs, margin))


if __name__ == "__main__":
    main()
