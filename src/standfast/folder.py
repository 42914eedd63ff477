"""The run folder: its lock, its suite.yaml and its run.json."""

import fcntl
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from standfast import changes
from standfast.errors import RunError

SCHEMA = "standfast/run/2"  # 2: the policy and the sampling
STOPPED_FILE = "stopped.json"
# Providers that call no model.
SIMULATED = ("standfast/", "mockllm/", "none/")
_KINDS: dict[str, type] = {
    "models": list,
    "judges": list,
    "receivers": list,
    "audits": dict,
    "suite": dict,
    "policy": dict,
}


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the run folder alone. The lock goes with the process, also when it is killed.

    Raises:
        RunError: Another process holds it.
    """
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


def record(folder: Path, suite: bytes, facts: Mapping[str, Any], *, policy: bytes | None = None) -> None:
    """Write suite.yaml and run.json, or check that they are those of the run to be carried on.

    Args:
        folder: The run folder.
        suite: Bytes of the suite file.
        facts: What the run is; `simulated` among it. A simulated run is undated, so that the same suite and seed
            give the same bytes.
        policy: Bytes of gates.yaml, where the gates have a file of their own.

    Raises:
        RunError: The folder holds another run.
    """
    path = folder / "run.json"
    if path.exists():
        changed = [key for key, value in facts.items() if read(folder).get(key) != value]
        if changed:
            told = "; ".join(_told(folder, suite, facts))
            message = (
                f"{folder}: holds another run (changed: {', '.join(changed)}){told and f': {told}'}; give another --out"
            )
            raise RunError(message)
        return
    if any(folder.glob("logs/*")):
        message = f"{folder}: holds logs but no run.json; give another --out"
        raise RunError(message)
    started = None if facts["simulated"] else datetime.now(UTC).isoformat(timespec="seconds")
    put(folder / "suite.yaml", suite)
    if policy is not None:
        put(folder / "gates.yaml", policy)
    whole = {"schema": SCHEMA, **facts, "started": started, "versions": versions()}
    put(path, json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False).encode())


def _told(folder: Path, suite: bytes, facts: Mapping[str, Any]) -> list[str]:
    """Return what is asked for otherwise than the folder holds, by the suite's lines where they say it."""
    kept = folder / "suite.yaml"
    lines = changes.in_lines(kept.read_bytes(), suite) if kept.is_file() else []
    return [f"suite {line}" for line in lines] or changes.in_facts(read(folder), facts)


def read(folder: Path) -> dict[str, Any]:
    """Return run.json.

    Raises:
        RunError: The folder is no run folder.
    """
    path = folder / "run.json"
    try:
        facts: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        message = f"{path}: cannot be read ({error}); expected the folder that `standfast run` made"
        raise RunError(message) from error
    if not isinstance(facts, dict):
        message = f"{path}: is no run record; expected the folder that `standfast run` made"
        raise RunError(message)
    for name, kind in _KINDS.items():
        if not isinstance(facts.get(name, kind()), kind):
            found = type(facts[name]).__name__
            message = f"{path}: {name} is a {found}, expected a {kind.__name__}; it is not as `standfast run` wrote it"
            raise RunError(message)
    return facts


def mark_stopped(folder: Path, reason: str) -> None:
    """Note why a run ended before its end, by its budget; nothing where it did not."""
    if reason:
        put(folder / STOPPED_FILE, json.dumps({"reason": reason}, ensure_ascii=False).encode())
    else:
        (folder / STOPPED_FILE).unlink(missing_ok=True)


def stopped(folder: Path) -> str:
    """Return why a run ended before its end, empty where it did not.

    Raises:
        RunError: The note of it is damaged.
    """
    path = folder / STOPPED_FILE
    try:
        reason = json.loads(path.read_text("utf-8"))["reason"]
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"{path}: cannot be read ({error}); run the same command again"
        raise RunError(message) from error
    return str(reason)


def is_simulated(*models: str) -> bool:
    """Tell whether one of these subjects and judges is no real model."""
    return any(name.startswith(SIMULATED) for name in models)


def put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def versions() -> dict[str, str]:
    """Return what a run is made with."""
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
