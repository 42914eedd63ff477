"""How long the report of a finished run takes, and how large it is.

    python benchmarks/report_speed.py RUN

RUN is a run folder after `standfast analyse` and `standfast gate`, best one of 20,000 samples:

    standfast run standard --model standfast/sycophant --model standfast/steadfast --judge standfast/judge --out RUN

Every output is made from the nouns in a fresh process, three times, imports not counted; the medians of processor time
and of elapsed time are printed, with the size, and whether the three had the same bytes. PDF and page each include
all that they need: building the document, drawing the figures and, for the page, indexing the samples. Exits 1 where
one misses its limit of 5 s (PDF) or 3 s and 3 MB (page) of processor time, or the bytes differ.
"""

import gc
import hashlib
import json
import multiprocessing
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROUNDS = 3
SECONDS = {"report.pdf": 5.0, "report.html": 3.0, "report.md": 3.0}
BYTES = {"report.html": 3_000_000}


class Made(NamedTuple):
    """What one process measured."""

    busy: float
    elapsed: float
    size: int
    sha256: str


def make(folder: str, name: str) -> Made:
    """Make one output from the files of a run folder."""
    from standfast.analysis import frames, samples
    from standfast.folder import read
    from standfast.reports import html, markdown, pdf
    from standfast.reports.document import build
    from standfast.stored import read_certificate, read_decision, read_results

    path = Path(folder)
    run = read(path)
    found = read_results(path, run)
    decided, made = read_decision(path, found), read_certificate(path, found)
    frame = frames.read(path / "frame.parquet")
    gc.collect()
    gc.freeze()  # as reports.folder does
    busy, start = time.process_time(), time.perf_counter()
    behind = samples.index(frame, run) if name == "report.html" else ()
    document = build(found, decided, run, made, samples=behind)
    out = {"report.pdf": pdf, "report.html": html, "report.md": markdown}[name].render(document)
    spent = time.process_time() - busy, time.perf_counter() - start
    content = out if isinstance(out, bytes) else out.encode()
    return Made(*spent, len(content), hashlib.sha256(content).hexdigest())


def measure(folder: str, name: str) -> bool:
    """Print one output's times and size; tell whether they keep the limits."""
    made = []
    for _ in range(ROUNDS):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            made.append(pool.apply(make, (folder, name)))
    busy, elapsed = (statistics.median(column) for column in zip(*(one[:2] for one in made), strict=True))
    size, same = made[0].size, len({one.sha256 for one in made}) == 1
    kept = busy < SECONDS[name] and size < BYTES.get(name, size + 1) and same
    print(
        f"{name:12} {busy:5.2f} s of processor, {elapsed:5.2f} s elapsed, {size / 1e6:5.2f} MB, "
        f"{'same bytes' if same else 'OTHER BYTES'}: {'kept' if kept else 'MISSED'} (limit {SECONDS[name]:g} s)"
    )
    return kept


def main() -> None:
    """Measure all outputs of a run."""
    folder = sys.argv[1]
    run = json.loads((Path(folder) / "run.json").read_text("utf-8"))
    samples = sum(len(record["sample_ids"]) for record in run["audits"].values()) * len(run["models"]) * run["epochs"]
    print(f"{folder}: {samples:,} samples, {len(run['models'])} subjects, {len(run['audits'])} audits")
    kept = [measure(folder, name) for name in SECONDS]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
