"""One contrast by group of personas, shrunken, with the raw value beside it."""

from collections.abc import Sequence
from math import isfinite

from standfast.analysis.results import Subgroup
from standfast.reports import numbers, words
from standfast.reports.drawings import Forest, ForestGroup, ForestRow
from standfast.reports.parts import Figure
from standfast.reports.plates.interaction import point
from standfast.reports.source import Source

_CAPTION = (
    "By group of personas, {audit}: {title}, {contrast}. Square: shrunken towards all groups, with its {level} interval. "
    "Hollow: the same without shrinkage, which makes more of chance."
)
_PAGE = 34  # rows and headings of one figure


def plates(source: Source, found: Sequence[Subgroup], number: int) -> list[Figure]:
    """Return figures of the groups on one measure and contrast that each fit a page, nothing where none is known."""
    groups: list[ForestGroup] = []
    for attribute in dict.fromkeys(one.attribute for one in found):
        own = [one for one in found if one.attribute == attribute]
        names = list(dict.fromkeys(one.group for one in own))
        body = [_row(source, one) for one in sorted(own, key=lambda one: names.index(one.group))]
        for start in range(0, len(body), _PAGE - 1):
            more = " (continued)" if start else ""
            title = f"{attribute.replace('_', ' ')}{more}"
            groups.append(ForestGroup(title=title, rows=tuple(body[start : start + _PAGE - 1])))
    if not any(row.point for group in groups for row in group.rows):
        return []
    return [_plate(source, found[0], part, f"{number}-{i}") for i, part in enumerate(_parts(groups), 1)]


def _parts(groups: Sequence[ForestGroup]) -> list[tuple[ForestGroup, ...]]:
    """Divide the groups among figures of about one size, none higher than a page; a heading is as high as a row."""
    whole = sum(1 + len(group.rows) for group in groups)
    most = -(-whole // -(-whole // _PAGE))
    parts: list[list[ForestGroup]] = [[]]
    for group in groups:
        held = sum(1 + len(other.rows) for other in parts[-1])
        if parts[-1] and (held >= most or held + 1 + len(group.rows) > _PAGE):
            parts.append([])
        parts[-1].append(group)
    return [tuple(part) for part in parts]


def _plate(source: Source, first: Subgroup, groups: tuple[ForestGroup, ...], number: str) -> Figure:
    key = (first.audit, first.measure, first.contrast)
    whole = next((f for f in source.everything if (f.audit, f.measure, f.contrast) == key), None)
    title, contrast = (whole.title, words.contrast(whole)) if whole else (first.measure, first.contrast)
    told = [f"{g.title}, {r.label}: {r.estimate} {r.interval}".rstrip() for g in groups for r in g.rows]
    return Figure(
        id=f"subgroups-{number}",
        data=Forest(
            axis=f"{contrast} ({first.unit})",
            interval=f"{source.confidence} CI",
            size="n / personas",
            unit=first.unit,
            groups=groups,
        ),
        alt=f"{title}, {contrast}. " + "; ".join(told) + ".",
        caption=_CAPTION.format(audit=first.audit, title=title, contrast=contrast, level=source.confidence),
    )


def _row(source: Source, one: Subgroup) -> ForestRow:
    known = all(map(isfinite, (one.estimate, one.conf_low, one.conf_high)))
    return ForestRow(
        label=f"{one.group} · {one.model}" if len(source.subjects) > 1 else one.group,
        size=f"{numbers.count(one.n_obs)} / {numbers.count(one.n_personas)}",
        estimate=numbers.signed(one.estimate, one.unit) if known else numbers.NOT_ESTIMATED,
        interval=numbers.interval(one.conf_low, one.conf_high, one.unit) if known else "",
        point=point(0, one.estimate, one.conf_low, one.conf_high) if known else None,
        raw=one.raw if isfinite(one.raw) else None,
    )
