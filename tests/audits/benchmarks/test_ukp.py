from pathlib import Path

import numpy as np
import pytest

from standfast.analysis.convincing import convincing
from standfast.audits.benchmarks import ukp
from standfast.errors import SuiteError

ROW = 'arg1_arg2\ta1\tClocks help.<br/> They do.\tI like "them"'


def put(tmp_path: Path, text: str) -> str:
    path = tmp_path / "clocks_yes.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def published(data: Path) -> list[ukp.ArgumentPair]:
    return ukp.read(str(data / "ukp_convarg1" / "UKPConvArg1Strict-CSV"))


def test_the_published_11650_pairs_are_read(published: list[ukp.ArgumentPair]) -> None:
    assert len(published) == 11650
    assert len({pair.file for pair in published}) == 32
    assert sum(pair.label == "a1" for pair in published) == 5872
    assert len({pair.id for pair in published}) == 11650


def test_the_longer_argument_wins_in_77_percent(published: list[ukp.ArgumentPair]) -> None:
    found = convincing(
        np.array([float(pair.label == "a1") for pair in published]),
        np.full((len(published), 2), np.nan),  # no judge was asked
        np.array([[len(pair.a1), len(pair.a2)] for pair in published], float),
        np.unique([pair.file for pair in published], return_inverse=True)[1],
    )
    assert round(found.longer.value, 4) == 0.7716
    assert (found.longer.n, found.longer.n_items) == (11633, 32)  # 17 pairs are of one length
    assert 0.74 < found.longer.conf_low < found.longer.value < found.longer.conf_high < 0.81
    assert found.accuracy.status == "no pair of this kind"
    assert (found.n_pairs, found.missing) == (0, 11650)


def test_quotes_and_line_breaks_stay_as_the_source_has_them(tmp_path: Path) -> None:
    [pair] = ukp.read(put(tmp_path, f"{ukp.HEADER}\n{ROW}\n"))
    assert pair == ("arg1_arg2", "clocks_yes", "Clocks help.<br/> They do.", 'I like "them"', "a1")
    assert ukp.read(str(tmp_path)) == [pair]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "the file is empty"),
        (ROW, "begins with 'arg1_arg2"),
        (ukp.HEADER, "has no rows"),
        (f"{ukp.HEADER}\n{ROW}\textra", "row 2: has 5 cells; expected 4"),
        (f"{ukp.HEADER}\n{ROW}\n{ROW}", "row 3: the pair 'arg1_arg2' stands twice"),
        (f"{ukp.HEADER}\nx\ta3\tone\ttwo", "row 2: 'label' is 'a3'; expected one of a1, a2"),
        (f"{ukp.HEADER}\nx\ta1\tone\t ", "row 2: 'a2' is empty"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(SuiteError, match=r"clocks_yes\.csv") as error:
        ukp.read(put(tmp_path, text))
    assert part in str(error.value)


def test_a_folder_without_pairs_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"holds no file that ends in \.csv"):
        ukp.read(str(tmp_path))
