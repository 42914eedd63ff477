"""What is missing, counted by measure, role and profile, and whether it depends on the condition."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from standfast.analysis.frames import NOT_APPLICABLE, STATUSES
from standfast.analysis.missingness import MissingnessTest, depends_on_condition

_CONDITION = ["role", "profile", "challenge"]
_SAMPLE = ["item", "persona", "wording", *_CONDITION, "epoch"]
_NO_PAIRS: Mapping[str, Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRow:
    """How many planned values of one measure in one condition came to what.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Name of the measure.
        role: Role.
        profile: Profile level.
        planned: Planned values.
        counts: Status -> number of values; sums to `planned`. Statuses are those of `frames.STATUSES`.
    """

    model: str
    audit: str
    measure: str
    role: str
    profile: str
    planned: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingnessCheck:
    """Whether values of one subject in one audit are missing more in some conditions than in others.

    A condition is a role × profile level × challenge.

    Attributes:
        model: Subject.
        audit: Audit.
        measures: Empty for whole samples, which are missing where any measure is; else measures that miss the same
            samples, and others than these.
        n: Planned samples.
        n_missing: Those that are missing.
        n_items: Items, or pairs, whose missingness differs between conditions.
        statistic: Cochran's Q; NaN where `status` is not `ok`.
        df: Its degrees of freedom.
        p_value: By permutation; NaN where `status` is not `ok`.
        method: What was computed.
        status: `ok`, or why there is no test.
    """

    model: str
    audit: str
    measures: tuple[str, ...]
    n: int
    n_missing: int
    n_items: int
    statistic: float
    df: int
    p_value: float
    method: str
    status: str = "ok"


def table(frame: pd.DataFrame) -> list[MissingRow]:
    """Count the statuses of every measure in every role × profile level; every planned value is in one count."""
    by = ["model", "audit", "measure", "role", "profile"]
    counted = frame.groupby([*by, "status"]).size().unstack(fill_value=0).reindex(columns=list(STATUSES), fill_value=0)
    rows = []
    for key, numbers in zip(counted.index, counted.to_numpy(int).tolist(), strict=True):
        counts = dict(zip(STATUSES, numbers, strict=True))
        rows.append(MissingRow(**dict(zip(by, key, strict=True)), planned=sum(numbers), counts=counts))
    return rows


def checks(
    frame: pd.DataFrame, seed: int, pairs: Mapping[str, Mapping[str, str]] = _NO_PAIRS
) -> list[MissingnessCheck]:
    """Test whether missingness depends on the condition: once per subject and audit, on whole samples.

    A sample is missing where any of its measures is; values that do not apply are left out. Measures that miss other
    samples than these, such as one that needs every turn, have a test of their own.

    Args:
        frame: The tidy frame.
        seed: Of the run; fixes the permutations.
        pairs: Audit -> item -> pair, for items that tell one situation; a pair is one unit.
    """
    planned = frame[(frame["turn"] == 0) & ~frame["status"].isin(NOT_APPLICABLE)]
    found = []
    for (model, audit), own in planned.groupby(["model", "audit"]):
        for part in _parts(own):
            rng = np.random.default_rng([seed, *f"{model} {audit} {' '.join(part.measures)}".encode()])
            test = _test(part.samples, pairs.get(str(audit), {}), rng)
            found.append(_check(str(model), str(audit), part.measures, test))
    return found


class _Part(NamedTuple):
    """Samples, one row each, with `missing`; and the measures they are judged by, none named for whole samples."""

    measures: tuple[str, ...]
    samples: pd.DataFrame


def _parts(rows: pd.DataFrame) -> Iterator[_Part]:
    """Yield the whole samples, then measures that miss something else, those alike together."""
    values = rows[["measure", *_SAMPLE]].assign(
        missing=rows["status"] != "scored", sample=rows.groupby(_SAMPLE).ngroup()
    )
    whole = values.groupby("sample").agg(**{name: (name, "first") for name in _SAMPLE}, missing=("missing", "max"))
    yield _Part((), whole)
    lost = frozenset(whole.index[whole["missing"]])
    apart: dict[tuple[frozenset[int], frozenset[int]], list[str]] = {}
    for measure, own in values.groupby("measure"):
        asked, misses = frozenset(own["sample"]), frozenset(own["sample"][own["missing"]])
        if misses and misses != lost & asked:
            apart.setdefault((asked, misses), []).append(str(measure))
    for measures in apart.values():
        yield _Part(tuple(measures), values[values["measure"] == measures[0]])


def _test(samples: pd.DataFrame, pairs: Mapping[str, str], rng: np.random.Generator) -> MissingnessTest:
    condition = np.asarray(samples.groupby(_CONDITION).ngroup(), np.int64)
    units = samples["item"].astype(str).map(lambda item: pairs.get(item, item))
    item = np.asarray(pd.factorize(units)[0], np.int64)
    return depends_on_condition(np.asarray(samples["missing"], np.bool_), condition, item, rng)


def _check(model: str, audit: str, measures: tuple[str, ...], test: MissingnessTest) -> MissingnessCheck:
    return MissingnessCheck(
        model=model,
        audit=audit,
        measures=measures,
        n=test.n,
        n_missing=test.n_missing,
        n_items=test.n_items,
        statistic=test.statistic,
        df=test.df,
        p_value=test.p_value,
        method=test.method,
        status=test.status,
    )
