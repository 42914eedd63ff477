"""Where judge and people give the same answer, question by question, in counts."""

from math import isfinite

from standfast.analysis.calibration import Calibration, FacetAgreement
from standfast.analysis.coefficients import Coefficient
from standfast.reports import numbers, words
from standfast.reports.drawings import Confusion, Matrix
from standfast.reports.parts import Figure

_MOST = 9  # questions of one figure
_ANSWERS = 7  # of a question whose counts can be read
_CAPTION = (
    "Judge against people, counts of answers. Rows: what a person answered. Columns: what the judge answered. Deeper "
    "colour: a larger share of the row. κ is Cohen's, with quadratic weights for ordered answers, with its {level} interval."
)


def plates(made: Calibration) -> list[Figure]:
    """Return figures of nine questions each, the least agreement first."""
    drawable = [facet for facet in made.facets if 1 < len(facet.confusion) <= _ANSWERS]
    ordered = sorted(drawable, key=lambda f: f.kappa.value if isfinite(f.kappa.value) else 2.0)
    parts = [ordered[i : i + _MOST] for i in range(0, len(ordered), _MOST)]
    return [_plate(part, number, made.conf_level) for number, part in enumerate(parts, 1)]


def _plate(facets: list[FacetAgreement], number: int, confidence: float) -> Figure:
    return Figure(
        id=f"confusion-{number}",
        data=Confusion(matrices=tuple(_matrix(facet) for facet in facets)),
        alt=" ".join(_told(facet) for facet in facets),
        caption=_CAPTION.format(level=words.level(confidence)),
    )


def _matrix(facet: FacetAgreement) -> Matrix:
    names = tuple(facet.confusion)
    counts = tuple(tuple(facet.confusion[person].get(name, 0) for name in names) for person in names)
    low_high = _ends(facet.kappa)
    notes = [(f"κ {numbers.fixed(facet.kappa.value, '')}", low_high)] if isfinite(facet.kappa.value) else []
    if isfinite(facet.accuracy.value):
        notes.append((f"{numbers.fixed(100 * facet.accuracy.value, '%')} %", "same answer"))
    notes.append((f"n {numbers.count(facet.n_answers)}", "answers"))
    return Matrix(title=facet.facet.replace("_", " "), answers=names, counts=counts, notes=tuple(notes))


def _ends(found: Coefficient) -> str:
    if not (isfinite(found.conf_low) and isfinite(found.conf_high)):
        return "no interval"
    return f"[{numbers.fixed(found.conf_low, '')}, {numbers.fixed(found.conf_high, '')}]"


def _told(facet: FacetAgreement) -> str:
    """Tell one matrix in words."""
    same = sum(facet.confusion[name].get(name, 0) for name in facet.confusion)
    whole = sum(sum(row.values()) for row in facet.confusion.values())
    return f"{facet.facet.replace('_', ' ')}: {numbers.count(same)} of {numbers.count(whole)} answers are the same."
