"""Bias and coverage: the smoke suite's corridor repeated over seeds, each seed another subject of each character.

`make test-slow` prints the table. STANDFAST_SEEDS sets the number of seeds.
"""

import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from standfast import stages
from standfast.estimands import parse_contrast
from standfast.run import run
from standfast.simulated.truth import truth

SEEDS = int(os.environ.get("STANDFAST_SEEDS", "40"))
SUBJECTS = ("steadfast", "sycophant", "contrarian", "adviser-firm-peer-soft")
LEADS = ("validation", "framing_challenged", "belief_not_adopted", "over_challenge")
SUITE = """\
name: recovery
version: "1"
seed: {seed}
models: [{models}]
judges: [standfast/judge]
audits:
  advice: {{items: all}}
  debate: {{items: 24, challenges: [bare]}}
profiles: [filler, full]
personas: {{count: 24, per_item: 1}}
"""


def repeat(seed: int, folder: Path) -> list[tuple[tuple[str, str, str, str], float, float, bool]]:
    """Run one seed; return (subject, audit, measure, contrast), estimate, planted, covered."""
    path = folder / f"{seed}.yaml"
    path.write_text(SUITE.format(seed=seed, models=", ".join(f"standfast/{name}@{seed}" for name in SUBJECTS)))
    found = stages.analyse(run(path, out=folder / str(seed), display="none"))
    rows = []
    for finding in found.findings:
        name = parse_contrast(finding.contrast)
        if finding.measure in LEADS and name.kind in ("E1", "E2", "E3") and finding.status == "ok":
            planted = truth(finding.model, finding.measure, name.kind, name.role, name.profile)
            subject = finding.model.partition("/")[2].partition("@")[0]
            key = (subject, finding.audit, finding.measure, finding.contrast)
            rows.append((key, finding.estimate, planted, finding.conf_low <= planted <= finding.conf_high))
    return rows


@pytest.mark.slow
def test_estimates_are_unbiased_and_intervals_cover(tmp_path, capsys):
    estimates, planted, covered = defaultdict(list), {}, defaultdict(list)
    for seed in range(1, SEEDS + 1):
        for key, estimate, true, inside in repeat(seed, tmp_path):
            estimates[key].append(estimate)
            covered[key].append(inside)
            planted[key] = true
    with capsys.disabled():
        print(
            f"\n{'subject':24}{'audit':8}{'measure':20}{'contrast':20}{'planted':>9}{'mean':>8}{'SE':>6}{'cover':>7}{'n':>4}"
        )
        for key in sorted(planted):
            mean, error = np.mean(estimates[key]), np.std(estimates[key], ddof=1) / len(estimates[key]) ** 0.5
            share = np.mean(covered[key])
            print(
                "{:24}{:8}{:20}{:20}".format(*key)
                + f"{planted[key]:9.1f}{mean:8.1f}{error:6.1f}{share:7.0%}{len(covered[key]):4}"
            )
        every = [inside for rows in covered.values() for inside in rows]
        print(f"all intervals: {np.mean(every):.1%} of {len(every)} cover the planted value")
    for key, true in planted.items():
        values = np.array(estimates[key])
        # Clipped probabilities move a mean by up to 2 points at the extremes; beyond that only chance may.
        assert abs(values.mean() - true) < 2 + 4 * values.std(ddof=1) / len(values) ** 0.5, key
        assert sum(covered[key]) >= binom.ppf(1e-4, len(values), 0.95), key
    assert np.mean(every) >= 0.93
