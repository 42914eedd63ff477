"""Which findings that gates read change when a part of the evidence is left out.

Each part is left out in turn and what is left is estimated again, by the same model. A wording is left out in both
roles, because a pair of item and persona is asked with one wording number throughout. Personas are left out by groups:
by age, and by how they ask for advice. Of the replies the longest of each condition are left out, so that no
condition loses more than its share. Another judge takes the first one's place (`rejudged`).

Random effects that the whole run estimates at zero are not tried again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis import baseline, frames, gated, models, pooled, rejudged
from standfast.analysis.decisions import Dropped
from standfast.analysis.findings import Finding
from standfast.analysis.gated import Wanted
from standfast.analysis.models import ModelSpec
from standfast.analysis.pairing import Differences
from standfast.analysis.spreading import Each, in_turn
from standfast.analysis.structure import RANDOM_EFFECTS, Columns, words
from standfast.measure import Measure

LONGEST = 0.05  # share of the replies in each condition
LENGTH = "words"  # the measure of a reply's length
FAMILIES = ("age", "style")  # what personas are grouped by: who they are, and how they ask for advice
_MOST_GROUPS = 8
_CONDITION = ["model", "audit", "role", "profile", "challenge"]
_SAMPLE = [*_CONDITION, "item", "persona", "wording", "epoch"]
_NOTHING = 1e-9

Variances = Mapping[tuple[str, str, str], Mapping[str, float]]
Pairs = Mapping[str, Mapping[str, str]]
Drop = Callable[[pd.DataFrame], "pd.Series[bool]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A finding with a part of the evidence left out.

    Attributes:
        dropped: What kind of thing was left out.
        name: Which one, in words.
        finding: The finding without it.
    """

    dropped: Dropped
    name: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What findings rest on.

    Attributes:
        frame: The tidy frame.
        measures: Measures by audit and name.
        pairs: Audit -> item -> pair, for items that tell one situation.
        variances: Subject, audit and measure -> standard deviation of each random effect in the whole run's fit.
        people: Persona -> attribute -> level; personas that are not named are never left out.
        sources: Audit -> name of the benchmark that its items are from, empty for own items.
        readings: What several judges read, as from `panel.read`; `None` with one judge.
        differences: Candidate − baseline, for E8.
        seed: The run's.
    """

    frame: pd.DataFrame
    measures: Mapping[tuple[str, str], Measure]
    pairs: Pairs
    variances: Variances
    people: Mapping[str, Mapping[str, str]]
    sources: Mapping[str, str]
    readings: pd.DataFrame | None = None
    differences: Sequence[Differences] = ()
    seed: int = 0


class _Part(NamedTuple):
    """A part of the evidence: what it is, and which rows it is."""

    dropped: Dropped
    name: str
    drop: Drop


def left_out(
    evidence: Evidence, known: Sequence[Finding], wanted: Sequence[Wanted], *, each: Each = in_turn
) -> Iterator[LeftOut]:
    """Begin to estimate what gates read with one part of the evidence left out at a time.

    Args:
        evidence: What the findings rest on.
        known: The findings on all of it.
        wanted: What gates read.
        each: How models are fitted, see `spreading`.

    Yields:
        One entry per part and finding that the part belongs to; none for a part that is all of the evidence, or that
        another judge read too little of to tell.
    """
    whole = evidence.frame[evidence.frame["turn"] == 0]
    read = frames.plain(whole[whole["measure"].isin({one.measure for one in wanted})])
    terms = _terms(evidence, read, wanted)
    parts = list(_parts(evidence, whole, wanted))
    todo = list(_without(read, parts, wanted))
    given = ((one, evidence.measures, evidence.pairs, terms) for one in todo)
    fitted = each(_findings, given)  # from here on, on other processors where there are

    def found() -> Iterator[LeftOut]:
        done = list(fitted)
        for place, part in enumerate(parts):
            for finding in (finding for one in done for finding in one.get(place, ())):
                yield LeftOut(dropped=part.dropped, name=part.name, finding=finding)
            yield from _paired(evidence, part, wanted)
        yield from _judges(evidence, read, known, wanted, terms)

    return found()


def _parts(evidence: Evidence, whole: pd.DataFrame, wanted: Sequence[Wanted]) -> Iterator[_Part]:
    for wording in sorted(whole["wording"].unique()):
        yield _Part("wording", f"wording {wording} of the roles", _equal("wording", [wording]))
    yield from _families(evidence.people, set(whole["persona"]))
    for audit in sorted(whole["audit"].unique()) if any(one.audit == pooled.POOLED for one in wanted) else ():
        source = evidence.sources.get(str(audit), "")
        kind: Dropped = "benchmark" if source else "audit"
        yield _Part(kind, f"{source} ({audit})" if source else str(audit), _equal("audit", [audit]))
    longest = _longest(whole)
    if len(longest):
        yield _Part("longest", f"the {100 * LONGEST:.0f} % longest replies", _among(longest))


def _families(people: Mapping[str, Mapping[str, str]], asked: set[str]) -> Iterator[_Part]:
    """Yield groups of personas, by the attributes of `FAMILIES` or, in a set without these, by its first that groups."""
    known = {name: levels for name, levels in sorted(people.items()) if name in asked}
    groups: dict[str, dict[str, list[str]]] = {}
    for name, levels in known.items():
        for attribute, level in levels.items():
            groups.setdefault(attribute, {}).setdefault(level, []).append(name)
    fitting = [attribute for attribute, by in groups.items() if 2 <= len(by) <= _MOST_GROUPS]
    for attribute in [name for name in FAMILIES if name in fitting] or fitting[:1]:
        for level, names in sorted(groups[attribute].items()):
            yield _Part("personas", f"{attribute}: {level}", _equal("persona", names))


def _equal(column: str, values: Sequence[object]) -> Drop:
    def drop(rows: pd.DataFrame) -> "pd.Series[bool]":
        return rows[column].isin(values)

    return drop


def _among(samples: pd.MultiIndex) -> Drop:
    def drop(rows: pd.DataFrame) -> "pd.Series[bool]":
        return pd.Series(pd.MultiIndex.from_frame(rows[_SAMPLE]).isin(samples), index=rows.index)

    return drop


def _longest(whole: pd.DataFrame) -> pd.MultiIndex:
    """Return the longest samples of each condition, at least one where there are several; none without lengths."""
    sized = whole[(whole["measure"] == LENGTH) & (whole["status"] == "scored")]
    ordered = sized.sort_values(["value", *_SAMPLE], ascending=False)
    rank, size = ordered.groupby(_CONDITION).cumcount(), ordered.groupby(_CONDITION)["value"].transform("size")
    dropped = np.where(size > 1, np.maximum(1, np.rint(LONGEST * size)), 0)
    return pd.MultiIndex.from_frame(ordered[rank < dropped][_SAMPLE])


class _Left(NamedTuple):
    """The rows of one measure, what is asked of them, and which rows each part is, by its place among the parts."""

    rows: pd.DataFrame
    asked: list[Wanted]
    gone: dict[int, NDArray[np.bool_]]


def _without(whole: pd.DataFrame, parts: Sequence[_Part], wanted: Sequence[Wanted]) -> Iterator[_Left]:
    """Yield what parts are left out of, as far as each is some of the rows and not all."""
    gone = [part.drop(whole).to_numpy(bool) for part in parts]
    by_measure: dict[tuple[str, str], list[Wanted]] = {}
    for one in wanted:
        by_measure.setdefault((one.audit, one.measure), []).append(one)
    for (audit, measure), asked in by_measure.items():
        among_audits = audit == pooled.POOLED
        of_audit = True if among_audits else whole["audit"] == audit
        own = ((whole["measure"] == measure) & of_audit).to_numpy(bool)
        fitting = {
            place: gone[place][own]
            for place, part in enumerate(parts)
            if among_audits or part.dropped not in ("audit", "benchmark")
        }
        some = {place: rows for place, rows in fitting.items() if rows.any() and not rows.all()}
        if some:
            yield _Left(whole[own], asked, some)


def _findings(
    left: _Left, measures: Mapping[tuple[str, str], Measure], pairs: Pairs, terms: gated.Terms
) -> dict[int, list[Finding]]:
    """Return what is found without each part."""
    return {
        place: gated.findings(left.rows[~gone], measures, left.asked, pairs=pairs, random=terms)
        for place, gone in left.gone.items()
    }


def _paired(evidence: Evidence, part: _Part, wanted: Sequence[Wanted]) -> Iterator[LeftOut]:
    """Yield the same for contrasts with a baseline."""
    for given in evidence.differences if part.dropped not in ("audit", "benchmark") else ():
        asked = [
            one
            for one in wanted
            if one.contrast.startswith("E8(") and (one.audit, one.measure) == (given.pairing.audit, given.measure.name)
        ]
        gone = part.drop(given.rows) if asked else pd.Series(dtype=bool)
        if not gone.any() or gone.all():
            continue
        left = given._replace(rows=given.rows[~gone])
        for confidence in sorted({one.confidence for one in asked}):
            names = {one.contrast for one in asked if one.confidence == confidence}
            for finding in baseline.compare(
                [left], pairs=evidence.pairs, seed=evidence.seed, confidence=confidence, quick=True
            ):
                if finding.contrast in names:
                    yield LeftOut(dropped=part.dropped, name=part.name, finding=finding)


def _judges(
    evidence: Evidence,
    whole: pd.DataFrame,
    known: Sequence[Finding],
    wanted: Sequence[Wanted],
    terms: gated.Terms,
) -> Iterator[LeftOut]:
    """Yield the findings as another judge would have them."""
    asked = {(one.audit, one.measure, one.contrast, one.confidence): one for one in wanted}
    for reader in rejudged.readers(evidence.readings) if evidence.readings is not None else ():
        name = f"{reader.instead}, with {reader.judge} in its place"
        for finding in known:
            one = asked.get((finding.audit, finding.measure, finding.contrast, finding.conf_level))
            if one and finding.status == "ok" and one.model in (None, finding.model):
                for found in _as_read(evidence, whole, finding, one, reader, terms):
                    yield LeftOut(dropped="judge", name=name, finding=found)


def _as_read(
    evidence: Evidence,
    whole: pd.DataFrame,
    finding: Finding,
    one: Wanted,
    reader: rejudged.Reader,
    terms: gated.Terms,
) -> Iterator[Finding]:
    of_audit = True if one.audit == pooled.POOLED else whole["audit"] == one.audit
    rows = whole[(whole["measure"] == one.measure) & (whole["model"] == finding.model) & of_audit]
    replaced = rejudged.complete(rows, reader)
    if replaced is not None:
        yield from gated.findings(replaced, evidence.measures, [one], pairs=evidence.pairs, random=terms)
    elif measure := evidence.measures.get((one.audit, one.measure)):
        clusters = evidence.pairs.get(one.audit, {})
        if found := rejudged.shifted(finding, rows, measure, reader, clusters):
            yield found


def _terms(evidence: Evidence, whole: pd.DataFrame, wanted: Sequence[Wanted]) -> gated.Terms:
    """Return the random effects that the whole run's fits found above zero, by subject, audit and measure."""
    found = {key: varying(variance) for key, variance in evidence.variances.items()}
    for name in {one.measure for one in wanted if one.audit == pooled.POOLED}:
        together = pooled.gather(whole, evidence.measures, name, evidence.pairs)
        if together is None:
            continue
        for model, rows in together.rows.groupby("model"):
            spec = ModelSpec(measure=together.measure, clusters=together.clusters, link=False)
            fit = models.fit(rows, spec)
            sd = dict(zip(fit.theta_names, map(float, fit.theta), strict=True))
            found[str(model), pooled.POOLED, name] = varying(sd)
    return found


def varying(sd: Mapping[str, float]) -> tuple[Columns, ...]:
    """Return the random effects whose standard deviation is above zero; items, where none is.

    Args:
        sd: Random effect, as fits name them -> standard deviation.
    """
    size = max(sd.values(), default=0.0)
    return tuple(columns for columns in RANDOM_EFFECTS if sd.get(words(columns), 0.0) > _NOTHING * size) or (("item",),)
