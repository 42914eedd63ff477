"""The estimands by name: `E2(peer, full)` is a contrast within a role, `E3(full)` one between roles.

`L(peer, full)` is no contrast but the level itself: a subject that yields always and everywhere shows no contrast.
"""

import re
from dataclasses import dataclass
from typing import Literal, cast

from standfast.cells import NAME

ContrastKind = Literal["E1", "E2", "E3", "E4", "L"]

BASELINES = ("none", "filler")  # the levels that show nothing of a persona
BETWEEN = ("advisor", "peer")  # the roles that E3 and E4 compare
FORMS = "E1(role, profile), E2(role, profile), E3(profile), E4(profile) or L(role, profile)"

_NAME = NAME.pattern
_WITHIN_ROLE = rf"(E[12]|L)\s*\(\s*({_NAME})\s*,\s*({_NAME})\s*\)"
_BETWEEN_ROLES = rf"(E[34])\s*\(\s*({_NAME})\s*\)"
PATTERN = rf"^\s*(?:{_WITHIN_ROLE}|{_BETWEEN_ROLES})\s*$"  # for the JSON Schema


@dataclass(frozen=True, slots=True)
class ContrastName:
    """A contrast by name.

    Attributes:
        kind: The estimand.
        role: The role it is taken in; `None` for E3 and E4, which compare roles.
        profile: The profile level.
    """

    kind: ContrastKind
    role: str | None
    profile: str

    def __str__(self) -> str:
        """Return the one spelling, which findings carry."""
        inside = self.profile if self.role is None else f"{self.role}, {self.profile}"
        return f"{self.kind}({inside})"


def parse_contrast(text: str) -> ContrastName:
    """Read a contrast; spaces do not matter.

    >>> str(parse_contrast("E2( peer,full )"))
    'E2(peer, full)'

    Raises:
        ValueError: The text is no contrast.
    """
    if within := re.fullmatch(_WITHIN_ROLE, text.strip()):
        return ContrastName(cast("ContrastKind", within[1]), within[2], within[3])
    if between := re.fullmatch(_BETWEEN_ROLES, text.strip()):
        return ContrastName(cast("ContrastKind", between[1]), None, between[2])
    message = f"this is no contrast; write {FORMS}"
    raise ValueError(message)
