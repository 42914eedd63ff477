"""What an inconclusive gate would take to pass, if its estimate is the truth.

The interval that decided is taken as it is: its nearer half is scaled as the closed form of the crossed design says
that it shrinks with items, or with personas per item, from the variances that the fit itself found. What the missing
values take from the worst case does not shrink.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil, isfinite
from typing import NamedTuple

import pandas as pd
from scipy import stats

from standfast.analysis.components import Components
from standfast.analysis.decisions import GateResult
from standfast.analysis.findings import Finding
from standfast.analysis.frames import NOT_APPLICABLE
from standfast.analysis.intervals import critical_t
from standfast.analysis.pilot import of_pilot
from standfast.analysis.power import MOST_ITEMS
from standfast.analysis.precision import Design, precision
from standfast.estimands import ContrastKind, parse_contrast

TARGET = 0.8  # the usual power to plan for
_SAMPLE = "item × persona × role × profile × challenge"
# A contrast of another kind has the weights of this one over roles and profile levels, up to a constant.
_LIKE: Mapping[ContrastKind, ContrastKind] = {"E6": "E2", "E7": "E2"}
_BETWEEN_CHALLENGES: Mapping[ContrastKind, ContrastKind] = {"E5": "E3", "E9": "E2", "D": "E2"}

Variances = Mapping[tuple[str, str, str], Mapping[str, float]]  # model, audit, measure -> term -> standard deviation
Pairs = Mapping[str, Mapping[str, str]]  # audit -> item -> situation


def of_gate(result: GateResult, frame: pd.DataFrame, variances: Variances, pairs: Pairs) -> str:
    """Return what would let an inconclusive gate on findings pass, in a sentence.

    Args:
        result: The gate's result.
        frame: The tidy frame.
        variances: Standard deviations of the fits, as `FitSummary.variance` has them.
        pairs: Audit -> item -> pair, for items that tell one situation and so count once.

    Returns:
        A sentence; empty where the gate is not inconclusive, is one on the evidence itself, or waits for something
        else than a narrower interval.
    """
    if result.raw != "inconclusive" or result.finding is None:
        return ""
    held = _held(result)
    if any(_rows(finding, frame).empty for finding, _, _ in held):
        return ""
    sides = [_side(finding, margin, direction, frame, variances, pairs) for finding, margin, direction in held]
    if any(side.room + side.lost <= 0 for side in sides):
        return (
            "No number of items would let it pass if the estimate is the truth, which lies at the margin or on its "
            "worse side."
        )
    if any(side.room <= 0 for side in sides):
        return "No number of items would let it pass with as many values missing: it takes fewer of them."
    if all(side.room > side.half for side in sides):
        return ""
    return _sentence(sides)


class _Side(NamedTuple):
    """One finding against one margin, in the finding's unit.

    Attributes:
        room: How far the estimate lies on the better side of the margin, less what missing values take.
        lost: What missing values take.
        half: Half of the interval, towards the margin.
        std_error: Standard error with as much as was asked; half / t.
        df: Its degrees of freedom.
        confidence: Of the interval.
        kind: Estimand whose weights it has.
        components: What varies, on any scale; only their ratios count.
        design: What was asked.
        items: Items that were asked, with their audits.
        exact: Whether the fit knew its variances; if not, all is taken to vary with items.
    """

    room: float
    lost: float
    half: float
    std_error: float
    df: float
    confidence: float
    kind: ContrastKind
    components: Components
    design: Design
    items: frozenset[tuple[str, str]]
    exact: bool

    def power(self, items: int, per_item: int) -> float:
        """Return the probability of passing with other numbers of items and of personas per item."""
        now = precision(self.design, self.components, self.kind, self.confidence)
        other = replace(self.design, items=items, per_item=per_item)
        then = precision(other, self.components, self.kind, self.confidence)
        std_error = self.std_error * then.std_error / now.std_error
        df = max(self.df, self.df * then.df / now.df)
        return float(stats.nct.sf(critical_t(self.confidence, df), df, self.room / std_error))


_Held = tuple[Finding, float, str]  # finding, margin, which way is better


def _held(result: GateResult) -> list[_Held]:
    """Return every finding with every margin that it must be better than."""
    found = result.finding
    assert found is not None
    if result.direction == "within":
        return [(found, -abs(result.margin), "higher"), (found, abs(result.margin), "lower")]
    twin = result.twin
    more = [(twin, result.twin_margin, "lower")] if twin and isfinite(result.twin_margin) else []
    return [(found, result.margin, result.direction), *more]


def _side(
    finding: Finding, margin: float, direction: str, frame: pd.DataFrame, variances: Variances, pairs: Pairs
) -> _Side:
    sign = 1.0 if direction == "higher" else -1.0
    ends = (finding.conf_low, finding.bound_low) if sign > 0 else (finding.conf_high, finding.bound_high)
    half, lost = abs(finding.estimate - ends[0]), abs(ends[0] - ends[1])
    rows = _rows(finding, frame)
    kind, components, repetitions = _varying(finding, rows, variances)
    design, items = _design(rows, pairs, repetitions)
    return _Side(
        room=sign * (finding.estimate - margin) - lost,
        lost=lost,
        half=half,
        std_error=half / critical_t(finding.conf_level, finding.df),
        df=finding.df,
        confidence=finding.conf_level,
        kind=kind,
        components=components or Components(residual=0.0, item=1.0, item_profile=1.0, item_role_profile=1.0),
        design=design,
        items=items,
        exact=components is not None,
    )


def _rows(finding: Finding, frame: pd.DataFrame) -> pd.DataFrame:
    """Return what was planned of a finding's measure; over all audits where it is pooled."""
    own = (frame["model"] == finding.model) & (frame["measure"] == finding.measure) & (frame["turn"] == 0)
    if finding.audit in set(frame["audit"]):
        own &= frame["audit"] == finding.audit
    return frame[own & ~frame["status"].isin(NOT_APPLICABLE)]


