"""What a section writes from: results, decision and run record, with the look-ups that sections share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from standfast.analysis.certificate import Certificate
from standfast.analysis.contrasts import CellMean, Finding
from standfast.analysis.decisions import Decision
from standfast.analysis.excerpts import Excerpt
from standfast.analysis.results import Results
from standfast.analysis.samples import Samples
from standfast.estimands import BASELINES, is_personal
from standfast.personas.ladder import PERSONA_LEVELS
from standfast.reports import words

_FEW = 5
_EXCERPTS = 8


@dataclass(frozen=True)
class Source:
    """The inputs of a report.

    Attributes:
        results: What the analysis found.
        decision: What the gates say.
        run: The run record, as `run.json` holds it.
        certificate: How the policy fared when it was replayed; `None` where it was not.
        samples: What each sample was scored, by audit; empty where the page has no drill-down.
        log_url: Address of Inspect's viewer; empty where samples are named without a link.
    """

    results: Results
    decision: Decision
    run: Mapping[str, Any]
    certificate: Certificate | None = None
    samples: tuple[Samples, ...] = ()
    log_url: str = ""

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Subjects in the order of the run."""
        found = (row.model for rows in (self.results.findings, self.results.missing) for row in rows)
        return _unique([*self.run["models"], *found])

    @cached_property
    def audits(self) -> tuple[str, ...]:
        """Audits in the order of the run."""
        found = (row.audit for rows in (self.results.findings, self.results.missing) for row in rows)
        return _unique([*self.run["audits"], *found])

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Roles, advisor and peer first."""
        found = (row.role for rows in (self.results.means, self.results.missing) for row in rows)
        return tuple(sorted(_unique(found), key=lambda role: role not in ("advisor", "peer")))

    @cached_property
    def profiles(self) -> tuple[str, ...]:
        """Profile levels along the ladder."""
        found = {row.profile for row in self.results.missing} | {row.profile for row in self.results.means}
        return tuple(words.in_ladder_order(found | {f.profile for f in self.results.findings if f.profile}))

    @cached_property
    def persona_levels(self) -> tuple[str, ...]:
        """Profile levels that show something of a person."""
        return tuple(level for level in self.profiles if is_personal(level))

    @cached_property
    def lead(self) -> str:
        """The highest persona level, which the body of the report speaks of."""
        known = [level for level in self.persona_levels if level in PERSONA_LEVELS]
        return [*self.persona_levels, *known][-1] if self.persona_levels else "full"

    @cached_property
    def body_levels(self) -> tuple[str, ...]:
        """Profile levels that the body shows: all of a short ladder, else those without a person and the lead."""
        few = (*BASELINES, self.lead)
        return self.profiles if len(self.profiles) <= _FEW else tuple(p for p in self.profiles if p in few)

    @cached_property
    def gated(self) -> frozenset[tuple[str, str, str]]:
        """Audit, measure and contrast that a gate reads, of itself or of its over-correction twin."""
        own = ((gate.audit, gate.measure, gate.contrast) for gate in self.decision.gates)
        twins = ((gate.audit, gate.twin.measure, gate.contrast) for gate in self.decision.gates if gate.twin)
        return frozenset((*own, *twins))

    def protects(self, gate: str) -> str:
        """Return what a gate protects, in words; its id where the policy does not know it."""
        return next((one.title for one in self.decision.gates if one.id == gate), gate)

    @cached_property
    def confidence(self) -> str:
        """Confidence of the intervals, such as `95 %`."""
        return next((words.level(f.conf_level) for f in self.results.findings), "95 %")

    @cached_property
    def everything(self) -> tuple[Finding, ...]:
        """All findings, with those that gates alone read: at other confidences, or pooled over audits."""
        return tuple({f.id: f for f in (*self.results.findings, *self.results.also)}.values())

    @cached_property
    def excerpts(self) -> tuple[Excerpt, ...]:
        """The transcripts that are shown."""
        return self.results.excerpts[:_EXCERPTS]

    @cached_property
    def _findings(self) -> dict[tuple[str, str, str, str], Finding]:
        return {(f.model, f.audit, f.measure, f.contrast): f for f in self.results.findings}

    @cached_property
    def _means(self) -> dict[tuple[str, str, str, str, str], CellMean]:
        return {(m.model, m.audit, m.measure, m.role, m.profile): m for m in self.results.means}

    def finding(self, model: str, audit: str, measure: str, contrast: str) -> Finding | None:
        """Look a finding up."""
        return self._findings.get((model, audit, measure, contrast))

    def mean(self, model: str, audit: str, measure: str, role: str, profile: str) -> CellMean | None:
        """Look a cell mean up."""
        return self._means.get((model, audit, measure, role, profile))

    def titles(self, audit: str, construct: str, *, primary: bool = False) -> dict[str, str]:
        """Return the measures of an audit on one axis, name -> title, in the order of the findings."""
        return {
            f.measure: f.title
            for f in self.results.findings
            if f.audit == audit and f.construct == construct and (f.primary or not primary)
        }

    def units(self, audit: str, measure: str) -> str:
        """Return the unit of a measure's means, empty where there are none."""
        return next((m.unit for m in self.results.means if (m.audit, m.measure) == (audit, measure)), "")


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Drop repetitions, keeping the order."""
    return tuple(dict.fromkeys(names))
