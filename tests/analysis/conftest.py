"""Tidy frames with planted effects, and real Inspect logs made by a scripted model."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from standfast.analysis.frames import COLUMNS
from standfast.cells import Cell, cross
from standfast.measure import Measure

ROLES = ("advisor", "peer")
PROFILES = ("none", "filler", "full")
NO_SLOPES = {"item": 0.0, "persona": 0.0, "role": 0.0, "profile": 0.0, "both": 0.0, "residual": 1.0}


def make_measure(name: str = "m", **changes: Any) -> Measure:
    given = {
        "title": name.title(),
        "construct": "epistemic",
        "scale": "binary",
        "direction": "higher",
        "source": "test",
    }
    return Measure(name=name, **{**given, **changes})


def tidy(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows with only what matters -> a frame with all columns."""
    default = {
        "run": "r",
        "model": "mockllm/model",
        "audit": "advice",
        "audit_version": "1-A",
        "persona": "ann",
        "wording": 1,
        "challenge": "none",
        "turn": 0,
        "epoch": 1,
        "measure": "m",
        "judge": "mockllm/judge",
        "status": "scored",
        "log": "x.eval",
        "sample": "",
    }
    frame = pd.DataFrame([{**default, **row} for row in rows], columns=list(COLUMNS))
    return frame.astype(COLUMNS)


def simulate(
    rng: np.random.Generator,
    *,
    items: int = 24,
    personas: int = 2,
    profiles: Sequence[str] = PROFILES,
    challenges: Sequence[str] = ("none",),
    sd: Mapping[str, float] = NO_SLOPES,
    effects: Mapping[tuple[str, str], float] | None = None,
    base: float = 0.0,
    binary: bool = False,
    drop: float = 0.0,
) -> pd.DataFrame:
    """A crossed design with random intercepts and slopes by item, and planted effects per (role, profile)."""
    rows = []
    for i in range(items):
        item, role_slopes = rng.normal(0, sd["item"]), rng.normal(0, sd["role"], len(ROLES))
        profile_slopes = rng.normal(0, sd["profile"], len(profiles))
        both = rng.normal(0, sd["both"], (len(ROLES), len(profiles)))
        for k in range(personas):
            pair = rng.normal(0, sd["persona"])
            for r, role in enumerate(ROLES):
                for p, profile in enumerate(profiles):
                    mean = base + item + pair + role_slopes[r] + profile_slopes[p] + both[r, p]
                    mean += (effects or {}).get((role, profile), 0.0)
                    for challenge in challenges:
                        value = rng.normal(mean, sd["residual"])
                        if binary:
                            value = float(rng.random() < min(max(mean, 0.0), 1.0))
                        keep = rng.random() >= drop
                        rows.append(
                            {
                                "item": f"i{i:03d}",
                                "persona": f"p{(i * personas + k) % 24:02d}",
                                "role": role,
                                "profile": profile,
                                "challenge": challenge,
                                "value": value if keep else math.nan,
                                "status": "scored" if keep else "judge_failed",
                            }
                        )
    return tidy(rows)


VALIDATION = make_measure("validation", construct="affective", direction="neither", primary=True)
CHALLENGED = make_measure("framing_challenged", primary=True, applies={"premise": ("questionable",)})
WORDS = make_measure("words", construct="lexical", scale="count", direction="neither", unit="words", high=None)
POSITION = make_measure("position", level="turn", scale="count", low=-1.0, unit="code")
ITEMS = {f"item-{k}": {"premise": "questionable" if k % 2 else "sound"} for k in range(4)}
Verdict = Callable[[Cell, int, str], float | str]
Evidence = Callable[[Cell, int], Mapping[str, Any]]


def flat(cell: Cell, epoch: int, measure: str) -> float:
    """A verdict without structure, the same for the same cell."""
    return float(hash_of(cell.id, epoch, measure) % 2)


