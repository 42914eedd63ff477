"""The JSON Schema of decision.json, made from the nouns themselves and from what their docstrings say of each field."""

import json
import re
import types
from dataclasses import fields, is_dataclass
from inspect import cleandoc
from typing import Any, Literal, get_args, get_origin, get_type_hints

from standfast.analysis.decisions import EXIT_CODES, SCHEMA, Decision

_FIELD = re.compile(r"^    (\w+): (.*(?:\n(?:     .*)?)*)", re.MULTILINE)
_HOLDS = {
    "properties": {
        "blocking": {"const": True},
        "alternative": {"const": ""},
        "verdict": {"enum": ["fail", "inconclusive", "missing"]},
    },
}


def _if(given: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    return {"if": {"properties": given}, "then": {"properties": then}}


# What the types do not say: nothing is released without gates, past a gate that holds, post hoc or simulated.
_RULES = [
    _if(
        {"exit_code": {"const": 0}},
        {
            "verdict": {"enum": ["pass", "inconclusive"]},
            "gates": {"minItems": 1},
            "policy": {"anyOf": [{"type": "null"}, {"properties": {"post_hoc": {"const": False}}}]},
        },
    ),
    _if({"exit_code": {"const": 0}, "inconclusive": {"const": "block"}}, {"verdict": {"const": "pass"}}),
    _if({"verdict": {"const": "pass"}}, {"gates": {"items": {"not": _HOLDS}}}),
    _if({"simulated": {"const": True}, "allow_simulated": {"const": False}}, {"exit_code": {"const": 12}}),
]


def schema() -> dict[str, Any]:
    """Return the schema; a number is `null` where it is not known, and there is no infinity."""
    found: dict[str, Any] = {}
    _define(Decision, found)
    whole = found.pop(Decision.__name__)
    seal = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "Hash of the rest; no signature."}
    head = {"schema": {"const": SCHEMA, "description": "Of which kind and version this is."}, "sha256": seal}
    whole["properties"] = {**head, **whole["properties"]}
    whole["properties"]["exit_code"] |= {"enum": sorted(EXIT_CODES.values())}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": "Standfast decision",
        **whole,
        "required": [*head, *whole["required"]],
        "allOf": _RULES,
        "$defs": found,
    }


def schema_text() -> str:
    """Return the schema as a file's text."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _define(noun: type[Any], found: dict[str, Any]) -> None:
    """Add the schema of a dataclass, and of those in its fields."""
    hints = get_type_hints(noun)
    text = cleandoc(noun.__doc__ or "")
    told = {name: _in_json(said) for name, said in _FIELD.findall(text.partition("Attributes:")[2])}
    found[noun.__name__] = {}  # holds its place, so that the order is that of first mention
    found[noun.__name__] = {
        "type": "object",
        "description": text.partition("\n")[0],
        "additionalProperties": False,
        "required": [field.name for field in fields(noun)],
        "properties": {
            field.name: _described(_kind(hints[field.name], found), told[field.name]) for field in fields(noun)
        },
    }


def _in_json(text: str) -> str:
    """Return a docstring's words in one line, with the name that JSON has for what is not known."""
    return re.sub(r"`None`|\bNaN\b", "`null`", " ".join(text.split()))


def _described(kind: dict[str, Any], text: str) -> dict[str, Any]:
    return {**kind, "description": text}


def _kind(hint: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a type."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is tuple:
        return {"type": "array", "items": _kind(inner[0], found)}
    if origin is types.UnionType:
        return {"anyOf": [_kind(inner[0], found), {"type": "null"}]}
    if is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in found:
            _define(hint, found)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if hint is float:
        return {"type": ["number", "null"]}
    return {"type": {str: "string", bool: "boolean", int: "integer"}[hint]}
