"""Conversations from elsewhere -> the run folder that `analyse`, `gate` and `report` take."""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog, write_eval_log
from inspect_ai.model import GenerateConfig, Model

from standfast import conversations as reading
from standfast import keys
from standfast import suite as suites
from standfast.audits._import import Conversation, header, task
from standfast.audits._registry import AUDITS
from standfast.conversations import Found
from standfast.errors import RunError, SuiteError
from standfast.folder import is_simulated, locked, record
from standfast.run import open_model

NOBODY = "none/none"  # the model that replays; it answers nothing


def import_file(
    path: Path,
    *,
    judges: Sequence[str],
    audit: str | None = None,
    suite: Path | None = None,
    out: Path | None = None,
    overlap: float = 0.2,
    display: str | None = None,
    max_connections: int | None = None,
) -> Path:
    """Score conversations that were held elsewhere and return their run folder; no subject is asked.

    Args:
        path: JSON lines, or an Inspect log.
        judges: The judge, then those that read the overlap.
        audit: Audit of the lines that name none.
        suite: Suite whose contrasts and gates count; without one there are no gates.
        out: Run folder; by default `runs/<file>-<hash>`.
        overlap: Share of the conversations that further judges read.
        display: Inspect's display.
        max_connections: Calls at once, per provider.

    Raises:
        SuiteError: The file or the suite is wrong, or no judge can be called.
        RunError: The folder holds another run or is in use, or Inspect could not finish.
    """
    if not judges:
        message = f"{path}: no judge: name one with --judge provider/model"
        raise SuiteError(message)
    found = reading.conversations(path, audit)
    reading.checked(found)
    graders = [open_model(name, GenerateConfig(temperature=0.0, max_connections=max_connections)) for name in judges]
    source = {"name": "import", "sha256": reading.sha256(path)}
    text = suite.read_bytes() if suite else _suite(found)
    folder = out or Path("runs") / f"{path.stem}-{source['sha256'][:8]}"
    facts = _facts(found, judges, source, overlap, suites.loads(text, str(suite or "suite.yaml")), text)
    with locked(folder), keys.kept_out(folder):
        record(folder, text, facts)
        (folder / "logs").mkdir(exist_ok=True)
        os.environ["INSPECT_CACHE_DIR"] = str((folder / "cache").resolve())
        for key, several in found.items():
            _score(folder, key, several, facts, graders, display)
        shutil.rmtree(folder / "cache", ignore_errors=True)
    return folder


def _suite(found: Found) -> bytes:
    """Return a suite without gates: the conditions are those of the file."""
    made = {
        "name": "imported",
        "version": "1",
        "description": "Conversations that were held elsewhere.",
        "seed": 0,
        "audits": {name: {} for name in dict.fromkeys(audit for audit, _, _ in found)},
        "profiles": ["none"],
        "personas": {"count": 1},
    }
    return yaml.safe_dump(made, sort_keys=False).encode()


def _facts(
    found: Found, judges: Sequence[str], source: Mapping[str, str], overlap: float, suite: suites.Suite, text: bytes
) -> dict[str, Any]:
    models = list(dict.fromkeys(model for _, model, _ in found))
    audits = list(dict.fromkeys(audit for audit, _, _ in found))
    return {
        "suite": {"name": suite.name, "version": suite.version, "sha256": hashlib.sha256(text).hexdigest()},
        "policy": suites.policy_facts(suite, text),
        "sampling": {"temperature": None, "max_tokens": None},  # what was sampled elsewhere is not known
        "simulated": is_simulated(*models, *judges),
        "models": models,
        "judges": list(judges),
        "user": None,
        "seed": suite.seed,
        "epochs": max(epoch for _, _, epoch in found),
        "limit": None,
        "audits": {name: _declared(name, found, source, overlap, suite.seed) for name in audits},
    }


def _declared(name: str, found: Found, source: Mapping[str, str], overlap: float, seed: int) -> dict[str, Any]:
    every = reading.of_audit(found, name)
    declared = header(AUDITS[name], every, source, overlap, 0.0, seed)
    kept = {key: value for key, value in declared.items() if key not in ("schema", "audit", "audit_version", "seed")}
    ids = list(dict.fromkeys(one.cell.id for one in every))
    return {"version": declared["audit_version"], **kept, "sample_ids": ids}


def _score(
    folder: Path,
    key: tuple[str, str, int],
    several: Sequence[Conversation],
    facts: Mapping[str, Any],
    graders: list[Model],
    display: str | None,
) -> None:
    audit, model, epoch = key
    number = list(facts["models"]).index(model) + 1
    target = folder / "logs" / f"{audit}-{number}-{epoch}.eval"
    if target.exists():
        return
    declared = facts["audits"][audit]
    made = task(
        AUDITS[audit], several, source=declared["source"], redacted=0.0, seed=facts["seed"], **_overlap(declared)
    )
    [log] = inspect_eval(
        made,
        model=NOBODY,
        model_roles={"grader": list(graders)},
        log_dir=str(folder / "part"),
        fail_on_error=False,
        display=display,  # type: ignore[arg-type]
    )
    if log.status != "success":
        message = f"{folder}: not finished: {audit} of {model}: {log.status}. Run the same command again to carry on"
        raise RunError(message)
    _write(log, target, model, epoch, declared, facts["epochs"])
    shutil.rmtree(folder / "part", ignore_errors=True)


def _overlap(declared: Mapping[str, Any]) -> dict[str, float]:
    return {"overlap": declared["judging"]["overlap"]}


def _write(log: EvalLog, target: Path, model: str, epoch: int, declared: Mapping[str, Any], epochs: int) -> None:
    """Write the log under the name of the model that spoke, and with what the whole file declares."""
    log.eval.model = model
    log.eval.config.epochs = epochs
    own = (log.eval.metadata or {})["standfast"]
    whole = {name: declared[name] for name in ("measures", "items", "turns", "texts")}
    log.eval.metadata = {**(log.eval.metadata or {}), "standfast": {**own, **whole}}
    for sample in log.samples or []:
        sample.epoch = epoch
    part = target.parent.with_name(f"part-{target.name}")
    write_eval_log(log, str(part))
    part.replace(target)
