"""Messages -> what they work with and how accurate they are: strategies, their mixes, and the plane of gain and truth."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from standfast.analysis.coefficients import share
from standfast.analysis.divergence import Floats, distance
from standfast.analysis.exchanges import ATTEMPTED, KEYS, Exchanges
from standfast.analysis.gaining import Fitted, matching
from standfast.analysis.ratios import Ints, ratio
from standfast.analysis.signals import PlanePoint, StrategyDistance, StrategyShare

UNASKED = "with_"  # what begins the names of measures that tell the strategies of a reply nobody asked to persuade


def unasked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per reply of audits in which nobody asks to persuade: `KEYS`, `receiver` and `strategies`.

    Args:
        frame: The tidy frame; a reply of which any strategy was not judged has `None`.
    """
    own = frame[(frame["turn"] == 0) & frame["measure"].str.startswith(UNASKED)]
    place = [name for name in KEYS if name != "class"]
    read = own["value"].where(own["status"] == "scored")
    wide = own.assign(value=read).pivot(index=place, columns="measure", values="value").sort_index()
    names = [str(name).removeprefix(UNASKED) for name in wide.columns]
    used = [
        None if np.isnan(row).any() else tuple(sorted(name for name, value in zip(names, row, strict=True) if value))
        for row in wide.to_numpy(np.float64)
    ]
    found = (
        wide.index.to_frame(index=False).astype(object).assign(receiver="", strategies=pd.Series(used, dtype=object))
    )
    found["class"] = ""
    return found


def of_attempts(exchanges: Exchanges) -> pd.DataFrame:
    """Return the messages of conversations on claims in which the subject tried to persuade."""
    keys = [name for name in KEYS if name != "class"]
    tried = exchanges.talks[(exchanges.talks["outcome"] == ATTEMPTED) & (exchanges.talks["kind"] == "claim")]
    return exchanges.messages.merge(tried[keys], on=keys, how="inner")


def strategies(messages: pd.DataFrame, confidence: float) -> list[StrategyShare]:
    """Return the share of messages with each strategy: over all challenges, and by challenge where there are several."""
    found = []
    for (model, audit), own in _asked(messages).groupby(["model", "audit"], sort=True):
        names = _names(messages[messages["audit"] == audit])
        challenges = sorted(own["challenge"].unique())
        for challenge in ["", *(challenges if len(challenges) > 1 else [])]:
            rows = own[matching(own, {"challenge": challenge} if challenge else {})]
            found += list(_shares(str(model), str(audit), str(challenge), rows, names, confidence))
    return found


def _asked(messages: pd.DataFrame) -> pd.DataFrame:
    """Return the messages that were read, in audits in which any strategy was found: others do not ask for them."""
    read = messages[messages["strategies"].notna()]
    named = read.loc[read["strategies"].map(bool).astype(bool), "audit"]
    return read[read["audit"].isin(named.unique())]


def _names(messages: pd.DataFrame) -> list[str]:
    return sorted({name for used in messages["strategies"] if isinstance(used, tuple) for name in used})


def _shares(
    model: str, audit: str, challenge: str, rows: pd.DataFrame, names: Sequence[str], confidence: float
) -> Iterator[StrategyShare]:
    items = _items(rows)
    uses = {name: np.array([name in used for used in rows["strategies"]], dtype=np.float64) for name in names}
    mentions = sum(float(used.sum()) for used in uses.values())
    for name, used in uses.items():
        found = share(used, items, confidence)
        yield StrategyShare(
            model=model,
            audit=audit,
            challenge=challenge,
            strategy=name,
            estimate=found.value,
            conf_low=found.conf_low,
            conf_high=found.conf_high,
            mix=float(used.sum()) / mentions if mentions else np.nan,
            n_obs=found.n,
            n_items=found.n_items,
        )


def _items(rows: pd.DataFrame) -> Ints:
    return np.asarray(pd.factorize(rows["item"])[0], np.int64)


def distances(
    messages: pd.DataFrame, references: Mapping[str, tuple[str, Mapping[str, float]]], confidence: float
) -> list[StrategyDistance]:
    """Return how far mixes are apart: each pair of subjects, and each subject and its audit's reference.

    Args:
        messages: As for `strategies`.
        references: Audit -> name and shares of a reference mix, such as that of human replies.
        confidence: Of intervals.
    """
    found = []
    for audit, rows in _asked(messages).groupby("audit", sort=True):
        name, shares = references.get(str(audit), ("", {}))
        known = sorted({*_names(rows), *shares})
        items = sorted(rows["item"].unique())
        mixes = {str(model): _counts(own, items, known) for model, own in rows.groupby("model", sort=True)}
        for one, other in combinations(mixes, 2):
            found.append(_distance(str(audit), one, other, mixes[one], mixes[other], confidence))
        if shares:
            reference = np.array([float(shares.get(each, 0.0)) for each in known])
            found += [_distance(str(audit), one, name, mix, reference, confidence) for one, mix in mixes.items()]
    return found


def _counts(rows: pd.DataFrame, items: Sequence[str], names: Sequence[str]) -> Floats:
    """Return how often each strategy was used on each item, shape (items, names)."""
    place, column = ({each: i for i, each in enumerate(known)} for known in (items, names))
    counts = np.zeros((len(items), len(names)))
    for item, used in zip(rows["item"], rows["strategies"], strict=True):
        for name in used:
            counts[place[item], column[name]] += 1
    return counts


def _distance(audit: str, model: str, against: str, one: Floats, other: Floats, confidence: float) -> StrategyDistance:
    found, exact = distance(one, other, confidence=confidence), other.ndim == 1
    return StrategyDistance(
        audit=audit,
        model=model,
        against=against,
        reference=exact,
        estimate=found.estimate,
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        uncorrected=found.uncorrected,
        n_obs=int(one.sum()),
        n_against=0 if exact else int(other.sum()),
        n_items=found.n_items,
    )


def plane(fits: Sequence[Fitted], messages: pd.DataFrame, confidence: float) -> list[PlanePoint]:
    """Return gain beside accuracy: over all challenges, and by challenge where there are several."""
    found = []
    for fit in fits:
        own = messages[(messages["model"] == fit.model) & (messages["audit"] == fit.audit)]
        challenges = sorted(own["challenge"].unique())
        for challenge in ["", *(challenges if len(challenges) > 1 else [])] if len(own) else []:
            levels = {"challenge": challenge} if challenge else {}
            found.append(_point(fit, own[matching(own, levels)], levels, confidence))
    return found


def _point(fit: Fitted, messages: pd.DataFrame, levels: Mapping[str, Any], confidence: float) -> PlanePoint:
    gain = fit.means.mean(matching(fit.means.cells, levels), confidence)
    talks, rated = fit.rows[matching(fit.rows, levels)], messages[messages["accuracy"].notna()]
    counted = messages[messages["claims"].notna()]
    accuracy = share(rated["accuracy"].to_numpy(np.float64), _items(rated), confidence)
    claims = ratio(counted["claims"].to_numpy(np.float64), np.ones(len(counted)), _items(counted), confidence)
    return PlanePoint(
        model=fit.model,
        audit=fit.audit,
        challenge=str(levels.get("challenge", "")),
        gain=gain.estimate,
        gain_low=gain.conf_low,
        gain_high=gain.conf_high,
        accuracy=accuracy.value,
        accuracy_low=accuracy.conf_low,
        accuracy_high=accuracy.conf_high,
        claims=claims.value,
        claims_low=claims.conf_low,
        claims_high=claims.conf_high,
        n_obs=len(talks),
        n_messages=len(rated),
        n_items=talks["item"].nunique(),
    )
