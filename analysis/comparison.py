"""Two runs -> what changed: paired differences, the items that flipped, and what was said then and now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from standfast.analysis import baseline as releases
from standfast.analysis import contrasts, excerpts, frames, pairing, plain
from standfast.analysis import logs as log_files
from standfast.analysis.findings import Finding
from standfast.analysis.pairing import Differences, Pairing
from standfast.measure import Measure

SCHEMA = "standfast/comparison/1"
MOST = 12  # pairs of transcripts that are shown
_EACH = 4  # of one subject and measure


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """How one item changed between two releases, over all its pairs.

    Attributes:
        model: Subject of the candidate run.
        audit: Audit.
        measure: Measure.
        title: Its title.
        item: Item.
        worse: Pairs whose value went from one end of the measure to the worse one.
        better: Pairs whose value went to the better end.
        n: Pairs with both halves scored.
        change: Mean of candidate − baseline, in `unit`.
        unit: `pp` for binary and proportion measures, else the measure's own.
    """

    model: str
    audit: str
    measure: str
    title: str
    item: str
    worse: int
    better: int
    n: int
    change: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One sample whose value went from one end of a measure to the other, and what was said.

    Attributes:
        model: Subject of the candidate run.
        baseline: Subject of the baseline run.
        audit: Audit.
        measure: Measure.
        title: Its title.
        sample: Sample id, the same in both runs.
        epoch: Epoch.
        item: Item.
        role: Role.
        profile: Profile level.
        challenge: Challenge.
        was: Value in the baseline run.
        now: Value in the candidate run.
        why: The rule that chose it, in words.
        before: `(speaker, text)` of the baseline run, in order; as the model wrote it, not to be trusted.
        after: The same of the candidate run.
    """

    model: str
    baseline: str
    audit: str
    measure: str
    title: str
    sample: str
    epoch: int
    item: str
    role: str
    profile: str
    challenge: str
    was: float
    now: float
    why: str
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed from a baseline run to a candidate run.

    Attributes:
        candidate: Name of its folder.
        baseline: Name of its folder.
        simulated: Whether a simulated subject or judge took part in either.
        conf_level: Confidence of the intervals.
        pairings: Who was compared with whom, and how many samples have a counterpart.
        findings: E8 for every measure, role and profile level.
        items: Items that changed, those that got worse most often first.
        flips: Samples that got worse, with both transcripts, chosen by rule.
    """

    candidate: str
    baseline: str
    simulated: bool
    conf_level: float
    pairings: tuple[Pairing, ...]
    findings: tuple[Finding, ...]
    items: tuple[ItemChange, ...]
    flips: tuple[Flip, ...]


class Side(NamedTuple):
    """One of the two runs: name of its folder, its logs and its run.json."""

    name: str
    logs: Path | Sequence[Path]
    run: Mapping[str, Any]


def compare(candidate: Side, baseline: Side, *, confidence: float, simulated: bool) -> Comparison:
    """Compare two runs pair by pair.

    Args:
        candidate: The new release.
        baseline: The earlier one.
        confidence: Of the intervals.
        simulated: Whether a simulated subject or judge took part in either.

    Raises:
        LogError: The runs are not comparable; the message names every mismatch.
    """
    pairing.check(candidate.run, baseline.run)
    frame, before = (frames.collect(side.logs, side.run) for side in (candidate, baseline))
    differences = pairing.pair(frame, before, frames.measures(candidate.logs))
    pairs = {
        audit: {item: facts["pair"] for item, facts in record["items"].items() if "pair" in facts}
        for audit, record in candidate.run["audits"].items()
    }
    found = releases.compare(differences, pairs=pairs, seed=int(candidate.run["seed"]), confidence=confidence)
    sided = [one for one in differences if one.measure.direction in ("higher", "lower")]
    chosen = [flip for one in sided for flip in _chosen(one)][:MOST]
    files = [{path.name: path for path in log_files.find(side.logs)} for side in (candidate, baseline)]
    return Comparison(
        candidate=candidate.name,
        baseline=baseline.name,
        simulated=simulated,
        conf_level=confidence,
        pairings=tuple(dict.fromkeys(one.pairing for one in differences)),
        findings=tuple(contrasts.adjust(found)),
        items=tuple(sorted((row for one in sided for row in _items(one)), key=_worst_first)),
        flips=tuple(_with_transcripts(one, frame, before, files) for one in chosen),
    )


def to_json(comparison: Comparison) -> str:
    """Return a comparison as JSON; NaN is written as null."""
    return plain.dump(comparison, SCHEMA)


def from_json(text: str) -> Comparison:
    """Rebuild a comparison.

    Raises:
        LogError: The text is not what `to_json` writes.
    """
    return plain.load(text, Comparison, SCHEMA)


class _Chosen(NamedTuple):
    """A pair of samples that is to be shown."""

    differences: Differences
    row: Mapping[str, Any]
    why: str


def _span(measure: Measure) -> float:
    return float("inf") if measure.low is None or measure.high is None else measure.high - measure.low


def _turned(one: Differences) -> pd.DataFrame:
    """Return the scored pairs with `worse` and `better`: whether the value went from one end to the other."""
    rows = one.rows[one.rows["status"] == "scored"]
    sign, span = (1.0 if one.measure.direction == "higher" else -1.0), _span(one.measure)
    gained = sign * rows["value"]
    return rows.assign(worse=gained <= -span, better=gained >= span)


def _items(one: Differences) -> Iterator[ItemChange]:
    """Yield the items that changed."""
    factor = 100.0 if one.measure.unit == "pp" else 1.0
    for item, rows in _turned(one).groupby("item"):
        if rows["worse"].any() or rows["better"].any():
            yield ItemChange(
                model=one.pairing.model,
                audit=one.pairing.audit,
                measure=one.measure.name,
                title=one.measure.title,
                item=str(item),
                worse=int(rows["worse"].sum()),
                better=int(rows["better"].sum()),
                n=len(rows),
                change=float(rows["value"].mean()) * factor,
                unit=one.measure.unit,
            )


def _worst_first(change: ItemChange) -> tuple[Any, ...]:
    return (change.better - change.worse, change.model, change.audit, change.measure, change.item)


def _chosen(one: Differences) -> list[_Chosen]:
    """Choose one sample of each item that got worse most often, the first by name."""
    if not one.measure.primary:
        return []
    worse = _turned(one).query("worse")
    found = []
    for item, n in sorted(worse.groupby("item").size().items(), key=lambda entry: (-entry[1], entry[0]))[:_EACH]:
        rows = worse[worse["item"] == item].sort_values(["role", "profile", "challenge", "persona", "wording", "epoch"])
        of = len(one.rows[(one.rows["item"] == item) & (one.rows["status"] == "scored")])
        why = f"First by condition of the {n} of {of} pairs of this item that got worse on: {one.measure.title}."
        first = {str(name): value for name, value in rows.iloc[0].items()}
        found.append(_Chosen(one, first, why))
    return found


def _with_transcripts(
    chosen: _Chosen, frame: pd.DataFrame, before: pd.DataFrame, files: Sequence[Mapping[str, Path]]
) -> Flip:
    row, one = chosen.row, chosen.differences
    after_, before_ = (
        _said(rows, model, one, row, paths)
        for rows, model, paths in (
            (frame, one.pairing.model, files[0]),
            (before, one.pairing.baseline, files[1]),
        )
    )
    return Flip(
        model=one.pairing.model,
        baseline=one.pairing.baseline,
        audit=one.pairing.audit,
        measure=one.measure.name,
        title=one.measure.title,
        sample=after_.sample,
        epoch=int(row["epoch"]),
        item=str(row["item"]),
        role=str(row["role"]),
        profile=str(row["profile"]),
        challenge=str(row["challenge"]),
        was=float(row["baseline"]),
        now=float(row["candidate"]),
        why=chosen.why,
        before=before_.turns,
        after=after_.turns,
    )


class _Said(NamedTuple):
    sample: str
    turns: tuple[tuple[str, str], ...]


def _said(
    frame: pd.DataFrame, model: str, one: Differences, row: Mapping[str, Any], files: Mapping[str, Path]
) -> _Said:
    """Return what was said in one sample of one run."""
    own = frame[(frame["model"] == model) & (frame["audit"] == one.pairing.audit) & (frame["turn"] == 0)]
    for column in ("item", "role", "wording", "persona", "profile", "challenge", "epoch"):
        own = own[own[column] == row[column]]
    first = own[own["measure"] == one.measure.name].iloc[0]
    sample = log_files.transcript(files[str(first["log"])], str(first["sample"]), int(first["epoch"]))
    return _Said(str(first["sample"]), tuple(excerpts.turns(sample)))
