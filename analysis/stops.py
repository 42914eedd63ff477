"""What a log says about looks at the results on the way, and about samples that were not asked since it stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

if TYPE_CHECKING:
    from inspect_ai.log import EvalResults

Spending = Literal["obrien-fleming", "pocock"]
MANAGER = "standfast looks"  # what Inspect's log names as the manager of an early stop


class Looks(BaseModel):
    """Where an audit looks before the end, as a task declares it in its log and in run.json.

    Attributes:
        at: Samples asked at each look, epochs counted, rising.
        spending: How the error is spent over the looks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: tuple[int, ...] = Field(min_length=1)
    spending: Spending

    @field_validator("at")
    @classmethod
    def _rises(cls, at: tuple[int, ...]) -> tuple[int, ...]:
        if list(at) != sorted(set(at)) or at[0] < 1:
            message = "looks must lie at rising numbers of samples, from 1"
            raise ValueError(message)
        return at


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """What a finished log says about an early stop.

    Attributes:
        manager: Who decided.
        stops: Samples and epochs that were not asked.
        metadata: What the manager noted; `look` among it where it is `MANAGER`.
    """

    manager: str
    stops: frozenset[tuple[str, int]]
    metadata: Mapping[str, Any]


def early(results: "EvalResults | None") -> Early | None:
    """Return what a log's results say about an early stop, `None` where they say nothing."""
    said = results.early_stopping if results else None
    if said is None:
        return None
    stops = frozenset((str(stop.id), stop.epoch) for stop in said.early_stops)
    return Early(manager=said.manager, stops=stops, metadata=said.metadata)
