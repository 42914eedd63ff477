"""The document as one page: no request leaves it, and nothing in it can run but the script it names by hash.

Fonts, styles, figures and script are inside. Everything that came from a run is escaped text.
"""

import base64
import gzip
import hashlib
import json
import re
from functools import lru_cache, partial
from importlib.metadata import version
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from standfast.reports import figures, parts
from standfast.reports.parts import Document, FindingRow, Findings
from standfast.reports.style import DARK, LIGHT
from standfast.reports.text import FONTS

_TEMPLATES = files("standfast.reports").joinpath("templates")
_FACES = (("Regular", 400, "normal"), ("Semibold", 600, "normal"), ("It", 400, "italic"))
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_REFERENCE = re.compile(r'(\bid="|href="#|url\(#)')
_ID = re.compile(r"\bF-[0-9a-f]{8}\b")
_TAG, _FINE = re.compile(r"<[^>]*>"), re.compile(r"(\d\.\d)\d+")  # less than a tenth of a point cannot be seen
_BETWEEN = re.compile(r">\s+<")
_SIZE = re.compile(
    r'(<svg\b[^>]*?) height="[^"]*"([^>]*?) width="[^"]*"|(<svg\b[^>]*?) width="[^"]*"([^>]*?) height="[^"]*"'
)


def render(document: Document) -> str:
    """Write the report as one HTML page."""
    environment = Environment(
        loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    script, rows = _read("report.js"), _rows(document)
    anchors = _anchors(rows)
    environment.filters["refs"] = partial(_refs, known=frozenset(row.ref for row in rows))
    return environment.get_template("report.html.j2").render(
        d=document,
        data=_packed(document, rows),
        anchors=anchors,
        css=Markup(_variables() + _read("report.css")),
        faces=_faces(),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        drawing=_drawing,
        version=version("standfast"),
    )


def _rows(document: Document) -> list[FindingRow]:
    """Return all findings."""
    tables = (b for s in document.sections for b in s.blocks if isinstance(b, Findings) and b.explore)
    return [row for table in tables for group in table.groups for row in group.rows]


def _anchors(rows: list[FindingRow]) -> dict[str, int]:
    """Return the id of each finding that stands in the page's table -> the place of its row there."""
    shown = [row.ref for row in rows if not row.minor]
    return {ref: place for place, ref in reversed([*enumerate(shown)])}


def _refs(text: str, known: frozenset[str]) -> Markup:
    """Return an escaped text in which ids of findings lead to their rows."""
    return Markup(_ID.sub(lambda m: f'<a href="#{m[0]}">{m[0]}</a>' if m[0] in known else m[0], str(escape(text))))


def _packed(document: Document, rows: list[FindingRow]) -> str:
    """Return what the script reads: all findings and the samples behind them, as gzipped JSON in base64."""
    found = [
        row.model_dump(exclude={"plot", "value", "p_value"})
        | {"plot": [p.low, p.high, p.estimate, p.zero] if (p := row.plot) else None}
        for row in rows
    ]
    data = {"rows": found, "samples": json.loads(document.drill) if document.drill else None}
    plain = json.dumps(data, ensure_ascii=True, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(plain, 6, mtime=0)).decode()


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
    text = figures.render(figure, outlines=False).decode()
    text = _DROPPED.sub("", text[text.index("<svg") :])
    text = _SIZE.sub(lambda m: "".join(group for group in m.groups() if group), text, count=1)
    text = _TAG.sub(lambda m: _FINE.sub(r"\1", m[0]), _BETWEEN.sub("><", text))
    text = _REFERENCE.sub(lambda m: f"{m[1]}{figure.id}-", text)
    for name, value in LIGHT.items():
        text = text.replace(value.lower(), f"var(--{name})")
    return Markup(text)
