"""A large run is asked in slices: the same samples, the same rows, and nothing asked twice when it is carried on."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample

from standfast import run, slices, unanswered
from standfast.analysis import frames, integrity
from standfast.audits import _lazily
from standfast.audits.advice import advice
from standfast.folder import read

SUITE = """\
name: small
version: "1"
description: A small suite for the tests.
seed: 3
models: [standfast/sycophant@4, standfast/steadfast]
judges: [standfast/judge]
audits:
  advice: {items: 4}
  debate: {items: 2, challenges: [bare], turns: 2}
profiles: [filler, full]
personas: {count: 4, seed: 1}
"""


def task(size: int, *, looks: bool = False) -> Task:
    rows = [Sample(id=str(number), input="?") for number in range(size)]
    made = Task([Sample(input="?")], metadata={"standfast": {"looks": {"at": [1]} if looks else None}})
    made.dataset = MemoryDataset(rows)  # a part of a small audit may be left with none
    return made


def ids(asked: Task) -> list[str]:
    return [str(sample.id) for sample in asked.dataset]


@given(
    sizes=st.lists(st.integers(0, 60), min_size=1, max_size=3),
    limit=st.none() | st.integers(1, 50),
    subjects=st.integers(1, 3),
    epochs=st.integers(1, 3),
    most=st.integers(5, 80),
)
def test_slices_hold_every_sample_once_in_order_and_no_slice_is_too_large(
    sizes: list[int], limit: int | None, subjects: int, epochs: int, most: int
) -> None:
    tasks = {f"audit{number}": task(size) for number, size in enumerate(sizes)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "MOST", most)
        found = list(slices.sliced(tasks, limit, subjects=subjects, epochs=epochs))
        again = list(slices.sliced(tasks, limit, subjects=subjects, epochs=epochs))
    assert [[(one.name, ids(one)) for one in own] for own in found] == [
        [(one.name, ids(one)) for one in own] for own in again
    ]
    if len(found) == 1:
        assert found[0] == [one for one in tasks.values() if len(one.dataset)]
        return
    for name, whole in tasks.items():
        pieces = [one for own in found for one in own if one.name.startswith(name)]
        assert [sample for piece in pieces for sample in ids(piece)] == ids(whole)[:limit]
        assert len({piece.name for piece in pieces}) == len(pieces)  # by which Inspect knows a log again
    # Each audit's piece is rounded up by less than one sample.
    assert all(
        sum(len(one.dataset) for one in own) * subjects * epochs < most + len(sizes) * subjects * epochs
        for own in found
    )


def test_an_audit_that_looks_before_its_end_stays_whole_in_the_first_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "MOST", 10)
    found = list(slices.sliced({"looking": task(30, looks=True), "plain": task(30)}, None, subjects=1, epochs=1))
    assert [[len(one.dataset) for one in own] for own in found] == [[30, 10], [10], [10]]


def test_the_given_tasks_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "MOST", 10)
    whole = task(30)
    list(slices.sliced({"advice": whole}, None, subjects=1, epochs=1))
    assert (len(whole.dataset), whole.name) == (30, "task")


def test_a_run_in_slices_gives_the_rows_of_a_run_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "suite.yaml").write_text(SUITE)
    one = run.run(tmp_path / "suite.yaml", out=tmp_path / "one", display="none")
    monkeypatch.setattr(slices, "MOST", 24)
    many = run.run(tmp_path / "suite.yaml", out=tmp_path / "many", display="none")
    rows = [frames.collect(path / "logs", read(path)).drop(columns=["run", "log"]) for path in (one, many)]
    assert rows[0].equals(rows[1])
    assert len(rows[0]) > 100
    logs = {path.name: path.stat().st_mtime_ns for path in (many / "logs").glob("*.eval")}
    assert len(logs) == 4 * len(list((one / "logs").glob("*.eval"))) / 2
    assert unanswered.find(many) == []
    assert [entry.problems for entry in integrity.check(many / "logs", read(many))] == [()] * 4
    # Carried on, it asks nothing: no log is added, none is written again.
    run.run(tmp_path / "suite.yaml", out=many, display="none")
    assert {path.name: path.stat().st_mtime_ns for path in (many / "logs").glob("*.eval")} == logs


def test_a_slice_that_was_lost_is_asked_again_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "suite.yaml").write_text(SUITE)
    monkeypatch.setattr(slices, "MOST", 24)
    folder = run.run(tmp_path / "suite.yaml", out=tmp_path / "run", display="none")
    before = frames.collect(folder / "logs", read(folder)).drop(columns=["run", "log"])
    kept = {path.name for path in (folder / "logs").glob("*.eval")}
    lost = min(name for name in kept if "advice-2-of" in name)
    (folder / "logs" / lost).unlink()
    run.run(tmp_path / "suite.yaml", out=folder, display="none")
    now = {path.name for path in (folder / "logs").glob("*.eval")}
    assert len(now) == len(kept)
    assert now & kept == kept - {lost}
    assert frames.collect(folder / "logs", read(folder)).drop(columns=["run", "log"]).equals(before)


def test_a_lazy_data_set_holds_what_a_list_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    design = {"items": 3, "personas": 4, "per_item": 4}
    listed = list(advice(**design).dataset)
    monkeypatch.setattr(_lazily, "FEWEST", 2)
    lazy = advice(**design).dataset
    assert isinstance(lazy, _lazily.LazyDataset)

    def told(sample: Sample) -> tuple[object, ...]:
        return (
            sample.id,
            [(message.role, message.content, message.metadata) for message in sample.input],
            sample.metadata,
        )  # type: ignore[union-attr]

    assert list(map(told, lazy)) == list(map(told, listed))
    assert len(lazy) == len(listed)
    assert [told(lazy[3:9:2][1]), told(lazy[-1])] == [told(listed[5]), told(listed[-1])]
    assert lazy._held is None  # nothing above kept them
    lazy.shuffle(seed=1)
    assert sorted(str(sample.id) for sample in lazy) == sorted(str(sample.id) for sample in listed)
    assert [sample.id for sample in lazy] != [sample.id for sample in listed]
