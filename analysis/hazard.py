"""Turns -> hazard ratios of the first flip: who makes the subject give in sooner, turn by turn.

One row per conversation and turn at which the position is still held, of conversations that opened with it held; the
last row of a conversation is its first adoption, the last turn, or the turn before a missing one. On these rows

    logit P(flip) = cell(role, profile) + turn + challenge + u(item) + u(persona) + ...

is the discrete-time hazard model, so that exp of a difference of cells is the ratio of the odds of flipping at a turn;
where hazards are small, that is the ratio of the hazards. It is the ratio for one item and one persona, and further
from 1 than the ratio on average over them.

A conversation has no random effect of its own: it flips once at most, and what would be its effect cannot be told from
the turns'. Coverage of nominal 95 % intervals in percent, 200 simulations each with slopes of item on role, profile
and both, for a ratio of 1.2, one of 2.2 and their ratio: 36 items with 1 persona each 97, 96 and 96; with 4 personas
each 95, 94 and 95; 24 items with 2 personas each 98, 93 and 98; 12 items with 4 of 12 personas each 99, 97 and 99.
With random intercepts alone, the ratio of 2.2 is covered by 92 % there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import exp, nan, sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis import structure
from standfast.analysis.curves import FEW, at_risk
from standfast.analysis.fits import Degrees
from standfast.analysis.intervals import critical_t
from standfast.analysis.link import FEWEST
from standfast.analysis.mixed import MixedFit, glmm
from standfast.analysis.spreading import Each, in_turn
from standfast.analysis.structure import Columns
from standfast.analysis.survival import paths
from standfast.errors import FitError
from standfast.estimands import BETWEEN, filler_of, is_personal
from standfast.personas.ladder import LEVELS

Key = tuple[str, str]  # role, profile
Floats = NDArray[np.float64]

RANDOM_EFFECTS = tuple(columns for columns in structure.RANDOM_EFFECTS if not {"challenge", "wording"} & {*columns})
_ADVISOR, _PEER = BETWEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardRatio:
    """How much sooner the subject first adopts the user's view under a persona level than under its filler.

    Attributes:
        model: Subject.
        audit: Audit.
        role: Role; `None` for the peer's ratio over the advisor's.
        profile: Persona level, compared with `filler`.
        log_ratio: Log of the ratio of the odds of flipping at a turn; NaN where `status` is not `ok`.
        std_error: Of `log_ratio`.
        df: Degrees of freedom of the interval.
        df_method: How they were found.
        conf_level: Confidence of the interval, such as 0.95.
        conf_low: Lower end, log scale.
        conf_high: Upper end, log scale.
        ratio: exp(log_ratio).
        ratio_low: Lower end of its interval.
        ratio_high: Upper end.
        n_turns: Turns at risk in the levels compared.
        n_flips: Flips among them.
        n_obs: Conversations they come from.
        n_items: Items among these.
        n_personas: Personas among these.
        method: What was fitted, with any reduction.
        status: `ok`, or why there is no estimate.
    """

    model: str
    audit: str
    role: str | None
    profile: str
    log_ratio: float
    std_error: float
    df: float
    df_method: str
    conf_level: float
    conf_low: float
    conf_high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    n_turns: int
    n_flips: int
    n_obs: int
    n_items: int
    n_personas: int
    method: str
    status: str = "ok"


def ratios(frame: pd.DataFrame, *, confidence: float, each: Each = in_turn) -> Iterator[HazardRatio]:
    """Begin to fit, and yield the hazard ratios of all subjects and audits with positions: persona levels against their filler.

    Args:
        frame: The tidy frame; only the turns of the measure `position` under pressure are read.
        confidence: Of the intervals.
        each: How models are fitted, see `spreading`.

    Source: Cox (1972), JRSS B 34, section 9; Allison (1982), Sociological Methodology 13, 61-98.
    """
    read = frame[frame["measure"] == "position"].groupby(["model", "audit"])
    todo = ((str(model), str(audit), own, confidence) for (model, audit), own in read)
    return chain.from_iterable(each(_ratios, todo))


def _ratios(model: str, audit: str, own: pd.DataFrame, confidence: float) -> list[HazardRatio]:
    """Return the hazard ratios of one subject and audit."""
    planned = set(zip(own["role"].astype(str), own["profile"].astype(str), strict=True))
    asked = list(_contrasts(planned))
    rows = person_turns(own)
    fitted = _fit(rows) if asked else _Fitted(None, (), "")
    return [_ratio(model, audit, rows, fitted, contrast, confidence) for contrast in asked]


def person_turns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per conversation and turn at risk, from the second turn, of one subject and audit.

    Args:
        frame: Rows of one subject and audit.

    Returns:
        Columns conversation (from 0), role, profile, item, persona, challenge, turn, and flip: 1 at the first
        adoption, else 0. Conversations without a turn at risk have no row.
    """
    wide = paths(frame)
    risk, flip = at_risk(wide.to_numpy(np.float64))
    conversation, later = np.nonzero(risk[:, 1:])
    kept = ["role", "profile", "item", "persona", "challenge"]
    facts = wide.index.to_frame(index=False)[kept].astype(str).iloc[conversation].reset_index(drop=True)
    facts.insert(0, "conversation", conversation)
    return facts.assign(turn=later + 2, flip=flip[conversation, later + 1].astype(np.float64))


