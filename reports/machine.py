"""The report for machines: JSON with every number at full precision."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import isfinite
from typing import Any

from standfast.analysis.certificate import Certificate
from standfast.analysis.decisions import Decision
from standfast.analysis.findings import Finding
from standfast.analysis.results import Results

SCHEMA = "standfast/report/1"


def to_json(
    results: Results, decision: Decision, run: Mapping[str, Any], certificate: Certificate | None = None
) -> str:
    """Return results, decision, certificate and run record as JSON in ASCII, with sorted keys and one record a line.

    NaN and infinity are `null`, findings have their `id`. Transcripts and sample ids are left out: they stand in the
    logs.
    """
    found = {field.name: getattr(results, field.name) for field in fields(results) if field.name != "excerpts"}
    audits = {
        name: {key: value for key, value in record.items() if key != "sample_ids"}
        for name, record in run["audits"].items()
    }
    data: dict[str, Any] = {"schema": SCHEMA, "run": {**run, "audits": audits}, "decision": decision, "results": found}
    if certificate is not None:
        data["certificate"] = certificate
    return _lined(_plain(data), depth=3)


def _lined(value: Any, depth: int) -> str:
    """Return JSON whose upper levels stand on lines of their own; the parts in C, which indenting would rule out."""
    if depth and isinstance(value, dict) and value:
        inside = (f"{json.dumps(key)}: {_lined(item, depth - 1)}" for key, item in sorted(value.items()))
        return "{\n" + ",\n".join(inside) + "\n}"
    if depth and isinstance(value, list) and value:
        return "[\n" + ",\n".join(_lined(item, 0) for item in value) + "\n]"
    return json.dumps(value, ensure_ascii=True, sort_keys=True, allow_nan=False)


def _plain(value: Any) -> Any:
    """Return what JSON can hold: no NaN, no half characters, no numbers of numpy."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return _record(value)
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def _record(noun: Any) -> dict[str, Any]:
    """Return a noun's fields, and the id of a finding."""
    named = {"id": noun.id} if isinstance(noun, Finding) else {}
    return named | {name: _plain(getattr(noun, name)) for name in noun.__dataclass_fields__}
