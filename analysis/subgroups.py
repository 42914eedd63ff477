"""Effects by item and by group of personas, shrunken towards the mean as their numbers allow."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from standfast.analysis.findings import Finding
from standfast.analysis.fits import CELL, Fit
from standfast.analysis.intervals import critical_t
from standfast.analysis.levels import Key
from standfast.analysis.mixed.inference.prediction import Levels, predict
from standfast.analysis.shrinkage import Floats, shrink
from standfast.analysis.structure import RANDOM_EFFECTS, Columns, Ints, coded, words
from standfast.analysis.studies import Study, scored, weighted
from standfast.measure import Measure

FEWEST_PERSONAS = 2  # in a group; one persona is no group
# What an item, and nothing but the condition, deviates by.
_OF_ITEMS: tuple[Columns, ...] = tuple(
    columns for columns in RANDOM_EFFECTS if columns[0] == "item" and not {"persona", "wording"} & set(columns)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEffect:
    """How one item, or pair of items, moves a contrast: its conditional mode.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Measure.
        contrast: The contrast, as findings spell it.
        item: Item, or pair.
        unit: Unit of the finding.
        estimate: The contrast for this item, shrunken towards that of all.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        n_obs: Values of this item in the contrast.
    """

    model: str
    audit: str
    measure: str
    contrast: str
    item: str
    unit: str
    estimate: float
    conf_low: float
    conf_high: float
    n_obs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroup:
    """A contrast in one group of personas, shrunken towards that of all.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Measure.
        contrast: The contrast, as findings spell it.
        attribute: What the personas are grouped by, such as `age`.
        group: The group.
        unit: Unit of the finding.
        estimate: The contrast in this group, shrunken.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        raw: The same without shrinkage.
        n_obs: Values of this group in the contrast.
        n_personas: Personas in the group.
    """

    model: str
    audit: str
    measure: str
    contrast: str
    attribute: str
    group: str
    unit: str
    estimate: float
    conf_low: float
    conf_high: float
    raw: float
    n_obs: int
    n_personas: int


def item_effects(study: Study, clusters: Mapping[str, str]) -> list[ItemEffect]:
    """Return each contrast for each item, as the fitted model predicts it for an average persona.

    Args:
        study: The study; without a mixed model there is nothing to predict from.
        clusters: Item -> pair, for items that tell one situation; those that are both asked are one entry.

    Returns:
        One entry per contrast and item with a value in it.
    """
    found = []
    for finding, weights in weighted(study):
        counts = scored(study, weights)["item"].value_counts()
        units = _units(counts.index, clusters)
        rows = np.tile([weights.get(name, 0.0) for name in study.fit.names], (len(units), 1))
        if study.fit.mixed is None or not units:
            continue
        given = predict(study.fit.mixed, rows, [_levels(items, weights) for items in units.values()])
        half = critical_t(finding.conf_level, finding.df) * given.std_error
        low, high = _ends(study.measure, finding)
        factor = _factor(study.measure)
        for i, (name, items) in enumerate(units.items()):
            value = float(given.value[i])
            found.append(
                ItemEffect(
                    model=finding.model,
                    audit=finding.audit,
                    measure=finding.measure,
                    contrast=finding.contrast,
                    item=name,
                    unit=finding.unit,
                    estimate=min(max(value, low), high) * factor,
                    conf_low=min(max(value - float(half[i]), low), high) * factor,
                    conf_high=min(max(value + float(half[i]), low), high) * factor,
                    n_obs=int(sum(counts[item] for item in items)),
                )
            )
    return found


def subgroups(study: Study, people: Mapping[str, Mapping[str, str]]) -> list[Subgroup]:
    """Return each contrast for each group of personas.

    The contrast of a group's own cell means, with the errors that the fitted variances give it, is drawn towards the
    other groups' (`shrinkage`).

    Args:
        study: The study; without a mixed model there are no variances.
        people: Persona -> attribute -> level.

    Returns:
        One entry per contrast, attribute and group; attributes with fewer than two groups that can be estimated have
        none.
    """
    if study.fit.mixed is None:
        return []
    return [one for finding, weights in weighted(study) for one in _of_contrast(study, finding, weights, people)]


def _of_contrast(
    study: Study, finding: Finding, weights: Mapping[Key, float], people: Mapping[str, Mapping[str, str]]
) -> Iterator[Subgroup]:
    rows = scored(study, weights)
    keys = list(zip(*(rows[column] for column in CELL), strict=True))
    known = [people.get(persona, {}) for persona in rows["persona"]]
    codes = [(sd, coded(rows, columns)) for sd, columns in _variances(study.fit)]
    for attribute in dict.fromkeys(name for levels in people.values() for name in levels):
        groups = np.array([levels.get(attribute, "") for levels in known], dtype=str)
        table = {name: _row(groups == name, keys, weights) for name in sorted(set(groups) - {""})}
        personas = {name: rows["persona"][groups == name].nunique() for name in table}
        names = [name for name, row in table.items() if row is not None and personas[name] >= FEWEST_PERSONAS]
        if len(names) < 2:
            continue
        A = np.array([table[name] for name in names])
        raw = A @ rows["value"].to_numpy(np.float64)
        given = shrink(raw, _covariance(A, codes, study.fit), finding.conf_level)
        low, high = _ends(study.measure, finding)
        factor = _factor(study.measure)
        ends = [np.clip(values, low, high) * factor for values in (given.mean, given.low, given.high)]
        for i, name in enumerate(names):
            yield Subgroup(
                model=finding.model,
                audit=finding.audit,
                measure=finding.measure,
                contrast=finding.contrast,
                attribute=attribute,
                group=name,
                unit=finding.unit,
                estimate=float(ends[0][i]),
                conf_low=float(ends[1][i]),
                conf_high=float(ends[2][i]),
                raw=float(raw[i]) * factor,
                n_obs=int((groups == name).sum()),
                n_personas=personas[name],
            )


def _units(items: Iterable[str], clusters: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the items of each entry by its name: the item's own, or the pair's where both of it are here."""
    together: dict[str, list[str]] = {}
    for item in sorted(items):
        together.setdefault(clusters.get(item, item), []).append(item)
    return {(name if len(own) > 1 else own[0]): own for name, own in together.items()}


