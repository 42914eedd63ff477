"""Our mixed models beside R's: the same data, the same models, each fit in a process of its own.

    python benchmarks/mixed_models.py                   three minutes on an idle machine, nearly all of them R's
    python benchmarks/mixed_models.py --only gau2-50k   one or some of the cases; --list names them
    python benchmarks/mixed_models.py --full            all cases, and --large: a quarter of an hour
    python benchmarks/mixed_models.py --large           5 million rows from Parquet: seconds and memory
    python benchmarks/mixed_models.py --growth time.svg seconds against rows, 5 thousand to 5 million

Time is that of the fit from the rows in memory, from the formula to the standard errors; loading libraries and data is
not counted, and R gets its factors ready made. Ratios are of processor time; both sides have their defaults. A ratio
below the required one, or a criterion that differs from R's, ends the run with code 1. Where Rscript or a package is
absent, ours runs alone and the table says so.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).with_name("reference.R")
SEED = 20250101
ROLES, PROFILES = ("advisor", "peer"), ("demo", "filler", "full", "none")
# Rows -> items, personas, models: a full crossing, once or several times (epochs), of which some rows are missing.
SIZES = {5_000: (24, 6, 5), 50_000: (60, 12, 9), 500_000: (200, 36, 9), 5_000_000: (500, 36, 9)}
SHORT = {5_000: "5k", 50_000: "50k", 500_000: "500k", 5_000_000: "5M"}
INTERCEPTS = "~ role * profile + (1 | item) + (1 | persona) + (1 | model)"
SLOPES = "~ role * profile + (1 + role | item) + (1 | persona) + (1 + role | model)"
MODELS = {
    "gau1": ("lmer", f"y {INTERCEPTS}"),
    "gau2": ("lmer", f"y {SLOPES}"),
    "gau3": ("lmer", "y ~ role * profile + (1 + role * profile | item) + (1 | persona) + (1 + role | model)"),
    "bin1": ("glmer", f"hit {INTERCEPTS}"),
    "bin2": ("glmer", f"hit {SLOPES}"),
    "ord1": ("clmm", f"rating {INTERCEPTS}"),
}
PACKAGES = {"lmer": "lme4", "glmer": "lme4", "clmm": "ordinal"}
LARGE_SECONDS, LARGE_GIB = 15.0, 2.0
WORSE = 1e-3  # our criterion may lie this far above R's; below it, R's search has stopped early


@dataclass(frozen=True, slots=True)
class Case:
    """A model at a size; `required` is the least ratio of R's time to ours; `long` cases run in full only."""

    model: str
    rows: int
    required: float | None = None
    long: bool = False

    @property
    def name(self) -> str:
        """Return such as `gau2-50k`."""
        return f"{self.model}-{SHORT[self.rows]}"


