"""How fast a run is: our tasks beside bare Inspect samples with the same calls, and beside what the provider allows.

    python benchmarks/run_speed.py              # about 4 minutes on two idle cores
    python benchmarks/run_speed.py --small      # about 1 minute: a check of the benchmark, not a figure
    python benchmarks/run_speed.py --part own   # or `ideal`, or `profile`

Three tables, each from child processes with one measurement each (`run_jobs.py`):

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
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from provider import Provider
from run_jobs import CALLS

JOBS = Path(__file__).with_name("run_jobs.py")
LATENCY_SECONDS, CONNECTIONS, LIMIT = 0.2, 200, 1.15


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
        words = [[sys.executable, str(JOBS), json.dumps(one)] for one in jobs]
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
        words = [sys.executable, str(JOBS), json.dumps(job), str(path)]
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; exit 1 where a target is missed."""
    parser = argparse.ArgumentParser(description="How fast a run is.")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--part", choices=["own", "ideal", "profile"])
    given = parser.parse_args(arguments)
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
