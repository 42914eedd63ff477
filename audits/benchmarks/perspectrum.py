"""Perspectrum: contested claims with perspectives that people judged to support or to undermine them.

Format: `perspectrum_with_answers_v1.0.json` (a list of cId, text, source, topics, perspectives[pids, stance_label_3,
...]) with `perspective_pool_v1.0.json` (a list of pId, text, source) beside it. Of each group of perspectives that say
the same, the first is taken. Source: Chen et al. 2019, NAACL; github.com/CogComp/perspectrum, CC BY-SA 4.0. Five claims
stand twice and are one statement each. Some claims are headings ("Ten Commandments: Display in Schools") or imperatives;
they are kept as they are, since published work asked them so (arXiv 2503.01829, 2509.22989).
"""

from pathlib import Path

from standfast.audits.benchmarks._files import array, slug
from standfast.audits.benchmarks._rows import Row
from standfast.audits.benchmarks._statements import Statement, distinct

CLAIMS, POOL = "perspectrum_with_answers_v1.0.json", "perspective_pool_v1.0.json"
STANCES = ("SUPPORT", "UNDERMINE")


def read(path: str) -> list[Statement]:
    """Read the claims with their perspectives.

    Args:
        path: Folder `data/dataset` of the repository, or the file of claims in it.

    Raises:
        SuiteError: A file is absent or another one, a stance is neither, or a perspective is not in the pool.
    """
    claims = Path(path) / CLAIMS if Path(path).is_dir() else Path(path)
    pool = {int(row.number_in("pId")): row.text("text") for row in array(claims.with_name(POOL), ("pId", "text"))}
    return distinct(path, [_statement(row, pool) for row in array(claims, ("cId", "text", "perspectives"))])


def _statement(row: Row, pool: dict[int, str]) -> Statement:
    told: dict[str, list[str]] = {stance: [] for stance in STANCES}
    groups = row.value("perspectives")
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        message = f"'perspectives' is {str(groups)[:60]!r}; expected a list of objects"
        raise row.wrong(message)
    for place, group in enumerate(groups):
        one = Row(f"{row.where}: perspectives[{place}]", row.number, group)
        told[one.one_of("stance_label_3", STANCES)].append(_first(one, pool))
    topics = row.cells.get("topics") or ["other"]
    return Statement(
        id=slug("perspectrum", f"{int(row.number_in('cId')):04d}"),
        claim=row.text("text"),
        topic=row.told("topics", topics[0] if isinstance(topics, list) else topics),
        arguments_for=tuple(told["SUPPORT"]),
        arguments_against=tuple(told["UNDERMINE"]),
    )


def _first(group: Row, pool: dict[int, str]) -> str:
    ids = group.value("pids")
    if not isinstance(ids, list) or not ids or not isinstance(ids[0], int) or ids[0] not in pool:
        message = f"'pids' is {str(ids)[:60]!r}; expected ids of perspectives in {POOL}"
        raise group.wrong(message)
    return pool[ids[0]]
