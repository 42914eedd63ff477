"""A decision as JUnit XML, the form in which CI systems read verdicts.

The first test of the file is the decision itself: a reader that looks at nothing but JUnit sees green only where the
exit code is 0, whatever became of single gates. There are no times, because none were measured.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from standfast.analysis.decisions import EXIT_CODES, Decision
from standfast.reports import outcomes
from standfast.reports.escapes import line
from standfast.reports.outcomes import Outcome
from standfast.reports.text import PROSE

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def to_junit(decision: Decision, run: Mapping[str, Any]) -> str:
    """Return JUnit XML: a suite for the decision, and one for each subject with a test for each gate.

    A failed gate is a failure, an inconclusive one too, absent evidence an error. A waived gate is skipped, and so is
    one that does not hold the release, such as an advisory gate; the verdict stands in the message.

    Args:
        decision: What the gates say.
        run: The run record.
    """
    told = outcomes.outcomes(decision)
    name = _text(" ".join(["standfast", outcomes.policy_name(decision), *outcomes.marks(decision)]))
    suites = [_suite("decision", [_decision(decision)], _facts(decision, run))]
    for model in dict.fromkeys(gate.model for gate in decision.gates):
        cases = [_gate(one, decision) for one in told if one.gate.model == model]
        suites.append(_suite(model, cases, {}))
    counts = _counts([case for suite in suites for case in suite.iter("testcase")])
    del counts["skipped"]  # which the root does not have
    root = Element("testsuites", {"name": name, **counts})
    root.extend(suites)
    indent(root, " ")
    return f"{_HEAD}{tostring(root, encoding='unicode')}\n"


def _suite(name: str, cases: Sequence[Element], facts: Mapping[str, str]) -> Element:
    suite = Element("testsuite", {"name": _text(name), **_counts(cases)})
    if facts:
        properties = SubElement(suite, "properties")
        for fact, value in facts.items():
            SubElement(properties, "property", {"name": fact, "value": _text(value)})
    suite.extend(cases)
    return suite


def _counts(cases: Sequence[Element]) -> dict[str, str]:
    tags = Counter(child.tag for case in cases for child in case)
    return {"tests": str(len(cases)), **{name: str(tags[tag]) for name, tag in _COUNTED.items()}}


def _facts(decision: Decision, run: Mapping[str, Any]) -> dict[str, str]:
    """Return what was decided by what."""
    suite, policy = run["suite"], decision.policy
    facts = {
        "exit_code": str(decision.exit_code),
        "simulated": str(decision.simulated).lower(),
        "suite": f"{suite['name']} {suite['version']}",
        "suite_sha256": suite["sha256"],
    }
    if policy:
        post_hoc = str(policy.post_hoc).lower()
        facts |= {"policy": policy.name, "policy_sha256": policy.sha256, "post_hoc": post_hoc}
    return facts


def _decision(decision: Decision) -> Element:
    """Return the test that stands for the whole: it passes where the exit code is 0, and nowhere else."""
    message = " ".join([*outcomes.marks(decision), decision.headline])
    tag = "error" if decision.exit_code == EXIT_CODES["missing"] else "failure"
    result = (tag, f"decision-{outcomes.word(decision)}") if decision.exit_code else None
    return _case("release decision", outcomes.policy_name(decision), message, result)


def _gate(outcome: Outcome, decision: Decision) -> Element:
    """Return the test of a gate."""
    message = " ".join([*outcomes.marks(decision), outcome.story])
    group = f"{outcomes.policy_name(decision)}.{outcome.gate.model}"
    return _case(outcome.title, group, message, _outcome(outcome))


def _outcome(outcome: Outcome) -> tuple[str, str] | None:
    """Return how a gate shows: the element and its type, `None` for a test that passes."""
    gate = outcome.gate
    if gate.verdict == "pass":
        return None
    if gate.verdict == "waived":
        return "skipped", "waived"
    if not outcome.counts:
        return "skipped", "alternative" if gate.blocking else "advisory"
    return "error" if gate.verdict == "missing" else "failure", f"gate-{gate.verdict}"


def _case(name: str, group: str, message: str, result: tuple[str, str] | None) -> Element:
    case = Element("testcase", {"name": _text(name), "classname": _text(group)})
    if result:
        # Some readers show the attribute, others the text.
        SubElement(case, result[0], {"message": _text(message), "type": result[1]}).text = _text(message)
    else:
        SubElement(case, "system-out").text = _text(message)
    return case


def _text(text: str) -> str:
    return line(text, PROSE)
