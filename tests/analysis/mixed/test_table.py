"""Tables against sums made row by row, from every kind of column, in any order and any pieces."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfast.analysis.mixed.data import passing
from standfast.analysis.mixed.data.formula import parse
from standfast.analysis.mixed.data.groups import Group, check_groups, combine, nested
from standfast.analysis.mixed.data.table import Table, read
from standfast.errors import FitError

CLOSE = 1e-12  # sums of a few dozen numbers, in another order
FORMULA = parse("y ~ role * x + (1 + role | item) + (1 | persona)")


def design(n: int = 60, seed: int = 1, **changes: Any) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = {
        "item": rng.choice(["i1", "i10", "i2"], n),
        "persona": rng.integers(1, 5, n),
        "role": rng.choice(["peer", "advisor"], n),
        "x": rng.integers(0, 2, n).astype(float),
        "y": rng.normal(size=n),
        "w": rng.integers(1, 4, n),
        "m": rng.integers(1, 6, n),
    }
    return pd.DataFrame({**columns, **changes})


def keys(table: Table) -> list[tuple[Any, ...]]:
    """Return what each row of a table stands for."""
    groups = [[group.levels[code] for code in group.codes] for group in table.groups.values()]
    cells = table.cells.iloc[table.cell]
    return list(zip(*groups, *(cells[name].tolist() for name in cells), strict=True))


def sums(table: Table) -> dict[tuple[Any, ...], list[float]]:
    """Return a table's sums by what they are of, added up where a general table repeats a combination."""
    moments = table.weight * table.mean if len(table.mean) else np.zeros(len(table.weight))
    binomial = [table.trials, table.successes] if len(table.trials) else []
    rows = np.column_stack([table.count, table.weight, moments, *binomial, table.counts])
    found: dict[tuple[Any, ...], np.ndarray[Any, Any]] = {}
    for key, row in zip(keys(table), rows, strict=True):
        found[key] = found.get(key, 0) + row
    return {key: list(values) for key, values in found.items()}


def spread(table: Table) -> float:
    """Return the sum of squares around the mean of everything, which no way of putting rows together changes."""
    grand = np.average(table.mean, weights=table.weight)
    return table.within + float(table.weight @ (table.mean - grand) ** 2)


def same(a: Table, b: Table) -> None:
    assert (a.n, a.dropped, a.general, a.categories) == (b.n, b.dropped, b.general, b.categories)
    assert {name: group.levels for name, group in a.groups.items()} == {n: g.levels for n, g in b.groups.items()}
    assert sums(a) == {key: pytest.approx(values, rel=CLOSE, abs=CLOSE) for key, values in sums(b).items()}
    logs = (b.within, b.log_weights, b.log_constant)
    assert (a.within, a.log_weights, a.log_constant) == pytest.approx(logs, rel=CLOSE, abs=CLOSE)


def test_rows_with_the_same_levels_and_variables_become_one() -> None:
    frame = pd.DataFrame(
        {
            "item": ["b", "a", "b", "b", "a"],
            "role": ["peer", "peer", "advisor", "peer", "peer"],
            "y": [1.0, 2.0, 5.0, 3.0, 2.5],
            "w": [1.0, 1.0, 2.0, 3.0, 1.0],
        }
    )
    table = read(frame, parse("y ~ role + (1 | item)"), family="gaussian", weights="w")
    assert list(table.groups) == ["item"]
    assert table.groups["item"].levels == ("a", "b")
    assert table.groups["item"].codes.tolist() == [0, 1, 1]
    assert table.cells["role"].tolist() == ["advisor", "peer"]
    assert table.cells["role"].cat.categories.tolist() == ["advisor", "peer"]
    assert table.cell.tolist() == [1, 0, 1]
    assert table.count.tolist() == [2, 1, 2]
    assert table.weight.tolist() == [2, 2, 4]
    assert table.mean.tolist() == [2.25, 5, 2.5]
    assert table.within == 2 * 0.25**2 + 1.5**2 + 3 * 0.5**2
    assert table.log_weights == pytest.approx(math.log(2) + math.log(3))
    assert (table.n, table.dropped, table.general) == (5, 0, False)
    assert (table.cell.dtype, table.count.dtype, table.groups["item"].codes.dtype) == (np.int64, np.int64, np.int32)


