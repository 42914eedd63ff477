"""The document as one page: no request leaves it, and nothing in it can run but the script it names by hash.

Fonts, styles, figures and script are inside. Everything that came from a run is escaped text.
"""

import base64
import hashlib
import re
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from standfast.reports import figures, parts
from standfast.reports.parts import Document
from standfast.reports.style import DARK, LIGHT
from standfast.reports.text import FONTS

_TEMPLATES = files("standfast.reports").joinpath("templates")
_FACES = (("Regular", 400, "normal"), ("Semibold", 600, "normal"), ("It", 400, "italic"))
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_REFERENCE = re.compile(r'(\bid="|href="#|url\(#)')
_SIZE = re.compile(
    r'(<svg\b[^>]*?) height="[^"]*"([^>]*?) width="[^"]*"|(<svg\b[^>]*?) width="[^"]*"([^>]*?) height="[^"]*"'
)


def render(document: Document) -> str:
    """Write the report as one HTML page."""
    environment = Environment(
        loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    script = _read("report.js")
    return environment.get_template("report.html.j2").render(
        d=document,
        css=Markup(_variables() + _read("report.css")),
        faces=_faces(),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        drawing=_drawing,
        version=version("standfast"),
    )


def _read(name: str) -> str:
    """Return a file of the template folder."""
    return _TEMPLATES.joinpath(name).read_text(encoding="utf-8")


def _variables() -> str:
    """Return the colours as CSS variables, light and dark."""
    light, dark = (";".join(f"--{name}:{value}" for name, value in theme.items()) for theme in (LIGHT, DARK))
    return (
        f":root{{{light};color-scheme:light}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark};color-scheme:dark}}}}\n"
    )


@lru_cache
def _faces() -> tuple[tuple[int, str, str], ...]:
    """Return weight, style and content of each bundled face."""
    return tuple(
        (weight, style, base64.b64encode((FONTS / f"SourceSans3-{name}.woff2").read_bytes()).decode())
        for name, weight, style in _FACES
    )


def _drawing(figure: parts.Figure) -> Markup:
    """Return a figure to stand inside the page: its ids made unique, its colours those of the theme."""
    text = figures.render(figure).decode()
    text = _DROPPED.sub("", text[text.index("<svg") :])
    text = _SIZE.sub(lambda m: "".join(group for group in m.groups() if group), text, count=1)
    text = _REFERENCE.sub(lambda m: f"{m[1]}{figure.id}-", text)
    for name, value in LIGHT.items():
        text = text.replace(value.lower(), f"var(--{name})")
    return Markup(text)
