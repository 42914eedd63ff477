"""Two runs of one audit -> paired differences, candidate − baseline, or one line why the runs cannot be compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from standfast.analysis.frames import NOT_APPLICABLE
from standfast.cells import parse_id
from standfast.errors import LogError
from standfast.measure import Measure

# With a smaller share of the candidate's cells the pairs are no fair picture of the suite.
FEWEST_PAIRED = 0.5
_CELL = ["item", "role", "wording", "persona", "profile", "challenge"]
_SAMPLE = [*_CELL, "epoch"]
# Facts of an audit that change what is asked or how it is judged.
_SAME = ("turns", "placement", "person")
# Parts of a measure's definition that change what its values mean.
_DEFINING = ("scale", "unit", "level", "low", "high", "applies")


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
    """Refuse runs whose audits ask or judge differently.

    Args:
        candidate: Its run.json.
        baseline: Its run.json.

    Raises:
        LogError: No audit is in both, or one differs in version, rubric, measures, turns, placement or person; or in
            the text of items, role prompts or personas where the same ones are used.
    """
    shared = [audit for audit in candidate["audits"] if audit in baseline["audits"]]
    if not shared:
        asked, before = (", ".join(run["audits"]) or "none" for run in (candidate, baseline))
        message = f"the baseline has no audit of this run: it asked {before}, the run {asked}"
        raise LogError(message)
    for audit in shared:
        if why := _difference(audit, candidate["audits"][audit], baseline["audits"][audit]):
            message = f"{audit} of the baseline cannot be compared: {why}"
            raise LogError(message)


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
    now, before = (frame[frame["turn"] == 0] for frame in (candidate, baseline))
    against = _against(*(list(map(str, frame["model"].unique())) for frame in (now, before)))
    found = []
    for (model, audit), own in now.groupby(["model", "audit"]):
        other = before[(before["model"] == against[str(model)]) & (before["audit"] == audit)]
        if len(other):
            _check_frames(str(audit), own, other)
            found += list(_differences(own, other, [m for (name, _), m in measures.items() if name == audit]))
    _check_copy(found)
    return found


def _difference(audit: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return in what an audit of two runs differs, nothing if in nothing that matters."""
    if one["version"] != other["version"]:
        return f"version {one['version']}, the baseline's is {other['version']}"
    for fact in _SAME:
        if one.get(fact) != other.get(fact):
            return f"{fact} {one.get(fact)!r}, the baseline's {other.get(fact)!r}"
    definitions = {measure["name"]: measure for measure in other["measures"]}
    for measure in one["measures"]:
        before = definitions.get(measure["name"], measure)
        if any(before.get(part) != measure.get(part) for part in _DEFINING):
            return f"{measure['name']} is defined differently"
    alike = {"rubric"} | _same_names(audit, one, other)
    for name in sorted(alike & one["hashes"].keys() & other["hashes"].keys()):
        if one["hashes"][name] != other["hashes"][name]:
            return f"other {name.replace('_', ' ')}, by their hash"
    return ""


def _same_names(audit: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    """Return which texts must be equal: a hash covers all items, prompts or profiles that a run uses."""
    used = [[parse_id(audit, sample) for sample in facts["sample_ids"]] for facts in (one, other)]
    roles = [{cell.role for cell in cells} for cells in used]
    shown = [{(cell.persona, cell.profile) for cell in cells} for cells in used]
    alike = {
        "items": one["items"].keys() == other["items"].keys(),
        "role_prompts": roles[0] == roles[1],
        "personas": shown[0] == shown[1],
    }
    return {name for name, same in alike.items() if same}


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
