"""A finished run judged again by others, without asking the subject: logs in, logs out."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai import score as inspect_score
from inspect_ai.log import EvalLog, EvalSample, read_eval_log, write_eval_log
from inspect_ai.model import GenerateConfig, Model, ModelConfig

from standfast import keys
from standfast.analysis import logs as log_files
from standfast.audits._judge import rubric_digest
from standfast.audits._registry import AUDITS
from standfast.audits._scoring import verdicts
from standfast.errors import LogError, RunError
from standfast.folder import is_simulated, locked, read, record
from standfast.run import open_model
from standfast.suite import POLICY_FILE


def rescore(
    folder: Path,
    *,
    judges: Sequence[str],
    out: Path | None = None,
    overlap: float | None = None,
    redacted: float | None = None,
    display: str | None = None,
    max_connections: int | None = None,
) -> Path:
    """Judge the replies of a run again and return the new run folder; the subject is not asked.

    A folder that holds an unfinished judging is carried on. The conversations, the proof of their delivery and the
    gates are those of the run.

    Args:
        folder: The run folder.
        judges: The judge, then those that read the overlap.
        out: New run folder; by default beside the run, named after it and the first judge.
        overlap: Share of the samples that further judges read; that of the run where `None`.
        redacted: Share judged once more without echoes of the persona; that of the run where `None`.
        display: Inspect's display.
        max_connections: Calls at once, per provider.

    Raises:
        LogError: A log is damaged, or of a version of an audit that this code does not score.
        RunError: A folder is no run folder, is in use or holds another run, or no judge is named.
    """
    run = read(folder)
    if not judges:
        message = f"{folder}: no judge: name one with --judge provider/model"
        raise RunError(message)
    paths = log_files.find(folder / "logs")
    graders = [open_model(name, GenerateConfig(temperature=0.0, max_connections=max_connections)) for name in judges]
    target = out or folder.with_name(f"{folder.resolve().name}-{judges[0].replace('/', '-')}")
    if target.resolve() == folder.resolve():
        message = f"{folder}: is the run itself; give another --out"
        raise RunError(message)
    share = {"overlap": overlap, "redacted": redacted}
    facts = _facts(run, judges, {key: value for key, value in share.items() if value is not None})
    with locked(target), keys.kept_out(target):
        own = folder / POLICY_FILE
        record(target, (folder / "suite.yaml").read_bytes(), facts, policy=own.read_bytes() if own.exists() else None)
        (target / "logs").mkdir(exist_ok=True)
        os.environ["INSPECT_CACHE_DIR"] = str((target / "cache").resolve())
        for path in paths:
            _again(path, target / "logs" / path.name, facts, graders, display)
        shutil.rmtree(target / "cache", ignore_errors=True)
    return target


def _facts(run: Mapping[str, Any], judges: Sequence[str], share: Mapping[str, float]) -> dict[str, Any]:
    """Return the facts of the new run.json."""
    kept = {key: value for key, value in run.items() if key not in ("schema", "started", "versions")}
    audits = {name: _declared(name, facts, share) for name, facts in run["audits"].items()}
    simulated = is_simulated(*run["models"], *judges)
    return {**kept, "judges": list(judges), "audits": audits, "simulated": run["simulated"] or simulated}


def _declared(name: str, facts: Mapping[str, Any], share: Mapping[str, float]) -> dict[str, Any]:
    """Return what an audit declares once it is scored by this code."""
    if name not in AUDITS or AUDITS[name].version != facts["version"]:
        known = AUDITS[name].version if name in AUDITS else "no such audit"
        message = f"{name}: the run holds version {facts['version']}, this code scores {known}"
        raise LogError(message)
    audit = AUDITS[name]
    measures = [measure.to_log() for measure in audit.definitions(facts["turns"])]
    known_measures = {measure["name"] for measure in measures}
    measures += [measure for measure in facts["measures"] if measure["name"] not in known_measures]
    hashes = {**facts["hashes"], "rubric": rubric_digest(audit)}
    return {**facts, "measures": measures, "hashes": hashes, "judging": {**facts["judging"], **share}}


def _again(path: Path, target: Path, facts: Mapping[str, Any], graders: list[Model], display: str | None) -> None:
    if target.exists():
        return
    log = read_eval_log(path)
    declared = (log.eval.metadata or {})["standfast"]
    audit = facts["audits"][declared["audit"]]
    log.eval.metadata = {**(log.eval.metadata or {}), "standfast": {**declared, **_header(audit)}}
    # What the header says would be opened as well: the judge of the run, whose key need not be at hand.
    log.eval.model_roles = {"grader": [ModelConfig(model=str(grader), config=grader.config) for grader in graders]}
    settings = {**audit["judging"], "seed": declared["seed"]}
    # The request that showed it is not in the log whole, so this is not found out anew.
    kept = {s.uuid: s.scores for s in log.samples or [] if _was_undelivered(s)}
    scored: EvalLog = inspect_score(
        log,
        verdicts(audit=declared["audit"], cache=not facts["simulated"], **settings),
        model=graders[0],
        model_roles={"grader": list(graders)},
        action="overwrite",
        display=display,  # type: ignore[arg-type]
        copy=False,
    )
    for sample in scored.samples or []:
        sample.scores = kept.get(sample.uuid, sample.scores)
    part = target.parent.with_name(f"part-{target.name}")  # beside the logs: a killed write is no log
    write_eval_log(scored, str(part))
    part.replace(target)


def _was_undelivered(sample: EvalSample) -> bool:
    score = (sample.scores or {}).get(log_files.SCORER)
    return score is not None and "undelivered" in (score.metadata or {})["status"].values()


def _header(audit: Mapping[str, Any]) -> dict[str, Any]:
    return {key: audit[key] for key in ("measures", "hashes", "judging")}
