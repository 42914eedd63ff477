"""Cells -> logs, through Inspect's `eval_set`: resuming, retries and concurrency are Inspect's."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from inspect_ai import eval_set
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, Model, ModelCost, get_model
from rich.text import Text

from standfast import keys, metering, parts, unanswered
from standfast import prices as price_lists
from standfast.analysis import logs as log_files
from standfast.errors import RunError, StoppedError, SuiteError
from standfast.folder import locked, mark_stopped, record
from standfast.ledger import Role
from standfast.metering import Budget, Meter, Prices, Purse, Stop
from standfast.plan import Plan, plan
from standfast.slices import sliced
from standfast.stopping import stopping

RETRIES = 2
# How long one call is tried, in seconds and in repeats: Inspect alone would wait for a provider without end. The repeats
# wait some 3, 6, ... 192 s, 7 minutes in all; a provider that is away for longer leaves samples to be asked by resuming.
PATIENCE: dict[str, int] = {"max_retries": 7, "timeout": 3600, "attempt_timeout": 900}


def run(
    suite_file: Path,
    *,
    models: Sequence[str] = (),
    judges: Sequence[str] = (),
    receivers: Sequence[str] = (),
    limit: int | None = None,
    part: parts.Part | None = None,
    out: Path | None = None,
    display: str | None = None,
    max_connections: int | None = None,
    gated: bool = False,
    again: bool = False,
    policy: Path | None = None,
    budget: Budget | None = None,
    prices: Prices | Mapping[str, ModelCost] | None = None,
    purse: Purse | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Path:
    """Run a suite and return its run folder; a folder that holds an unfinished run is carried on.

    Args:
        suite_file: The suite.
        models: Subjects; those of the suite where empty.
        judges: Judges; those of the suite where empty. The first reads everything, the others the overlap.
        receivers: Models that play the person to be persuaded; those of the suite where empty.
        limit: Samples per audit and subject, the first in the suite's order; all where `None`.
        part: One of several parts of those samples, for a machine of its own; all where `None`.
        out: Run folder; by default `runs/<suite>-<hash of suite, models, judges and limit>`.
        display: Inspect's display: `full`, `rich`, `plain`, `none` ...
        max_connections: Calls at once, per provider.
        gated: Whether a verdict is wanted, so that a suite without gates is refused before anything is paid.
        again: Whether to ask again every sample that failed; else only those for which a provider was away.
        policy: gates.yaml, in the place of the suite's own gates; it is copied and hashed before anything is asked.
        budget: What the run may cost, over all its sessions; caps that it leaves out are the suite's, of which a part
            has its share. A run that it stopped returns its folder all the same; `folder.stopped` tells why.
        prices: Of every model, where dollars are counted.
        purse: A budget that several machines spend from.
        notify: Is told, before anything is asked, what whoever runs the suite should know of its topics.

    Raises:
        SuiteError: The suite is wrong, or names no subject or judge, or none that can be called, or a cap in dollars
            cannot be kept.
        RunError: The folder holds another run or is in use, or Inspect could not finish.
        StoppedError: A signal stopped it.
        OSError: The ledger could not be written.
    """
    todo = plan(suite_file, models=models, judges=judges, receivers=receivers, limit=limit, part=part, policy=policy)
    _check(todo, suite_file, gated=gated)
    for notice in todo.notices():
        notify(notice)
    keys.check(todo.text, suite_file)
    if todo.policy and policy:
        keys.check(todo.policy.text, policy)
    cast = _cast(todo, max_connections)
    own = todo.suite.budget or Budget()
    caps = (own.share(part.of) if part else own).under(budget)
    metering.check(caps, prices, {str(one): role for role, playing in cast.items() for one in playing}, suite_file)
    folder = out or Path("runs") / f"{todo.suite.name}-{todo.key()}"
    with locked(folder), keys.kept_out(folder):
        parts.refuse_joined(folder)
        record(folder, todo.text, todo.facts(), policy=todo.policy.text if todo.policy else None)
        price_lists.keep(folder, prices)
        unanswered.set_aside(folder, outages_only=not again)
        with metering.session(folder, caps, prices, purse) as meter:
            for role, playing in cast.items():
                for model in playing:
                    meter.on(model, role)
            logs = _evaluate(folder, todo, cast, display, meter)
    if meter.stop:
        return _stopped(folder, todo, meter.stop)
    broken = [f"{log.eval.task} with {log.eval.model}: {log.status}" for log in logs if log.status != "success"]
    if broken:
        message = f"{folder}: not finished: {'; '.join(broken)}. Run the same command again to carry on"
        raise RunError(message)
    left = unanswered.find(folder)
    if not left:  # what is asked again takes its replies from there
        shutil.rmtree(folder / "cache", ignore_errors=True)
    if away := [one for one in left if one.is_outage]:
        message = f"{folder}: not finished: a provider was away for {len(away)} samples. `standfast resume {folder}` asks them again; `standfast analyse {folder}` counts them as missing"
        raise RunError(message)
    return folder


def _stopped(folder: Path, todo: Plan, stop: Stop) -> Path:
    """Return the folder of a run that its budget stopped, with a note of why.

    Raises:
        StoppedError: A signal stopped it.
        OSError: The disk is full.
    """
    if stop.error:
        raise stop.error
    if stop.kind != "budget":
        message = f"{folder}: {stop.reason}. Run the same command again to carry on"
        raise StoppedError(message)
    planned = (
        len(todo.models) * todo.suite.epochs * sum(len(task.dataset[: todo.limit]) for task in todo.tasks.values())
    )
    mark_stopped(folder, f"{stop.reason}; {_finished(folder):,} of {planned:,} samples asked")
    return folder


def _finished(folder: Path) -> int:
    """Return how many samples ended with a score."""
    if not any((folder / "logs").glob("*.eval")):
        return 0
    opened = [log_files.read(path) for path in log_files.find(folder / "logs")]
    ended = {
        (log.model, log.definition.audit, record.id, record.epoch)
        for log in opened
        for record in log_files.records(log)
        if record.finished
    }
    return len(ended)


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


def _cast(todo: Plan, max_connections: int | None) -> dict[Role, list[Model]]:
    """Return who takes part, by role."""
    sampled = GenerateConfig(
        temperature=todo.suite.temperature,
        max_tokens=todo.suite.max_tokens,
        max_connections=max_connections,
        **PATIENCE,  # type: ignore[arg-type]
    )
    # A judge that samples would make two readings of one reply differ.
    reading = GenerateConfig(temperature=0.0, max_connections=max_connections, **PATIENCE)  # type: ignore[arg-type]
    partner = GenerateConfig(max_connections=max_connections, **PATIENCE)  # type: ignore[arg-type]
    named: dict[Role, tuple[Sequence[str | None], GenerateConfig]] = {
        "subject": (todo.models, sampled),
        "judge": (todo.judges, reading),
        "user": ([todo.suite.user], partner),
        "sender": ([todo.suite.sender], partner),
        "receiver": (todo.receivers, partner),
    }
    return {role: [open_model(name, config) for name in names if name] for role, (names, config) in named.items()}


def _evaluate(
    folder: Path, todo: Plan, cast: Mapping[Role, list[Model]], display: str | None, meter: Meter
) -> list[EvalLog]:
    """Ask; where the meter stopped it, return no logs."""
    roles: dict[str, Model | list[Model]] = {"grader": cast["judge"]}
    roles |= {role: cast[role][0] for role in ("user", "sender") if cast[role]}
    if cast["receiver"]:
        roles["receiver"] = cast["receiver"]
    try:
        logs = _ask(folder, todo, cast["subject"], roles, display, meter)
    except KeyboardInterrupt:
        if meter.stop is None:
            raise
        return []
    if all(log.status == "success" for log in logs):
        meter.ended()
    return logs


def _ask(
    folder: Path,
    todo: Plan,
    subjects: list[Model],
    roles: dict[str, Model | list[Model]],
    display: str | None,
    meter: Meter,
) -> list[EvalLog]:
    # Inspect reads the cache's place from the environment alone.
    os.environ["INSPECT_CACHE_DIR"] = str((folder / "cache").resolve())
    logs: list[EvalLog] = []
    for tasks in sliced(todo.tasks, todo.limit, subjects=len(subjects), epochs=todo.suite.epochs):
        meter.release()
        _, ended = eval_set(
            [stopping(task, todo.suite, RETRIES) for task in tasks],
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
            # Nobody steers a run from outside; without its server each eval set begins half a second earlier.
            ctl_server=False,
            display=display,  # type: ignore[arg-type]
        )
        if len(ended) < len(tasks) * len(subjects):  # Inspect was interrupted, and leaves out what had not ended
            raise KeyboardInterrupt
        for log in ended:
            log.samples = log.reductions = None  # of which nothing is read, and which grow with the run
        logs += ended
    return logs
