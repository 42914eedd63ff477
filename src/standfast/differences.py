"""What differs between a file as it lies in a bundle and the same file made again, each difference named."""

from collections.abc import Iterator, Mapping, Sequence
from math import isclose
from typing import Any

# Numbers are fitted anew, perhaps on another processor: they agree to four digits. Words, counts and verdicts agree
# exactly, and verdicts are decided on the new numbers.
RELATIVE = 1e-4
ABSOLUTE = 1e-7
_NAMED_BY = ("id", "gate", "model", "audit", "measure", "contrast", "role", "profile", "dropped", "name", "sample")
_SHOWN = 60


def differences(claimed: Any, found: Any, where: str) -> Iterator[str]:
    """Yield one sentence for each place in which two JSON values differ.

    Args:
        claimed: What the bundle says.
        found: What the logs give.
        where: The place, such as `results.json`.
    """
    if isinstance(claimed, Mapping) and isinstance(found, Mapping):
        for key in dict.fromkeys([*claimed, *found]):
            yield from _at(claimed, found, key, f"{where}: {key}")
    elif _are_lists(claimed, found):
        if len(claimed) != len(found):
            yield f"{where}: has {len(claimed):,} entries, the logs give {len(found):,}"
        for i, (one, other) in enumerate(zip(claimed, found, strict=False)):
            yield from differences(one, other, f"{where}: {_named(other, i)}")
    elif not _same(claimed, found):
        yield f"{where} is {_short(claimed)}, the logs give {_short(found)}"


def _at(claimed: Mapping[str, Any], found: Mapping[str, Any], key: str, where: str) -> Iterator[str]:
    if key not in found:
        yield f"{where}: is not among what the logs give"
    elif key not in claimed:
        yield f"{where}: is missing"
    else:
        yield from differences(claimed[key], found[key], where)


def _same(claimed: Any, found: Any) -> bool:
    if _is_number(claimed) and _is_number(found):
        if isinstance(claimed, int) and isinstance(found, int):
            return claimed == found
        return isclose(claimed, found, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return type(claimed) is type(found) and bool(claimed == found)


def _named(entry: Any, i: int) -> str:
    """Return which entry of a list it is, in the reader's words."""
    names = [entry[key] for key in _NAMED_BY if isinstance(entry.get(key), str)] if isinstance(entry, Mapping) else []
    return " · ".join(name for name in names if name) or f"entry {i + 1}"


def _are_lists(*values: Any) -> bool:
    return all(isinstance(value, Sequence) and not isinstance(value, str) for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = ascii(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