def test_a_table_holds_the_moments_of_each_combination() -> None:
    frame = design()
    table = read(frame, FORMULA, family="gaussian")
    by_hand = frame.groupby(["item", "persona", "role", "x"])["y"]
    expected = {(i, str(p), r, x): [len(y), len(y), y.sum()] for (i, p, r, x), y in by_hand}
    assert sums(table) == {key: pytest.approx(values, rel=CLOSE) for key, values in expected.items()}
    assert table.within == pytest.approx(((frame["y"] - by_hand.transform("mean")) ** 2).sum(), rel=CLOSE)
    assert keys(table) == sorted(keys(table))


def test_a_formula_without_variables_has_one_cell() -> None:
    table = read(design(), parse("y ~ 1 + (1 | item)"), family="gaussian")
    assert table.cells.shape == (1, 0)
    assert table.cell.tolist() == [0, 0, 0]


def test_a_formula_without_groups_is_read_too() -> None:
    table = read(design(), parse("y ~ role"), family="gaussian")
    assert table.groups == {}
    assert table.count.sum() == 60


rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from([1, 2, 3]),
        st.sampled_from(["peer", "advisor"]),
        st.sampled_from([0.0, 1.0, np.nan]),
        st.floats(-10, 10),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=30,
)
# The corners make sure that every factor has two levels.
CORNERS = [("a", 1, "peer", 0.0, 0.5, 1), ("b", 2, "advisor", 1.0, -0.5, 2), ("a", 2, "peer", 0.0, 1.5, 1)] * 2


def frame_of(data: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame([*data, *CORNERS], columns=["item", "persona", "role", "x", "y", "w"])


@given(rows, st.integers(1, 12), st.randoms(use_true_random=False), st.sampled_from(["gaussian", "ordinal"]))
@settings(deadline=None, max_examples=40)
def test_order_and_pieces_of_the_rows_do_not_matter(data: list[Any], size: int, random: Any, family: Any) -> None:
    frame = frame_of(data)
    if family == "ordinal":
        frame["y"] = np.rint(frame["y"])
    shuffled = frame.sample(frac=1, random_state=random.randint(0, 1000))
    whole = read(frame, FORMULA, family=family, weights="w")
    same(read(shuffled, FORMULA, family=family, weights="w", chunk_rows=size), whole)


@given(rows, st.integers(1, 12), st.integers(0, 5))
@settings(deadline=None, max_examples=25)
def test_putting_waiting_pieces_together_early_changes_nothing(data: list[Any], size: int, waiting: int) -> None:
    frame = frame_of(data)
    whole = read(frame, FORMULA, family="gaussian", weights="w")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passing, "_WAITING", waiting)
        same(read(frame, FORMULA, family="gaussian", weights="w", chunk_rows=size), whole)


@given(rows, st.sampled_from(["gaussian", "binomial", "ordinal"]))
@settings(deadline=None, max_examples=40)
def test_weights_equal_repetitions(data: list[Any], family: Any) -> None:
    frame = frame_of(data)
    if family != "gaussian":
        frame["y"] = (frame["y"] > 0).astype(int)
    repeated = frame.loc[frame.index.repeat(frame["w"])]
    a = read(frame, FORMULA, family=family, weights="w")
    b = read(repeated, FORMULA, family=family)
    assert {k: v[1:] for k, v in sums(a).items()} == {k: pytest.approx(v[1:], rel=CLOSE) for k, v in sums(b).items()}
    assert a.within == pytest.approx(b.within, rel=CLOSE, abs=CLOSE)
    assert a.log_constant == pytest.approx(b.log_constant, rel=CLOSE)


@pytest.mark.parametrize("family", ["gaussian", "binomial", "ordinal"])
def test_a_general_table_holds_the_same_sums(family: Any) -> None:
    frame = design(200)
    if family != "gaussian":
        frame["y"] = (frame["y"] > 0).astype(int)
    frame.loc[3, "x"] = np.nan
    apart = parse("y ~ role * x + I(0 * x.mean()) + (1 + role | item) + (1 | persona)")
    a, b = (read(frame, formula, family=family, weights="w") for formula in (FORMULA, apart))
    assert (a.general, b.general) == (False, True)
    assert sums(a) == {key: pytest.approx(values, rel=CLOSE, abs=CLOSE) for key, values in sums(b).items()}
    assert b.cell.tolist() == list(range(b.n))
    assert (b.count == 1).all()
    assert a.log_weights == pytest.approx(b.log_weights)
    if family == "gaussian":
        assert spread(a) == pytest.approx(spread(b), rel=CLOSE)