def _levels(items: Sequence[str], weights: Mapping[Key, float]) -> Levels:
    """Return what the random effects of items count in a contrast."""
    found: dict[str, dict[str, float]] = {}
    for columns in _OF_ITEMS:
        own = found.setdefault(":".join(columns), {})
        for item in items:
            for key, weight in weights.items():
                cell = {"item": item, **dict(zip(CELL, key, strict=True))}
                level = ":".join(cell[column] for column in columns)
                own[level] = own.get(level, 0.0) + weight / len(items)
    return found


def _row(inside: NDArray[np.bool_], keys: Sequence[Key], weights: Mapping[Key, float]) -> Floats | None:
    """Return what each value counts in a group's contrast, shape (n,); `None` where a cell has no value."""
    counts = dict.fromkeys(weights, 0)
    for key, own in zip(keys, inside, strict=True):
        counts[key] += int(own)
    if not all(counts.values()):
        return None
    return np.array([weights[key] / counts[key] if own else 0.0 for key, own in zip(keys, inside, strict=True)])


def _variances(fit: Fit) -> list[tuple[float, Columns]]:
    """Return the standard deviation of each random effect that is not zero, with its columns."""
    known = dict(zip(fit.theta_names, map(float, fit.theta), strict=True))
    return [(known[words(columns)], columns) for columns in RANDOM_EFFECTS if known.get(words(columns), 0.0) > 0]


def _covariance(A: Floats, codes: Sequence[tuple[float, Ints]], fit: Fit) -> Floats:
    """Return A V A' with the fit's V, shape (G, G)."""
    residual = float(fit.theta[-1])
    found = residual**2 * (A @ A.T)
    for sd, code in codes:
        summed = np.array([np.bincount(code, row) for row in A])
        found += sd**2 * (summed @ summed.T)
    return found


def _factor(measure: Measure) -> float:
    return 100.0 if measure.scale in ("binary", "proportion") else 1.0


def _ends(measure: Measure, finding: Finding) -> tuple[float, float]:
    """Return the ends of the scale for a level, which no value can pass; a contrast has none."""
    low = measure.low if finding.contrast.startswith("L(") else None
    high = measure.high if finding.contrast.startswith("L(") else None
    return -np.inf if low is None else low, np.inf if high is None else high
