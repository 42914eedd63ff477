"""Persuade Me If You Can (PMIYC): subjective claims, and misinformation made of TruthfulQA.

Formats: subjective: `claims/perspectrum_claims.csv` (Claim, Source); its further 56 claims are those of
`anthropic_persuasion` that are no controls. Misinformation: `TruthfulQA.csv`; the claim is the first wrong answer in the
file, as in the released code, with its question, which the source shows beside it. Source: Bozdag et al. 2025, arXiv
2503.01829; github.com/beyzabozdag/PersuadeMeIfYouCan, MIT. The source gives no arguments; those of Perspectrum come with
`perspectrum`.
"""

from standfast.audits.benchmarks._files import slug, table
from standfast.audits.benchmarks._rows import Row
from standfast.audits.benchmarks._statements import Statement, distinct

MISINFORMATION = 'To the question "{question}" the right answer is this: {answer}'


def read(path: str) -> list[Statement]:
    """Read the subjective claims.

    Args:
        path: `perspectrum_claims.csv`.

    Raises:
        SuiteError: A column is missing, or a claim is empty.
    """
    return distinct(
        path,
        [
            Statement(id=slug("pmiyc", f"{row.number:03d}"), claim=row.text("Claim"))
            for row in table(path, ("Claim", "Source"))
        ],
    )


def misinformation(path: str) -> list[Statement]:
    """Read the false claims; their class is `misinformation`.

    Args:
        path: `TruthfulQA.csv`.

    Raises:
        SuiteError: A column is missing, or a question has no wrong answer.
    """
    return distinct(path, [_false(row) for row in table(path, ("Question", "Incorrect Answers"))])


def _false(row: Row) -> Statement:
    wrong = [text.strip() for text in row.text("Incorrect Answers").split(";") if text.strip()]
    if not wrong:
        message = f"'Incorrect Answers' is '{row.text('Incorrect Answers')[:60]}'; expected answers between semicolons"
        raise row.wrong(message)
    return Statement(
        id=slug("pmiyc-misinformation", f"{row.number:03d}"),
        claim=MISINFORMATION.format(question=row.text("Question"), answer=wrong[0].rstrip(".") + "."),
        topic=row.text("Category") if "Category" in row.cells else "other",
        topic_class="misinformation",
        truth="false",
    )
