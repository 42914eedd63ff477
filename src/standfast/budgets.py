"""What a run may cost: a hard cap in dollars, tokens, calls or minutes, which is no part of what is asked."""

import yaml
from pydantic import Field

from standfast.cards import Card
from standfast.errors import SuiteError

_FIELD = "budget"
_CENT = 10_000  # a share is rounded down to so many parts of a dollar


class Budget(Card):
    """A hard cap for the whole run, over all its sessions and models; what is left out is not capped."""

    dollars: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Price of all calls; every model's price must be known."
    )
    tokens: int | None = Field(default=None, ge=1, description="Tokens asked and answered.")
    calls: int | None = Field(default=None, ge=1, description="Calls that leave for a provider, repeated ones counted.")
    minutes: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Time in which the run is under way."
    )

    def under(self, other: "Budget | None") -> "Budget":
        """Return this budget with the caps that another one sets in the place of its own."""
        return self.model_copy(update=other.model_dump(exclude_none=True)) if other else self

    def share(self, of: int) -> "Budget":
        """Return the caps of each of several parts, which together are at most these; they run at the same time.

        Raises:
            SuiteError: A part would have nothing to spend.

        Example:
            >>> Budget(dollars=50, calls=1000).share(16).model_dump(exclude_none=True)
            {'dollars': 3.125, 'calls': 62}
        """
        found = {
            "dollars": None if self.dollars is None else int(self.dollars * _CENT / of) / _CENT,
            "tokens": None if self.tokens is None else self.tokens // of,
            "calls": None if self.calls is None else self.calls // of,
        }
        for name, cap in found.items():
            if cap == 0:
                message = f"budget: {getattr(self, name):g} {name} are too few for {of} parts; take fewer parts"
                raise SuiteError(message)
        return self.model_copy(update=found)


def without(text: bytes) -> bytes:
    r"""Return a suite file without its budget, so that a run with a larger cap is the same run.

    The lines of the field are left out. A file that is not written line by line, or cannot be read, stays as it is.

    Example:
        >>> without(b"name: a\\nbudget:\\n  calls: 5\\nseed: 1\\n")
        b'name: a\\nseed: 1\\n'
    """
    try:
        words = text.decode("utf-8")
        root = yaml.compose(words, yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return text
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return text
    lines = words.splitlines(keepends=True)
    for key, value in root.value:
        if key.value == _FIELD and key.start_mark.column == 0:
            end = value.end_mark.line + (value.end_mark.column > 0)
            while end > key.start_mark.line + 1 and not lines[end - 1].strip():
                end -= 1
            return "".join([*lines[: key.start_mark.line], *lines[end:]]).encode()
    return text
