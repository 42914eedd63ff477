"""Cells -> logs, through Inspect's `eval_set`: resuming, retries and concurrency are Inspect's."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from inspect_ai import eval_set
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, Model, get_model
from rich.text import Text

from standfast import keys
from standfast.errors import RunError, SuiteError
from standfast.folder import locked, record
from standfast.plan import Plan, plan
from standfast.stopping import stopping

RETRIES = 2


def run(
    suite_file: Path,
    *,
    models: Sequence[str] = (),
    judges: Sequence[str] = (),
    receivers: Sequence[str] = (),
    limit: int | None = None,
    out: Path | None = None,
    display: str | None = None,
    max_connections: int | None = None,
    gated: bool = False,
    policy: Path | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Path:
    """Run a suite and return its run folder; a folder that holds an unfinished run is carried on.

    Args:
        suite_file: The suite.
        models: Subjects; those of the suite where empty.
        judges: Judges; those of the suite where empty. The first reads everything, the others the overlap.
        receivers: Models that play the person to be persuaded; those of the suite where empty.
        limit: Samples per audit and subject, the first in the suite's order; all where `None`.
        out: Run folder; by default `runs/<suite>-<hash of suite, models, judges and limit>`.
        display: Inspect's display: `full`, `rich`, `plain`, `none` ...
        max_connections: Calls at once, per provider.
        gated: Whether a verdict is wanted, so that a suite without gates is refused before anything is paid.
        policy: gates.yaml, in the place of the suite's own gates; it is copied and hashed before anything is asked.
        notify: Is told, before anything is asked, what whoever runs the suite should know of its topics.

    Raises:
        SuiteError: The suite is wrong, or names no subject or judge, or none that can be called.
        RunError: The folder holds another run or is in use, or Inspect could not finish.
    """
    todo = plan(suite_file, models=models, judges=judges, receivers=receivers, limit=limit, policy=policy)
    _check(todo, suite_file, gated=gated)
    for notice in todo.notices():
        notify(notice)
    keys.check(todo.text, suite_file)
    if todo.policy and policy:
        keys.check(todo.policy.text, policy)
    config = GenerateConfig(
        temperature=todo.suite.temperature, max_tokens=todo.suite.max_tokens, max_connections=max_connections
    )
    subjects = [open_model(name, config) for name in todo.models]
    # A judge that samples would make two readings of one reply differ.
    reading = GenerateConfig(temperature=0.0, max_connections=max_connections)
    roles: dict[str, Model | list[Model]] = {"grader": [open_model(name, reading) for name in todo.judges]}
    partners = GenerateConfig(max_connections=max_connections)
    for role, name in (("user", todo.suite.user), ("sender", todo.suite.sender)):
        if name:
            roles[role] = open_model(name, partners)
    if todo.receivers:
        roles["receiver"] = [open_model(name, partners) for name in todo.receivers]
    folder = out or Path("runs") / f"{todo.suite.name}-{todo.key()}"
    with locked(folder), keys.kept_out(folder):
        record(folder, todo.text, todo.facts(), policy=todo.policy.text if todo.policy else None)
        logs = _evaluate(folder, todo, subjects, roles, display)
    broken = [f"{log.eval.task} with {log.eval.model}: {log.status}" for log in logs if log.status != "success"]
    if broken:
        message = f"{folder}: not finished: {'; '.join(broken)}. Run the same command again to carry on"
        raise RunError(message)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    return folder


def _check(todo: Plan, suite_file: Path, *, gated: bool) -> None:
    wrong = ""
    if gated and not todo.suite.gates:
        wrong = "no gates; a decision needs at least one rule fixed before the run"
    elif not todo.models:
        wrong = "no subject: name one in the suite or with --model provider/model"
    elif not todo.judges:
        wrong = "no judge: name one in the suite or with --judge provider/model"
    elif (audit := todo.needs_receiver()) and not todo.receivers:
        wrong = f"{audit} needs a receiver: name one in the suite or with --receiver provider/model"
    if wrong:
        message = f"{suite_file}: {wrong}"
        raise SuiteError(message)


def open_model(name: str, config: GenerateConfig) -> Model:
    """Return a model, or say in one line why there is none, before anything is written or paid."""
    try:
        model = get_model(name, config=config, memoize=False)
    except Exception as error:  # a provider may miss its package, its key or the model, and raises what it likes
        why = " ".join(Text.from_markup(str(error)).plain.split()).removeprefix("ERROR: ")
        message = f"model {name}: {keys.mask(why, keys.known(os.environ))}"
        raise SuiteError(message) from error
    if keys.holds_credentials(model.api.base_url or ""):
        message = f"model {name}: its base URL holds a user, a password or a query, which logs would keep; give the key by the provider's own variable"
        raise SuiteError(message)
    return model


def _evaluate(
    folder: Path, todo: Plan, subjects: list[Model], roles: dict[str, Model | list[Model]], display: str | None
) -> list[EvalLog]:
    # Inspect reads the cache's place from the environment alone.
    os.environ["INSPECT_CACHE_DIR"] = str((folder / "cache").resolve())
    _, logs = eval_set(
        [stopping(task, todo.suite, RETRIES) for task in todo.tasks.values()],
        log_dir=str(folder / "logs"),
        model=subjects,
        model_roles=roles,
        limit=todo.limit,
        epochs=todo.suite.epochs,
        # A sample that fails three times is counted as `error`; it does not stop the others.
        fail_on_error=False,
        retry_on_error=RETRIES,
        log_realtime=False,
        score_display=False,
        log_dir_allow_dirty=True,
        display=display,  # type: ignore[arg-type]
    )
    return logs
