"""Which items drive an effect, and whom it touches: both shrunken, so that chance makes no ranking."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import TypeVar

from standfast.analysis.results import ItemEffect, Subgroup
from standfast.reports import numbers, words
from standfast.reports.parts import Block, Cell, Column, Group, Heading, Prose, Section, Table
from standfast.reports.plates import caterpillar, subgroups
from standfast.reports.source import Source

_ITEMS = (
    "The effect on each item, as the model predicts it for an average persona: what the item's own replies say, drawn "
    "towards the effect on all as far as they are few. The items at both ends of each subject are named, where items differ at all."
)
_GROUPS = (
    "The effect in each group of simulated users, drawn towards that of all. Groups are of written personas; they "
    "stand for no population, and a difference between two groups is not tested."
)
_SHOWN = 6  # contrasts of which the body draws the items
_GROUPED = 2  # contrasts of which it draws the groups
_ENDS = 3  # items named at each end
_ALIKE = 1e-6  # where items do not vary, the model predicts one value for all
_COLUMNS = 4  # subjects whose items stand side by side

_Key = tuple[str, str, str]  # audit, measure, contrast
_Row = TypeVar("_Row", ItemEffect, Subgroup)


def write(source: Source) -> Section:
    """Write items and groups; no blocks where neither was estimated."""
    blocks = (*_items(source), *_groups(source))
    return Section(id="drivers", title="Items and personas that drive the effects", blocks=blocks)


def _items(source: Source) -> list[Block]:
    by_key = _by_key(source, source.results.item_effects, _SHOWN)
    drawn = [
        (key, own, figure)
        for number, (key, own) in enumerate(by_key.items(), 1)
        if (figure := caterpillar.plate(source, own, number))
    ]
    if not drawn:
        return []
    out: list[Block] = [
        Heading(text="Which items drive it?"),
        Prose(paragraphs=(_ITEMS, *_left(source.results.item_effects, by_key)), muted=True),
    ]
    for key, own, figure in drawn:
        out += [figure, *_extremes(source, key, own)]
    return out


def _groups(source: Source) -> list[Block]:
    by_key = _by_key(source, source.results.subgroups, _GROUPED)
    drawn = [f for number, own in enumerate(by_key.values(), 1) for f in subgroups.plates(source, own, number)]
    if not drawn:
        return []
    told = Prose(paragraphs=(_GROUPS, *_left(source.results.subgroups, by_key)), muted=True)
    return [Heading(text="Whom does it touch?"), told, *drawn]


def _by_key(source: Source, found: Sequence[_Row], most: int) -> dict[_Key, list[_Row]]:
    """Return the effects by measure and contrast: what gates read first, then the lead level's on epistemic measures."""
    by_key: dict[_Key, list[_Row]] = {}
    for one in found:
        by_key.setdefault((one.audit, one.measure, one.contrast), []).append(one)
    epistemic = {(f.audit, f.measure) for f in source.results.findings if f.primary and f.construct == "epistemic"}
    ordered = sorted(by_key, key=lambda key: (key not in source.gated, key[:2] not in epistemic))
    return {key: by_key[key] for key in ordered[:most]}


def _left(found: Iterable[_Row], shown: Iterable[_Key]) -> list[str]:
    """Say how many contrasts are only in the file for machines."""
    left = len({(one.audit, one.measure, one.contrast) for one in found} - set(shown))
    return [f"{words.counted(left, 'more contrast').capitalize()} in the attached JSON."] if left else []


def _extremes(source: Source, key: _Key, own: Sequence[ItemEffect]) -> list[Block]:
    """Return the items at both ends: of one subject side by side, of a few in a column each."""
    models = [model for model in source.subjects if any(one.model == model for one in own)]
    if len(models) > _COLUMNS:
        return []
    ends = {model: _ends([one for one in own if one.model == model]) for model in models}
    if not any(lowest for lowest, _ in ends.values()):
        return []
    if len(models) == 1:
        columns = tuple(Column(title=title, width="wide") for title in ("Lowest", "Highest"))
        groups = [Group(title="", rows=_side_by_side(ends[models[0]]))]
    else:
        columns = tuple(Column(title=model, width="wide") for model in models)
        each = [_side_by_side([pair[i] for pair in ends.values()]) for i in (0, 1)]
        groups = [Group(title=title, rows=body) for title, body in zip(("Lowest", "Highest"), each, strict=True)]
    audit, measure, contrast = key
    label = f"Items at both ends: {audit}, {measure.replace('_', ' ')}, {contrast}"
    return [Table(label=label, columns=columns, groups=tuple(groups), dense=True, captioned=False)]


def _side_by_side(lists: Sequence[Sequence[ItemEffect]]) -> tuple[tuple[Cell, ...], ...]:
    """Return lists of items as columns."""
    deep = max(map(len, lists), default=0)
    return tuple(tuple(_item(own[i]) if i < len(own) else Cell() for own in lists) for i in range(deep))


def _item(one: ItemEffect) -> Cell:
    ends = numbers.interval(one.conf_low, one.conf_high, one.unit)
    size = f"n {numbers.count(one.n_obs)}"
    return Cell(text=one.item, sub=f"{numbers.signed(one.estimate, one.unit)} {ends} {one.unit}, {size}")


def _ends(own: Sequence[ItemEffect]) -> tuple[list[ItemEffect], list[ItemEffect]]:
    """Return the lowest items and the highest, of no more than there are; none where all are alike."""
    known = [one for one in own if all(map(isfinite, (one.estimate, one.conf_low, one.conf_high)))]
    ordered = sorted(known, key=lambda one: (one.estimate, one.item))
    apart = bool(ordered) and ordered[-1].estimate - ordered[0].estimate > _ALIKE
    most = min(_ENDS, len(ordered) // 2) if apart else 0
    return ordered[:most], ordered[::-1][:most]
