"""Signs that a sender games the reward, from its messages and what they gained. Needs no torch.

None of them is proof. They say where to read the messages.
Sources: distinct-n, Li and others, arXiv 1510.03055; log-odds with an informative prior, Monroe, Colaresi and Quinn
2008, Political Analysis 16(4), equations 15 to 22.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from reward import Sample
from scipy import stats

PRIOR = 10.0  # messages that the reference counts as, in the prior of the log-odds
ALPHA = 0.05  # shared among all tokens that are looked at (Bonferroni)
SHOWN = 5  # tokens shown
ROUNDING = 1 / 12  # variance that rounding to whole points gives one stance


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean over claims.

    Attributes:
        estimate: Mean over claims of the mean over a claim's messages; NaN where nothing was measured.
        conf_low, conf_high: 95 % interval by t over claims, cut at what can be; NaN with fewer than two claims.
        n_obs: Messages.
        n_items: Claims.
    """

    estimate: float
    conf_low: float
    conf_high: float
    n_obs: int
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word that messages with a high reward hold more often than the reference.

    Attributes:
        token: The word, in lower case.
        log_odds: Log odds that a high-reward message holds it, less those of a reference message.
        conf_low, conf_high: 95 % interval, without correction for the number of tokens.
        flagged: Whether it is over-represented at 5 % shared among all tokens, one-sided.
        n_high, n_reference: Messages that hold it.
    """

    token: str
    log_odds: float
    conf_low: float
    conf_high: float
    flagged: bool
    n_high: int
    n_reference: int


def tokens(text: str) -> list[str]:
    """Return a text's words and signs in lower case."""
    return re.findall(r"\w+|[^\w\s]", text.lower())


def distinct(texts: Iterable[str], n: int) -> float:
    """Return the share of n-grams over all texts that differ, in (0, 1]; NaN where no text has n tokens."""
    grams = [gram for text in texts for gram in _grams(tokens(text), n)]
    return len(set(grams)) / len(grams) if grams else math.nan


@lru_cache(maxsize=4096)
def longest_repeat(text: str) -> int:
    """Return the length of the longest n-gram that a text holds twice, overlaps included; 0 where none is.

    >>> longest_repeat("we know that we know that it is so")
    3
    """
    said = tokens(text)
    low, high = 0, max(len(said) - 1, 0)
    while low < high:  # where an n-gram is repeated, so are its parts
        n = (low + high + 1) // 2
        low, high = (n, high) if len(set(_grams(said, n))) < len(said) - n + 1 else (low, n - 1)
    return low


def _grams(said: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(said[i : i + n]) for i in range(len(said) - n + 1)]


def triggers(high: Sequence[str], reference: Sequence[str]) -> list[Token]:
    """Return the words that high-reward messages hold more often than the reference, the surest first.

    Deviates from the source: a word counts once a message, as a word said five times in one message is no five
    observations, so that counts are binomial in messages. The prior is what both hold together, worth `PRIOR` messages.
    """
    if not high or not reference:
        return []
    counts = [Counter(word for text in texts for word in set(tokens(text))) for texts in (high, reference)]
    known = sorted(set().union(*counts))
    limit = stats.norm.isf(ALPHA / max(len(known), 1))
    found = [(_token(word, counts, (len(high), len(reference)), limit)) for word in known]
    return [token for _, token in sorted(found, key=lambda one: (-one[0], one[1].token)) if token.log_odds > 0][:SHOWN]


def _token(word: str, counts: Sequence[Counter[str]], sizes: tuple[int, int], limit: float) -> tuple[float, Token]:
    share = (sum(count[word] for count in counts) + 0.5) / (sum(sizes) + 1)
    held = [count[word] + PRIOR * share for count in counts]
    lacking = [n - count[word] + PRIOR * (1 - share) for n, count in zip(sizes, counts, strict=True)]
    difference = math.log(held[0] / lacking[0]) - math.log(held[1] / lacking[1])
    error = math.sqrt(sum(1 / each for each in [*held, *lacking]))
    low, high = (difference + side * stats.norm.ppf(0.975) * error for side in (-1, 1))
    token = Token(
        token=word,
        log_odds=difference,
        conf_low=low,
        conf_high=high,
        flagged=bool(difference / error > limit),
        n_high=counts[0][word],
        n_reference=counts[1][word],
    )
    return difference / error, token


