"""The judge against people: agreement, confusions, bias, and the findings with its error taken off."""

from collections.abc import Iterable, Sequence
from math import isfinite

from standfast.analysis.bias import Bias
from standfast.analysis.calibration import Calibration, FacetAgreement
from standfast.analysis.contrasts import Finding
from standfast.analysis.correction import CorrectedFinding
from standfast.reports import numbers, rows, words
from standfast.reports.parts import Block, Cell, Column, Group, Heading, Prose, Table
from standfast.reports.plates import confusion
from standfast.reports.sections.agreement import coefficient, reasons
from standfast.reports.source import Source

_FACETS = (
    "Each answer of a person is held against the judge's on the same reply. Where people agree no better with one "
    "another than with the judge, more cannot be asked of it. Intervals {level}, whole items resampled."
)
_BIAS = (
    "Human minus judge in the measure's own scale, where a yes-or-no measure runs from 0 to 1: above zero, the judge "
    "says less than people do. A bias that differs between conditions moves the findings; one that does not cancels "
    "in a contrast."
)
_CORRECTED = (
    "Prediction-powered inference: the contrast of human minus judge among the labelled replies is added to the "
    "judge's, and so is its variance. The interval is as wide as the labels are few. Gates read the uncorrected "
    "finding."
)
_CONFUSION = "Rows: what a person answered. Columns: what the judge answered. Counts of answers."
_POOLED = "Where labels are too few for each condition, the judge's error is taken to be the same over those named."


def body(source: Source) -> list[Block]:
    """Return agreement by question, bias by measure, and the corrected lead findings."""
    made = source.results.calibration
    if made is None:
        return []
    told = _FACETS.format(level=f"{100 * made.conf_level:g} %")
    out: list[Block] = [Heading(text="Does the judge agree with people?"), Prose(paragraphs=(told,), muted=True)]
    out += [*confusion.plates(made), _facets(made)]
    overall = [b for b in made.biases if not b.role]
    if overall:
        out += [Prose(paragraphs=(_BIAS,), muted=True), _bias(source, overall, "Bias of the judge")]
    shown = [c for c in source.results.corrected if _leads(source, c)]
    return [*out, *_corrections(source, shown, "Findings with the judge's error taken off")]


def details(source: Source) -> list[Block]:
    """Return the confusions, the bias by role and profile, and every other corrected finding."""
    made = source.results.calibration
    if made is None:
        return []
    out: list[Block] = [Heading(text="Where judge and people differ"), Prose(paragraphs=(_CONFUSION,), muted=True)]
    out += [_confusion(facet) for facet in made.facets]
    if apart := [b for b in made.biases if b.role]:
        out += [Heading(text="Bias of the judge by role and profile"), _bias(source, apart, "Bias by condition")]
    others = [c for c in source.results.corrected if not _leads(source, c)]
    shown = [c for c in others if _primary(source, c)]
    out += _corrections(source, shown, "Other corrected findings on lead measures")
    if left := len(others) - len(shown):
        out.append(
            Prose(paragraphs=(f"Corrections on other measures, {numbers.count(left)}, are in the attached JSON.",))
        )
    return out


def _primary(source: Source, found: CorrectedFinding) -> bool:
    plain = source.finding(found.model, found.audit, found.measure, found.contrast)
    return plain is not None and plain.primary


def _leads(source: Source, found: CorrectedFinding) -> bool:
    """Tell whether the body shows a correction: of a gated finding, or a lead one at the lead level."""
    plain = source.finding(found.model, found.audit, found.measure, found.contrast)
    if plain is None:
        return False
    lead = plain.primary and plain.profile == source.lead and words.family(plain) in ("E1", "E2", "E3")
    return lead or (found.audit, found.measure, found.contrast) in source.gated


def _facets(made: Calibration) -> Table:
    columns = (
        Column(title="Question", width="wide"),
        Column(title="same answer", align="right"),
        Column(title="kappa", align="right"),
        Column(title="alpha", align="right"),
        Column(title="alpha among people", align="right"),
        Column(title="labels", align="right"),
    )
    body = tuple(
        (
            Cell(text=facet.facet.replace("_", " "), sub=words.counted(facet.n_raters, "rater")),
            coefficient(facet.accuracy),
            coefficient(facet.kappa),
            coefficient(facet.alpha),
            coefficient(facet.between_raters) if facet.n_raters > 1 else Cell(text="–", sub="one rater", tone="muted"),
            Cell(
                text=numbers.count(facet.n_answers),
                sub=f"{numbers.count(facet.n_unread)} unread" if facet.n_unread else "",
            ),
        )
        for facet in made.facets
    )
    told = [c for f in made.facets for c in (f.accuracy, f.kappa, f.alpha)]
    told += [f.between_raters for f in made.facets if f.n_raters > 1]
    label, groups = "Judge and people, by question", (Group(title="", rows=body),)
    return Table(label=label, columns=columns, groups=groups, note=reasons(told), dense=True)


