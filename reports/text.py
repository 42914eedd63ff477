"""Untrusted text made safe to show.

A reply, a model's name or a title may hold characters that hide text, turn its direction, or that no font can
draw. They are shown as `⟨U+202E⟩` or `⟨blue heart⟩`, so that the reader sees what was there. Nothing is
removed without a sign, and nothing is evaluated: the renderers take text as data.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import matplotlib
from fontTools.ttLib import TTFont

FONTS = Path(str(files("standfast.reports").joinpath("fonts")))
PASSAGE, PROSE, SHORT, NAME = 4000, 1200, 300, 120  # most characters of a text, by what it is
_NOWHERE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_BLANK = frozenset(map(chr, [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0]))
_SELECTORS = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
_EMOJI_STYLE = "\ufe0e\ufe0f"
_FORMULA = frozenset("=+-@|%＝＋－＠")  # what a spreadsheet takes for the beginning of one
_JOINERS = "\u200c\u200d"
_STACKED = 4  # combining marks above which a pile hides the lines around it


class Clipped(NamedTuple):
    """A long text cut in the middle.

    Attributes:
        head: What stands before the cut; all of it where nothing was cut.
        cut: Number of characters left out.
        tail: What stands after the cut.
    """

    head: str
    cut: int
    tail: str


def dejavu() -> Path:
    """Return matplotlib's folder of DejaVu fonts, which serve what Source Sans 3 does not hold."""
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@lru_cache
def coverage() -> frozenset[str]:
    """Return the characters that the bundled face or DejaVu Sans can draw, in regular and in bold."""
    fallback = _held(dejavu() / "DejaVuSans.ttf") & _held(dejavu() / "DejaVuSans-Bold.ttf")
    return common(marks=True) | fallback


@lru_cache
def common(*, marks: bool = False) -> frozenset[str]:
    """Return the characters of the bundled face, by default those that stand alone and can always be drawn."""
    held = _held(FONTS / "SourceSans3-Regular.ttf")
    return held if marks else frozenset(ch for ch in held if not unicodedata.combining(ch))


def _held(path: Path) -> frozenset[str]:
    """Return the characters of a font file."""
    with TTFont(path, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def show(text: str, *, longest: int = PASSAGE, drawable: frozenset[str] | None = None, wrap: int = 0) -> str:
    r"""Return the text with everything that cannot be seen spelled out.

    Args:
        text: Any text, lone surrogates included.
        longest: A longer text is cut in its middle, and says so.
        drawable: The characters that the fonts hold; `None` where the reader's own fonts serve.
        wrap: Break points are set in tokens longer than this; 0 sets none.

    Example:
        >>> show("a\u202eb")
        'a⟨U+202E⟩b'
    """
    text = _whole(clip(text, longest)) if len(text) > longest else text
    if not (text.isascii() and text.isprintable()):
        text = (_often if len(text) <= NAME else _spelled)(text, drawable)
    return _breakable(text, wrap) if wrap else text


def _spelled(text: str, drawable: frozenset[str] | None) -> str:
    return "".join(_shown(unicodedata.normalize("NFC", text.replace("\r\n", "\n")), drawable))


_often = lru_cache(maxsize=2**15)(_spelled)  # names and numbers come again and again


def clip(text: str, longest: int) -> Clipped:
    """Cut the middle out of a text longer than `longest` characters; three quarters of that stay in front."""
    if len(text) <= longest:
        return Clipped(text, 0, "")
    tail = longest // 4
    head = longest - tail
    return Clipped(text[:head], len(text) - longest, text[-tail:])


def csv_cell(value: str) -> str:
    """Return a CSV field that no spreadsheet takes for a formula."""
    if value.lstrip()[:1] in _FORMULA or value[:1] in ("\t", "\r", "\n"):
        value = f"'{value}"
    return '"' + value.replace('"', '""') + '"'


def csv_line(cells: Iterable[str | float | int]) -> str:
    """Return one line of CSV without its end; numbers have six digits, an unknown one is an empty field."""
    return ",".join(csv_cell(c) if isinstance(c, str) else "" if c != c else f"{c:.6g}" for c in cells)


def _whole(clipped: Clipped) -> str:
    """Join a clipped text, saying how much is missing."""
    if not clipped.cut:
        return clipped.head
    return f"{clipped.head} [… {clipped.cut:,} characters cut …] {clipped.tail}".strip()


def _shown(text: str, drawable: frozenset[str] | None) -> Iterable[str]:
    """Yield what is shown for each character."""
    before, marks = "", 0
    for ch in text:
        marks = marks + 1 if unicodedata.combining(ch) else 0
        if ch in "\n\u2028\u2029":
            yield "\n"
        elif ch == "\t":
            yield "    "
        elif ch in _JOINERS or ch in _EMOJI_STYLE:
            yield _joined(ch, before, drawable)
        elif _hidden(ch) or marks > _STACKED:
            yield _code(ch)
        else:
            yield ch if drawable is None or ch in drawable else _named(ch)
        before = ch


def _hidden(ch: str) -> bool:
    """Tell whether a character leaves no mark on the page."""
    return unicodedata.category(ch) in _NOWHERE or ch in _BLANK or ch in _SELECTORS


def _joined(ch: str, before: str, drawable: frozenset[str] | None) -> str:
    """Keep a joiner or a selector where scripts and emoji use one; a row of them could carry hidden text."""
    family = _JOINERS if ch in _JOINERS else _EMOJI_STYLE
    ordinary = before and before not in family and (ch in _EMOJI_STYLE or not before.isascii())
    if not ordinary or (_hidden(before) and before not in _EMOJI_STYLE):
        return _code(ch)
    return ch if drawable is None else ""


def _code(ch: str) -> str:
    """Return a character's code point."""
    return f"⟨U+{ord(ch):04X}⟩"


def _named(ch: str) -> str:
    """Return the name of a symbol, the code point of a letter."""
    name = unicodedata.name(ch, "") if unicodedata.category(ch) == "So" else ""
    return f"⟨{name.lower()}⟩" if name else _code(ch)


def _breakable(text: str, wrap: int) -> str:
    """Set zero-width spaces in runs longer than `wrap` that offer no break of their own."""
    if len(text) <= wrap:
        return text
    out, run, before = [], 0, ""
    for ch in text:
        run = 0 if ch.isspace() or (ch in "-/" and before.isalnum()) else run + 1
        before = ch
        out.append(ch)
        if run == wrap:
            out.append("\u200b")
            run = 0
    return "".join(out)
