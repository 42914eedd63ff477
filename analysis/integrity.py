"""What the logs themselves tell about the evidence: who served and judged it, and whether replies are new evidence.

A sample repeats another one if the subject was asked the same, word for word, and answered the same. Two replies of
`LONG` characters are that alike only if nothing was drawn anew: temperature 0, a cache, or a text that the subject
recites. Short replies agree by chance, so they do not count. The rule thus misses repeats that are shorter, and those
of a provider that is not quite deterministic; it errs the other way for a subject that recites one long text wherever
it is asked the same, whose samples are no new evidence either.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from standfast.analysis import logs as log_files
from standfast.analysis.families import kin, same_model
from standfast.analysis.logs import Log, Reading, Record

LONG = 200  # characters of all replies of a sample; below, two may agree by chance
MOST_REPEATED = 0.10  # share of the samples; the intervals count each as evidence of its own
FEWEST_READ = 0.10  # share of the samples that a judge of another family must have read
_WITHOUT: tuple[Reading, ...] = ("evidence",)
_WITH_PANEL: tuple[Reading, ...] = ("evidence", "panel")
_HASHES = ("question", "opening", "asked", "replied")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """The evidence of one subject and audit.

    Attributes:
        model: Subject.
        audit: Audit.
        samples: Samples and epochs that finished.
        distinct: Conversations among them that differ in what was asked or answered.
        repeated: Samples or epochs whose whole conversation, asked and answered, is that of an earlier one, and long.
        cached: Samples with a reply from a cache.
        served: Names under which the provider reported the model, sorted; none where no provider was called.
        judged: Names of the judges, the first one's first.
        duplicates: Items whose text is that of another item.
        problems: Why nothing of this subject and audit may pass, a sentence each; empty where all is well.
    """

    model: str
    audit: str
    samples: int
    distinct: int
    repeated: int
    cached: int
    served: tuple[str, ...]
    judged: tuple[str, ...]
    duplicates: tuple[str, ...]
    problems: tuple[str, ...]


class _Found(NamedTuple):
    """What the logs hold of one subject and audit."""

    logs: list[Log]
    records: dict[tuple[str, int], Record]


def check(logs: Path | Sequence[Path], run: Mapping[str, Any]) -> tuple[Integrity, ...]:
    """Return what the logs tell about the evidence, one entry per planned subject and audit.

    Args:
        logs: The log folder, or the files.
        run: run.json.

    Raises:
        LogError: A log is damaged.
    """
    found = _read(logs, run)
    # A subject that was changed between two audits is another subject too.
    served = {
        model: sorted({name for (of, _), own in found.items() if of == model for name in _served(own)})
        for model in run["models"]
    }
    return tuple(
        _of(str(model), str(audit), found.get((model, audit), _Found([], {})), run, served[model])
        for model in run["models"]
        for audit in run["audits"]
    )


def _read(logs: Path | Sequence[Path], run: Mapping[str, Any]) -> dict[tuple[str, str], _Found]:
    """Return the samples that count: of several logs with the same one, the newest in which it finished."""
    found: dict[tuple[str, str], _Found] = defaultdict(lambda: _Found([], {}))
    opened = [log_files.read(path) for path in log_files.find(logs)]
    for log in sorted(opened, key=lambda log: (log.created, log.path.name), reverse=True):
        own = found[log.model, log.definition.audit]
        own.logs.append(log)
        related = any(kin(log.model) & kin(judge) for judge in run["judges"])
        for record in log_files.records(log, readings=_WITH_PANEL if related else _WITHOUT):
            if record.finished:
                own.records.setdefault((record.id, record.epoch), record)
    return found


def _of(model: str, audit: str, found: _Found, run: Mapping[str, Any], served: Sequence[str]) -> Integrity:
    records = list(found.records.values())
    duplicates, repeated = _duplicates(records), _repeated(records)
    judges = tuple(dict.fromkeys([*sorted({record.judge for record in records}), *map(str, run["judges"])]))
    problems = [
        *_of_records(records),
        *_of_provider(served),
        *_of_settings(found.logs, run),
        *_of_repeats(records, repeated),
        *([f"{_some(duplicates)} ask the same, so they are not independent items."] if duplicates else []),
        *_of_judges(model, records, run),
    ]
    return Integrity(
        model=model,
        audit=audit,
        samples=len(records),
        distinct=len({_conversation(record) for record in records}),
        repeated=repeated,
        cached=sum(bool(record.evidence.get("cached")) for record in records),
        served=tuple(sorted(_served(found))),
        judged=judges,
        duplicates=duplicates,
        problems=tuple(problems),
    )


def _served(found: _Found) -> set[str]:
    return {name for record in found.records.values() for name in record.evidence.get("served", [])}


def _conversation(record: Record) -> tuple[str, ...]:
    """Return what makes a conversation: all that was asked and answered; unknown ones are all different."""
    known = [str(record.evidence.get(name, "")) for name in ("asked", "replied")]
    return tuple(known) if all(known) else (record.id, str(record.epoch), "")


def _repeated(records: Collection[Record]) -> int:
    """Return how many long conversations are that of an earlier one."""
    long = Counter(_conversation(record) for record in records if record.evidence.get("length", 0) >= LONG)
    return sum(count - 1 for count in long.values())


def _duplicates(records: Collection[Record]) -> tuple[str, ...]:
    """Return the items that ask what another item asks, in the order of their names."""
    asking: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if question := record.evidence.get("question"):
            asking[question].add(str(record.facts.get("item")))
    return tuple(sorted({item for items in asking.values() if len(items) > 1 for item in items}))


def _of_records(records: Collection[Record]) -> Iterator[str]:
    if not records:
        yield "No sample of it finished."
    blind = sum(not all(record.evidence.get(name) for name in _HASHES) for record in records)
    if blind:
        yield (
            f"{blind} of {len(records)} samples do not say what was asked and answered; score the run again with this version."
        )


def _of_provider(served: Sequence[str]) -> Iterator[str]:
    if len(served) > 1:
        yield f"The provider reported more than one model under way: {_some(served)}."


def _partners(log: Log) -> dict[str, str | None]:
    return {"user": log.user or None, "sender": log.sender or None, "receivers": log.receivers or None}


def _of_settings(logs: Collection[Log], run: Mapping[str, Any]) -> Iterator[str]:
    """Yield where run.json says otherwise than the logs of how they were made; what it does not say is not compared."""
    sampling = run.get("sampling")
    told = {log.path: {"epochs": log.epochs, "limit": log.limit, **_partners(log), **log.sampling} for log in logs}
    planned = {name: run[name] for name in ("epochs", "limit") if name in run}
    if any(any(_partners(log).values()) for log in logs):  # a run that was judged again names none of them in its logs
        cast = {"user": run.get("user"), "sender": run.get("sender"), "receivers": ", ".join(run.get("receivers", ()))}
        planned |= {name: named or None for name, named in cast.items()}
    for name in ("temperature", "max_tokens") if sampling is not None else ():
        planned[name] = (sampling or {}).get(name)
    for name, value in planned.items():
        for said in sorted({_set(log.get(name)) for log in told.values()} - {_set(value)}):
            yield f"It was asked with {name} {said}, run.json says {_set(value)}."
    cold = 0 in (planned.get("temperature"), *(log.sampling.get("temperature") for log in logs))
    epochs = max([int(run["epochs"]), *(log.epochs for log in logs)])
    if cold and epochs > 1:
        yield f"At temperature 0 the {epochs} epochs repeat each other and are no evidence of their own."


def _of_repeats(records: Collection[Record], repeated: int) -> Iterator[str]:
    if repeated > MOST_REPEATED * len(records):
        yield (
            f"{repeated} of {len(records)} samples repeat another one word for word, question and reply, so they are no "
            f"evidence of their own; at most {MOST_REPEATED:.0%} may."
        )
    cached, long = _cached_epochs(records)
    if long or cached > MOST_REPEATED * len(records):
        yield f"A reply from a cache is counted as another epoch in {cached} of {len(records)} samples."


def _cached_epochs(records: Collection[Record]) -> tuple[int, int]:
    """Return in how many epochs a cached reply is that of another epoch of its sample, and how many of them are long."""
    epochs = Counter((record.id, *_conversation(record)) for record in records)
    again = [r for r in records if r.evidence.get("cached") and epochs[r.id, *_conversation(r)] > 1]
    return len(again), sum(record.evidence.get("length", 0) >= LONG for record in again)


def _of_judges(model: str, records: Collection[Record], run: Mapping[str, Any]) -> Iterator[str]:
    read_by = sorted({record.judge for record in records})
    planned = str(run["judges"][0]) if run["judges"] else ""
    if records and read_by != [planned]:
        yield f"It was read by {_some(read_by)}, run.json names {planned or 'no judge'}."
    for judge in read_by:
        own = kin(model) & kin(judge)
        if same_model(model, judge):
            yield f"The judge {judge} is the subject itself."
        elif own and (read := _read_by_others(model, records)) < FEWEST_READ * len(records):
            yield (
                f"The judge {judge} is of the subject's own family ({', '.join(sorted(own))}), and a judge of another "
                f"family read {read} of {len(records)} samples; it must read at least {FEWEST_READ:.0%}."
            )


def _read_by_others(model: str, records: Collection[Record]) -> int:
    """Return how many samples a judge of another family read as well, and could."""
    return sum(
        any(
            entry["kind"] == "second" and not kin(model) & kin(entry["judge"]) and "scored" in entry["status"].values()
            for entry in record.panel
        )
        for record in records
    )


def _set(value: object) -> str:
    if value is None:
        return "not set"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _some(names: Sequence[str], most: int = 4) -> str:
    """Return names joined, the first few of many."""
    listed = ", ".join(names[:most])
    return f"{listed} and {len(names) - most} more" if len(names) > most else " and ".join(listed.rsplit(", ", 1))