class _Contrast(NamedTuple):
    role: str | None
    profile: str
    weights: dict[Key, float]


def _contrasts(planned: set[Key]) -> Iterator[_Contrast]:
    """Yield the contrasts that the planned levels allow, along the ladder."""
    roles = sorted({role for role, _ in planned})
    levels = {profile for _, profile in planned if is_personal(profile)}
    for profile in sorted(levels, key=lambda name: (LEVELS.index(name) if name in LEVELS else len(LEVELS), name)):
        within = {role: {(role, profile): 1.0, (role, filler_of(profile)): -1.0} for role in roles}
        offered = [_Contrast(role, profile, weights) for role, weights in within.items()]
        if _PEER in roles and _ADVISOR in roles:
            minus = {key: -weight for key, weight in within[_ADVISOR].items()}
            offered.append(_Contrast(None, profile, within[_PEER] | minus))
        yield from (contrast for contrast in offered if planned.issuperset(contrast.weights))


class _Fitted(NamedTuple):
    """A fit with its cells in the order of its first coefficients, what it is in words, or why there is none."""

    fit: MixedFit | None
    cells: tuple[Key, ...]
    method: str
    why_not: str = ""


def _fit(rows: pd.DataFrame) -> _Fitted:
    rows = _informative(rows)
    cells = tuple(sorted(set(zip(rows["role"], rows["profile"], strict=True))))
    if len(cells) < 2:
        return _Fitted(None, cells, "", "no level, or only one, has turns with and without a flip")
    codes = [cells.index(key) for key in zip(rows["role"], rows["profile"], strict=True)]
    rows = rows.assign(cell=np.array(codes, dtype=np.int64))
    X = _fixed(rows)
    if len(X) <= X.shape[1] or np.linalg.matrix_rank(X) < X.shape[1]:
        return _Fitted(None, cells, "", "the design cannot tell levels, turns and challenges apart")
    supported = structure.choose(rows, X, RANDOM_EFFECTS).kept
    terms = [t for t in supported if len(rows) >= FEWEST * rows.groupby(list(t)).ngroups]
    if not terms:
        return _Fitted(None, cells, "", f"fewer than {FEWEST} turns at risk per item")
    also = "".join(f" + C({name})" for name in ("turn", "challenge") if rows[name].nunique() > 1)
    try:
        found = glmm(f"flip ~ 0 + C(cell){also} + {' + '.join(map(structure.formula, terms))}", rows)
    except FitError as error:
        return _Fitted(None, cells, _method(terms), str(error))
    return _Fitted(found, cells, _method(terms), "" if found.converged else "the fit did not converge")


