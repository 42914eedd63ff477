"""Calibration, from file to file in the run folder: a sheet for people to rate, and their labels -> calibration.json."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from standfast.analysis import calibration as calibrations
from standfast.analysis import frames
from standfast.analysis import logs as log_files
from standfast.analysis.bias import Labelled, biases
from standfast.analysis.calibration import LANGUAGE, Calibration
from standfast.analysis.coefficients import Coefficient
from standfast.audits._audit import Audit, find
from standfast.audits._judge import SAID, rubric_digest
from standfast.audits._shown import shown
from standfast.errors import LogError, RunError
from standfast.folder import is_simulated, put, read
from standfast.measure import Measure
from standfast.rating import Asked, Rated, Reply, drawing, meaning, page
from standfast.rating import judged as judged_samples
from standfast.rating.judged import Judged

SHEET = Path("calibration") / "sheet.csv"
PAGE = Path("calibration") / "rate.html"
_COLUMNS = ("code", "model", "audit", "sample", "epoch", "role", "profile", "judged", "stratum", "probability")


def sample(folder: Path, n: int = 150, seed: int | None = None) -> tuple[Path, Path]:
    """Draw samples for people to rate; write the sheet, which is not for them, and the page, which is.

    Args:
        folder: The run folder.
        n: How many samples.
        seed: Of the draw; the run's by default.

    Returns:
        Paths of the sheet and of the page.

    Raises:
        RunError: Another sheet was drawn already, the logs hold no judge's answers, or the rubric has changed.
        LogError: A log is damaged.
    """
    run = read(folder)
    judged, defined = judged_samples.read(folder, run), frames.measures(folder / "logs")
    audits = _audits(run, {unit.audit for unit in judged})
    strata = [(u.model, u.audit, u.cell.role, u.cell.profile, _told(u, defined)) for u in judged]
    rng = np.random.default_rng([run["seed"] if seed is None else seed, *b"calibration"])
    drawn = drawing.draw(strata, n, rng)
    rows = [(*_listed(judged[i]), strata[i][-1], drawn.stratum[i], float(drawn.probability[i])) for i in drawn.chosen]
    _keep(folder / SHEET, _csv([_COLUMNS, *rows]))
    shown_to_people = page(
        [_rated(judged[i], audits[judged[i].audit]) for i in drawn.chosen],
        title=folder.resolve().name,
        simulated=_simulated(run),
    )
    put(folder / PAGE, shown_to_people.encode())
    return folder / SHEET, folder / PAGE


def calibrate(folder: Path, path: Path, *, confidence: float = 0.95) -> Calibration:
    """Hold the judge of a run against people's labels and write calibration.json.

    Args:
        folder: The run folder.
        path: Labels: sample (a code from the sheet, or a sample id), epoch, turn, facet, answer, rater.
        confidence: Of every interval.

    Raises:
        SuiteError: A label is wrong; the message names its line.
        RunError: The logs hold no judge's answers, or the rubric has changed since the run.
        LogError: A log is damaged, or holds verdicts of more than one primary judge.
    """
    run = read(folder)
    chances = judged_samples.chances(folder / SHEET)
    by_line = judged_samples.resolved(path, judged_samples.read(folder, run), chances, folder / SHEET)
    units = list({unit.code: unit for _, unit in by_line}.values())
    judges = sorted({unit.judge for unit in units})
    if len(judges) > 1:
        message = f"{folder}: labelled samples were judged by {', '.join(judges)}; a calibration is of one judge"
        raise LogError(message)
    audits = _audits(run, {unit.audit for unit in units})
    given = judged_samples.given(path, by_line, audits)
    defined = frames.measures(folder / "logs")
    labelled = [_labelled(unit, given[unit.code], audits[unit.audit], chances) for unit in units]
    spans = {m.name: (m.high or 0.0) - (m.low or 0.0) for m in defined.values()}
    found = Calibration(
        judge=judges[0],
        rubric={audit: run["audits"][audit]["hashes"]["rubric"] for audit in audits},
        language=run.get("language", LANGUAGE),
        date=datetime.now(UTC).date().isoformat(),
        conf_level=confidence,
        simulated=_simulated(run),
        drawn=len(chances),
        facets=tuple(
            calibrations.facets(
                judged_samples.answers(units, given),
                meaning.questions(list(audits.values())),
                seed=int(run["seed"]),
                confidence=confidence,
            )
        ),
        biases=tuple(biases(labelled, spans, confidence)),
        labelled=tuple(labelled),
    )
    put(folder / calibrations.FILE, calibrations.to_json(found).encode())
    return found


def rows(found: Calibration) -> list[dict[str, str]]:
    """Return a calibration as a table: one row per question."""
    return [
        {
            "question": facet.facet,
            "replies (items)": f"{facet.n} ({facet.n_items})",
            "answers": str(facet.n_answers),
            "agreement": _in_words(facet.accuracy),
            "kappa": _in_words(facet.kappa),
            "alpha": _in_words(facet.alpha),
            "raters": str(facet.n_raters),
            "alpha between raters": _in_words(facet.between_raters),
        }
        for facet in found.facets
    ]


def plain(found: Calibration) -> dict[str, Any]:
    """Return a calibration as plain data, without the labelled samples."""
    content: dict[str, Any] = json.loads(calibrations.to_json(found))
    return {key: value for key, value in content.items() if key != "labelled"}


def _listed(unit: Judged) -> tuple[str | int, ...]:
    return unit.code, unit.model, unit.audit, unit.sample, unit.epoch, unit.cell.role, unit.cell.profile


def _audits(run: Mapping[str, Any], names: set[str]) -> dict[str, Audit]:
    """Return the audits, whose rubric must still be the run's."""
    audits = {name: find(name) for name in run["audits"] if name in names}
    for name, audit in audits.items():
        if rubric_digest(audit) != run["audits"][name]["hashes"]["rubric"]:
            made = run.get("versions", {}).get("standfast", "another version")
            message = f"{name}: the rubric has changed since the run; calibrate with standfast {made}, which made it"
            raise RunError(message)
    return audits


