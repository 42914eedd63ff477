"""Cells -> logs, through Inspect's `eval_set`; and the run folder that holds them."""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval_set
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, Model, get_model
from rich.text import Text

from standfast.audits._audit import Audit, make
from standfast.audits._registry import AUDITS
from standfast.errors import RunError, SuiteError
from standfast.suite import AuditFacts, AuditSpec, Suite
from standfast.suite import load as load_suite

SCHEMA = "standfast/run/1"
SIMULATED = "standfast/"


def catalogue() -> dict[str, AuditFacts]:
    """Return what a suite may name, audit by audit."""
    return {name: _facts(audit) for name, audit in AUDITS.items()}


def _facts(audit: Audit) -> AuditFacts:
    measures = [m for m in audit.definitions(audit.turns) if m.level == "sample"]
    return AuditFacts(
        measures={m.name: m.direction for m in measures},
        constructs={m.name: m.construct for m in measures},
        items=[item.id for item in audit.items()],
        challenges=audit.challenges,
        multi_turn=audit.turns > 1,
    )


def tasks(suite: Suite, *, simulated: bool) -> dict[str, Task]:
    """Build one Inspect task per audit of the suite.

    Args:
        suite: The suite.
        simulated: Whether all models are simulated; then replies cost nothing and are not cached.
    """
    return {name: make(name, _options(suite, spec, simulated)) for name, spec in suite.audits.items()}


def _options(suite: Suite, spec: AuditSpec, simulated: bool) -> dict[str, Any]:
    return {
        "items": spec.items,
        "source": spec.source,
        "path": spec.path,
        "challenges": spec.challenges,
        "turns": spec.turns,
        "roles": suite.roles,
        "wordings": suite.wordings,
        "profiles": suite.profiles,
        "personas": suite.personas.names or suite.personas.count,
        "personas_seed": suite.personas.seed,
        "per_item": suite.personas.per_item,
        "placement": suite.placement,
        "person": suite.person,
        "seed": suite.seed,
        "cache": not simulated,
    }


def is_simulated(models: Sequence[str], judges: Sequence[str]) -> bool:
    """Tell whether a simulated subject or judge takes part."""
    return any(name.startswith(SIMULATED) for name in [*models, *judges])


def run(
    suite_file: Path,
    *,
    models: Sequence[str] = (),
    judge: str | None = None,
    limit: int | None = None,
    out: Path | None = None,
    display: str | None = None,
    max_connections: int | None = None,
    gated: bool = False,
) -> Path:
    """Run a suite and return its run folder; a folder that holds an unfinished run is carried on.

    Args:
        suite_file: The suite.
        models: Subjects; those of the suite where empty.
        judge: Judge; that of the suite where `None`.
        limit: Samples per audit and subject, the first in the suite's order; all where `None`.
        out: Run folder; by default `runs/<suite>-<hash of suite, models, judge and limit>`.
        display: Inspect's display: `full`, `rich`, `plain`, `none` ...
        max_connections: Calls at once, per provider.
        gated: Whether a verdict is wanted, so that a suite without gates is refused before anything is paid.

    Raises:
        SuiteError: The suite is wrong, or names no subject or judge, or none that can be called.
        RunError: The folder holds another run or is in use, or Inspect could not finish.
    """
    suite = load_suite(suite_file, catalogue())
    if gated and not suite.gates:
        message = f"{suite_file}: no gates; a decision needs at least one rule fixed before the run"
        raise SuiteError(message)
    subjects, judges = _cast(suite, suite_file, models, judge)
    folder = out or Path("runs") / f"{suite.name}-{_key(suite_file, subjects, judges, limit)}"
    planned = tasks(suite, simulated=is_simulated(subjects, judges))
    config = GenerateConfig(temperature=suite.temperature, max_tokens=suite.max_tokens, max_connections=max_connections)
    called = [_model(name, config) for name in subjects]
    # A judge that samples would make two readings of one reply differ.
    grader = _model(judges[0], GenerateConfig(temperature=0.0, max_connections=max_connections))
    with _locked(folder):
        _record(folder, suite, suite_file, subjects, judges, limit, planned)
        logs = _evaluate(
            folder, list(planned.values()), called, grader, limit=limit, epochs=suite.epochs, display=display
        )
    broken = [f"{log.eval.task} with {log.eval.model}: {log.status}" for log in logs if log.status != "success"]
    if broken:
        message = f"{folder}: not finished: {'; '.join(broken)}. Run the same command again to carry on"
        raise RunError(message)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    return folder


def plan(
    suite_file: Path, *, models: Sequence[str] = (), judge: str | None = None, limit: int | None = None
) -> dict[str, Any]:
    """Say what a run would ask, without a call.

    Returns:
        Models, judges, and per audit and in all: items, samples and calls. Calls are per subject in an audit's row,
        and over all subjects and epochs in the sum; a judge call that is asked again is not counted.

    Raises:
        SuiteError: The suite is wrong.
    """
    suite = load_suite(suite_file, catalogue())
    subjects, judges = list(models) or list(suite.models), [judge] if judge else list(suite.judges)
    audits = {name: _calls(task, suite.epochs, limit) for name, task in tasks(suite, simulated=True).items()}
    sums = {
        key: max(len(subjects), 1) * sum(row[key] for row in audits.values())
        for key in ("samples", "subject_calls", "judge_calls")
    }
    return {"suite": suite.name, "models": subjects, "judges": judges, "audits": audits, "total": sums}


