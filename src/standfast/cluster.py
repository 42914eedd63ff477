"""A run over a Ray cluster: one task per part, carried on elsewhere where a machine is lost, and one purse for all.

Ray is imported here alone, and only where it is asked for. Keys of providers and of the storage are read by each
machine from its own environment: nothing secret goes through Ray.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from standfast import ledger, metering, parts, sharding, storage
from standfast.budgets import Budget, without
from standfast.collecting import collect
from standfast.errors import AuditError, RunError, SuiteError
from standfast.folder import locked, stopped
from standfast.metering import Prices
from standfast.plan import Plan, plan
from standfast.purse import Account, Share
from standfast.suite import POLICY_FILE, SUITE_FILE

RETRIES = 5  # machines that a part may lose
CPUS = 1.0  # of each part: Inspect works on one core


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What every part is told.

    Attributes:
        suite: Bytes of the suite, without its budget.
        policy: Bytes of gates.yaml, where the gates have a file of their own.
        of: How many parts there are.
        storage: Where parts lie.
        asked: Further arguments of `run`.
    """

    suite: bytes
    policy: bytes | None
    of: int
    storage: str
    asked: dict[str, Any]


class Ended(NamedTuple):
    """How a part ended.

    Attributes:
        number: Which part.
        refused: Why it cannot be run at all, empty where it can.
        unfinished: Why it is not finished, empty where it is.
        is_capped: Whether that is for its budget.
    """

    number: int
    refused: str = ""
    unfinished: str = ""
    is_capped: bool = False


def run(
    suite_file: Path,
    *,
    of: int,
    shared: str | None = None,
    rate: float | None = None,
    address: str | None = None,
    models: Sequence[str] = (),
    judges: Sequence[str] = (),
    receivers: Sequence[str] = (),
    limit: int | None = None,
    policy: Path | None = None,
    out: Path | None = None,
    budget: Budget | None = None,
    prices: Prices | None = None,
    notify: Callable[[str], None] = lambda _: None,
    display: str | None = None,
    **asked: Any,
) -> Path:
    """Run a suite over a Ray cluster and return its run folder; the same call carries on what is unfinished.

    Args:
        suite_file: The suite.
        of: How many parts.
        shared: Where parts lie, a folder that all machines see or an address; `<out>-parts` where `None`.
        rate: Calls a second at most, over all machines.
        address: Of the cluster; Ray's own choice where `None`: `RAY_ADDRESS`, else a cluster on this machine.
        models: Subjects, as in `run.run`.
        judges: Judges.
        receivers: Models that play the person to be persuaded.
        limit: Samples per audit and subject.
        policy: gates.yaml.
        out: Run folder.
        budget: What all machines together may spend, over all sessions.
        prices: Of every model, where dollars are counted.
        notify: Is told what the user should know, and of each part that ended.
        display: Not used.
        **asked: Further arguments of `run.run`, the same for each part.

    Raises:
        SuiteError: The suite is wrong or cannot be asked in parts, or Ray is not installed.
        RunError: Parts are unfinished; the message names them.
    """
    ray = _ray()
    todo = plan(suite_file, models=models, judges=judges, receivers=receivers, limit=limit, policy=policy)
    sharding.check(todo, of, suite_file)
    for notice in todo.notices():
        notify(notice)
    caps = (todo.suite.budget or Budget()).under(budget)
    metering.check(caps, prices, dict.fromkeys((*todo.models, *todo.judges, *todo.receivers), "model"), suite_file)
    folder = out or Path("runs") / f"{todo.suite.name}-{todo.key()}"
    place = shared or str(folder.resolve().with_name(f"{folder.name}-parts"))
    job = Job(
        suite=without(todo.text),
        policy=todo.policy.text if todo.policy else None,
        of=of,
        storage=place,
        asked={
            **asked,
            "models": todo.models,
            "judges": todo.judges,
            "receivers": todo.receivers,
            "limit": limit,
            "prices": prices,
        },
    )
    with locked(folder.with_name(f".{folder.name}.ray")), TemporaryDirectory(prefix="standfast-") as scratch:
        begun = not ray.is_initialized()
        ray.init(address=address, ignore_reinit_error=True, log_to_driver=False)
        try:
            account = _account(ray, Account(caps, _spent(place, Path(scratch)), rate=rate))
            ended = _ask_all(ray, job, account, notify)
            notify(_told(ray.get(account.told.remote())))
        finally:
            if begun:
                ray.shutdown()
        return _join(todo, ended, storage.fetch(place, Path(scratch) / "parts"), folder)


def _ray() -> Any:
    try:
        return import_module("ray")
    except ImportError as error:
        message = "engine ray needs the extra 'ray'; install it with pip install 'standfast[ray]'"
        raise SuiteError(message) from error


def _spent(place: str, scratch: Path) -> ledger.Spent:
    """Return what earlier sessions spent, by the ledgers of the parts."""
    held = storage.fetch(place, scratch / "before")
    lines = [call for part in sorted(held.glob(f"*/{ledger.FILE}")) for call in ledger.read(part.parent)]
    return ledger.total(lines)


