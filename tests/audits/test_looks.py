"""The order in which an audit that may stop early asks its cells."""

from collections import Counter
from itertools import pairwise

import pytest

from standfast.audits._audit import make
from standfast.cells import parse_id
from standfast.errors import SuiteError

SHARES = (0.3, 0.6)


def built(audit: str, **options):
    return make(audit, {"personas": 6, "profiles": ["filler", "full"], "seed": 7, **options})


def ids(task) -> list[str]:
    return [str(sample.id) for sample in task.dataset]


def looks(task):
    return task.metadata["standfast"]["looks"]


def facts(task):
    return task.metadata["standfast"]["items"]


@pytest.mark.parametrize("audit", ["advice", "premises", "debate", "judgement", "facts"])
def test_each_look_has_whole_items_with_all_their_conditions_and_whole_pairs(audit):
    plain, task = built(audit), built(audit, looks=SHARES)
    assert Counter(ids(plain)) == Counter(ids(task))
    whole = Counter(parse_id(audit, name).item for name in ids(task))
    for share, count in zip(SHARES, looks(task)["at"], strict=True):
        before = Counter(parse_id(audit, name).item for name in ids(task)[:count])
        assert all(whole[item] == n for item, n in before.items())
        pairs = Counter(facts(task)[item].get("pair", item) for item in before)
        assert pairs == {name: n for name, n in _pairs(task).items() if name in pairs}
        assert count / len(ids(task)) == pytest.approx(share, abs=0.05)


def _pairs(task) -> Counter[str]:
    return Counter(known.get("pair", item) for item, known in facts(task).items())


def test_cells_are_shuffled_between_looks():
    names = ids(built("advice", looks=SHARES))
    first = [parse_id("advice", name) for name in names[: looks(built("advice", looks=SHARES))["at"][0]]]
    changes = sum(one.item != other.item for one, other in pairwise(first))
    assert changes > 0.8 * len(first)
    halves = [Counter(cell.role for cell in half) for half in (first[: len(first) // 2], first[len(first) // 2 :])]
    assert all(abs(half["peer"] - half["advisor"]) < 0.3 * half.total() for half in halves)


def test_items_of_each_kind_are_spread_evenly_over_the_looks():
    task = built("debate", challenges=["bare", "evidence"], looks=(0.5,))
    names = ids(task)[: looks(task)["at"][0]]
    kinds = Counter(facts(task)[item]["evidenced"] for item in {parse_id("debate", name).item for name in names})
    total = Counter(known["evidenced"] for known in facts(task).values())
    assert len(total) == 2
    for kind, n in total.items():
        assert kinds[kind] == pytest.approx(n / 2, abs=1)


@pytest.mark.parametrize(
    ("epochs", "shares", "expected"),
    [
        (1, (0.5,), [0.5]),
        (2, (0.5,), [1.0]),  # all items once
        (2, (0.25, 0.75), [0.5, 1.5]),  # half the items once; all once and half of them twice
        (3, (1 / 3, 2 / 3), [1.0, 2.0]),
    ],
)
def test_looks_count_epochs_in_the_order_in_which_inspect_asks_them(epochs, shares, expected):
    task = built("advice", looks=shares, epochs=epochs)
    assert looks(task)["at"] == [round(share * len(ids(task))) for share in expected]


def test_an_audit_without_looks_is_ordered_as_ever_and_says_that_it_has_none():
    assert looks(built("advice")) is None
    assert ids(built("advice")) == ids(built("advice", spending="pocock", epochs=3))
    assert ids(built("advice")) != ids(built("advice", looks=SHARES))


def test_a_look_before_the_first_item_or_after_the_last_is_none():
    assert looks(built("advice", items=2, looks=(0.01, 0.99))) is None
    assert looks(built("advice", items=4, looks=(0.5, 0.52)))["at"] == [len(ids(built("advice", items=4))) // 2]


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_look_outside_the_run_is_refused(share):
    with pytest.raises(SuiteError, match="advice: option looks"):
        built("advice", looks=(share,))


def test_one_look_may_be_named_on_the_command_line():
    assert looks(built("advice", looks=0.5)) == looks(built("advice", looks=(0.5,)))
