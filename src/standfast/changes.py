"""What differs between what a run recorded and what is asked of it now, in words."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MOST = 4  # named of many
LONGEST = 80  # characters that are shown of a value or a line
_NOTHING = object()
_LEFT_OUT = ("sha256", "hashes", "texts", "people")  # consequences of others
_COUNTED = ("sample_ids", "items")  # too long to show


def in_facts(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return what differs between two records of a run, such as `limit: 2, was 5`; of many the first.

    Args:
        recorded: run.json.
        now: The facts of the run that is asked for; what they do not name is not compared.

    Example:
        >>> in_facts({"limit": 5, "started": "today"}, {"limit": 2})
        ['limit: 2, was 5']
    """
    found = [
        f"{place}: {_shown(new)}, was {_shown(old)}"
        for name, value in now.items()
        for place, old, new in _walk(name, recorded.get(name, _NOTHING), value)
    ]
    return found[:MOST] + ([f"and {len(found) - MOST} more"] if len(found) > MOST else [])


def in_lines(before: bytes, after: bytes) -> list[str]:
    r"""Return which lines differ between two texts, by their number in the second; of many the first.

    Example:
        >>> in_lines(b"a: 1\nb: 2", b"a: 1\nb: 3")
        ["line 2: 'b: 3', was 'b: 2'"]
    """
    old, new = (text.decode("utf-8", "replace").splitlines() for text in (before, after))
    found = []
    for kind, i, j, k, m in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind != "equal":
            was, now = (_line(" ".join(lines)) for lines in (old[i:j], new[k:m]))
            found.append(f"line {k + 1}: {now}, was {was}")
    return found[:MOST] + ([f"and {len(found) - MOST} more"] if len(found) > MOST else [])


def where(text: bytes, place: str) -> int | None:
    r"""Return the number of the line of a YAML text that sets a place such as `audits.advice`, as deep as it does.

    Example:
        >>> where(b"name: a\naudits:\n  advice: {items: 2}", "audits.advice.items: 2, was 3")
        3
    """
    lines = text.decode("utf-8", "replace").splitlines()
    names, at = place.split(":")[0].removeprefix("suite.").split("."), None
    for depth, name in enumerate(names):
        before = "^" if depth == 0 else r"(?:^\s+|[\s{,])"
        found = (i for i in range(at or 0, len(lines)) if re.search(rf"{before}{re.escape(name)}\s*:", lines[i]))
        line = next(found, None)
        if line is None:
            break
        at = line
    return None if at is None else at + 1


def _walk(place: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield each place at which two values differ, as deep as both are mappings."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            if name in _COUNTED:
                yield from _walk(f"{place}.{name}", *(_size(one.get(name)) for one in (old, new)))
            elif name not in _LEFT_OUT:
                yield from _walk(f"{place}.{name}", old.get(name, _NOTHING), new.get(name, _NOTHING))
    elif old != new:
        yield place, old, new


def _size(value: Any) -> Any:
    return len(value) if isinstance(value, list | Mapping) else value


def _shown(value: Any) -> str:
    if value is _NOTHING:
        return "not set"
    if value is None:
        return "none"
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return _cut(", ".join(value) or "none")
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def _line(text: str) -> str:
    return repr(_cut(text.strip())) if text.strip() else "nothing"


def _cut(text: str) -> str:
    plain = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
