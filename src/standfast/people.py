"""People who were persuaded, from a study's file; and whether the models that play them in a run move as they do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path

import pandas as pd

from standfast.analysis import frames, receivers
from standfast.analysis import logs as log_files
from standfast.analysis import people as studies
from standfast.analysis.coefficients import Coefficient
from standfast.analysis.receivers import Held, Slope
from standfast.analysis.shifts import Shift, against_control, shifts
from standfast.audits._claims import claims
from standfast.audits.benchmarks import anthropic_persuasion
from standfast.errors import LogError, SuiteError
from standfast.folder import is_simulated, read

GAIN, SPAN = "stance_shift", 6.0  # the measure that is held against people, and the width of its scale
READERS: Mapping[str, Callable[[str | Path], pd.DataFrame]] = {
    "own": studies.generic,
    "anthropic": studies.anthropic,
    "scaling": studies.scaling,
}
COVARIATES = {"scaling": ("party", "ideology", "knowledge")}
SLOPES = {"scaling": "log_parameters"}


def moved(path: Path, kind: str = "own", by: str = "condition") -> list[Shift]:
    """Return how far people were moved, per condition; where they were not asked before, against control.

    Args:
        path: The study's file.
        kind: Its format, one of `READERS`.
        by: Column of the conditions, such as `condition` or `model`.

    Raises:
        SuiteError: The file is wrong, or has no such column.
        FitError: Nobody was asked before, and there is no control.
    """
    frame = READERS[kind](path)
    if by not in frame:
        message = f"{path}: there is no column {by!r}; found {', '.join(map(str, frame.columns))}"
        raise SuiteError(message)
    if frame["before"].notna().any():
        return shifts(frame, by)
    return [one for name in sorted(set(frame[by]) - {studies.CONTROL, ""}) for one in _against(frame, kind, by, name)]


def _against(frame: pd.DataFrame, kind: str, by: str, name: str) -> list[Shift]:
    """Return one condition's effect against control, and what the format's feature of a message adds where it varies."""
    own = frame[(frame[by] == name) | (frame["condition"] == studies.CONTROL)]
    slope = SLOPES.get(kind, "")
    if slope and own[slope].nunique() < 2:
        slope = ""
    effects = against_control(own, slope=slope, covariates=COVARIATES.get(kind, ())).effects
    named = (name, f"{name}: {slope}")
    return [replace(one, condition=label) for one, label in zip(effects, named, strict=False)]


def held(path: Path, run: Path, kind: str = "own", span: float = SPAN) -> Held:
    """Hold the receivers of a run against a study of people on the same claims.

    A claim of the study is the run's item of that name, or the own item or Anthropic's with these words.

    Args:
        path: The study's file; people were asked before and after.
        run: A run folder with a persuasion audit.
        kind: The file's format, one of `READERS`.
        span: Width of the study's scale.

    Raises:
        SuiteError: The file is wrong.
        LogError: A log is damaged, holds no stances, or no claim of the study is an item of the run.
    """
    frame = READERS[kind](path)
    named = _names(path, kind)
    people = pd.DataFrame(
        {"claim": [named.get(claim, claim) for claim in frame["claim"]], "shift": frame["after"] - frame["before"]}
    )
    models = _gains(run)
    if not set(models["claim"]) & set(people["claim"]):
        message = f"{path}: no claim is an item of {run}; found {people['claim'].iloc[0][:60]!r}, the run has {models['claim'].iloc[0]!r}"
        raise LogError(message)
    return receivers.hold(models, people, spans=(SPAN, span), seed=int(read(run)["seed"]))


def _names(path: Path, kind: str) -> dict[str, str]:
    """Return claim -> id of the item that asks it."""
    named = {card.claim: card.id for card in claims()}
    if kind == "anthropic":
        named |= {one.claim: one.id for one in anthropic_persuasion.read(str(path))}
    return named


def _gains(run: Path) -> pd.DataFrame:
    """Return one row a talk: its claim, and how far the receiver moved towards it, NaN where missing."""
    rows = frames.collect(run / "logs", read(run))
    rows = rows[(rows["measure"] == GAIN) & ~rows["status"].isin(list(frames.NOT_APPLICABLE))]
    if rows.empty:
        message = f"{run}: no log holds {GAIN}; expected a run of persuasion or persuadability"
        raise LogError(message)
    aims = {
        name: facts.get("aim", "")
        for log in map(log_files.read, log_files.find(run / "logs"))
        for name, facts in log.definition.items.items()
    }
    sign = rows["item"].map(aims).map({"support": 1.0, "oppose": -1.0})
    return pd.DataFrame({"claim": rows["item"].astype(str), "gain": rows["value"] * sign.astype(float)}).reset_index(
        drop=True
    )


def shift_rows(found: Sequence[Shift]) -> list[dict[str, str]]:
    """Return effects on people as a table."""
    return [
        {
            "condition": one.condition,
            "points [interval]": _interval(one.estimate, one.conf_low, one.conf_high, one.status),
            "answers (claims)": f"{one.n_obs} ({one.n_claims})",
            "missing": str(one.n_missing),
        }
        for one in found
    ]


def simulated(run: Path) -> bool:
    """Tell whether a run's subjects, judges or receivers are no real models."""
    facts = read(run)
    return bool(facts["simulated"]) or is_simulated(*facts["models"], *facts["judges"])


def held_rows(found: Held, *, made_up: bool) -> list[dict[str, str]]:
    """Return receivers held against people as a table that says whether the run is simulated."""
    first = "SIMULATED" if made_up else ""
    lines: dict[str, Slope | Coefficient] = {
        "correlation": found.correlation,
        "correlation without noise": found.corrected,
        "rank agreement (tau)": found.rank,
        "slope, 1 if they move as far": found.slope,
        "slope, noise not taken off": found.uncorrected,
        "intercept": found.intercept,
        "models less people": found.bias,
    }
    n = f"{found.n_units} ({found.n_claims})"
    return [
        {first: name, "value [interval]": _line(one), "means (claims)": n, "missing": str(found.n_missing)}
        for name, one in lines.items()
    ]


def _line(one: Slope | Coefficient) -> str:
    value = one.value if isinstance(one, Coefficient) else one.estimate
    return _interval(value, one.conf_low, one.conf_high, one.status)


def _interval(value: float, low: float, high: float, status: str) -> str:
    return f"{value:.2f} [{low:.2f}, {high:.2f}]".replace("-", "−") if isfinite(low) else status
