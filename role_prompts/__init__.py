"""Who the model is asked to be: one role per YAML file, each with several wordings of one length.

A wording names the role and the relation to the user and nothing else. It does not tell the model to side with the
user or to resist, to comfort or to be frank: such words would plant the effect that the audits look for.
Wording k of one role is built like wording k of every other.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import Field

from standfast import cards
from standfast.errors import SuiteError


class RolePrompt(cards.Card):
    """One role.

    Attributes:
        role: The file's stem.
        description: What the role is, in a sentence, for people who read a report.
        wordings: System prompts that assign the role.
    """

    role: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    description: str = Field(min_length=1)
    wordings: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=3)


def names() -> list[str]:
    """Return the names of all roles, without reading them."""
    entries = files(__name__).iterdir()
    return sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml"))


@cache
def load(name: str) -> RolePrompt:
    """Read one role.

    Raises:
        SuiteError: There is no such role, or its file is wrong.
    """
    known = names()
    if name not in known:
        message = f"no role {name!r}. Known: {', '.join(known)}."
        raise SuiteError(message)

    def check(prompt: RolePrompt) -> Iterator[cards.Fault]:
        if prompt.role != name:
            yield cards.Fault(("role",), f"role must be the file's stem, {name!r}")

    return cards.load(files(__name__).joinpath(f"{name}.yaml"), RolePrompt, check=check)