def over_claims(values: Iterable[tuple[str, float | None]], stances: int = 2) -> Mean:
    """Return the mean of what was measured, each claim counting once.

    Args:
        values: Claim and value; `None` is missing and left out.
        stances: How many stances a value is made of: 2 for a gain, 4 for the difference of two. Claims are taken to
            differ at least by what rounding these gives, as equal whole numbers are no proof of equal stances.
    """
    groups: dict[str, list[float]] = {}
    for claim, value in values:
        if value is not None:
            groups.setdefault(claim, []).append(value)
    means, most = np.array([np.mean(group) for group in groups.values()]), 3.0 * stances
    low = high = math.nan
    if len(means) > 1:
        spread = math.sqrt(max(means.var(ddof=1), stances * ROUNDING))
        half = stats.t.ppf(0.975, len(means) - 1) * spread / math.sqrt(len(means))
        low, high = max(means.mean() - half, -most), min(means.mean() + half, most)
    estimate = float(means.mean()) if len(means) else math.nan
    n_obs = sum(map(len, groups.values()))
    return Mean(estimate=estimate, conf_low=float(low), conf_high=float(high), n_obs=n_obs, n_items=len(means))


def rewarded(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples whose gain is above zero and within the best quarter of what was measured."""
    gains = [sample.gain for sample in samples if sample.gain is not None]
    if not gains:
        return []
    least = max(float(np.quantile(gains, 0.75)), 1.0)
    return [sample for sample in samples if sample.gain is not None and sample.gain >= least]


def check(samples: Sequence[Sample], reference: Sequence[Sample], *, two: bool) -> dict[str, Any]:
    """Return the checks over some samples.

    Args:
        samples: The latest.
        reference: The first, from before training has moved the sender.
        two: Whether there is a second receiver.
    """
    said, first = ([sample.message for sample in each if sample.message] for each in (samples, reference))
    latest = said[-len(first) :]  # distinct-n falls with the number of texts, so both sides are as many
    both = [(s.claim, s.second - s.gain if s.gain is not None and s.second is not None else None) for s in samples]
    return {
        "gain": asdict(over_claims((sample.claim, sample.gain) for sample in samples)),
        "not_measured": sum(sample.gain is None for sample in samples),
        "empty": len(samples) - len(said),
        "second_gain": asdict(over_claims((sample.claim, sample.second) for sample in samples)) if two else None,
        "second_less_first": asdict(over_claims(both, stances=4)) if two else None,
        "words": _mean(len(tokens(text)) for text in said),
        "longest_repeat": _mean(map(longest_repeat, said)),
        "first_longest_repeat": _mean(map(longest_repeat, first)),
        **{f"distinct_{n}": distinct(latest, n) for n in (1, 2, 3)},
        "first_distinct_2": distinct(first, 2),
        "triggers": [asdict(one) for one in triggers([each.message for each in rewarded(samples)], first)],
    }


def _mean(values: Iterable[float]) -> float:
    held = list(values)
    return float(np.mean(held)) if held else math.nan


def warnings(row: dict[str, Any]) -> list[str]:
    """Return in plain words what should be read before the gain is believed; `row` is what `check` gives."""
    found = []
    if flagged := [one["token"] for one in row["triggers"] if one["flagged"]]:
        found.append(f"high-reward messages hold these tokens more often than the first messages: {' '.join(flagged)}")
    if row["distinct_2"] < 0.5 * row["first_distinct_2"]:  # our own rule of thumb
        found.append(
            f"messages are less varied: distinct-2 went from {row['first_distinct_2']:.2f} to {row['distinct_2']:.2f}"
        )
    if row["longest_repeat"] > 2 * max(row["first_longest_repeat"], 1.0):  # our own rule of thumb
        found.append(f"messages repeat themselves: {row['longest_repeat']:.1f} tokens on average")
    apart = row["second_less_first"]
    if apart and apart["conf_high"] < 0:
        found.append(
            f"the gain does not carry over: the second receiver moved {-apart['estimate']:.2f} points less "
            f"(95 % {-apart['conf_high']:.2f} to {-apart['conf_low']:.2f}, {apart['n_items']} claims)"
        )
    return found
