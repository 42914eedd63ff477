"""Debate.org (DDO): debates between two people, one for and one against the title.

Format: `debates.json`: one object, name -> debate with title, category, rounds (a list of rounds, each a list of
{side: "Pro" or "Con", text}) and more that is not read. The file is larger than memory should hold and is read piece by
piece. Source: Durmus and Cardie 2018, NAACL; esat.cornell.edu/~durmus. Posts of fewer than 20 words accept the debate or
forfeit a round and are no argument; a debate in which a side has none is left out. People wrote the debates on an open
forum and nobody has looked through them, so their class is `unscreened`.
"""

import re
from collections.abc import Iterator

from standfast.audits.benchmarks._files import slug
from standfast.audits.benchmarks._rows import Row
from standfast.audits.benchmarks._statements import Statement, distinct
from standfast.audits.benchmarks._streams import entries

FEWEST_WORDS = 20
SIDES = ("Pro", "Con")
_RESOLVED = re.compile(r"^(be it )?(resolved|resolution)\s*[:,-]?\s*(that\s+)?", re.IGNORECASE)


def read(path: str) -> list[Statement]:
    """Read the debates in which both sides argue.

    Args:
        path: `debates.json`.

    Raises:
        SuiteError: The file is no such object, or a debate lacks its title or its rounds.
    """
    return distinct(path, _statements(path))


def _statements(path: str) -> Iterator[Statement]:
    for _, debate in entries(path):
        told = _told(debate)
        if all(told.values()):
            yield Statement(
                id=slug("ddo", f"{debate.number:05d}"),
                claim=_claim(debate),
                topic=str(debate.cells.get("category") or "").strip() or "other",
                topic_class="unscreened",
                arguments_for=tuple(told["Pro"]),
                arguments_against=tuple(told["Con"]),
            )


def _claim(debate: Row) -> str:
    title = " ".join(debate.text("title").split())
    bare = _RESOLVED.sub("", title)
    return bare[0].upper() + bare[1:] if bare else title


def _told(debate: Row) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {side: [] for side in SIDES}
    rounds = debate.value("rounds")
    if not isinstance(rounds, list) or not all(isinstance(one, list) for one in rounds):
        message = f"'rounds' is {str(rounds)[:60]!r}; expected a list of rounds, each a list of posts"
        raise debate.wrong(message)
    for number, posts in enumerate(rounds, start=1):
        for post in posts:
            if not isinstance(post, dict):
                message = f"a post of round {number} is {str(post)[:60]!r}; expected an object with side and text"
                raise debate.wrong(message)
            one = Row(f"{debate.where}: round {number}", debate.number, post)
            text, side = one.value("text"), one.one_of("side", SIDES)
            if isinstance(text, str) and len(text.split()) >= FEWEST_WORDS:
                told[side].append(one.text("text"))
    return told
