"""A suite -> a folder from which the machines of a cluster each ask one part: the plan, and job scripts."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from standfast import keys, parts
from standfast.budgets import Budget, without
from standfast.errors import RunError, SuiteError
from standfast.folder import put
from standfast.plan import Plan
from standfast.suite import POLICY_FILE, SUITE_FILE

SCHEMA = "standfast/shards/1"
PLAN_FILE = "plan.json"
PRICES_FILE = "prices.yaml"  # found beside the suite
JOBS = ("part.sh", "slurm.sh", "kubernetes.yaml")
IMAGE = "standfast:0.1.0"


def shard(
    todo: Plan,
    of: int,
    out: Path,
    *,
    caps: Budget | None = None,
    prices: Path | None = None,
    max_connections: int | None = None,
    image: str = IMAGE,
) -> Path:
    """Write the folder that a cluster runs a suite from: plan.json, the suite, and one job script per scheduler.

    Args:
        todo: The whole plan.
        of: How many parts.
        out: The folder; all machines must see it.
        caps: What may be spent by all parts together; caps that it leaves out are the suite's.
        prices: Price list, where it is not the shipped one; it is copied.
        max_connections: Calls at once, per provider and part.
        image: Container image of the Kubernetes job.

    Raises:
        SuiteError: The suite cannot be asked in parts, or names files that other machines may not find.
        RunError: The folder holds another plan.
    """
    caps = (todo.suite.budget or Budget()).under(caps)
    each = caps.share(of)
    check(todo, of, out / SUITE_FILE)
    sizes = _sizes(todo, of)
    keys.check(todo.text, out / SUITE_FILE)
    record = {
        "schema": SCHEMA,
        "of": of,
        "asked": {key: value for key, value in todo.facts().items() if key != "audits"},
        "samples": sizes,
        "calls": todo.calls()["total"],
        "budget": {"whole": caps.model_dump(exclude_none=True), "part": each.model_dump(exclude_none=True)},
    }
    _refuse_other(out, record)
    out.mkdir(parents=True, exist_ok=True)
    (out / "parts").mkdir(exist_ok=True)
    put(out / SUITE_FILE, without(todo.text))
    if todo.policy:
        put(out / POLICY_FILE, todo.policy.text)
    if prices:
        put(out / PRICES_FILE, prices.read_bytes())
    told = {
        "name": todo.suite.name,
        "slug": f"standfast-{todo.suite.name}"[:52].rstrip("-"),  # what Kubernetes takes
        "of": of,
        "options": _options(todo, each, max_connections),
        "image": image,
    }
    for name in JOBS:
        put(out / name, _render(name, told).encode())
    put(out / PLAN_FILE, json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True).encode())
    return out


def _sizes(todo: Plan, of: int) -> list[int]:
    """Return the samples of each part, over all subjects and epochs."""
    counts = [len(task.dataset[: todo.limit]) for task in todo.tasks.values()]
    times = len(todo.models) * todo.suite.epochs
    return [times * sum(len(range(k, count, of)) for count in counts) for k in range(of)]


def check(todo: Plan, of: int, where: Path) -> None:
    """Refuse a suite that cannot be asked in so many parts, or names files that other machines look for elsewhere.

    Args:
        todo: The whole plan.
        of: How many parts.
        where: The suite file, for messages.

    Raises:
        SuiteError: As said.
    """
    parts.check(dict(todo.tasks), todo.limit, of)
    named = {f"audits.{name}.path": spec.path for name, spec in todo.suite.audits.items()}
    for field, path in {**named, "personas.path": todo.suite.personas.path}.items():
        if path and "://" not in path and not Path(path).is_absolute():
            message = (
                f"{where}: {field}: {path} is looked for from where a job happens to run; "
                "give an absolute path that all machines see, or an hf:// address"
            )
            raise SuiteError(message)


def _refuse_other(out: Path, record: Mapping[str, Any]) -> None:
    """Refuse a folder whose parts are of another plan; a changed budget is no other plan.

    Raises:
        RunError: It holds one.
    """
    path = out / PLAN_FILE
    if not path.exists():
        if out.exists() and any(out.iterdir()):
            message = f"{out}: is not empty and holds no {PLAN_FILE}; give another --out"
            raise RunError(message)
        return
    try:
        known: Any = json.loads(path.read_text("utf-8"))
        same = all(known[key] == json.loads(json.dumps(record[key])) for key in ("schema", "of", "asked"))
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        message = f"{out}: holds another plan; give another --out"
        raise RunError(message)


def _options(todo: Plan, each: Budget, max_connections: int | None) -> str:
    """Return the options of each part's command, quoted for the shell."""
    words: list[str] = []
    for option, names in (("--model", todo.models), ("--judge", todo.judges), ("--receiver", todo.receivers)):
        for name in names:
            words += [option, name]
    if todo.policy:
        words += ["--policy", POLICY_FILE]
    if todo.limit is not None:
        words += ["--limit", str(todo.limit)]
    if max_connections is not None:
        words += ["--max-connections", str(max_connections)]
    for name, cap in each.model_dump(exclude_none=True).items():
        words += [f"--max-{name}", f"{cap:.10g}"]
    return "".join(f" {shlex.quote(word)}" for word in words)


def _render(name: str, told: Mapping[str, Any]) -> str:
    source = (Path(__file__).parent / "jobs" / f"{name}.j2").read_text("utf-8")
    made = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return made.from_string(source).render(**told)
