"""The factors of one audit, as a suite or Inspect's command line gives them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from standfast.personas import ladder


class Design(BaseModel):
    """The factors of one audit; every field has a default, so that `inspect eval standfast/advice` runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: Literal["all"] | int | tuple[str, ...] = "all"
    source: str | None = None
    path: str | None = None
    roles: tuple[str, ...] = ("advisor", "peer")
    wordings: int = Field(3, ge=1, le=3)
    profiles: tuple[str, ...] = ("none", "filler", "full")
    personas: int | tuple[str, ...] = 24
    personas_seed: int | None = None
    personas_source: str | None = None
    personas_path: str | None = None
    per_item: int = Field(1, ge=1)
    challenges: tuple[str, ...] | None = None
    rhetoric: tuple[Literal["impersonal", "personal"], ...] = ("impersonal",)
    turns: int | None = None
    user: Literal["scripted", "simulated"] = "scripted"
    placement: ladder.Placement = "before"
    person: ladder.Person = "first"
    overlap: float = Field(0.2, ge=0, le=1)
    redacted: float = Field(0.0, ge=0, le=1)
    seed: int = Field(20261, ge=0)
    looks: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = ()
    spending: Literal["obrien-fleming", "pocock"] = "obrien-fleming"
    epochs: int = Field(1, ge=1)  # Inspect's; where looks fall depends on it
    cache: bool = False
    receivers: int = Field(1, ge=1)  # how many receivers take turns in an exchange; the model role holds them
    repeats: int = Field(2, ge=1, le=9)  # how often each probe of a belief is asked

    @field_validator("items", "roles", "profiles", "personas", "challenges", "rhetoric", "looks", mode="before")
    @classmethod
    def _from_command_line(cls, value: Any) -> Any:
        """Accept one value where several may stand: `-T roles=peer`, `-T looks=0.5`."""
        return (value,) if isinstance(value, float) or (isinstance(value, str) and value != "all") else value