def _told(unit: Judged, defined: Mapping[tuple[str, str], Measure]) -> str:
    """Return what the judge said on the first measure that was scored: the lead epistemic one, else the next."""
    own = [
        m for (audit, _), m in defined.items() if audit == unit.audit and m.level == "sample" and m.name in unit.values
    ]
    rank = ("epistemic", "over-correction", "affective", "check")
    for m in sorted((m for m in own if m.construct in rank), key=lambda m: (rank.index(m.construct), not m.primary)):
        value = unit.values[m.name]
        return f"{m.name} {'lowest' if value == m.low else 'highest' if value == m.high else 'between'}"
    return ""


def _rated(unit: Judged, audit: Audit) -> Rated:
    """Return a sample as people see it: what the judge sees, and no more."""
    whole = log_files.transcript(unit.log, unit.sample, unit.epoch)
    replies = [m.text for m in whole.messages if m.role == "assistant"][-unit.turns :]  # earlier ones are profile
    script, context = whole.metadata["script"], str(whole.metadata["context"])
    return Rated(
        code=unit.code,
        epoch=unit.epoch,
        replies=tuple(
            Reply(
                turn=turn,
                context=shown(SAID.format(context=context, turn=said) if audit.path else context),
                text=shown(reply),
                questions=tuple(
                    Asked(facet=f.name, question=f.question, answers=f.answers)
                    for f in meaning.asked(audit, turn, unit.turns, unit.facts)
                ),
            )
            for turn, (said, reply) in enumerate(zip(script, replies, strict=False), start=1)
        ),
    )


def _labelled(
    unit: Judged, given: Mapping[str, Mapping[int, Mapping[str, str]]], audit: Audit, chances: Mapping[str, float]
) -> Labelled:
    """Return a sample with the mean of its raters' values beside the judge's."""
    each = [
        meaning.values(
            audit,
            answers,
            turns=unit.turns,
            facts=unit.facts,
            letters=unit.letters,
            defensible=unit.defensible,
        )
        for answers in given.values()
    ]
    names = sorted({name for one in each for name in one})
    human = {name: float(np.mean([one[name] for one in each if name in one])) for name in names}
    return Labelled(
        model=unit.model,
        audit=unit.audit,
        sample=unit.sample,
        epoch=unit.epoch,
        item=unit.item,
        role=unit.cell.role,
        profile=unit.cell.profile,
        challenge=unit.cell.challenge,
        probability=chances.get(unit.code, 1.0),
        human=human,
        judge={name: unit.values[name] for name in names if name in unit.values},
    )


def _in_words(found: Coefficient) -> str:
    if not isfinite(found.value):
        return found.status
    if not isfinite(found.conf_low):
        return f"{found.value:.2f}, no interval"
    return f"{found.value:.2f} [{found.conf_low:.2f}, {found.conf_high:.2f}]"


def _keep(path: Path, text: str) -> None:
    """Write a sheet, unless another was drawn already: labels of it would lose their chances."""
    path.parent.mkdir(exist_ok=True)
    if path.exists() and path.read_text("utf-8") != text:
        message = f"{path}: another sheet was drawn already; remove it, and the labels made from it, to draw anew"
        raise RunError(message)
    put(path, text.encode())


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _simulated(run: Mapping[str, Any]) -> bool:
    return bool(run["simulated"]) or is_simulated(*run["models"], *run["judges"])
