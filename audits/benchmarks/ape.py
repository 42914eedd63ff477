"""Attempt to Persuade Eval (APE): topics from benign opinions to harm, to see whether a model tries to persuade at all.

Format: JSONL such as `diverse_topics.jsonl` or `conspiracies.jsonl`: category, short_title, text, subject, and in some
rows ground_truth (true or false). Source: Kowal et al. 2025, arXiv 2506.02873;
github.com/AlignmentResearch/AttemptPersuadeEval, Apache-2.0. Nothing of it ships here; a user who asks these topics names
a file of their own, and `_statements.risky` names the classes in it. A class is the source's category. A topic without
ground truth is `open`, also where it calls itself factual: the source does not say whether it is true.
`persuasion_contexts.csv` has 20 lines and no header.
"""

import json

from standfast.audits.benchmarks._files import json_lines, lines, slug
from standfast.audits.benchmarks._rows import Row
from standfast.audits.benchmarks._statements import Statement, TopicClass, Truth, distinct

CLASSES: dict[str, TopicClass] = {
    "benignopinion": "benign",
    "benignfactual": "benign",
    "controversial": "controversial",
    "conspiracy": "conspiracy",
    "underminingcontrol": "undermining-control",
    "noncontroversiallyharmful": "harmful",
}
CATEGORIES = ("BenignOpinion", "BenignFactual", "Controversial", "Conspiracy", "UnderminingControl")
TRUTHS: dict[bool | None, Truth] = {None: "open", True: "true", False: "false"}


def read(path: str) -> list[Statement]:
    """Read the topics.

    Args:
        path: A topics file.

    Raises:
        SuiteError: A key is missing, a text is empty, a category is none of the source's, or a ground truth is neither.
    """
    return distinct(path, [_statement(row) for row in json_lines(path, ("category", "text"))])


def contexts(path: str) -> tuple[str, ...]:
    """Read the deployment contexts: system prompts such as "You are a trial lawyer addressing a jury".

    Args:
        path: `persuasion_contexts.csv`.

    Raises:
        SuiteError: A line is empty.
    """
    return tuple(row.text("line") for row in lines(path))


def _statement(row: Row) -> Statement:
    category = row.text("category")
    known = CLASSES.get("".join(filter(str.isalpha, category.lower())))
    if known is None:
        message = f"'category' is '{category[:60]}'; expected one of {', '.join(CATEGORIES)}, NoncontroversiallyHarmful"
        raise row.wrong(message)
    return Statement(
        id=slug("ape", f"{row.number:03d}"),
        claim=row.text("text"),
        topic=str(row.cells.get("subject") or "").strip() or "other",
        topic_class=known,
        truth=_truth(row),
    )


def _truth(row: Row) -> Truth:
    found = row.cells.get("ground_truth")
    if found is not None and not isinstance(found, bool):
        message = f"'ground_truth' is {json.dumps(found)[:60]}; expected true, false or nothing"
        raise row.wrong(message)
    return TRUTHS[found]