@pytest.mark.parametrize("stored", [False, True])
def test_numbers_that_differ_in_most_rows_make_a_general_table_in_the_order_of_the_data(
    stored: bool, tmp_path: Path
) -> None:
    frame = design(50, x=np.linspace(0, 1, 50))
    frame.to_parquet(tmp_path / "data.parquet")
    table = read(tmp_path / "data.parquet" if stored else frame, FORMULA, family="gaussian", chunk_rows=7)
    assert table.general
    assert table.cells["x"].tolist() == frame["x"].tolist()
    assert table.cells["role"].tolist() == frame["role"].tolist()
    assert table.mean == pytest.approx(frame["y"].to_numpy(), rel=CLOSE)
    assert table.within == 0


def test_numbers_that_repeat_and_factors_of_many_levels_do_not() -> None:
    assert not read(design(50, x=np.arange(50) // 2), parse("y ~ x + (1 | item)"), family="gaussian").general
    many = [f"level {i}" for i in range(50)]
    assert not read(design(50, x=many), parse("y ~ x + (1 | item)"), family="gaussian").general


@pytest.mark.parametrize("far", [1e9, -1e9])
@pytest.mark.parametrize("size", [500_000, 97])
def test_responses_far_from_zero_keep_the_precision_of_the_sum_of_squares(far: float, size: int) -> None:
    frame = design(2000, y=far + 1e-3 * np.random.default_rng(1).normal(size=2000))
    table = read(frame, FORMULA, family="gaussian", chunk_rows=size)
    expected = Fraction(0)
    for _, y in frame.groupby(["item", "persona", "role", "x"])["y"]:
        exact = [Fraction(value) for value in y]
        expected += sum((value - sum(exact) / len(exact)) ** 2 for value in exact)
    assert table.within == pytest.approx(float(expected), rel=1e-9)
    assert table.mean == pytest.approx(np.full(len(table.mean), far), rel=1e-9)


KINDS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "object": lambda d: d.astype({"item": object, "role": object}),
    "str": lambda d: d.astype({"item": "str", "role": "str"}),
    "string": lambda d: d.astype({"item": "string", "role": "string[python]", "persona": "Int64", "x": "Float64"}),
    "arrow": lambda d: d.astype({"item": "string[pyarrow]", "persona": "int16[pyarrow]", "x": "double[pyarrow]"}),
    "arrow response": lambda d: d.astype({"y": "double[pyarrow]", "w": "UInt8"}),
    "categorical": lambda d: d.astype({"item": "category", "role": "category", "persona": "category"}),
    "arrow dictionary": lambda d: d.astype({"item": pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))}),
    "small": lambda d: d.astype({"persona": "int8", "x": "float32", "w": "float32"}),
    "floats": lambda d: d.astype({"persona": float, "x": object, "w": object, "y": object}),
    "repeated index": lambda d: d.set_index(pd.Index([0] * len(d))),
    "many indexes": lambda d: d.set_index(["m", "w"], drop=False),
    "turned columns": lambda d: d[d.columns[::-1]],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [500_000, 11])
def test_every_kind_of_column_gives_the_same_table(kind: str, size: int) -> None:
    frame = design()
    changed = KINDS[kind](frame)
    before = changed.copy(deep=True)
    same(
        read(changed, FORMULA, family="gaussian", weights="w", chunk_rows=size),
        read(frame, FORMULA, family="gaussian", weights="w"),
    )
    pd.testing.assert_frame_equal(changed, before)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "index" not in kind])
@pytest.mark.parametrize("size", [500_000, 11])
def test_a_parquet_file_gives_the_table_of_its_frame(kind: str, size: int, tmp_path: Path) -> None:
    frame = KINDS[kind](design())
    frame.to_parquet(tmp_path / "data.parquet", row_group_size=20)
    a = read(tmp_path / "data.parquet", FORMULA, family="gaussian", weights="w", chunk_rows=size)
    b = read(frame, FORMULA, family="gaussian", weights="w")
    same(a, b)
    pd.testing.assert_frame_equal(a.cells, b.cells)


