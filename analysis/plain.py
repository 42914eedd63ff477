"""Frozen dataclasses <-> JSON text; NaN is written as null."""

import hashlib
import json
import types
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from math import isfinite, isnan, nan
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from standfast.errors import LogError

T = TypeVar("T")


def dump(noun: Any, schema: str) -> str:
    """Return a dataclass as JSON; the same noun gives the same bytes.

    `sha256` in it is the hash of the rest, so that a number edited by hand is found out. It is no signature: who edits
    a number can make the hash anew.

    Raises:
        ValueError: A number is infinite.
    """
    content = _without_nan(asdict(noun))
    sealed = {"schema": schema, "sha256": _digest(content), **content}
    return json.dumps(sealed, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def load(text: str, kind: type[T], schema: str) -> T:
    """Rebuild what `dump` wrote.

    Raises:
        LogError: The text is not JSON of this kind and schema, or was altered; the message names the field.
    """
    try:
        content = json.loads(text)
        json.dumps(content, allow_nan=False)  # Python reads and writes numbers that JSON has not, such as 1e999
    except (ValueError, RecursionError) as error:
        message = f"{kind.__name__}: is not JSON ({error})"
        raise LogError(message) from error
    found = content.pop("schema", None) if isinstance(content, dict) else None
    if found != schema:
        message = f"{kind.__name__}: schema is {found!r}, expected {schema!r}"
        raise LogError(message)
    if content.pop("sha256", None) != _digest(content):
        message = f"{kind.__name__}: was altered since it was written; its sha256 is not that of its content"
        raise LogError(message)
    rebuilt: T = _build(content, kind, kind.__name__)
    return rebuilt


def _digest(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and isnan(value) else value


def _build(value: Any, kind: Any, where: str) -> Any:
    """Return a JSON value as the given type."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is types.UnionType:
        return None if value is None else _build(value, inner[0], where)
    if origin is Literal:
        return value if value in inner else _refuse(value, kind, where)
    if origin is tuple:
        return _build_tuple(value, inner, where)
    if origin is dict:
        pairs = value.items() if isinstance(value, dict) else _refuse(value, kind, where)
        return {key: _build(entry, inner[1], f"{where}.{key}") for key, entry in pairs}
    if is_dataclass(kind):
        return _build_noun(value, kind, where)
    return _build_scalar(value, kind, where)


def _build_tuple(value: Any, inner: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    if not isinstance(value, list) or (inner[-1] is not Ellipsis and len(value) != len(inner)):
        _refuse(value, "list", where)
    kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
    return tuple(_build(entry, kind, f"{where}[{i}]") for i, (entry, kind) in enumerate(zip(value, kinds, strict=True)))


def _build_noun(value: Any, kind: Any, where: str) -> Any:
    hints = get_type_hints(kind)
    names = {field.name for field in fields(kind)}
    if not isinstance(value, Mapping) or set(value) != names:
        found = ", ".join(sorted(names ^ set(value))) if isinstance(value, Mapping) else type(value).__name__
        message = f"{where}: the fields are not those of {kind.__name__}: {found}"
        raise LogError(message)
    return kind(**{name: _build(value[name], hints[name], f"{where}.{name}") for name in value})


def _build_scalar(value: Any, kind: Any, where: str) -> Any:
    if kind is float:
        if value is None:
            return nan
        number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
        return float(value) if number else _refuse(value, kind, where)
    return value if type(value) is kind else _refuse(value, kind, where)


def _refuse(value: Any, kind: Any, where: str) -> Any:
    message = f"{where}: got {value!r:.80}, expected {getattr(kind, '__name__', kind)}"
    raise LogError(message)