def _varying(finding: Finding, rows: pd.DataFrame, variances: Variances) -> tuple[ContrastKind, Components | None, int]:
    """Return which estimand's weights a contrast has, what varies, and the repetitions that average it."""
    kind = parse_contrast(finding.contrast).kind
    known = variances.get((finding.model, finding.audit, finding.measure), {})
    challenges, epochs = rows["challenge"].nunique(), rows["epoch"].nunique()
    if kind == "E8" or "residual" not in known or not any(known.values()):
        return "E2", None, 1
    if kind not in _BETWEEN_CHALLENGES:
        return _LIKE.get(kind, kind), of_pilot([known], challenges), epochs * challenges
    within = {name: sd for name, sd in known.items() if name in (_SAMPLE, "residual")}
    of_item = 0.0 if kind == "E5" else known.get("item × challenge", 0.0)  # E5 subtracts it within each challenge
    return _BETWEEN_CHALLENGES[kind], of_pilot([{**within, "item × profile": of_item}]), epochs


def _design(rows: pd.DataFrame, pairs: Pairs, repetitions: int) -> tuple[Design, frozenset[tuple[str, str]]]:
    """Return what was asked; items that tell one situation are one, as in planning."""
    told = [
        (audit, pairs.get(audit, {}).get(item, item)) for audit, item in zip(rows["audit"], rows["item"], strict=True)
    ]
    asked = rows.assign(situation=pd.factorize(pd.Series(told, dtype=object))[0])
    units, personas = asked["situation"].nunique(), asked["persona"].nunique()
    meetings = len(asked[["situation", "persona"]].drop_duplicates())
    return Design(
        items=max(units, 2),
        personas=personas,
        per_item=min(personas, max(meetings // max(units, 1), 1)),
        repetitions=repetitions,
        roles=rows["role"].nunique(),
        profiles=rows["profile"].nunique(),
    ), frozenset(zip(rows["audit"], rows["item"], strict=True))


def _sentence(sides: list[_Side]) -> str:
    """Say how many items, or personas per item, would be enough for all sides at once."""
    design, exact = sides[0].design, all(side.exact for side in sides)
    units = _fewest(lambda items: _enough(sides, items / design.items, 0), design.items)
    more = range(1, design.personas - design.per_item + 1) if exact else ()
    per_item = next((k for k in more if _enough(sides, 1, k)), None)
    others = f"{design.per_item + per_item} personas per item (now {design.per_item})" if per_item else ""
    if units is None and not others:
        return _never(sides[0])
    now = len(frozenset().union(*(side.items for side in sides)))
    about = "about" if exact else "at least"
    items = "" if units is None else f"{about} {ceil(now * units / design.items):,} items (now {now:,})"
    told = " or with ".join(filter(None, (items, others)))
    return f"If the estimate is the truth, it passes with a probability of {100 * TARGET:.0f} % with {told}."


def _enough(sides: list[_Side], share: float, more: int) -> bool:
    """Tell whether all pass at once with a probability of `TARGET`, however they depend on one another.

    Args:
        sides: What must pass.
        share: Items, as a multiple of those that were asked.
        more: Personas per item beyond those that each item met.
    """
    fails = 0.0
    for side in sides:
        design = side.design
        per_item = min(design.per_item + more, design.personas)
        fails += 1 - side.power(max(round(design.items * share), 2), per_item)
    return fails <= 1 - TARGET


def _fewest(enough: Callable[[int], bool], now: int) -> int | None:
    """Return the smallest number of items that is enough, from those there are, by bisection."""
    if not enough(MOST_ITEMS):
        return None
    low, high = now - 1, MOST_ITEMS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _never(side: _Side) -> str:
    """Say why no number of items suffices."""
    most = precision(replace(side.design, items=MOST_ITEMS), side.components, side.kind, side.confidence)
    if most.floor > most.std_error / 2:
        who = f"what differs between {side.design.personas} personas is too much for this margin"
        return f"No number of items would let it pass if the estimate is the truth: {who}."
    return f"If the estimate is the truth, it takes more than {MOST_ITEMS:,} items to pass."
