"""Two runs of one audit -> paired differences, candidate − baseline, or one line why the runs cannot be compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from standfast.analysis.frames import NOT_APPLICABLE
from standfast.errors import LogError
from standfast.measure import Measure

# With a smaller share of the candidate's cells the pairs are no fair picture of the suite.
FEWEST_PAIRED = 0.5
_CELL = ["item", "role", "wording", "persona", "profile", "challenge"]
_SAMPLE = [*_CELL, "epoch"]
# Facts of an audit that change what is asked or how it is judged.
_SAME = ("turns", "placement", "person", "user", "exchange")
# What has a hash for each text; `conversations` are those that were held elsewhere.
_KINDS = ("items", "role_prompts", "personas", "conversations")
_FIRST = 4  # named of many that differ
# Parts of a measure's definition that change what its values mean.
_DEFINING = ("scale", "unit", "level", "low", "high", "applies", "direction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """How many samples of one subject and audit have a counterpart.

    Attributes:
        model: Subject of the candidate run.
        baseline: Subject of the baseline run.
        audit: Audit.
        n_paired: Samples planned in both runs, epochs counted.
        n_candidate: Samples planned in the candidate run.
        n_baseline: Samples planned in the baseline run.
    """

    model: str
    baseline: str
    audit: str
    n_paired: int
    n_candidate: int
    n_baseline: int


class Differences(NamedTuple):
    """One measure of one subject, paired.

    Attributes:
        pairing: Who is compared with whom.
        measure: The measure.
        rows: One row per sample that both runs planned: its factors, model, audit, `candidate` and `baseline` (NaN
            where not scored), `value` (their difference) and `status`: `scored` where both halves are, `no_position`
            where the measure does not apply to one of them, `missing` otherwise.
    """

    pairing: Pairing
    measure: Measure
    rows: pd.DataFrame


def check(candidate: Mapping[str, Any], baseline: Mapping[str, Any]) -> None:
    """Refuse runs that ask, sample or judge differently.

    Args:
        candidate: Its run.json.
        baseline: Its run.json.

    Raises:
        LogError: The runs differ in what `mismatches` compares; the message names all of it.
    """
    if found := mismatches(candidate, baseline):
        message = f"the baseline cannot be compared: {'; '.join(found)}"
        raise LogError(message)


def mismatches(candidate: Mapping[str, Any], baseline: Mapping[str, Any]) -> list[str]:
    """Return everything that makes two runs incomparable, one line each.

    Both may ask more than the other: what only one of them asks is not compared. What both ask must be the same in
    version, rubric, definitions of the measures, turns, place and person of the profile, who words the user's turns,
    and in every text of items, role prompts and personas. Judge, simulated user and sampling must be the same.

    Args:
        candidate: Its run.json.
        baseline: Its run.json.
    """
    shared = [audit for audit in candidate["audits"] if audit in baseline["audits"]]
    if not shared:
        asked, before = (", ".join(run["audits"]) or "none" for run in (candidate, baseline))
        return [f"the baseline has no audit of this run: it asked {before}, the run {asked}"]
    return [
        *_in_models(candidate, baseline, shared),
        *_in_sampling(candidate, baseline),
        *(
            f"{audit}: {why}"
            for audit in shared
            for why in _in_audit(candidate["audits"][audit], baseline["audits"][audit])
        ),
    ]


def pair(
    candidate: pd.DataFrame, baseline: pd.DataFrame, measures: Mapping[tuple[str, str], Measure]
) -> list[Differences]:
    """Pair two tidy frames sample by sample.

    Args:
        candidate: Its tidy frame.
        baseline: That of the other run.
        measures: Measures by audit and name, as `frames.measures` gives them.

    Returns:
        One entry per subject and measure that both runs planned. A subject is compared with the baseline's subject of
        the same name, or else with its only one.

    Raises:
        LogError: A subject has no counterpart, the runs differ in audit version or judge, fewer than half of the
            cells have a counterpart, or all values are the same.
    """
    # What a run did not ask, since its audit had stopped, pairs with nothing.
    now, before = (f[(f["turn"] == 0) & (f["status"] != "stopped")] for f in (candidate, baseline))
    against = _against(*(list(map(str, frame["model"].unique())) for frame in (now, before)))
    found = []
    for (model, audit), own in now.groupby(["model", "audit"]):
        other = before[(before["model"] == against[str(model)]) & (before["audit"] == audit)]
        if len(other):
            _check_frames(str(audit), own, other)
            found += list(_differences(own, other, [m for (name, _), m in measures.items() if name == audit]))
    _check_copy(found)
    return found


def _in_models(one: Mapping[str, Any], other: Mapping[str, Any], audits: Sequence[str]) -> Iterator[str]:
    judges = [next(iter(run.get("judges") or ["nobody"])) for run in (one, other)]
    if judges[0] != judges[1]:
        yield f"judge {judges[0]}, the baseline's is {judges[1]}"
    played = any(run["audits"][audit].get("user") == "simulated" for run in (one, other) for audit in audits)
    if played and one.get("user") != other.get("user"):
        yield f"simulated user {one.get('user')}, the baseline's is {other.get('user')}"
    if any(run["audits"][audit].get("exchange") for run in (one, other) for audit in audits):
        for name in ("receivers", "sender"):
            if one.get(name) != other.get(name):
                yield f"{name} {one.get(name)}, the baseline's {other.get(name)}"


def _in_sampling(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    now, before = one.get("sampling"), other.get("sampling")
    if (now is None) != (before is None):
        yield f"how {'this run' if now is None else 'the baseline'} was sampled is not recorded"
    elif now is not None and before is not None:
        for name in sorted(now.keys() | before.keys()):
            if now.get(name) != before.get(name):
                yield f"{name} {_set(now.get(name))}, the baseline's {_set(before.get(name))}"


def _set(value: float | None) -> str:
    return "not set" if value is None else f"{value:g}"


def _in_audit(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """Yield in what an audit of two runs differs."""
    if one["version"] != other["version"]:
        yield f"version {one['version']}, the baseline's is {other['version']}"
    for fact in _SAME:
        if one.get(fact) != other.get(fact):
            yield f"{fact} {one.get(fact)!r}, the baseline's {other.get(fact)!r}"
    definitions = {measure["name"]: measure for measure in other["measures"]}
    for measure in one["measures"]:
        before = definitions.get(measure["name"], measure)
        if any(before.get(part) != measure.get(part) for part in _DEFINING):
            yield f"{measure['name']} is defined differently"
    if one["hashes"].get("rubric") != other["hashes"].get("rubric"):
        yield "other rubric, by its hash"
    yield from _in_texts(one, other)


def _in_texts(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """Yield which texts differ. Without a hash for each text, all of a kind must be the same."""
    texts, before = (audit.get("texts") or {} for audit in (one, other))
    for kind in _KINDS:
        shared = sorted(texts.get(kind, {}).keys() & before.get(kind, {}).keys())
        changed = [name for name in shared if texts[kind][name] != before[kind][name]]
        whole = one["hashes"].get(kind) != other["hashes"].get(kind)
        if changed:
            more = f" and {len(changed) - _FIRST} more" if len(changed) > _FIRST else ""
            yield f"other {kind.replace('_', ' ')}: {', '.join(changed[:_FIRST])}{more}"
        elif whole and not (kind in texts and kind in before):
            yield f"other {kind.replace('_', ' ')}, by their hash"


def _against(models: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Return subject of the candidate -> subject of the baseline."""
    found = {}
    for model in models:
        if model not in known and len(known) != 1:
            message = (
                f"{model}: the baseline has no subject of this name, but {', '.join(sorted(known)) or 'none at all'}"
            )
            raise LogError(message)
        found[model] = model if model in known else known[0]
    return found


