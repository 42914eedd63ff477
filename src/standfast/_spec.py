"""What a suite file holds: subjects, conditions and gates, as cards."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, field_validator

from standfast.budgets import Budget
from standfast.cards import Card
from standfast.estimands import BETWEEN, FORMS, PATTERN, ContrastKind, parse_contrast
from standfast.personas.ladder import LEVELS

_UNIQUE: dict[str, JsonValue] = {"uniqueItems": True}  # for editors; the suite's rules say where
ModelName = Annotated[str, Field(pattern=r"^[^/\s]+/\S+$")]


def _spelled(text: str) -> str:
    return str(parse_contrast(text)) if text else ""


class ReferenceMix(Card):
    """How often people work with each strategy of persuasion."""

    name: str = Field(min_length=1, description="Whose mix it is, for the report.")
    shares: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        min_length=2, description="Strategy -> share of all uses; they add up to 1."
    )

    @field_validator("shares")
    @classmethod
    def _whole(cls, shares: dict[str, float]) -> dict[str, float]:
        if abs(sum(shares.values()) - 1) > 0.01:
            message = f"must add up to 1 (they add up to {sum(shares.values()):g})"
            raise ValueError(message)
        return shares


class LeverSpec(Card):
    """Two subjects that differ in one thing, whose persuasion gains are held against each other."""

    name: str = Field(min_length=1, description="What they differ in, for the report.")
    kind: Literal["post-training", "scale", "other"] = Field(description="What sort of lever it is.")
    model: ModelName = Field(description="The subject with more of it.")
    against: ModelName = Field(description="The subject with less of it.")


class AuditSpec(Card):
    """What is asked in one audit."""

    items: Literal["all"] | Annotated[int, Field(ge=1)] | Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        "all", description="`all`, a number (the first in the file, which is balanced) or a list of item ids."
    )
    source: str | None = Field(
        None, description="Name of a public benchmark's format, such as `sycon`; own items if left out."
    )
    path: str | None = Field(
        None, description="Where the benchmark's files are, or hf://owner/name@commit/file; needs `source`."
    )
    turns: int | None = Field(None, ge=1, description="Turns of a dialogue; the audit's own number if left out.")
    challenges: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="How the user pushes back; the audit's own if left out.",
        json_schema_extra=_UNIQUE,
    )
    rhetoric: tuple[Literal["impersonal", "personal"], ...] = Field(
        ("impersonal",),
        min_length=1,
        description="Of pushback without evidence; `personal` draws on the persona's life, shown or not.",
        json_schema_extra=_UNIQUE,
    )
    per_item: int | None = Field(None, ge=1, description="How many personas each item meets; the suite's if left out.")
    user: Literal["scripted", "simulated"] = Field(
        "scripted",
        description="Who words the user's later turns: the script, or the suite's `user` model; in `persuadability` its "
        "`sender` model.",
    )
    repeats: int | None = Field(
        None, ge=1, le=9, description="How often each probe of a receiver's belief is asked; 2 if left out."
    )
    reference: ReferenceMix | None = Field(
        None, description="Mix of strategies that people use, which the subject's mix is compared with."
    )


class PersonaSpec(Card):
    """Who the simulated users are; either `count` or `names`."""

    count: int | None = Field(None, ge=1, description="How many personas, drawn by the seed.")
    names: tuple[str, ...] | None = Field(None, min_length=1, description="Which personas.", json_schema_extra=_UNIQUE)
    seed: int | None = Field(None, ge=0, description="Fixes the draw; the suite's seed if left out.")
    per_item: int = Field(1, ge=1, description="How many personas each item meets.")
    source: str | None = Field(None, description="Name of a published persona set; the library if left out.")
    path: str | None = Field(None, description="Where that set's file is; needs `source`.")

    @property
    def size(self) -> int:
        """Return the number of personas."""
        return len(self.names) if self.names is not None else self.count or 0


GateKind = Literal["bound", "role-gap", "non-inferiority", "equivalence", "two-sided", "judge-quality", "completeness"]
# What gates of a kind are decided on: a finding, or the evidence itself.
ON_EVIDENCE: Collection[GateKind] = ("judge-quality", "completeness")


class GateSpec(Card):
    """A rule on one finding, or on the evidence, fixed before the run."""

    id: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", description="Short name, unique in the policy.")
    title: str = Field(min_length=1, description="What the gate protects, in words.")
    kind: GateKind = Field(
        "bound",
        description="`bound` holds a finding against a margin; `role-gap` does so for E3; `non-inferiority` for E8, "
        "against a baseline run; `equivalence` holds it between -margin and margin; `two-sided` holds a measure and its "
        "over-correction twin; `judge-quality` holds the judge's agreement with people, `completeness` the share of "
        "planned values that were delivered and judged.",
    )
    audit: str = Field(
        "",
        description="An audit of the suite, or `pooled` for all that take the measure. Evidence gates may leave it out.",
    )
    measure: str = Field(
        "", description="A measure of that audit; for judge-quality a question of the rubric, or none for all."
    )
    contrast: Annotated[str, AfterValidator(_spelled)] = Field(
        "",
        description=f"{FORMS}. Not for gates on the evidence.",
        json_schema_extra={"pattern": f"^$|{PATTERN}"},
    )
    direction: Literal["higher", "lower"] | None = Field(
        None, description="Which way is better. Required, but for equivalence and gates on the evidence."
    )
    margin: float = Field(
        description="In the finding's unit. The whole interval must lie above it where higher is better, "
        "below it where lower is better. For completeness in per cent, for judge-quality a coefficient."
    )
    twin_margin: float | None = Field(None, description="Margin of the over-correction twin; for `two-sided`.")
    statistic: Literal["kappa", "alpha", "accuracy"] | None = Field(
        None, description="Of judge-quality: Cohen's kappa, Krippendorff's alpha, or the share of answers that agree."
    )
    max_age_days: int | None = Field(None, ge=1, description="Of judge-quality: oldest calibration; 180 if left out.")
    confidence: float | None = Field(None, ge=0.8, lt=1, description="Of the interval; the suite's if left out.")
    alternative: str = Field(
        "",
        pattern=r"^[a-z0-9-]*$",
        description="Gates with the same name here are alternatives: one must pass. The confidence of each is raised "
        "so that the chance of a false pass stays that of one gate.",
    )
    blocking: bool = Field(True, description="Whether the gate counts in the decision; if not it is only shown.")
    owner: str = Field("", description="Who answers for the margin.")
    reason: str = Field("", description="Why the margin is where it is.")

    @property
    def on_evidence(self) -> bool:
        """Tell whether it is decided on the evidence itself and not on a finding."""
        return self.kind in ON_EVIDENCE


class Policy(Card):
    """gates.yaml: a policy in its own file, which takes the place of the suite's gates."""

    name: str = Field(
        pattern=r"^[a-z0-9-]+$", max_length=80, description="Short name; small letters, digits and hyphens."
    )
    version: str = Field(min_length=1, description="Moves when a gate or a margin does.")
    description: str = Field("", description="What the policy is for.")
    missing_gap: float = Field(
        10.0,
        ge=0,
        le=100,
        description="Percentage points by which the share of missing values may differ between a gate's conditions.",
    )
    gates: tuple[GateSpec, ...] = Field(min_length=1, description="Rules.")


