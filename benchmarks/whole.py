"""How long analysis, gates and report of a large run take, stage by stage.

    python benchmarks/whole.py [RUN]

RUN is a run folder with its logs; without one, a run of 50,400 samples is made first (see `many.py`) in `runs/many`,
once. Each stage has a process of its own, imports counted, and prints its elapsed and processor time and the most
memory that one process held; the analysis fits on all processors, as `standfast analyse` does. Exits 1 where analysis
and report together take more than 60 s.
"""

import multiprocessing
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

LIMIT = 60.0
STAGES = ("analyse", "gate", "report")


def stage(folder: str, name: str) -> tuple[float, float, float]:
    """Run one stage; return its seconds of processor, its seconds elapsed and its GiB."""
    start = time.perf_counter()
    from standfast import stages
    from standfast.analysis.spreading import cores

    settings = {"analyse": {"processes": cores()}, "gate": {"allow_simulated": True}}
    getattr(stages, name)(Path(folder), **settings.get(name, {}))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    busy = sum(one.ru_utime + one.ru_stime for one in used)
    return busy, time.perf_counter() - start, max(one.ru_maxrss for one in used) / 2**20


def main() -> None:
    """Measure all stages of a run."""
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
    else:
        import many

        many.make(folder := Path("runs/many"))
    spent = 0.0
    for name in STAGES:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            busy, elapsed, gib = pool.submit(stage, str(folder), name).result()
        print(f"{name:8} {elapsed:6.1f} s elapsed, {busy:6.1f} s of processor, {gib:5.2f} GiB", flush=True)
        spent += elapsed if name != "gate" else 0.0
    print(f"{'kept' if spent <= LIMIT else 'MISSED'}: analysis and report {spent:.1f} s, limit {LIMIT:g} s")
    sys.exit(0 if spent <= LIMIT else 1)


if __name__ == "__main__":
    main()
