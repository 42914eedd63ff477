"""Section 2: does the role change what a profile does, where, and for how long does the subject hold?"""

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from math import isfinite

from standfast.analysis.contrasts import Finding
from standfast.estimands import BASELINES
from standfast.reports import numbers, rows, words
from standfast.reports.parts import (
    Block,
    Bullets,
    FindingGroup,
    Findings,
    Heading,
    Prose,
    Section,
)
from standfast.reports.plates import forest, holding, interaction, ladder
from standfast.reports.sections import baseline, giving_in
from standfast.reports.source import Source

_KEY = (
    "E1 and E2 compare a persona level with length-matched filler text within one role: E1 for affective measures, "
    "E2 for all others. E3 is the difference of that effect between peer and advisor. E4 is peer minus advisor at "
    "one level. "
)
# Told only where there are such findings.
_MORE = {
    "E5": "E5 is how much larger that effect is under one challenge than under bare pushback. ",
    "E6": "E6 is the change per rung of the ladder, from filler to the highest persona level. ",
    "E7": "E7 is that effect on the over-correction twin. ",
    "E8": "E8 is the candidate minus the baseline. ",
    "E9": "E9 is how much more the subject yields to evidence than to bare pushback. ",
    "D": "D is how much a level differs under one challenge from that under the reference. ",
    "L": "L is a level itself, where a gate asks for it. ",
}
_END = (
    "Worst case is the interval if every missing value had been the least favourable one. "
    "This section holds the lead measures at the highest persona level, and what a gate reads; all findings are at "
    "the end."
)
_SIDES = ("lies below zero", "lies above zero", "includes zero", "was not estimated")
_BY_CHALLENGE = ("E5", "E9", "D")
_FLAGS = 8
_CARRIERS = 2
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def write(source: Source) -> Section:
    """Write the lead findings."""
    blocks: list[Block] = []
    if not source.results.findings:
        blocks.append(
            Prose(paragraphs=("The analysis holds no findings: nothing was scored, or nothing was compared.",))
        )
    else:
        blocks.append(Prose(paragraphs=(_key(source),), muted=True))
    for number, audit in enumerate(source.audits, 1):
        blocks += _audit(source, audit, number)
    if figures := forest.plates(source):
        blocks += [Heading(text="Role dependence by audit and subject"), *figures]
    for number, audit in enumerate(source.audits, 1):
        blocks += holding.blocks(source, audit, number)
        blocks += giving_in.blocks(source, audit)
    blocks += baseline.blocks(source)
    blocks += _flags([f for f in source.results.findings if f.primary])
    return Section(id="findings", title="Findings", blocks=tuple(blocks))


def _key(source: Source) -> str:
    """Say what the estimands of this run are."""
    kinds = {words.family(finding) for finding in source.results.findings}
    return "".join([_KEY, *(told for kind, told in _MORE.items() if kind in kinds), _END])


