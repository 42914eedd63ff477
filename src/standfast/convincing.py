"""A judge of arguments held against a crowd: pairs of arguments in, `convincing.json` out."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig

from standfast import keys
from standfast.analysis import plain
from standfast.analysis.coefficients import Coefficient
from standfast.analysis.convincing import Convincing, Odds, convincing
from standfast.audits._convincing import ORDERS, task
from standfast.audits.benchmarks import ukp
from standfast.audits.benchmarks._files import checksum
from standfast.audits.benchmarks.ukp import ArgumentPair
from standfast.errors import RunError
from standfast.folder import is_simulated, locked, put
from standfast.run import open_model

SCHEMA = "standfast/convincing/1"
CHOICES = {"a1": 1.0, "a2": 0.0, "tie": 0.5, "missing": float("nan")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What `convincing.json` holds.

    Attributes:
        judge: Judge, provider/model.
        data_sha256: Of the files of pairs.
        seed: Of the draw of pairs.
        of: Pairs in the files; those that were judged are drawn from them at random.
        simulated: Whether the judge is no real model.
        result: What came of it.
    """

    judge: str
    data_sha256: str
    seed: int
    of: int
    simulated: bool
    result: Convincing


def hold(path: Path, *, judge: str, out: Path, limit: int = 400, seed: int = 0, display: str | None = None) -> Held:
    """Let a judge choose between arguments and hold its choices against the crowd's.

    Args:
        path: Folder of UKPConvArg1Strict, or one of its files.
        judge: Judge, provider/model.
        out: Folder for the logs and `convincing.json`.
        limit: Pairs drawn; each is judged twice, once in either order.
        seed: Of the draw.
        display: Inspect's display.

    Raises:
        SuiteError: A file of pairs is wrong, or the judge cannot be called.
        RunError: Inspect could not finish.
    """
    every = ukp.read(str(path))
    drawn = np.sort(np.random.default_rng(seed).permutation(len(every))[:limit])
    pairs = [every[place] for place in drawn]
    grader = open_model(judge, GenerateConfig(temperature=0.0))
    out.mkdir(parents=True, exist_ok=True)
    with locked(out), keys.kept_out(out):
        os.environ["INSPECT_CACHE_DIR"] = str((out / "cache").resolve())
        log_dir = str(out / "logs")
        [log] = inspect_eval(task(pairs), model=grader, log_dir=log_dir, fail_on_error=False, display=display)  # type: ignore[arg-type]
        if log.status != "success":
            message = f"{out}: not finished: convincing with {judge}: {log.status}"
            raise RunError(message)
        found = Held(
            judge=judge,
            data_sha256=checksum(path),
            seed=seed,
            of=len(every),
            simulated=is_simulated(judge),
            result=_result(pairs, log),
        )
        put(out / "convincing.json", plain.dump(found, SCHEMA).encode())
    return found


def _result(pairs: Sequence[ArgumentPair], log: EvalLog) -> Convincing:
    verdicts = np.full((len(pairs), 2), np.nan)
    for sample in log.samples or []:
        if sample.scores and "chosen" in sample.scores:
            verdicts[sample.metadata["pair"], ORDERS.index(sample.metadata["order"])] = CHOICES[
                str(sample.scores["chosen"].answer)
            ]
    return convincing(
        np.array([float(pair.label == "a1") for pair in pairs]),
        verdicts,
        np.array([[len(pair.a1), len(pair.a2)] for pair in pairs], np.float64),
        np.unique([pair.file for pair in pairs], return_inverse=True)[1].astype(np.int64),
    )


def rows(found: Held) -> list[dict[str, str]]:
    """Return a result as a table."""
    result = found.result
    shares = {
        "agrees with the crowd": result.accuracy,
        "longer argument alone": result.longer,
        "agrees where the longer won": result.where_longer,
        "agrees where the shorter won": result.where_shorter,
        "chose the longer": result.chose_longer,
        "chose the first shown": result.first_chosen,
    }
    odds = {"log odds beyond length": result.beyond_length, "log odds per doubling of length": result.doubling}
    judge = f"{found.judge}, SIMULATED" if found.simulated else found.judge
    return [
        {"question": "judge", "answer": judge, "pairs (files)": f"{result.missing} missing"},
        *(
            {"question": name, "answer": _share(one), "pairs (files)": f"{one.n} ({one.n_items})"}
            for name, one in shares.items()
        ),
        *(
            {"question": name, "answer": _odds(one), "pairs (files)": f"{one.n_obs} ({one.n_files})"}
            for name, one in odds.items()
        ),
    ]


def _share(one: Coefficient) -> str:
    if not isfinite(one.conf_low):
        return one.status
    return f"{100 * one.value:.1f} [{100 * one.conf_low:.1f}, {100 * one.conf_high:.1f}] %"


def _odds(one: Odds) -> str:
    if not isfinite(one.conf_low):
        return one.status
    return f"{one.estimate:.2f} [{one.conf_low:.2f}, {one.conf_high:.2f}]".replace("-", "−")
