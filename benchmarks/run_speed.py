"""How fast a run is: our tasks beside bare Inspect samples with the same calls, and beside what the provider allows.

    python benchmarks/run_speed.py              # about 4 minutes on two idle cores
    python benchmarks/run_speed.py --small      # about 1 minute: a check of the benchmark, not a figure
    python benchmarks/run_speed.py --part own   # or `ideal`, or `profile`

Three tables, each from child processes with one measurement each:

- `own`: an audit's task and a bare task that sends the same messages to the same models the same number of times, in
  turn, without latency, so that the processor is the limit: samples per second of processor time, and their ratio.
- `ideal`: 10,000 calls to a provider with 200 ms of latency over 200 connections, by `standfast run` with all that it
  keeps; the ideal is calls × latency ÷ connections. Bare Inspect stands beside it, and bare calls of Inspect's model
  class without any sample.
  After it, calls per second that the processor allows, and a latency at which it can keep 200 connections busy.
- `profile`: where the processor time goes, by package.

The provider is a process of its own (`provider.py`); its processor time is printed, to show that it is not the limit.
"""

import argparse
import cProfile
import json
import os
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from provider import REPLY, Provider

SETTINGS: dict[str, Any] = {
    "fail_on_error": False,
    "retry_on_error": 2,
    "log_realtime": False,
    "score_display": False,
    "display": "none",
    "ctl_server": False,
}
DESIGNS: dict[str, dict[str, Any]] = {
    "advice": {"profiles": ["filler", "full"], "personas": 48, "per_item": 48},
    "debate": {"profiles": ["filler", "full"], "personas": 12, "per_item": 12, "challenges": ["bare"]},
}
CALLS = {"advice": 2, "debate": 10}  # of a sample: a reply and its reading at each turn
LATENCY_SECONDS, CONNECTIONS, LIMIT = 0.2, 200, 1.15


def ours(audit: str, samples: int) -> Any:
    """Return an audit's task, as a suite makes it."""
    from inspect_ai import task_with
    from inspect_ai.dataset import MemoryDataset

    from standfast.audits._audit import make

    task = make(audit, DESIGNS[audit])
    rows = list(task.dataset)[:samples]
    assert len(rows) == samples, f"{audit} has {len(rows)} samples"
    return task_with(task, dataset=MemoryDataset(rows, name=audit))


def bare(audit: str, samples: int) -> Any:
    """Return a task with the same messages, the same calls, one number for a score, and nothing else."""
    from inspect_ai import Task
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ChatMessageUser, get_model
    from inspect_ai.scorer import Score, mean, scorer
    from inspect_ai.solver import solver

    from standfast.audits._audit import find
    from standfast.audits._judge import SAID, _asked, prompt

    declared, rows, scripts, read = find(audit), list(ours(audit, samples).dataset), {}, {}
    for row in rows:
        known = row.metadata or {}
        script = scripts[row.id] = known["script"]
        facts = {name: str(known[name]) for name in ("item", "role", "persona", "profile", "challenge")} | known[
            "facts"
        ]
        read[row.id] = [
            prompt(
                SAID.format(context=known["context"], turn=line) if declared.path else known["context"],
                REPLY,
                _asked(declared.facets(turn, len(script), facts)),
            )
            for turn, line in enumerate(script, start=1)
        ]

    @solver
    def talk() -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            for turn, line in enumerate(scripts[state.sample_id]):
                if turn:
                    state.messages.append(ChatMessageUser(content=line))
                state = await generate(state)
            return state

        return solve

    @scorer(metrics=[mean()])
    def judged() -> Any:
        async def score(state: Any, target: Any) -> Score:
            for text in read[state.sample_id]:
                await get_model(role="grader").generate([ChatMessageUser(content=text)])
            return Score(value=1.0)

        return score

    kept = [Sample(id=row.id, input=row.input) for row in rows]
    return Task(MemoryDataset(kept, name=audit), solver=talk(), scorer=judged())


def evaluate(job: dict[str, Any]) -> dict[str, float]:
    """Run a task against the provider, after one that is not counted; return what it took."""
    from inspect_ai import eval_set
    from inspect_ai.model import GenerateConfig, get_model

    config = GenerateConfig(max_connections=job["connections"])
    subject, judge = (get_model(name, config=config, memoize=False) for name in job["models"])
    make = {"ours": ours, "bare": bare}[job["kind"]]
    took: dict[str, float] = {}
    for samples in (8, job["samples"]):
        task = make(job["audit"], samples)
        busy, start = _busy(), time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            done, [log] = eval_set([task], log_dir=folder, model=[subject], model_roles={"grader": [judge]}, **SETTINGS)
        took = {"wall": time.perf_counter() - start, "busy": _busy() - busy}
        scored = log.results.completed_samples if log.results else 0
        assert done, log.status
        assert scored == samples, f"{scored} of {samples}"
    return took


