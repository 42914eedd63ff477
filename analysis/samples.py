"""The tidy frame -> what each sample was scored, and which samples stand behind which finding."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from standfast.analysis.levels import Key
from standfast.analysis.weights import contrasts, ladder
from standfast.estimands import FIELDS, parse_contrast
from standfast.measure import Measure

Places = npt.NDArray[np.int64]
_CELL = ("role", "profile", "challenge")
_NAMED = ("model", "audit", "sample", "measure", "log", "status", *_CELL)


class Scores(NamedTuple):
    """One measure of one subject, in the order of the samples.

    Attributes:
        value: (n,) NaN where nothing was scored.
        status: (n,) Why; empty where the measure does not apply to the sample.
    """

    value: npt.NDArray[np.float64]
    status: npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The samples of an audit.

    Attributes:
        audit: The audit.
        ids: (n,) Sample ids; each epoch has its own entry.
        epochs: (n,) Epochs.
        cells: The distinct cells, along the ladder.
        cell: (n,) Place of each sample's cell among them.
        logs: Subject -> (n,) name of the log that holds the sample; empty where it was not asked.
        scores: Subject and measure -> what was scored.
        behind: Measure -> contrast -> place of a cell -> what it counts in the contrast.
    """

    audit: str
    ids: tuple[str, ...]
    epochs: tuple[int, ...]
    cells: tuple[Key, ...]
    cell: Places
    logs: Mapping[str, npt.NDArray[np.object_]]
    scores: Mapping[tuple[str, str], Scores]
    behind: Mapping[str, Mapping[str, Mapping[int, float]]]

    def weights(self, measure: str, contrast: str) -> Mapping[int, float]:
        """Return what the cells count in a contrast; for E8 those of this run, nothing for an unknown one."""
        if not contrast.startswith("E8("):
            return self.behind.get(measure, {}).get(contrast, {})
        name = parse_contrast(contrast)
        return {i: 1.0 for i, cell in enumerate(self.cells) if cell[:2] == (name.role, name.profile)}


def index(frame: pd.DataFrame, run: Mapping[str, Any]) -> tuple[Samples, ...]:
    """Return the samples of each audit.

    Args:
        frame: The tidy frame.
        run: run.json, which defines the measures.
    """
    coded = _Coded.of(frame.loc[frame["turn"] == 0, [*_NAMED, "epoch", "value"]])
    return tuple(_of_audit(coded, audit, record) for audit, record in run["audits"].items())


class _Coded(NamedTuple):
    """The rows as numbers: strings are slow to compare 20,000 times.

    Attributes:
        place: Column -> (rows,) place of each entry among its distinct ones.
        names: Column -> distinct entries, in the order of their first row.
        epoch: (rows,)
        value: (rows,)
    """

    place: dict[str, Places]
    names: dict[str, list[str]]
    epoch: Places
    value: npt.NDArray[np.float64]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "_Coded":
        found = {name: pd.factorize(rows[name]) for name in _NAMED}
        place = {name: codes.astype(np.int64) for name, (codes, _) in found.items()}
        names = {name: [str(one) for one in distinct] for name, (_, distinct) in found.items()}
        return cls(place, names, rows["epoch"].to_numpy(np.int64), rows["value"].to_numpy(np.float64))


def _of_audit(coded: _Coded, audit: str, record: Mapping[str, Any]) -> Samples:
    names, place = coded.names, coded.place
    code = names["audit"].index(audit) if audit in names["audit"] else -1
    own = np.flatnonzero(place["audit"] == code)
    epochs = int(coded.epoch.max(initial=1)) + 1
    keys, first, at = np.unique(
        place["sample"][own] * epochs + coded.epoch[own], return_index=True, return_inverse=True
    )
    columns = (place[name][own][first].tolist() for name in _CELL)
    cell_of = [tuple(names[name][i] for name, i in zip(_CELL, key, strict=True)) for key in zip(*columns, strict=True)]
    cells = sorted(set(cell_of), key=lambda key: (ladder(key), key[2]))
    number = {cell: i for i, cell in enumerate(cells)}
    cell = np.array([number[key] for key in cell_of], dtype=np.int64)
    return Samples(
        audit=audit,
        ids=tuple(names["sample"][i] for i in (keys // epochs).tolist()),
        epochs=tuple((keys % epochs).tolist()),
        cells=tuple(cells),
        cell=cell,
        logs=dict(_logs(coded, own, at, len(keys))),
        scores=dict(_scores(coded, own, at, len(keys))),
        behind=_behind(coded, own, cell[at], cells, record),
    )


def _logs(coded: _Coded, own: Places, at: Places, n: int) -> Iterator[tuple[str, npt.NDArray[np.object_]]]:
    names = np.array(coded.names["log"], dtype=object)
    for model, rows in _groups(coded.place["model"][own]):
        logs = np.full(n, "", dtype=object)
        logs[at[rows]] = names[coded.place["log"][own][rows]]
        yield coded.names["model"][model], logs


def _scores(coded: _Coded, own: Places, at: Places, n: int) -> Iterator[tuple[tuple[str, str], Scores]]:
    statuses, measures = np.array(coded.names["status"], dtype=object), coded.names["measure"]
    for both, rows in _groups(coded.place["model"][own] * len(measures) + coded.place["measure"][own]):
        model, measure = divmod(both, len(measures))
        value, status = np.full(n, np.nan), np.full(n, "", dtype=object)
        value[at[rows]] = coded.value[own][rows]
        status[at[rows]] = statuses[coded.place["status"][own][rows]]
        yield (coded.names["model"][model], measures[measure]), Scores(value, status)


def _groups(codes: Places) -> Iterator[tuple[int, Places]]:
    """Yield each code with its rows."""
    order = np.argsort(codes, kind="stable")
    found, starts = np.unique(codes[order], return_index=True)
    yield from zip(found.tolist(), np.split(order, starts[1:]), strict=True) if len(found) else ()


def _behind(
    coded: _Coded, own: Places, cell: Places, cells: Sequence[Key], record: Mapping[str, Any]
) -> dict[str, dict[str, dict[int, float]]]:
    """Return the weights of every contrast that the planned cells of each measure allow."""
    defined = {one["name"]: Measure.from_log(one) for one in record["measures"]}
    number = {key: i for i, key in enumerate(cells)}
    out = {}
    for code, rows in _groups(coded.place["measure"][own]):
        name = coded.names["measure"][code]
        if name in defined:
            found = contrasts([cells[i] for i in np.unique(cell[rows]).tolist()], defined[name], list(FIELDS))
            out[name] = {str(c.name): {number[key]: w for key, w in c.weights.items()} for c in found}
    return out