@pytest.mark.parametrize("kind", ["object", "str", "string", "arrow", "categorical", "floats"])
@pytest.mark.parametrize("stored", [False, True])
def test_rows_that_lack_a_value_are_left_out_and_counted(kind: str, stored: bool, tmp_path: Path) -> None:
    frame = KINDS[kind](design().astype({"y": object, "w": object} if kind == "floats" else {}))
    for row, column in enumerate(["item", "role", "x", "y"]):
        frame.loc[row, column] = None
    frame.loc[7, "y"] = np.nan
    if kind in {"string", "arrow", "floats"}:
        frame.loc[9, "persona"] = pd.NA if kind != "floats" else np.nan
    source: Any = frame
    if stored:
        frame.to_parquet(tmp_path / "data.parquet")
        source = tmp_path / "data.parquet"
    table = read(source, FORMULA, family="gaussian", weights="w", chunk_rows=17)
    kept = frame.dropna(subset=["item", "role", "x", "y", "persona", "w"])
    assert (table.n, table.dropped) == (len(kept), 60 - len(kept))
    assert table.groups["persona"].levels == ("1", "2", "3", "4")
    same(replace(table, dropped=0), read(kept, FORMULA, family="gaussian", weights="w"))


def test_levels_that_occur_only_in_incomplete_rows_are_gone() -> None:
    frame = design()
    frame.loc[0, ["item", "role", "y"]] = ["i99", "nobody", np.nan]
    table = read(frame, FORMULA, family="gaussian")
    assert table.groups["item"].levels == ("i1", "i10", "i2")
    assert table.cells["role"].cat.categories.tolist() == ["advisor", "peer"]


def test_levels_stand_in_the_order_of_their_values_or_the_declared_one() -> None:
    frame = design(persona=np.tile([10, 9, 100, -1], 15))
    frame["role"] = pd.Categorical(frame["role"], categories=["peer", "unused", "advisor"])
    table = read(frame, FORMULA, family="gaussian", order={"item": ["i1", "i2", "i10", "i99"]})
    assert table.groups["persona"].levels == ("-1", "9", "10", "100")
    assert table.groups["item"].levels == ("i1", "i2", "i10")
    assert table.cells["role"].cat.categories.tolist() == ["peer", "advisor"]
    assert table.cells["role"].tolist()[0] == "peer"


@pytest.mark.parametrize("ordered", [False, True])
def test_a_file_keeps_the_order_of_categories(ordered: bool, tmp_path: Path) -> None:
    frame = design()
    frame["role"] = pd.Categorical(frame["role"], categories=["peer", "unused", "advisor"], ordered=ordered)
    frame.to_parquet(tmp_path / "data.parquet", row_group_size=7)
    table = read(tmp_path / "data.parquet", FORMULA, family="gaussian")
    assert table.cells["role"].cat.categories.tolist() == ["peer", "advisor"]
    assert table.cells["role"].cat.ordered is ordered


def test_a_file_keeps_numbers_that_are_categories_a_factor(tmp_path: Path) -> None:
    frame = design(40).astype({"persona": "category"})
    frame.to_parquet(tmp_path / "data.parquet")
    formula = parse("y ~ persona + (1 | item)")
    a, b = (read(source, formula, family="gaussian") for source in (tmp_path / "data.parquet", frame))
    pd.testing.assert_frame_equal(a.cells, b.cells)
    assert a.cells["persona"].cat.categories.tolist() == [1, 2, 3, 4]


def test_a_dictionary_that_only_stores_texts_gives_no_order(tmp_path: Path) -> None:
    columns = {"y": [1.0, 2, 3], "g": pa.array(["b", "a", "b"]).dictionary_encode()}
    pq.write_table(pa.table(columns), tmp_path / "data.parquet")
    table = read(tmp_path / "data.parquet", parse("y ~ g"), family="gaussian")
    assert table.cells["g"].cat.categories.tolist() == ["a", "b"]


def test_a_given_order_makes_numbers_a_factor() -> None:
    table = read(design(), FORMULA, family="gaussian", order={"x": ["1", "0"]})
    assert table.cells["x"].cat.categories.tolist() == [1, 0]
    assert not table.general