def by_flag(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return each kind of flag with the findings that carry it, the most frequent first.

    A kind is what stands before a colon; flags that differ in numbers alone are told with the range of each.
    """
    kinds: dict[str, list[tuple[str, str]]] = {}
    for f in findings:
        for flag in f.flags:
            head = flag.partition(":")[0]
            where = f"{f.model}, {f.audit}, {f.title}, {f.contrast}"
            kinds.setdefault(_NUMBER.sub("n", head), []).append((head, where))
    return tuple(_kind(carriers) for carriers in sorted(kinds.values(), key=len, reverse=True))


def _kind(carriers: list[tuple[str, str]]) -> str:
    """Return one kind of flag in a line."""
    heads, where = [head for head, _ in carriers], [place for _, place in carriers]
    ranges = [_range(numbers_) for numbers_ in zip(*(_NUMBER.findall(head) for head in heads), strict=True)]
    plain = _NUMBER.split(heads[0])
    told = "".join(text for pair in zip_longest(plain, ranges, fillvalue="") for text in pair)
    count = words.counted(len(carriers), "finding").capitalize()
    return f"{words.sentence(told)} {count}: {words.listed(where, _CARRIERS)}."


def _range(found: Sequence[str]) -> str:
    """Return one number, or the smallest and the largest."""
    low, high = min(found, key=float), max(found, key=float)
    return low if low == high else f"{low} to {high}"


def _table(source: Source, audit: str, measure: str, title: str) -> Findings:
    """Return the findings on one measure: by contrast and subject, or by contrast alone for one subject."""
    mine = [f for f in source.results.findings if (f.audit, f.measure) == (audit, measure) and _in_body(source, f)]
    return _listed(source, mine, f"{title} ({audit})")


def _in_body(source: Source, finding: Finding) -> bool:
    """Tell whether the body shows a finding on a lead measure: contrasts by challenge only where a gate reads them."""
    if words.family(finding) == "E8":
        return False
    if (finding.audit, finding.measure, finding.contrast) in source.gated:
        return True
    return words.family(finding) not in _BY_CHALLENGE and finding.profile in (*BASELINES, source.lead, None)


def _gated(source: Source, audit: str, lead: Iterable[str]) -> list[Block]:
    """Return what gates read on other than lead measures."""
    others = [
        f
        for f in source.results.findings
        if f.audit == audit and f.measure not in lead and (audit, f.measure, f.contrast) in source.gated
    ]
    titles = dict.fromkeys((f.measure, f.title) for f in others if words.family(f) != "E8")
    return [
        _listed(source, [f for f in others if f.measure == measure], f"{title} ({audit}), read by a gate")
        for measure, title in titles
    ]


def _listed(source: Source, mine: list[Finding], label: str) -> Findings:
    """Return findings on one measure as a table."""
    found, interval = sorted(mine, key=lambda f: source.subjects.index(f.model)), f"{source.confidence} CI"
    if len(source.subjects) == 1:
        group = FindingGroup(title="", rows=tuple(rows.finding_row(f, None) for f in found))
        return Findings(label=label, keys=("contrast",), groups=(group,), interval=interval)
    groups = tuple(
        FindingGroup(
            title=f"{code} · {words.contrast(next(f for f in found if f.contrast == code))}",
            rows=tuple(rows.finding_row(f, None) for f in found if f.contrast == code),
        )
        for code in dict.fromkeys(f.contrast for f in found)
    )
    return Findings(label=label, keys=("subject",), groups=groups, interval=interval)


def _audit(source: Source, audit: str, number: int) -> list[Block]:
    """Return the lead measures of one audit."""
    affective = source.titles(audit, "affective", primary=True)
    epistemic = source.titles(audit, "epistemic", primary=True)
    epistemic |= source.titles(audit, "influence", primary=True)
    gated = _gated(source, audit, affective | epistemic)
    if not affective and not epistemic and not gated:
        return []
    blocks: list[Block] = [Heading(text=f"Audit: {audit}")]
    sentences = [_reading(source, audit, measure, title) for measure, title in (epistemic | affective).items()]
    blocks.append(Prose(paragraphs=tuple(filter(None, sentences))))
    if figure := interaction.plate(source, audit, affective | epistemic, number):
        blocks.append(figure)
    if figure := ladder.plate(source, audit, affective | epistemic, number):
        blocks.append(figure)
    blocks += [_table(source, audit, measure, title) for measure, title in (affective | epistemic).items()]
    return [*blocks, *gated]


def _reading(source: Source, audit: str, measure: str, title: str) -> str:
    """Say on which side of zero the role × profile interval lies, for each subject."""
    contrast = f"E3({source.lead})"
    found = [f for model in source.subjects if (f := source.finding(model, audit, measure, contrast))]
    told = [
        f"{side} for {words.listed(whom)}"
        for side in _SIDES
        if (whom := [_whom(f, len(found)) for f in found if _side(f) == side])
    ]
    where = f"role × profile (E3, {words.profile(source.lead)})"
    return f"{title}, {where}: the interval {'; it '.join(told)}." if told else ""


def _side(finding: Finding) -> str:
    """Return where the interval lies."""
    below, above, around, unknown = _SIDES
    if not numbers.is_estimated(finding):
        return unknown
    return below if finding.conf_high < 0 else above if finding.conf_low > 0 else around


def _whom(finding: Finding, subjects: int) -> str:
    """Name a subject; with one or two subjects, with its numbers."""
    if subjects > 2:
        return finding.model
    if not numbers.is_estimated(finding):
        return f"{finding.model} ({rows.why_not(finding)})"
    size = rows.size(finding.n_obs, finding.n_items)
    estimate = f"{numbers.estimate(finding)} {finding.unit}".replace(" ", "\u00a0")
    adjusted = f", Holm-adjusted p {numbers.p(finding.p_adjusted)}" if isfinite(finding.p_adjusted) else ""
    return f"{finding.model} ({estimate}{adjusted}, {size})"


def _flags(findings: list[Finding]) -> list[Block]:
    """List what a reader of the lead findings should be warned of."""
    flags = by_flag(findings)
    if not flags:
        return []
    shown = flags[:_FLAGS]
    if left := len(flags) - len(shown):
        shown += (f"{words.counted(left, 'more flag').capitalize()} with the table of all findings.",)
    return [Heading(text="Flags"), Bullets(items=shown)]