SUITE = """\
name: speed
version: "1"
description: One audit, to be asked as fast as may be.
seed: 1
models: [{models[0]}]
judges: [{models[1]}]
audits:
  {audit}: {{}}
profiles: {design[profiles]}
personas: {{count: {design[personas]}, per_item: {design[per_item]}, seed: 1}}
"""


def whole_run(job: dict[str, Any]) -> dict[str, float]:
    """Run a suite, or a part of it, as `standfast run` does: with its cache, its ledger and its plan."""
    from standfast import run
    from standfast.parts import Part

    took: dict[str, float] = {}
    for samples, part in ((8, None), (job["whole"], job["part"])):
        busy, start = _busy(), time.perf_counter()
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / "suite.yaml"
            file.write_text(SUITE.format(**job, design=DESIGNS[job["audit"]]), "utf-8")
            run.run(
                file,
                limit=samples,
                part=Part(*part) if part else None,
                out=Path(place) / "run",
                display="none",
                max_connections=job["connections"],
            )
            took = {"wall": time.perf_counter() - start, "busy": _busy() - busy}
    return took


def call(job: dict[str, Any]) -> dict[str, float]:
    """Call the model without any sample; return what it took."""
    import anyio
    from inspect_ai.model import ChatMessageUser, GenerateConfig, get_model

    model = get_model(job["models"][0], config=GenerateConfig(max_connections=job["connections"]), memoize=False)
    text = [message for row in ours(job["audit"], 8).dataset for message in row.input][:2]

    async def ask(calls: int) -> None:
        left = iter(range(calls))

        async def worker() -> None:
            for _ in left:
                await model.generate([*text, ChatMessageUser(content="Go on.")])

        async with anyio.create_task_group() as group:
            for _ in range(min(job["connections"], calls)):
                group.start_soon(worker)

    async def timed() -> dict[str, float]:
        await ask(8)
        busy, start = _busy(), time.perf_counter()
        await ask(job["samples"] * CALLS[job["audit"]])
        return {"wall": time.perf_counter() - start, "busy": _busy() - busy}

    return anyio.run(timed)


def _busy() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def measure(
    kind: str, audit: str, samples: int, *, latency: float, connections: int, processes: int = 1
) -> dict[str, float]:
    """Measure in child processes, which share the samples and the connections; start-up is not counted."""
    with Provider(latency) as provider:
        job = {
            "kind": kind,
            "audit": audit,
            "samples": samples // processes,
            "whole": samples,
            "connections": connections // processes,
            "models": [provider.model("subject"), provider.model("judge")],
        }
        jobs = [{**job, "part": [k, processes] if processes > 1 else None} for k in range(1, processes + 1)]
        words = [[sys.executable, __file__, "--job", json.dumps(one)] for one in jobs]
        children = [subprocess.Popen(one, stdout=subprocess.PIPE, text=True) for one in words]
        told = [json.loads(child.communicate()[0].splitlines()[-1]) for child in children]
    return {
        "wall": max(one["wall"] for one in told),
        "busy": sum(one["busy"] for one in told),
        "calls": samples * CALLS[audit],
        "provider": provider.counts["busy"],
        "most": provider.counts["most"],
    }


def own(*, small: bool) -> bool:
    """Compare with bare Inspect; tell whether the ratios keep the target."""
    print("Our tasks against bare Inspect samples with the same calls, no latency, 20 connections")
    print(f"{'audit':8} {'samples':>8} {'ours':>15} {'bare':>15} {'throughput ours / bare':>24}")
    ratios = []
    for audit, samples in (("advice", 100), ("debate", 24)) if small else (("advice", 800), ("debate", 160)):
        rounds = [
            [measure(kind, audit, samples, latency=0.0, connections=20)["busy"] for kind in ("ours", "bare")]
            for _ in range(1 if small else 3)
        ]
        mine, theirs = (1000 * statistics.median(column) / samples for column in zip(*rounds, strict=True))
        each = sorted(b / a for a, b in rounds)
        ratios.append(statistics.median(each))
        spread = f"{ratios[-1]:.3f} [{each[0]:.3f}, {each[-1]:.3f}]"
        print(f"{audit:8} {samples:8,} {mine:9.1f} ms CPU {theirs:9.1f} ms CPU {spread:>24}", flush=True)
    return min(ratios) >= 0.95