def _confusion(facet: FacetAgreement) -> Table:
    names = list(facet.confusion)
    columns = (Column(title="Person", width="wide"), *(Column(title=name, align="right") for name in names))
    body = tuple(
        (Cell(text=person), *(_count(facet.confusion[person].get(name, 0), person == name) for name in names))
        for person in names
    )
    label = f"{facet.facet.replace('_', ' ')}: a person's answer against the judge's"
    return Table(label=label, columns=columns, groups=(Group(title="", rows=body),), dense=True)


def _count(number: int, same: bool) -> Cell:
    return Cell(text=numbers.count(number), tone="strong" if same else "plain" if number else "muted")


def _bias(source: Source, found: Sequence[Bias], label: str) -> Table:
    titles = {f.measure: f.title for f in source.results.findings}
    where = any(b.role for b in found)
    columns = (
        Column(title="Measure", width="wide"),
        *([Column(title="Role"), Column(title="Profile")] if where else []),
        Column(title="human − judge", align="right"),
        Column(title="n", align="right"),
    )
    body = tuple(
        (
            Cell(text=titles.get(b.measure, b.measure)),
            *([Cell(text=b.role), Cell(text=words.profile(b.profile))] if where else []),
            _ends(b.estimate, b.conf_low, b.conf_high, b.status),
            Cell(text=rows.size(b.n, b.n_items)),
        )
        for b in found
    )
    return Table(label=label, columns=columns, groups=(Group(title="", rows=body),), dense=True, captioned=not where)


def _ends(value: float, low: float, high: float, status: str, unit: str = "") -> Cell:
    """Return a difference with its interval, or why it has none."""
    if not isfinite(value):
        return Cell(text=numbers.NOT_ESTIMATED, sub=words.sentence(status), tone="muted")
    if not (isfinite(low) and isfinite(high)):
        return Cell(text=f"{numbers.signed(value, unit)}, no interval", sub=words.sentence(status))
    return Cell(text=f"{numbers.signed(value, unit)} {numbers.interval(low, high, unit)} {unit}".rstrip())


def _corrections(source: Source, found: Sequence[CorrectedFinding], title: str) -> list[Block]:
    """Return corrected findings beside the uncorrected ones; those without a correction, by their reason."""
    done = [c for c in found if c.status == "ok" and isfinite(c.estimate)]
    out: list[Block] = [Heading(text=title)] if found else []
    if done:
        out += [Prose(paragraphs=(_CORRECTED,), muted=True), _table(source, done, title)]
    reasons: dict[str, int] = {}
    for c in found:
        if c not in done:
            why = c.status if c.status != "ok" else rows.NOT_FINITE
            reasons[why] = reasons.get(why, 0) + 1
    lost = [f"{words.counted(n, 'finding').capitalize()} could not be corrected: {why}." for why, n in reasons.items()]
    return [*out, Prose(paragraphs=(" ".join(lost),))] if lost else out


def _table(source: Source, found: Iterable[CorrectedFinding], label: str) -> Table:
    several = len(source.subjects) > 1
    columns = (
        Column(title="Contrast", width="wide"),
        *([Column(title="Subject")] if several else []),
        Column(title=f"as judged, {source.confidence} CI", align="right"),
        Column(title="corrected", align="right"),
        Column(title="labels", align="right"),
    )
    by_measure: dict[str, list[tuple[Cell, ...]]] = {}
    for c in found:
        plain = source.finding(c.model, c.audit, c.measure, c.contrast)
        if plain:
            by_measure.setdefault(f"{c.audit} · {plain.title}, {c.unit}", []).append(_row(c, plain, several))
    groups = tuple(Group(title=title, rows=tuple(own)) for title, own in by_measure.items())
    return Table(label=label, columns=columns, groups=groups, note=_POOLED, dense=True, captioned=False)


def _row(c: CorrectedFinding, plain: Finding, several: bool) -> tuple[Cell, ...]:
    over = f"error pooled over {c.pooled}" if c.pooled else ""
    shown = _ends(c.estimate, c.conf_low, c.conf_high, c.status, c.unit)
    return (
        Cell(text=words.contrast(plain), sub=c.contrast),
        *([Cell(text=c.model)] if several else []),
        Cell(text=numbers.estimate(plain), sub=rows.size(plain.n_obs, plain.n_items), ref=plain.id),
        Cell(text=shown.text.removesuffix(f" {c.unit}"), sub=over),
        Cell(text=numbers.count(c.n_labels), sub=words.counted(c.n_items, "item")),
    )