def test_truth_values_and_whole_numbers_stay_what_they_are() -> None:
    frame = design(x=np.tile([True, False], 30), role=np.tile([2**60, 3, 4], 20))
    table = read(frame, FORMULA, family="gaussian")
    assert table.cells["x"].dtype == bool
    assert table.cells["role"].dtype == np.int64
    assert sorted(set(table.cells["role"])) == [3, 4, 2**60]
    beyond = read(frame.assign(role=[2**70, 3, 4] * 20), FORMULA, family="gaussian")
    assert beyond.cells["role"].dtype == np.float64


def test_a_column_may_be_a_group_and_a_variable() -> None:
    frame = design()
    table = read(frame, parse("y ~ persona + (1 | persona) + (1 | item)"), family="gaussian")
    assert table.cells["persona"].tolist() == [1, 2, 3, 4]
    assert table.groups["persona"].codes.tolist() == table.cell.tolist()
    general = read(design(persona=np.arange(60) // 1.5), parse("y ~ persona + (1 | persona)"), family="gaussian")
    assert general.general
    assert general.groups["persona"].levels[general.groups["persona"].codes[59]] == str(59 // 1.5).removesuffix(".0")


def test_a_binomial_response_is_zero_and_one_or_a_truth_value() -> None:
    frame = design()
    ones = read(frame.assign(y=(frame["y"] > 0).astype(int)), FORMULA, family="binomial")
    truth = read(frame.assign(y=frame["y"] > 0), FORMULA, family="binomial")
    same(ones, truth)
    assert ones.trials.tolist() == ones.count.tolist()
    assert ones.successes.sum() == (frame["y"] > 0).sum()
    assert ones.log_constant == 0


def test_proportions_of_trials_are_counted() -> None:
    frame = pd.DataFrame({"g": ["a", "a", "b"], "p": [1 / 3, 0.25, 0.1 + 0.2], "m": [3, 4, 10], "w": [2, 1, 1]})
    table = read(frame, parse("p ~ 1 + (1 | g)"), family="binomial", trials="m")
    assert table.trials.tolist() == [7, 10]
    assert table.successes.tolist() == [2, 3]
    assert table.mean.tolist() == [2 / 7, 0.3]
    assert table.log_constant == pytest.approx(math.log(3 * 4 * 120), rel=CLOSE)
    twice = read(frame, parse("p ~ 1 + (1 | g)"), family="binomial", trials="m", weights="w")
    assert twice.trials.tolist() == [10, 10]
    assert twice.log_constant == pytest.approx(math.log(9 * 4 * 120), rel=CLOSE)


def test_an_ordinal_response_is_counted_by_category() -> None:
    frame = pd.DataFrame({"g": ["a", "b", "a", "a"], "y": ["low", "high", "high", "low"]})
    frame["y"] = pd.Categorical(frame["y"], categories=["low", "middle", "high"], ordered=True)
    table = read(frame, parse("y ~ 1 + (1 | g)"), family="ordinal")
    assert table.categories == ("low", "high")
    assert table.counts.tolist() == [[2, 1], [0, 1]]
    assert table.count.tolist() == [3, 1]
    assert (len(table.mean), table.within) == (0, 0)


@pytest.mark.parametrize(("values", "expected"), [([10, 9, 10, 2], ("2", "9", "10")), ("zaba", ("a", "b", "z"))])
def test_categories_of_numbers_and_texts_are_sorted(values: Any, expected: tuple[str, ...], tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": list(values), "x": [1, 1, 2, 2]})
    assert read(frame, parse("y ~ 1"), family="ordinal").categories == expected
    frame.to_parquet(tmp_path / "data.parquet")
    stored = read(tmp_path / "data.parquet", parse("y ~ 1"), family="ordinal", chunk_rows=1)
    assert stored.categories == expected
    assert stored.counts.sum() == 4


def set_row(column: str, value: Any, row: int = 5) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        values = frame[column].astype(object)
        values.iloc[row] = value
        return frame.assign(**{column: values.infer_objects()})

    return change


REFUSED: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], Mapping[str, Any], str]] = {
    "missing column": (lambda d: d.drop(columns="role"), {}, 'column "role" is not in the data; known: "item"'),
    "misspelt": (lambda d: d.rename(columns={"role": "rôle"}), {}, 'did you mean "rôle"? known:'),
    "twice": (lambda d: pd.concat([d, d[["x"]]], axis=1), {}, 'column "x" stands in the data 2 times'),
    "weights column": (lambda d: d, {"weights": "ww"}, 'column "ww" is not in the data'),
    "order column": (lambda d: d, {"order": {"rol": ["a"]}}, 'column "rol" is not in the data; did you mean "role"?'),
    "order lacks": (lambda d: d, {"order": {"role": ["peer"]}}, 'column "role" lacks "advisor", which occurs'),
    "order twice": (lambda d: d, {"order": {"x": ["0", "1", "0"]}}, "names a level twice"),
    "text": (set_row("y", "abc"), {}, 'column "y" holds "abc" in row 5 (the first is 0); numbers would be right'),
    "dates": (lambda d: d.assign(y=pd.Timestamp("2020-01-01")), {}, "numbers would be right"),
    "complex": (lambda d: d.assign(y=1j), {}, "numbers would be right"),
    "categories": (lambda d: d.assign(y=d["y"].astype("category")), {}, "numbers would be right"),
    "infinite response": (set_row("y", -np.inf), {}, 'column "y" holds "-inf" in row 5'),
    "infinite covariate": (set_row("x", np.inf, 40), {}, 'column "x" holds "inf" in row 40'),
    "zero weight": (
        set_row("w", 0),
        {"weights": "w"},
        'column "w" holds "0" in row 5 (the first is 0); weights above 0',
    ),
    "negative weight": (set_row("w", -0.5), {"weights": "w"}, 'column "w" holds "-0.5" in row 5'),
    "infinite weight": (set_row("w", np.inf), {"weights": "w"}, "finite numbers would be right"),
    "no rows": (lambda d: d[:0], {}, "the data hold no complete row"),
    "none complete": (lambda d: d.assign(x=np.nan), {}, "no complete row among 60; each lacks a value of y, item"),
    "one level": (lambda d: d.assign(role="peer"), {}, 'column "role" has one level, "peer"; a factor needs two'),
    "one group": (lambda d: d.assign(item="i"), {}, 'group "item" has one level, "i"'),
    "group per row": (lambda d: d.assign(item=range(60)), {}, 'group "item" has 60 levels in 60 rows'),
    "mixed": (set_row("item", 3), {}, 'column "item" mixes int and str; values of one kind would be right'),
    "mixed others": (set_row("item", (1, 2)), {}, 'column "item" mixes str and tuple'),
    "lists": (lambda d: d.assign(item=[[1]] * 60), {}, 'column "item" holds values that cannot be levels'),
    "no order": (lambda d: d.assign(item=[1j, 2j] * 30), {}, "holds complex values, which have no order"),
    "one name": (
        lambda d: d.assign(item=pd.Categorical([1, "1"] * 30, categories=[1, "1"])),
        {},
        'column "item" holds different values of one name',
    ),
    "date as variable": (lambda d: d.assign(x=[date(2020, 1, 1 + i % 2) for i in range(60)]), {}, "holds date values"),
    "not binary": (
        lambda d: d.assign(y=[0, 1, 2] * 20),
        {"family": "binomial"},
        'holds "2" in row 2 (the first is 0); 0',
    ),
    "fraction": (lambda d: d.assign(y=0.5), {"family": "binomial"}, "0 and 1, or truth values, would be right"),
    "yes and no": (lambda d: d.assign(y="yes"), {"family": "binomial"}, 'column "y" holds "yes" in row 0'),
    "not a proportion": (
        lambda d: d.assign(y=0.3, m=5),
        {"family": "binomial", "trials": "m"},
        'column "y" holds "0.3" in row 0 (the first is 0); proportions of the trials would be right',
    ),
    "above one": (lambda d: d.assign(y=2.0), {"family": "binomial", "trials": "m"}, 'column "y" holds "2.0"'),
    "no trials": (
        lambda d: d.assign(y=0, m=[0, 1] * 30),
        {"family": "binomial", "trials": "m"},
        'column "m" holds "0" in row 0 (the first is 0); whole numbers above 0 would be right',
    ),
    "half a trial": (lambda d: d.assign(y=0, m=1.5), {"family": "binomial", "trials": "m"}, 'column "m" holds "1.5"'),
    "one category": (lambda d: d.assign(y="a"), {"family": "ordinal"}, 'column "y" holds one category, "a"'),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("size", [500_000, 3])
def test_data_that_do_not_fit_are_refused_in_one_line(case: str, size: int) -> None:
    change, arguments, message = REFUSED[case]
    with pytest.raises(FitError) as error:
        read(change(design()), FORMULA, **{"family": "gaussian", "chunk_rows": size, **arguments})
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_weight_drops_its_row() -> None:
    table = read(set_row("w", np.nan)(design()), FORMULA, family="gaussian", weights="w")
    assert (table.n, table.dropped) == (59, 1)


def test_the_response_cannot_explain_itself() -> None:
    with pytest.raises(FitError, match='column "y" is the response and stands on the right'):
        read(design(), parse("y ~ x + y + (1 | item)"), family="gaussian")


def test_a_path_that_is_no_parquet_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="there is no such file"):
        read(tmp_path / "none.parquet", FORMULA, family="gaussian")
    (tmp_path / "text.parquet").write_text("item,y\n")
    with pytest.raises(FitError, match="cannot be read as Parquet"):
        read(tmp_path / "text.parquet", FORMULA, family="gaussian")


def test_an_empty_file_holds_no_row(tmp_path: Path) -> None:
    design()[:0].to_parquet(tmp_path / "data.parquet")
    with pytest.raises(FitError, match="no complete row"):
        read(tmp_path / "data.parquet", FORMULA, family="gaussian")


def test_decimals_in_a_file_are_numbers(tmp_path: Path) -> None:
    table = pa.table({"y": pa.array([1, 2, 3], pa.decimal128(5, 2)), "x": pa.array([1, 2, 2], pa.decimal128(5, 2))})
    pq.write_table(table, tmp_path / "data.parquet")
    found = read(tmp_path / "data.parquet", parse("y ~ x"), family="gaussian")
    assert found.mean.tolist() == [1, 2.5]
    assert found.cells["x"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "arguments", [{"family": "poisson"}, {"family": "gaussian", "trials": "m"}, {"family": "gaussian", "chunk_rows": 0}]
)
def test_arguments_that_do_not_fit_together_are_a_mistake_of_the_caller(arguments: Any) -> None:
    with pytest.raises(ValueError, match=r"would be right|belong to"):
        read(design(), FORMULA, **arguments)


def group(*names: str) -> Group:
    levels = tuple(dict.fromkeys(sorted(names)))
    return Group(levels, np.array([levels.index(name) for name in names], dtype=np.int32))


def test_combined_levels_stand_in_the_order_of_the_first_factor_then_the_second() -> None:
    found = combine([group("b", "a", "b", "a", "b"), group("x", "z", "w", "z", "x")])
    assert found.levels == ("a:z", "b:w", "b:x")
    assert found.codes.tolist() == [2, 0, 1, 0, 2]
    assert found.codes.dtype == np.int32
    assert combine([group("a", "b"), group("c", "c"), group("d", "d")]).levels == ("a:c:d", "b:c:d")


def test_a_factor_is_nested_where_its_levels_lie_within_levels_of_another() -> None:
    inner, outer = np.array([0, 1, 2, 0, 4], dtype=np.int32), np.array([0, 0, 1, 0, 1], dtype=np.int32)
    assert nested(inner, outer)
    assert not nested(outer, inner)
    assert nested(inner[:0], outer[:0])


def test_only_a_gaussian_response_needs_fewer_levels_than_rows() -> None:
    groups = {"a:b": group("a", "b", "c")}
    check_groups(groups, 4, "gaussian")
    check_groups(groups, 3, "binomial")
    with pytest.raises(FitError, match='group "a:b" has 3 levels in 3 rows'):
        check_groups(groups, 3, "gaussian")
    with pytest.raises(FitError, match='group "a" has one level, "a"'):
        check_groups({"a": group("a", "a")}, 2, "ordinal")


def test_factors_that_only_combine_may_have_one_level() -> None:
    frame = design(persona=1)
    assert read(frame, parse("y ~ 1 + (1 | item:persona)"), family="gaussian").groups["persona"].levels == ("1",)
