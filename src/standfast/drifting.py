"""A run folder -> its anchors asked again, and whether the endpoint is still the one that was audited.

The anchors are the first samples of each audit in the order that the run recorded before it began. They are asked again
under the run's own suite, judge and sampling, in a run of their own below the run folder.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from standfast import drift_file
from standfast.analysis import drifting, frames, pairing
from standfast.analysis import logs as log_files
from standfast.analysis.drifting import Change, Verdict
from standfast.endpoints import Endpoint, compared, said
from standfast.errors import EvidenceError, RunError
from standfast.folder import SCHEMA, read, stopped
from standfast.plan import plan
from standfast.run import run
from standfast.stored import read_suite
from standfast.suite import POLICY_FILE, SUITE_FILE

ANCHORS, MARGIN = 20, 20.0
EXIT_CODES: Mapping[Verdict, int] = {"unchanged": 0, "changed": 10, "inconclusive": 11}
_SOME = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a check found of one subject.

    Attributes:
        verdict: `changed`, `unchanged` within the margin, or `inconclusive`.
        reasons: Why, a sentence each.
        endpoints: What its providers said of themselves.
        changes: Its lead measures.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One check of a run's endpoints.

    Attributes:
        at: When.
        folder: Where the anchors' own run lies, below the run folder.
        anchors: Samples per audit and subject that were asked again, at most.
        margin: Within which a change counts as none, in percent of a measure's range.
        confidence: Of the intervals.
        subjects: Subject -> what was found.
    """

    at: str
    folder: str
    anchors: int
    margin: float
    confidence: float
    subjects: Mapping[str, Subject]

    @property
    def verdict(self) -> Verdict:
        """Return the verdict over all subjects."""
        found = {subject.verdict for subject in self.subjects.values()}
        return "changed" if "changed" in found else "inconclusive" if "inconclusive" in found else "unchanged"

    @property
    def exit_code(self) -> int:
        """Return the exit code of `standfast drift`."""
        return EXIT_CODES[self.verdict]


def drift(
    folder: Path, *, models: Sequence[str] = (), anchors: int = ANCHORS, margin: float = MARGIN, **settings: Any
) -> Drift:
    """Ask a run's anchors again, say whether its endpoints changed, and note it in drift.json.

    An interrupted check is carried on by the same call.

    Args:
        folder: The run folder.
        models: Which of its subjects; all where empty.
        anchors: Samples per audit and subject.
        margin: Change of a lead measure that still counts as none, in percent of the measure's range.
        **settings: How to run: `display`, `max_connections`, `notify`, `budget`, `prices`.

    Raises:
        EvidenceError: The run is of another version, its suite was changed, this code asks otherwise than it did, or no
            anchor has a value in both.
        RunError: The folder is no run folder, or the anchors could not be asked.
    """
    recorded = read(folder)
    asked = _asked(folder, recorded, models, anchors)
    _check(folder, recorded, asked)
    confidence = read_suite(folder, recorded).confidence
    below = Path("drift") / f"{len(drift_file.read(folder)) + 1:03}"
    again = run(folder / SUITE_FILE, out=folder / below, again=True, **asked, **settings)
    if why := stopped(again):
        message = f"{again}: the check is not finished: {why}. Give the same command again with a larger budget"
        raise RunError(message)
    subjects = _subjects(folder, recorded, again, margin / 100, confidence)
    if not any(change.n for subject in subjects.values() for change in subject.changes):
        message = f"{again}: no anchor has a value of a lead measure both in the run and now; nothing can be said"
        raise EvidenceError(message)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    found = Drift(
        at=at, folder=str(below), anchors=asked["limit"], margin=margin, confidence=confidence, subjects=subjects
    )
    drift_file.append(folder, json.loads(to_json(found)))
    return found


def to_json(found: Drift) -> str:
    """Return a check as JSON; NaN is written as null."""
    whole = {**asdict(found), "verdict": found.verdict, "exit_code": found.exit_code}
    return json.dumps(_plain(whole), ensure_ascii=False, allow_nan=False)


