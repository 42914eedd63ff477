"""Figures, one file each: `draw(data) -> matplotlib.figure.Figure`, found by the name of the data's kind.

They are drawn without pyplot and without the user's matplotlib settings, so that the same data gives the same
bytes in every folder.
"""

import io
import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from standfast.reports import parts
from standfast.reports.text import FONTS, coverage, show

_STYLE = files("standfast.reports").joinpath("report.mplstyle")
_ANONYMOUS = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@lru_cache(maxsize=32)
def render(figure: parts.Figure, *, outlines: bool = False) -> bytes:
    """Draw a figure of the report as SVG; the same figure gives the same bytes.

    Args:
        figure: What to draw.
        outlines: Draw letters as shapes. Such a text can neither be searched nor fail for want of a font.
    """
    module = import_module(f"standfast.reports.figures.{figure.data.kind}")
    with styled(outlines=outlines):
        return svg(module.draw(figure.data))


def svg(figure: Figure) -> bytes:
    """Return a figure as SVG without date or program version; call it inside `styled`."""
    out = io.BytesIO()
    FigureCanvasSVG(figure).print_figure(out, format="svg", metadata=_ANONYMOUS)
    return out.getvalue()


@contextmanager
def styled(*, outlines: bool = False) -> Iterator[None]:
    """Set the report's style for a while, on top of matplotlib's own defaults."""
    _register()
    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    log.setLevel(logging.ERROR)  # DejaVu Sans has no semibold; its bold serves, and that is no news
    try:
        with matplotlib.rc_context(_settings()):
            matplotlib.rcParams["svg.fonttype"] = "path" if outlines else "none"
            yield
    finally:
        log.setLevel(level)


@lru_cache
def _settings() -> Any:
    """Return matplotlib's own defaults with the report's style on top."""
    rc = matplotlib.rc_params_from_file(str(_STYLE), fail_on_error=True, use_default_template=True)
    return {key: value for key, value in rc.items() if not key.startswith("backend")}


def label(text: str) -> str:
    """Return a text as the fonts can draw it, on one line; marks that need a letter of another font are spelled."""
    return " ".join(show(text, drawable=_letters()).split())


@lru_cache
def _letters() -> frozenset[str]:
    """Return the characters that stand alone."""
    return frozenset(ch for ch in coverage() if not unicodedata.combining(ch))


@lru_cache
def _register() -> None:
    """Make the bundled fonts known to matplotlib."""
    for path in sorted(FONTS.glob("*.ttf")):
        font_manager.fontManager.addfont(str(path))