def _informative(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out levels, turns and challenges in which all turns at risk end alike.

    Their own coefficient is infinite, and in that limit they say nothing about any other.
    """
    before = len(rows) + 1
    while before != len(rows):
        before = len(rows)
        for columns in (["role", "profile"], ["turn"], ["challenge"]):
            share = rows.groupby(columns)["flip"].transform("mean")
            rows = rows[(share > 0) & (share < 1)]
    return rows.reset_index(drop=True)


def _fixed(rows: pd.DataFrame) -> Floats:
    columns = [rows["cell"].to_numpy()[:, None] == np.unique(rows["cell"])]
    columns += [rows[name].to_numpy()[:, None] == np.unique(rows[name])[1:] for name in ("turn", "challenge")]
    return np.hstack(columns).astype(np.float64)


def _method(terms: Sequence[Columns]) -> str:
    random = ", ".join(map(structure.words, terms))
    left_out = [structure.words(columns) for columns in RANDOM_EFFECTS if columns not in terms]
    text = (
        "Discrete-time hazard of the first flip: binomial mixed model with logit link by the Laplace approximation, one "
        f"row per conversation and turn at risk; a level per role × profile, turn and challenge; random {random}."
    )
    if left_out:
        text += f" {', '.join(left_out)} left out: too few turns per level, or not told apart by the design."
    return text


def _ratio(
    model: str, audit: str, rows: pd.DataFrame, fitted: _Fitted, contrast: _Contrast, confidence: float
) -> HazardRatio:
    used = {key: rows[(rows["role"] == key[0]) & (rows["profile"] == key[1])] for key in contrast.weights}
    together = pd.concat(list(used.values()))
    df = min((_degrees(own) for own in used.values()), key=lambda known: known.df)
    value, std_error, status = _estimate(fitted, used, contrast.weights)
    half = critical_t(confidence, df.df) * std_error if status == "ok" else nan
    low, high = value - half, value + half
    return HazardRatio(
        model=model,
        audit=audit,
        role=contrast.role,
        profile=contrast.profile,
        log_ratio=value,
        std_error=std_error,
        df=df.df,
        df_method=df.method,
        conf_level=confidence,
        conf_low=low,
        conf_high=high,
        ratio=exp(value),
        ratio_low=exp(low),
        ratio_high=exp(high),
        n_turns=len(together),
        n_flips=int(together["flip"].sum()),
        n_obs=together["conversation"].nunique(),
        n_items=together["item"].nunique(),
        n_personas=together["persona"].nunique(),
        method=fitted.method,
        status=status,
    )


def _degrees(rows: pd.DataFrame) -> Degrees:
    """Return levels − 1 of the factor with fewer, items or personas; one persona is no sample of personas."""
    items, personas = rows["item"].nunique(), rows["persona"].nunique()
    bound, factor = (personas, "personas") if 1 < personas < items else (items, "items")
    return Degrees(float(max(bound - 1, 0)), f"{factor} − 1")


class _Estimate(NamedTuple):
    value: float
    std_error: float
    status: str


def _estimate(fitted: _Fitted, used: Mapping[Key, pd.DataFrame], weights: Mapping[Key, float]) -> _Estimate:
    for key, rows in used.items():
        for flip, verb in ((1.0, "flip"), (0.0, "hold")):
            n = rows["item"][rows["flip"] == flip].nunique()
            if n < FEW:
                name = f"{', '.join(key)}: {n} of {rows['item'].nunique()} items {verb} at a turn under pressure"
                return _Estimate(nan, nan, f"{name}; a ratio needs {FEW}")
    if fitted.fit is None or fitted.why_not:
        return _Estimate(nan, nan, fitted.why_not)
    row = np.zeros(len(fitted.fit.beta))
    for key, weight in weights.items():
        row[fitted.cells.index(key)] = weight
    variance = float(row @ fitted.fit.vcov @ row)
    if not variance > 0:
        return _Estimate(nan, nan, "the fit gives no standard error")
    return _Estimate(float(row @ fitted.fit.beta), sqrt(variance), "ok")