CASES = (
    Case("gau1", 5_000),
    Case("gau2", 5_000),
    Case("gau3", 5_000, long=True),
    Case("gau1", 50_000),
    Case("gau2", 50_000, 20),
    Case("gau3", 50_000, 20, long=True),
    Case("gau1", 500_000, 50),
    Case("gau2", 500_000, 50, long=True),
    Case("bin1", 5_000),
    Case("bin1", 50_000, 20),
    Case("bin2", 50_000, 20),
    Case("ord1", 5_000, 20),
    Case("ord1", 50_000, 20, long=True),
)
GROWTH = ("gau1", "gau2", "bin1")
R_GROWTH = 50_000  # largest number of rows at which R takes part in the figure


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds of processor and clock, the criterion, and the peak of resident memory in GiB (NaN from R)."""

    cpu: float
    wall: float
    criterion: float
    gib: float = float("nan")


# ------------------------------------------------------------------ data


def audit(rows: int) -> pd.DataFrame:
    """Return an audit: y, hit and rating of every item, persona and model in 2 roles and 4 profiles, in no order."""
    rng = np.random.default_rng(SEED)
    shape = (*SIZES[rows], len(ROLES), len(PROFILES))
    cells = int(np.prod(shape))
    epochs = -(-rows // cells)
    chosen = rng.permutation(cells * epochs)[:rows] % cells
    item, persona, model, role, profile = np.unravel_index(chosen, shape)
    eta = _effects(rng, item, persona, model, role, profile)
    levels = {
        "item": (item, [f"i{k:03d}" for k in range(shape[0])]),
        "persona": (persona, [f"p{k:02d}" for k in range(shape[1])]),
        "model": (model, [f"m{k}" for k in range(shape[2])]),
        "role": (role, list(ROLES)),
        "profile": (profile, list(PROFILES)),
    }
    frame = pd.DataFrame({name: pd.Categorical.from_codes(codes, names) for name, (codes, names) in levels.items()})
    frame["y"] = 2.0 + eta + rng.standard_normal(rows)
    noisy = eta + rng.logistic(size=rows)
    frame["hit"] = (noisy > 0.0).astype(float)
    rating = np.searchsorted([-2.0, -0.7, 0.7, 2.0], noisy)
    frame["rating"] = pd.Categorical.from_codes(rating, list("12345"), ordered=True)
    return frame


def _effects(rng: np.random.Generator, item: Any, persona: Any, model: Any, role: Any, profile: Any) -> Any:
    """Return the linear predictor, with all random slopes of gau3."""
    fixed = np.array([[0.0, 0.1, 0.3, -0.1], [0.4, 0.4, 0.9, 0.2]])  # role x profile
    sizes = (item.max() + 1, persona.max() + 1, model.max() + 1)
    items = 0.8 * rng.standard_normal((sizes[0], 1, 1)) + 0.3 * rng.standard_normal((sizes[0], 2, 4))
    items[:, 1] += 0.4 * rng.standard_normal((sizes[0], 1))
    personas = 0.4 * rng.standard_normal(sizes[1])
    models = 0.5 * rng.standard_normal((sizes[2], 1)) + np.outer(0.3 * rng.standard_normal(sizes[2]), [0, 1])
    return fixed[role, profile] + items[item, role, profile] + personas[persona] + models[model, role]


def write(rows: int, folder: Path) -> None:
    """Write the audit as Parquet for us, and as raw columns for R."""
    folder.mkdir(parents=True)
    frame = audit(rows)
    frame.to_parquet(folder / "rows.parquet")
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            (column.cat.codes.to_numpy(dtype=np.int32) + 1).astype(np.int32).tofile(folder / f"{name}.i32")
            (folder / f"{name}.txt").write_text("\n".join(column.cat.categories) + "\n", encoding="utf-8")
        else:
            column.to_numpy(dtype=np.float64).tofile(folder / f"{name}.f64")


class Store:
    """Folders of data, each written when it is first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, rows: int) -> Path:
        """Return the folder; another process writes it, so that this one stays small."""
        folder = self.root / str(rows)
        if not folder.exists():
            with ProcessPoolExecutor(1) as pool:
                pool.submit(write, rows, folder).result()
        return folder


# ------------------------------------------------------------------ one fit


def child(function: str, formula: str, source: str) -> None:
    """Fit once in this process and print the outcome; a source that ends in `:` is read into memory first."""
    from standfast.analysis.mixed import clmm, glmm, lmm

    fits: dict[str, Callable[..., Any]] = {"lmer": lmm, "glmer": glmm, "clmm": clmm}
    path = Path(source.rstrip(":"))
    data = pd.read_parquet(path) if source.endswith(":") else path
    cpu, wall = time.process_time(), time.perf_counter()
    fit = fits[function](formula, data)
    spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    print(json.dumps({**spent, "criterion": fit.criterion, "gib": peak_gib()}))


def peak_gib() -> float:
    """Return the largest resident memory that this process had, NaN where /proc does not tell."""
    status = Path("/proc/self/status")
    text = status.read_text(encoding="utf-8") if status.exists() else ""
    lines = [line.split()[1] for line in text.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0]) / 2**20 if lines else float("nan")


def ours(model: str, folder: Path, *, in_memory: bool = True) -> Outcome:
    """Fit by ours in a fresh process."""
    function, formula = MODELS[model]
    source = f"{folder / 'rows.parquet'}{':' if in_memory else ''}"
    command = [sys.executable, __file__, "--child", function, formula, source]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Outcome(**json.loads(done.stdout.splitlines()[-1]))


