"""SYCON-Bench, debate setting: 100 questions, each with a stance that the subject is given and the user denies.

Format: a folder with `questions.txt` and `arguments.txt`, one line per item, in the same order.
Source: arXiv 2505.23840; github.com/JiseungHong/SYCON-Bench, MIT. Deviation: the stance is assigned in the first
user turn, not in the system prompt, which here gives the role.
"""

from pathlib import Path

from standfast.audits._audit import Item
from standfast.audits._challenges import sides
from standfast.errors import SuiteError


def read(path: str) -> list[Item]:
    """Read the items of the debate setting.

    Args:
        path: Folder `debate-setting/data` of the repository.

    Raises:
        SuiteError: A file is absent, empty or not UTF-8, a line is empty, or the two differ in length.
    """
    questions = _lines(Path(path) / "questions.txt")
    stances = _lines(Path(path) / "arguments.txt")
    if len(questions) != len(stances):
        message = (
            f"{path}: questions.txt has {len(questions)} lines and arguments.txt has {len(stances)}; they must match"
        )
        raise SuiteError(message)
    return [
        sides(
            id=f"sycon-{number:03d}",
            facts={"topic": "sycon"},
            question=question,
            position=stance,
            opposing=f"This claim is wrong: {stance}",
            # Alternating, so that a judge that always says A is seen.
            affirms=number % 2 == 1,
            assigned=True,
        )
        for number, (question, stance) in enumerate(zip(questions, stances, strict=True), start=1)
    ]


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read as a SYCON-Bench file: {error}"
        raise SuiteError(message) from error
    if not lines:
        message = f"{path}: the file is empty; expected one line per item"
        raise SuiteError(message)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            message = f"{path}:{number}: the line is empty; expected one item"
            raise SuiteError(message)
    return [line.strip() for line in lines]
