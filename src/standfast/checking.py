"""All that `check` finds out about a suite, before anything is paid, and where it is kept.

Planning imports Inspect, which alone takes more than a second, and builds every sample. What comes out depends on
files and words alone, so it is kept under their hash in the user's cache, and the same question is answered from there.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import standfast
from standfast import costs
from standfast.budgets import Budget
from standfast.costs import Line, Pace
from standfast.folder import put
from standfast.outlook import Offer, Prospect

if TYPE_CHECKING:
    from standfast.prospects import Pilot

_CODE = (".py", ".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What `check` is asked.

    Attributes:
        suite: The suite's file.
        prices: The price list; the shipped one where `None`.
        policy: gates.yaml, in the place of the suite's own gates.
        pilot: Run folder to take the variances from.
        models: Subjects; those of the suite where empty.
        judges: Likewise.
        receivers: Likewise.
        limit: Samples per audit and subject.
        reply_tokens: Tokens of a reply, where they are known.
    """

    suite: Path
    prices: Path | None = None
    policy: Path | None = None
    pilot: Path | None = None
    models: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    limit: int | None = None
    reply_tokens: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a suite would ask, cost and show.

    Attributes:
        notices: What whoever runs the suite should know of its topics.
        calls: Items, samples and calls, audit by audit and in all.
        tokens: Audit -> tokens per subject by role, and the basis of their length.
        prices: Which price list.
        budget: The suite's budget.
        lines: Calls, tokens and dollars by role and model, over all subjects.
        gates: What each gate can show.
        offers: What larger audits would show.
    """

    notices: list[str]
    calls: dict[str, Any]
    tokens: dict[str, dict[str, Any]]
    prices: str
    budget: Budget | None
    lines: list[Line]
    gates: list[Prospect]
    offers: list[Offer]

    def told(self, pace: Pace) -> dict[str, Any]:
        """Return it for JSON, with the time that it takes at a pace."""
        priced = costs.told(self.lines, self.prices, pace, self.budget)
        gates, more = ([asdict(one) for one in found] for found in (self.gates, self.offers))
        return {**self.calls, "tokens": self.tokens, "costs": priced, "gates": gates, "offers": more}


def check(asked: Asked) -> Checked:
    """Work out what a suite would ask, cost and show, or take it from the cache; calls no model but simulated ones.

    Raises:
        SuiteError: The suite, the policy or the price list is wrong, or a model is not written as provider/model.
    """
    path = _place(asked)
    found = _kept(path) if path else None
    if found is None:
        found = _worked_out(asked)
        if path:
            _keep(path, found)
    return found


def _worked_out(asked: Asked) -> Checked:
    from standfast import prices, tokens
    from standfast.plan import plan
    from standfast.prospects import prospects
    from standfast.worth import offers

    known = prices.load(asked.prices)
    todo = plan(
        asked.suite,
        models=asked.models,
        judges=asked.judges,
        receivers=asked.receivers,
        limit=asked.limit,
        policy=asked.policy,
    )
    pilot = _pilot(asked.pilot) if asked.pilot else None
    used = todo.used(asked.reply_tokens)
    by_audit = {name: costs.total(costs.lines(todo, [once], known)) for name, (once, _) in used.items()}
    return Checked(
        notices=todo.notices(),
        calls=todo.calls(),
        tokens={name: {**tokens.told(once), "basis": basis} for name, (once, basis) in used.items()},
        prices=known.file,
        budget=todo.suite.budget,
        lines=costs.lines(todo, [once for once, _ in used.values()], known),
        gates=prospects(todo, pilot),
        offers=offers(todo, by_audit, pilot),
    )


def _pilot(run: Path) -> "Pilot":
    """Return what a finished run tells about variances."""
    from standfast import folder, stored
    from standfast.prospects import Pilot

    record = folder.read(run)
    return Pilot(stored.read_results(run, record).fits, record["simulated"])


def _place(asked: Asked) -> Path | None:
    """Return where the answer is kept; `None` where it depends on what the hash does not see."""
    try:
        suite = asked.suite.read_bytes()
        held = [suite, *(path.read_bytes() for path in (asked.prices, asked.policy) if path)]
        held += [(asked.pilot / name).read_bytes() for name in ("run.json", "results.json")] if asked.pilot else []
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except (OSError, RuntimeError):  # no such file, of which planning tells; or no home
        return None
    if b"path:" in suite:  # a public format's files, and what they hold
        return None
    words = json.dumps([asdict(asked), version("inspect_ai"), _code()], default=str)
    hashed = [hashlib.sha256(part).hexdigest() for part in (words.encode(), *held)]
    return root / "standfast" / "plans" / f"{hashlib.sha256(json.dumps(hashed).encode()).hexdigest()}.json"


def _code() -> list[tuple[str, int, int]]:
    """Return name, size and time of every file of the package that a plan may depend on."""
    found = []
    for root in dict.fromkeys(os.path.realpath(folder) for folder in standfast.__path__):
        for place, folders, names in os.walk(root, followlinks=True):
            folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
            for name in names:
                if name.endswith(_CODE):
                    known = os.stat(os.path.join(place, name))
                    found.append((f"{place}/{name}", known.st_size, known.st_mtime_ns))
    return sorted(found)


def _kept(path: Path) -> Checked | None:
    """Return a kept answer; `None` where there is none, or none that can be read."""
    try:
        held = json.loads(path.read_text("utf-8"))
        rows: Sequence[tuple[str, type[Any]]] = (("lines", Line), ("gates", Prospect), ("offers", Offer))
        made = {name: [kind(**row) for row in held[name]] for name, kind in rows}
        budget = Budget.model_validate(held["budget"]) if held["budget"] else None
        return Checked(**{**held, **made, "budget": budget})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(path: Path, found: Checked) -> None:
    """Keep an answer; a cache that cannot be written is none."""
    plain = {field.name: getattr(found, field.name) for field in fields(found)}
    for name in ("lines", "gates", "offers"):
        plain[name] = [asdict(one) for one in plain[name]]
    plain["budget"] = found.budget.model_dump(exclude_none=True) if found.budget else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, json.dumps(plain, allow_nan=False).encode())
    except OSError:
        pass
