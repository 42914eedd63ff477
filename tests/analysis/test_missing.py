import math

import pytest

from standfast.analysis.frames import STATUSES
from standfast.analysis.missing import table


def test_every_planned_value_is_counted_once(bench):
    rows = [
        {
            "item": f"i{k}",
            "role": role,
            "profile": "full",
            "value": 1.0 if status == "scored" else math.nan,
            "status": status,
        }
        for k, status in enumerate(STATUSES)
        for role in ("advisor", "peer")
        if role == "peer" or status in ("scored", "refused")
    ]
    advisor, peer = table(bench.tidy(rows))
    assert (advisor.role, advisor.planned) == ("advisor", 2)
    assert advisor.counts == {**dict.fromkeys(STATUSES, 0), "scored": 1, "refused": 1}
    assert (peer.role, peer.planned) == ("peer", len(STATUSES))
    assert peer.counts == dict.fromkeys(STATUSES, 1)


@pytest.mark.parametrize("split", ["model", "audit", "measure", "role", "profile"])
def test_conditions_are_counted_apart(bench, split):
    rows = [{"item": "i", "role": "peer", "profile": "full", "value": 1.0, split: name} for name in ("a", "b", "b")]
    assert [(getattr(row, split), row.planned) for row in table(bench.tidy(rows))] == [("a", 1), ("b", 2)]
