"""Two releases as one page: what changed, which items flipped, and what was said then and now."""

from collections.abc import Mapping
from typing import Any

from standfast.analysis.comparison import Comparison, Flip, ItemChange
from standfast.analysis.findings import Finding
from standfast.reports import numbers, rows, words
from standfast.reports.parts import (
    Block,
    Callout,
    Cell,
    Column,
    Document,
    FindingGroup,
    Findings,
    Group,
    Pairs,
    Prose,
    Section,
    SideBySide,
    Table,
)
from standfast.reports.sections.excerpts import clipped

TITLE = "What changed between two releases"
_SIMULATED = (
    "A subject or the judge of one of the runs is a program with planted behaviour. "
    "Nothing here says anything about a real model."
)
_NAMED = 5
_ITEMS = 60
_RULE = (
    "An item flips where a value goes from one end of its measure to the other within a pair: the same item, persona, "
    "role, wording, profile level, challenge and epoch. Worse and better are the measure's own sides. Flips are counted "
    "and not estimated; the findings above say what they amount to. Some flip by chance alone between two runs of one "
    "release."
)


def build(found: Comparison, run: Mapping[str, Any], *, machine: str) -> Document:
    """Write the comparison.

    Args:
        found: What changed.
        run: The candidate's run record.
        machine: The same as JSON.
    """
    sections = [_changes(found), _items(found), _transcripts(found)]
    suite = run["suite"]
    return Document(
        title=TITLE,
        name=f"{found.candidate} against {found.baseline}",
        facts=tuple(_paired(found)),
        simulated=_SIMULATED if found.simulated else "",
        verdict="missing",
        word="none, a comparison decides nothing",
        suite=f"{suite['name']} {suite['version']} · {suite['sha256'][:8]}",
        created=0,
        sections=tuple(section for section in sections if section.blocks),
        machine=machine,
    )


def _paired(found: Comparison) -> list[str]:
    """Say who was compared with whom."""
    return [
        f"{pair.model} with {pair.baseline}: {pair.audit}, {numbers.count(pair.n_paired)} of "
        f"{numbers.count(pair.n_candidate)} samples have a counterpart"
        for pair in found.pairings
    ]


def _changes(found: Comparison) -> Section:
    """Return the paired differences, lead measures first in a sentence each."""
    lead = [f for f in found.findings if f.primary and f.status == "ok" and f.direction in ("higher", "lower")]
    worse, better = ([f for f in lead if _clear(f) == side] for side in (-1, 1))
    told = [
        f"Paired differences on lead measures with a better side: {len(lead)}. Worse with the whole "
        f"{100 * found.conf_level:g} % interval: {len(worse)}. Better: {len(better)}. The other intervals hold zero."
    ]
    told += [f"Worse: {_line(f)}" for f in worse[:_NAMED]] + [f"Better: {_line(f)}" for f in better[:_NAMED]]
    callout = Callout(tone="fail" if worse else "plain", headline=_headline(worse, better), paragraphs=tuple(told))
    return Section(id="changes", title="What changed", blocks=(callout, _table(found)))


def _headline(worse: list[Finding], better: list[Finding]) -> str:
    if not worse and not better:
        return "No lead measure changed by more than its interval allows for."
    sides = [
        f"{words.counted(len(own), 'lead measure')} got {how}"
        for own, how in ((worse, "worse"), (better, "better"))
        if own
    ]
    return words.sentence(words.listed(sides))


def _clear(finding: Finding) -> int:
    """Return 1 where the whole interval is better than 0, −1 where it is worse."""
    sign = 1 if finding.direction == "higher" else -1
    return sign * ((finding.conf_low > 0) - (finding.conf_high < 0))


def _line(finding: Finding) -> str:
    size = rows.size(finding.n_obs, finding.n_items)
    return (
        f"{finding.title}, {finding.contrast}, {finding.model}: {numbers.estimate(finding)} {finding.unit}, {size} "
        f"({finding.id})."
    )


def _table(found: Comparison) -> Findings:
    groups: dict[str, list[Finding]] = {}
    for f in found.findings:
        groups.setdefault(f"{f.audit} · {f.title}, {f.unit}", []).append(f)
    return Findings(
        label="Candidate − baseline",
        keys=("contrast", "subject"),
        groups=tuple(
            FindingGroup(title=title, rows=tuple(rows.finding_row(f, rows.scales(own).get(f.unit)) for f in own))
            for title, own in groups.items()
        ),
        interval=f"{100 * found.conf_level:g} % CI",
        explore=True,
        csv_head=rows.CSV_HEAD,
    )


def _items(found: Comparison) -> Section:
    """Return the items that flipped."""
    if not found.items:
        return Section(id="items", title="Items that flipped", blocks=(Prose(paragraphs=("None did.",)),))
    columns = (
        Column(title="Item", width="wide"),
        Column(title="Measure"),
        Column(title="Worse", align="right"),
        Column(title="Better", align="right"),
        Column(title="Pairs", align="right"),
        Column(title="Mean change", align="right"),
    )
    shown = found.items[:_ITEMS]
    note = (
        f"The first {len(shown)} of {len(found.items)}; comparison.json has all. "
        if len(shown) < len(found.items)
        else ""
    )
    table = Table(
        label="Items that flipped, those that got worse most often first",
        columns=columns,
        groups=(Group(title="", rows=tuple(_row(one) for one in shown)),),
        note=note + _RULE,
        dense=True,
    )
    return Section(id="items", title="Items that flipped", blocks=(table,))


def _row(one: ItemChange) -> tuple[Cell, ...]:
    return (
        Cell(text=one.item, sub=f"{one.model} · {one.audit}"),
        Cell(text=one.title),
        Cell(text=numbers.count(one.worse), tone="fail" if one.worse > one.better else "plain"),
        Cell(text=numbers.count(one.better)),
        Cell(text=numbers.count(one.n)),
        Cell(text=f"{numbers.signed(one.change, one.unit)} {one.unit}"),
    )


def _transcripts(found: Comparison) -> Section:
    """Return what was said then and now."""
    blocks: list[Block] = [Prose(paragraphs=("No sample of a lead measure got worse from one end to the other.",))]
    if found.flips:
        blocks = [Pairs(items=tuple(_beside(found, flip, n) for n, flip in enumerate(found.flips, 1)))]
    return Section(id="transcripts", title="Then and now", blocks=tuple(blocks))


def _beside(found: Comparison, flip: Flip, number: int) -> SideBySide:
    condition = [flip.audit, f"{flip.role} role", words.profile(flip.profile)]
    condition += [f"challenge {flip.challenge}"] if flip.challenge != "none" else []
    return SideBySide(
        id=f"pair-{number}",
        title=flip.item,
        meta=" · ".join([*condition, f"epoch {flip.epoch}", flip.sample]),
        why=words.sentence(flip.why),
        names=(
            f"Then: {found.baseline}, {flip.baseline}. {flip.title} {flip.was:g}",
            f"Now: {found.candidate}, {flip.model}. {flip.title} {flip.now:g}",
        ),
        before=clipped(flip.before, {}),
        after=clipped(flip.after, {}),
    )
