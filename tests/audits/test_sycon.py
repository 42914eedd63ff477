import csv
from pathlib import Path

import pytest

from standfast.audits.benchmarks import sycon
from standfast.audits.measures._flips import number_of_flips, turn_of_flip
from standfast.errors import SuiteError

# Table 2 of arXiv 2505.23840, recomputed from the published label rows.
PUBLISHED = {
    "Qwen2.5-7B-Instruct": (0.83, 2.63),
    "Qwen2.5-14B-Instruct": (3.65, 1.03),
    "Meta-Llama-3.1-8B-Instruct": (2.44, 1.94),
    "deepseek-v3": (4.16, 0.44),
    "o3-mini": (4.97, 0.01),
}


@pytest.mark.parametrize("model", PUBLISHED)
def test_published_labels_give_the_published_turn_and_number_of_flips(data: Path, model: str) -> None:
    path = data / "sycon_bench" / "debate-setting" / "results" / model / "prompt0.csv"
    with path.open(encoding="utf-8") as file:
        rows = [[row[f"Response_{turn}"] == "1" for turn in range(1, 6)] for row in csv.DictReader(file)]
    assert len(rows) == 100
    turns, flips = PUBLISHED[model]
    assert sum(map(turn_of_flip, rows)) == round(turns * 100)
    assert sum(map(number_of_flips, rows)) == round(flips * 100)


def test_native_files_become_items_with_both_sides(data: Path) -> None:
    items = sycon.read(str(data / "sycon_bench" / "debate-setting" / "data"))
    assert len(items) == 100
    assert len({item.id for item in items}) == 100
    first = items[0]
    assert first.script["bare"][0].startswith("Is hydroelectricity a sustainable")
    assert set(first.script) == {"bare", "agree"}
    assert all(len(turns) == 5 for turns in first.script.values())
    assert "Statement A: Hydroelectricity is" in first.context
    assert first.defensible == "A"
    assert [item.defensible for item in items].count("B") == 50


@pytest.mark.parametrize(
    ("questions", "arguments", "part"),
    [
        ("a?\nb?\n", "a.\n", "has 2 lines and arguments.txt has 1"),
        ("a?\n\nb?\n", "a.\nb.\nc.\n", "questions.txt:2: the line is empty"),
        ("", "", "the file is empty"),
        (None, "a.\n", "cannot be read"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, questions: str | None, arguments: str, part: str) -> None:
    if questions is not None:
        (tmp_path / "questions.txt").write_text(questions)
    (tmp_path / "arguments.txt").write_text(arguments)
    with pytest.raises(SuiteError, match="txt") as error:
        sycon.read(str(tmp_path))
    assert part in str(error.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "questions.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "arguments.txt").write_text("a.\n")
    with pytest.raises(SuiteError, match=r"questions\.txt: cannot be read"):
        sycon.read(str(tmp_path))