def _check_frames(audit: str, own: pd.DataFrame, other: pd.DataFrame) -> None:
    for column, what in (("audit_version", "version"), ("judge", "judge")):
        one, two = (sorted(set(frame[column]) - {""}) for frame in (own, other))
        if one and two and one != two:
            message = f"{audit}: {what} {', '.join(one)}, the baseline's is {', '.join(two)}; these are not comparable"
            raise LogError(message)


def _differences(own: pd.DataFrame, other: pd.DataFrame, measures: Sequence[Measure]) -> Iterator[Differences]:
    samples = _counted(own, other, _SAMPLE)
    pairing = Pairing(
        model=str(own["model"].iloc[0]),
        baseline=str(other["model"].iloc[0]),
        audit=str(own["audit"].iloc[0]),
        n_paired=samples.both,
        n_candidate=samples.own,
        n_baseline=samples.other,
    )
    cells = _counted(own, other, _CELL)
    if cells.both < FEWEST_PAIRED * cells.own:
        message = (
            f"{pairing.audit}, {pairing.model}: {cells.both} of {cells.own} cells have a counterpart in the baseline, at "
            "least half must; run the same suite with the same seed, items and personas"
        )
        raise LogError(message)
    for measure in measures:
        rows = _paired(own[own["measure"] == measure.name], other[other["measure"] == measure.name])
        if len(rows):
            yield Differences(pairing, measure, rows.assign(model=pairing.model, audit=pairing.audit))


class _Counted(NamedTuple):
    both: int
    own: int
    other: int


def _counted(own: pd.DataFrame, other: pd.DataFrame, columns: list[str]) -> _Counted:
    one, two = (frame[columns].drop_duplicates() for frame in (own, other))
    return _Counted(len(one.merge(two)), len(one), len(two))


def _paired(own: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    both = own[[*_SAMPLE, "value", "status"]].merge(
        other[[*_SAMPLE, "value", "status"]], on=_SAMPLE, suffixes=("_candidate", "_baseline"), validate="one_to_one"
    )
    status = both[["status_candidate", "status_baseline"]]
    scored, outside = (status == "scored").all(axis=1), status.isin(NOT_APPLICABLE).any(axis=1)
    return both[_SAMPLE].assign(
        candidate=both["value_candidate"],
        baseline=both["value_baseline"],
        value=both["value_candidate"] - both["value_baseline"],
        status=np.select([scored, outside], ["scored", "no_position"], "missing"),
    )


def _check_copy(found: Sequence[Differences]) -> None:
    """Refuse a baseline whose every value is the candidate's, where values vary: two runs are never that alike."""
    vary = any(difference.rows["candidate"].nunique() > 1 for difference in found)
    if vary and not any(difference.rows["value"].fillna(0).any() for difference in found):
        message = "the baseline's values are the candidate's, one by one; give another run, not a copy of this one"
        raise LogError(message)
