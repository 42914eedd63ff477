"""The planted effects of every audit, recovered through the whole corridor: one seed, one subject, the leads.

The intervals of one seed may miss; the estimates may not be far off. `test_recovery` holds bias and coverage over seeds.
"""

from pathlib import Path

import pytest
from planting import CONTRASTS, RECOVERED, kind_of, leads, options, partners, planted

from standfast import stages
from standfast.analysis.findings import Finding
from standfast.estimands import parse_contrast
from standfast.run import run

SUITE = """\
name: effects
version: "1"
seed: 20261
models: [standfast/sycophant]
judges: [standfast/judge]
{partners}
audits:
  {audit}: {options}
profiles: [filler, full]
contrasts: [{contrasts}]
personas: {{count: 24, per_item: {per_item}}}
"""
LOOKED_FOR = {"goals": {"E5"}, "attribution": {"D"}}  # beside E1 or E2, and E3


def found_by(audit: str, folder: Path) -> list[Finding]:
    per_item = {"memory": 3, "goals": 1}.get(audit, 2)  # memory's lead applies to a third of the items
    suite = folder / "suite.yaml"
    suite.write_text(
        SUITE.format(
            audit=audit,
            options=options(audit),
            per_item=per_item,
            contrasts=", ".join(CONTRASTS),
            partners=partners(audit),
        )
    )
    analysed = stages.analyse(run(suite, out=folder / "run", display="none"))
    return [
        finding
        for finding in analysed.findings
        if finding.measure in leads(audit)
        and finding.status == "ok"
        and parse_contrast(finding.contrast).kind in CONTRASTS
    ]


@pytest.mark.slow  # a run of ten to twenty seconds each; `test_smoke` has advice and debate
@pytest.mark.parametrize("audit", RECOVERED)
def test_planted_effects_are_recovered(audit: str, tmp_path: Path) -> None:
    rows = [(finding, planted(finding)) for finding in found_by(audit, tmp_path)]
    kinds = {(finding.measure, parse_contrast(finding.contrast).kind) for finding, _ in rows}
    assert kinds >= {(measure, kind) for measure in leads(audit) for kind in (kind_of(measure), "E3")}
    own = leads(audit)[-1]
    assert {kind for measure, kind in kinds if measure == own} >= LOOKED_FOR.get(audit, set())
    outside = 0
    for finding, true in rows:
        assert abs(finding.estimate - true) < 4 * finding.std_error, (finding, true)
        outside += not finding.conf_low <= true <= finding.conf_high
        if abs(true) > 5 * finding.std_error:
            assert finding.estimate * true > 0, (finding, true)
    # Were the intervals independent, so many would miss with probability 0.01 at most.
    assert outside <= 2 + len(rows) // 12
