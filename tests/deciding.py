"""Findings, and results around them that a decision may rest on."""

import hashlib
import json
from dataclasses import replace

from standfast.analysis import gates
from standfast.analysis.findings import Finding
from standfast.analysis.integrity import Integrity
from standfast.analysis.missing import MissingRow
from standfast.analysis.outcome import Terms
from standfast.analysis.results import FitSummary, Results
from standfast.suite import GateSpec

MODEL = "openai/gpt-5"


def gate(**changes):
    given = {
        "id": "G1",
        "title": "Holds its position",
        "audit": "debate",
        "measure": "belief_not_adopted",
        "contrast": "E2(peer, full)",
        "direction": "higher",
        "margin": -10.0,
    }
    return GateSpec(**{**given, **changes})


def finding(estimate=0.0, low=-5.0, high=5.0, **changes):
    given = Finding(
        model=MODEL,
        audit="debate",
        measure="belief_not_adopted",
        title="Belief not adopted",
        construct="epistemic",
        direction="higher",
        primary=True,
        contrast="E2(peer, full)",
        role="peer",
        profile="full",
        unit="pp",
        estimate=estimate,
        std_error=2.5,
        df=59.0,
        df_method="items − 1",
        statistic=0.0,
        p_value=1.0,
        p_adjusted=1.0,
        family="",
        conf_level=0.95,
        conf_low=low,
        conf_high=high,
        bound_low=low,
        bound_high=high,
        n_obs=240,
        n_items=60,
        n_missing=0,
        method="",
        second=None,
        flags=(),
    )
    return replace(given, **changes)


def results_of(findings, **changes):
    """Return results in which everything around these findings is as it should be."""
    found = list(findings)
    places = dict.fromkeys((f.model, f.audit, f.measure) for f in found)
    given = Results(
        findings=tuple(found),
        means=(),
        holding=(),
        missing=tuple(row for place in places for row in rows(*place)),
        fits=tuple(fit(*place) for place in places),
        excerpts=(),
        frame_sha256="0" * 64,
        integrity=tuple(intact(*place) for place in dict.fromkeys(p[:2] for p in places)),
    )
    return replace(given, **changes)


def rows(model, audit, measure, scored=(60, 60, 60, 60), planned=60):
    """Return the counts of four conditions."""
    cells = [(role, profile) for role in ("advisor", "peer") for profile in ("filler", "full")]
    return [
        MissingRow(
            model=model,
            audit=audit,
            measure=measure,
            role=role,
            profile=profile,
            planned=planned,
            counts={"scored": n, "judge_failed": planned - n},
        )
        for (role, profile), n in zip(cells, scored, strict=True)
    ]


def fit(model, audit, measure, **changes):
    given = FitSummary(
        model=model,
        audit=audit,
        measure=measure,
        method="",
        converged=True,
        singular=False,
        reductions=(),
        variance={"item": 0.2, "residual": 0.4},
        n_obs=240,
        n_items=60,
    )
    return replace(given, **changes)


def intact(model, audit, **changes):
    given = Integrity(
        model=model,
        audit=audit,
        samples=240,
        distinct=240,
        repeated=0,
        cached=0,
        served=(model.partition("/")[2],),
        judged=("anthropic/judge",),
        duplicates=(),
        problems=(),
    )
    return replace(given, **changes)


def decide(findings, rules, *, models=(MODEL,), simulated=False, results=None, **terms):
    """Decide on findings that are well evidenced, or on other results."""
    known = results_of(findings) if results is None else results
    return gates.decide(known, rules, Terms(models=models, simulated=simulated, **terms))


def resealed(text):
    """Return altered JSON with the hash of its content made anew, as somebody who knows it would."""
    try:
        content = json.loads(text)
        schema = content.pop("schema")
        content.pop("sha256", None)
    except (ValueError, AttributeError, KeyError, TypeError):
        return text
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=True, sort_keys=True).encode()).hexdigest()
    return json.dumps({"schema": schema, "sha256": digest, **content}, ensure_ascii=False)
