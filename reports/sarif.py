"""A decision as SARIF 2.1.0, for tools that read nothing else.

SARIF has a word for what is not known (`kind: open`) and one for what was let go (`suppressions`), but few readers look
at either: code scanning shows every result as an alert. So gates that pass are left out, and SARIF is never the default.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from standfast.analysis.decisions import Decision
from standfast.reports import outcomes
from standfast.reports.escapes import line
from standfast.reports.outcomes import Outcome
from standfast.reports.text import NAME, PROSE

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(decision: Decision, run: Mapping[str, Any], file: str, lines: Mapping[str, int]) -> str:
    """Return SARIF: a rule for each gate, a result for each that did not pass.

    Args:
        decision: What the gates say.
        run: The run record.
        file: The policy's file as the repository names it.
        lines: Gate -> its line in that file; 1 where it is not known.
    """
    told = outcomes.outcomes(decision)
    rules = list(dict.fromkeys(one.gate.id for one in told))
    titles = {one.gate.id: one.gate for one in told}
    driver = {
        "name": "standfast",
        "version": line(str(run["versions"].get("standfast", "unknown")), NAME),
        "rules": [
            {
                "id": line(rule, NAME),
                "shortDescription": {"text": line(titles[rule].title) or "-"},
                "fullDescription": {"text": line(titles[rule].why or titles[rule].title) or "-"},
            }
            for rule in rules
        ],
    }
    place = quote(file, errors="replace")
    results = [
        _result(one, rules.index(one.gate.id), place, lines.get(one.gate.id, 1))
        for one in told
        if one.gate.verdict != "pass"
    ]
    text = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "automationDetails": {"id": f"standfast/{line(outcomes.policy_name(decision), NAME)}/"},
                "invocations": [_invocation(decision)],
                "results": results,
            }
        ],
    }
    return json.dumps(text, indent=1, allow_nan=False) + "\n"


def _result(outcome: Outcome, index: int, place: str, row: int) -> dict[str, Any]:
    gate = outcome.gate
    settled = gate.raw in ("fail", "missing") and outcome.counts
    found: dict[str, Any] = {
        "ruleId": line(gate.id, NAME),
        "ruleIndex": index,
        # Where the kind is not `fail`, the standard wants the level to be `none`.
        "kind": "fail" if settled else "open" if gate.raw != "fail" else "informational",
        "level": "error" if settled else "none",
        "message": {"text": f"{line(gate.model, NAME)}: {line(outcome.story, PROSE)}"},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": place}, "region": {"startLine": row}}},
        ],
        "partialFingerprints": {"gate/v1": sha256(f"{gate.id}\0{gate.model}".encode("utf-8", "replace")).hexdigest()},
    }
    if gate.verdict == "waived":
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": line(outcome.waiver)}]
    return found


def _invocation(decision: Decision) -> dict[str, Any]:
    """Return how it ended, with the marks that must not be lost."""
    notes = [*outcomes.marks(decision), decision.headline]
    return {
        "executionSuccessful": True,
        "exitCode": decision.exit_code,
        "toolExecutionNotifications": [
            {"level": "error" if decision.exit_code else "note", "message": {"text": line(note)}} for note in notes
        ],
    }
