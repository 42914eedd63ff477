"""UKPConvArg1Strict: pairs of arguments for one side of one debate, and which of them a crowd found more convincing.

Format: a folder of files that end in `.csv` and are tab-separated and unquoted, each of one debate and side, with the
header `#id label a1 a2` and the label a1 or a2. Line breaks stand in the texts as `<br/>`. Source: Habernal and Gurevych
2016, ACL; github.com/UKPLab/acl2016-convincing-arguments, CC BY 4.0; 11,650 pairs in 32 files. A judge's choices are
held against them by `standfast convincing`; no audit asks them.
"""

from pathlib import Path
from typing import Literal, NamedTuple

from standfast.audits.benchmarks._files import lines
from standfast.audits.benchmarks._rows import Row
from standfast.errors import SuiteError

HEADER = "#id\tlabel\ta1\ta2"


class ArgumentPair(NamedTuple):
    """Two arguments for the same side.

    Attributes:
        id: Unique within its file.
        file: Name of the file without its ending: debate and side.
        a1: An argument, as the source has it.
        a2: Another one.
        label: The one that the crowd found more convincing.
    """

    id: str
    file: str
    a1: str
    a2: str
    label: Literal["a1", "a2"]


def read(path: str) -> list[ArgumentPair]:
    """Read the pairs of a folder, or of one file, in order of name and row.

    Raises:
        SuiteError: There is no file, a file is another one, a row has not four cells, or a pair stands twice.
    """
    files = sorted(Path(path).glob("*.csv")) if Path(path).is_dir() else [Path(path)]
    if not files:
        message = f"{path}: holds no file that ends in .csv; expected the files of UKPConvArg1Strict-CSV"
        raise SuiteError(message)
    return [pair for file in files for pair in _pairs(file)]


def _pairs(file: Path) -> list[ArgumentPair]:
    first, *rows = lines(file)
    if first.text("line") != HEADER.strip():
        message = f"{file}: begins with '{first.text('line')[:60]}'; expected '#id', 'label', 'a1', 'a2' between tabs"
        raise SuiteError(message)
    found: dict[str, ArgumentPair] = {}
    for row in rows:
        pair = _pair(file, row)
        if pair.id in found:
            message = f"the pair '{pair.id[:60]}' stands twice; expected each once"
            raise row.wrong(message)
        found[pair.id] = pair
    if not found:
        message = f"{file}: has no rows; expected at least one"
        raise SuiteError(message)
    return list(found.values())


def _pair(file: Path, row: Row) -> ArgumentPair:
    cells = str(row.cells["line"]).split("\t")
    if len(cells) != 4:
        message = f"has {len(cells)} cells; expected 4, with tabs between them"
        raise row.wrong(message)
    named = Row(row.where, row.number, dict(zip(("id", "label", "a1", "a2"), cells, strict=True)))
    label = named.one_of("label", ("a1", "a2"))
    for name in ("id", "a1", "a2"):
        named.text(name)
    return ArgumentPair(cells[0], file.stem, cells[2], cells[3], "a1" if label == "a1" else "a2")
