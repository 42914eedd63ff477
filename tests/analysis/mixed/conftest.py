"""Synthetic data with answers from R (tests/data/mixed/make.R), and the fits to them."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from standfast.analysis.mixed import MixedFit, clmm, glmm, lmm

FOLDER = Path(__file__).parents[2] / "data" / "mixed"


@cache
def _frame(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv.gz")


@cache
def _fit(formula: str, data: str, family: str, weights: str | None, trials: str | None, reml: bool) -> MixedFit:
    frame = _frame(data)
    if family == "gaussian":
        return lmm(formula, frame, weights=weights, reml=reml)
    if family == "ordinal":
        return clmm(formula, frame)
    return glmm(formula, frame, trials=trials)


@pytest.fixture(scope="session")
def known() -> dict[str, Any]:
    return json.loads((FOLDER / "expected.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def synthetic() -> Callable[[str], pd.DataFrame]:
    return lambda name: _frame(name).copy()


@pytest.fixture(scope="session")
def fit_of(known: dict[str, Any]) -> Callable[..., MixedFit]:
    """Return the fit of a case of expected.json, or of a formula to its data."""

    def fit(name: str, formula: str | None = None, *, reml: bool = True) -> MixedFit:
        case = known["fits"][name]
        return _fit(
            formula or case["formula"], case["data"], case["family"], case.get("weights"), case.get("trials"), reml
        )

    return fit


@pytest.fixture(scope="session")
def classic(data: Path) -> Callable[[str], pd.DataFrame]:
    """Return a classic data set, its factors with R's order of levels."""
    folder = data / "mixed_models"
    levels = json.loads((folder / "factor_levels.json").read_text("utf-8"))

    def read(name: str) -> pd.DataFrame:
        factors = levels.get(name, {})
        frame = pd.read_csv(folder / f"{name}.csv.gz", dtype=dict.fromkeys(factors, str))
        present = {column: own for column, own in factors.items() if column in frame}
        return frame.assign(**{c: pd.Categorical(frame[c], categories=own) for c, own in present.items()})

    return read


@pytest.fixture(scope="session")
def classic_known(data: Path) -> dict[str, Any]:
    """Return what lme4, lmerTest and pbkrtest say of the classic data sets."""
    return json.loads((data / "mixed_models" / "expected.json").read_text("utf-8"))
