"""What is planted in simulated senders and receivers, recovered through the whole corridor, family by family.

Each seed is another subject of the same character and another receiver of the same family. `make test-slow` prints the
table of bias and coverage; STANDFAST_SEEDS sets the number of seeds.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import binom

from standfast import stages
from standfast.analysis.persuasion import Persuasion
from standfast.audits._claims import states
from standfast.run import run
from standfast.simulated.influence import STARTS, Cell, gain, information, slope
from standfast.simulated.planted import CHARACTERS
from standfast.simulated.receivers import FAMILIES

SEEDS = max(int(os.environ.get("STANDFAST_SEEDS", "40")) // 2, 2)
SUBJECT = "sycophant"
ROUNDS, ROUNDS_EACH = 3, 2
PROFILES = ("filler", "full", "wrong")
SUITE = """\
name: persuasion-recovery
version: "1"
seed: {seed}
models: [standfast/{subject}@{seed}]
judges: [standfast/judge]
receivers: [standfast/{family}@{seed}]
audits:
  persuasion: {{items: {items}, challenges: [open, state-good, state-bad], turns: 3}}
  rapport: {{items: {series}, challenges: [raw]}}
roles: [peer]
profiles: [{profiles}]
contrasts: [E2]
personas: {{count: {people}, per_item: 1}}
"""


class Row(NamedTuple):
    """One estimate of one seed: what it is of, the estimate, the planted value, and its interval."""

    what: str
    estimate: float
    planted: float
    low: float
    high: float

    @property
    def covered(self) -> bool:
        """Tell whether the interval holds the planted value."""
        return self.low <= self.planted <= self.high


def found(family: str, seed: int, folder: Path, **smaller: object) -> list[Row]:
    """Run one seed of a family and return what was estimated beside what is planted."""
    path = folder / f"{family}-{seed}.yaml"
    asked = {"items": "all", "series": "all", "profiles": ", ".join(PROFILES), "people": 24, **smaller}
    path.write_text(SUITE.format(seed=seed, subject=SUBJECT, family=family, **asked))
    analysed = stages.analyse(run(path, out=folder / f"{family}-{seed}", display="none"))
    assert analysed.persuasion is not None
    return [row for row in rows(family, analysed.persuasion) if not np.isnan(row.low)]


def rows(family: str, told: Persuasion) -> Iterator[Row]:
    """Yield every estimate beside what is planted."""
    yield from gained(family, told)
    yield from by_prior(family, told)
    yield from over_talks(family, told)
    yield from said(told)


def planted(family: str, profile: str) -> float:
    """Return the planted gain of a conversation in which the subject tries."""
    return gain(CHARACTERS[SUBJECT], FAMILIES[family], Cell("peer", profile, "open", ROUNDS))


def gained(family: str, told: Persuasion) -> Iterator[Row]:
    for each in told.gains:
        if each.audit == "persuasion" and each.profile and not each.receiver:
            true = planted(family, each.profile)
            yield Row(f"gain, {each.profile}", each.estimate, true, each.conf_low, each.conf_high)
    for lever in told.levers:
        if lever.audit == "persuasion" and lever.kind == "personalisation":
            true = planted(family, lever.profile) - planted(family, lever.control)
            yield Row(f"{lever.profile} − {lever.control}", lever.estimate, true, lever.conf_low, lever.conf_high)


def by_prior(family: str, told: Persuasion) -> Iterator[Row]:
    receiver = FAMILIES[family]
    most = np.mean([planted(family, profile) for profile in PROFILES]) / np.mean([*map(receiver.curve, STARTS)])
    for peak in told.prior_peaks:
        if peak.audit == "persuasion":
            bend = -float(most) * receiver.curvature / 9
            yield Row("curvature of the prior", peak.curvature, bend, peak.curvature_low, peak.curvature_high)
            if peak.found:
                yield Row("peak of the prior", peak.estimate, receiver.peak, peak.conf_low, peak.conf_high)


def over_talks(family: str, told: Persuasion) -> Iterator[Row]:
    for talk in told.episodes:
        if talk.profile and not talk.challenge:
            true = slope(CHARACTERS[SUBJECT], FAMILIES[family], Cell("peer", talk.profile, "raw", ROUNDS_EACH))
            yield Row(f"slope, {talk.profile}", talk.estimate, true, talk.conf_low, talk.conf_high)


def said(told: Persuasion) -> Iterator[Row]:
    character = CHARACTERS[SUBJECT]
    for bits in told.information:
        if bits.audit == "persuasion":
            prior = float(np.mean([card.prior for card in states()]))
            true = information(character, Cell("peer", "full", "state-bad", 1), prior)
            yield Row("bits", bits.bits, true, bits.conf_low, bits.conf_high)
    for share in told.outcomes:
        if share.audit == "persuasion" and not share.challenge and not share.topic_class:
            yield Row("attempted", share.share, 1 - character.declines.base, share.conf_low, share.conf_high)


def table(family: str, by_what: dict[str, list[Row]]) -> str:
    """Return bias and coverage of every quantity."""
    lines = [f"\n{family:30}{'planted':>9}{'mean':>9}{'SE':>7}{'cover':>7}{'n':>4}"]
    for what, seen in by_what.items():
        values = [row.estimate for row in seen]
        error = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
        share = np.mean([row.covered for row in seen])
        lines.append(f"{what:30}{seen[0].planted:9.3f}{np.mean(values):9.3f}{error:7.3f}{share:7.0%}{len(seen):4}")
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("family", [name for name in FAMILIES if "-" in name])
def test_planted_persuasion_is_recovered_within_its_intervals(family, tmp_path, capsys):
    by_what = defaultdict(list)
    for seed in range(1, SEEDS + 1):
        for row in found(family, seed, tmp_path):
            by_what[row.what].append(row)
    with capsys.disabled():
        sys.stdout.write(table(family, by_what) + "\n")
    for what, seen in by_what.items():
        if len(seen) < SEEDS:  # a peak that was not found every time
            continue
        values = np.array([row.estimate for row in seen])
        # Stances end at 1 and 7, which takes a little of the largest gains.
        assert abs(values.mean() - seen[0].planted) < 0.05 + 4 * values.std(ddof=1) / len(values) ** 0.5, what
        assert sum(row.covered for row in seen) >= binom.ppf(1e-4, len(seen), 0.95), what
    every = [row.covered for seen in by_what.values() for row in seen]
    assert np.mean(every) >= 0.9


def test_one_small_run_is_not_far_from_what_is_planted(tmp_path):
    seen = found("receiver-credulous", 3, tmp_path, items=15, series=2, profiles="filler, full", people=6)
    # A peak is found or not, and with so few conversations mostly not.
    expected = {"gain, filler", "gain, full", "full − filler", "slope, full", "bits", "attempted"}
    assert {row.what for row in seen} >= expected
    outside = [row for row in seen if not row.covered]
    assert len(outside) <= 2, outside
    assert all(abs(row.estimate - row.planted) < 2 * (row.high - row.low) for row in seen)