def _plain(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    return None if isinstance(data, float) and not isfinite(data) else data


def _asked(folder: Path, recorded: Mapping[str, Any], models: Sequence[str], anchors: int) -> dict[str, Any]:
    """Return what of a run is asked again."""
    if recorded.get("schema") != SCHEMA:
        message = (
            f"{folder / 'run.json'}: schema is {recorded.get('schema')!r}, expected {SCHEMA!r}; it cannot be checked"
        )
        raise EvidenceError(message)
    if "receivers" not in recorded or recorded.get("part"):
        what = "a part of a run; collect the parts first" if recorded.get("part") else "not made by `standfast run`"
        message = f"{folder}: is {what}"
        raise RunError(message)
    if unknown := sorted(set(models) - set(recorded["models"])):
        message = f"{folder}: no subject {unknown[0]}; known: {', '.join(recorded['models'])}"
        raise RunError(message)
    return {
        "models": [model for model in recorded["models"] if model in models or not models],
        "judges": recorded["judges"],
        "receivers": recorded["receivers"],
        "limit": min(anchors, recorded["limit"] or anchors),
        "policy": folder / POLICY_FILE if recorded["policy"]["file"] == POLICY_FILE else None,
    }


def _check(folder: Path, recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse, before anything is paid, a run that this code would ask or judge otherwise."""
    read_suite(folder, recorded)
    now = plan(folder / SUITE_FILE, **asked).facts()
    if found := pairing.mismatches(now, recorded):
        message = f"{folder}: this version asks or judges otherwise than the run did: {'; '.join(found[:_SOME])}"
        raise EvidenceError(message)


def _subjects(
    folder: Path, recorded: Mapping[str, Any], again: Path, margin: float, confidence: float
) -> dict[str, Subject]:
    """Return what was found of each subject; the confidence is over all of them."""
    own = read(again)
    with log_files.kept():
        then = frames.collect(folder / "logs", recorded)
        now = frames.collect(again / "logs", own)
        measures = frames.measures(again / "logs")
    changes = drifting.compare(then, now, measures, margin=margin, confidence=confidence)
    anchors = {(audit, sample) for audit, facts in own["audits"].items() for sample in facts["sample_ids"]}
    told = [said(place / "logs", anchors) for place in (folder, again)]
    return {
        model: _subject(compared(model, *told), [one for one in changes if one.model == model])
        for model in own["models"]
    }


def _subject(endpoints: Sequence[Endpoint], changes: Sequence[Change]) -> Subject:
    told = [
        f"{one.role}: its {one.kind} is {_some(one.now)}, and was {_some(one.then)}" for one in endpoints if one.changed
    ]
    moved = [f"{one.audit}, {one.measure}: {_written(one)}" for one in changes if one.verdict == "changed"]
    verdict: Verdict = "changed" if told else drifting.overall(list(changes))
    if verdict == "changed":
        reasons = [*told, *moved]
    elif verdict == "unchanged":
        reasons = [f"all {len(changes)} lead measures stayed within their margins"]
    else:
        wide = [one for one in changes if one.verdict == "inconclusive"]
        reasons = [f"{one.audit}, {one.measure}: {_written(one)}{_advice(one)}" for one in wide] or [
            "no lead measure has a pair"
        ]
    return Subject(verdict=verdict, reasons=tuple(reasons), endpoints=tuple(endpoints), changes=tuple(changes))


def _written(change: Change) -> str:
    def sign(value: float) -> str:
        return f"{value:+.1f}".replace("-", "−")

    if not isfinite(change.conf_low):
        return f"no interval from {change.n_items} items"
    missing = f", {change.n_missing} missing" if change.n_missing else ""
    return f"{sign(change.estimate)} [{sign(change.conf_low)}, {sign(change.conf_high)}] {change.unit}, margin ±{change.margin:g}, {change.n} pairs of {change.n_items} items{missing}"


def _advice(change: Change) -> str:
    return f"; about {change.needed} items would do" if change.needed else ""


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SOME]) + (f" and {len(names) - _SOME} more" if len(names) > _SOME else "")
