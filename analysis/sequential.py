"""Several looks at one audit, with the error rate of all of them together.

An audit that looks at its results before the end, and stops where they are clear, may err at each look. So the error
that one look at the end might make is spent over the looks by a function of the share of samples asked, fixed before
the run. A look may spend what the function rose by since the last one, and its interval has the confidence that goes
with it. The chance that any look errs is at most the sum of what each may (Boole's inequality), and the sum is the
error of one look. That holds whatever the dependence between looks, and whatever made the audit stop or go on.

Source: Lan and DeMets (1983), Biometrika 70, 659-663, whose functions these are. Their boundaries use the joint
    distribution of the looks and so are a little nearer; they need independent increments, which estimates of a mixed
    model with unknown variances have only in the limit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, e, log, sqrt
from statistics import NormalDist

from standfast.analysis.logs import Log
from standfast.analysis.stops import MANAGER, Spending
from standfast.errors import LogError

_STEPS = 10**12  # of a confidence between 0 and 1
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The look at which one subject's audit ended.

    Attributes:
        model: Subject.
        audit: Audit.
        look: Number of the look, from 1.
        of: Looks that were planned.
        confidence: Of a gate's interval at this look, so that all looks together err as often as one would.
        stopped: Whether it ended the audit before all was asked.
        samples: Samples and epochs asked.
        planned: Samples and epochs planned.
    """

    model: str
    audit: str
    look: int
    of: int
    confidence: float
    stopped: bool
    samples: int
    planned: int


def spent(share: float, error: float, spending: Spending) -> float:
    """Return the error that may be spent until a share of the samples is asked.

    Args:
        share: Of the planned samples, from 0 to 1.
        error: One-sided, that of one look at the end, such as 0.025.
        spending: Which function; both reach `error` at 1.

    Example:
        >>> round(spent(0.5, 0.025, "obrien-fleming"), 5), round(spent(0.5, 0.025, "pocock"), 4)
        (0.00153, 0.0155)
    """
    if not 0 <= share <= 1:
        message = f"a share lies from 0 to 1, got {share}"
        raise ValueError(message)
    if share == 0:
        return 0.0
    if spending == "pocock":
        return error * log(1 + (e - 1) * share)
    return 2 * _NORMAL.cdf(_NORMAL.inv_cdf(error / 2) / sqrt(share))


def confidences(shares: Sequence[float], confidence: float, spending: Spending) -> tuple[float, ...]:
    """Return the two-sided confidence of the intervals at each look.

    Args:
        shares: Of the planned samples at each look, rising; the last look, at 1, is not named.
        confidence: Of one look at the end, such as 0.95.
        spending: How the error is spent.

    Returns:
        One confidence per look, the last among them, none below `confidence`. One minus each of them adds up to
        1 − `confidence`, or by rounding up to less.
    """
    if list(shares) != sorted(set(shares)) or not all(0 < share < 1 for share in shares):
        message = f"looks lie at rising shares between 0 and 1, got {', '.join(f'{share:g}' for share in shares)}"
        raise ValueError(message)
    if not shares:
        return (confidence,)
    error = (1 - confidence) / 2
    total = [0.0, *(spent(share, error, spending) for share in shares), error]
    exact = (1 - 2 * (now - before) for before, now in pairwise(total))
    return tuple(max(confidence, ceil(one * _STEPS) / _STEPS) for one in exact)


def confidences_at(counts: Sequence[int], planned: int, confidence: float, spending: Spending) -> tuple[float, ...]:
    """Return the confidence at each look, the last among them, from the samples asked at those before the end."""
    return confidences([count / planned for count in counts], confidence, spending)


def reached(logs: Sequence[Log], order: Mapping[tuple[str, int], int]) -> int | None:
    """Return the look at which an audit of one subject ended, from 1; `None` where it looks at the end alone.

    Args:
        logs: The logs of the subject and audit, at least one.
        order: Sample and epoch -> its place in the order in which they are asked, from 0.

    Raises:
        LogError: A log says that it stopped where it must not have, or two logs say different things.
    """
    planned = logs[0].definition.looks
    last = len(planned.at) + 1 if planned else 1
    said = {look: one for one in logs if (look := _claim(one, last)) is not None}
    if len(said) > 1:
        (one, first), (other, second) = list(said.items())[:2]
        message = f"{first.path} and {second.path} cannot be joined: they ended at looks {one} and {other}"
        raise LogError(message)
    look = next(iter(said), last)
    for each in logs:
        _check_stops(each, order, planned.at[look - 1] if planned and look < last else len(order))
    return look if planned else None


def _claim(one: Log, last: int) -> int | None:
    """Return the look at which a log says that it ended; a log that was cut short says nothing."""
    if one.early is None or not one.definition.looks:
        return None
    look = one.early.metadata.get("look") if one.early.manager == MANAGER else None
    if isinstance(look, bool) or not isinstance(look, int) or not 1 <= look <= last:
        message = f"{one.path}: does not say at which of its {last} looks it ended, but {look!r}"
        raise LogError(message)
    return look


def _check_stops(one: Log, order: Mapping[tuple[str, int], int], counted: int) -> None:
    """Refuse a log that leaves out samples which no look allows it to leave out."""
    left_out = one.early.stops if one.early else frozenset()
    if left_out and not one.definition.looks:
        message = (
            f"{one.path}: {len(left_out)} samples were not asked because it stopped early, but no look was planned"
        )
        raise LogError(message)
    wrong = sorted(key for key in left_out if order.get(key, -1) < counted)
    if wrong:
        sample, epoch = wrong[0]
        message = (
            f"{one.path}: sample {sample}, epoch {epoch} was not asked because it stopped early, but it is among the "
            f"first {counted}, which the look needs"
        )
        raise LogError(message)
