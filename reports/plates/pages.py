"""Rows of forests divided among figures that each fit a page."""

from collections.abc import Iterable

from standfast.reports.drawings import ForestGroup

_PAGE = 34  # rows and headings of one figure; a heading is as high as a row


def divided(groups: Iterable[ForestGroup]) -> list[tuple[ForestGroup, ...]]:
    """Divide groups among figures; one that is longer than a page goes on under its name in the next."""
    parts: list[list[ForestGroup]] = [[]]
    for group in (piece for whole in groups for piece in _pieces(whole)):
        held = sum(1 + len(other.rows) for other in parts[-1])
        if parts[-1] and held + 1 + len(group.rows) > _PAGE:
            parts.append([])
        parts[-1].append(group)
    return [tuple(part) for part in parts]


def _pieces(group: ForestGroup) -> list[ForestGroup]:
    """Cut a group into pieces that each fit."""
    most = _PAGE - 1
    starts = range(0, len(group.rows), most)
    return [
        group.model_copy(
            update={
                "title": f"{group.title} (continued)" if start else group.title,
                "rows": group.rows[start : start + most],
            }
        )
        for start in starts
    ]
