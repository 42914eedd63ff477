"""Frame, findings, decision and reports from the logs of a bundle, once more, and what differs from what it says."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq

from standfast import certifying, stages
from standfast.analysis import certificate, decisions, frames, results
from standfast.analysis.decisions import Decision
from standfast.bundling import README, README_FILE, made_with
from standfast.differences import differences
from standfast.errors import AuditError, EvidenceError
from standfast.reports import manifest

T = TypeVar("T")
_JSON_LIMIT = 512 * 2**20
_FRAME_LIMIT = 4 * 2**30  # what frame.parquet may unpack to


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """What the logs give.

    Attributes:
        differences: What the bundle says otherwise, a sentence each.
        notes: What was not computed again.
        decision: The decision as it follows from the logs; `None` where none does.
    """

    differences: tuple[str, ...]
    notes: tuple[str, ...] = ()
    decision: Decision | None = None


def claimed_decision(place: Path) -> Decision:
    """Return the decision that a bundle claims.

    Raises:
        EvidenceError: It cannot be read.
    """
    return _claimed(place / "decision.json", decisions.from_json, decisions.to_json)


def recompute(place: Path, *, log_url: str, reports: bool, replays: bool) -> Recomputed:
    """Compute everything anew in an unpacked bundle.

    Args:
        place: The unpacked bundle; its findings, decision and reports are moved away.
        log_url: Where its reports link samples to.
        reports: Whether to set the reports again, too.
        replays: Whether to repeat the certificate's replays, too.
    """
    aside = place.with_name("claimed")
    aside.mkdir()
    for name in (*manifest.OUTPUTS, *manifest.RENDERED):
        if (place / name).is_file():
            (place / name).rename(aside / name)
    try:
        decided = _decide(place, aside)
        wrong = [*_frame(aside, place), *_numbers(aside, place), *_certificate(aside, place, replays=replays)]
        if reports and not wrong:
            wrong += _pages(aside, place, log_url)
    except Exception as error:
        # It comes from anyone: whatever it makes the analysis raise is a difference, and no crash.
        kind = "" if isinstance(error, AuditError) else f"{type(error).__name__}: "
        told = str(error).replace(f"{place}/", "").replace(f"{aside}/", "").replace(str(place), "the bundle")
        return Recomputed(differences=(f"the evidence cannot be analysed again: {kind}{told}",))
    return Recomputed(
        differences=tuple(wrong), notes=tuple(_notes(aside, reports=reports, replays=replays)), decision=decided
    )


def _decide(place: Path, aside: Path) -> Decision:
    """Analyse and gate as the bundle says that it was done: on the same day, by the same policy."""
    claimed = claimed_decision(aside)
    _claimed(aside / "results.json", results.from_json, results.to_json)
    # What was analysed for a post hoc policy too need not have been decided by it.
    other, waived = (_present(place / name) for name in (stages.POST_HOC_FILE, stages.WAIVERS_FILE))
    stages.analyse(place, baseline=_baseline(place), policy=other)
    return stages.gate(
        place,
        allow_simulated=claimed.allow_simulated,
        policy=other if claimed.policy and claimed.policy.post_hoc else None,
        waived=waived,
        inconclusive=claimed.inconclusive,
        today=date.fromisoformat(claimed.decided) if claimed.decided else None,
    )


def _present(path: Path) -> Path | None:
    return path if path.is_file() else None


def _baseline(place: Path) -> Path | None:
    folder = place / manifest.BASELINE
    beside = sorted(folder.iterdir()) if folder.is_dir() else []
    if len(beside) > 1:
        message = f"{manifest.BASELINE}: holds {len(beside)} runs, expected one"
        raise EvidenceError(message)
    return beside[0] if beside else None


def _frame(aside: Path, place: Path) -> Iterator[str]:
    """Compare the tidy frames by their content, in whatever way they are packed."""
    claimed, found = aside / "frame.parquet", place / "frame.parquet"
    if claimed.read_bytes() == found.read_bytes():
        return
    said, again = pq.read_metadata(claimed), frames.read(found)
    unpacked = sum(said.row_group(i).total_byte_size for i in range(said.num_row_groups))
    if said.num_rows != len(again) or unpacked > _FRAME_LIMIT:
        yield f"frame.parquet: has {said.num_rows:,} rows, the logs give {len(again):,}"
    elif frames.sha256(frames.read(claimed)) != frames.sha256(again):
        yield "frame.parquet: its values are not those of the logs"


def _numbers(aside: Path, place: Path) -> Iterator[str]:
    for name in ("results.json", "decision.json"):
        yield from _compared(aside, place, name)


def _compared(aside: Path, place: Path, name: str) -> Iterator[str]:
    claimed, found = (json.loads((folder / name).read_text("utf-8")) for folder in (aside, place))
    # Each file's hash of its own content moves with the last digit of any number.
    yield from differences({**claimed, "sha256": ""}, {**found, "sha256": ""}, name)


def _certificate(aside: Path, place: Path, *, replays: bool) -> Iterator[str]:
    """Hold the certificate against frame and policy, and against its replays where they are wanted: they take long."""
    if not (aside / "certificate.json").is_file():
        return
    made = _claimed(aside / "certificate.json", certificate.from_json, certificate.to_json)
    found = results.from_json((place / "results.json").read_text("utf-8"))
    decided = decisions.from_json((place / "decision.json").read_text("utf-8"))
    if made.frame_sha256 != found.frame_sha256:
        yield "certificate.json: is of another frame"
    if decided.policy and made.policy_sha256 != decided.policy.sha256:
        yield "certificate.json: is of another policy"
    if replays:
        certifying.of_run(place, replays=made.replays, seed=made.seed)
        yield from _compared(aside, place, "certificate.json")


def _pages(aside: Path, place: Path, log_url: str) -> Iterator[str]:
    """Set the reports again from what the bundle says, and compare every byte."""
    for name in manifest.OUTPUTS:
        if (aside / name).is_file():
            shutil.copyfile(aside / name, place / name)
    stages.report(place, log_url=log_url)
    (place / README_FILE).write_text(README, encoding="utf-8")
    made = ", ".join(f"{name} {version}" for name, version in made_with().items())
    for name in manifest.RENDERED:
        claimed, again = _bytes(aside / name), _bytes(place / name)
        if claimed != again:
            yield f"{name}: is not what these results give here, with {made}"


def _notes(aside: Path, *, reports: bool, replays: bool) -> Iterator[str]:
    if (aside / "certificate.json").is_file() and not replays:
        yield "The certificate's replays were not repeated; --replays does that."
    if not reports:
        yield "The reports were not looked at."


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _claimed(path: Path, load: Callable[[str], T], dump: Callable[[T], str]) -> T:
    """Return a noun that the bundle claims.

    Raises:
        EvidenceError: It cannot be read, or could be read in a second way, such as by a key that stands in it twice.
    """
    try:
        if path.stat().st_size > _JSON_LIMIT:
            message = f"larger than {_JSON_LIMIT / 2**20:,.0f} MiB"
            raise ValueError(message)
        text = path.read_bytes().decode("utf-8")
        found = load(text)
        again: Any = dump(found)
    except (AuditError, OSError, ValueError, RecursionError) as error:
        message = f"{path.name}: cannot be read ({error})"
        raise EvidenceError(message) from error
    if again != text:
        message = f"{path.name}: is not written as standfast writes it"
        raise EvidenceError(message)
    return found