def _account(ray: Any, opened: Account) -> Any:
    """Return the purse as an actor on this machine, which the loss of another does not touch."""
    strategies = import_module("ray.util.scheduling_strategies")
    here = strategies.NodeAffinitySchedulingStrategy(node_id=ray.get_runtime_context().get_node_id(), soft=False)
    kept = ray.remote(_Purse).options(num_cpus=0, scheduling_strategy=here)
    return kept.remote(opened)


class _Purse:
    """The account as an actor: Ray calls one method after the other."""

    def __init__(self, opened: Account) -> None:
        self._account = opened

    def begin(self, part: int) -> int:
        return self._account.begin(part)

    def end(self, part: int) -> None:
        self._account.end(part)

    def owns(self, part: int, attempt: int) -> bool:
        return self._account.owns(part, attempt)

    def admit(self, part: int, attempt: int) -> Any:
        return self._account.admit(part, attempt)

    def settle(self, part: int, attempt: int, tokens: int, dollars: float, *, answered: bool) -> None:
        self._account.settle(part, attempt, tokens, dollars, answered=answered)

    def told(self) -> dict[str, Any]:
        return self._account.told()


def _ask_all(ray: Any, job: Job, account: Any, notify: Callable[[str], None]) -> list[Ended]:
    """Ask all parts, and wait for the last.

    Raises:
        SuiteError: The suite cannot be run.
    """
    # A worker is let go after each part: Inspect keeps models and open files for the life of a process.
    asking = ray.remote(max_calls=1)(_ask).options(
        num_cpus=CPUS, max_retries=RETRIES, retry_exceptions=False, scheduling_strategy="SPREAD"
    )
    waiting = {asking.remote(job, number, account): number for number in range(1, job.of + 1)}
    ended: list[Ended] = []
    try:
        while waiting:
            [done], _ = ray.wait(list(waiting), num_returns=1)
            ended.append(_ended(ray, done, waiting.pop(done), account))
            if ended[-1].refused:
                raise SuiteError(ended[-1].refused)
            notify(f"part {ended[-1].number} of {job.of} {ended[-1].unfinished or 'is done'}")
    finally:
        for one in waiting:
            ray.cancel(one)
    return ended


def _ended(ray: Any, done: Any, number: int, account: Any) -> Ended:
    try:
        found: Ended = ray.get(done)
    except ray.exceptions.RayError as error:
        ray.get(account.end.remote(number))
        return Ended(number, unfinished=f"was lost: {type(error).__name__}: {str(error).splitlines()[0]}")
    return found


def _ask(job: Job, number: int, account: Any) -> Ended:
    """Ask one part; runs on a machine of the cluster, and again on another one where that is lost."""
    ray = import_module("ray")
    from standfast.run import run as run_part

    attempt: int = ray.get(account.begin.remote(number))

    async def ask(method: str, *values: Any, **named: Any) -> Any:
        return await getattr(account, method).remote(*values, **named)

    def owned() -> bool:
        return bool(ray.get(account.owns.remote(number, attempt)))

    try:
        with storage.held(job.storage, number, owned) as folder, TemporaryDirectory() as scratch:
            suite, policy = Path(scratch) / SUITE_FILE, Path(scratch) / POLICY_FILE
            suite.write_bytes(job.suite)
            if job.policy is not None:
                policy.write_bytes(job.policy)
            with redirect_stdout(sys.stderr):
                run_part(
                    suite,
                    part=parts.Part(number, job.of),
                    out=folder,
                    policy=None if job.policy is None else policy,
                    purse=Share(ask, number, attempt),
                    display="none",
                    **job.asked,
                )
            why = stopped(folder)
            return Ended(number, unfinished=why, is_capped=bool(why))
    except SuiteError as error:
        return Ended(number, refused=str(error))
    except AuditError as error:
        return Ended(number, unfinished=str(error))


def _told(spent: dict[str, Any]) -> str:
    again = {part: attempts for part, attempts in spent["attempts"].items() if attempts > 1}
    lost = f"; lost with machines: {spent['lost']} calls in flight, parts begun again: {sorted(again)}" if again else ""
    return f"{spent['calls']:,.0f} calls, {spent['tokens']:,.0f} tokens, {spent['dollars']:.2f} dollars{lost}"


def _join(todo: Plan, ended: Sequence[Ended], held: Path, folder: Path) -> Path:
    """Join what the parts asked into the run folder.

    Raises:
        RunError: Parts are unfinished, and not for want of money.
    """
    left = [one for one in ended if one.unfinished]
    if failed := [one for one in left if not one.is_capped]:
        message = (
            f"{folder}: {len(left)} of {len(ended)} parts of {todo.suite.name} are not finished "
            f"(part {failed[0].number}: {failed[0].unfinished}). Run the same command again to carry on"
        )
        raise RunError(message)
    collect([held], folder, partial=bool(left))
    return folder
