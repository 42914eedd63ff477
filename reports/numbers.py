"""Numbers as text. Every number of the report passes through here once, so that all formats agree.

NaN and infinity are never printed: a number that was not estimated is said to be so.
"""

from math import exp, isfinite

from standfast.analysis.contrasts import CellMean, Finding
from standfast.analysis.intervals import critical_t

MINUS = "\u2212"
NOT_ESTIMATED = "not estimated"
NO_BOUNDS = "no bounds"
_COARSE = ("pp", "%", "words")
_LARGEST_LOG = 700.0  # the exponential of more is no float


def fixed(value: float, unit: str) -> str:
    """Return a number with one decimal for `pp`, `%` and words, two for other units."""
    places = 1 if unit in _COARSE else 2
    text = f"{abs(value):,.{places}f}"
    return MINUS + text if value < 0 and float(text.replace(",", "")) else text


def signed(value: float, unit: str) -> str:
    """Return a difference with its sign; zero has none.

    Example:
        >>> signed(-8.63, "pp"), signed(0.04, "pp"), signed(1.5, "turns")
        ('−8.6', '0.0', '+1.50')
    """
    text = fixed(value, unit)
    if unit == "%":  # a level, not a difference
        return text
    return text if text.startswith(MINUS) or not float(text.replace(",", "")) else f"+{text}"


def interval(low: float, high: float, unit: str) -> str:
    """Return `[low, high]` of a difference."""
    return f"[{signed(low, unit)}, {signed(high, unit)}]"


def mean(cell: CellMean) -> str:
    """Return a mean with its interval, or that it was not estimated."""
    if not all(map(isfinite, (cell.mean, cell.conf_low, cell.conf_high))):
        return NOT_ESTIMATED
    low, high = fixed(cell.conf_low, cell.unit), fixed(cell.conf_high, cell.unit)
    return f"{fixed(cell.mean, cell.unit)} [{low}, {high}]"


def is_estimated(finding: Finding) -> bool:
    """Tell whether a finding has an estimate and an interval that can be printed."""
    numbers = (finding.estimate, finding.conf_low, finding.conf_high)
    return finding.status == "ok" and all(map(isfinite, numbers))


def estimate(finding: Finding) -> str:
    """Return a finding's estimate with its interval, without its unit."""
    if not is_estimated(finding):
        return NOT_ESTIMATED
    return f"{signed(finding.estimate, finding.unit)} {interval(finding.conf_low, finding.conf_high, finding.unit)}"


def bounds(finding: Finding) -> str:
    """Return the interval under the worst case of the missing values."""
    if not is_estimated(finding):
        return ""
    if not finding.n_missing:
        return "none missing"
    if not (isfinite(finding.bound_low) and isfinite(finding.bound_high)):
        return NO_BOUNDS
    return interval(finding.bound_low, finding.bound_high, finding.unit)


def p(value: float) -> str:
    """Return a p-value with three decimals, a dash where nothing was tested."""
    if not isfinite(value):
        return "–"
    return "<0.001" if value < 0.001 else ">0.999" if value > 0.999 else f"{value:.3f}"


def df(value: float) -> str:
    """Return degrees of freedom: whole ones without decimals, others with one below 100; a dash where there are none."""
    if not isfinite(value):
        return "–"
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.1f}"


def ratio(value: float) -> str:
    """Return a ratio with two significant digits or more; beyond a thousandth and ten thousand only that it is.

    Example:
        >>> ratio(0.5234), ratio(0.0001), ratio(12.34), ratio(1e9)
        ('0.52', '<0.001', '12.3', '>9,999')
    """
    if value < 0.001:
        return "<0.001"
    if value > 9999:
        return ">9,999"
    places = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{places}f}"


def ratio_of(log: float, low: float, high: float) -> str:
    """Return the exponential of an estimate with its interval, nothing where either is unknown."""
    if not all(map(isfinite, (log, low, high))):
        return ""
    middle, below, above = (ratio(exp(min(value, _LARGEST_LOG))) for value in (log, low, high))
    return f"{middle} [{below}, {above}]"


def log_odds(finding: Finding) -> tuple[float, float, float]:
    """Return the estimate on the link scale with the ends of its interval, by the finding's confidence and df."""
    half = critical_t(finding.conf_level, finding.df) * finding.link_std_error if finding.df > 0 else float("nan")
    return finding.link_estimate, finding.link_estimate - half, finding.link_estimate + half


def odds(finding: Finding) -> str:
    """Return a finding's odds ratio with its interval; nothing where it has none, as a level has not."""
    compares = not finding.contrast.startswith("L(")
    return ratio_of(*log_odds(finding)) if compares and is_estimated(finding) else ""


def value(number: float, scale: str, unit: str) -> str:
    """Return what one sample was scored.

    Example:
        >>> value(1.0, "binary", "pp"), value(0.5, "proportion", "pp"), value(3.0, "count", "turns")
        ('yes', '50 %', '3 turns')
    """
    if scale == "binary":
        return "yes" if number == 1 else "no"
    if scale == "proportion":
        return f"{fixed(100 * number, '%')} %" if (100 * number) % 1 else f"{100 * number:.0f} %"
    text = f"{abs(number):,.3g}" if abs(number) < 1000 else f"{abs(number):,.0f}"
    return f"{MINUS if number < 0 else ''}{text} {unit}".strip()


def share(part: int, whole: int) -> str:
    """Return a share in per cent, `none` of nothing."""
    return f"{fixed(100 * part / whole, '%')} %" if whole else "none"


def count(number: int) -> str:
    """Return a count with its thousands apart."""
    return f"{number:,}"
