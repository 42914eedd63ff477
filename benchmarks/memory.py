"""Peak memory of a run against its number of samples: flat, since a large run is asked slice after slice.

    python benchmarks/memory.py            # about 4 minutes on two idle cores; draws docs/run-memory.svg
    python benchmarks/memory.py --small    # about half a minute, draws nothing: a check of the benchmark

Each line is a run of its own in a child process, from suite to finished run folder, on a simulated subject and judge;
`in one` is the same run with slicing turned off, as Inspect alone would ask it. The peak is the kernel's (`ru_maxrss`).
Exits 1 where the largest run in slices takes over 1.25 times the memory of one that fills a single slice.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SIZES, SMALL = (1_000, 2_000, 4_000, 8_000, 12_000), (100, 200)  # 12,000 take all personas
IN_ONE = (8_000,)
PICTURE = Path(__file__).parents[1] / "docs" / "run-memory.svg"
LIMIT = 1.25
SUITE = """\
name: memory
version: "1"
description: One audit of many samples.
seed: 1
models: [standfast/steadfast]
judges: [standfast/judge]
audits:
  advice: {{}}
profiles: [filler, full]
personas: {{count: {personas}, per_item: {personas}, seed: 1}}
"""


def measure(samples: int, *, in_one: bool) -> dict[str, float]:
    """Run in a child process; return peak MB, seconds of processor time and wall, and how many slices there were."""
    words = [sys.executable, __file__, "--job", json.dumps([samples, in_one])]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def work(samples: int, in_one: bool) -> dict[str, float]:
    """Run here and tell what it took."""
    from standfast import run, slices

    if in_one:
        slices.MOST = sys.maxsize
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "suite.yaml"
        file.write_text(SUITE.format(personas=max(2, samples // 200)), "utf-8")
        folder = run.run(file, limit=samples, out=Path(place) / "run", display="none")
        logs = len(list((folder / "logs").glob("*.eval")))
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "peak": spent.ru_maxrss / 1024,
        "busy": spent.ru_utime + spent.ru_stime,
        "wall": time.perf_counter() - start,
        "slices": logs,
    }


def draw(found: Mapping[tuple[int, bool], Mapping[str, float]]) -> None:
    """Draw both series."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "run-memory", "font.size": 9}
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.6, 2.8), layout="constrained")
    for in_one, name, style in ((False, "in slices", "o-"), (True, "in one, as Inspect alone", "s--")):
        own = sorted((samples, row["peak"]) for (samples, alone), row in found.items() if alone == in_one)
        if in_one:  # up to one slice there is no difference
            own = sorted([*own, *((n, row["peak"]) for (n, alone), row in found.items() if not alone and n <= 4_000)])
        axes.plot(*zip(*own, strict=True), style, label=name)
    axes.set(xlabel="samples of a run", ylabel="peak memory, MB", xlim=(0, None), ylim=(0, None))
    axes.xaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:,.0f}"))
    axes.legend(frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, metadata={"Date": None, "Creator": None})


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Peak memory of a run.")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--job", type=json.loads, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.job:
        print(json.dumps(work(*given.job)))
        return
    sizes = SMALL if given.small else SIZES
    jobs: list[tuple[int, bool]] = [(n, False) for n in reversed(sizes)] + [
        (n, True) for n in IN_ONE if not given.small
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # a thread waits for a process; the longest goes first
        rows: list[Any] = list(pool.map(lambda job: measure(job[0], in_one=job[1]), jobs))
    found = dict(zip(jobs, rows, strict=True))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, as many runs at once as cores")
    print(f"{'samples':>8} {'asked':>9} {'logs':>5} {'peak':>8} {'CPU':>9} {'CPU a sample':>13}")
    for (samples, in_one), row in sorted(found.items()):
        how = "in one" if in_one else "in slices"
        cost = 1000 * row["busy"] / samples
        print(f"{samples:8,} {how:>9} {row['slices']:5.0f} {row['peak']:5.0f} MB {row['busy']:7.1f} s {cost:10.1f} ms")
    if given.small:
        return
    draw(found)
    full = next(row["peak"] for (samples, _), row in sorted(found.items()) if samples >= 4_000)
    ratio = found[SIZES[-1], False]["peak"] / full
    print(f"{SIZES[-1]:,} samples take {ratio:.2f} times the memory of a full slice (limit {LIMIT})")
    sys.exit(0 if ratio <= LIMIT else 1)


if __name__ == "__main__":
    main()
