"""What pydantic finds wrong -> problems at their place in the file."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from standfast._problems import Mark, nearest, quoted, suggest
from standfast._yaml import Node

Path = tuple[str | int, ...]

_MUST = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "dict_type": "must be a mapping",
    "mapping_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_short": "must have {min_length} or more characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have {min_length} or more entries",
    "too_long": "must have at most {max_length} entries",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A message and its place, before the file's name and text are known."""

    mark: Mark
    message: str
    hint: str = ""


def find(root: Node, path: Path, *, key: bool = False) -> Mark:
    """Return where a value stands, or what is left of it.

    Args:
        root: The file.
        path: Keys and indices from the root; a step that is not in the file ends the search.
        key: Whether to mark the key in front of the value. It is marked anyway where the value is a mapping, a
            list or nothing, since these have no text of their own.
    """
    node, mark = root, root.mark
    for i, step in enumerate(path):
        inner = _step(node, step)
        if inner is None:
            break
        bare = isinstance(inner.value, list | dict) or not inner.text
        wants_key = bare or (key and i == len(path) - 1)
        mark = node.keys[str(step)] if wants_key and node.keys is not None else inner.mark
        node = inner
    return mark


def _step(node: Node, step: str | int) -> Node | None:
    if isinstance(node.value, dict):
        return node.value.get(str(step))
    if isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def explain(errors: Iterable[ErrorDetails], root: Node, model: type[BaseModel]) -> list[Complaint]:
    """Put pydantic's errors into words, each once.

    A missing key and an unknown key that looks like it are one complaint; so are the errors of all members of a
    union at one value.
    """
    missing: dict[Path, list[str]] = {}
    unknown: list[Path] = []
    wrong: dict[Path, list[tuple[Path, ErrorDetails]]] = {}
    for error in errors:
        path, union = _path_in_file(root, error)
        if error["type"] == "missing":
            missing.setdefault(path, []).append(str(error["loc"][-1]))
        elif error["type"] == "extra_forbidden":
            unknown.append(path)
        else:
            wrong.setdefault(union, []).append((path, error))
    complaints = [_unknown_key(path, root, model, missing.get(path[:-1], [])) for path in unknown]
    complaints += [_missing_key(path, name, root) for path, names in missing.items() for name in names]
    for group in wrong.values():
        complaints += _wrong_values(group, root)
    return complaints


def _path_in_file(root: Node, error: ErrorDetails) -> tuple[Path, Path]:
    """Drop pydantic's own steps (members of a union and the like) from a location.

    Returns:
        The path in the file, and the path at which errors belong together: the union's, else the same.
    """
    loc = error["loc"][:-1] if error["type"] == "missing" else error["loc"]
    node, path = root, list[str | int]()
    union: Path | None = None
    for step in loc:
        inner = _step(node, step)
        if inner is not None:
            node = inner
            path.append(step)
        elif union is None and step != "[key]":
            union = tuple(path)
    return tuple(path), tuple(path) if union is None else union


def _unknown_key(path: Path, root: Node, model: type[BaseModel], missing: list[str]) -> Complaint:
    name = str(path[-1])
    mark = find(root, path, key=True)
    message = f"unknown key {quoted(name)}"
    if near := nearest(name, missing):
        missing.remove(near)
        return Complaint(mark=mark, message=message, hint=f'did you mean "{near}"?')
    return Complaint(mark=mark, message=message, hint=suggest(name, _known_keys(model, path[:-1])))


def _missing_key(path: Path, name: str, root: Node) -> Complaint:
    return Complaint(mark=find(root, path, key=True), message=f'{_where(path)} needs "{name}"')


def _wrong_values(group: list[tuple[Path, ErrorDetails]], root: Node) -> list[Complaint]:
    """Explain the errors of one value; of a union's members, those that got furthest into the value."""
    depth = max(len(path) for path, _ in group)
    deepest: dict[Path, list[ErrorDetails]] = {}
    for path, error in group:
        if len(path) == depth:
            deepest.setdefault(path, []).append(error)
    return [_wrong_value(path, errors, root) for path, errors in deepest.items()]


def _wrong_value(path: Path, errors: list[ErrorDetails], root: Node) -> Complaint:
    errors = [error for error in errors if not _is_other_type(error)] or errors
    is_key = errors[0]["loc"][-1:] == ("[key]",)
    got = _got(root, path, key=is_key)
    needs = list(dict.fromkeys(_need(error) for error in errors))
    joined = " or ".join([needs[0], *(need.removeprefix("must be ") for need in needs[1:])])
    hint = _choice(errors[0]) if len(errors) == 1 else ""
    if not hint and got and any(error["type"] == "string_type" for error in errors):
        hint = f"put it in quotes: {quoted(got)}"
    found = f" (got {quoted(got) if isinstance(errors[0]['input'], str) else got})" if got else ""
    mark = find(root, path, key=is_key)
    return Complaint(mark=mark, message=f"{_where(path)}{_joint(joined)}{found}", hint=hint)


def _is_other_type(error: ErrorDetails) -> bool:
    """Tell whether a union's member wants something else altogether, rather than another value."""
    return error["type"].endswith("_type") or error["type"] in ("literal_error", "int_from_float")


def _joint(need: str) -> str:
    return f" {need}" if need.startswith(("must ", "cannot ")) else f": {need}"


def _need(error: ErrorDetails) -> str:
    context = {name: _short(value) for name, value in error.get("ctx", {}).items()}
    if error["type"] == "literal_error":
        return "must be " + context["expected"].replace("'", '"')
    if known := _MUST.get(error["type"]):
        return known.format(**context)
    message = error["msg"].removeprefix("Value error, ")
    return message if error["type"] == "value_error" else message[:1].lower() + message[1:]


def _short(limit: object) -> str:
    return str(int(limit)) if isinstance(limit, float) and limit.is_integer() else str(limit)


def _choice(error: ErrorDetails) -> str:
    if error["type"] != "literal_error" or not isinstance(error["input"], str):
        return ""
    near = nearest(error["input"], re.findall(r"'([^']*)'", error["ctx"]["expected"]))
    return f'did you mean "{near}"?' if near else ""


def _got(root: Node, path: Path, *, key: bool) -> str:
    """Return the value as the file has it; nothing for mappings, lists and empty values."""
    if key:
        return str(path[-1])
    node = root
    for step in path:
        node = _step(node, step) or node
    return node.text


def _where(path: Path) -> str:
    """Write a path as `gates[0].margin`."""
    words = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:60]}" for step in path)
    return words.removeprefix(".") or "the file"


def _known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that the model takes at a path, read from its JSON Schema."""
    schema = _schema(model)
    definitions = schema.get("$defs", {})
    places = _members(schema, definitions)
    for step in path:
        inner = [deeper for place in places if (deeper := _inside(place, step)) is not None]
        places = [member for place in inner for member in _members(place, definitions)]
    return list(dict.fromkeys(name for place in places for name in place.get("properties", {})))


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _members(place: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    """Follow references and open unions."""
    if "$ref" in place:
        return _members(definitions[place["$ref"].rpartition("/")[2]], definitions)
    unions = [inner for word in ("anyOf", "oneOf", "allOf") for inner in place.get(word, [])]
    return [member for inner in unions for member in _members(inner, definitions)] or [place]


def _inside(place: dict[str, Any], step: str | int) -> dict[str, Any] | None:
    if isinstance(step, int):
        inner = place.get("items")
    else:
        inner = place.get("properties", {}).get(step, place.get("additionalProperties"))
    return inner if isinstance(inner, dict) else None
