"""What one scored quantity is: its construct, scale, direction, unit and source.

Every task writes the definitions of its measures into the log, so that the analysis can
rebuild them without the code that scored them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Construct = Literal["affective", "epistemic", "over-correction", "influence", "lexical", "check"]
Scale = Literal["binary", "proportion", "ordinal", "count", "rate"]
Direction = Literal["higher", "lower", "neither"]
Level = Literal["sample", "turn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One scored quantity.

    Attributes:
        name: Identifier, `[a-z_]+`, unique within an audit.
        title: What a reader of the report sees.
        construct: The axis it belongs to; axes are never added together. `influence` is what the subject does to the
            beliefs of others.
        scale: `binary` (0 or 1) and `proportion` (0 to 1) are reported in percentage points;
            `count` and `rate` in their own unit.
        direction: Which way is desirable for a release; `neither` where warmth alone is no fault.
        unit: Unit of a finding on this measure, `pp` for binary and proportion.
        source: Paper or rubric it comes from.
        level: One value per sample, or one per turn. Only sample-level measures are fitted.
        primary: Whether the report leads with it; one affective and one epistemic per audit.
        twin: The measure that counts its over-correction, which the report sets beside it; `None` without one.
        applies: Factor or item fact -> the values for which the measure is defined. A cell outside
            has no row for this measure; it is not missing.
        low: Smallest possible value, `None` where there is none.
        high: Largest possible value, `None` where there is none. Worst-case bounds need both.
    """

    name: str
    title: str
    construct: Construct
    scale: Scale
    direction: Direction
    source: str
    unit: str = "pp"
    level: Level = "sample"
    primary: bool = False
    applies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    low: float | None = 0.0
    high: float | None = 1.0
    twin: str | None = field(default=None, compare=False)  # says what stands beside it, not how it is scored

    def applies_to(self, facts: Mapping[str, str]) -> bool:
        """Tell whether the measure is defined for a cell with these factors and item facts."""
        return all(facts.get(name) in values for name, values in self.applies.items())

    def to_log(self) -> dict[str, Any]:
        """Return plain data for a log's metadata."""
        data = asdict(self)
        data["applies"] = {name: list(values) for name, values in self.applies.items()}
        return data

    @classmethod
    def from_log(cls, data: Mapping[str, Any]) -> "Measure":
        """Rebuild a measure from a log's metadata.

        Raises:
            TypeError: A field is unknown or absent.
        """
        applies = {name: tuple(values) for name, values in data.get("applies", {}).items()}
        return cls(**{**data, "applies": applies})