def _calls(task: Task, epochs: int, limit: int | None) -> dict[str, Any]:
    header = dict((task.metadata or {})["standfast"])
    samples = epochs * len(list(task.dataset)[:limit])
    calls = samples * header["turns"]
    return {
        "version": header["audit_version"],
        "items": len(header["items"]),
        "samples": samples,
        "subject_calls": calls,
        "judge_calls": calls,
    }


def _cast(suite: Suite, suite_file: Path, models: Sequence[str], judge: str | None) -> tuple[list[str], list[str]]:
    subjects = list(models) or list(suite.models)
    judges = [judge] if judge else list(suite.judges)
    for kind, names, flag in (("subject", subjects, "--model"), ("judge", judges, "--judge")):
        if not names:
            message = f"{suite_file}: no {kind}: name one in the suite or with {flag} provider/model"
            raise SuiteError(message)
        for name in names:
            if "/" not in name:
                message = f"{flag} {name}: expected provider/model, such as openai/gpt-5 or standfast/sycophant"
                raise SuiteError(message)
    return subjects, judges


def _key(suite_file: Path, models: Sequence[str], judges: Sequence[str], limit: int | None) -> str:
    parts = [suite_file.read_bytes(), json.dumps([list(models), list(judges), limit]).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the run folder alone. The lock goes with the process, also when it is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            message = f"{folder}: in use by another standfast ({file.read().strip() or 'unknown process'})"
            raise RunError(message) from error
        file.truncate(0)
        file.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
        file.flush()
        yield


def _record(
    folder: Path,
    suite: Suite,
    suite_file: Path,
    models: Sequence[str],
    judges: Sequence[str],
    limit: int | None,
    planned: Mapping[str, Task],
) -> None:
    """Write suite.yaml and run.json, or check that they are those of the run to be carried on."""
    text = suite_file.read_bytes()
    simulated = is_simulated(models, judges)
    facts = {
        "schema": SCHEMA,
        "suite": {"name": suite.name, "version": suite.version, "sha256": hashlib.sha256(text).hexdigest()},
        "simulated": simulated,
        "models": list(models),
        "judges": list(judges),
        "seed": suite.seed,
        "epochs": suite.epochs,
        "limit": limit,
        "audits": {name: _planned(task, limit) for name, task in planned.items()},
    }
    path = folder / "run.json"
    if path.exists():
        _same(folder, json.loads(path.read_text("utf-8")), facts)
        return
    if any(folder.glob("logs/*")):
        message = f"{folder}: holds logs but no run.json; give another --out"
        raise RunError(message)
    (folder / "suite.yaml").write_bytes(text)
    # A simulated run is undated, so that the same suite and seed give the same bytes.
    started = None if simulated else datetime.now(UTC).isoformat(timespec="seconds")
    write_json(path, {**facts, "started": started, "versions": versions()})


def _planned(task: Task, limit: int | None) -> dict[str, Any]:
    header = dict((task.metadata or {})["standfast"])
    ids = [str(sample.id) for sample in task.dataset][:limit]
    keep = ("title", "measures", "items", "turns", "placement", "person", "hashes")
    return {"version": header["audit_version"], **{key: header[key] for key in keep}, "sample_ids": ids}


def _same(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    changed = [key for key, value in now.items() if before.get(key) != value]
    if changed:
        message = f"{folder}: holds another run (changed: {', '.join(changed)}); give another --out"
        raise RunError(message)


def _evaluate(
    folder: Path,
    todo: list[Task],
    models: list[Model],
    grader: Model,
    *,
    limit: int | None,
    epochs: int,
    display: str | None,
) -> list[EvalLog]:
    # Inspect reads the cache's place from the environment alone.
    os.environ["INSPECT_CACHE_DIR"] = str((folder / "cache").resolve())
    _, logs = eval_set(
        todo,
        log_dir=str(folder / "logs"),
        model=models,
        model_roles={"grader": grader},
        limit=limit,
        epochs=epochs,
        # A sample that fails three times is counted as `error`; it does not stop the others.
        fail_on_error=False,
        retry_on_error=2,
        log_realtime=False,
        score_display=False,
        log_dir_allow_dirty=True,
        display=display,  # type: ignore[arg-type]
    )
    return logs


def _model(name: str, config: GenerateConfig) -> Model:
    """Return a model, or say in one line why there is none, before anything is written or paid."""
    try:
        return get_model(name, config=config, memoize=False)
    except Exception as error:  # a provider may miss its package, its key or the model, and raises what it likes
        why = " ".join(Text.from_markup(str(error)).plain.split()).removeprefix("ERROR: ")
        message = f"model {name}: {why}"
        raise SuiteError(message) from error


def versions() -> dict[str, str]:
    """Return what this run was made with."""
    return {
        "standfast": version("standfast"),
        "inspect_ai": version("inspect_ai"),
        "python": platform.python_version(),
        "platform": f"{platform.system()}-{platform.machine()}",
        "git": _git(),
    }


def _git() -> str:
    """Return the commit of the checkout that this module lies in; an installed package lies in none."""
    root = Path(__file__).parents[2]
    if not (root / "audits" / "__init__.py").is_file():
        return "no checkout"

    def ask(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        commit = ask("rev-parse", "--short", "HEAD")
        return f"{commit} ({'changed' if ask('status', '--porcelain') else 'clean'})" if commit else "no checkout"
    except OSError:
        return "git is not installed"


def write_json(path: Path, data: Any) -> None:
    """Write plain data whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False), encoding="utf-8")
    part.replace(path)