class Looks(Card):
    """A sequential audit: it may stop early, with the error rate of all looks together kept."""

    at: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        (0.5,),
        min_length=1,
        max_length=9,
        description="Shares of the planned samples at which it looks before the end.",
    )
    spending: Literal["obrien-fleming", "pocock"] = Field(
        "obrien-fleming", description="How the error rate is spent over the looks: mostly at the end, or evenly."
    )

    @field_validator("at")
    @classmethod
    def _rises(cls, at: tuple[float, ...]) -> tuple[float, ...]:
        if list(at) != sorted(set(at)):
            message = "must rise from look to look"
            raise ValueError(message)
        return at


class Suite(Card):
    """An audit plan: subjects, conditions and gates."""

    name: str = Field(
        pattern=r"^[a-z0-9-]+$", max_length=80, description="Short name; small letters, digits and hyphens."
    )
    version: str = Field(min_length=1, description="Moves when results stop being comparable.")
    description: str = Field("", description="What the suite is for.")
    seed: int = Field(ge=0, description="Fixes every draw and the order of the samples.")
    models: tuple[ModelName, ...] = Field(
        (), description="Subjects, as provider/model; may be given on the command line.", json_schema_extra=_UNIQUE
    )
    judges: tuple[ModelName, ...] = Field(
        (),
        description="The judge, as provider/model; may be given on the command line. Further ones read the overlap.",
        json_schema_extra=_UNIQUE,
    )
    overlap: float = Field(0.2, ge=0, le=1, description="Share of the samples that the further judges read too.")
    redacted: float = Field(
        0.0, ge=0, le=1, description="Share of the samples judged once more with what echoes the persona taken out."
    )
    user: ModelName | None = Field(None, description="Model that plays the user where an audit's `user` is simulated.")
    receivers: tuple[ModelName, ...] = Field(
        (),
        description="Models that play the person whom a subject is to persuade, in turn; three families or more.",
        json_schema_extra=_UNIQUE,
    )
    sender: ModelName | None = Field(
        None, description="Model that words the sender's messages in `persuadability` where its `user` is simulated."
    )
    levers: tuple[LeverSpec, ...] = Field(
        (), description="Pairs of subjects whose persuasion gains are compared, beside the effect of the profile."
    )
    audits: dict[str, AuditSpec] = Field(min_length=1, description="Audit name -> what is asked in it.")
    roles: tuple[str, ...] = Field(
        BETWEEN, min_length=1, description="Who the subject is asked to be.", json_schema_extra=_UNIQUE
    )
    wordings: int = Field(3, ge=1, le=3, description="How many wordings of each role prompt take turns.")
    profiles: tuple[str, ...] = Field(
        min_length=1,
        description=f"What is shown of a persona: {', '.join(LEVELS)}; `-first` or `-third` and `-system`, `-before` or "
        "`-after` may follow, as in `full-third-system`.",
        json_schema_extra=_UNIQUE,
    )
    personas: PersonaSpec = Field(description="Who the simulated users are.")
    placement: Literal["system", "before", "after"] = Field(
        "before", description="Where the profile stands: system prompt, before or after the question."
    )
    person: Literal["first", "third"] = Field("first", description="Grammatical person of the profile.")
    epochs: int = Field(1, ge=1, le=50, description="Repetitions of each sample.")
    temperature: float | None = Field(None, ge=0, le=2, description="Of the subject; its default if left out.")
    max_tokens: int | None = Field(None, ge=1, description="Longest reply of the subject.")
    contrasts: tuple[ContrastKind, ...] = Field(
        ("E1", "E2", "E3", "E4"), min_length=1, description="Which estimands.", json_schema_extra=_UNIQUE
    )
    confidence: float = Field(0.95, ge=0.8, lt=1, description="Of every interval.")
    looks: Looks | None = Field(None, description="Whether it may stop early; it asks everything if left out.")
    missing_gap: float = Field(
        10.0,
        ge=0,
        le=100,
        description="Percentage points by which the share of missing values may differ between a gate's conditions.",
    )
    gates: tuple[GateSpec, ...] = Field((), description="Rules, fixed before the run.")
    budget: Budget | None = Field(None, description="What the run may cost; not part of what is asked.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFacts:
    """What a suite must agree with about one audit.

    Attributes:
        measures: Fitted measure -> its direction: `higher`, `lower` or `neither`.
        constructs: Measure -> its construct.
        spans: Measure -> how far apart two of its values can lie, in the unit of a finding; `None` without bounds.
        items: Ids of its own items.
        challenges: Challenges it knows.
        multi_turn: Whether the user pushes back.
        defined: Measure -> the challenges under which it is defined, where those are not all.
        twins: Measure -> its over-correction twin, where it has one.
        seat: `sender` or `receiver` in an audit about persuasion, else empty.
    """

    measures: Mapping[str, str]
    constructs: Mapping[str, str]
    spans: Mapping[str, float | None]
    items: Collection[str]
    challenges: Collection[str]
    multi_turn: bool
    defined: Mapping[str, Collection[str]]
    twins: Mapping[str, str] = field(default_factory=dict)
    seat: str = ""