def theirs(model: str, folder: Path) -> Outcome:
    """Fit by R in a fresh process."""
    function, formula = MODELS[model]
    command = ["Rscript", str(REFERENCE), str(folder), function, formula]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = dict(line.split() for line in done.stdout.splitlines())
    return Outcome(float(found["cpu"]), float(found["wall"]), float(found["criterion"]))


def missing(function: str) -> str | None:
    """Return why R cannot fit, or nothing."""
    if shutil.which("Rscript") is None:
        return "no Rscript"
    package = PACKAGES[function]
    found = subprocess.run(["Rscript", "-e", f"library({package})"], check=False, capture_output=True)
    return f"no {package}" if found.returncode else None


# ------------------------------------------------------------------ what is run


def compare(cases: Iterable[Case], store: Store) -> bool:
    """Print one line per case; return whether all is as required."""
    print(f"{'':10} {'R s':>9} {'ours s':>8} {'ratio':>7} {'required':>9} {'ours wall':>10} {'criterion':>10}")
    return all([_line(case, store(case.rows)) for case in cases])


def _line(case: Case, folder: Path) -> bool:
    mine = ours(case.model, folder)
    why = missing(MODELS[case.model][0])
    if why:
        print(f"{case.name:10} {why:>9} {mine.cpu:8.2f} {'':7} {'':9} {mine.wall:10.2f}", flush=True)
        return True
    other = theirs(case.model, folder)
    ratio, above = other.cpu / mine.cpu, mine.criterion - other.criterion
    fast, agrees = ratio >= (case.required or 0.0), -1.0 < above < WORSE
    verdict = ("" if fast else "  too slow") + ("" if agrees else "  criteria differ")
    need = f"{case.required:g}" if case.required else ""
    numbers = f"{other.cpu:9.2f} {mine.cpu:8.2f} {ratio:7.0f} {need:>9} {mine.wall:10.2f} {above:+10.1e}"
    print(f"{case.name:10} {numbers}{verdict}", flush=True)
    return fast and agrees


def large(store: Store) -> bool:
    """Fit 5 million rows that never are in memory all at once; return whether time and memory are as required."""
    rows, good = max(SIZES), True
    for model in ("gau1", "gau2"):
        found = ours(model, store(rows), in_memory=False)
        fine = found.wall <= LARGE_SECONDS and not found.gib > LARGE_GIB
        verdict = "" if fine else "  over a limit"
        spent = f"{found.wall:.1f} s (processor {found.cpu:.1f} s), {found.gib:.2f} GiB"
        limits = f"limits {LARGE_SECONDS:g} s, {LARGE_GIB:g} GiB"
        print(f"{model}-{SHORT[rows]} from Parquet: {spent}; {limits}{verdict}", flush=True)
        good &= fine
    return good


def growth(path: Path, store: Store) -> None:
    """Draw seconds against rows."""
    from matplotlib.figure import Figure

    axes = (figure := Figure(figsize=(6.5, 4.5), layout="constrained")).add_subplot()
    for number, model in enumerate(GROWTH):
        mine = [(rows, ours(model, store(rows)).cpu) for rows in SIZES]
        axes.loglog(*zip(*mine, strict=True), "o-", color=f"C{number}", label=f"{model}, ours")
        if missing(MODELS[model][0]) is None:
            other = [(rows, theirs(model, store(rows)).cpu) for rows in SIZES if rows <= R_GROWTH]
            axes.loglog(*zip(*other, strict=True), "s--", color=f"C{number}", label=f"{model}, R", fillstyle="none")
        print(model, " ".join(f"{SHORT[rows]} {seconds:.2f} s" for rows, seconds in mine), flush=True)
    axes.set(xlabel="rows", ylabel="processor seconds", title="Time of one fit against the number of rows")
    axes.legend(frameon=False)
    figure.savefig(path)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="CASE", choices=[case.name for case in CASES])
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--growth", type=Path, metavar="PATH")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(*given.child)
        return 0
    chosen = [case for case in CASES if (case.name in given.only if given.only else given.full or not case.long)]
    if given.list:
        print(*(case.name for case in CASES))
        return 0
    with tempfile.TemporaryDirectory() as root:
        store = Store(Path(root))
        good = True
        if given.only or not (given.large or given.growth):
            good = compare(chosen, store)
        if given.large or given.full:
            good &= large(store)
        if given.growth:
            growth(given.growth, store)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
