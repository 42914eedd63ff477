"""What the providers of a run say of themselves: the names that they serve, and the fingerprints of the systems behind."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from standfast.analysis import logs as log_files
from standfast.errors import LogError

if TYPE_CHECKING:
    from inspect_ai.event import ModelEvent

Kind = Literal["name", "fingerprint"]
_ROLES = {None: "subject", "grader": "judge"}  # as Inspect calls them
_Said = Mapping[tuple[str, str, Kind], frozenset[str]]  # subject, role, kind -> what was said


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What a provider said of itself, in the run and now.

    Attributes:
        role: Whose calls: `subject`, `judge`, `user`, `sender` or `receiver`.
        kind: The served name, or the fingerprint of the system behind it.
        then: What it said in the run's anchors, sorted; none where it said nothing.
        now: What it says now.
    """

    role: str
    kind: Kind
    then: tuple[str, ...]
    now: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Tell whether it says another thing: a name that it did not serve, or no fingerprint in common.

        Several fingerprints may serve at once, so that a new one beside a known one says nothing.
        """
        if not self.then or not self.now:
            return False
        return bool(set(self.now) - set(self.then)) if self.kind == "name" else not set(self.now) & set(self.then)


def said(logs: Path, anchors: Collection[tuple[str, str]]) -> _Said:
    """Return what providers said of themselves in some samples' calls.

    Inspect keeps the whole answers of a sample's first calls, and providers need not tell a fingerprint.

    Args:
        logs: The log folder.
        anchors: Audit and sample id.

    Raises:
        LogError: A log is damaged.
    """
    found: dict[tuple[str, str, Kind], set[str]] = defaultdict(set)
    for path in log_files.find(logs):
        log = log_files.read(path)
        wanted = {sample for audit, sample in anchors if audit == log.definition.audit}
        for event in _calls(path, wanted):
            role = _ROLES.get(event.role, str(event.role))
            if event.output.model:
                found[log.model, role, "name"].add(event.output.model)
            answer = event.call.response if event.call else None
            if isinstance(mark := (answer or {}).get("system_fingerprint"), str) and mark:
                found[log.model, role, "fingerprint"].add(mark)
    return {key: frozenset(values) for key, values in found.items()}


def compared(model: str, then: _Said, now: _Said) -> list[Endpoint]:
    """Return what the providers of one subject's samples said then and now."""
    return [
        Endpoint(
            role=role,
            kind=kind,
            then=tuple(sorted(then.get((model, role, kind), ()))),
            now=tuple(sorted(now.get((model, role, kind), ()))),
        )
        for role, kind in sorted((role, kind) for of, role, kind in {*then, *now} if of == model)
    ]


def _calls(path: Path, wanted: Collection[str]) -> "Iterator[ModelEvent]":
    """Yield the answered calls of samples."""
    from inspect_ai.event import ModelEvent
    from inspect_ai.log import read_eval_log_sample_summaries, read_eval_log_samples_by_id

    try:
        keys = [(one.id, one.epoch) for one in read_eval_log_sample_summaries(path) if str(one.id) in wanted]
        samples = read_eval_log_samples_by_id(path, keys, exclude_fields={"messages", "store"})
        events = [event for sample in samples for event in sample.events]
    except Exception as error:  # whatever a damaged file makes a reader raise
        message = f"{path}: cannot be read as an Inspect log ({type(error).__name__}: {error})"
        raise LogError(message) from error
    yield from (event for event in events if isinstance(event, ModelEvent) and event.error is None)
