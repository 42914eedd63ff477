"""Bias and coverage: the corridor repeated over seeds, audit by audit, each seed another subject of each character.

`make test-slow` prints the table. STANDFAST_SEEDS sets the number of seeds, of which the audits with two subjects
take half.
"""

import os
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from planting import CONTRASTS, RECOVERED, leads, options, partners, planted
from scipy.stats import binom

from standfast import stages
from standfast.estimands import parse_contrast
from standfast.run import run

SEEDS = int(os.environ.get("STANDFAST_SEEDS", "40"))
EVERY = ("steadfast", "sycophant", "contrarian", "adviser-firm-peer-soft")
BENDING = ("sycophant", "adviser-firm-peer-soft")  # those whose leads differ by role and profile
SUBJECTS = {"advice": EVERY, "debate": EVERY}
ITEMS = {"advice": "all", "memory": "all", "premises": "all"}  # their leads apply to some of the items
TWINS = {"advice": ["over_challenge"], "premises": ["over_challenge"], "judgement": ["sides_against_narrator"]}
SUITE = """\
name: recovery
version: "1"
seed: {seed}
models: [{models}]
judges: [standfast/judge]
{partners}
audits:
  {audit}: {options}
profiles: [filler, full]
contrasts: [{contrasts}]
personas: {{count: 24, per_item: 1}}
"""


class Row(NamedTuple):
    """One estimate of one seed: subject, measure, contrast; estimate, planted value, whether the interval holds it."""

    key: tuple[str, str, str]
    estimate: float
    planted: float
    covered: bool
    points: bool


def repeat(audit: str, seed: int, folder: Path) -> list[Row]:
    """Run one seed of an audit."""
    models = ", ".join(f"standfast/{name}@{seed}" for name in SUBJECTS.get(audit, BENDING))
    asked = options(audit, items=ITEMS.get(audit, 24))
    path = folder / f"{seed}.yaml"
    more = {"contrasts": ", ".join(CONTRASTS), "partners": partners(audit)}
    path.write_text(SUITE.format(seed=seed, models=models, audit=audit, options=asked, **more))
    rows = []
    for found in stages.analyse(run(path, out=folder / str(seed), display="none")).findings:
        kind = parse_contrast(found.contrast).kind
        wanted = found.measure in (*leads(audit), *TWINS.get(audit, []))
        if wanted and kind in CONTRASTS and found.status == "ok":
            true = planted(found)
            key = (found.model.partition("/")[2].partition("@")[0], found.measure, found.contrast)
            rows.append(Row(key, found.estimate, true, found.conf_low <= true <= found.conf_high, found.unit != "pp"))
    return rows


def table(audit: str, rows: dict[tuple[str, str, str], list[Row]]) -> str:
    """Return bias and coverage by subject, measure and contrast."""
    head = f"\n{audit:24}{'measure':24}{'contrast':30}{'planted':>9}{'mean':>8}{'SE':>6}{'cover':>7}{'n':>4}\n"
    lines = []
    for key, found in sorted(rows.items()):
        values = [row.estimate for row in found]
        mean, error = np.mean(values), np.std(values, ddof=1) / len(values) ** 0.5
        share = np.mean([row.covered for row in found])
        named = "{:24}{:24}{:30}".format(*key)
        lines.append(f"{named}{found[0].planted:9.1f}{mean:8.1f}{error:6.1f}{share:7.0%}{len(found):4}")
    every = [row.covered for found in rows.values() for row in found]
    return head + "\n".join(lines) + f"\nall intervals: {np.mean(every):.1%} of {len(every)} cover the planted value"


@pytest.mark.slow
@pytest.mark.parametrize("audit", RECOVERED)
def test_estimates_are_unbiased_and_intervals_cover(audit, tmp_path, capsys):
    rows = defaultdict(list)
    for seed in range(1, (SEEDS if audit in SUBJECTS else max(SEEDS // 2, 2)) + 1):
        for row in repeat(audit, seed, tmp_path):
            rows[row.key].append(row)
    with capsys.disabled():
        print(table(audit, rows))
    for key, found in rows.items():
        values = np.array([row.estimate for row in found])
        # Clipped probabilities and the hazard's bend move a mean by up to 2 points of 100; beyond that only chance may.
        slack = 0.08 if found[0].points else 2.0
        assert abs(values.mean() - found[0].planted) < slack + 4 * values.std(ddof=1) / len(values) ** 0.5, key
        assert sum(row.covered for row in found) >= binom.ppf(1e-4, len(values), 0.95), key
    assert np.mean([row.covered for found in rows.values() for row in found]) >= 0.93
