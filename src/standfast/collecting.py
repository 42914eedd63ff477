"""Parts of one run, asked on several machines -> one run folder, as one machine would have left it."""

import json
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from standfast import folder as folders
from standfast import parts
from standfast.errors import AuditError, RunError
from standfast.folder import locked, put, read
from standfast.gathered import OWN, Asked, check_same, common, find
from standfast.plan import plan
from standfast.suite import POLICY_FILE, SUITE_FILE

SCHEMA = "standfast/parts/1"
LEDGER = "calls.csv"
# What an earlier, partial joining left, and what was made of it.
_DERIVED = (LEDGER, "stopped.json", "frame.parquet", "results.json", "decision.json", "certificate.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What became of the parts.

    Attributes:
        run: The run folder.
        of: How many parts there are.
        missing: Numbers of the parts that were not given.
        unfinished: Number of a part -> why it is not finished.
    """

    run: Path
    of: int
    missing: tuple[int, ...]
    unfinished: Mapping[int, str]

    @property
    def is_whole(self) -> bool:
        """Tell whether all that was planned was asked."""
        return not self.missing and not self.unfinished


def collect(given: Sequence[Path], out: Path, *, partial: bool = False) -> Joined:
    """Join the parts of a run into one run folder, whose findings are those of a run on one machine.

    Args:
        given: Run folders of parts, or folders that hold them.
        out: The run folder to write; one that an earlier, partial joining of the same plan left is written anew.
        partial: Whether to join although parts are missing or unfinished; what they would have asked is then missing.

    Raises:
        RunError: A folder is no part, is given twice, or is of another plan; or a part is missing or unfinished.
        EvidenceError: The suite of a part was changed since it began.
        LogError: A log is damaged.
    """
    asked = find(given)
    check_same(asked)
    of = asked[0].part.of
    missing = tuple(sorted(set(range(1, of + 1)) - {one.part.number for one in asked}))
    joined = Joined(
        run=out, of=of, missing=missing, unfinished={one.part.number: one.unfinished for one in asked if one.unfinished}
    )
    if not (partial or joined.is_whole):
        message = f"{out}: {_told(joined)}. Run them as before, or give --partial for an unfinished run"
        raise RunError(message)
    facts = {**(_planned(asked[0]) if missing else _whole(asked)), **_made(asked)}
    with locked(out):
        _clear(out, facts)
        _write(out, asked, joined, facts)
    return joined


def _told(joined: Joined) -> str:
    """Say which parts are missing or unfinished."""
    found = []
    if joined.missing:
        found.append(f"of {joined.of} parts are missing: {_ranges(joined.missing)}")
    if joined.unfinished:
        first, why = next(iter(joined.unfinished.items()))
        found.append(f"not finished: {_ranges(joined.unfinished)} (part {first}: {why})")
    return "; ".join(found)


def _ranges(numbers: Collection[int]) -> str:
    """Return numbers in short.

    Example:
        >>> _ranges([1, 2, 3, 7])
        '1–3, 7'
    """
    ordered = sorted(numbers)
    starts = [ordered[0], *(b for a, b in pairwise(ordered) if b != a + 1)]
    ends = [*(a for a, b in pairwise(ordered) if b != a + 1), ordered[-1]]
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in zip(starts, ends, strict=True))


def _whole(asked: Sequence[Asked]) -> dict[str, Any]:
    """Return what run.json of the whole run says, from all its parts."""
    first = asked[0].run
    audits = {
        name: {**facts, "sample_ids": _dealt([one.run["audits"][name]["sample_ids"] for one in asked], name)}
        for name, facts in first["audits"].items()
    }
    return {**{key: value for key, value in first.items() if key not in OWN}, "audits": audits}


def _dealt(shares: Sequence[Sequence[str]], audit: str) -> list[str]:
    try:
        return parts.whole(shares)
    except ValueError as error:
        message = f"{audit}: {error}; a run.json was altered"
        raise RunError(message) from error


def _planned(one: Asked) -> dict[str, Any]:
    """Return what run.json of the whole run says, from the suite: a part does not know the others' samples.

    Raises:
        RunError: The suite gives another plan today, as its items or this package were changed.
    """
    run = one.run
    policy = one.folder / POLICY_FILE
    again = plan(
        one.folder / SUITE_FILE,
        models=run["models"],
        judges=run["judges"],
        receivers=run["receivers"],
        limit=run["limit"],
        policy=policy if policy.exists() else None,
    )
    facts = {"schema": folders.SCHEMA, **json.loads(json.dumps(again.facts()))}
    dealt = {name: list(parts.share(each["sample_ids"], one.part)) for name, each in facts["audits"].items()}
    known = {name: each["sample_ids"] for name, each in run["audits"].items()}
    now, then = common({**facts, "versions": run["versions"]}), common(run)
    if (now, dealt) != (then, known):
        changed = sorted(key for key in now.keys() | then.keys() if now.get(key) != then.get(key)) or ["samples"]
        message = f"{one.folder}: its suite gives another plan today (changed: {', '.join(changed)}); give all parts"
        raise RunError(message)
    return facts


def _made(asked: Sequence[Asked]) -> dict[str, Any]:
    """Return when and with what the parts were made; several machines may differ in what does not count."""
    began = [one.run["started"] for one in asked if one.run.get("started")]
    names = dict.fromkeys(name for one in asked for name in one.run["versions"])
    versions = {
        name: ", ".join(dict.fromkeys(str(one.run["versions"].get(name, "unknown")) for one in asked)) for name in names
    }
    return {"started": min(began, default=None), "versions": versions}


def _clear(out: Path, facts: Mapping[str, Any]) -> None:
    """Make room in a run folder; what an earlier joining of the same plan left goes.

    Raises:
        RunError: It holds something else.
    """
    if (out / "run.json").exists() or any(out.glob("logs/*")):
        mine = (out / parts.MARK).exists()
        if not mine or common(_known(out)) != common(facts):
            message = f"{out}: holds another run; give another --out"
            raise RunError(message)
    for name in _DERIVED:
        (out / name).unlink(missing_ok=True)
    shutil.rmtree(out / "logs", ignore_errors=True)


def _known(out: Path) -> Mapping[str, Any]:
    try:
        return read(out)
    except AuditError:  # an earlier joining was cut short
        return {"audits": {}}


def _write(out: Path, asked: Sequence[Asked], joined: Joined, facts: Mapping[str, Any]) -> None:
    """Write the run folder, its run.json last."""
    record = {
        "schema": SCHEMA,
        "of": joined.of,
        "missing": list(joined.missing),
        "unfinished": {str(number): why for number, why in joined.unfinished.items()},
        "joined": [{"part": one.part.number, "folder": one.folder.name} for one in asked],
    }
    put(out / parts.MARK, json.dumps(record, indent=1, ensure_ascii=False).encode())
    for name in (SUITE_FILE, POLICY_FILE):
        if (asked[0].folder / name).exists():
            put(out / name, (asked[0].folder / name).read_bytes())
    (out / "logs").mkdir()
    for one in asked:
        for file in sorted((one.folder / "logs").glob("*.eval")):
            if (out / "logs" / file.name).exists():
                message = f"{file}: another part has a log of this name; one of them was copied"
                raise RunError(message)
            shutil.copy2(file, out / "logs" / file.name)
    ledgers = [one.folder / LEDGER for one in asked if (one.folder / LEDGER).exists()]
    if ledgers:
        with (out / LEDGER).open("wb") as whole:
            whole.writelines(_lines(ledgers))
    if not joined.is_whole:
        folders.mark_stopped(out, _told(joined))
    put(out / "run.json", json.dumps(facts, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False).encode())


def _lines(ledgers: Sequence[Path]) -> Iterator[bytes]:
    """Yield the lines of ledgers, part after part, with one header; a torn last line is left out."""
    for i, ledger in enumerate(ledgers):
        with ledger.open("rb") as file:
            for k, line in enumerate(file):
                if line.endswith(b"\n") and (k or not i):
                    yield line