def ideal(*, small: bool) -> float:
    """Compare with the ideal; return the processor time of a call of ours, in seconds."""
    cores, samples = os.cpu_count() or 1, 200 if small else 5000
    calls = samples * CALLS["advice"]
    best = calls * LATENCY_SECONDS / CONNECTIONS
    print(f"\n{calls:,} calls, {LATENCY_SECONDS:g} s latency, {CONNECTIONS} connections: ideal {best:.1f} s")
    print(f"{'what':34} {'wall':>8} {'/ ideal':>8} {'CPU':>8} {'calls/s':>8} {'at once':>8} {'provider CPU':>13}")
    found = {}
    for name, kind, processes in (
        ("standfast run, 1 process", "run", 1),
        (f"standfast run, {cores} parts at once", "run", cores),
        (f"bare Inspect, {cores} processes", "bare", cores),
        (f"Inspect's model alone, {cores} proc.", "call", cores),
    ):
        got = found[name] = measure(
            kind, "advice", samples, latency=LATENCY_SECONDS, connections=CONNECTIONS, processes=processes
        )
        print(
            f"{name:34} {got['wall']:6.1f} s {got['wall'] / best:8.2f} {got['busy']:6.1f} s "
            f"{calls / got['wall']:8.0f} {got['most']:8.0f} {got['provider']:11.1f} s",
            flush=True,
        )
    return found["standfast run, 1 process"]["busy"] / calls


def limit(per_call: float, *, small: bool) -> bool:
    """Print what the processor allows, and try a latency at which it is enough; tell whether the wall time keeps it."""
    cores = os.cpu_count() or 1
    most = 1 / per_call
    print(
        f"\nA call costs {1000 * per_call:.1f} ms of processor time: {most:.0f} calls/s a process, {cores * most:.0f} on {cores} cores."
    )
    print(
        f"{CONNECTIONS} connections at {LATENCY_SECONDS:g} s ask {CONNECTIONS / LATENCY_SECONDS:.0f} calls/s: {CONNECTIONS / LATENCY_SECONDS * per_call:.1f} cores."
    )
    latency = CONNECTIONS * per_call / 0.6  # a process busy for 60 % of the time
    samples = 200 if small else 800
    best = samples * CALLS["advice"] * latency / CONNECTIONS
    got = measure("run", "advice", samples, latency=latency, connections=CONNECTIONS)
    ratio = got["wall"] / best
    print(
        f"{CONNECTIONS} connections at {latency:.1f} s, one process, {samples * CALLS['advice']:,} calls: "
        f"{got['wall']:.1f} s, ideal {best:.1f} s, ratio {ratio:.2f} ({'kept' if ratio <= LIMIT else 'MISSED'})"
    )
    return ratio <= LIMIT


def profile(*, small: bool) -> None:
    """Print where the processor time of a run goes, by package; a profiler about doubles it."""
    samples = 100 if small else 600
    with Provider() as provider, tempfile.TemporaryDirectory() as folder:
        models = [provider.model("subject"), provider.model("judge")]
        job = {"audit": "advice", "whole": samples, "part": None, "connections": 20, "models": models}
        path = Path(folder) / "profile"
        words = [sys.executable, __file__, "--job", json.dumps(job), "--profile-to", str(path)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        shares = by_package(path)
    print("\nWhere the processor time of a sample goes, without what each package calls")
    for package, share in shares[:14]:
        print(f"{package:20} {share:6.1%}")


def by_package(path: Path) -> list[tuple[str, float]]:
    """Return packages and their share of the time; what is built into Python counts for the one that calls it."""
    entries: dict[Any, Any] = pstats.Stats(str(path)).stats  # type: ignore[attr-defined]
    spent: Counter[str] = Counter()
    for (file, _, _), (_, _, own_seconds, _, callers) in entries.items():
        if file != "~" or not callers:
            spent[_package(file)] += own_seconds
            continue
        for (caller, *_), counted in callers.items():
            spent[_package(caller)] += counted[2]
    whole = sum(spent.values())
    return [(name, seconds / whole) for name, seconds in spent.most_common()]


def _package(file: str) -> str:
    parts = Path(file).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1].removesuffix(".py")
    return "standfast" if Path(__file__).parents[1].as_posix() in file else "Python"


def _profiled(job: dict[str, Any], path: str) -> dict[str, float]:
    with cProfile.Profile() as profiler:
        took = whole_run(job)
    profiler.dump_stats(path)
    return took


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; exit 1 where a target is missed."""
    parser = argparse.ArgumentParser(description="How fast a run is.")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--part", choices=["own", "ideal", "profile"])
    parser.add_argument("--profile-to", help=argparse.SUPPRESS)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.job:
        job = json.loads(given.job)
        if given.profile_to:
            _profiled(job, given.profile_to)
        else:
            print(json.dumps({"call": call, "run": whole_run}.get(job["kind"], evaluate)(job)))
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; processor times are of the run alone")
    kept = True
    if given.part in (None, "own"):
        kept = own(small=given.small)
    if given.part in (None, "ideal"):
        kept = limit(ideal(small=given.small), small=given.small) and kept
    if given.part in (None, "profile"):
        profile(small=given.small)
    # A few samples tell nothing of a ratio.
    sys.exit(0 if kept or given.small else 1)


if __name__ == "__main__":
    main()
