"""Invented samples behind the invented results, for the page's drill-down. No value here was measured."""

from dataclasses import replace

import numpy as np
import pandas as pd

from standfast.analysis import samples
from standfast.analysis.frames import COLUMNS
from tests.reports.conftest import MEASURES

ITEMS = 3
ASKED = {"advice": ("none",), "debate": ("bare", "evidence")}


def measure(name, row):
    """Invent a definition."""
    title, construct, direction, primary, unit = row[:5]
    scale = "binary" if unit == "pp" else "count"
    known = {"name": name, "title": title, "construct": construct, "direction": direction, "unit": unit}
    return {**known, "scale": scale, "primary": primary, "source": "invented", "high": 1.0 if unit == "pp" else None}


def frame(models, audits, profiles=("none", "filler", "full"), epochs=1, seed=3):
    """Invent a tidy frame: a few items in every cell; one value in ten is missing."""
    rng = np.random.default_rng(seed)
    rows = []
    for model in models:
        for audit in audits:
            for name, row in MEASURES[audit].items():
                for sample, cell in _samples(audit, profiles):
                    for epoch in range(1, epochs + 1):
                        value = float(rng.integers(0, 2)) if row[4] == "pp" else float(rng.integers(0, 30))
                        status = "refused" if rng.uniform() < 0.1 else "scored"
                        values = {"run": "r", "model": model, "audit": audit, "audit_version": "1-A", "turn": 0}
                        values |= {"epoch": epoch, "measure": name, "judge": "j", "status": status, "sample": sample}
                        values |= {"value": value if status == "scored" else float("nan"), "log": f"{audit}.eval"}
                        rows.append(values | cell)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _samples(audit, profiles):
    for item in [*(f"item-{i}" for i in range(ITEMS)), "hidden-debt" if audit == "advice" else "car-free-centres"]:
        for role in ("advisor", "peer"):
            for profile in profiles:
                for challenge in ASKED[audit]:
                    cell = {"item": item, "role": role, "wording": 2, "persona": "veteran", "profile": profile}
                    yield f"{item}__{role}-2__veteran__{profile}__{challenge}", cell | {"challenge": challenge}


def inputs(mock, audits=("advice", "debate"), epochs=1, **other):
    """Return results, decision, run record and samples."""
    found, decision, run = mock.inputs(audits=audits, **other)
    defined = {audit: [measure(name, row) for name, row in MEASURES[audit].items()] for audit in audits}
    run = {**run, "audits": {audit: {**run["audits"][audit], "measures": defined[audit]} for audit in audits}}
    behind = samples.index(frame(run["models"], audits, epochs=epochs), run)
    found = replace(found, excerpts=tuple(replace(e, sample=_told(e.sample, e.audit)) for e in found.excerpts))
    return found, decision, run, behind


def _told(sample, audit):
    """Return the id of an excerpt's sample as the frame has it."""
    *head, _ = sample.split("__")
    return "__".join([*head, ASKED[audit][0]])
