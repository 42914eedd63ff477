"""Logs -> tidy frame, against `inspect_ai.analysis.samples_df` on the same logs.

    python benchmarks/frames.py [RUN]

RUN is a run folder; without one, a run of 50,400 samples is made first (see `many.py`) in `runs/many`, once. Each
reading has a process of its own, imports not counted, and prints its processor and elapsed time and the most memory
that its process held:

- `samples_df`: Inspect's data frame of the samples' summaries;
- `collect`: our frame, one row per sample, turn and measure, of logs whose every byte is held against its checksum;
- `again`: the same with what was remembered of the logs; none is unpacked again;
- `one new`: the same after one log came to them, the smallest.

Exits 1 where `collect` is less than 5 × faster than `samples_df` by processor time, or holds 2 GiB or more.
"""

import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

TIMES, GIB = 5.0, 2.0


class Reading(NamedTuple):
    """What one process measured: seconds, GiB and rows."""

    busy: float
    elapsed: float
    gib: float
    rows: int


def measured(read: Callable[[], int]) -> Reading:
    """Measure one reading in this process."""
    busy, start = time.process_time(), time.perf_counter()
    rows = read()
    spent = time.process_time() - busy, time.perf_counter() - start
    return Reading(*spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, rows)


def by_inspect(folder: str, _: str) -> Reading:
    """Read by Inspect."""
    from inspect_ai.analysis import samples_df

    return measured(lambda: len(samples_df(f"{folder}/logs", quiet=True)))


def by_us(folder: str, memory: str) -> Reading:
    """Read by us."""
    import inspect_ai.log  # noqa: F401 - its import is not counted

    from standfast.analysis import frames, logs

    run = json.loads((Path(folder) / "run.json").read_text("utf-8"))

    def read() -> int:
        with logs.kept(Path(memory) if memory else None):
            return len(frames.collect(Path(folder) / "logs", run))

    return measured(read)


def apart(read: Callable[[str, str], Reading], folder: Path, memory: str = "") -> Reading:
    """Call it in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(read, (str(folder), memory))


def remembered(folder: Path) -> tuple[Reading, Reading]:
    """Return readings of logs that are known, and of those and a new one."""
    with tempfile.TemporaryDirectory() as memory, tempfile.TemporaryDirectory(dir=folder) as beside:
        apart(by_us, folder, memory)
        again = apart(by_us, folder, memory)
        paths = sorted((folder / "logs").glob("*.eval"), key=lambda path: path.stat().st_size)
        part = Path(beside) / "run"
        (part / "logs").mkdir(parents=True)
        shutil.copy(folder / "run.json", part)
        for path in paths[1:]:
            (part / "logs" / path.name).hardlink_to(path)
        apart(by_us, part, memory)
        (part / "logs" / paths[0].name).hardlink_to(paths[0])
        return again, apart(by_us, part, memory)


def tell(name: str, one: Reading, theirs: Reading) -> None:
    """Print one reading."""
    ratio = f"{theirs.busy / one.busy:5.1f} × faster" if one is not theirs else ""
    spent = f"{one.busy:6.1f} s of processor, {one.elapsed:6.1f} s elapsed"
    print(f"{name:10} {spent}, {one.gib:5.2f} GiB {ratio}", flush=True)


def main() -> None:
    """Compare all readings of a run."""
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
    else:
        import many

        many.make(folder := Path("runs/many"))
    theirs, ours = apart(by_inspect, folder), apart(by_us, folder)
    print(f"{folder}: {theirs.rows:,} samples, {ours.rows:,} rows")
    tell("samples_df", theirs, theirs)
    tell("collect", ours, theirs)
    for name, one in zip(("again", "one new"), remembered(folder), strict=True):
        tell(name, one, theirs)
    kept = theirs.busy >= TIMES * ours.busy and ours.gib < GIB
    print(f"{'kept' if kept else 'MISSED'}: at least {TIMES:g} × faster, less than {GIB:g} GiB")
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
