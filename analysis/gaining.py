"""Conversations -> how far they moved stances: by condition, round, episode, and what each lever adds."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from standfast.analysis.coefficients import share
from standfast.analysis.effects import NOWHERE, Bools, CellMeans, Effect, cell_means
from standfast.analysis.exchanges import ATTEMPTED, DECLINED, RECEIVES, UNCLEAR, Exchanges
from standfast.analysis.gains import SCALE_STEPS, EpisodeSlope, Gain, Lever, LeverKind, Outcomes, RoundGain
from standfast.analysis.ratios import Ratio, ratio

FACTORS = ("role", "profile", "challenge", "class")
# Each of these is shown in a row of its own where it varies, averaged over the others.
_MARGINS = ("role", "profile", "challenge", "class")
CONTROLS = ("filler", "none")  # the first of these that a run has is what a profile level is compared with


class Fitted(NamedTuple):
    """The conversations of one subject and audit that have a gain, and the means fitted to them."""

    model: str
    audit: str
    rows: pd.DataFrame
    means: CellMeans


def scored(talks: pd.DataFrame) -> pd.DataFrame:
    """Return the conversations with a gain in which the subject tried to persuade, or was to be persuaded."""
    told = talks["outcome"].isin([ATTEMPTED, RECEIVES]) & (talks["kind"] == "claim")
    return talks[told & talks["gain"].notna()].reset_index(drop=True)


def fitted(talks: pd.DataFrame) -> list[Fitted]:
    """Return the fits of all subjects and audits."""
    groups = scored(talks).groupby(["model", "audit"], sort=True)
    return [Fitted(str(model), str(audit), rows, cell_means(rows, FACTORS)) for (model, audit), rows in groups]


def gains(fits: Sequence[Fitted], confidence: float) -> list[Gain]:
    """Return mean gains over everything, by receiver, by each condition, and by class × profile and challenge."""
    return [gain for fit in fits for gain in _gains(fit, confidence)]


def _gains(fit: Fitted, confidence: float) -> Iterator[Gain]:
    yield _gain(fit, {}, confidence)
    varying = [name for name in _MARGINS if fit.rows[name].nunique() > 1]
    pairs = [("class", name) for name in ("profile", "challenge") if {"class", name} <= set(varying)]
    pairs += [("profile", "challenge")] if {"profile", "challenge"} <= set(varying) else []
    for names in [*((name,) for name in varying), *pairs]:
        levels = [sorted(fit.rows[name].unique()) for name in names]
        for chosen in product(*levels):
            yield _gain(fit, dict(zip(names, chosen, strict=True)), confidence)
    receivers = sorted(fit.rows["receiver"].unique())
    for receiver in receivers if len(receivers) > 1 else []:
        own = fit.rows[fit.rows["receiver"] == receiver]
        yield _gain(fit._replace(rows=own, means=cell_means(averaged(own), ())), {}, confidence, str(receiver))


def averaged(rows: pd.DataFrame, *by: str, values: Sequence[str] = ("gain",)) -> pd.DataFrame:
    """Return means per item, persona and receiver, and per level of some factors, over everything else."""
    keys = ["item", "persona", "receiver", *by]
    return rows.groupby(keys, sort=True, as_index=False)[list(values)].mean()


def _gain(fit: Fitted, levels: Mapping[str, Any], confidence: float, receiver: str = "") -> Gain:
    rows = fit.rows[matching(fit.rows, levels)]
    found = fit.means.mean(matching(fit.means.cells, levels), confidence) if len(rows) else NOWHERE
    reached = of_attainable(rows, confidence)
    named = {("topic_class" if name == "class" else name): str(level) for name, level in levels.items()}
    return Gain(
        model=fit.model,
        audit=fit.audit,
        receiver=receiver,
        **{"role": "", "profile": "", "challenge": "", "topic_class": "", **named},
        estimate=found.estimate,
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        n_obs=len(rows),
        n_items=rows["item"].nunique(),
        n_receivers=rows["receiver"].nunique(),
        attainable=reached.value,
        attainable_low=reached.conf_low,
        attainable_high=reached.conf_high,
    )


def matching(rows: pd.DataFrame, levels: Mapping[str, Any]) -> Bools:
    """Return which rows have the given levels."""
    chosen = np.ones(len(rows), dtype=bool)
    for name, level in levels.items():
        chosen &= (rows[name] == level).to_numpy(bool)
    return chosen


def of_attainable(rows: pd.DataFrame, confidence: float) -> Ratio:
    """Return the share of the attainable gain, a ratio of sums over conversations."""
    return ratio(
        rows["gain"].to_numpy(np.float64),
        rows["attainable"].to_numpy(np.float64),
        np.asarray(pd.factorize(rows["item"])[0], np.int64),
        confidence,
    )


def outcomes(talks: pd.DataFrame, confidence: float) -> list[Outcomes]:
    """Return attempts and refusals of senders on claims: over everything, by class, by challenge, and by both."""
    asked = talks[(talks["kind"] == "claim") & (talks["outcome"] != RECEIVES)]
    found = []
    for (model, audit), own in asked.groupby(["model", "audit"], sort=True):
        classes, challenges = (["", *sorted(own[name].unique())] for name in ("class", "challenge"))
        seen: set[tuple[str, str]] = set()
        for topic, challenge in product(dict.fromkeys(classes), dict.fromkeys(challenges)):
            levels = {
                name: level for name, level in (("class", topic), ("challenge", challenge)) if level and level != ""
            }
            rows = own[matching(own, levels)]
            if len(rows) and (topic, challenge) not in seen:
                seen.add((topic, challenge))
                found.append(_outcomes(str(model), str(audit), str(topic), str(challenge), rows, confidence))
    return found


def _outcomes(model: str, audit: str, topic: str, challenge: str, rows: pd.DataFrame, confidence: float) -> Outcomes:
    known = rows[rows["outcome"].isin([ATTEMPTED, DECLINED])]
    tried = np.asarray(known["outcome"] == ATTEMPTED, np.float64)
    found = share(tried, np.asarray(pd.factorize(known["item"])[0], np.int64), confidence)
    return Outcomes(
        model=model,
        audit=audit,
        topic_class=topic,
        challenge=challenge,
        attempted=int(tried.sum()),
        declined=len(known) - int(tried.sum()),
        unclear=int((rows["outcome"] == UNCLEAR).sum()),
        share=found.value,
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        n_obs=found.n,
        n_items=found.n_items,
    )


def rounds(exchanges: Exchanges, confidence: float) -> list[RoundGain]:
    """Return gains by round: over all challenges, and by challenge where there are several."""
    used = _of_scored(exchanges.rounds, exchanges.talks)
    used = used[used["gain"].notna() & used["step"].notna()]
    found = []
    for (model, audit, number), rows in used.groupby(["model", "audit", "after"], sort=True):
        after = int(str(number))
        whole = averaged(rows, "challenge", values=("gain", "step"))
        totals = cell_means(whole, ("challenge",))
        steps = cell_means(whole, ("challenge",), "step") if after > 1 else totals
        challenges = sorted(rows["challenge"].unique())
        for challenge in ["", *(challenges if len(challenges) > 1 else [])]:
            levels = {"challenge": challenge} if challenge else {}
            total, step = (m.mean(matching(m.cells, levels), confidence) for m in (totals, steps))
            own = rows[matching(rows, levels)]
            found.append(
                RoundGain(
                    model=str(model),
                    audit=str(audit),
                    challenge=str(challenge),
                    after=after,
                    estimate=total.estimate,
                    conf_low=total.conf_low,
                    conf_high=total.conf_high,
                    step=step.estimate,
                    step_low=step.conf_low,
                    step_high=step.conf_high,
                    n_obs=len(own),
                    n_items=own["item"].nunique(),
                )
            )
    return sorted(found, key=lambda row: (row.model, row.audit, row.challenge, row.after))


def _of_scored(rows: pd.DataFrame, talks: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of conversations that have a gain, or would have one but for a missing probe."""
    keys = ["model", "audit", "item", "persona", "profile", "role", "challenge", "epoch"]
    told = talks[talks["outcome"].isin([ATTEMPTED, RECEIVES]) & (talks["kind"] == "claim")]
    return rows.merge(told[keys], on=keys, how="inner")


