"""Pairs of replies of a finished run, compared blind by a judge in both orders."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalSample, read_eval_log
from inspect_ai.model import GenerateConfig

from standfast import keys
from standfast.analysis import logs as log_files
from standfast.analysis import plain
from standfast.analysis.pairwise import WinRate, win_rate
from standfast.audits._audit import find
from standfast.audits._pairwise import Pair, task
from standfast.audits.measures import FacetMeasure
from standfast.errors import LogError, RunError
from standfast.folder import locked, put
from standfast.run import open_model

SCHEMA = "standfast/pairwise/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How often one level's reply shows more of something than another's.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Measure whose facet was asked.
        answer: The facet's answer that the winner fits more.
        role: Role of both replies.
        level: Profile level.
        against: The level it was compared with.
        judge: Judge.
        rate: Win rate with its interval, and what the orders say of the judge.
    """

    model: str
    audit: str
    measure: str
    answer: str
    role: str
    level: str
    against: str
    judge: str
    rate: WinRate


@dataclass(frozen=True, slots=True)
class Comparisons:
    """What `pairwise.json` holds."""

    comparisons: tuple[Comparison, ...]


def compare(
    folder: Path,
    *,
    judge: str,
    audit: str,
    measure: str,
    answer: str,
    level: str = "full",
    against: str = "none",
    display: str | None = None,
) -> list[Comparison]:
    """Let a judge compare the replies of two profile levels, pair by pair; writes `pairwise.json`.

    Args:
        folder: The run folder.
        judge: Judge, provider/model.
        audit: Audit.
        measure: Measure of that audit which a judge's facet scores.
        answer: The facet's answer that the winner fits more.
        level: Profile level.
        against: The level to compare with.
        display: Inspect's display.

    Returns:
        One comparison per subject and role.

    Raises:
        RunError: The audit has no such measure or answer, or Inspect could not finish.
        LogError: A log is damaged, or holds no pair of these levels.
    """
    asked = _asked(audit, measure, answer)
    pairs = {model: list(found) for model, found in _pairs(folder, audit, level, against).items()}
    if not any(pairs.values()):
        message = f"{folder}: no item of {audit} was answered both at {level} and at {against}"
        raise LogError(message)
    grader = open_model(judge, GenerateConfig(temperature=0.0))
    with locked(folder), keys.kept_out(folder):
        os.environ["INSPECT_CACHE_DIR"] = str((folder / "cache").resolve())
        found = []
        for model, several in pairs.items():
            [log] = inspect_eval(
                task(several, asked, answer),
                model=grader,
                log_dir=str(folder / "pairwise"),
                fail_on_error=False,
                display=display,  # type: ignore[arg-type]
            )
            if log.status != "success":
                message = f"{folder}: not finished: pairwise with {judge}: {log.status}"
                raise RunError(message)
            rates = _rates(log.samples or [])
            found += [
                Comparison(
                    model=model,
                    audit=audit,
                    measure=measure,
                    answer=answer,
                    role=role,
                    level=level,
                    against=against,
                    judge=judge,
                    rate=rate,
                )
                for role, rate in rates.items()
            ]
        put(folder / "pairwise.json", plain.dump(Comparisons(tuple(found)), SCHEMA).encode())
    return found


def _asked(audit: str, measure: str, answer: str) -> FacetMeasure:
    asked = {m.measure.name: m for m in find(audit).measures if isinstance(m, FacetMeasure) and not m.facet.relative}
    if measure not in asked:
        message = f"{audit} has no measure {measure!r} that a judge reads off one reply. Known: {', '.join(asked)}"
        raise RunError(message)
    if answer not in asked[measure].facet.answers:
        message = f"{measure} has no answer {answer!r}. Known: {', '.join(asked[measure].facet.answers)}"
        raise RunError(message)
    return asked[measure]


def _pairs(folder: Path, audit: str, level: str, against: str) -> dict[str, Iterator[Pair]]:
    found: dict[str, Iterator[Pair]] = {}
    for path in log_files.find(folder / "logs"):
        log = log_files.read(path)
        if log.definition.audit == audit:
            samples = read_eval_log(path).samples or []
            found[log.model] = _joined(samples, level, against)
    return found


def _joined(samples: Sequence[EvalSample], level: str, against: str) -> Iterator[Pair]:
    """Yield the pairs of one log; what was not scored is in none."""
    by_place: dict[tuple[str, ...], dict[str, EvalSample]] = {}
    for sample in samples:
        scored = (sample.scores or {}).get(log_files.SCORER)
        if sample.error is None and scored and "scored" in (scored.metadata or {})["status"].values():
            facts = sample.metadata
            names = ("item", "persona", "role", "challenge", "wording")
            place = (*(str(facts[name]) for name in names), str(sample.epoch))
            by_place.setdefault(place, {})[facts["profile"]] = sample
    for place, at in by_place.items():
        if level in at and against in at:
            item, persona, role, challenge, _, epoch = place
            context = at[level].metadata["context"]
            reply, reference = at[level].output.completion, at[against].output.completion
            yield Pair(item, persona, role, challenge, int(epoch), context, reply, reference)


def _rates(samples: Sequence[EvalSample]) -> dict[str, WinRate]:
    rows = [
        {
            **{name: sample.metadata[name] for name in ("item", "persona", "role", "order", "pair")},
            "winner": _winner(sample),
        }
        for sample in samples
    ]
    frame = pd.DataFrame(rows)
    return {str(role): win_rate(own) for role, own in frame.groupby("role")}


def _winner(sample: EvalSample) -> str:
    scores = sample.scores or {}
    return str(scores["winner"].answer) if "winner" in scores else "missing"
