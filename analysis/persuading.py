"""Logs -> what exchanges of senders and receivers tell, as one noun."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from standfast.analysis import gaining, receiving, scenarios, telling
from standfast.analysis.effects import FEWEST_RECEIVERS
from standfast.analysis.exchanges import Exchanges, of_exchanges, read
from standfast.analysis.persuasion import Persuasion


def persuading(
    logs: Path | Sequence[Path], frame: pd.DataFrame, run: Mapping[str, Any], *, confidence: float
) -> Persuasion | None:
    """Return what the exchanges in logs tell.

    Args:
        logs: The log folder, or the files.
        frame: The tidy frame collected from them.
        run: run.json: items with their classes, `levers` (pairs of subjects with `kind`, `name`, `model`, `against`)
            and, by audit, `reference_mix` (`name`, `shares`), the last two where they were given.
        confidence: Of every interval.

    Returns:
        `None` where no audit left an exchange, and none counts strategies that nobody asked for.

    Raises:
        LogError: A log is damaged, or an exchange is not what a scorer writes.
    """
    rows, unasked = read(logs, frame, run), telling.unasked(frame)
    if rows.empty and unasked.empty:
        return None
    return of_tables(of_exchanges(rows), unasked, run, confidence=confidence)


def of_tables(exchanges: Exchanges, unasked: pd.DataFrame, run: Mapping[str, Any], *, confidence: float) -> Persuasion:
    """Return what exchanges tell.

    Args:
        exchanges: As tables.
        unasked: Replies of audits in which nobody asks to persuade, as from `telling.unasked`.
        run: As for `persuading`.
        confidence: Of every interval.
    """
    talks, seed = exchanges.talks, int(run["seed"])
    fits = gaining.fitted(talks)
    tried = telling.of_attempts(exchanges)
    said = pd.concat([rows for rows in (tried, unasked) if len(rows)] or [tried], ignore_index=True)
    points, peaks = receiving.by_prior(talks, confidence=confidence, seed=seed)
    models = [model for model in run.get("models", ()) if model in set(talks["model"])] or sorted(set(talks["model"]))
    return Persuasion(
        conf_level=confidence,
        receivers=tuple(sorted(set(talks.loc[talks["seat"] == "sender", "receiver"]))),
        self_play=tuple(sorted(set(talks.loc[talks["self_play"].astype(bool), "sender"]))),
        gains=tuple(gaining.gains(fits, confidence)),
        outcomes=tuple(gaining.outcomes(talks, confidence)),
        prior_points=tuple(points),
        prior_peaks=tuple(peaks),
        rounds=tuple(gaining.rounds(exchanges, confidence)),
        levers=(
            *gaining.personalisation(fits, confidence),
            *gaining.between(talks, gaining.pairs_of(run, models), confidence),
        ),
        plane=tuple(telling.plane(fits, tried, confidence)),
        strategies=tuple(telling.strategies(said, confidence)),
        distances=tuple(telling.distances(said, _references(run), confidence)),
        signalling=tuple(scenarios.signalling(talks, confidence)),
        information=tuple(scenarios.information(talks, exchanges.messages, confidence=confidence, seed=seed)),
        ranking=tuple(receiving.ranking(talks, confidence=confidence, seed=seed)),
        episodes=tuple(gaining.episodes(talks, confidence)),
        probes=tuple(receiving.reliability(exchanges.probes, confidence=confidence, seed=seed)),
        notes=tuple(_notes(fits)),
    )


def _references(run: Mapping[str, Any]) -> dict[str, tuple[str, dict[str, float]]]:
    """Return audit -> name and shares of its reference mix, where one was given."""
    found = {}
    for audit, facts in run["audits"].items():
        given = facts.get("reference_mix") or {}
        shares = {str(name): float(share) for name, share in given.get("shares", {}).items()}
        if shares and all(isfinite(share) and share >= 0 for share in shares.values()) and sum(shares.values()) > 0:
            found[str(audit)] = (str(given.get("name", "reference")), shares)
    return found


def _notes(fits: Sequence[gaining.Fitted]) -> Iterator[str]:
    """Yield what was fitted to gains, and for which receivers it holds."""
    for fit in fits:
        yield f"Gain, {fit.model}, {fit.audit}: {fit.means.linear.method}."
    numbers = {fit.rows["receiver"].nunique() for fit in fits}
    if any(number < FEWEST_RECEIVERS for number in numbers):
        yield (
            f"With fewer than {FEWEST_RECEIVERS} receivers, gains are about these receivers alone and not about "
            "receivers like them."
        )