def episodes(talks: pd.DataFrame, confidence: float) -> list[EpisodeSlope]:
    """Return slopes over episodes: over everything, by profile level, and by what the receiver remembers."""
    used = scored(talks)
    used = used[used["slope"].notna()]
    found = []
    for (model, audit), rows in used.groupby(["model", "audit"], sort=True):
        slopes, firsts = (cell_means(rows, FACTORS, value) for value in ("slope", "first"))
        for levels in _one_by_one(rows, ("profile", "challenge")):
            slope, first = (m.mean(matching(m.cells, levels), confidence) for m in (slopes, firsts))
            own = rows[matching(rows, levels)]
            found.append(
                EpisodeSlope(
                    model=str(model),
                    audit=str(audit),
                    profile=str(levels.get("profile", "")),
                    challenge=str(levels.get("challenge", "")),
                    estimate=slope.estimate,
                    conf_low=slope.conf_low,
                    conf_high=slope.conf_high,
                    first=first.estimate,
                    first_low=first.conf_low,
                    first_high=first.conf_high,
                    episodes=int(own["episodes"].max()),
                    n_obs=len(own),
                    n_items=own["item"].nunique(),
                )
            )
    return found


def _one_by_one(rows: pd.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return no condition, then each level of each factor that varies."""
    found: list[dict[str, Any]] = [{}]
    for name in names:
        levels = sorted(rows[name].unique())
        found += [{name: level} for level in levels] if len(levels) > 1 else []
    return found


def personalisation(fits: Sequence[Fitted], confidence: float) -> list[Lever]:
    """Return what each profile level adds to its control, for subjects that send."""
    found = []
    for fit in fits:
        levels = set(fit.rows["profile"])
        control = next((name for name in CONTROLS if name in levels), None)
        if control is None or (fit.rows["outcome"] == RECEIVES).any():
            continue
        for level in sorted(levels - {control}):
            chosen, against = (matching(fit.means.cells, {"profile": name}) for name in (level, control))
            effect = fit.means.difference(chosen, against, confidence)
            rows = fit.rows[fit.rows["profile"].isin([level, control])]
            place = {"model": fit.model, "against": "", "profile": str(level), "control": control}
            found.append(lever("personalisation", f"{level} − {control}", fit.audit, place, effect, rows))
    return found


def lever(
    kind: LeverKind, name: str, audit: str, place: Mapping[str, str], effect: Effect, rows: pd.DataFrame
) -> Lever:
    """Return a difference of gains as a row, in points and in percentage points of the scale."""
    factor = 100 / SCALE_STEPS
    return Lever(
        kind=kind,
        name=name,
        audit=audit,
        **place,
        estimate=effect.estimate,
        conf_low=effect.conf_low,
        conf_high=effect.conf_high,
        percent=factor * effect.estimate,
        percent_low=factor * effect.conf_low,
        percent_high=factor * effect.conf_high,
        n_obs=len(rows),
        n_items=rows["item"].nunique(),
        n_receivers=rows["receiver"].nunique(),
    )


class Pair(NamedTuple):
    """Two subjects that are compared: `model` less `against`."""

    kind: LeverKind
    name: str
    model: str
    against: str


def between(talks: pd.DataFrame, pairs: Sequence[Pair], confidence: float) -> list[Lever]:
    """Return the difference of gains of each pair of subjects, in each audit in which both send."""
    sent = scored(talks)
    sent = sent[sent["outcome"] == ATTEMPTED]
    found = []
    for audit, rows in sent.groupby("audit", sort=True):
        for pair in pairs:
            own = rows[rows["model"].isin([pair.model, pair.against])]
            if own["model"].nunique() < 2:
                continue
            means = cell_means(averaged(own, "model"), ("model",))
            chosen, against = (matching(means.cells, {"model": name}) for name in (pair.model, pair.against))
            effect = means.difference(chosen, against, confidence)
            place = {"model": pair.model, "against": pair.against, "profile": "", "control": ""}
            found.append(lever(pair.kind, pair.name, str(audit), place, effect, own))
    return found


def pairs_of(run: Mapping[str, Any], models: Sequence[str]) -> list[Pair]:
    """Return the pairs that a run names, or else every other subject against the first."""
    kinds: Mapping[str, LeverKind] = {"post-training": "post-training", "scale": "scale"}
    named = [
        Pair(kinds.get(str(one.get("kind")), "other"), str(one["name"]), str(one["model"]), str(one["against"]))
        for one in run.get("levers") or ()
    ]
    return named or [Pair("other", f"{model} − {models[0]}", model, models[0]) for model in models[1:]]
