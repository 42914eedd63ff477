"""Parts of a suite, for more than one machine: which samples each part asks, and the whole from its parts."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset

from standfast.errors import RunError, SuiteError

MARK = "parts.json"  # in a run folder that was joined from parts
MOST = 100_000  # parts of one suite; beyond, the folders alone are a burden to a file system
T = TypeVar("T")


class Part(NamedTuple):
    """One of several parts, written `3/16`.

    Attributes:
        number: From 1.
        of: How many there are.
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def parse(text: str) -> Part:
    """Read a part.

    Raises:
        ValueError: It is not written as K/N with K from 1 to N.

    Example:
        >>> parse("3/16")
        Part(number=3, of=16)
    """
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    if found:
        part = Part(int(found[1]), int(found[2]))
        if 1 <= part.number <= part.of <= MOST:
            return part
    message = f"part {text!r}: expected K/N with K from 1 to N, and N at most {MOST:,}, such as 3/16"
    raise ValueError(message)


def share(samples: Sequence[T], part: Part) -> Sequence[T]:
    """Return the part's samples: those whose place is its number, counted from 1, modulo the number of parts.

    Neighbours go to different parts, so that the parts are alike in conditions and differ by one sample at most.

    Example:
        >>> share("abcdefg", Part(2, 3))
        'be'
    """
    return samples[part.number - 1 :: part.of]


def whole(shares: Sequence[Sequence[T]]) -> list[T]:
    """Return what `share` dealt out, in its order; the shares of all parts, the first part's first.

    Raises:
        ValueError: They are not what `share` deals out.

    Example:
        >>> whole(["adg", "be", "cf"])
        ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    """
    count = sum(map(len, shares))
    if any(len(one) != len(range(i, count, len(shares))) for i, one in enumerate(shares)):
        message = f"parts of {', '.join(str(len(one)) for one in shares[:8])} samples were not dealt out in turn"
        raise ValueError(message)
    return [shares[i % len(shares)][i // len(shares)] for i in range(count)]


def take(tasks: dict[str, Task], limit: int | None, part: Part) -> dict[str, Task]:
    """Return tasks that ask a part alone; a task with fewer samples than there are parts may be left with none.

    Args:
        tasks: Audit -> task.
        limit: Samples of each audit before it is dealt out.
        part: The part.

    Raises:
        SuiteError: An audit stops early, or nothing is left to ask.
    """
    check(tasks, limit, part.of)
    for task in tasks.values():
        # Inspect's `task_with` takes no empty data set.
        task.dataset = cast("MemoryDataset", share(cast("Sequence[Any]", task.dataset[:limit]), part))
    return tasks


def check(tasks: dict[str, Task], limit: int | None, of: int) -> None:
    """Refuse what cannot be asked in so many parts.

    Raises:
        SuiteError: An audit stops early, or a part would have nothing to ask.
    """
    for name, task in tasks.items():
        if _header(task)["looks"]:
            message = (
                f"{of} parts: {name} may stop early at a look, which needs the samples of all parts; "
                "leave `looks` out of the suite, or run it on one machine"
            )
            raise SuiteError(message)
    most = max((len(task.dataset[:limit]) for task in tasks.values()), default=0)
    if not 1 <= of <= min(most, MOST):
        message = f"{of} parts: the largest audit asks {most} samples of a subject, so there can be 1 to {min(most, MOST)} parts"
        raise SuiteError(message)


def refuse_joined(folder: Path) -> None:
    """Refuse to ask anything in a folder that was joined from parts: what its parts asked would be paid again.

    Raises:
        RunError: It was.
    """
    if (folder / MARK).exists():
        message = (
            f"{folder}: was joined from parts; run the missing part in its own folder and `standfast collect` again"
        )
        raise RunError(message)


def _header(task: Task) -> dict[str, Any]:
    header: dict[str, Any] = (task.metadata or {})["standfast"]
    return header
