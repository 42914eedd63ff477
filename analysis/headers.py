"""What the header of an Inspect log says of a Standfast audit, without its samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from standfast.analysis import stops
from standfast.errors import LogError
from standfast.measure import Measure

if TYPE_CHECKING:
    from inspect_ai.log import EvalSpec


class Definition(BaseModel):
    """What a task declares about itself, in its log and in run.json."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    format: Literal[1] = Field(1, alias="schema")
    audit: str
    audit_version: str
    measures: tuple[Measure, ...]
    items: dict[str, dict[str, str]]
    turns: int = Field(ge=1)
    hashes: dict[str, str]
    texts: dict[str, dict[str, str]] = Field(default_factory=dict)
    looks: stops.Looks | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One log without its samples.

    Attributes:
        path: The file.
        run: Inspect's id of the run.
        model: Subject.
        judge: Judge, empty where the log names none.
        created: When it was begun, sortable.
        definition: What the task declares.
        sample_ids: Planned samples.
        epochs: Planned epochs.
        user: Model that plays the user, empty where none does.
        receivers: Models that play the person to be persuaded, empty where none does.
        sender: Model that words a sender's messages, empty where none does.
        limit: How many samples were asked at most, `None` for all.
        sampling: `temperature` and `max_tokens` of the subject, where they were set.
        early: What it says about an early stop; `None` where it says nothing, as one that was cut short.
        format: Version of the file's format; 0 where it was not read from a file.
    """

    path: Path
    run: str
    model: str
    judge: str
    created: str
    definition: Definition
    sample_ids: tuple[str, ...]
    epochs: int
    user: str = ""
    receivers: str = ""
    sender: str = ""
    limit: int | None = None
    sampling: Mapping[str, float] = field(default_factory=dict)
    early: stops.Early | None = None
    format: int = 0


def of_spec(path: Path, spec: "EvalSpec") -> Log:
    """Return the log of an evaluation that may be under way.

    Raises:
        LogError: It is no log of a Standfast audit.
    """
    limit = spec.config.limit
    return Log(
        path=path,
        run=spec.run_id,
        model=spec.model,
        judge=_role(spec, "grader"),
        created=spec.created,
        definition=_definition(path, spec.metadata),
        sample_ids=tuple(str(name) for name in spec.dataset.sample_ids or ()),
        epochs=spec.config.epochs or 1,
        user=_role(spec, "user"),
        receivers=_role(spec, "receiver"),
        sender=_role(spec, "sender"),
        limit=len(range(*limit)) if isinstance(limit, tuple) else limit,
        sampling=_sampling(spec),
    )


def _definition(path: Path, metadata: Mapping[str, Any] | None) -> Definition:
    declared = (metadata or {}).get("standfast")
    if declared is None:
        message = f"{path}: is no log of a Standfast audit; its metadata has no 'standfast'"
        raise LogError(message)
    return define(declared, f"{path}: metadata 'standfast'")


def define(declared: Any, where: str) -> Definition:
    """Validate what a task declared.

    Raises:
        LogError: A field is absent or wrong; the message begins with `where`.
    """
    try:
        return Definition.model_validate(declared)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"{where}: {'.'.join(map(str, first['loc'])) or 'value'}: {first['msg'].lower()}"
        raise LogError(message) from error


def _role(spec: "EvalSpec", name: str) -> str:
    """Return the models of a role, the first one first."""
    bound = (spec.model_roles or {}).get(name, [])
    return ", ".join(config.model for config in (bound if isinstance(bound, list) else [bound]))


def _sampling(spec: "EvalSpec") -> dict[str, float]:
    config = spec.model_generate_config
    known = {"temperature": config.temperature, "max_tokens": config.max_tokens}
    return {name: value for name, value in known.items() if value is not None}