def drawn_anew(cell: Cell, epoch: int) -> dict[str, Any]:
    """What a scorer writes of a long reply that no other sample or epoch has."""
    return {
        "question": f"q-{cell.item}",
        "opening": f"o-{cell.id}",
        "asked": f"a-{cell.id}",
        "replied": f"r-{cell.id}-{epoch}",
        "length": 400,
        "served": ["model-1"],
        "cached": 0,
    }


def hash_of(*parts: object) -> int:
    return sum(ord(c) * (k + 7) for k, c in enumerate("/".join(map(str, parts))))


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What `make_log` runs: by default 4 items in 2 roles and 3 profiles, one turn."""

    name: str = "advice"
    version: str = "1-A"
    measures: tuple[Measure, ...] = (VALIDATION, CHALLENGED, WORDS)
    turns: int = 1
    challenges: tuple[str, ...] = ("none",)
    items: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: ITEMS)
    hashes: Mapping[str, str] = field(default_factory=lambda: {"items": "i" * 64, "rubric": "r" * 64})
    profiles: tuple[str, ...] = PROFILES

    def cells(self) -> list[Cell]:
        return cross(
            self.name,
            items=list(self.items),
            roles=ROLES,
            wordings=3,
            personas=["ann", "bob"],
            per_item=1,
            profiles=self.profiles,
            challenges=self.challenges,
            seed=1,
        )

    def header(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "audit": self.name,
            "audit_version": self.version,
            "measures": [measure.to_log() for measure in self.measures],
            "items": {name: dict(facts) for name, facts in self.items.items()},
            "turns": self.turns,
            "seed": 7,
            "hashes": dict(self.hashes),
        }


def make_run(*audits: Audit, models: Sequence[str] = ("mockllm/model",), epochs: int = 1) -> dict[str, Any]:
    """A run.json for the audits."""
    record = {}
    for audit in audits:
        facts = audit.header()
        facts["version"] = facts.pop("audit_version")
        record[audit.name] = {**facts, "sample_ids": [cell.id for cell in audit.cells()]}
    cast = {"models": list(models), "judges": ["mockllm/judge"]}
    return {"schema": "standfast/run/1", **cast, "seed": 7, "epochs": epochs, "audits": record}


def make_log(
    folder: Path,
    audit: Audit,
    *,
    verdict: Verdict = flat,
    model: str = "mockllm/model",
    judge: str = "mockllm/judge",
    epochs: int = 1,
    only: Collection[str] | None = None,
    broken: Collection[str] = (),
    header: Mapping[str, Any] | None = None,
    created: str | None = None,
    evidence: Evidence = drawn_anew,
    panel: Callable[[Cell], list[dict[str, Any]]] = lambda _: [],
    exchange: Callable[[Cell], dict[str, Any]] = lambda _: {},
    temperature: float | None = None,
) -> Path:
    """Run an Inspect task on a scripted model and return its log.

    Args:
        folder: Where the log goes.
        audit: What is asked.
        verdict: (cell, epoch, measure) -> value, or a status instead of one.
        model: Subject.
        judge: Judge.
        epochs: Epochs.
        only: Sample ids that are run; the header still plans all.
        broken: Sample ids in which the solver raises.
        header: In place of the audit's own.
        created: In place of now.
        evidence: What the scorer writes of what was asked and replied.
        panel: Other readings that it writes.
        exchange: What it writes of a sender and a receiver.
        temperature: Of the subject.
    """
    from inspect_ai import Task
    from inspect_ai import eval as inspect_eval
    from inspect_ai.dataset import MemoryDataset
    from inspect_ai.log import write_eval_log
    from inspect_ai.model import GenerateConfig, get_model

    cells = {cell.id: cell for cell in audit.cells()}
    samples = [_sample(audit, cell) for cell in cells.values()]
    declared = audit.header() if header is None else dict(header)
    task = Task(
        dataset=MemoryDataset([s for s in samples if only is None or s.id in only], name=audit.name),
        solver=_talk(audit.turns, broken),
        scorer=_scorer(audit, cells, verdict, judge, evidence, panel, exchange),
        metadata={"standfast": declared} if declared else {},
    )
    log = inspect_eval(
        task,
        model=get_model(model, custom_outputs=_reply, config=GenerateConfig(temperature=temperature)),
        model_roles={"grader": get_model(judge, custom_outputs=_reply)},
        epochs=epochs,
        display="none",
        log_dir=str(folder),
        log_realtime=False,
        fail_on_error=False,
    )[0]
    log.eval.dataset.sample_ids = list(cells)
    log.eval.created = created or log.eval.created
    write_eval_log(log, log.location)
    return Path(log.location.removeprefix("file://"))


def _sample(audit: Audit, cell: Cell) -> Any:
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser

    metadata = {"audit": audit.name, "audit_version": audit.version, **cell.facts(), "wording": cell.wording}
    return Sample(
        id=cell.id,
        input=[ChatMessageSystem(content=f"You are a {cell.role}."), ChatMessageUser(content=f"About {cell.item}?")],
        metadata={**metadata, "facts": dict(audit.items[cell.item]), "hashes": dict(audit.hashes)},
    )


def _reply(*_: Any, **__: Any) -> Any:
    from inspect_ai.model import ModelOutput, ModelUsage

    output = ModelOutput.from_content("mockllm/model", "A <b>reply</b> with #markup.")
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


def _talk(turns: int, broken: Collection[str]) -> Any:
    from inspect_ai.model import ChatMessageUser
    from inspect_ai.solver import solver

    @solver
    def talk() -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            if state.sample_id in broken:
                message = "the solver broke"
                raise RuntimeError(message)
            for turn in range(turns):
                if turn:
                    state.messages.append(ChatMessageUser(content="But why?"))
                state = await generate(state)
            return state

        return solve

    return talk()


def _scorer(
    audit: Audit,
    cells: Mapping[str, Cell],
    verdict: Verdict,
    judge: str,
    evidence: Evidence,
    panel: Callable[[Cell], list[dict[str, Any]]],
    exchange: Callable[[Cell], dict[str, Any]],
) -> Any:
    from inspect_ai.scorer import Score, scorer

    def scored(cell: Cell, epoch: int, measure: Measure, turn: int = 0) -> tuple[float, str]:
        given = verdict(cell, epoch, f"{measure.name}/{turn}" if turn else measure.name)
        return (math.nan, given) if isinstance(given, str) else (given, "scored")

    @scorer(metrics={})
    def verdicts() -> Any:
        async def score(state: Any, target: Any) -> Any:
            cell = cells[state.sample_id]
            facts = {**cell.facts(), **audit.items[cell.item]}
            own = [m for m in audit.measures if m.applies_to(facts)]
            sample = {m.name: scored(cell, state.epoch, m) for m in own if m.level == "sample"}
            turns = []
            for turn in range(1, audit.turns + 1):
                found = {m.name: scored(cell, state.epoch, m, turn) for m in own if m.level == "turn"}
                turns.append(
                    {
                        "turn": turn,
                        "values": {k: v for k, (v, _) in found.items()},
                        "status": {k: s for k, (_, s) in found.items()},
                    }
                )
            return Score(
                value={name: value for name, (value, _) in sample.items()},
                metadata={
                    "judge": judge,
                    "status": {name: status for name, (_, status) in sample.items()},
                    "turns": turns if any(m.level == "turn" for m in own) else [],
                    "quotes": {"tone": "A reply"},
                    "panel": panel(cell),
                    "exchange": exchange(cell),
                    "evidence": evidence(cell, state.epoch),
                },
            )

        return score

    return verdicts()


@pytest.fixture(scope="session")
def bench() -> SimpleNamespace:
    """What the tests of this folder are made with."""
    return SimpleNamespace(
        measure=make_measure,
        tidy=tidy,
        simulate=simulate,
        Audit=Audit,
        make_log=make_log,
        make_run=make_run,
        flat=flat,
        drawn_anew=drawn_anew,
        position=POSITION,
        words=WORDS,
    )
