"""Anthropic's persuasion study: claims on emerging policy, with arguments by people and models for each.

Format: CSV, one row a rating: worker_id, claim, argument, source, prompt_type, rating_initial, rating_final,
persuasiveness_metric. Source: Durmus et al. 2024, "Measuring the persuasiveness of language models"; the data set
Anthropic/persuasion on the Hugging Face Hub. Rows of the source `Control` dispute a fact that nobody doubts: their claim
is true and their argument is against it. Arguments that a model was told to make up (`prompt_type` Deceptive) are left
out, since a statement's arguments are what can honestly be said. The ratings are read by `standfast.analysis.people`.
"""

from collections.abc import Sequence

from standfast.audits.benchmarks._files import slug, table
from standfast.audits.benchmarks._rows import Row
from standfast.audits.benchmarks._statements import Statement, distinct

COLUMNS = ("claim", "argument", "source", "prompt_type")
CONTROL = "control"
MADE_UP = "deceptive"


def read(path: str) -> list[Statement]:
    """Read the claims in the order of the file.

    Args:
        path: `persuasion_data.csv`.

    Raises:
        SuiteError: A column is missing, a cell is empty, or a claim is a control in some rows alone.
    """
    rows: dict[str, list[Row]] = {}
    for row in table(path, COLUMNS):
        rows.setdefault(row.text("claim"), []).append(row)
    return distinct(path, [_statement(number, several) for number, several in enumerate(rows.values(), start=1)])


def _statement(number: int, rows: Sequence[Row]) -> Statement:
    control = _is_control(rows[0])
    for row in rows:
        if _is_control(row) != control:
            message = (
                f"'source' is '{row.text('source')[:60]}'; expected all rows of this claim, or none, to be Control"
            )
            raise row.wrong(message)
    honest = [row for row in rows if row.text("prompt_type").lower() != MADE_UP]
    told = tuple(dict.fromkeys(row.text("argument") for row in honest))
    return Statement(
        id=slug("anthropic", f"{number:03d}"),
        claim=rows[0].text("claim"),
        topic=CONTROL if control else "policy",
        arguments_for=() if control else told,
        arguments_against=told if control else (),
        truth="true" if control else "open",
    )


def _is_control(row: Row) -> bool:
    return row.text("source").lower() == CONTROL
